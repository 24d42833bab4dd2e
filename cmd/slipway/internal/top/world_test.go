package top

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/stretchr/testify/require"

	"slipway/internal/termtest"
	"slipway/release"
	"slipway/releases"
)

// night is when somebody looks: 02:14:05 in Shanghai.
func night() time.Time { return time.Date(2026, 11, 22, 18, 14, 5, 0, time.UTC) }

func before(d time.Duration) time.Time { return night().Add(-d) }

func zone(t *testing.T) *time.Location {
	t.Helper()
	z, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)
	return z
}

// The releases of the night, by what they show.
const (
	idGray     = "r-graygraygraygra2"
	idStalled  = "r-stalledstalleds2"
	idLost     = "r-attentionattent2"
	idBatch    = "r-batchbatchbatch2"
	idQueued   = "r-queuedqueuedque2"
	idFrozen   = "r-frozenfrozenfro2"
	idApproval = "r-approvalapprova2"
)

func progress(id, app string, phase release.Phase, states ...release.BatchState) release.Progress {
	p := release.Progress{
		ReleaseID: id, App: release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: app}, Operation: release.OperationRelease,
		Artifact: release.Artifact{Image: "registry.example/" + app + ":1.4.2"}, Phase: phase, RequestedBy: "ci",
		Strategy: release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: len(states) - 1, Confirm: release.ConfirmManual},
		ChangeID: "co-1", StartedAt: before(40 * time.Minute),
		RollbackTo: &release.Version{ID: "v-7", Artifact: release.Artifact{Image: "registry.example/" + app + ":1.4.1"}},
	}
	for i, s := range states {
		b := release.Batch{Number: i + 1, Instances: min(i+1, 2), State: s}
		if s != release.BatchPending {
			b.StartedAt = before(38 * time.Minute)
		}
		if s == release.BatchDone || s == release.BatchConfirmed {
			b.EndedAt = before(30 * time.Minute)
		}
		p.Batches = append(p.Batches, b)
	}
	return p
}

// releasesOfTheNight are seven releases, each in a state of its own.
func releasesOfTheNight() []release.Progress {
	gray := progress(idGray, "shop", release.PhaseAwaitingConfirm, release.BatchDone, release.BatchPending, release.BatchPending)
	gray.Awaiting = &release.Awaiting{Kind: release.AwaitConfirm, Batch: 1, Since: before(23 * time.Minute), Until: night().Add(24 * time.Hour)}
	gray.Note = "orders: fix rounding"
	gray.Strategy.Gates = []release.Gate{{Name: "errors"}}
	gray.Gates = []release.GateResult{{Name: "errors", Batch: 1, Verdict: release.VerdictPass, Reason: "2 of 2 samples passed", Samples: []release.Sample{
		{At: before(26 * time.Minute), Verdict: release.VerdictPass, Value: "0.002"}, {At: before(25 * time.Minute), Verdict: release.VerdictPass, Value: "0.003"},
	}}}
	gray.ScalingRules = []release.HeldRule{{Name: "office-hours", Suspended: true}}

	stalled := progress(idStalled, "payments", release.PhaseRollingOut, release.BatchConfirmed, release.BatchRunning, release.BatchPending)
	stalled.Stalled = &release.Stall{
		Doing: release.ActivityName(release.PlatformSAE, release.VerbObserve), Fault: release.FaultUnavailable,
		Failure: "Post https://sae.cn-hangzhou.aliyuncs.com: dial tcp 100.100.0.1:443: connect: connection refused",
		Since:   before(4 * time.Minute), At: before(time.Minute), Until: night().Add(26 * time.Minute),
	}

	lost := progress(idLost, "search", release.PhaseNeedsAttention, release.BatchDone, release.BatchAborted)
	lost.Outcome, lost.EndedAt = release.PhaseNeedsAttention, before(12*time.Minute)
	lost.Reason = "scaling rules left off: office-hours; the application has been deleted on the platform while batch 2 was in progress, look at it there"

	batch := progress(idBatch, "mail", release.PhaseRollingOut, release.BatchConfirmed, release.BatchRunning, release.BatchPending, release.BatchPending)
	batch.StartedAt = before(6 * time.Minute)

	queued := release.Progress{
		ReleaseID: idQueued, App: gray.App, Operation: release.OperationRestart, Phase: release.PhaseQueued, RequestedBy: "mei",
		Awaiting: &release.Awaiting{Kind: release.AwaitQueue, Since: before(3 * time.Minute)}, StartedAt: before(3 * time.Minute),
		Reason: "waits for " + idGray,
	}

	frozen := progress(idFrozen, "billing", release.PhasePreparing)
	frozen.ChangeID = ""
	frozen.Awaiting = &release.Awaiting{Kind: release.AwaitFreeze, Since: before(2 * time.Hour), Until: night().Add(4 * time.Hour)}
	frozen.Reason = "frozen by sale-weekend: no changes while the sale runs"

	approval := progress(idApproval, "7171a6ca-d1cd-4928-8642-7d5cfe69cafe", release.PhaseAwaitingPlatformApproval, release.BatchPending)
	approval.Awaiting = &release.Awaiting{Kind: release.AwaitPlatformApproval, Since: before(50 * time.Minute)}
	return []release.Progress{queued, batch, frozen, gray, approval, stalled, lost}
}

