package worker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.temporal.io/sdk/temporal"

	"slipway/release"
)

// How long the answer of a platform counts: probes come often, and the calls that a platform
// takes are few. One that failed counts shorter, so that what was mended is seen soon.
const (
	acceptedFor = 30 * time.Second
	refusedFor  = 10 * time.Second
)

// checkTimeout bounds the call that asks a platform. It may outlast the probe that has caused it.
const checkTimeout = 15 * time.Second

// Ready reports whether every platform accepts the worker's calls: the last answer of each while
// it counts, else a new one. Its error names the platform, what is wrong and what to do.
func (w *Worker) Ready(ctx context.Context) error {
	problems := make([]error, len(w.served))
	var wg sync.WaitGroup
	for i, each := range w.served {
		wg.Go(func() { problems[i] = each.ready(ctx) })
	}
	wg.Wait()
	return errors.Join(problems...)
}

// served is a platform that a worker calls, and what it has answered last.
type served struct {
	platform Platform
	check    func(context.Context) error

	mu sync.Mutex
	// asked is closed when the call that is under way has its answer; nil while none is.
	asked chan struct{}
	at    time.Time
	err   error
}

// ready returns what the platform has answered. A call outlasts the context: a probe that does
// not wait so long finds the answer the next time.
func (s *served) ready(ctx context.Context) error {
	s.mu.Lock()
	counts := acceptedFor
	if s.err != nil {
		counts = refusedFor
	}
	if !s.at.IsZero() && time.Since(s.at) < counts {
		defer s.mu.Unlock()
		return s.err
	}
	if s.asked == nil {
		s.asked = make(chan struct{})
		go s.ask(context.WithoutCancel(ctx), s.asked)
	}
	asked := s.asked
	s.mu.Unlock()
	select {
	case <-asked:
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at.IsZero() {
		return fmt.Errorf("%s has not answered yet", s.name())
	}
	return s.err
}

func (s *served) ask(ctx context.Context, asked chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	err := s.explain(s.check(ctx))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at, s.err, s.asked = time.Now(), err, nil
	close(asked)
}

func (s *served) name() string {
	return fmt.Sprintf("platform %s in %s", s.platform.Name, s.platform.Region)
}

// explain names the platform, and adds the remedy where there is one for the fault.
func (s *served) explain(err error) error {
	if err == nil {
		return nil
	}
	text, remedy := s.platform.Explain(err)
	if remedy != "" {
		text += "; " + remedy
	}
	return fmt.Errorf("%s refuses its worker: %s", s.name(), text)
}

// Explain says why the platform does not accept the worker's calls, and what to do; remedy is empty where
// nothing is known to help. The error is that of its driver's Check.
func (p Platform) Explain(err error) (found, remedy string) {
	if failure, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		return failure.Message(), p.Remedies[release.Fault(failure.Type())]
	}
	return err.Error(), p.Remedies[release.FaultUnavailable]
}
