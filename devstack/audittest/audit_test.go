package audittest_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"slipway/apps"
	"slipway/audit"
	"slipway/authority"
	"slipway/devstack/embedded"
	"slipway/internal/bucketdoc"
	"slipway/internal/documents"
	"slipway/release"
	"slipway/setup"
	"slipway/wire"
)

// patience bounds every wait of a test; none takes it when all is well.
const patience = time.Minute

// noon is when everything is done: now, so that it is within the time that is asked for.
func noon() time.Time { return time.Now().UTC().Truncate(time.Second) }

func shop() release.App {
	return release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "shop-1"}
}

// house is a NATS server that is set up.
type house struct {
	t    *testing.T
	nats *embedded.NATS
	cfg  embedded.NATSConfig
	js   jetstream.JetStream
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, cfg: embedded.NATSConfig{DataDir: t.TempDir()}}
	h.start()
	h.cfg.Addr = h.nats.URL()[len("nats://"):]
	t.Cleanup(func() { require.NoError(t, h.nats.Close()) })
	conn, err := nats.Connect(h.nats.URL(), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	h.js, err = jetstream.New(conn)
	require.NoError(t, err)
	h.setUp()
	return h
}

func (h *house) start() {
	h.t.Helper()
	var err error
	h.nats, err = embedded.StartNATS(h.t.Context(), h.cfg)
	require.NoError(h.t, err)
}

func (h *house) setUp() {
	h.t.Helper()
	_, err := setup.NATS(h.t.Context(), h.js, setup.Config{})
	require.NoError(h.t, err)
}

// tell publishes an event as workers do.
func (h *house) tell(e release.Event) {
	h.t.Helper()
	msg, err := wire.EncodeEvent(e, e.At)
	require.NoError(h.t, err)
	_, err = h.js.PublishMsg(h.t.Context(), msg)
	require.NoError(h.t, err)
}

// tellRelease publishes a transition of a release.
func (h *house) tellRelease(p release.Progress, kind release.EventKind) {
	h.t.Helper()
	h.tell(release.Event{ID: release.EventID(p.ReleaseID, p.Transition, kind), Kind: kind, At: noon(), Progress: p})
}

// bury stores a dead letter as starters do.
func (h *house) bury(subject, data, why string, sequence uint64) {
	h.t.Helper()
	msg := &nats.Msg{Subject: subject, Data: []byte(data), Header: nats.Header{"Content-Type": {"application/cloudevents+json"}}}
	letter := wire.DeadLetter(msg, wire.Delivery{Stream: wire.StreamIn, Sequence: sequence, Count: 1, Stored: noon()}, wire.Refused(release.Refusal(why)))
	_, err := h.js.PublishMsg(h.t.Context(), letter)
	require.NoError(h.t, err)
}

// line is what a test compares of an entry.
func line(e audit.Entry) string {
	verified := ""
	if e.Verified {
		verified = "!" + e.SignedBy
	}
	text := fmt.Sprintf("%s %s%s %s", e.Action, e.By, verified, e.What)
	for _, more := range []string{e.Reason, e.Refused} {
		if more != "" {
			text += " | " + more
		}
	}
	return text
}

// entries are what there is of everything, once there are as many as are wanted.
func (h *house) entries(want int) []audit.Entry {
	h.t.Helper()
	var found []audit.Entry
	enough := assert.Eventually(h.t, func() bool {
		var err error
		found, _, err = audit.NewLog(h.js).List(h.t.Context(), audit.Filter{}, 0)
		require.NoError(h.t, err)
		return len(found) >= want
	}, patience, 20*time.Millisecond)
	require.True(h.t, enough, "of %d: %+v", want, found)
	return found
}

// requireLines requires exactly these entries, in any order: streams are copied side by side.
func (h *house) requireLines(want ...string) []audit.Entry {
	h.t.Helper()
	found := h.entries(len(want))
	lines := make([]string, len(found))
	for i, e := range found {
		lines[i] = line(e)
	}
	require.ElementsMatch(h.t, want, lines)
	return found
}