// functionsOfTheNight are releases on Function Compute: one that waits with a part of the traffic, one whose
// alias somebody else has moved, one at once, and a rescale.
func functionsOfTheNight() []release.Progress {
	function := func(id, app string, phase release.Phase, weights ...int) release.Progress {
		p := progress(id, app, phase)
		p.App = release.App{Platform: release.PlatformFC, Region: "cn-hangzhou", ID: app, Qualifier: "live"}
		p.ChangeID, p.Version, p.Artifact.Part = "3", "3", "web"
		p.RollbackTo.ID, p.RollbackTo.Artifact.Part = "2", "web"
		p.Strategy = release.Strategy{Type: release.StrategyGray, Weights: weights, Confirm: release.ConfirmManual}
		if len(weights) == 0 {
			p.Strategy = release.Strategy{Type: release.StrategyAll}
		}
		for i, weight := range append(weights, 100) {
			p.Batches = append(p.Batches, release.Batch{Number: i + 1, Weight: weight, State: release.BatchPending})
		}
		p.Batches[0].State, p.Batches[0].StartedAt = release.BatchRunning, before(8*time.Minute)
		return p
	}
	gray := function(idGray, "shop", release.PhaseAwaitingConfirm, 5, 30)
	gray.Batches[0].State, gray.Batches[0].EndedAt = release.BatchDone, before(6*time.Minute)
	gray.Awaiting = &release.Awaiting{Kind: release.AwaitConfirm, Batch: 1, Since: before(6 * time.Minute), Until: night().Add(24 * time.Hour)}

	moved := function(idBatch, "mail", release.PhaseRollingOut, 10, 50)
	moved.Batches[0].State, moved.Batches[0].EndedAt = release.BatchDone, before(6*time.Minute)
	moved.Awaiting = &release.Awaiting{Kind: release.AwaitOtherChange, Since: before(4 * time.Minute), ChangeID: "3", Stuck: true}
	moved.Reason = "waits for its own change 3 (version 3 has 40 % of the traffic, which is no step of its release), which has not ended"

	atOnce := function(idFrozen, "payments", release.PhaseRollingOut)
	atOnce.Warning = "these call LATEST, which has what is released before the alias live has it, and keeps it when the alias returns: trigger timer; let them name the alias"

	rescale := function(idQueued, "search", release.PhaseRollingOut)
	rescale.Operation, rescale.ChangeID, rescale.Version = release.OperationRescale, "p-5-web", ""
	rescale.Batches = []release.Batch{{Number: 1, Instances: 5, State: release.BatchRunning, StartedAt: before(time.Minute)}}
	return []release.Progress{gray, moved, atOnce, rescale}
}

// heldPaused is a release that something holds in the phase Paused; by a person where paused.
func heldPaused(by release.AwaitKind, paused bool) release.Progress {
	p := progress(idFrozen, "billing", release.PhasePaused, release.BatchConfirmed, release.BatchPending)
	p.Paused, p.Awaiting = paused, &release.Awaiting{Kind: by, Since: before(2 * time.Hour)}
	return p
}

// listedOf is what visibility has of releases.
func listedOf(all ...release.Progress) []releases.Listed {
	var found []releases.Listed
	for _, p := range all {
		found = append(found, releases.Listed{
			ID: p.ReleaseID, App: p.App.SearchValue(), Phase: p.Phase, Outcome: p.Outcome, Operation: p.Operation,
			RequestedBy: p.RequestedBy, CreatedAt: p.StartedAt, EndedAt: p.EndedAt,
		})
	}
	return found
}

