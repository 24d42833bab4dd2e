package channel

import "time"

// RefusedError is that a channel does not take the message, and will not take it later either.
type RefusedError struct {
	// Channel is the name of the channel, Reason what it has said, and Remedy what a person can do.
	Channel, Reason, Remedy string
}

func (e *RefusedError) Error() string {
	text := "channel " + e.Channel + ": " + e.Reason
	if e.Remedy != "" {
		text += "; " + e.Remedy
	}
	return text
}

// LaterError is that a channel has too much to do, and has said when to come again.
type LaterError struct {
	// Channel is the name of the channel, Reason what it has said.
	Channel, Reason string
	// After is how long to wait: no less than a second, and no more than an hour, whatever the channel says.
	After time.Duration
}

func (e *LaterError) Error() string {
	return "channel " + e.Channel + ": " + e.Reason + "; it takes messages again in " + e.After.String()
}

const (
	minWait = time.Second
	maxWait = time.Hour
)

// later is a [LaterError] whose wait is within its bounds.
func later(name, reason string, after time.Duration) *LaterError {
	return &LaterError{Channel: name, Reason: reason, After: min(max(after, minWait), maxWait)}
}
