// Package cli is the command line of slipway. Each role and each command has a file of
// its own; what several of them share is in app.go, exit.go and terminal.go. A command that
// asks or changes something is made with the frame in frame.go: it reads --output, the
// withSettings and --timeout, and connects.
//
// Data goes to standard output and talk to standard error, so that a pipe carries data
// only. Everything that a command needs of its surroundings comes in through [Env].
package cli
