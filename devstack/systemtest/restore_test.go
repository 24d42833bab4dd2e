package systemtest_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"slipway/devstack/embedded"
	"slipway/devstack/stack"
	"slipway/devstack/streambackup"
	"slipway/ledger"
	"slipway/release"
	"slipway/saeclient"
)

// differs is what `slipway doctor -o json` prints of a release or an application.
type differs struct{ Check, Result, Found, Remedy string }

// doctor runs `slipway doctor` with arguments, which must end with the code, and returns what it has found of
// releases and applications, by their names.
func (h *house) doctor(code int, arguments ...string) map[string]differs {
	h.t.Helper()
	cli := &commandLine{house: h, binary: slipwayBinary(h.t)}
	var all []differs
	require.NoError(h.t, json.Unmarshal([]byte(cli.out(code, append([]string{"doctor", "-o", "json"}, arguments...)...)), &all))
	found := map[string]differs{}
	for _, d := range all {
		if strings.HasPrefix(d.Check, "release") || strings.HasPrefix(d.Check, "application") {
			found[d.Check] = d
		}
	}
	return found
}

// requireNothingDiffers checks that a further repair finds nothing.
func (h *house) requireNothingDiffers() {
	h.t.Helper()
	found := h.doctor(0, "--repair")
	require.Len(h.t, found, 1, "%v", found)
	require.Equal(h.t, "ok", found["releases"].Result)
}

// record is what the ledger has of a release.
func (h *house) record(app release.App, id string) ledger.Record {
	h.t.Helper()
	r, err := ledger.New(h.JetStream).GetOf(h.ctx, app, id)
	require.NoError(h.t, err)
	return r
}

// park begins a gray release of an application and waits until it waits for its first confirmation.
func (h *house) park(app release.App, event string) string {
	h.t.Helper()
	return h.parkAs(app, event, gray())
}

// parkAs does so with a strategy.
func (h *house) parkAs(app release.App, event string, st release.Strategy) string {
	h.t.Helper()
	id, events := h.request(app, h.t.Name()+event, st)
	h.until(events, release.EventBatchWaiting, 1)
	return id
}

// abortByHand ends the latest change of an application, which nobody follows, as a person does it on the platform.
func (h *house) abortByHand(app release.App) {
	h.t.Helper()
	orders := h.Sim().Orders(app.ID)
	_, err := h.sae.AbortAndRollbackChangeOrder(h.ctx, &saeclient.AbortAndRollbackChangeOrderInput{ChangeOrderID: orders[len(orders)-1].ID})
	require.NoError(h.t, err)
}

// nobody leaves all roles away: that is how what was restored is looked at first.
func nobody(c stack.Config) stack.Config {
	c.WithoutWorker, c.WithoutStarter, c.WithoutConsole = true, true, true
	return c
}

// restoreStreams makes the data directory of a NATS server that has a backup and nothing else.
func restoreStreams(t *testing.T, dir string, b streambackup.Backup) {
	t.Helper()
	require.NoError(t, os.RemoveAll(dir))
	server, err := embedded.StartNATS(t.Context(), embedded.NATSConfig{DataDir: dir})
	require.NoError(t, err)
	conn, err := nats.Connect(server.URL())
	require.NoError(t, err)
	require.NoError(t, b.Restore(t.Context(), conn))
	conn.Close()
	require.NoError(t, server.Close())
}

// TestRestore_BothToAnEarlierMoment is the drill of docs/backup.md: PostgreSQL and JetStream are saved while
// releases are parked, and restored after one has gone on, and another one has begun that neither of both knows
// any more.
func TestRestore_BothToAnEarlierMoment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := database(t, "")
	before := bring(t, stack.Config{DataDir: dir, PostgreSQL: temporalOn(db)})
	t.Cleanup(func() { require.NoError(t, before.Close()) }) // before the database, also where the test has failed
	h := enter(t, before)
	still, moved := h.app(), h.app()
	parked, gone := h.park(still, "-parked"), h.park(moved, "-gone")

	saved := filepath.Join(filepath.Dir(db.Dir()), "backup")
	require.NoError(t, db.Backup(h.ctx, saved))
	streams, err := streambackup.Save(h.ctx, h.JetStream)
	require.NoError(t, err)

	h.confirmAll(gone)
	require.Equal(t, release.PhaseSucceeded, h.result(gone).Outcome)
	since := h.park(moved, "-since")
	end(t, before)

	restoreStreams(t, filepath.Join(dir, "nats"), streams)
	again := stack.Config{DataDir: dir, PostgreSQL: temporalOn(database(t, saved))}
	quiet := bring(t, nobody(again))
	t.Cleanup(func() { require.NoError(t, quiet.Close()) })
	h = enter(t, quiet)
	found := h.doctor(0, "--repair")
	require.Equal(t, "ok", found["releases"].Result, "both are of one moment: %v", found)
	require.False(t, h.started(since), "it is known nowhere")
	end(t, quiet)

	h = start(t, again)
	h.confirmAll(parked)
	require.Equal(t, release.PhaseSucceeded, h.result(parked).Outcome, "it goes on as if nothing had been")
	require.Equal(t, []string{saeclient.CoTypeDeploy}, h.orders(still))
	left := h.doctor(6, "--repair")["application "+moved.SearchValue()]
	require.Equal(t, "warning", left.Result)
	require.Contains(t, left.Found, "begun by release "+since)
	require.Contains(t, left.Remedy, "confirm or abort it on the platform")

	// A person ends it. The release that was parked when the backup was made then finds what it has brought, and puts the rules back.
	h.abortByHand(moved)
	p := h.result(gone)
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	h.requireRulesAsBefore(moved)
	h.requireRulesAsBefore(still)
	h.requireNothingDiffers()
}

