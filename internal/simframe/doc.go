// Package simframe is what simulators of cloud platforms share and what knows no platform: the
// simulated time ([Clock]), identifiers and chances from a seed ([UUID], [Stream], [Odds]), what
// goes wrong on purpose ([Fault], [Faults], [CallFaults]), the state with its file and the controls
// that are the same for all ([Common], [Store], [Controller]), the admin API with its guard and
// status page ([Admin]) and its client ([AdminClient]). A simulator, such as saesim, adds its API,
// what is in its state, and its engine.
package simframe
