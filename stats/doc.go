// Package stats computes the four figures of DORA from the records of the ledger: how often is deployed, how long a
// change takes from its publication to the last environment, how many changes fail, and how long it takes until a
// good version runs again. What counts is said in docs/stats.md.
package stats
