package releases

import (
	"context"
	"fmt"

	"slipway/release"
)

// Spec returns what a release was asked for with, as Temporal keeps it with the release. The
// errors are [NotFoundError], where Temporal never had the release or has forgotten it, and
// [UnreachableError].
func (c *Client) Spec(ctx context.Context, id string) (release.Spec, error) {
	in, err := c.request(ctx, id)
	return in.Spec, err
}

// request returns the input of a release, with the errors of Spec.
func (c *Client) request(ctx context.Context, id string) (release.Request, error) {
	calling, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	var in release.Request
	input, err := c.input(calling, workflowID(id), "")
	if err != nil {
		return in, classify(id, err)
	}
	if err := c.converter.FromPayloads(input, &in); err != nil {
		return in, fmt.Errorf("what release %s was asked for with cannot be read: %w", id, err)
	}
	return in, nil
}

// Retry returns what a new release asks for that repeats an ended one: see [release.Request.Retry]; and by
// which name the ended one was asked for, nil where it was not. Besides the errors of [Client.Spec] there is [RefusedError] for a release that has not ended,
// or whose workflow has ended without a result while its lane does not know that yet.
func (c *Client) Retry(ctx context.Context, id string) (release.Spec, *release.ByName, error) {
	var none release.Spec
	status, err := c.Get(ctx, id)
	if err != nil {
		return none, nil, err
	}
	if !status.Closed {
		phase := status.Progress.Phase
		if phase == "" {
			phase = "not answering yet"
		}
		return none, nil, &RefusedError{ID: id, Reason: fmt.Sprintf("it has not ended: it is %s; wait for its end, or abort it: slipway release abort %s", phase, id)}
	}
	in, err := c.request(ctx, id)
	if err != nil {
		return none, nil, err
	}
	if status.Progress.Outcome == release.PhaseNeedsAttention {
		if err := c.left(ctx, in.Spec.App, id); err != nil {
			return none, nil, err
		}
	}
	return in.Retry(), in.ByName, nil
}

// left makes sure that the lane does not count a release any more that nobody has ended.
func (c *Client) left(ctx context.Context, app release.App, id string) error {
	lane, err := c.GetLane(ctx, app)
	if err != nil {
		return err
	}
	if lane.State == nil {
		return fmt.Errorf("whether the lane of %s knows that release %s is gone cannot be told: %s", app.SearchValue(), id, lane.Partial.Message)
	}
	line := lane.State.Waiting
	if lane.State.Running != nil {
		line = append(line, *lane.State.Running)
	}
	for _, each := range line {
		if each.ReleaseID == id {
			return &RefusedError{ID: id, Reason: "its lane does not know yet that it is gone; try again in a moment, or look: slipway lane get " + app.SearchValue()}
		}
	}
	return nil
}
