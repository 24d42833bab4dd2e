// Package notify says who is told what of releases, where, and how often: the rules, and the messages.
package notify
