package queue

import "time"

type RefusedError struct{ Reason string }

func (r *RefusedError) Error() string { return r.Reason }

type LaterError struct {
	After  time.Duration
	Reason string
}

func (r *LaterError) Error() string { return r.Reason }