// restored is what one of both servers knows and the other does not.
type restored struct {
	// again is the stack, with all roles.
	again stack.Config
	// ended was parked at the moment that was restored, and has ended since; begun has begun since.
	ended, begun     string
	ofEnded, ofBegun release.App
	// event is that of the request for begun.
	event string
}

// TestRestore_OneOfBoth restores Temporal or NATS alone to an earlier moment, on SQLite, whose file is copied.
func TestRestore_OneOfBoth(t *testing.T) {
	t.Parallel()
	dir, saved := t.TempDir(), t.TempDir()
	first := bring(t, stack.Config{DataDir: dir})
	h := enter(t, first)
	r := restored{ofEnded: h.app(), ofBegun: h.app(), event: t.Name() + "-begun"}
	r.ended = h.park(r.ofEnded, "-ended")
	end(t, first)
	require.NoError(t, os.CopyFS(saved, os.DirFS(dir)))

	second := bring(t, stack.Config{DataDir: dir})
	h = enter(t, second)
	h.confirmAll(r.ended)
	require.Equal(t, release.PhaseSucceeded, h.result(r.ended).Outcome)
	r.begun = h.park(r.ofBegun, "-begun")
	end(t, second)

	for older, then := range map[string]func(*house, restored){"temporal": restoredTemporal, "nats": restoredNATS} {
		t.Run(older, func(t *testing.T) {
			t.Parallel()
			r := r
			// A server keeps its database open within a process: under another name it reads what was restored.
			r.again.DataDir = t.TempDir()
			for _, part := range []string{"temporal", "nats", "sae", "fc", "servicestage"} {
				from := dir
				if part == older {
					from = saved
				}
				require.NoError(t, os.CopyFS(filepath.Join(r.again.DataDir, part), os.DirFS(filepath.Join(from, part))))
			}
			then(enter(t, bring(t, nobody(r.again))), r)
		})
	}
}

// restoredTemporal: Temporal has a release under way that has ended, and does not know one that has begun.
func restoredTemporal(h *house, r restored) {
	t := h.t
	ended, begun := "release "+r.ended, "release "+r.begun
	require.Eventually(t, func() bool { // what has ended just now is no difference yet
		found := h.doctor(1)
		return found[begun].Result == "failed" && found[ended].Result == "failed"
	}, patience, time.Second)
	cli := &commandLine{house: h, binary: slipwayBinary(t)}
	require.Contains(t, cli.errOut(2, "doctor", "--repair"), "2 differences would be healed; say so with --yes")
	found := h.doctor(0, "--repair", "--yes")
	require.Equal(t, "healed", found[ended].Result, "%v", found)
	require.Contains(t, found[ended].Found, "the ledger has its outcome, Succeeded")
	require.Equal(t, "healed", found[begun].Result, "%v", found)
	require.Contains(t, found[begun].Found, "the ledger has it as AwaitingConfirm, and Temporal does not know it")
	require.Len(t, h.doctor(0, "--repair"), 3, "nothing differs, and two applications cannot be looked at without a worker")
	end(t, h.Stack)

	h = start(t, r.again)
	h.abortByHand(r.ofBegun)
	var result release.WatchdogResult
	require.NoError(t, h.Client.GetWorkflow(h.ctx, release.WatchdogID(r.begun), "").Get(h.ctx, &result))
	require.Empty(t, result.Left)
	require.NotEmpty(t, result.Lost)
	h.requireRulesAsBefore(r.ofBegun)
	recorded := h.record(r.ofBegun, r.begun)
	require.Equal(t, release.PhaseNeedsAttention, recorded.Outcome)
	require.Empty(t, recorded.Held.ScalingRules)
	require.Equal(t, release.PhaseSucceeded, h.record(r.ofEnded, r.ended).Outcome)
	require.Equal(t, []string{saeclient.CoTypeDeploy}, h.orders(r.ofEnded))
}

// restoredNATS: the ledger has a release under way that has ended, and does not know one that has begun.
func restoredNATS(h *house, r restored) {
	t := h.t
	ended, begun := "release "+r.ended, "release "+r.begun
	found := h.doctor(1)
	require.Contains(t, found[ended].Found, "Temporal has its outcome, and the ledger has it as AwaitingConfirm")
	require.Contains(t, found[begun].Found, "Temporal has it, and the ledger does not")
	found = h.doctor(1, "--repair", "--yes")
	require.Equal(t, "healed", found[ended].Result, "%v", found)
	require.Equal(t, release.PhaseSucceeded, h.record(r.ofEnded, r.ended).Outcome)
	require.Contains(t, found[begun].Found, "not healed: ", "only a worker knows how far it has come")
	end(t, h.Stack)

	h = start(t, r.again)
	require.Equal(t, "healed", h.doctor(0, "--repair", "--yes")[begun].Result)
	h.requireNothingDiffers()
	require.Equal(t, release.PhaseAwaitingConfirm, h.record(r.ofBegun, r.begun).Progress.Phase)
	id, _ := h.request(r.ofBegun, r.event, gray())
	require.Equal(t, r.begun, id, "its event comes again")
	h.confirmAll(r.begun)
	require.Equal(t, release.PhaseSucceeded, h.result(r.begun).Outcome)
	require.Equal(t, []string{saeclient.CoTypeDeploy}, h.orders(r.ofBegun))
	h.requireRulesAsBefore(r.ofBegun)
}
