// Command clientgen writes the generated part of a client of a cloud platform from a folder of
// facts: operations.json (operations, parameters, answers), where there is one errors.json (error codes
// and what they mean for a caller; the packages of one client share one), where there is one newer.json (what today's service has beyond the
// reference, each with its date) and client.json (what is the client's choice: its package, its Go
// types for JSON parameters, its own templates).
//
// It is run by "go generate". One template serves every operation of every client; what differs
// between operations is in the facts. A test regenerates everything in memory and compares it
// with the committed files.
package main
