// Package channel sends messages to people: there is one sender for each type of channel. What is sent to whom is for
// package notify; how often a message is tried, and what becomes of one that cannot be sent, is for who calls a sender.
package channel