func entryOf(t *testing.T, found []audit.Entry, action audit.Action, what string) audit.Entry {
	t.Helper()
	for _, e := range found {
		if e.Action == action && e.What == what {
			return e
		}
	}
	require.Fail(t, "no such entry", "%s %s", action, what)
	return audit.Entry{}
}

func decision(kind release.CommandKind, by string, change func(*release.Decision)) release.Decision {
	d := release.Decision{Kind: kind, By: by, At: noon(), Via: release.ViaEvent, ID: string(kind) + by}
	if change != nil {
		change(&d)
	}
	return d
}

// TestAudit_EveryWordOfARelease: a decision stands in each event after it, and is one entry.
func TestAudit_EveryWordOfARelease(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := release.Progress{
		ReleaseID: "r-1", Transition: 1, App: shop(), ByName: &release.ByName{Application: "shop", Environment: "production", Revision: 3},
		Artifact: release.Artifact{Image: "shop:2"}, Phase: release.PhaseQueued, RequestedBy: "ci", Admission: release.Admission{Verified: true, SignedBy: "ci-key", Binding: "pipelines"}, Note: "a fix",
	}
	h.tellRelease(p, release.EventAccepted)
	for _, each := range []struct {
		kind release.EventKind
		said release.Decision
	}{
		{release.EventDecided, decision(release.CommandApprove, "ci", func(d *release.Decision) { d.Refused = "ci has asked for it" })},
		{release.EventApprovalGranted, decision(release.CommandApprove, "ann", func(d *release.Decision) { d.Verified, d.Note = true, "seen" })},
		{release.EventDecided, decision(release.CommandOverride, "li", func(d *release.Decision) { d.Note = "incident 7" })},
		{release.EventBatchConfirmed, decision(release.CommandConfirm, "ann", func(d *release.Decision) { d.Batch, d.Via = 1, release.ViaUpdate })},
		{release.EventPaused, decision(release.CommandPause, "li", nil)},
		{release.EventResumed, decision(release.CommandResume, "li", nil)},
		{release.EventRollingBack, decision(release.CommandAbort, "li", func(d *release.Decision) { d.AtSafePoint, d.Note = true, "errors" })},
	} {
		p.Transition++
		p.Decisions = append(p.Decisions, each.said)
		h.tellRelease(p, each.kind)
	}
	p.Transition++
	p.Phase, p.Outcome, p.Reason = release.PhaseRolledBack, release.PhaseRolledBack, "aborted by li: errors"
	h.tellRelease(p, release.EventRolledBack)
	h.tellRelease(p, release.EventStalled) // tells of nobody's word
	// An event that is told again with another ID of its message, as after the time in which NATS remembers.
	again := release.Event{ID: release.EventID(p.ReleaseID, p.Transition, release.EventRolledBack), Kind: release.EventRolledBack, At: noon(), Progress: p}
	msg, err := wire.EncodeEvent(again, again.At)
	require.NoError(t, err)
	msg.Header.Set(jetstream.MsgIDHeader, "another")
	_, err = h.js.PublishMsg(t.Context(), msg)
	require.NoError(t, err)
	found := h.requireLines(
		"request ci!ci-key release shop:2 | a fix",
		"approve ci  | ci has asked for it",
		"approve ann!  | seen",
		"override li  | incident 7",
		"confirm ann batch 1",
		"pause li ",
		"resume li ",
		"abort li at a safe point | errors",
		"end slipway RolledBack | aborted by li: errors",
	)
	request := entryOf(t, found, audit.ActionRequest, "release shop:2")
	require.Equal(t, "shop/production", request.Name)
	require.Equal(t, "sae/cn-hangzhou/shop-1", request.App)
	require.Equal(t, "r-1", request.ID)
	require.Equal(t, "pipelines", request.Binding)
	require.Equal(t, release.ViaUpdate, entryOf(t, found, audit.ActionConfirm, "batch 1").Via)
}

