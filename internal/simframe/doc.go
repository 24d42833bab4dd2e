// Package simframe is what simulators of cloud platforms share and what knows no platform: the
// simulated time ([Clock]), identifiers and chances from a seed ([UUID], [Stream], [Odds]), the
// admin API with its guard and status page ([Admin]) and its client ([AdminClient]), the state
// file, and connections that break on purpose. A simulator, such as saesim, adds its API, its
// state and its engine.
package simframe
