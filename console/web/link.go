package web

import (
	"errors"
	"net/http"

	"slipway/console/link"
	"slipway/console/problem"
	"slipway/release"
)

// linkShown is why a link of a message leads to no second look.
type linkShown struct {
	Problem problem.Problem
	// Page is where somebody may look in its place.
	Page string
}

// linkPage goes on from a link of a message to the second look at what it is for, as long as that is waited for still. It acts on nothing.
func linkPage(p *page) error {
	token := p.PathValue("token")
	l, why := p.opened(token)
	if why == nil {
		var err error
		if why, err = p.waitsFor(l); err != nil {
			return err
		}
	}
	if why == nil {
		return p.redirect(ofReleases.page(l.ReleaseID) + "/commands/" + pathOf(string(l.Action)))
	}
	shown := linkShown{Problem: *why}
	if id := link.ReleaseOf(token); id != "" {
		shown.Page = ofReleases.page(id)
	}
	return p.answer(why.Status, "link", frame{Title: p.t("The link leads no further"), Body: shown})
}

// opened is the link of a token, or why there is none.
func (p *page) opened(token string) (l link.Link, why *problem.Problem) {
	if p.cfg.Signed == nil {
		return l, new(problem.New(http.StatusNotFound, "%s", p.t("This console opens no links of messages: whoever runs it gives it the same --link-key-file as the notifier.")))
	}
	l, err := p.cfg.Signed.Verify(token, p.now)
	switch {
	case errors.Is(err, link.ErrExpired):
		return l, new(problem.New(http.StatusGone, "%s", p.t("The link counts no more: its time is over. Whether somebody is waited for still, the release says.")))
	case err != nil:
		return l, new(problem.New(http.StatusForbidden, "%s", p.t("The link is not one of this console, or is not whole: open it as the message has it.")))
	}
	return l, nil
}

// waitsFor says why what a link is for is not waited for; nil where it is.
func (p *page) waitsFor(l link.Link) (*problem.Problem, error) {
	r, err := p.release(l.ReleaseID)
	if err != nil {
		return nil, err
	}
	now, err := link.Of(l.Action, r.Progress)
	if refused, is := errors.AsType[release.Refusal](err); is {
		return new(problem.New(http.StatusConflict, "%s", p.t("What the link is for is not waited for any more: %s.", refused.Error()))), nil
	}
	if err != nil {
		return nil, err
	}
	if !l.Same(now) {
		return new(problem.New(http.StatusConflict, "%s", p.t("The release waits for something else by now than what the message was about: look at it anew."))), nil
	}
	return nil, nil //nolint:nilnil // nothing stands against it
}