// TestAudit_WhatALaneRefusesIsARequestToo: such a release has one event alone.
func TestAudit_WhatALaneRefusesIsARequestToo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.tellRelease(release.Progress{
		ReleaseID: "r-1", Transition: 1, App: shop(), Operation: release.OperationRollback, Phase: release.PhaseFailed, Outcome: release.PhaseFailed,
		RequestedBy: "li", Reason: "refused: the lane is full",
	}, release.EventFailed)
	h.requireLines("rollback li rollback", "end slipway Failed | refused: the lane is full")
}

func TestAudit_SetsAndLanes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := release.SetProgress{SetID: "set-1", Name: "checkout", Transition: 1, Phase: release.PhaseRollingOut, RequestedBy: "ann"}
	tell := func(kind release.EventKind) {
		h.tell(release.Event{ID: release.EventID(p.SetID, p.Transition, kind), Kind: kind, At: noon(), Set: &p})
		p.Transition++
	}
	tell(release.EventStarted)
	p.Decisions = append(p.Decisions, decision(release.CommandConfirm, "li", func(d *release.Decision) { d.Batch = 2 }))
	tell(release.EventDecided)
	tell(release.EventWaveDone)
	p.Phase, p.Outcome = release.PhaseSucceeded, release.PhaseSucceeded
	tell(release.EventSucceeded)

	held := &release.Hold{By: "li", Reason: "incident 7", Since: noon()}
	for i, each := range []release.Event{
		{Kind: release.EventHeld, Lane: &release.LaneChange{By: "li", Reason: "incident 7", After: held}},
		{Kind: release.EventResumed, Lane: &release.LaneChange{By: "ann", Before: held}},
		{Kind: release.EventDropped, Lane: &release.LaneChange{By: "li", ReleaseID: "r-9"}},
		{Kind: release.EventAllowed, Lane: &release.LaneChange{By: "li", Artifact: "https://shop.example/a.zip?Signature=canary-1"}},
	} {
		each.ID, each.At, each.Lane.App, each.Lane.Via = fmt.Sprint("lane.", i), noon(), shop(), release.ViaUpdate
		h.tell(each)
	}
	for i, each := range []release.EventKind{release.EventReplayed, release.EventDropped} {
		letter := &release.LetterChange{Sequence: 17, By: "li", Subject: "slipway.request.app.shop.production", About: "shop/production", Reason: "tidied up"}
		h.tell(release.Event{ID: fmt.Sprint("letter.", i), Kind: each, At: noon(), Letter: letter})
	}
	h.tell(release.Event{ID: "r-10.held", Kind: release.EventHeld, At: noon(), Promotion: &release.HeldPromotion{
		Application: "shop", From: "staging", To: "production", App: shop(), ReleaseID: "r-10", Artifact: "shop:2", Reason: "release r-11 has rolled it back",
	}})
	found := h.requireLines(
		"request ann set checkout", "confirm li wave 2", "end slipway Succeeded",
		"hold li the lane | incident 7", "unhold ann the lane", "drop li release r-9 from the lane", "allow li https://shop.example/a.zip?Signature=***",
		"replay li dead letter 17 | tidied up", "drop li dead letter 17 | tidied up",
		"hold slipway the promotion of shop:2 from staging | release r-11 has rolled it back",
	)
	require.Equal(t, "shop/production", entryOf(t, found, audit.ActionHold, "the promotion of shop:2 from staging").Name)
	require.Equal(t, "set/checkout", entryOf(t, found, audit.ActionConfirm, "wave 2").App)
	hold := entryOf(t, found, audit.ActionHold, "the lane")
	require.Empty(t, hold.Before)
	require.Contains(t, string(hold.After), `"by":"li"`)
	require.JSONEq(t, string(hold.After), string(entryOf(t, found, audit.ActionUnhold, "the lane").Before))
}

