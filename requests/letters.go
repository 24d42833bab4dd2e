package requests

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"slipway/release"
	"slipway/releases"
	"slipway/wire"
)

// ShownLetter is a dead letter as programs read it.
type ShownLetter struct {
	Sequence       uint64           `json:"sequence"`
	At             time.Time        `json:"at"`
	Kind           wire.MessageKind `json:"kind"`
	Subject        string           `json:"subject"`
	About          string           `json:"about,omitempty"`
	Source         string           `json:"source,omitempty"`
	EventID        string           `json:"eventId,omitempty"`
	Type           string           `json:"type,omitempty"`
	Reason         string           `json:"reason"`
	Problems       release.Problems `json:"problems"`
	Redacted       []string         `json:"redacted,omitempty"`
	Deliveries     uint64           `json:"deliveries,omitempty"`
	StreamSequence uint64           `json:"streamSequence,omitempty"`

	// The rest is shown of one letter.
	Remedy string `json:"remedy,omitempty"`
	// Refused is why it would be refused again, by what can be read of it, and so is not published again; empty where that is not known.
	Refused string              `json:"refused,omitempty"`
	Headers map[string][]string `json:"headers,omitempty"`
	// Event is the data where it is JSON, Text where it is text, and Base64 where it is neither.
	Event  json.RawMessage `json:"event,omitempty"`
	Text   string          `json:"text,omitempty"`
	Base64 []byte          `json:"base64,omitempty"`
}

// ShowLetter is a letter without the event.
func ShowLetter(l wire.Letter) ShownLetter {
	return ShownLetter{
		Sequence: l.Sequence, At: l.At.UTC(), Kind: l.Kind, Subject: l.Subject, About: l.About, Source: l.Source, EventID: l.EventID, Type: l.Type,
		Reason: l.Reason, Problems: l.Problems(), Redacted: l.Redacted, Deliveries: l.Deliveries, StreamSequence: l.StreamSequence,
	}
}

// ShowWholeLetter is a letter with the event as it was, and what to do about it.
func ShowWholeLetter(l wire.Letter) ShownLetter {
	v := ShowLetter(l)
	v.Remedy, v.Headers = LetterRemedy(l), l.Header
	if _, err := l.Target(); err != nil {
		v.Refused = err.Error()
	}
	switch {
	case json.Valid(l.Data):
		v.Event = l.Data
	case utf8.Valid(l.Data):
		v.Text = string(l.Data)
	default:
		v.Base64 = l.Data
	}
	return v
}

// LetterRemedy says what to do about a dead letter.
func LetterRemedy(l wire.Letter) string {
	_, err := l.Target()
	bad, refused := errors.AsType[*wire.PoisonError](err)
	switch {
	case refused && bad.Field == wire.HeaderRedacted && l.SignedBy != "":
		return "whoever has signed it (" + l.SignedBy + ") asks again once the reason is gone; dead letters keep no signatures"
	case refused && bad.Field == wire.HeaderRedacted:
		return "publish the original again without its secrets (" + strings.Join(l.Redacted, ", ") + ") and with a new id; " +
			"change the secrets: the stream of requests and whoever reads it have had them"
	case refused && l.Kind == wire.KindRequest:
		return "correct what is wrong and publish the event with a new id; \"slipway release submit -f FILE --dry-run\" checks a release file"
	case refused && l.Kind == wire.KindNotification:
		return "drop it: it is no notification that could be sent"
	case refused:
		return "correct what is wrong and publish the event with a new id"
	case l.Field == "id":
		return "publish the event with a new id: this one was used before with another content"
	case l.Kind == wire.KindCommand && l.Field == "subject":
		return "look for the release or the set that is meant, with: slipway release list; a command to one that has ended is of no use any more"
	}
	return fmt.Sprintf("once the reason is gone, publish it again with: slipway deadletter replay %d", l.Sequence)
}

// What became of a dead letter.
const (
	LetterPublished = "published"
	LetterDropped   = "dropped"
	LetterRefused   = "refused"
	LetterFailed    = "failed"
)

// LetterResult is what became of one dead letter.
type LetterResult struct {
	Sequence uint64 `json:"sequence"`
	Result   string `json:"result"`
	Subject  string `json:"subject,omitempty"`
	// ID is that of the release or the set that the event is for.
	ID string `json:"id,omitempty"`
	// StreamSequence is where the stream of requests has the event now.
	StreamSequence uint64 `json:"streamSequence,omitempty"`
	Dropped        bool   `json:"dropped,omitempty"`
	Message        string `json:"message,omitempty"`
}

