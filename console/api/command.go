package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"slipway/release"
	"slipway/releases"
	"slipway/requests"
	"slipway/wire"
)

// answerTime bounds the wait for the answer to a command.
const answerTime = 30 * time.Second

// setKinds are the commands that a set takes.
func setKinds() []release.CommandKind {
	return []release.CommandKind{release.CommandConfirm, release.CommandAbort}
}

// readCommand reads a command of one of several kinds; its ID is that of its event.
func (r *request) readCommand(kinds []release.CommandKind) (c release.Command, err error) {
	kind := release.CommandKind(r.PathValue("kind"))
	if !slices.Contains(kinds, kind) {
		names := make([]string, len(kinds))
		for i, k := range kinds {
			names[i] = string(k)
		}
		return c, kindNotFound.is("there is no such command; there are %s", strings.Join(names, ", "))
	}
	key, err := r.key()
	if err != nil {
		return c, err
	}
	data, err := r.optionalBody()
	if err != nil {
		return c, err
	}
	d, wrong := wire.Strict[wire.CommandData](data)
	if d.By != "" && d.By != r.by {
		wrong = append(wrong, release.Problem{Field: "by", Message: "is who has signed in; leave it out"})
	}
	if len(wrong) > 0 {
		return c, wrong
	}
	return release.Command{
		Kind: kind, ID: key, Batch: d.Batch, All: d.All, Artifact: d.Artifact, ChangeID: d.ChangeID, Config: d.Config, Version: d.Version,
		AtSafePoint: d.AtSafePoint, By: r.by, Note: d.Note, Reason: d.Reason,
	}, nil
}

// commanding is a command to a release or a set on its way, in the name of who asks.
type commanding struct {
	*requests.Client

	id      string
	command release.Command
}

// commandRelease sends a command to a release, and answers with where that stands right after.
func (a *api) commandRelease(r *request) error {
	return r.send(release.CommandKinds(), checkRelease, func(ctx context.Context, c commanding) (any, error) {
		cmd, err := bound(ctx, c.Client, c.id, c.command)
		if err != nil {
			return nil, err
		}
		_, p, err := c.SendCommand(ctx, c.id, cmd)
		return p, unsent(err, cmd.ID)
	})
}

// send reads the command to what the path names, and answers with what do returns of it.
func (r *request) send(kinds []release.CommandKind, check func(id string) error, do func(context.Context, commanding) (any, error)) error {
	c, err := r.readCommand(kinds)
	if err != nil {
		return err
	}
	by, err := r.actor()
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	if err := check(id); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), answerTime)
	defer cancel()
	after, err := do(ctx, commanding{requests.New(r.api.JetStream, by), id, c})
	if err != nil {
		return err
	}
	return r.reply(http.StatusOK, after)
}

// bound is a command to a release that says what it is about: what it leaves out is what the release shows just now.
func bound(ctx context.Context, client *requests.Client, id string, c release.Command) (release.Command, error) {
	confirms := c.Kind == release.CommandConfirm && (c.All && (c.Artifact == "" || c.ChangeID == "") || !c.All && c.Batch == 0)
	decides := c.Kind == release.CommandApprove || c.Kind == release.CommandReject
	if !confirms && !decides {
		return c, nil
	}
	status, err := client.Get(ctx, id)
	if err != nil {
		return c, err
	}
	var shown release.Command
	switch p := status.Progress; {
	case decides && p.Phase.Ended():
		err = release.Refusal("it has ended: " + string(p.Phase))
	case decides && p.Approval == nil:
		err = release.Refusal("it asks for no approval: the release is " + string(p.Phase))
	case decides:
		shown = p.Deciding(c.Kind)
	case c.All:
		shown, err = p.ConfirmingAll()
	default:
		shown, err = p.Confirming()
	}
	if why, refused := errors.AsType[release.Refusal](err); refused {
		return c, &releases.RefusedError{ID: id, Reason: why.Error()}
	}
	if c.Batch == 0 {
		c.Batch = shown.Batch
	}
	c.Artifact, c.ChangeID, c.Config = cmp.Or(c.Artifact, shown.Artifact), cmp.Or(c.ChangeID, shown.ChangeID), cmp.Or(c.Config, shown.Config)
	return c, err
}