func application(reason string, environments ...string) (apps.Application, apps.Edit) {
	a := apps.Application{Name: "shop"}
	for _, name := range environments {
		a.Environments = append(a.Environments, apps.Environment{Name: name, App: apps.At(release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: name})})
	}
	return a, apps.Edit{Change: documents.Change{By: "li", Reason: reason, At: noon()}, Expected: documents.Any}
}

// TestAudit_Pushes: who told of which push, and what came of it by each rule.
func TestAudit_Pushes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	at := noon().Add(-time.Minute)
	tell := func(p release.Push) {
		p.StoredAt, p.Image, p.Sender, p.Source, p.EventID = at, "registry.example/shop", "harbor", "/harbor", "7f3e"
		h.tell(release.Event{ID: fmt.Sprint("push.", p.Sequence), Kind: p.Kind(), At: noon(), Push: &p})
	}
	tell(release.Push{Sequence: 1, Tag: "1.4.2", By: "ann", Identity: "slipway-console", Rules: []release.PushRule{
		{Application: "shop", Rule: "versions", Environment: "staging", ReleaseID: "r-1"},
		{Application: "shop", Rule: "nightly", Environment: "nightly", Reason: "the rule is paused"},
		{Application: "stock", Reason: "its document cannot be read: it is newer"},
	}})
	tell(release.Push{Sequence: 2, Tag: "1.4.3", By: release.Slipway})
	tell(release.Push{Sequence: 3, Tag: "1.4.4", More: 3, Rules: []release.PushRule{{Application: "shop", Rule: "versions", Environment: "staging", ReleaseID: "r-2"}}})
	found := h.requireLines(
		"push slipway-console! registry.example/shop:1.4.2, rule versions, pushed by ann (harbor)",
		"push slipway-console! registry.example/shop:1.4.2, rule nightly, pushed by ann (harbor) | the rule is paused",
		"push slipway-console! registry.example/shop:1.4.2, pushed by ann (harbor) | its document cannot be read: it is newer",
		"push  registry.example/shop:1.4.3, pushed by slipway (harbor) | no rule is about this image",
		"push  registry.example/shop:1.4.4, rule versions (harbor)",
		"push  registry.example/shop:1.4.4 (harbor) | 3 more rules are not told of",
	)
	fired := entryOf(t, found, audit.ActionPush, "registry.example/shop:1.4.2, rule versions, pushed by ann (harbor)")
	require.Equal(t, "shop/staging", fired.Name)
	require.Equal(t, "r-1", fired.ID)
	require.Equal(t, "/harbor", fired.Source)
	require.Equal(t, at, fired.Time, "when it was told of")
	require.Equal(t, "stock", entryOf(t, found, audit.ActionPush, "registry.example/shop:1.4.2, pushed by ann (harbor)").Name)
}

