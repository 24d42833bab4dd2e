// Package memorytest measures what a parked release costs a worker in memory. It is a package
// of its own because the cache of the Temporal SDK is one for the process.
package memorytest
