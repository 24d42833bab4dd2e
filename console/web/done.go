package web

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"slipway/release"
	"slipway/wire"
)

// doneCookie tells the page of a release or a set, and no other, what was sent from there a moment ago. An address cannot tell that: anybody
// could have made it.
const doneCookie = "slipway-done"

// doneTime is for how long a page tells what was sent.
const doneTime = time.Minute

// done is a command that was just sent.
type done struct {
	Kind release.CommandKind `json:"kind"`
	// Before is who had decided the same before, so that the command has changed nothing; empty where it counted.
	Before string `json:"before,omitempty"`
}

// remember has the page at a path tell what was sent.
func (p *page) remember(path string, d done) {
	content, err := json.Marshal(d)
	if err != nil {
		return // the command was sent all the same
	}
	http.SetCookie(p.w, &http.Cookie{
		Name: doneCookie, Value: base64.RawURLEncoding.EncodeToString(content), Path: path, MaxAge: int(doneTime.Seconds()), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// done is the command that was just sent from the page; nil where none was.
func (p *page) done() *done {
	cookie, err := p.Cookie(doneCookie)
	if err != nil {
		return nil
	}
	content, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	var d done
	if err != nil || json.Unmarshal(content, &d) != nil || !slices.Contains(release.CommandKinds(), d.Kind) || d.Before != "" && wire.IdentityFault(d.Before) != nil {
		return nil
	}
	return &d
}

// decided is what the API answers to a command, as far as it tells what became of that.
type decided struct {
	Decisions []release.Decision `json:"decisions"`
}

// of is what became of a command that somebody has sent: it counted, or the last one that says the same is of somebody else.
func (a decided) of(kind release.CommandKind, c wire.CommandData, by string) done {
	out := done{Kind: kind}
	for _, d := range a.Decisions {
		if d.Kind == kind && d.Refused == "" && (d.Batch == c.Batch || c.Batch == 0) {
			if out.Before = d.By; d.By == by {
				out.Before = ""
			}
		}
	}
	return out
}