// TestAudit_DocumentsBeforeAndAfter: each revision is an entry, with the one before it.
func TestAudit_DocumentsBeforeAndAfter(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	store := apps.NewStore(h.js)
	for _, environments := range [][]string{{"staging"}, {"staging", "production"}} {
		a, e := application("v"+fmt.Sprint(len(environments)), environments...)
		_, err := store.Apply(ctx, a, e)
		require.NoError(t, err)
	}
	_, e := application("closed")
	require.NoError(t, store.Delete(ctx, "shop", e))

	calendars := wire.NewCalendars(h.js)
	stop := release.Stop{Name: "night", Reason: "we sleep", By: "ann", At: noon()}
	require.NoError(t, calendars.Edit(ctx, wire.CalendarChange{Action: "stop", Name: "night", By: "ann", Reason: "we sleep", At: noon()}, func(c release.Calendar) (release.Calendar, error) {
		c.Stops = append(c.Stops, stop)
		return c, nil
	}))
	require.NoError(t, calendars.Edit(ctx, wire.CalendarChange{Action: "lift", Name: "night", By: "li", At: noon()}, func(c release.Calendar) (release.Calendar, error) {
		c.Stops = nil
		return c, nil
	}))

	who := authority.Document{Bindings: []authority.Binding{{Name: "all", Identities: []string{"*"}, Roles: authority.Roles(), Scopes: []string{"*"}}}}
	_, err := authority.NewStore(h.js).Apply(ctx, who, documents.Edit[authority.Document]{Change: documents.Change{By: "ann", Reason: "first", At: noon()}, Expected: documents.Any})
	require.NoError(t, err)

	// Somebody writes past Slipway, and takes the key away.
	bucket, err := h.js.KeyValue(ctx, apps.Bucket)
	require.NoError(t, err)
	_, err = bucket.Put(ctx, "raw", []byte(`{"spec":{"name":"raw","password":"canary-2"}}`))
	require.NoError(t, err)
	_, err = bucket.Put(ctx, "broken", []byte(`[`))
	require.NoError(t, err)
	h.entries(8) // what is purged before it was copied is gone
	require.NoError(t, bucket.Delete(ctx, "raw"))
	require.NoError(t, bucket.Purge(ctx, "broken"))

	found := h.requireLines(
		"apply li application shop | v1", "apply li application shop | v2", "delete li application shop | closed",
		"freeze ann stop night | we sleep", "freeze li lift night", "apply ann authority document | first",
		"apply  application raw", "apply  application broken", "delete  application raw", "delete  application broken",
	)
	log := audit.NewLog(h.js)
	before := map[string]string{}
	for _, e := range found {
		with, err := log.Before(ctx, e)
		require.NoError(t, err)
		require.False(t, with.BeforeUnknown)
		require.NotContains(t, string(with.Before)+string(with.After), "canary")
		before[line(e)] = string(with.Before)
		if e.Name == "broken" && e.Action == audit.ActionApply {
			require.NotEmpty(t, e.Unreadable)
		}
	}
	require.Empty(t, before["apply li application shop | v1"])
	require.Contains(t, before["apply li application shop | v2"], `"staging"`)
	require.NotContains(t, before["apply li application shop | v2"], `"production"`)
	require.Contains(t, before["delete li application shop | closed"], `"production"`)
	require.Empty(t, before["freeze ann stop night | we sleep"])
	require.Contains(t, before["freeze li lift night"], `"night"`)
	require.Contains(t, before["delete  application raw"], `"raw"`)
}

func TestAudit_WhatIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	event := func(kind, data string) string {
		return `{"specversion":"1.0","id":"1","source":"ci","type":"` + kind + `","datacontenttype":"application/json","data":` + data + `}`
	}
	h.bury(wire.RequestSubject(shop()), event("dev.slipway.release.requested.v1", `{"requestedBy":"eve","app":{"platform":"sae","region":"cn-hangzhou","id":"shop-1"}}`), "eve may not", 1)
	h.bury("slipway.by.ann.command.sae.cn-hangzhou.shop-1.r-1", event("dev.slipway.command.confirm.v1", `{"by":"li"}`), "ann may not", 2)
	h.bury(wire.CommandSubject("r-2"), "no event at all", "cannot be read", 3)
	h.bury(wire.NamedRequestSubject("shop", "production"), event("dev.slipway.release.requested.v1", `{"requestedBy":"eve"}`), "no such application", 4)
	found := h.requireLines(
		"refuse eve request dev.slipway.release.requested.v1 | eve may not",
		"refuse ann! command dev.slipway.command.confirm.v1 | ann may not",
		"refuse  command | cannot be read",
		"refuse eve request dev.slipway.release.requested.v1 | no such application",
	)
	about := map[string]bool{}
	for _, e := range found {
		about[e.App+" "+e.Name+" "+e.ID] = true
	}
	require.Equal(t, map[string]bool{"sae/cn-hangzhou/shop-1  ": true, "  r-1": true, "  r-2": true, " shop/production ": true}, about)
}

