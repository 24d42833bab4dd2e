package cloudapi

import (
	"context"
	"time"
)

// Observed is a request that a client has carried out, or could not send.
type Observed struct {
	// Operation is the operation's name.
	Operation string
	// Took is the time from its signing until its answer was read, without the wait for a limiter.
	Took time.Duration
	// Class is that of the error; empty where the call has succeeded.
	Class Class
	// Status is the HTTP status of the answer, and RequestID what the platform calls the request; empty where there was
	// no answer, or it does not say.
	Status    int
	RequestID string
}

// Observer is told of each request, with the context of its call: a call that is repeated has several. Several
// goroutines call it at the same time, and wait for it.
type Observer func(context.Context, Observed)

// Observers tells several of each request, one after the other.
func Observers(all ...Observer) Observer {
	return func(ctx context.Context, o Observed) {
		for _, each := range all {
			each(ctx, o)
		}
	}
}
