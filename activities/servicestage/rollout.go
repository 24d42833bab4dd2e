package servicestage

import (
	"context"
	"encoding/json"
	"strconv"

	"slipway/activities/cloud"
	"slipway/cloudapi"
	"slipway/release"
	"slipway/servicestageclient"
)

// BeginRollout begins the release of a version: one call, with the whole specification of the component. The version
// is derived from the token and is used once, so that a call that is said again is refused, or found by its record.
func (d *Driver) BeginRollout(ctx context.Context, in release.BeginRolloutInput) (release.Change, error) {
	ctx, calls := errorsOfServiceStage().Recording(ctx)
	change, err := d.beginRollout(ctx, in)
	return change, calls.Doubt(missing(err))
}

func (d *Driver) beginRollout(ctx context.Context, in release.BeginRolloutInput) (release.Change, error) {
	seen, err := readMark(in.Mark)
	version, marked := versionOf(in.Token)
	switch {
	case err != nil:
		return release.Change{}, err
	case !marked:
		return release.Change{}, cloud.Refused(release.FaultInvalid, "a release needs its token")
	}
	if err := cloud.TrafficIn(d.traits, in.Traffic); err != nil {
		return release.Change{}, err
	}
	r, err := d.read(ctx, in.App)
	if err != nil {
		return release.Change{}, err
	}
	if found := r.released(in.Token); found != nil {
		return adopted(found), nil
	}
	if err := d.inTheWay(ctx, r, seen); err != nil {
		return release.Change{}, err
	}
	p, err := d.prepare(ctx, r, release.ReleaseQuestion{Artifact: in.Artifact, Strategy: in.Strategy, Config: in.Config, Traffic: in.Traffic})
	if err != nil {
		return release.Change{}, err
	}
	if err := cloud.RefusedFor(p.Problems); err != nil {
		return release.Change{}, err
	}
	if err := d.frame.Guarded(ctx, in.App, in.Override); err != nil {
		return release.Change{}, err
	}
	id, err := d.deploy(ctx, r, p, version)
	if cloudapi.HasCode(err, servicestageclient.CodeVersionUsed) { // by an earlier call of our own, maybe
		again, err := d.read(context.WithoutCancel(ctx), in.App)
		if err != nil {
			return release.Change{}, err
		}
		if found := again.released(in.Token); found != nil {
			return adopted(found), nil
		}
	}
	if err := errorsOfServiceStage().Begun(id, err); err != nil {
		return release.Change{}, err
	}
	return release.Change{ID: id, Version: version}, nil
}

// deploy releases a version and returns the ID of its job.
func (d *Driver) deploy(ctx context.Context, r reading, p *preparation, version string) (string, error) {
	params := map[string]string{
		"application_id": r.application, "component_id": r.component,
		memberName: r.now.Name, memberVersion: version, memberReplica: strconv.Itoa(r.now.Replica), memberStack: string(p.now[memberStack]),
	}
	for _, m := range d.members {
		if p.want[m.Name] != nil {
			params[m.Name] = p.want.written(m)
		}
	}
	for name, value := range map[string]any{memberSource: p.source, memberStrategy: p.strategy} {
		text, err := servicestageclient.Wire(value).MarshalJSON()
		if err != nil {
			return "", err
		}
		params[name] = string(text)
	}
	text, err := cloud.Send(ctx, func(ctx context.Context, params map[string]string) (json.RawMessage, error) {
		return d.client.Call(ctx, opUpdate, params)
	}, params)
	if err != nil {
		return "", err
	}
	var answer map[string]json.RawMessage
	if err := json.Unmarshal(text, &answer); err != nil {
		answer = nil // it was accepted, and named no job
	}
	return cloud.Text(answer["job_id"]), nil
}
