// Package postgres runs a PostgreSQL server for as long as a test or a command
// lasts, by the programs that the machine has: those of Debian's package
// postgresql, or whichever are found on PATH.
//
// The server
//   - listens on a free port of loopback only, and asks nobody there for a
//     password,
//   - is ready for clients when [Start] returns,
//   - keeps its databases in a directory, where the next start finds them
//     again, or in a temporary one when none is given,
//   - never runs as root, which PostgreSQL refuses: where this process does,
//     the server belongs to the user postgres, or to nobody,
//   - does not wait until the disk has what it writes: a machine that loses
//     power loses it. It is for development and tests.
package postgres