// TestAudit_OutlivesWhatItCopies: streams that are deleted and created anew, and a server that restarts.
func TestAudit_OutlivesWhatItCopies(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	apply := func(reason string) {
		a, e := application(reason, reason)
		_, err := apps.NewStore(h.js).Apply(ctx, a, e)
		require.NoError(t, err)
	}
	apply("one")
	h.requireLines("apply li application shop | one")

	require.NoError(t, h.js.DeleteStream(ctx, bucketdoc.StreamName(apps.Bucket)))
	h.setUp()
	apply("two")
	h.requireLines("apply li application shop | one", "apply li application shop | two")

	require.NoError(t, h.nats.Close())
	h.start()
	require.Eventually(t, func() bool { return h.js.Conn().IsConnected() }, patience, 10*time.Millisecond)
	apply("three")
	found := h.requireLines("apply li application shop | one", "apply li application shop | two", "apply li application shop | three")
	for i, want := range []string{"", "", "two"} { // the one before the first of the new bucket is nobody's
		with, err := audit.NewLog(h.js).Before(ctx, found[i])
		require.NoError(t, err)
		require.Equal(t, want != "", len(with.Before) > 0, "%s: %s", line(found[i]), with.Before)
		require.Contains(t, string(with.Before), want)
	}
}

// TestAudit_NobodyWritesOrDeletes: not even who may do everything on NATS, short of changing the stream.
func TestAudit_NobodyWritesOrDeletes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, e := application("one", "staging")
	_, err := apps.NewStore(h.js).Apply(t.Context(), a, e)
	require.NoError(t, err)
	found := h.requireLines("apply li application shop | one")
	stream, err := h.js.Stream(t.Context(), audit.Stream)
	require.NoError(t, err)
	require.Empty(t, stream.CachedInfo().Config.Subjects)
	require.Error(t, stream.DeleteMsg(t.Context(), found[0].Sequence))
	require.Error(t, stream.Purge(t.Context()))
	_, err = h.js.Publish(t.Context(), audit.Stream, []byte("{}"))
	require.ErrorIs(t, err, jetstream.ErrNoStreamResponse)
}

func TestAudit_SetupKeepsWhatAnOperatorHasSet(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	stream, err := h.js.Stream(ctx, audit.Stream)
	require.NoError(t, err)
	first := stream.CachedInfo().Config
	require.Equal(t, audit.DefaultMaxAge, first.MaxAge)

	tuned := first
	tuned.MaxBytes, tuned.MaxAge, tuned.Sources = 5<<20, 48*time.Hour, first.Sources[:1]
	_, err = h.js.UpdateStream(ctx, tuned)
	require.NoError(t, err)
	require.NoError(t, audit.Ensure(ctx, h.js, audit.Config{}))
	stream, err = h.js.Stream(ctx, audit.Stream)
	require.NoError(t, err)
	have := stream.CachedInfo().Config
	require.Len(t, have.Sources, len(first.Sources), "what is copied must hold")
	require.EqualValues(t, 5<<20, have.MaxBytes)
	require.Equal(t, 48*time.Hour, have.MaxAge)

	done, err := setup.NATS(ctx, h.js, setup.Config{AuditAge: -1, Storage: wire.Storage{MaxBytes: 6 << 20}})
	require.NoError(t, err)
	require.Equal(t, setup.Updated, done[len(done)-1].Action)
	stream, err = h.js.Stream(ctx, audit.Stream)
	require.NoError(t, err)
	require.Zero(t, stream.CachedInfo().Config.MaxAge, "for ever")
	require.EqualValues(t, 6<<20, stream.CachedInfo().Config.MaxBytes)
	done, err = setup.NATS(ctx, h.js, setup.Config{})
	require.NoError(t, err)
	require.Equal(t, setup.Unchanged, done[len(done)-1].Action)
}

