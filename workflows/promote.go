package workflows

import (
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// stillPromoted aborts a release that promotes what was taken back meanwhile where it was promoted from. It
// is asked before people are, and after each wait before the change begins.
func (h holding) stillPromoted(ctx workflow.Context) *fault {
	n := h.p.ByName
	if n == nil || n.PromotedFrom == (release.PromotedFrom{}) {
		return nil
	}
	in := release.StandsInput{ReleaseID: n.PromotedFrom.Release}
	stands, f := question(ctx, preparation{run: h.run}, read[release.Stands](h.p.App, release.StandsActivity, in))
	if f != nil || stands.Withdrawn == "" {
		return f
	}
	if h.abort == nil {
		h.abort = h.commands.record(release.Decision{
			Kind: release.CommandAbort, By: release.Slipway, At: workflow.Now(ctx), Via: release.ViaPromotion,
			Note: fmt.Sprintf("it was promoted from %s: %s", n.PromotedFrom.Environment, stands.Withdrawn),
		})
	}
	return h.stopped()
}

// promote starts what promotes a release that has Succeeded, where its document did so by itself when the
// release was asked for. It goes on when the release has ended.
func (r *run) promote(ctx workflow.Context) {
	n := r.p.ByName
	if n == nil || !n.Promotes || r.p.Outcome != release.PhaseSucceeded || r.spec.Operation != release.OperationRelease || r.p.OnlyConfig {
		return
	}
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID: release.PromotionWorkflowID(r.p.ReleaseID), ParentClosePolicy: enumspb.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary: "promotes " + n.String(),
		TypedSearchAttributes: temporal.NewSearchAttributes(
			temporal.NewSearchAttributeKeyKeyword(release.SearchApp).ValueSet(r.p.App.SearchValue()),
		),
	})
	in := release.PromotionRequest{Application: n.Application, Environment: n.Environment, ReleaseID: r.p.ReleaseID}
	err := workflow.ExecuteChildWorkflow(ctx, release.WorkflowPromotion, in).GetChildWorkflowExecution().Get(ctx, nil)
	if err != nil && !temporal.IsWorkflowExecutionAlreadyStartedError(err) {
		workflow.GetLogger(ctx).Error("what has Succeeded is not promoted by itself", "release", r.p.ReleaseID, "error", err)
	}
}

const (
	// promoteLimit is how long a promotion is tried: the ledger, the documents and the bus may be away.
	promoteLimit = 7 * 24 * time.Hour
	// maxBakes is how often the bake time may have become longer by the time it is over.
	maxBakes = 100
)

// Promotion promotes a release that has Succeeded to each environment that its document promotes it to by
// itself, once its bake time there is over. What is so by then counts: a document that was changed, a release
// that was rolled back or followed by another one. Its result says why it was not promoted where it was not.
func Promotion(ctx workflow.Context, in release.PromotionRequest) (release.PromotionResult, error) {
	if in.Application == "" || in.Environment == "" || release.CheckReleaseID(in.ReleaseID) != nil {
		return release.PromotionResult{}, invalid(errors.New("application, environment and releaseId must say what is promoted"))
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		ScheduleToCloseTimeout: promoteLimit, StartToCloseTimeout: attemptLimit, RetryPolicy: retries(),
		Summary: fmt.Sprintf("promote what %s has brought to %s/%s, if it may be", in.ReleaseID, in.Application, in.Environment),
	})
	var out release.PromotionResult
	for range maxBakes {
		out = release.PromotionResult{}
		if err := workflow.ExecuteActivity(ctx, release.PromoteActivity, in).Get(ctx, &out); err != nil {
			return out, err
		}
		if out.Next.IsZero() {
			return out, nil
		}
		if err := workflow.Sleep(ctx, max(out.Next.Sub(workflow.Now(ctx)), time.Second)); err != nil {
			return out, err
		}
	}
	return out, nil
}
