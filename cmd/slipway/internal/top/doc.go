// Package top is a live view of all releases of a Temporal namespace in a terminal: what waits
// for whom, what stands still and why, one release in full, and the commands that let it go on
// or stop it.
//
// The view is a model in the manner of Bubble Tea: messages in, a picture out, with no clock and
// no connection of its own. A [Source] is what it reads and commands; [Run] brings both together.
package top