func TestLog_ChoosesAndBounds(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	const many = 450 // more than a batch
	now := noon()
	for i := range many {
		p := release.Progress{ReleaseID: fmt.Sprintf("r-%d", i), Transition: 1, App: shop(), Artifact: release.Artifact{Image: "shop:2"}, RequestedBy: fmt.Sprintf("by-%d", i%3)}
		h.tell(release.Event{ID: p.ReleaseID, Kind: release.EventAccepted, At: now.Add(time.Duration(i-many) * time.Minute), Progress: p})
	}
	h.entries(many)
	log := audit.NewLog(h.js)
	for name, c := range map[string]struct {
		filter audit.Filter
		limit  int
		want   int
		more   bool
		last   string
	}{
		"all":         {audit.Filter{}, 0, many, false, "r-449"},
		"newest":      {audit.Filter{}, 3, 3, true, "r-449"},
		"as many":     {audit.Filter{}, many, many, false, "r-449"},
		"by one":      {audit.Filter{By: "by-1"}, 0, 150, false, "r-448"},
		"since":       {audit.Filter{Since: now.Add(-10*time.Minute - 30*time.Second)}, 0, 10, false, "r-449"},
		"until":       {audit.Filter{Until: now.Add(-400 * time.Minute)}, 0, 50, false, "r-49"},
		"release":     {audit.Filter{On: []string{"r-7", "shop"}}, 0, 1, false, "r-7"},
		"application": {audit.Filter{On: []string{"sae/cn-hangzhou/shop-1"}}, 0, many, false, "r-449"},
		"action":      {audit.Filter{Actions: []audit.Action{audit.ActionAbort, audit.ActionFreeze}}, 0, 0, false, ""},
	} {
		found, more, err := log.List(ctx, c.filter, c.limit)
		require.NoError(t, err)
		require.Len(t, found, c.want, name)
		require.Equal(t, c.more, more, name)
		if c.want > 0 {
			require.Equal(t, c.last, found[len(found)-1].ID, name)
		}
	}
}

func TestLog_Follows(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	enough := fmt.Errorf("enough")
	a, e := application("one", "staging")
	_, err := apps.NewStore(h.js).Apply(t.Context(), a, e)
	require.NoError(t, err)
	var seen []string
	err = audit.NewLog(h.js).Follow(t.Context(), audit.Filter{Since: noon().Add(-time.Hour)}, time.Millisecond, func(found audit.Entry) error {
		seen = append(seen, line(found))
		if len(seen) == 2 {
			return enough
		}
		a, e := application("two", "staging", "production")
		_, err := apps.NewStore(h.js).Apply(t.Context(), a, e)
		return err
	})
	require.ErrorIs(t, err, enough)
	require.Equal(t, []string{"apply li application shop | one", "apply li application shop | two"}, seen)
}

func TestLog_SaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	require.NoError(t, h.js.DeleteStream(t.Context(), audit.Stream))
	_, _, err := audit.NewLog(h.js).List(t.Context(), audit.Filter{}, 0)
	require.ErrorContains(t, err, "create it with: slipway setup")
	require.ErrorContains(t, audit.NewLog(h.js).Follow(t.Context(), audit.Filter{}, time.Second, nil), "create it with: slipway setup")
	_, err = audit.NewLog(h.js).Lags(t.Context())
	require.ErrorContains(t, err, "create it with: slipway setup")
}

// TestEntry_IsOneObjectOfJSON: whoever reads it by machine has no more than what is known.
func TestEntry_IsOneObjectOfJSON(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(audit.Entry{Sequence: 1, Time: time.Date(2026, time.July, 1, 9, 0, 0, 0, time.UTC), Action: audit.ActionHold, By: "li"})
	require.NoError(t, err)
	require.JSONEq(t, `{"sequence":1,"time":"2026-07-01T09:00:00Z","action":"hold","by":"li"}`, string(raw))
}
