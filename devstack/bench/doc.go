// Package bench measures how fast Slipway is and what it costs, beside the least that could be built of the same parts: a floor.
//
// The floor of a measurement runs on the same servers in the same process, and takes turns with it: what a busy machine
// does to one of them it does to the other. So a ratio says more than seconds do, and is what is compared with an aim.
package bench
