package execution

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Survey puts one question to each of many workflows, a few at a time. One that has no answer hides
// no other. Its methods may be called concurrently.
type Survey struct {
	// AtOnce is how many are asked at the same time.
	AtOnce int
	// GiveUp is after how many questions in vain, and none that anybody has answered, no further is
	// put, because asking without a worker takes long; 0 is never.
	GiveUp int

	mu sync.Mutex
	// heard tells that a worker has answered.
	heard bool
	asked int
	// without counts what has no answer, and first has the first error, by the reason.
	without map[Reason]int
	first   map[Reason]error
}

// Each does all, a few at a time.
func (s *Survey) Each(ctx context.Context, all []func(context.Context)) {
	var group errgroup.Group
	group.SetLimit(s.AtOnce)
	for _, do := range all {
		group.Go(func() error {
			do(ctx)
			return nil
		})
	}
	_ = group.Wait()
}

// Ask puts a question of the survey. The error is an [UnansweredError].
func Ask[T any](ctx context.Context, s *Survey, question func(context.Context) (T, error)) (T, error) {
	var value T
	var err error
	switch {
	case s.vain():
		err = &UnansweredError{Reason: NoWorker}
	case ctx.Err() != nil:
		err = &UnansweredError{Late, context.Cause(ctx)}
	default:
		value, err = question(ctx)
		s.put()
	}
	s.count(err)
	return value, err
}

// Omit counts a question that is not put because there are too many, and returns that as the error.
func (s *Survey) Omit() error {
	err := &UnansweredError{Reason: NotAsked}
	s.count(err)
	return err
}

// vain reports whether so many were asked in vain that nobody answers for the others either. One that
// is slow proves nothing.
func (s *Survey) vain() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.GiveUp > 0 && s.without[NoWorker] >= s.GiveUp && !s.heard
}

func (s *Survey) put() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
}

func (s *Survey) count(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	reason := ReasonOf(err)
	switch reason {
	case "", Failing, Unreadable:
		s.heard = true
	case NoWorker, NotReady, Forgotten, Late, NotAsked, Refused:
	}
	if err == nil {
		return
	}
	if s.without == nil {
		s.without, s.first = map[Reason]int{}, map[Reason]error{}
	}
	if s.without[reason]++; s.first[reason] == nil {
		s.first[reason] = err
	}
}

// Asked returns how many questions were put.
func (s *Survey) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// Heard reports whether a worker has answered anything.
func (s *Survey) Heard() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.heard
}

// Alone reports whether questions were put and no worker is there that answers any.
func (s *Survey) Alone() bool { return !s.Heard() && s.Without(NoWorker) > 0 }

// Without returns how many have no answer for one of the reasons.
func (s *Survey) Without(reasons ...Reason) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, reason := range reasons {
		n += s.without[reason]
	}
	return n
}

// First returns the first error for one of the reasons; nil where there is none.
func (s *Survey) First(reasons ...Reason) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, reason := range reasons {
		if err := s.first[reason]; err != nil {
			return err
		}
	}
	return nil
}
