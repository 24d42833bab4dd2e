package startertest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"slipway/release"
	"slipway/starter"
	"slipway/wire"
)

// store puts the dead letter of a message into the stream, and returns its sequence.
func store(t *testing.T, js jetstream.JetStream, msg *nats.Msg, why *wire.PoisonError) uint64 {
	t.Helper()
	letter := wire.DeadLetter(msg, wire.Delivery{Stream: wire.StreamIn, Sequence: 1, Count: 1}, why)
	letter.Header.Del(jetstream.MsgIDHeader)
	ack, err := js.PublishMsg(t.Context(), letter)
	require.NoError(t, err)
	return ack.Sequence
}

// request is a request for a release that nothing is wrong with.
func requestFor(t *testing.T, id, eventID string) *nats.Msg {
	t.Helper()
	msg, err := wire.EncodeRequest(wire.Origin{Source: "ci", ID: eventID}, spec(id))
	require.NoError(t, err)
	return msg
}

func sequencesOf(letters []wire.Letter) []uint64 {
	out := []uint64{}
	for _, l := range letters {
		out = append(out, l.Sequence)
	}
	return out
}

func TestLetters_AreListedFromTheEndAndNoFurtherThanNeeded(t *testing.T) {
	t.Parallel()
	js, _ := bus(t)
	require.NoError(t, wire.EnsureStreams(t.Context(), js, wire.Storage{}))
	letters := wire.NewDeadLetters(js)
	found, more, err := letters.List(t.Context(), wire.LetterFilter{})
	require.NoError(t, err)
	require.Empty(t, found)
	require.False(t, more)

	rare := store(t, js, requestFor(t, "rare", "1"), &wire.PoisonError{Reason: "rare Reason"})
	for range 2500 {
		_, err := js.PublishMsgAsync(&nats.Msg{Subject: wire.DeadLetterSubject("slipway.command.r-x"), Data: []byte("{}")})
		require.NoError(t, err)
	}
	<-js.PublishAsyncComplete()
	last := store(t, js, requestFor(t, "shop", "1"), &wire.PoisonError{Reason: "late"})
	asked, err := js.Conn().SubscribeSync("$JS.API.DIRECT.GET." + wire.StreamDeadLetter)
	require.NoError(t, err)
	requests := func() int {
		require.NoError(t, js.Conn().Flush())
		n, _, err := asked.Pending()
		require.NoError(t, err)
		for range n {
			_, err := asked.NextMsg(time.Second)
			require.NoError(t, err)
		}
		return n
	}
	requests()

	list := func(f wire.LetterFilter) ([]uint64, bool) {
		found, more, err := letters.List(t.Context(), f)
		require.NoError(t, err)
		for _, l := range found {
			require.Empty(t, l.Data)
		}
		return sequencesOf(found), more
	}
	got, more := list(wire.LetterFilter{Limit: 3})
	require.Equal(t, []uint64{last, last - 1, last - 2}, got)
	require.True(t, more)
	require.LessOrEqual(t, requests(), 2)
	got, more = list(wire.LetterFilter{Subject: "slipway.request.sae.*"})
	require.Equal(t, []uint64{last, rare}, got)
	require.False(t, more)
	require.LessOrEqual(t, requests(), 8, "what is not there is passed over")
	got, _ = list(wire.LetterFilter{Kind: wire.KindRequest, Reason: "REASON"})
	require.Equal(t, []uint64{rare}, got)
	got, more = list(wire.LetterFilter{})
	require.Len(t, got, 2502)
	require.False(t, more)
	for i := range got {
		require.Equal(t, last-uint64(i), got[i])
	}
	got, _ = list(wire.LetterFilter{Since: time.Now().Add(time.Hour)})
	require.Empty(t, got)
	got, _ = list(wire.LetterFilter{Kind: wire.KindSet})
	require.Empty(t, got)
}

func TestLetters_AreDroppedOneByOne(t *testing.T) {
	t.Parallel()
	js, _ := bus(t)
	require.NoError(t, wire.EnsureStreams(t.Context(), js, wire.Storage{}))
	letters := wire.NewDeadLetters(js)
	first := store(t, js, requestFor(t, "shop", "1"), &wire.PoisonError{Reason: "x"})
	second := store(t, js, requestFor(t, "shop", "2"), &wire.PoisonError{Reason: "x"})
	require.NoError(t, letters.Drop(t.Context(), second, wire.Handling{By: "li"}))
	require.ErrorIs(t, letters.Drop(t.Context(), second, wire.Handling{By: "li"}), wire.ErrNoDeadLetter)
	_, err := letters.Get(t.Context(), second)
	require.ErrorIs(t, err, wire.ErrNoDeadLetter)
	found, _, err := letters.List(t.Context(), wire.LetterFilter{})
	require.NoError(t, err)
	require.Equal(t, []uint64{first}, sequencesOf(found))

	require.NoError(t, js.DeleteStream(t.Context(), wire.StreamDeadLetter))
	_, _, err = letters.List(t.Context(), wire.LetterFilter{})
	require.ErrorContains(t, err, "create it with: slipway setup")
	old := wire.Streams()[2]
	old.DenyDelete = true
	_, err = js.CreateStream(t.Context(), old)
	require.NoError(t, err)
	third := store(t, js, requestFor(t, "shop", "3"), &wire.PoisonError{Reason: "x"})
	require.ErrorIs(t, letters.Drop(t.Context(), third, wire.Handling{By: "li"}), wire.ErrKeepsLetters)
}