func readOf(all ...release.Progress) map[string]Reading {
	read := map[string]Reading{}
	for _, p := range all {
		read[p.ReleaseID] = Reading{Status: releases.Status[release.Progress]{Progress: p, Closed: p.Phase.Ended()}}
	}
	return read
}

// view is a model under test, which asks nobody. What it would send is kept.
type view struct {
	*model

	t    *testing.T
	sent []release.Command
	to   []string
	// answer is what comes back; a command that has none is answered with the release as it is.
	answer func(id string, c release.Command) sentMsg
}

func open(t *testing.T, size termtest.Size) *view {
	t.Helper()
	v := &view{t: t}
	v.model = newModel(Options{Namespace: "default", Address: "temporal.example:7233", By: "ann", Color: true, Zone: zone(t)}, calls{
		list:  func(time.Time) tea.Msg { return nil },
		lanes: func() tea.Msg { return nil },
		read:  func([]string) tea.Msg { return nil },
		send: func(id string, c release.Command) tea.Msg {
			v.sent, v.to = append(v.sent, c), append(v.to, id)
			if v.answer == nil {
				return sentMsg{id: id, command: c, progress: v.readings[id].progress, at: v.now}
			}
			return v.answer(id, c)
		},
	}, night())
	v.Update(tea.WindowSizeMsg{Width: size.Columns, Height: size.Rows})
	v.Update(tickMsg(night()))
	return v
}

// atNight is a view of the releases of the night.
func atNight(t *testing.T, size termtest.Size) *view {
	t.Helper()
	v := open(t, size)
	v.shows(releasesOfTheNight()...)
	v.Update(lanesMsg{lanes: Lanes{Held: []HeldLane{{
		App:  "sae/cn-hangzhou/search",
		Hold: release.Hold{By: release.Slipway, Reason: "release " + idLost + " needs attention", Since: before(12 * time.Minute), ReleaseID: idLost},
	}}}})
	return v
}

// holdsPromotions lets the view know of promotions that are held.
func (v *view) holdsPromotions() {
	v.Update(promotionsMsg{at: v.now, held: []HeldPromotion{{
		To: "shop/production", Artifact: "registry.example/shop:1.4.3",
		Reason: "release r-rolledrolledro2, which was to bring it to production, ended RolledBack: gate errors: 3 of 5 samples failed; to try it again: slipway release retry r-rolledrolledro2",
	}}})
}

// shows lets the view list and read exactly these releases.
func (v *view) shows(all ...release.Progress) {
	v.Update(listedMsg{found: listedOf(all...), at: v.now})
	v.Update(readMsg{read: readOf(all...), at: v.now})
}

// press sends keys: names of keys, or text that is typed.
func (v *view) press(keys ...string) {
	v.t.Helper()
	for _, k := range keys {
		msg := tea.KeyPressMsg{Text: k, Code: []rune(k)[0]}
		switch k {
		case "enter":
			msg = tea.KeyPressMsg{Code: tea.KeyEnter}
		case "esc":
			msg = tea.KeyPressMsg{Code: tea.KeyEscape}
		case "up":
			msg = tea.KeyPressMsg{Code: tea.KeyUp}
		case "down":
			msg = tea.KeyPressMsg{Code: tea.KeyDown}
		case "pgdown":
			msg = tea.KeyPressMsg{Code: tea.KeyPgDown}
		case "backspace":
			msg = tea.KeyPressMsg{Code: tea.KeyBackspace}
		}
		v.settle(v.model.press(msg))
	}
}

// settle carries out what the model asks for, as far as it answers at once.
func (v *view) settle(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	if msg, ok := cmd().(sentMsg); ok {
		v.Update(msg)
	}
}

// types types a text.
func (v *view) types(text string) {
	v.t.Helper()
	for _, r := range text {
		v.press(string(r))
	}
}

// screenshot is what a terminal shows of the view, which must fit it.
func (v *view) screenshot() termtest.Screen {
	v.t.Helper()
	lines := v.screen()
	require.Len(v.t, lines, v.rows)
	return termtest.Draw(v.t, v.View().Content, termtest.Size{Columns: v.columns, Rows: v.rows})
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

func refused(id, reason string) error { return &releases.RefusedError{ID: id, Reason: reason} }

func temporalAway() error {
	return &releases.UnreachableError{Cause: errors.New("connection refused")}
}
