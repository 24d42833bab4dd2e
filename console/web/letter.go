package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"

	"slipway/console/problem"
	"slipway/release"
	"slipway/requests"
	"slipway/wire"
)

// lettersPage shows the events that could not be taken.
func lettersPage(p *page) error {
	var found listed[requests.ShownLetter]
	if err := p.get("deadletters", url.Values{"limit": {"100"}}, &found); err != nil {
		return err
	}
	return p.show("letters", p.t("Dead letters"), found, everything())
}

// letterShown is an event that could not be taken.
type letterShown struct {
	requests.ShownLetter

	// Whole is the event as it was published.
	Whole string
	// Page is where it is shown, and Helps what to do about it.
	Page, Helps string
}

// helps says what to do about a dead letter, in words of the pages.
func (p *page) helps(l requests.ShownLetter) string {
	of := func(field string) bool {
		return slices.ContainsFunc(l.Problems, func(p release.Problem) bool { return p.Field == field })
	}
	switch {
	case len(l.Redacted) > 0:
		return p.t("A part was cut out of it, so that it is not what was published: who has sent it asks again, with a new ID. Where that part was a secret, change the secret: the stream of requests and whoever reads it have had it.")
	case l.Refused != "":
		return p.t("Correct what is wrong, and publish the event with a new ID.")
	case of("id"):
		return p.t("Publish the event with a new ID: this one was used before with another content.")
	case l.Kind == wire.KindCommand && of("subject"):
		return p.t("Look for the release or the set that is meant. A command to one that has ended is of no use any more.")
	}
	return p.t("Once the reason is gone, publish it again.")
}

func (p *page) letter() (letterShown, error) {
	sequence := pathOf(p.PathValue("sequence"))
	shown := letterShown{Page: "/dead-letters/" + sequence}
	if err := p.get("deadletters/"+sequence, nil, &shown.ShownLetter); err != nil {
		return shown, err
	}
	shown.Helps = p.helps(shown.ShownLetter)
	var pretty bytes.Buffer
	if json.Indent(&pretty, shown.Event, "", "  ") == nil {
		shown.Whole = pretty.String()
	} else {
		shown.Whole = shown.Text
	}
	return shown, nil
}

func letterPage(p *page) error {
	shown, err := p.letter()
	if err != nil {
		return err
	}
	return p.show("letter", p.t("Dead letter %s", p.PathValue("sequence")), shown, live{})
}

// letterCommandPage is the second look at what is done with a dead letter.
func letterCommandPage(p *page) error {
	title, s, err := p.lookAtLetter()
	if err != nil {
		return err
	}
	return p.showSecond(title, s)
}

func (p *page) lookAtLetter() (title string, s second, err error) {
	l, err := p.letter()
	if err != nil {
		return "", s, err
	}
	kind := p.PathValue("kind")
	s = second{
		Action: l.Page + "/commands/" + pathOf(kind), Back: l.Page, Fields: []field{p.given(field{Name: "reason", Label: "Reason", Required: true})},
		Facts: []fact{{"Dead letter", p.PathValue("sequence")}, {"About", l.About}, {"Subject", l.Subject}, {"Reason", l.Reason}},
	}
	switch kind {
	case "replay":
		if l.Refused != "" {
			return "", s, problem.New(http.StatusConflict, "%s", l.Refused)
		}
		s.Label, s.Does = "Publish again", p.t("The event is published again as it was, in your name, and taken if nothing stands against it any more.")
	case "drop":
		s.Label, s.Does, s.Stops = "Delete", p.t("The event is deleted. It is recorded that you have done it, and why."), true
	default:
		return "", s, problem.New(http.StatusNotFound, "there is no such command")
	}
	return p.t(s.Label) + ": " + p.t("Dead letter %s", p.PathValue("sequence")), s, nil
}

func sendLetterCommand(p *page) error {
	if err := p.form(); err != nil {
		return err
	}
	at := pathOf(p.PathValue("sequence"), "commands", p.PathValue("kind"))
	err := p.post("deadletters/"+at, p.PostFormValue("key"), map[string]string{"reason": p.PostFormValue("reason")}, nil)
	if err == nil {
		return p.redirect("/dead-letters")
	}
	title, s, again := p.lookAtLetter()
	if again != nil {
		return err
	}
	s.Problem = new(p.problemOf(err))
	return p.showSecond(title, s)
}
