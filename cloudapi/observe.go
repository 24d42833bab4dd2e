package cloudapi

import "time"

// Observed is a request that a client has carried out, or could not send.
type Observed struct {
	// Operation is the operation's name.
	Operation string
	// Took is the time from its signing until its answer was read, without the wait for a limiter.
	Took time.Duration
	// Class is that of the error; empty where the call has succeeded.
	Class Class
}

// Observer is told of each request: a call that is repeated has several. Several goroutines call
// it at the same time, and wait for it.
type Observer func(Observed)
