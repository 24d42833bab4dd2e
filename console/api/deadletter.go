package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"slipway/authority"
	"slipway/release"
	"slipway/requests"
	"slipway/wire"
)

// listDeadLetters lists the events that could not be taken, the latest first. They may be of anything, so that they are shown to who may
// look at everything.
func (a *api) listDeadLetters(r *request) error {
	ctx := r.Context()
	in := reader{parameters: r.query}
	limit := in.limit()
	if err := in.problems(); err != nil {
		return err
	}
	if err := r.may(ctx, authority.ActionView, everything); err != nil {
		return err
	}
	found, more, err := wire.NewDeadLetters(a.JetStream).List(ctx, wire.LetterFilter{Limit: limit})
	if err != nil {
		return err
	}
	out := listed[requests.ShownLetter]{Items: []requests.ShownLetter{}, More: more}
	for _, l := range found {
		out.Items = append(out.Items, requests.ShowLetter(l))
	}
	return r.reply(http.StatusOK, out)
}

// sequence is that of the dead letter that the path names.
func (r *request) sequence() (uint64, error) {
	text := r.PathValue("sequence")
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n == 0 {
		return 0, kindNotFound.is("%.*q is not the sequence of a dead letter", release.MaxID, text)
	}
	return n, nil
}

// getDeadLetter shows an event that could not be taken as it was, and what to do.
func (a *api) getDeadLetter(r *request) error {
	sequence, err := r.sequence()
	if err != nil {
		return err
	}
	ctx := r.Context()
	if err := r.may(ctx, authority.ActionView, everything); err != nil {
		return err
	}
	l, err := wire.NewDeadLetters(a.JetStream).Get(ctx, sequence)
	if err != nil {
		return err
	}
	return r.reply(http.StatusOK, requests.ShowWholeLetter(l))
}

// The commands that dead letters take.
const (
	commandReplay = "replay"
	commandDrop   = "drop"
)

// letterBody is a command to a dead letter as it is sent.
type letterBody struct {
	Reason string `json:"reason"`
}

// readHandling reads why who asks does something with a dead letter.
func (r *request) readHandling() (wire.Handling, error) {
	data, err := r.optionalBody()
	if err != nil {
		return wire.Handling{}, err
	}
	body, wrong := wire.Strict[letterBody](data)
	switch {
	case strings.TrimSpace(body.Reason) == "":
		wrong = append(wrong, release.Problem{Field: paramReason, Message: "must say why"})
	case len(body.Reason) > release.MaxWords:
		wrong = append(wrong, release.Problem{Field: paramReason, Message: fmt.Sprintf("has %d bytes; at most %d are taken", len(body.Reason), release.MaxWords)})
	}
	if len(wrong) > 0 {
		return wire.Handling{}, wrong
	}
	return wire.Handling{By: r.by, Reason: body.Reason}, nil
}

// commandDeadLetter publishes the event of a dead letter again, or drops it, and answers with what became of it.
func (a *api) commandDeadLetter(r *request) error {
	kind, all := r.PathValue("kind"), []string{commandReplay, commandDrop}
	if !slices.Contains(all, kind) {
		return kindNotFound.is("there is no such command; there are %s", strings.Join(all, ", "))
	}
	sequence, err := r.sequence()
	if err != nil {
		return err
	}
	why, err := r.readHandling()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), answerTime)
	defer cancel()
	if err := r.may(ctx, authority.ActionHold, everything); err != nil {
		return err
	}
	letters := wire.NewDeadLetters(a.JetStream)
	if kind == commandDrop {
		if err := letters.Drop(ctx, sequence, why); err != nil {
			return err
		}
		return r.reply(http.StatusOK, requests.LetterResult{Sequence: sequence, Result: requests.LetterDropped, Dropped: true})
	}
	again := requests.Replay{Letters: letters, Check: a.Releases.CheckOpen, Handling: why, Identity: r.by, Claimed: true}
	result, err := again.Letter(ctx, sequence)
	if err != nil {
		return err
	}
	if result.Result == requests.LetterRefused {
		return kindRefused.is("%s", result.Message)
	}
	return r.reply(http.StatusOK, result)
}
