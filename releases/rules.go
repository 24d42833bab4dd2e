package releases

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"

	"slipway/release"
	"slipway/releases/execution"
)

// RuleHold is who keeps a scaling rule switched just now, or is about to switch it: a release that
// is under way, a release that was lost, or a person by hand.
type RuleHold struct {
	// ReleaseID is the release; empty for a person.
	ReleaseID string `json:"releaseId,omitempty"`
	// Lost tells that the release has ended and has left the rule off.
	Lost bool `json:"lost,omitempty"`
	// By and Reason are who asked for it and why, as far as they are known.
	By     string `json:"by,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Enable tells that the rule is switched on, not off.
	Enable bool `json:"enable"`
	// Pending tells that the rule was not read back as switched yet.
	Pending bool `json:"pending,omitempty"`
	// Waiting says in words what the switching waits for.
	Waiting string `json:"waiting,omitempty"`
	// Since is when the release or the switching has begun; zero where nobody knows.
	Since time.Time `json:"since,omitzero"`
	// Until is when the rule is switched back; zero where that is not a matter of time.
	Until time.Time `json:"until,omitzero"`
}

// RuleState is a scaling rule as the platform has it, and who holds it.
type RuleState struct {
	release.ScalingRule

	Held *RuleHold `json:"held,omitempty"`
}

// HoldsOf completes the scaling rules of an application with who holds them. A rule that is taken away
// to disable it, which the platform does not have meanwhile, is added. Where that cannot be told wholly,
// the rules are complete as far as it is known, and the error says what is missing.
func (c *Client) HoldsOf(ctx context.Context, app release.App, rules []release.ScalingRule) ([]RuleState, error) {
	traits, _ := release.TraitsOf(app.Platform)
	states := &ruleStates{all: make([]RuleState, len(rules)), traits: traits}
	for i, r := range rules {
		states.all[i].ScalingRule = r
	}
	// The last one that marks a rule wins: switching by hand comes before a release, which waits for it.
	err := errors.Join(c.heldAfter(ctx, app, states), c.heldByReleases(ctx, app, states), c.heldByHand(ctx, app, states))
	return states.all, err
}

// ruleStates are the rules of an application while they are completed.
type ruleStates struct {
	all []RuleState
	// traits tell whether the platform has a rule that is disabled.
	traits release.Traits
}

// named is the rule that is held by its name; nil where there is none any more.
func (s *ruleStates) named(name string) *RuleState {
	i := slices.IndexFunc(s.all, func(r RuleState) bool { return r.Name == name })
	switch {
	case i >= 0:
		return &s.all[i]
	case !s.traits.TakesRulesAway():
		return nil
	}
	s.all = append(s.all, RuleState{ScalingRule: release.ScalingRule{Name: name}})
	return &s.all[len(s.all)-1]
}

// names are those of the rules that are known of.
func (s *ruleStates) names() []string {
	names := make([]string, len(s.all))
	for i, r := range s.all {
		names[i] = r.Name
	}
	return names
}

// heldAfter marks the rules that releases which have ended have left off, as their lane knows.
func (c *Client) heldAfter(ctx context.Context, app release.App, states *ruleStates) error {
	lane, err := c.GetLane(ctx, app)
	if err != nil {
		return err
	}
	if lane.State == nil {
		return fmt.Errorf("which rules were left off is not known: %s", lane.Partial.Message)
	}
	for _, d := range lane.State.Debts {
		for _, name := range d.ScalingRules {
			if s := states.named(name); s != nil && !s.Enabled {
				s.Held = &RuleHold{ReleaseID: d.ReleaseID, Lost: true}
			}
		}
	}
	return nil
}

// heldByReleases marks the rules that releases under way have switched off.
func (c *Client) heldByReleases(ctx context.Context, app release.App, states *ruleStates) error {
	infos, _, err := c.find(ctx, search{query: Filter{App: app.SearchValue(), Open: true}.query() + notQueued, limit: fewReleases})
	if err != nil {
		return err
	}
	for _, info := range infos {
		id := releaseID(info.GetExecution().GetWorkflowId())
		status, err := c.Get(ctx, id)
		switch {
		case err != nil:
			return err
		case status.Partial.Reason != PartialNone:
			return fmt.Errorf("which rules release %s holds is not known: %s", id, status.Partial.Message)
		case !status.Closed:
			heldBy(status.Progress, states)
		}
	}
	return nil
}

// heldBy marks the rules that one release has switched off and not put back.
func heldBy(p release.Progress, states *ruleStates) {
	for _, held := range p.ScalingRules {
		if held.Restored || held.Gone {
			continue
		}
		if s := states.named(held.Name); s != nil {
			s.Held = &RuleHold{ReleaseID: p.ReleaseID, By: p.RequestedBy, Since: p.StartedAt, Pending: s.Enabled}
		}
	}
}

// heldByHand marks the rules that a person has switched for a time, or is about to switch, or has
// switched off until further notice.
func (c *Client) heldByHand(ctx context.Context, app release.App, states *ruleStates) error {
	id := scalingID(app)
	calling, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	d, err := c.temporal.DescribeWorkflow(calling, id, "")
	ended := err == nil && execution.EndOf(d.Status) != execution.Open
	if _, never := errors.AsType[*serviceerror.NotFound](err); never || ended && d.Status != enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED {
		return nil
	}
	if err != nil {
		return classify("", err)
	}
	var in release.ToggleRequest
	run := d.WorkflowExecution.RunID
	input, err := c.input(calling, id, run)
	if err != nil {
		return classify("", err)
	}
	if err := c.converter.FromPayloads(input, &in); err != nil {
		return fmt.Errorf("who switches the rules by hand cannot be read: %w", err)
	}
	hold := RuleHold{By: in.By, Reason: in.Reason, Enable: in.Enable, Since: d.WorkflowStartTime}
	if ended {
		leftOff(in, hold, states)
		return nil
	}
	shown, err := execution.Query[release.ToggleResult](ctx, c.temporal, execution.Question{
		WorkflowID: id, RunID: run, Query: release.QueryToggle, Within: callTime,
	})
	hold.Waiting, hold.Until = shown.Waiting, shown.Until
	names := in.Names
	switch {
	case !hold.Until.IsZero():
		names = shown.Switched
	case len(names) == 0:
		names = states.names()
	}
	for _, name := range names {
		if s := states.named(name); s != nil {
			of := hold
			of.Pending = s.Enabled != in.Enable
			s.Held = &of
		}
	}
	if execution.ReasonOf(err) == execution.NoWorker {
		err = errors.New(noWorker + "; " + startWorker)
	}
	if err != nil {
		return fmt.Errorf("how far the switching by hand is (%s) is not known: %w", toggleTitle(in), err)
	}
	return nil
}

// leftOff marks the rules that the last switching by hand has left off. One that was for a time has
// switched them back; what is on again, somebody else has switched since.
func leftOff(in release.ToggleRequest, hold RuleHold, states *ruleStates) {
	if in.Enable || in.For > 0 {
		return
	}
	for i, s := range states.all {
		if s.Held == nil && !s.Enabled && (len(in.Names) == 0 || slices.Contains(in.Names, s.Name)) {
			of := hold
			states.all[i].Held = &of
		}
	}
}

// input is what a workflow was begun with. The errors are those of Temporal.
func (c *Client) input(ctx context.Context, workflowID, runID string) (*commonpb.Payloads, error) {
	events := c.temporal.GetWorkflowHistory(ctx, workflowID, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	if !events.HasNext() {
		return nil, serviceerror.NewNotFound("it has no history")
	}
	first, err := events.Next()
	if err != nil {
		return nil, err
	}
	return first.GetWorkflowExecutionStartedEventAttributes().GetInput(), nil
}
