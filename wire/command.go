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

// CommandType returns the event type of a command.
func CommandType(kind release.CommandKind) string {
	return commandTypePrefix + string(kind) + typeVersion
}

// CommandData is the data of a command event.
type CommandData struct {
	// Batch is the finished batch that is confirmed, approved or rejected, from 1, the gray batch first.
	Batch int `json:"batch,omitempty"`
	// All confirms the finished batch that waits and each one after it, in the place of Batch.
	All bool `json:"all,omitempty"`
	// Artifact and ChangeID bind the command to the artifact of the release and to its current
	// change; the release refuses it when either differs.
	Artifact string `json:"artifact,omitempty"`
	ChangeID string `json:"changeId,omitempty"`
	// Config binds an approval or a rejection to the configuration of the release in the same way.
	Config string `json:"config,omitempty"`
	// Version is the version that a rollback returns to.
	Version string `json:"version,omitempty"`
	// AtSafePoint makes an abort wait until no batch is in progress.
	AtSafePoint bool   `json:"atSafePoint,omitempty"`
	By          string `json:"by"`
	Note        string `json:"note,omitempty"`
	Reason      string `json:"reason,omitempty"`
}

// dataOf returns what is sent of a command.
func dataOf(c release.Command) CommandData {
	return CommandData{
		Batch: c.Batch, All: c.All, Artifact: c.Artifact, ChangeID: c.ChangeID, Config: c.Config, Version: c.Version, AtSafePoint: c.AtSafePoint,
		By: c.By, Note: c.Note, Reason: c.Reason,
	}
}

// command returns what was sent as a command that came by an event.
func (d CommandData) command(kind release.CommandKind, id string) release.Command {
	return release.Command{
		Kind: kind, ID: id, Batch: d.Batch, All: d.All, Artifact: d.Artifact, ChangeID: d.ChangeID, Config: d.Config, Version: d.Version,
		AtSafePoint: d.AtSafePoint, By: d.By, Via: release.ViaEvent, Note: d.Note, Reason: d.Reason,
	}
}

// EncodeCommand returns the message that hands a command to a release, or to a set by its
// ID, as structured CloudEvent. The command's ID and Via are not sent; the receiver derives them.
func EncodeCommand(o Origin, releaseID string, c release.Command) (*nats.Msg, error) {
	o.Identity = ""
	return encodeCommand(o, CommandSubject(releaseID), releaseID, c)
}

// EncodeVerifiedCommand does so in the name of the origin's identity, which the release must be of the
// application for.
func EncodeVerifiedCommand(o Origin, a release.App, releaseID string, c release.Command) (*nats.Msg, error) {
	return encodeCommand(o, VerifiedCommandSubject(o.Identity, a, releaseID), releaseID, c)
}

// EncodeVerifiedSetCommand does so for a set of the name.
func EncodeVerifiedSetCommand(o Origin, name, setID string, c release.Command) (*nats.Msg, error) {
	return encodeCommand(o, VerifiedSetCommandSubject(o.Identity, name, setID), setID, c)
}

func encodeCommand(o Origin, subject, releaseID string, c release.Command) (*nats.Msg, error) {
	by, err := o.as("by", c.By)
	if err != nil {
		return nil, fmt.Errorf("encode command: %w", err)
	}
	c.By = by
	if _, ok := readSubject(subject); !ok && o.Identity != "" {
		return nil, fmt.Errorf("encode command: %q is no subject of a command", subject)
	}
	if !isToken(releaseID) {
		return nil, fmt.Errorf("encode command: %q is not the ID of a release or a set", releaseID)
	}
	ev, err := newEvent(o, CommandType(c.Kind))
	if err != nil {
		return nil, fmt.Errorf("encode command: %w", err)
	}
	ev.SetSubject(releaseID)
	if err := ev.SetData(event.ApplicationJSON, dataOf(c)); err != nil {
		return nil, fmt.Errorf("encode command: %w", err)
	}
	msg, err := o.encode(subject, release.CommandID(releaseID, o.Source, o.ID), ev)
	if err != nil {
		return nil, fmt.Errorf("encode command: %w", err)
	}
	return msg, nil
}

// DecodeCommand reads a message with a command: the release or set it is for, and the command
// with its kind taken from the event's type and its ID, [release.CommandID]. The error is
// a [PoisonError].
func DecodeCommand(msg *nats.Msg) (releaseID string, c release.Command, err error) {
	on, ok := readSubject(msg.Subject)
	if !ok || on.kind != KindCommand {
		return "", c, poison("subject", fmt.Sprintf("%q is not %s", msg.Subject, commandForm(on)))
	}
	releaseID = on.id
	ev, bad := decode(msg)
	if bad != nil {
		return "", c, bad
	}
	if s := ev.subject; s != "" && s != releaseID {
		return "", c, poison("subject", fmt.Sprintf("the event is about %q but was sent to release %q", s, releaseID))
	}
	kind, ok := commandKind(ev.kind)
	if !ok {
		return "", c, poison("type", fmt.Sprintf("%q is not a command", ev.kind))
	}
	data, problems := Strict[CommandData](ev.data)
	c = data.command(kind, release.CommandID(releaseID, ev.source, ev.id))
	c.Source, c.Verified = ev.source, on.identity != ""
	problems = merge(problems, on.speaks("by", &c.By))
	var invalid release.Problems
	if err := c.Validate(); errors.As(err, &invalid) {
		problems = merge(problems, invalid)
	}
	if len(problems) > 0 {
		return "", c, poisonous(problems)
	}
	return releaseID, c, nil
}

// commandForm is what the subject of a command looks like.
func commandForm(a address) string {
	if a.identity != "" {
		return verifiedPrefix + "<identity>.command.<platform>.<region>.<app-id>.<release-id>, or " +
			verifiedPrefix + "<identity>.command." + setPlatform + ".<name>.<set-id>"
	}
	return commandPrefix + "<release-id>"
}

func commandKind(eventType string) (release.CommandKind, bool) {
	kind, ok := strings.CutPrefix(eventType, commandTypePrefix)
	if !ok {
		return "", false
	}
	kind, ok = strings.CutSuffix(kind, typeVersion)
	return release.CommandKind(kind), ok && kind != ""
}
