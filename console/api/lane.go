package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"slipway/authority"
	"slipway/release"
	"slipway/releases"
	"slipway/wire"
)

// appOfPath is the application that the path names: platform/region/id.
func (r *request) appOfPath() (release.App, error) {
	app := release.App{Platform: release.Platform(r.PathValue("platform")), Region: r.PathValue("region"), ID: r.PathValue("id")}
	if err := app.Validate(); err != nil {
		return app, err
	}
	return app, nil
}

// listLanes lists the lanes that are at work.
func (a *api) listLanes(r *request) error {
	ctx := r.Context()
	in := reader{parameters: r.query}
	held, limit := in.flag(paramHeld), in.limit()
	if err := in.problems(); err != nil {
		return err
	}
	may, all, err := r.views(ctx)
	if err != nil {
		return err
	}
	most := limit
	if !all || held { // only a lane itself knows whether it is held
		most = mostListed
	}
	var out listed[releases.LaneStatus]
	if out.Items, out.More, err = a.Releases.ListLanes(ctx, releases.LaneFilter{Limit: most}); err != nil {
		return err
	}
	out.Items = slices.DeleteFunc(out.Items, func(l releases.LaneStatus) bool {
		return !may(l.App) || held && l.State != nil && l.State.Held == nil
	})
	for _, l := range out.Items {
		if l.Partial.Reason != releases.PartialNone {
			out.Partial = l.App + ": " + l.Partial.Message
			break
		}
	}
	return r.reply(http.StatusOK, out.atMost(limit))
}

// getLane shows a lane.
func (a *api) getLane(r *request) error {
	app, err := r.appOfPath()
	if err != nil {
		return err
	}
	ctx := r.Context()
	if err := r.may(ctx, authority.ActionView, authority.AppTarget(app)); err != nil {
		return err
	}
	status, err := a.Releases.GetLane(ctx, app)
	if err != nil {
		return err
	}
	return r.reply(http.StatusOK, status.Shown(app))
}

// laneKinds are the commands that a lane takes.
func laneKinds() []string {
	return []string{release.UpdateHold, release.UpdateResume, release.UpdateDrop, release.UpdateAllow}
}

// LaneBody is a command to a lane as it is sent; which fields have a meaning, its kind says.
type LaneBody struct {
	Reason    string `json:"reason,omitempty"`
	ReleaseID string `json:"releaseId,omitempty"`
	Artifact  string `json:"artifact,omitempty"`
	// All allows all that is denied, in the place of one artifact.
	All bool `json:"all,omitempty"`
	// Force holds the lane of an application that was never released, too.
	Force bool `json:"force,omitempty"`
}

// command is the command of a kind, or all that is wrong with it.
func (b LaneBody) command(kind, by string) (release.LaneCommand, error) {
	c := release.LaneCommand{By: by, Reason: b.Reason, ReleaseID: b.ReleaseID, Artifact: b.Artifact}
	var wrong release.Problems
	for _, field := range []struct {
		name, of string
		given    bool
	}{{"releaseId", release.UpdateDrop, b.ReleaseID != ""}, {"artifact", release.UpdateAllow, b.Artifact != ""}, {"all", release.UpdateAllow, b.All}, {"force", release.UpdateHold, b.Force}} {
		if field.given && kind != field.of {
			wrong = append(wrong, release.Problem{Field: field.name, Message: "has a meaning for " + field.of + " only; leave it out"})
		}
	}
	if kind == release.UpdateAllow && (b.Artifact != "") == b.All {
		wrong = append(wrong, release.Problem{Field: "artifact", Message: "must name what to allow, or all must be true, and not both"})
	}
	if problems, is := c.Validate(kind).(release.Problems); is { //nolint:errorlint // Validate returns nothing else
		wrong = append(wrong, problems...)
	}
	if len(wrong) > 0 {
		return c, wrong
	}
	return c, nil
}

// commandLane sends a command to a lane, and answers with its state right after.
func (a *api) commandLane(r *request) error {
	app, err := r.appOfPath()
	if err != nil {
		return err
	}
	kind := r.PathValue("kind")
	if !slices.Contains(laneKinds(), kind) {
		return kindNotFound.is("there is no such command; there are %s", strings.Join(laneKinds(), ", "))
	}
	key, err := r.key()
	if err != nil {
		return err
	}
	data, err := r.optionalBody()
	if err != nil {
		return err
	}
	body, wrong := wire.Strict[LaneBody](data)
	if len(wrong) > 0 {
		return wrong
	}
	c, err := body.command(kind, r.by)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), answerTime)
	defer cancel()
	if err := r.may(ctx, authority.ActionHold, authority.AppTarget(app)); err != nil {
		return err
	}
	if kind == release.UpdateHold && !body.Force {
		never, err := a.Releases.NeverReleased(ctx, app)
		if err != nil {
			return err
		}
		if never != "" {
			return kindRefused.is("%s; force holds its lane all the same", never)
		}
	}
	state, err := a.Releases.UpdateLane(ctx, releases.LaneUpdate{App: app, Name: kind, ID: r.by + "/" + key, Command: c})
	if err != nil {
		return err
	}
	return r.reply(http.StatusOK, releases.ShownLane{LaneState: state})
}
