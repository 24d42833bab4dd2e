package fc

import (
	"context"
	"encoding/json"
	"strconv"

	"slipway/activities/cloud"
	"slipway/cloudapi"
	"slipway/fcclient"
	"slipway/release"
)

// BeginRollout begins the release of a version: it brings LATEST to what is wanted, publishes a version of
// that, makes sure that the version is what is wanted, and gives it the traffic of the first step.
//
// What an earlier call has done is found by the token, in the record of the alias and of the version, and
// is not done again. Only the last step changes what callers get, so that only it leaves a doubt.
func (d *Driver) BeginRollout(ctx context.Context, in release.BeginRolloutInput) (release.Change, error) {
	ctx, calls := errorsOfFC().Recording(ctx)
	change, err := d.beginRollout(ctx, in)
	return change, calls.Doubt(failed(err))
}

func (d *Driver) beginRollout(ctx context.Context, in release.BeginRolloutInput) (release.Change, error) {
	seen, err := readMark(in.Mark)
	if err != nil {
		return release.Change{}, err
	}
	if in.Token == "" {
		return release.Change{}, cloud.Refused(release.FaultInvalid, "a release needs its token")
	}
	if err := cloud.TrafficIn(d.traits, in.Traffic); err != nil {
		return release.Change{}, err
	}
	r, err := d.read(ctx, in.App, reader{named: in.Artifact.Part})
	if err != nil {
		return release.Change{}, err
	}
	if own := r.alias.own(in.Token); own != nil {
		return release.Change{ID: own.ID, Version: own.Version, Adopted: true}, d.provide(ctx, in.App, r.alias.record)
	}
	own, begun := withToken(r.versions.list, in.Token)
	if err := r.inTheWay(seen, own.id); err != nil {
		return release.Change{}, err
	}
	p, err := d.prepared(ctx, r, release.ReleaseQuestion{Artifact: in.Artifact, Strategy: in.Strategy, Config: in.Config})
	if err != nil {
		return release.Change{}, err
	}
	if len(p.Problems) > 0 && (!begun || !p.chosen()) { // LATEST may be ours already: then the version decides
		return release.Change{}, cloud.RefusedFor(p.Problems)
	}
	return d.carryOut(ctx, in, rollout{reading: r, preparation: p, own: own, begun: begun})
}

// inTheWay fails where somebody else has a release open, has moved the alias or has published a version
// since it was read.
func (r reading) inTheWay(seen mark, own string) error {
	if busy := r.alias.busy(""); busy != nil {
		return unfinished(busy)
	}
	if !r.alias.same(seen) {
		return cloud.NotYet(release.FaultConflict, "somebody else has moved the alias %s since it was read: %s", qualifier(r.app), r.alias.shares())
	}
	if last := newest(r.versions.list); last != own && number(last) > number(seen.Newest) {
		return cloud.NotYet(release.FaultConflict, "version %s was published elsewhere since the service was read", last)
	}
	return nil
}

func unfinished(busy *release.ForeignChange) error {
	return cloud.NotYet(release.FaultConflict, "version %s has a part of the traffic: somebody else's release is unfinished", busy.ID)
}

// A rollout is a release on its way to the first step.
type rollout struct {
	reading
	*preparation

	// own is the version that it brings, and begun tells that it was published by an earlier call.
	own   published
	begun bool
}

func (d *Driver) carryOut(ctx context.Context, in release.BeginRolloutInput, o rollout) (release.Change, error) {
	guard := func() error { return d.frame.Guarded(ctx, in.App, in.Override) }
	// What LATEST is and which versions there are changes nothing for those who call the alias.
	unseen := cloud.Harmless(ctx)
	if !o.begun {
		if err := d.update(unseen, o, guard); err != nil {
			return release.Change{}, err
		}
		if err := d.publish(unseen, in, &o, guard); err != nil {
			return release.Change{}, err
		}
	}
	if err := d.confirmPublished(ctx, o); err != nil {
		return release.Change{}, err
	}
	if err := guard(); err != nil {
		return release.Change{}, err
	}
	by := record{token: in.Token, version: o.own.id, from: from(o.alias), weights: in.Strategy.Weights, part: o.name}
	if n := o.instances; n != nil {
		by.target = strconv.FormatInt(*n, 10)
	}
	if err := d.move(ctx, in.App, o.alias, by.step(1)); err != nil {
		return release.Change{}, err
	}
	return release.Change{ID: o.own.id, Version: o.own.id}, d.provide(ctx, in.App, by)
}

// provide provisions the instances that a release asks for, once its first step is made: from then on it
// has begun, so that whoever breaks it off puts their number back, and no freeze holds what it lacks yet.
// A number that the platform does not take is found by who reads back what runs.
func (d *Driver) provide(ctx context.Context, app release.App, by record) error {
	target, err := strconv.ParseInt(by.target, 10, 64)
	if err != nil {
		return nil //nolint:nilerr // it asks for none
	}
	err = d.retarget(ctx, app, by.part, target)
	if err != nil && !errorsOfFC().FaultOf(err).Retryable() {
		return nil
	}
	return err
}