func TestLetters_ARequestThatIsReplayedTwiceIsOneRelease(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	s := h.starter(starter.Config{})
	letters := wire.NewDeadLetters(h.js)
	msg := requestFor(t, "shop", "42")
	l, err := letters.Get(h.ctx, store(t, h.js, msg, &wire.PoisonError{Reason: "an older version has refused it"}))
	require.NoError(t, err)
	first, err := letters.Replay(h.ctx, l, wire.Handling{By: "li"})
	require.NoError(t, err)
	second, err := letters.Replay(h.ctx, l, wire.Handling{By: "li"})
	require.NoError(t, err)
	require.Greater(t, second, first, "the stream does not drop it, whatever was published before")
	h.untilTaken()
	h.counted(2, "accepted", s)
	id := release.ID(app("shop"), "ci", "42")
	require.True(t, h.record(id).Accepted)
	require.Equal(t, 1, h.updates(), "the ledger knows the event: the lane is asked once")
}

func TestLetters_ACommandIsReplayedOnceItsReleaseIsThere(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	h.starter(starter.Config{})
	id := release.ID(app("shop"), "ci", "42")
	abort := release.Command{Kind: release.CommandAbort, By: "ann", Reason: "no"}
	h.command("1", id, abort)
	letters := wire.NewDeadLetters(h.js)
	l := wire.ReadDeadLetter(h.deadLetter(wire.CommandSubject(id)))
	require.Equal(t, []string{"ci", "1", id}, []string{l.Source, l.EventID, l.About})

	require.Equal(t, id, h.request("42", spec("shop")))
	h.until("the release to run", func() bool { return h.status(id) == 1 })
	_, err := letters.Replay(h.ctx, l, wire.Handling{By: "li"})
	require.NoError(t, err)
	h.untilEnded(release.WorkflowID(id))
	var got release.Command
	require.NoError(t, h.client.GetWorkflow(h.ctx, release.WorkflowID(id), "").Get(h.ctx, &got))
	require.Equal(t, release.CommandID(id, "ci", "1"), got.ID, "it is the same command")
}

// A command is replayed only where something is there that takes it.
func TestLetters_ACommandToNothingIsNotReplayed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, realLane())
	h.starter(starter.Config{})
	c := newLettersCommand(t, h.nats.URL(), "TEMPORAL_ADDRESS="+h.temporal.Addr())
	id := release.ID(app("shop"), "ci", "42")
	h.command("1", id, release.Command{Kind: release.CommandAbort, By: "ann", Reason: "no"})
	sequence := fmt.Sprint(h.deadLetter(wire.CommandSubject(id)).Sequence)
	replay := func(code int) map[string]any {
		out, _ := c.run(code, "replay", sequence, "-o", "json")
		var results []map[string]any
		require.NoError(t, json.Unmarshal([]byte(out), &results))
		require.Len(t, results, 1)
		return results[0]
	}

	r := replay(7)
	require.Equal(t, "refused", r["result"])
	require.Contains(t, r["message"], "there is no release "+id)
	require.Contains(t, r["message"], "publish the command with a new id on slipway.command.ID of one that slipway release list shows")
	require.Zero(t, h.messages(wire.StreamIn), "nothing was published")

	h.request("42", spec("shop"))
	h.until("the release to run", func() bool { return h.status(id) == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING })
	require.Equal(t, "published", replay(0)["result"])
	h.untilEnded(release.WorkflowID(id))
	h.untilTaken()

	r = replay(7)
	require.Equal(t, "refused", r["result"])
	require.Contains(t, r["message"], "takes no command any more: it has ended")
	require.Contains(t, r["message"], "slipway rollback "+app("shop").SearchValue()+", and drop this one: slipway deadletter drop "+sequence)

	// Where nobody can be asked, nothing is published either.
	c.env[len(c.env)-1] = "TEMPORAL_ADDRESS=127.0.0.1:1"
	require.Equal(t, "failed", replay(1)["result"])
	require.Zero(t, h.messages(wire.StreamIn))
}

// lettersCommand runs `slipway deadletter` against a bus.
type lettersCommand struct {
	t      *testing.T
	binary string
	env    []string
}

func newLettersCommand(t *testing.T, url string, more ...string) *lettersCommand {
	t.Helper()
	binary := os.Getenv("SLIPWAY_BIN") //nolint:forbidigo // the build says where the binary is
	require.NotEmpty(t, binary, "SLIPWAY_BIN must name a slipway binary; run `make test-system`")
	return &lettersCommand{t, binary, append([]string{"NATS_URL=" + url}, more...)}
}

