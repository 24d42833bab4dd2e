package releases

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"

	"slipway/releases/execution"
)

const (
	// mostAsked is how many workflows of a kind are asked one by one for what needs a person.
	mostAsked = 200
	// askTime bounds all questions of one list together.
	askTime = 20 * time.Second
)

// answerer is a workflow that is asked, for the texts about one that does not answer.
type answerer struct {
	// id is that of a release or a set; empty for a lane.
	id   string
	name string
	// noWorker is what it means when no worker answers.
	noWorker string
}

func answererOf(id string) answerer {
	of := string(subjectOf(id))
	return answerer{id, "the " + of, "no worker answers; the " + of + " is durable, waiting"}
}

func aLane() answerer {
	const noWorker = "no worker answers, so what runs and waits in the lane is not known; check that slipway worker runs"
	return answerer{"", "the lane", noWorker}
}

// partial is why there is no answer; zero where there is one.
func (a answerer) partial(err error) Partial {
	switch execution.ReasonOf(err) {
	case "":
		return Partial{}
	case execution.NoWorker:
		return Partial{PartialNoWorker, a.noWorker}
	case execution.NotReady:
		return Partial{PartialNotReady, a.name + " does not answer yet: " + err.Error()}
	case execution.Late:
		return late()
	case execution.NotAsked:
		return Partial{PartialNotAsked, fmt.Sprintf("it was not asked: only %d are", mostAsked)}
	case execution.Failing, execution.Unreadable, execution.Forgotten, execution.Refused:
	}
	return unread(err)
}

// whyPartial is why one that is there does not answer. Any other reason is an error of this package.
func (a answerer) whyPartial(ctx context.Context, err error) (Partial, error) {
	switch execution.ReasonOf(err) {
	case execution.NoWorker, execution.NotReady:
		return a.partial(err), nil
	case execution.Late:
		return Partial{}, context.Cause(ctx)
	case "", execution.Failing, execution.Unreadable, execution.Forgotten, execution.NotAsked, execution.Refused:
	}
	return Partial{}, classify(a.id, err)
}

// newSurvey asks many workflows for a list.
func newSurvey() *execution.Survey {
	return &execution.Survey{AtOnce: callsAtOnce, GiveUp: callsAtOnce}
}

// forSurvey returns the context of all questions: they end while there is time left to show the list.
func forSurvey(ctx context.Context) (context.Context, context.CancelFunc) {
	limit := askTime
	if until, bounded := ctx.Deadline(); bounded {
		limit = min(limit, time.Until(until)*2/3)
	}
	return context.WithTimeout(ctx, limit)
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

// question is what one workflow is asked.
type question[T any] struct {
	of  answerer
	ask func(context.Context) (T, error)
	// beyond tells that enough others are asked.
	beyond bool
}

// ask asks one workflow; partial is why it has no answer. There is false where the workflow has
// gone since it was listed.
func ask[T any](ctx context.Context, s *execution.Survey, q question[T]) (value T, partial Partial, there bool) {
	var err error
	if q.beyond {
		err = s.Omit()
	} else {
		value, err = execution.Ask(ctx, s, q.ask)
	}
	return value, q.of.partial(err), execution.ReasonOf(err) != execution.Forgotten
}

// settled is why one has no answer, now that all were asked: where others have answered, a worker
// is there.
func settled(s *execution.Survey, partial Partial) Partial {
	if partial.Reason == PartialNoWorker && !s.Alone() {
		return late()
	}
	return partial
}

// missing says in words what has no answer; empty where all have one. What fails by itself is
// in the list.
func missing(s *execution.Survey) string {
	var parts []string
	if n := s.Without(execution.Unreadable, execution.Refused); n > 0 {
		first := s.First(execution.Unreadable, execution.Refused)
		parts = append(parts, fmt.Sprintf("%d cannot be read (%s)", n, unread(first).Message))
	}
	if n := s.Without(execution.NoWorker, execution.Late); n > 0 {
		parts = append(parts, fmt.Sprintf("%d did not answer in time", n))
	}
	if n := s.Without(execution.NotAsked); n > 0 {
		parts = append(parts, fmt.Sprintf("%d were not asked, because they are too many", n))
	}
	return strings.Join(parts, ", ")
}

// late means that there was no answer in time, although a worker is there.
func late() Partial { return Partial{PartialNoAnswer, "there was no answer in time"} }

// unread is why one workflow cannot be read, although it was asked.
func unread(err error) Partial {
	message, _, _ := strings.Cut(err.Error(), "\n") // a stack follows
	if _, failing := errors.AsType[*serviceerror.QueryFailed](err); failing {
		return Partial{PartialFailing, "its workflow answers with an error: " + message}
	}
	return Partial{PartialUnreadable, message}
}

// forgotten reports whether something that was listed is there no more.
func forgotten(err error) bool {
	_, missing := errors.AsType[*NotFoundError](err)
	return missing
}
