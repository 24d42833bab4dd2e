package releases

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"golang.org/x/sync/errgroup"
)

const (
	// mostAsked is how many workflows of a kind are asked one by one for what needs a person.
	mostAsked = 200
	// askTime bounds all questions of one list together.
	askTime = 20 * time.Second
)

// asking asks many workflows one by one for a list. One that has no answer hides no other.
type asking struct {
	mu sync.Mutex
	// answered tells that a worker has answered, and silent counts the questions that none has answered.
	answered bool
	silent   int
	// asked counts the questions that were sent.
	asked int
	// without counts what has no answer by the reason, and unreadable is why one cannot be read.
	without    map[PartialReason]int
	unreadable string
}

// begin returns the context of all questions: they end while there is time left to show the list.
func (a *asking) begin(ctx context.Context) (context.Context, context.CancelFunc) {
	limit := askTime
	if until, bounded := ctx.Deadline(); bounded {
		limit = min(limit, time.Until(until)*2/3)
	}
	return context.WithTimeout(ctx, limit)
}

// each does all, a few at a time.
func each(ctx context.Context, all []func(context.Context)) {
	var group errgroup.Group
	group.SetLimit(callsAtOnce)
	for _, do := range all {
		group.Go(func() error {
			do(ctx)
			return nil
		})
	}
	_ = group.Wait()
}

// forEach is what is to be done for each of those that were listed.
func forEach(infos []*workflowpb.WorkflowExecutionInfo, do func(context.Context, listedAt)) []func(context.Context) {
	all := placed(infos)
	todo := make([]func(context.Context), len(all))
	for i, l := range all {
		todo[i] = func(ctx context.Context) { do(ctx, l) }
	}
	return todo
}

// alone reports whether no worker has answered at all.
func (a *asking) alone() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.silent > 0 && !a.answered
}

// vain reports whether so many were asked in vain that nobody answers for the others either: asking
// takes long then. One that is slow proves nothing.
func (a *asking) vain() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.silent >= callsAtOnce && !a.answered
}

// question is what one workflow is asked.
type question[T any] struct {
	ask func(context.Context) (T, Partial, error)
	// alone is why there is no answer when no worker answers at all.
	alone Partial
	// beyond tells that enough others are asked.
	beyond bool
}

// ask asks one workflow; partial is why it has no answer. There is false where the workflow has
// gone since it was listed.
func ask[T any](ctx context.Context, a *asking, q question[T]) (value T, partial Partial, there bool) {
	sent := false
	switch {
	case q.beyond:
		partial = Partial{PartialNotAsked, fmt.Sprintf("it was not asked: only %d are", mostAsked)}
	case a.vain():
		partial = q.alone
	case ctx.Err() != nil:
		partial = late()
	default:
		sent = true
		var err error
		value, partial, err = q.ask(ctx)
		if forgotten(err) {
			return value, Partial{}, false
		}
		if err != nil {
			partial = unread(ctx, err)
		}
	}
	a.count(partial, sent)
	return value, partial, true
}

func (a *asking) count(partial Partial, sent bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if sent {
		a.asked++
	}
	switch partial.Reason {
	case PartialNone:
		a.answered = true
		return
	case PartialNoWorker:
		a.silent++
	case PartialUnreadable:
		a.unreadable = partial.Message
	case PartialFailing, PartialNoAnswer, PartialNotAsked, PartialNotReady, PartialNotStarted, PartialLedgerAway, PartialLaneMissing:
	}
	if a.without == nil {
		a.without = map[PartialReason]int{}
	}
	a.without[partial.Reason]++
}

// settled is why one has no answer, now that all were asked: where others have answered, a worker
// is there.
func (a *asking) settled(partial Partial) Partial {
	if partial.Reason == PartialNoWorker && !a.alone() {
		return late()
	}
	return partial
}

// missing says in words what has no answer; empty where all have one. What fails by itself is
// in the list.
func (a *asking) missing() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var parts []string
	if n := a.without[PartialUnreadable]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d cannot be read (%s)", n, a.unreadable))
	}
	if n := a.without[PartialNoWorker] + a.without[PartialNoAnswer]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d did not answer in time", n))
	}
	if n := a.without[PartialNotAsked]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d were not asked, because they are too many", n))
	}
	return strings.Join(parts, ", ")
}

// late means that there was no answer in time, although a worker is there.
func late() Partial { return Partial{PartialNoAnswer, "there was no answer in time"} }

// unread is why one workflow cannot be read, although it may have been asked.
func unread(ctx context.Context, err error) Partial {
	message, _, _ := strings.Cut(err.Error(), "\n") // a stack follows
	switch _, failing := errors.AsType[*serviceerror.QueryFailed](err); {
	case ctx.Err() != nil:
		return late()
	case failing:
		return Partial{PartialFailing, "its workflow answers with an error: " + message}
	}
	return Partial{PartialUnreadable, message}
}

// forgotten reports whether something that was listed is there no more.
func forgotten(err error) bool {
	_, missing := errors.AsType[*NotFoundError](err)
	return missing
}
