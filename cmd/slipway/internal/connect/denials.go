package connect

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"
)

// DeniedError says that the user has no right to something on NATS. It names the subject.
type DeniedError struct{ Cause error }

// Error implements error.
func (e *DeniedError) Error() string { return e.Found() + "; " + e.Remedy() }

// Found is the error without its remedy.
func (e *DeniedError) Found() string {
	return "NATS denies a right: " + Explain(e.Cause)
}

// Remedy says what to do about it.
func (*DeniedError) Remedy() string {
	return "allow this user what the page operations lists under permissions"
}

// Unwrap returns what the server has said.
func (e *DeniedError) Unwrap() error { return e.Cause }

// Denials end what waits for NATS once the server says that a right is missing: it says so at
// once, but answers nothing to the request itself. The zero value is ready for use.
type Denials struct {
	mu      sync.Mutex
	watches []context.CancelCauseFunc
	// unheard is set once answers cannot be received: NATS denies that once, and not each time.
	unheard *DeniedError
}

// Watch returns a context that ends with a [DeniedError] as its cause when a right is missing,
// unless another watch that began later and has not ended is told. A right to receive answers
// that is missing ends all watches, also those that begin afterwards.
func (d *Denials) Watch(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	at := len(d.watches)
	d.watches = append(d.watches, cancel)
	if d.unheard != nil {
		cancel(d.unheard)
	}
	return ctx, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.watches = d.watches[:min(at, len(d.watches))]
		cancel(context.Canceled)
	}
}

// Option lets a connection tell what is denied.
func (d *Denials) Option() nats.Option {
	return nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { d.told(err) })
}

// deleteConsumer is what a client asks for once it has read a bucket. Nothing waits for it, and only starters
// may: what a person leaves behind ends by itself.
const deleteConsumer = ".CONSUMER.DELETE."

func (d *Denials) told(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !errors.Is(err, nats.ErrPermissionViolation) || strings.Contains(err.Error(), deleteConsumer) {
		return
	}
	denied := &DeniedError{err}
	if strings.Contains(err.Error(), "for Subscription to") {
		d.unheard = denied
		for _, end := range d.watches {
			end(denied)
		}
		return
	}
	if len(d.watches) > 0 {
		d.watches[len(d.watches)-1](denied)
	}
}