// from is the version that the traffic is moved away from; empty for a first release.
func from(a alias) string {
	if !a.exists {
		return ""
	}
	return a.serves()
}

// step is what the alias is to be in a step, from 1.
func (r record) step(n int) step {
	if n > len(r.weights) {
		return step{main: r.version, by: r}
	}
	return step{main: r.from, gray: r.version, percent: r.weights[n-1], by: r}
}

// update brings the function of LATEST to what is wanted, if it is something else. What it takes back of
// LATEST is what the version that serves does not have.
func (d *Driver) update(ctx context.Context, o rollout, guard func() error) error {
	now, etag, err := d.latest(ctx, o.app.ID, o.name)
	if err != nil {
		return err
	}
	params := map[string]string{}
	for _, m := range d.members {
		if !o.want.same(now, m.Name) {
			params[m.Name] = written(m, o.want)
		}
	}
	if p := o.code; p != nil {
		bucket, key := objectOf(p.URL)
		params["code"] = cloud.Wire(map[string]string{"ossBucketName": bucket, "ossObjectName": key})
	}
	if len(params) == 0 {
		return nil
	}
	params["serviceName"], params["functionName"] = o.app.ID, o.name
	if etag != "" {
		params["If-Match"] = etag
	}
	if err := guard(); err != nil {
		return err
	}
	text, err := cloud.Send(ctx, func(ctx context.Context, params map[string]string) ([]byte, error) {
		return d.client.Call(ctx, opUpdate, params)
	}, params)
	if err != nil {
		return err
	}
	return o.sent(text)
}

// written is a member as it is sent; what is not wanted is cleared.
func written(m cloudapi.Param, want function) string {
	switch {
	case m.Kind == cloudapi.KindString:
		return want.text(m.Name)
	case want.value(m.Name) == nil && m.Name == memberLayers:
		return "[]"
	case want.value(m.Name) == nil:
		return "{}"
	case m.Name == memberContainer:
		container := want.object(m.Name)
		delete(container, memberAcceleration)
		return cloud.Wire(container)
	}
	return string(want[m.Name])
}

// sent takes up what LATEST was answered to be.
func (o rollout) sent(answer []byte) error {
	var now function
	if json.Unmarshal(answer, &now) != nil {
		return errShape(opUpdate)
	}
	sum := now.checksum()
	if o.checksum != "" && o.checksum != sum {
		return cloud.Refused(release.FaultInvalid, "the package %s is not any more what version %s runs: give the artifact", o.code.URL, o.alias.serves())
	}
	o.checksum = sum
	return nil
}

// publish publishes LATEST as a version. Where nothing has changed since the newest one, because it was
// published before and rejected, that one is released again.
func (d *Driver) publish(ctx context.Context, in release.BeginRolloutInput, o *rollout, guard func() error) error {
	if err := guard(); err != nil {
		return err
	}
	o.own.record = record{
		token: in.Token, from: from(o.alias), weights: in.Strategy.Weights, part: o.name, code: o.checksum, artifact: o.artifactText(),
	}
	request := &fcclient.PublishServiceVersionInput{ServiceName: in.App.ID, Description: new(o.own.record.text())}
	if o.serviceTag != "" {
		request.IfMatch = &o.serviceTag
	}
	out, err := cloud.Send(ctx, d.client.PublishServiceVersion, request)
	switch {
	case err == nil:
		o.own.id = out.VersionID
		return nil
	case !cloudapi.HasCode(err, fcclient.CodeVersionPublish):
		return err
	}
	list, err := d.published(ctx, in.App.ID)
	if err != nil {
		return err
	}
	if own, late := withToken(list, in.Token); late {
		o.own = own
		return nil
	}
	o.own.id = newest(list)
	if o.own.id == "" || o.alias.exists && o.own.id == o.alias.serves() {
		return cloud.Refused(release.FaultInvalid, "artifact: nothing would change, version %s, which serves, has all of it already", o.own.id)
	}
	return nil
}

// artifactText is the artifact as the record of a version has it; empty where it is not known.
func (o rollout) artifactText() string {
	if !o.artifact.Known() {
		return ""
	}
	return o.artifact.String()
}

// confirmPublished reads the version back: somebody may have changed LATEST right before it was
// published. Nobody has been given it yet.
func (d *Driver) confirmPublished(ctx context.Context, o rollout) error {
	functions, err := d.functions(ctx, o.app.ID, o.own.id)
	if err != nil {
		return err
	}
	var names []string
	for _, m := range d.members {
		if !o.want.same(functions[o.name], m.Name) {
			names = append(names, m.Name)
		}
	}
	if sum := functions[o.name].checksum(); o.own.record.code != "" && sum != o.own.record.code {
		names = append(names, "code")
	}
	for _, name := range d.others(o.preparation.live, functions, o.name) {
		names = append(names, "function "+name)
	}
	if len(names) > 0 {
		return cloud.Refused(release.FaultInvalid, "version %s is not what was asked for (%s): somebody has changed LATEST meanwhile; no traffic was moved", o.own.id, joined(names))
	}
	return nil
}
