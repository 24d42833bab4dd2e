package wire_test

import (
	"fmt"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/release"
	"slipway/wire"
)

func TestCommandSurvivesTheWire(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		command, origin := commands().Draw(t, "command"), origins().Draw(t, "origin")
		releaseID := release.ID(apps().Draw(t, "app"), origin.Source, "the request")
		want := command
		want.ID, want.Via, want.Source = release.CommandID(releaseID, origin.Source, origin.ID), "event", origin.Source

		command.ID, command.Via = "not sent", "not sent"
		msg, err := wire.EncodeCommand(origin, releaseID, command)
		require.NoError(t, err)
		require.Equal(t, "slipway.command."+releaseID, msg.Subject)
		require.Equal(t, want.ID, msg.Header.Get("Nats-Msg-Id"))

		gotID, got, err := wire.DecodeCommand(msg)
		require.NoError(t, err)
		require.Equal(t, releaseID, gotID)
		require.Equal(t, want, got)
	})
}

func TestCommandsOfDifferentEventsDiffer(t *testing.T) {
	t.Parallel()
	require.Equal(t, release.CommandID("r-1", "ci", "1"), release.CommandID("r-1", "ci", "1"))
	require.NotEqual(t, release.CommandID("r-1", "ci", "1"), release.CommandID("r-1", "ci", "2"))
	require.NotEqual(t, release.CommandID("r-1", "ci", "1"), release.CommandID("r-2", "ci", "1"), "one event identity to two releases is two commands")
}

func TestCommand_EncodeCommandRefusesWhatIsNoReleaseID(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", "r-1.x", "*", ">", "release/r-1"} {
		_, err := wire.EncodeCommand(wire.Origin{Source: "ci", ID: "1"}, id, release.Command{Kind: release.CommandAbort, By: "me"})
		require.ErrorContains(t, err, "is not the ID of a release or a set")
	}
}

func TestCommand_DecodeCommandNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	const to = "slipway.command.r-1"
	for name, c := range map[string]struct {
		subject, kind, more, data string
		field, reason             string
	}{
		"no release":                {"slipway.command.", "abort", "", `{"by":"me"}`, "subject", "is not slipway.command.<release-id>"},
		"two tokens":                {"slipway.command.r-1.x", "abort", "", `{"by":"me"}`, "subject", "is not slipway.command.<release-id>"},
		"about another release":     {to, "abort", `"subject":"r-2",`, `{"by":"me"}`, "subject", `is about "r-2" but was sent to release "r-1"`},
		"an unknown command":        {to, "explode", "", `{"by":"me"}`, "type", `"explode" is not a command; use confirm, abort, pause, resume, rollback, override, approve or reject`},
		"no kind":                   {to, "", "", `{"by":"me"}`, "type", "is not a command"},
		"nobody speaks":             {to, "abort", "", `{}`, "by", "is required: who gives the command"},
		"no batch":                  {to, "confirm", "", `{"by":"me"}`, "batch", "from 1"},
		"all of it":                 {to, "confirm", "", `{"batch":"1","who":"me"}`, "batch,who,by", "batch: must be a whole number, not a string; who: is not a field here; there are batch, all, artifact, changeId, config, version, atSafePoint, by, note, reason; by: is required: who gives the command"},
		"no reason to override":     {to, "override", "", `{"by":"me"}`, "reason", "must say why the freeze does not hold this release"},
		"a version to abort to":     {to, "abort", "", `{"by":"me","version":"v-7"}`, "version", "has no meaning for abort"},
		"all of whatever comes":     {to, "confirm", "", `{"by":"me","all":true}`, "artifact,changeId", "changeId: is required with all: give the change of the release"},
		"all and a batch":           {to, "confirm", "", `{"by":"me","all":true,"batch":1,"artifact":"shop:2","changeId":"co-1"}`, "batch", "leave one of them out"},
		"all of a pause":            {to, "pause", "", `{"by":"me","all":true}`, "all", "has no meaning for pause"},
		"a safe point to pause at":  {to, "pause", "", `{"by":"me","atSafePoint":true}`, "atSafePoint", "has no meaning for pause"},
		"a batch to resume":         {to, "resume", "", `{"by":"me","batch":1}`, "batch", "has no meaning for resume"},
		"text for a switch":         {to, "abort", "", `{"by":"me","atSafePoint":"yes"}`, "atSafePoint", "must be true or false"},
		"an identity in the data":   {to, "abort", "", `{"by":"me","id":"c-1"}`, "id", "is not a field here"},
		"data that is not a object": {to, "abort", "", `[]`, "data", "must be an object, not a list"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := fmt.Sprintf(`{"specversion":"1.0","type":"dev.slipway.command.%s.v1","source":"s","id":"i",%s"data":%s}`, c.kind, c.more, c.data)
			_, _, err := wire.DecodeCommand(&nats.Msg{Subject: c.subject, Data: []byte(data)})
			var poison *wire.PoisonError
			require.ErrorAs(t, err, &poison)
			require.Equal(t, c.field, poison.Field)
			require.Contains(t, poison.Reason, c.reason)
		})
	}
	t.Run("a lifecycle event", func(t *testing.T) {
		t.Parallel()
		_, _, err := wire.DecodeCommand(&nats.Msg{Subject: to, Data: []byte(envelope(goodData))})
		require.ErrorContains(t, err, "is not a command")
	})
}