// Replay publishes the events of dead letters again, as they were.
type Replay struct {
	Letters *wire.DeadLetters
	// Drop drops what was published again.
	Drop bool
	// Check makes sure that a release or a set takes commands, as [releases.Client.CheckOpen] does.
	Check func(ctx context.Context, id string) error
	wire.Handling

	// Identity is as whom the publisher speaks: what another identity has published stays theirs. Empty where NATS does not say who
	// it is. Claimed lets them replay also what came from no identity in particular.
	Identity string
	Claimed  bool
}

// Letter publishes the event of one dead letter. What would be refused again is not published: the result is [LetterRefused]. The error
// is [wire.ErrNoDeadLetter] where there is none of the sequence.
func (p Replay) Letter(ctx context.Context, sequence uint64) (LetterResult, error) {
	r := LetterResult{Sequence: sequence, Result: LetterFailed}
	l, err := p.Letters.Get(ctx, sequence)
	if err != nil {
		return r, err
	}
	r.Subject = l.Subject
	if why := p.theirs(l); why != "" {
		r.Result, r.Message = LetterRefused, why
		return r, nil
	}
	id, refusal := l.Target()
	if refusal != nil {
		r.Result, r.Message = LetterRefused, refusal.Error()+"; "+LetterRemedy(l)
		return r, nil //nolint:nilerr // the result tells it
	}
	r.ID = id
	if l.Kind == wire.KindCommand {
		if r.Message, err = p.whyRefused(ctx, l, id); err != nil {
			return r, err
		}
		if r.Message != "" {
			r.Result = LetterRefused
			return r, nil
		}
	}
	if r.StreamSequence, err = p.Letters.Replay(ctx, l, p.Handling); err != nil {
		return r, err
	}
	r.Result, r.Message = LetterPublished, "see how it goes with: slipway "+kindOf(r.ID)+" watch "+r.ID
	if !p.Drop {
		return r, nil
	}
	if err := p.Letters.Drop(ctx, sequence, p.Handling); err != nil {
		r.Message = "published, but not dropped"
		return r, err
	}
	r.Dropped = true
	return r, nil
}

// theirs is why only somebody else replays a letter; empty where that is not so.
func (p Replay) theirs(l wire.Letter) string {
	by := wire.SubjectIdentity(l.Subject)
	if p.Identity == "" || by == p.Identity || by == "" && p.Claimed {
		return ""
	}
	return fmt.Sprintf("it did not come from %[1]s, on whose subjects alone %[1]s may publish; whoever has sent it replays it, or asks again", p.Identity)
}

// whyRefused is why a command would be refused again, and what to do instead; empty where what it
// is for takes commands.
func (p Replay) whyRefused(ctx context.Context, l wire.Letter, id string) (why string, err error) {
	err = p.Check(ctx, id)
	missing, isMissing := errors.AsType[*releases.NotFoundError](err)
	refused, isRefused := errors.AsType[*releases.RefusedError](err)
	switch {
	case err == nil:
		return "", nil
	case isMissing:
		return fmt.Sprintf("there is no %[1]s %[2]s, or it is forgotten; if its request still waits for slipway starter, replay the command once the %[1]s is there; "+
			"if another was meant, publish the command with a new id on %[3]s of one that slipway %[1]s list shows", kindOf(missing.ID), missing.ID, wire.CommandSubject("ID")), nil
	case isRefused:
		return fmt.Sprintf("%s %s takes no command any more: %s; %s, and drop this one: slipway deadletter drop %d",
			kindOf(refused.ID), refused.ID, refused.Reason, alternative(l, refused), l.Sequence), nil
	}
	return "", fmt.Errorf("nothing was published, because nobody knows whether %s %s takes commands: %w", kindOf(id), id, err)
}

// kindOf is the kind of what an ID is of.
func kindOf(id string) string {
	if release.IsSetID(id) {
		return "set"
	}
	return "release"
}

// alternative says what to do in place of what a command asked of something that has ended.
func alternative(l wire.Letter, refused *releases.RefusedError) string {
	id := refused.ID
	_, c, err := wire.DecodeCommand(l.Original())
	switch {
	case err == nil && c.Kind.Stops() && !release.IsSetID(id):
		return "to return the application to a version that it had before, begin a release: slipway rollback " + cmp.Or(refused.App, "APP")
	case release.IsSetID(id):
		return "to release its applications again, submit the set: slipway set submit -f FILE"
	}
	return "to ask again for what it asked for: slipway release retry " + id
}
