// Package connect opens the connections of a slipway process from its settings: Temporal
// by Temporal's own environment configuration, NATS by the names and context files of
// the nats command line, SAE by the credential chain of Alibaba Cloud.
//
// Errors name the setting and what to do; they never hold a secret.
package connect
