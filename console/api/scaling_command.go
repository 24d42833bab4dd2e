package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"slipway/authority"
	"slipway/release"
	"slipway/releases"
	"slipway/wire"
)

// The commands to the scaling rules of an application.
const (
	scalingEnable  = "enable"
	scalingDisable = "disable"
	scalingRestore = "restore"
)

func scalingKinds() []string { return []string{scalingEnable, scalingDisable, scalingRestore} }

// ScalingBody is what is to be switched, as it is sent.
type ScalingBody struct {
	// Names are the rules; none are all of the application's.
	Names []string `json:"names,omitempty"`
	// For is after what time they are switched back; zero leaves them.
	For    release.Duration `json:"for,omitzero"`
	Reason string           `json:"reason,omitempty"`
}

// toggle is the switching of a kind, or all that is wrong with it.
func (b ScalingBody) toggle(kind, by string, app release.App) (release.ToggleRequest, error) {
	in := release.ToggleRequest{App: app, Names: b.Names, Enable: kind == scalingEnable, For: b.For, By: by, Reason: b.Reason}
	if kind != scalingRestore {
		return in, in.Validate()
	}
	var wrong release.Problems
	for _, field := range []struct {
		name  string
		given bool
	}{{"names", len(b.Names) > 0}, {"for", b.For != 0}, {"reason", b.Reason != ""}} {
		if field.given {
			wrong = append(wrong, release.Problem{Field: field.name, Message: "has no meaning for restore, which switches back what was switched for a time; leave it out"})
		}
	}
	if len(wrong) > 0 {
		return in, wrong
	}
	return in, nil
}

// switching is what was begun, as it is shown.
type switching struct {
	WorkflowID string `json:"workflowId"`
}

// commandScaling begins to switch scaling rules, or to switch back what was switched for a time. The workers of the region do it: how far
// that is, the list of the rules tells.
func (a *api) commandScaling(r *request) error {
	app, err := r.appOfPath()
	if err != nil {
		return err
	}
	kind := r.PathValue("kind")
	if !slices.Contains(scalingKinds(), kind) {
		return kindNotFound.is("there is no such command; there are %s", strings.Join(scalingKinds(), ", "))
	}
	data, err := r.optionalBody()
	if err != nil {
		return err
	}
	body, wrong := wire.Strict[ScalingBody](data)
	if len(wrong) > 0 {
		return wrong
	}
	in, err := body.toggle(kind, r.by, app)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), answerTime)
	defer cancel()
	if err := r.may(ctx, authority.ActionHold, authority.AppTarget(app)); err != nil {
		return err
	}
	begun, err := a.beginScaling(ctx, kind, in)
	if err != nil {
		return err
	}
	return r.reply(http.StatusAccepted, switching{begun.ID})
}

func (a *api) beginScaling(ctx context.Context, kind string, in release.ToggleRequest) (releases.Switching, error) {
	if err := a.Releases.CheckWorkers(ctx, in.App); err != nil {
		return releases.Switching{}, err
	}
	if kind == scalingRestore {
		return a.Releases.SwitchBack(ctx, in.App)
	}
	err := a.Releases.CheckRules(ctx, in)
	if err != nil && problemOf(err).Status == http.StatusInternalServerError {
		return releases.Switching{}, errors.Join(rulesUntold(in.App), err)
	}
	if err != nil {
		return releases.Switching{}, err
	}
	return a.Releases.Toggle(ctx, in)
}

// rulesUntold is the problem of a platform that does not tell the rules of an application: what it has said is for the log.
func rulesUntold(app release.App) error {
	return kindAway.is("the platform does not tell the rules of %s; the log of the console says why", app.SearchValue())
}
