package wire

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/nats-io/nats.go"

	"slipway/release"
)

// Types of command events are dev.slipway.command.<kind>.v1.
const (
	commandTypePrefix = "dev.slipway.command."
	typeVersion       = ".v1"
)

// viaEvent is how a decoded command came.
const viaEvent = "event"

// CommandType returns the event type of a command.
func CommandType(kind release.CommandKind) string {
	return commandTypePrefix + string(kind) + typeVersion
}

// CommandID returns the identity of a command event, of the form c-xxxxxxxxxxxxxxxx.
func CommandID(source, eventID string) string {
	return "c-" + strings.TrimPrefix(release.ID(source, eventID), "r-")
}

// CommandData is the data of a command event.
type CommandData struct {
	// Batch is the finished batch that is confirmed, from 1, the gray batch first.
	Batch  int    `json:"batch,omitempty"`
	By     string `json:"by"`
	Note   string `json:"note,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// EncodeCommand returns the message that hands a command to a release, as structured
// CloudEvent. The command's ID and Via are not sent; the receiver derives them.
func EncodeCommand(o Origin, releaseID string, c release.Command) (*nats.Msg, error) {
	if !isToken(releaseID) {
		return nil, fmt.Errorf("encode command: %q is not a release ID", releaseID)
	}
	ev, err := newEvent(o, CommandType(c.Kind))
	if err != nil {
		return nil, fmt.Errorf("encode command: %w", err)
	}
	ev.SetSubject(releaseID)
	data := CommandData{Batch: c.Batch, By: c.By, Note: c.Note, Reason: c.Reason}
	if err := ev.SetData(event.ApplicationJSON, data); err != nil {
		return nil, fmt.Errorf("encode command: %w", err)
	}
	msg, err := encode(CommandSubject(releaseID), CommandID(o.Source, o.ID), ev)
	if err != nil {
		return nil, fmt.Errorf("encode command: %w", err)
	}
	return msg, nil
}

// DecodeCommand reads a message with a command: the release it is for, and the command
// with its kind taken from the event's type and its ID derived from source and id. The
// error is a [PoisonError].
func DecodeCommand(msg *nats.Msg) (releaseID string, c release.Command, err error) {
	releaseID, ok := commandToken(msg.Subject)
	if !ok {
		return "", c, poison("subject", fmt.Sprintf("%q is not %s", msg.Subject, commandPrefix+"<release-id>"))
	}
	ev, bad := decode(msg)
	if bad != nil {
		return "", c, bad
	}
	if s := ev.Subject(); s != "" && s != releaseID {
		return "", c, poison("subject", fmt.Sprintf("the event is about %q but was sent to release %q", s, releaseID))
	}
	kind, ok := commandKind(ev.Type())
	if !ok {
		return "", c, poison("type", fmt.Sprintf("%q is not a command", ev.Type()))
	}
	data, problems := strict[CommandData](ev.Data())
	c = release.Command{
		Kind: kind, ID: CommandID(ev.Source(), ev.ID()), Batch: data.Batch, By: data.By,
		Via: viaEvent, Note: data.Note, Reason: data.Reason,
	}
	var invalid release.Problems
	if err := c.Validate(); errors.As(err, &invalid) {
		problems = merge(problems, invalid)
	}
	if len(problems) > 0 {
		return "", c, poisonous(problems)
	}
	return releaseID, c, nil
}

func commandKind(eventType string) (release.CommandKind, bool) {
	kind, ok := strings.CutPrefix(eventType, commandTypePrefix)
	if !ok {
		return "", false
	}
	kind, ok = strings.CutSuffix(kind, typeVersion)
	return release.CommandKind(kind), ok && kind != ""
}
