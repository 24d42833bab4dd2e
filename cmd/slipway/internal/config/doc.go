// Package config reads the settings of a slipway process: flags, environment and one
// file, with the same name in each. A setting called sae-endpoint is the flag
// --sae-endpoint, the environment variable SLIPWAY_SAE_ENDPOINT and the file key
// sae-endpoint; the flag wins over the environment, the environment over the file and
// the file over the default. Connections keep the environment names of their own
// communities (TEMPORAL_ADDRESS, NATS_URL).
//
// Nothing here reads the process environment: it comes in as a function.
package config