func (c *lettersCommand) run(code int, args ...string) (stdout, stderr string) {
	c.t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(c.t.Context(), c.binary, append([]string{"deadletter"}, args...)...)
	cmd.Env = c.env
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run()
	require.Equal(c.t, code, cmd.ProcessState.ExitCode(), "%v: %s", args, errs.String())
	return out.String(), errs.String()
}

func TestLetters_Command(t *testing.T) {
	t.Parallel()
	js, server := bus(t)
	c := newLettersCommand(t, server.URL())
	_, told := c.run(1, "list")
	require.Contains(t, told, "stream SLIPWAY_DEADLETTER does not exist")
	require.Contains(t, told, "create it with: slipway setup")
	require.NoError(t, wire.EnsureStreams(t.Context(), js, wire.Storage{}))
	_, told = c.run(0, "list")
	require.Contains(t, told, "there are no such dead letters")

	bad := &nats.Msg{Subject: "slipway.request.sae.shop", Data: []byte(`{"specversion":"1.0","type":"dev.slipway.release.requested.v1","source":"ci","id":"1","data":{"apq":1}}`)}
	_, err := wire.DecodeRequest(bad)
	var why *wire.PoisonError
	require.ErrorAs(t, err, &why)
	refused := fmt.Sprint(store(t, js, bad, why))
	good := fmt.Sprint(store(t, js, requestFor(t, "shop", "42"), &wire.PoisonError{Field: "subject", Reason: "evil\x1b[2J"}))
	secret := requestFor(t, "shop", "43")
	secret.Header.Set("Authorization", "Basic aHVzaDpodXNo")
	redacted := fmt.Sprint(store(t, js, secret, &wire.PoisonError{Reason: "x"}))

	out, _ := c.run(0, "list")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	require.Len(t, lines, 4)
	require.Regexp(t, `^SEQ +WHEN +KIND +ABOUT +SOURCE +REASON$`, lines[0])
	require.Regexp(t, "^"+redacted+` .* request +sae/cn-hangzhou/shop +ci +x`, lines[1])
	require.NotContains(t, out, "\x1b")
	out, _ = c.run(0, "list", "--reason", "APQ", "-o", "json")
	var listed []map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &listed))
	require.Len(t, listed, 1)
	require.Greater(t, len(listed[0]["problems"].([]any)), 1) //nolint:forcetypeassert // a list, or the test fails

	complete := exec.CommandContext(t.Context(), c.binary, "__complete", "deadletter", "replay", "")
	complete.Env = c.env
	offered, err := complete.Output()
	require.NoError(t, err)
	require.Contains(t, string(offered), redacted+"\tsae/cn-hangzhou/shop x\n")
	out, _ = c.run(0, "show", refused)
	for _, p := range wire.ReadDeadLetter(&jetstream.RawStreamMsg{Header: nats.Header{wire.HeaderReason: {why.Reason}, wire.HeaderField: {why.Field}}}).Problems() {
		require.Contains(t, out, "\n  "+p.Error()+"\n")
	}
	require.Contains(t, out, "publish the event with a new id")
	require.Contains(t, out, `    "apq": 1`)
	out, _ = c.run(0, "show", good)
	require.Contains(t, out, "slipway deadletter replay "+good)
	out, _ = c.run(0, "show", redacted, "-o", "json")
	require.Contains(t, out, `"Authorization": [`)
	require.NotContains(t, out, "aHVz")
	require.Contains(t, out, "change the secrets")
	_, told = c.run(1, "show", "99")
	require.Contains(t, told, "there is no such dead letter: 99")

	out, told = c.run(7, "replay", redacted, refused, good, "-o", "json")
	require.Contains(t, told, "2 not published again")
	var results []map[string]any
	require.NoError(t, json.Unmarshal([]byte(out), &results))
	require.Equal(t, []any{"refused", "refused", "published"}, []any{results[0]["result"], results[1]["result"], results[2]["result"]})
	require.Equal(t, release.ID(app("shop"), "ci", "42"), results[2]["id"])
	in, err := js.Stream(t.Context(), wire.StreamIn)
	require.NoError(t, err)
	require.EqualValues(t, 1, in.CachedInfo().State.Msgs, "what is refused is not published")
	out, _ = c.run(0, "replay", good, "--drop")
	require.Contains(t, out, "published and dropped")
	_, told = c.run(1, "replay", good)
	require.Contains(t, told, "there is no such dead letter")

	_, told = c.run(2, "drop", "--reason", "x")
	require.Contains(t, told, "--yes")
	_, told = c.run(2, "drop")
	require.Contains(t, told, "use --all for all")
	c.run(0, "drop", refused)
	out, _ = c.run(0, "drop", "--all", "--yes", "-o", "json")
	require.Contains(t, out, `"result": "dropped"`)
	_, told = c.run(0, "list")
	require.Contains(t, told, "there are no such dead letters")
}
