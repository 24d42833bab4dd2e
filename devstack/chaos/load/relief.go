package load

import (
	"context"
	"fmt"
	"time"

	"slipway/cloudapi"
	"slipway/devstack/scenario"
	"slipway/fcclient"
	"slipway/release"
	"slipway/releases"
	"slipway/saeclient"
	"slipway/servicestageclient"
)

// reliefInterval is how often operators look whether an application needs them.
const reliefInterval = 5 * time.Second

// relieve does what operators must when a release could not end its change: they end it, and resume its lane. Without them the lane would stand still
// for as long as they may take. Whatever does not answer is done later.
func (r *Run) relieve(ctx context.Context) error {
	for cloudapi.Sleep(ctx, reliefInterval) == nil {
		for i, p := range r.places {
			state, err := r.releases.GetLane(ctx, p.App)
			if err != nil || state.State == nil {
				continue
			}
			if r.needsRelief(ctx, *state.State) {
				_ = r.endChange(ctx, p) // it may have ended
				r.resume(ctx, i, *state.State)
			}
		}
	}
	return nil
}

// needsRelief reports whether a lane is held for a person because of what a release has left, or its release waits for a change that does not end
// by itself.
func (r *Run) needsRelief(ctx context.Context, s release.LaneState) bool {
	if s.Held != nil && s.Held.ReleaseID != "" {
		return true
	}
	if s.Running == nil {
		return false
	}
	status, err := r.releases.Get(ctx, s.Running.ReleaseID)
	if err != nil || status.Progress.Awaiting == nil {
		return false
	}
	return status.Progress.Awaiting.Kind == release.AwaitOtherChange && status.Progress.Awaiting.Stuck
}

func (r *Run) resume(ctx context.Context, application int, s release.LaneState) {
	if s.Held == nil || s.Held.ReleaseID == "" {
		return
	}
	_, _ = r.releases.UpdateLane(ctx, releases.LaneUpdate{ // again at the next look
		App: r.places[application].App, Name: release.UpdateResume, ID: fmt.Sprintf("relief-%s-%d", s.Held.ReleaseID, time.Now().UnixNano()),
		Command: release.LaneCommand{By: operator, Reason: "its change has been looked at"},
	})
}

// endChange ends the change of an application that has not ended, where there is one, as somebody at the console of the platform does.
func (r *Run) endChange(ctx context.Context, p Place) error {
	switch p.Platform {
	case release.PlatformSAE:
		return r.endOrder(ctx, p)
	case release.PlatformFC:
		s, err := scenario.ReadService(ctx, r.access.FC, p.App)
		if err != nil || len(s.Gray) == 0 {
			return err
		}
		_, err = r.access.FC.UpdateAlias(ctx, &fcclient.UpdateAliasInput{
			ServiceName: p.App.ID, AliasName: p.App.Qualifier, VersionID: &s.Main, AdditionalVersionWeight: map[string]float64{},
		})
		return err
	case release.PlatformServiceStage:
		out, err := r.access.ServiceStage.GetComponent(ctx, &servicestageclient.GetComponentInput{ApplicationID: p.Group, ComponentID: p.App.ID})
		if err != nil || out.Status.ComponentStatus != servicestageclient.ComponentGraying {
			return err
		}
		_, err = r.access.ServiceStage.ComponentAction(ctx, &servicestageclient.ComponentActionInput{
			ApplicationID: p.Group, ComponentID: p.App.ID, Action: servicestageclient.ActionRollbackCurrent,
		})
		return err
	}
	return nil
}

func (r *Run) endOrder(ctx context.Context, p Place) error {
	orders, err := r.access.SAESim.Orders(ctx, p.App.ID)
	if err != nil || len(orders) == 0 {
		return err
	}
	last := orders[len(orders)-1]
	if !last.FinishedAt.IsZero() {
		return nil
	}
	_, err = r.access.SAE.AbortAndRollbackChangeOrder(ctx, &saeclient.AbortAndRollbackChangeOrderInput{ChangeOrderID: last.ID})
	if err != nil {
		_, err = r.access.SAE.AbortChangeOrder(ctx, &saeclient.AbortChangeOrderInput{ChangeOrderID: last.ID})
	}
	return err
}
