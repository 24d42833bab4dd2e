package top

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/render"
	"slipway/internal/termtest"
	"slipway/release"
	"slipway/releases"
)

func usual() termtest.Size { return termtest.Size{Columns: 80, Rows: 24} }

func (v *view) ids() []string {
	var ids []string
	for _, r := range v.chosen() {
		ids = append(ids, r.ID)
	}
	return ids
}

// Each order, the most wanted first.
func TestTop_Sort(t *testing.T) {
	t.Parallel()
	v := atNight(t, usual())
	require.Equal(t, []string{idLost, idStalled, idApproval, idGray, idFrozen, idBatch, idQueued}, v.ids(), "trouble first")
	v.press("s")
	require.Equal(t, []string{idBatch, idQueued}, v.ids()[5:], "oldest first")
	v.press("s")
	require.Equal(t, []string{idApproval, idFrozen, idBatch, idStalled, idLost, idGray, idQueued}, v.ids(), "by application")
	v.press("s")
	require.Equal(t, idQueued, v.ids()[0], "by phase")
	require.Equal(t, idLost, v.ids()[6], "by phase")
	v.press("s")
	require.Equal(t, idLost, v.ids()[0], "trouble first again")
}

// A release that a freeze or the schedule holds needs nobody: only those wait for people that
// "slipway waiting" lists.
func TestTop_WaitsForPeople(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		p      release.Progress
		people bool
		awaits string
	}{
		"a person has paused it":             {heldPaused(release.AwaitResume, true), true, "you: resume it"},
		"a freeze":                           {freezing(release.Awaiting{Until: night().Add(time.Hour)}), false, "the end of a freeze"},
		"a stop":                             {freezing(release.Awaiting{Freeze: "incident-42", Stop: true}), true, "you: lift stop incident-42"},
		"a freeze without an end":            {freezing(release.Awaiting{Freeze: "always"}), true, "you: end the freeze"},
		"the schedule":                       {heldPaused(release.AwaitSchedule, false), false, "the time of day of the next batch"},
		"a freeze, and a person has paused":  {heldPaused(release.AwaitFreeze, true), true, "you: resume it"},
		"a confirmation":                     {releasesOfTheNight()[3], true, "you: confirm batch 1"},
		"an approval":                        {releasesOfTheNight()[4], true, "the platform's approval"},
		"another change, its own or another": {changing(release.Awaiting{}), false, "the end of an unfinished change of the application"},
		"a change that waits for somebody":   {changing(release.Awaiting{ChangeID: "c-9", Stuck: true}), true, "you: end change c-9"},
		"a change that lasts":                {changing(release.Awaiting{Since: before(release.OtherChangePatience)}), true, "you: end the other change"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := open(t, termtest.Size{Columns: 140, Rows: 24})
			v.shows(c.p)
			require.Equal(t, c.people, v.screenshot().Shows("1 release, 1 wait for people"))
			require.Equal(t, !c.people, v.screenshot().Shows("1 release, 1 moving"))
			require.True(t, v.screenshot().Shows(c.awaits), v.screenshot().String())
		})
	}
}

func changing(a release.Awaiting) release.Progress {
	p := progress(idBatch, "mail", release.PhasePreparing)
	a.Kind, a.Since = release.AwaitOtherChange, cmp.Or(a.Since, before(time.Minute))
	p.Awaiting = &a
	return p
}

func freezing(a release.Awaiting) release.Progress {
	p := heldPaused(release.AwaitFreeze, false)
	a.Kind, a.Since = release.AwaitFreeze, before(time.Minute)
	p.Awaiting = &a
	return p
}

func TestTop_Filter(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string][]string{
		"shop":         {idGray, idQueued},
		"shop restart": {idQueued},
		"awaiting":     {idApproval, idGray},
		"r-batch":      {idBatch},
		"MEI":          {idQueued},
		"mail:1.4.2":   {idBatch},
		"nothing":      nil,
		"":             {idLost, idStalled, idApproval, idGray, idFrozen, idBatch, idQueued},
	} {
		t.Run(typed, func(t *testing.T) {
			t.Parallel()
			v := atNight(t, usual())
			v.press("/")
			v.types(typed)
			require.Equal(t, want, v.ids())
			v.press("enter")
			require.Equal(t, want, v.ids(), "Enter keeps the filter")
			v.press("esc")
			require.Len(t, v.ids(), 7, "Esc clears it")
		})
	}
	v := atNight(t, usual())
	v.press("/")
	v.types("qa")
	require.Equal(t, "qa", v.filter, "while it is written, letters are letters")
	v.press("backspace", "backspace", "backspace", "esc")
	require.Len(t, v.ids(), 7)
}

// The release that is chosen stays so wherever it moves.
func TestTop_Selection(t *testing.T) {
	t.Parallel()
	v := atNight(t, usual())
	chosen := func() string {
		r, _ := v.current()
		return r.ID
	}
	require.Equal(t, idLost, chosen())
	v.press("down", "j", "down")
	require.Equal(t, idGray, chosen())
	v.press("s", "s")
	require.Equal(t, idGray, chosen())
	v.press("G")
	require.Equal(t, idQueued, chosen())
	v.press("down")
	require.Equal(t, idQueued, chosen())
	v.press("g", "up", "k")
	require.Equal(t, idApproval, chosen())
}

// In a long list the window follows the release that is chosen.
func TestTop_LongList(t *testing.T) {
	t.Parallel()
	v := open(t, usual())
	var all []release.Progress
	for i := range 60 {
		p := progress("r-"+string(rune('a'+i/26))+string(rune('a'+i%26)), "app", release.PhaseRollingOut, release.BatchRunning, release.BatchPending)
		p.StartedAt = before(time.Duration(100-i) * time.Minute)
		all = append(all, p)
	}
	v.shows(all...)
	for i := range 60 {
		r, _ := v.current()
		require.Equal(t, all[i].ReleaseID, r.ID)
		require.Contains(t, v.screenshot().String(), "▸")
		v.press("down")
	}
	require.Contains(t, v.screenshot().String(), "more")
	v.press("g", "pgdown")
	r, _ := v.current()
	require.NotEqual(t, all[0].ReleaseID, r.ID)
}

// Of many releases those in sight are read, and a few of the others, until all were read.
func TestTop_ReadsWhatIsInSight(t *testing.T) {
	t.Parallel()
	v := open(t, usual())
	var all []release.Progress
	for i := range 300 {
		all = append(all, progress("r-"+time.Duration(i).String(), "app", release.PhaseRollingOut, release.BatchRunning))
	}
	v.Update(listedMsg{found: listedOf(all...), at: v.now})
	seen := map[string]bool{}
	for range 60 {
		due := v.due()
		require.LessOrEqual(t, len(due), usual().Rows+readAhead)
		for _, r := range v.sight() {
			require.Contains(t, due, r.ID)
		}
		read := map[string]Reading{}
		for _, id := range due {
			seen[id] = true
			p := progress(id, "app", release.PhaseRollingOut, release.BatchRunning)
			read[id] = Reading{Status: releases.Status[release.Progress]{Progress: p}}
		}
		v.now = v.now.Add(pace)
		v.Update(readMsg{read: read, at: v.now})
	}
	require.Len(t, seen, 300)

	v.Update(readMsg{at: v.now, read: map[string]Reading{all[0].ReleaseID: {Status: releases.Status[release.Progress]{Partial: releases.Partial{Reason: releases.PartialNoWorker}}}}})
	require.Len(t, v.due(), 1, "while nobody answers, one question is enough")
}

// A release that cannot be read says why, keeps what was known, and does not take the place of
// others that were not read yet.
func TestTop_CannotBeRead(t *testing.T) {
	t.Parallel()
	v := open(t, termtest.Size{Columns: 120, Rows: 12})
	gray, fails := releasesOfTheNight()[3], map[string]Reading{idGray: {Err: errors.New("no converter for\x1b[2J this payload")}}
	v.Update(listedMsg{found: listedOf(gray), at: v.now})
	v.Update(readMsg{read: fails, at: v.now})
	const why = "could not be read: no converter for [2J this payload"
	require.True(t, v.screenshot().Shows("1 wait for people", " ? ", why), v.screenshot().String())
	v.press("enter")
	require.True(t, v.screenshot().Shows("⚠ "+why))
	require.False(t, v.screenshot().Shows("no worker has answered"))
	v.press("c")
	require.Contains(t, v.screenshot().String(), "confirm does not apply to "+idGray)
	v.press("esc", "esc")

	v.Update(readMsg{read: readOf(gray), at: v.now})
	require.False(t, v.screenshot().Shows("could not be read"))
	v.Update(readMsg{read: fails, at: v.now})
	require.True(t, v.screenshot().Shows("1/5", why), "what was known stays")
	lone := Reading{Status: releases.Status[release.Progress]{Partial: releases.Partial{Reason: releases.PartialNoWorker}}}
	v.Update(readMsg{read: map[string]Reading{idGray: lone}, at: v.now})
	require.True(t, v.screenshot().Shows("1/5"))
	require.False(t, v.screenshot().Shows("could not be read"))
}

func TestTop_ReadsAheadOfWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	v := open(t, termtest.Size{Columns: 80, Rows: 10})
	var all []release.Progress
	for i := range 60 {
		all = append(all, progress(fmt.Sprintf("r-%02d", i), "app", release.PhaseRollingOut, release.BatchRunning))
	}
	v.Update(listedMsg{found: listedOf(all...), at: v.now})
	seen := map[string]bool{}
	for range 30 {
		read := map[string]Reading{}
		for _, id := range v.due() {
			seen[id] = true
			read[id] = Reading{Err: errors.New("no converter for this payload")}
		}
		v.now = v.now.Add(pace)
		v.Update(readMsg{read: read, at: v.now})
	}
	require.Len(t, seen, len(all))
}

// What others have written moves no cursor, wherever it is shown: a workflow that somebody has
// started by hand may have any ID, and whoever decided any name.
func TestTop_ForeignTextIsCleaned(t *testing.T) {
	t.Parallel()
	const evil = "r-\x1b[2Jevil\x07"
	p := releasesOfTheNight()[3]
	p.ReleaseID = evil
	for name, c := range map[string]struct {
		keys  []string
		shows string
	}{
		"the list":              {nil, "shop"},
		"open":                  {[]string{"enter"}, "r- [2Jevil"},
		"what does not apply":   {[]string{"r"}, "resume does not apply to r- [2Jevil : the release is not paused"},
		"what was done":         {[]string{"c", "y"}, "r- [2Jevil : batch 1 confirmed already, by mei [2J at"},
		"what is not sent":      {[]string{"c", "n"}, "confirm was not sent"},
		"what is being sent":    {[]string{"c", "sending"}, "sending confirm to r- [2Jevil"},
		"what is there no more": {[]string{"enter", "gone"}, "r- [2Jevil is gone: see slipway release get r- [2Jevil"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := open(t, termtest.Size{Columns: 120, Rows: 40})
			v.shows(p)
			v.answer = func(id string, c release.Command) sentMsg {
				done := p
				done.Decisions = []release.Decision{{ID: "another", Kind: c.Kind, Batch: c.Batch, By: "mei\x1b[2J", At: night()}}
				return sentMsg{id: id, command: c, progress: done, at: v.now}
			}
			for _, key := range c.keys {
				switch key {
				case "sending":
					v.model.press(tea.KeyPressMsg{Text: "y", Code: 'y'})
				case "gone":
					v.listed = nil
				default:
					v.press(key)
				}
			}
			require.NotContains(t, v.View().Content, "\x1b[2J")
			require.NotContains(t, v.View().Content, "\x07")
			require.True(t, v.screenshot().Shows(c.shows), v.screenshot().String())
		})
	}
}

// A tree that is too wide names no flag to show more, for there is none.
func TestTop_NarrowTree(t *testing.T) {
	t.Parallel()
	v := atNight(t, termtest.Size{Columns: 44, Rows: 80})
	v.press("down", "down", "down", "enter")
	require.True(t, v.screenshot().Shows("batch 1 (gray)"))
	require.False(t, v.screenshot().Shows("INSTANCES"), "a column is left out")
	require.False(t, v.screenshot().Shows("-o wide"), v.screenshot().String())
}

// A question is not asked twice at the same time, and not more often than the pace.
func TestTop_AsksAtABoundedPace(t *testing.T) {
	t.Parallel()
	v := open(t, usual())
	var since time.Time
	v.calls.list = func(t time.Time) tea.Msg {
		since = t
		return nil
	}
	require.NotNil(t, v.Init())
	v.listCmd()()
	require.Equal(t, before(lookBack), since)
	v.Update(tickMsg(night().Add(time.Hour)))
	require.True(t, v.listing)
	require.Equal(t, night(), v.listingAt, "the first list has not come yet")
	v.Update(listedMsg{at: night().Add(time.Hour)})
	v.Update(tickMsg(night().Add(time.Hour + time.Second)))
	require.Equal(t, night().Add(time.Hour+time.Second), v.listingAt)
	v.Update(listedMsg{at: night().Add(time.Hour + time.Second)})
	v.Update(tickMsg(night().Add(time.Hour + 2*time.Second)))
	require.False(t, v.listing)
}

func TestTop_Commands(t *testing.T) {
	t.Parallel()
	paused := progress(idGray, "shop", release.PhasePaused, release.BatchDone, release.BatchPending)
	paused.Paused, paused.Awaiting = true, &release.Awaiting{Kind: release.AwaitResume, Since: before(time.Minute)}
	gray, batch := releasesOfTheNight()[3], releasesOfTheNight()[1]
	configured := gray
	configured.OnlyConfig, configured.Settings = true, []release.Setting{{Name: "variables.LOG_LEVEL", After: "sha256:4e07408562be"}}
	bound := func(c release.Command) release.Command {
		c.By, c.Via, c.Artifact, c.ChangeID = "ann", release.ViaUpdate, "registry.example/shop:1.4.2", "co-1"
		return c
	}
	cases := map[string]struct {
		p    release.Progress
		keys []string
		// asked is part of the question; sent is what was sent, nil where nothing was.
		asked string
		sent  *release.Command
		// note is part of what is shown afterwards.
		note string
	}{
		"confirm": {gray, []string{"c", "y"}, "Confirm batch 1 of 3 of sae/cn-hangzhou/shop (registry.example/shop:1.4.2)? Batch 2 begins then.", new(bound(release.Command{Kind: release.CommandConfirm, Batch: 1})), "batch 1 confirmed by ann"},
		"confirm, configuration": {
			configured,
			[]string{"c", "y"},
			"Confirm batch 1 of 3 of sae/cn-hangzhou/shop (configuration of registry.example/shop:1.4.2)?",
			new(bound(release.Command{Kind: release.CommandConfirm, Batch: 1})), "batch 1 confirmed by ann",
		},
		"confirm, no":              {gray, []string{"c", "n"}, "Confirm batch 1", nil, "confirm was not sent"},
		"confirm, Enter is no yes": {gray, []string{"c", "enter"}, "Confirm batch 1", nil, "confirm was not sent"},
		"confirm, nothing waits":   {batch, []string{"c", "y"}, "", nil, "confirm does not apply to " + idBatch + ": no batch waits for a confirmation: the release is RollingOut"},
		"abort":                    {gray, []string{"a", "a", "b", "o", "x", "backspace", "r", "t", "enter"}, "Abort the release of sae/cn-hangzhou/shop (registry.example/shop:1.4.2) at batch 1 of 3", new(bound(release.Command{Kind: release.CommandAbort})), "aborted by ann"},
		"abort, y is not enough":   {gray, []string{"a", "y", "enter"}, "Abort the release", nil, "abort was not sent"},
		"abort, Esc":               {gray, []string{"a", "a", "b", "o", "r", "t", "esc"}, "Abort the release", nil, "abort was not sent"},
		"pause":                    {gray, []string{"p", "y"}, "Pause the release of sae/cn-hangzhou/shop", new(bound(release.Command{Kind: release.CommandPause})), "paused by ann"},
		"resume":                   {paused, []string{"r", "Y"}, "Resume the release of sae/cn-hangzhou/shop", new(bound(release.Command{Kind: release.CommandResume})), "resumed by ann"},
		"resume, not paused":       {gray, []string{"r"}, "", nil, "resume does not apply to " + idGray + ": the release is not paused"},
		"pause, paused":            {paused, []string{"p"}, "", nil, "that was done already"},
	}
	for name, c := range cases {
		for _, opened := range []bool{false, true} {
			t.Run(map[bool]string{false: "list: ", true: "open: "}[opened]+name, func(t *testing.T) {
				t.Parallel()
				v := open(t, termtest.Size{Columns: 120, Rows: 40})
				v.shows(c.p)
				if opened {
					v.press("enter")
				}
				v.press(c.keys[0])
				if c.asked != "" {
					require.Contains(t, v.screenshot().String(), c.asked)
				} else {
					require.Nil(t, v.question)
				}
				require.Empty(t, v.sent, "nothing is sent before the answer")
				v.press(c.keys[1:]...)
				require.Contains(t, v.screenshot().String(), c.note)
				if c.sent == nil {
					require.Empty(t, v.sent)
					return
				}
				require.Equal(t, []release.Command{*c.sent}, v.sent)
				require.Equal(t, []string{c.p.ReleaseID}, v.to)
			})
		}
	}
}

// A question names the package and its version, but no signature.
func TestTop_SignedPackage(t *testing.T) {
	t.Parallel()
	v := open(t, termtest.Size{Columns: 120, Rows: 40})
	p := releasesOfTheNight()[3]
	p.Artifact = release.Artifact{Package: &release.Package{URL: "https://oss.example/shop.jar?Signature=hush", Version: "2"}}
	v.shows(p)
	v.press("c")
	require.True(t, v.screenshot().Shows("sae/cn-hangzhou/shop (https://oss.example/shop.jar@2)?"), v.screenshot().String())
	require.False(t, v.screenshot().Shows("hush"))
}

// The question is about what was on the screen, whatever comes while it stands.
func TestTop_CommandsAreBoundToWhatWasShown(t *testing.T) {
	t.Parallel()
	v := atNight(t, usual())
	v.press("down", "down", "down", "c")
	next := releasesOfTheNight()[3]
	next.ChangeID, next.Awaiting.Batch = "co-2", 2
	v.shows(next)
	v.answer = func(id string, c release.Command) sentMsg {
		return sentMsg{id: id, command: c, err: refused(id, "the command is about change co-1, but the release is at \"co-2\""), at: v.now}
	}
	v.press("y")
	require.Equal(t, "co-1", v.sent[0].ChangeID)
	require.Equal(t, 1, v.sent[0].Batch)
	require.Contains(t, v.screenshot().String(), "✖ refused: the command is about change co-1")
	v.press("esc")
	require.NotContains(t, v.screenshot().String(), "✖")
}

// A release that nobody has answered for takes no command: nobody knows what it would mean.
func TestTop_NoCommandWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	v := open(t, usual())
	v.Update(listedMsg{found: listedOf(releasesOfTheNight()[3]), at: v.now})
	require.Contains(t, v.screenshot().String(), "you: confirm", "the phase is known")
	v.press("c")
	require.Contains(t, v.note.text, "has not answered yet")
	require.Nil(t, v.question)
}

// One command at a time: until its answer is there, no other is asked for.
func TestTop_OneCommandAtATime(t *testing.T) {
	t.Parallel()
	v := atNight(t, usual())
	v.press("down", "down", "down", "c")
	require.NotNil(t, v.model.press(tea.KeyPressMsg{Text: "y", Code: 'y'}))
	require.Contains(t, v.screenshot().String(), "sending confirm to "+idGray)
	v.press("a")
	require.Nil(t, v.question)
	require.Contains(t, v.note.text, "has not come yet")
}

// Temporal goes away and comes back: the picture stays, says so, and is fresh again.
func TestTop_Stale(t *testing.T) {
	t.Parallel()
	v := atNight(t, usual())
	v.Update(tickMsg(night().Add(time.Minute)))
	v.Update(listedMsg{err: temporalAway(), at: night().Add(time.Minute)})
	v.Update(tickMsg(night().Add(2 * time.Minute)))
	v.Update(listedMsg{err: temporalAway(), at: night().Add(2 * time.Minute)})
	s := v.screenshot()
	require.Contains(t, s.Lines()[0], "STALE, as of 02:14:05 +08:00")
	require.Contains(t, s.Lines()[2], "⚠ since 02:15:05: Temporal does not answer")
	require.Contains(t, s.String(), "AwaitingConfirm")
	v.Update(listedMsg{found: listedOf(releasesOfTheNight()...), at: night().Add(3 * time.Minute)})
	require.NotContains(t, v.screenshot().String(), "STALE")
}

// Another error of Temporal, such as a missing namespace, is shown as it is.
func TestTop_Broken(t *testing.T) {
	t.Parallel()
	v := open(t, usual())
	v.Update(listedMsg{err: refused("x", "no such namespace\x1b[2J"), at: v.now})
	require.Contains(t, v.screenshot().String(), "no such namespace [2J")
}

// A release that ends stays for a while, so that its end is seen.
func TestTop_Ends(t *testing.T) {
	t.Parallel()
	v := open(t, usual())
	p := releasesOfTheNight()[1]
	v.shows(p)
	v.press("enter")
	v.Update(listedMsg{at: v.now.Add(2 * time.Second)})
	require.Equal(t, []string{p.ReleaseID}, v.due(), "it is read once more")
	p.Phase, p.Outcome, p.EndedAt = release.PhaseSucceeded, release.PhaseSucceeded, v.now
	v.Update(readMsg{read: readOf(p), at: v.now})
	require.Contains(t, v.screenshot().String(), "✔ Succeeded")
	require.Contains(t, v.screenshot().String(), "EVENTS")
	v.press("esc")
	require.Contains(t, v.screenshot().String(), "✔ Succeeded")
	require.Empty(t, v.due())
	v.Update(listedMsg{at: v.now.Add(2 * time.Minute)})
	require.Contains(t, v.screenshot().String(), "No release is under way.")
	require.Empty(t, v.readings)
}

// What needed attention stays while it holds its lane or has left something, and no longer.
func TestTop_Attention(t *testing.T) {
	t.Parallel()
	v := open(t, usual())
	lost := releasesOfTheNight()[6]
	lost.EndedAt = before(time.Minute)
	v.shows(lost)
	v.lanesCmd()
	require.Len(t, v.ids(), 1, "the lanes are not known yet")
	held := Lanes{Held: []HeldLane{{App: lost.App.SearchValue(), Hold: release.Hold{ReleaseID: lost.ReleaseID}}}}
	v.Update(lanesMsg{lanes: held})
	require.Len(t, v.ids(), 1)
	v.Update(lanesMsg{})
	require.Empty(t, v.ids())
	v.Update(lanesMsg{lanes: Lanes{Owing: []string{lost.ReleaseID}}})
	require.Len(t, v.ids(), 1)
	v.lanesAsOf = lost.EndedAt
	v.lanes = Lanes{}
	require.Len(t, v.ids(), 1, "its lane may not know yet that it has ended")
	v.Update(lanesMsg{lanes: Lanes{Note: "no worker answers"}})
	require.Len(t, v.ids(), 1, "its lane may be held")
}

// While nobody answers for the lanes, those stay that were seen to be held.
func TestTop_HeldLanesStay(t *testing.T) {
	t.Parallel()
	v := atNight(t, usual())
	v.Update(lanesMsg{lanes: Lanes{Note: "no worker answers for the lanes"}})
	require.True(t, v.screenshot().Shows("LANES HELD", "sae/cn-hangzhou/search", "no worker answers for the lanes"))
	v.Update(lanesMsg{err: temporalAway()})
	require.True(t, v.screenshot().Shows("sae/cn-hangzhou/search"))
	v.Update(lanesMsg{})
	require.False(t, v.screenshot().Shows("LANES HELD"))
	v.Update(lanesMsg{err: refused("x", "not allowed to list lanes")})
	require.True(t, v.screenshot().Shows("not allowed to list lanes"))
}

// What happens to the open release is told as it comes, the latest last.
func TestTop_Events(t *testing.T) {
	t.Parallel()
	v := atNight(t, usual())
	v.press("down", "down", "down", "enter")
	p := releasesOfTheNight()[3]
	p.Phase, p.Awaiting = release.PhaseRollingOut, nil
	p.Decisions = []release.Decision{{Kind: release.CommandConfirm, Batch: 1, By: "mei", Via: "event", At: night(), Note: "订单正常"}}
	v.Update(readMsg{read: readOf(p), at: night().Add(time.Second)})
	s := v.screenshot().String()
	require.Contains(t, s, "02:14:05 ◆ confirm batch 1 by mei via event")
	require.Contains(t, s, "02:14:05 ◌ RollingOut, batch 1 of 3")
	for range 2 * eventLines {
		v.happened([]render.Change{{At: night(), Text: "x"}})
	}
	require.Len(t, v.events, eventLines)
}

// What has happened before the view was opened is told with its own time, the earliest first.
func TestTop_EventsOfBefore(t *testing.T) {
	t.Parallel()
	p := releasesOfTheNight()[3]
	p.Decisions = []release.Decision{{Kind: release.CommandPause, By: "mei", At: before(40 * time.Minute)}, {Kind: release.CommandResume, By: "mei", At: before(30 * time.Minute)}}
	v := open(t, termtest.Size{Columns: 120, Rows: 40})
	v.shows(p)
	v.press("enter")
	at := func(text string) int { return strings.Index(v.screenshot().String(), text) }
	events := []string{"01:34:05 ◆ pause by mei", "01:44:05 ◆ resume by mei", "01:49:05 α gate errors of batch 1", "01:51:05 ॥ AwaitingConfirm"}
	for i, e := range events {
		require.Positive(t, at(e), "%s\n%s", e, v.screenshot().String())
		require.True(t, i == 0 || at(events[i-1]) < at(e), e)
	}
}

// How long a release stands as it does counts from its wait, its stall or its batch; what only Temporal
// knows of it does not say.
func TestTop_For(t *testing.T) {
	t.Parallel()
	v := open(t, termtest.Size{Columns: 120, Rows: 40})
	moving := releasesOfTheNight()[1]
	moving.StartedAt = before(5 * time.Hour)
	moving.Batches[0].StartedAt, moving.Batches[0].EndedAt, moving.Batches[1].StartedAt = before(4*time.Hour), before(3*time.Hour), before(2*time.Hour)
	v.shows(moving)
	require.Regexp(t, `RollingOut +2h +mail`, v.screenshot().String())
	v.Update(readMsg{read: map[string]Reading{}, at: v.now})
	v.readings = map[string]reading{}
	require.Regexp(t, `RollingOut +mail`, v.screenshot().String())
}

// A stalled release awaits what helps.
func TestTop_AwaitsOfAStall(t *testing.T) {
	t.Parallel()
	v := atNight(t, termtest.Size{Columns: 200, Rows: 40})
	require.Contains(t, v.screenshot().String(), "you: wait; if it lasts, find out whether the workers reach what they ask")
	require.NotContains(t, v.screenshot().String(), "the platform works")
}

// Releases of the same application are told apart by the end of their IDs, in any window.
func TestTop_IDs(t *testing.T) {
	t.Parallel()
	for _, size := range []termtest.Size{{Columns: 60, Rows: 24}, {Columns: 80, Rows: 24}, {Columns: 120, Rows: 40}} {
		v := atNight(t, size)
		require.True(t, v.screenshot().Shows("shop"), v.screenshot().String())
		require.True(t, v.screenshot().Shows(idGray[len(idGray)-7:]), v.screenshot().String())
		require.True(t, v.screenshot().Shows(idQueued[len(idQueued)-7:]), v.screenshot().String())
	}
	v := open(t, usual())
	v.shows(releasesOfTheNight()[3])
	require.False(t, v.screenshot().Shows("ID"), "one needs none")
}

// A zone is named by its offset: CST is the time of three continents.
func TestTop_Zone(t *testing.T) {
	t.Parallel()
	require.True(t, atNight(t, usual()).screenshot().Shows("as of 02:14:05 +08:00"))
}

// What a library says of a server is told as all commands tell it.
func TestTop_ExplainsErrors(t *testing.T) {
	t.Parallel()
	v := atNight(t, usual())
	v.Update(listedMsg{err: fmt.Errorf("list: %w", context.DeadlineExceeded), at: v.now})
	require.True(t, v.screenshot().Shows("no answer in time"), v.screenshot().String())
	require.False(t, v.screenshot().Shows("context deadline exceeded"))
}

// An open release can be read to its end, however long it is.
func TestTop_Scroll(t *testing.T) {
	t.Parallel()
	v := atNight(t, termtest.Size{Columns: 60, Rows: 15})
	v.press("down", "down", "down", "enter")
	require.Contains(t, v.screenshot().String(), "lines more")
	require.NotContains(t, v.screenshot().String(), "0.003")
	v.press("G")
	require.Contains(t, v.screenshot().String(), "0.003")
	v.press("down", "pgdown")
	require.Contains(t, v.screenshot().String(), "0.003")
	v.press("g")
	require.NotContains(t, v.screenshot().String(), "0.003")
	v.press("esc")
	require.Empty(t, v.open)
}

func TestTop_SmallWindow(t *testing.T) {
	t.Parallel()
	v := atNight(t, termtest.Size{Columns: 30, Rows: 5})
	require.Contains(t, v.screenshot().String(), "too small")
}

func TestTop_Quits(t *testing.T) {
	t.Parallel()
	for _, keys := range [][]string{{"q"}, {"enter", "q"}} {
		v := atNight(t, usual())
		v.press(keys[:len(keys)-1]...)
		require.Equal(t, tea.QuitMsg{}, v.model.press(tea.KeyPressMsg{Text: "q", Code: 'q'})())
	}
	v := atNight(t, usual())
	v.press("down", "down", "down", "a")
	require.Equal(t, tea.QuitMsg{}, v.model.press(tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl})(), "also while a question stands")
}

func TestBar(t *testing.T) {
	t.Parallel()
	p := progress("r-x", "app", release.PhaseRollingOut, release.BatchConfirmed, release.BatchRunning, release.BatchPending)
	for columns, want := range map[int]string{20: "▓ ▒▒ ░░ 1/5", 11: "▓ ▒▒ ░░ 1/5", 10: "▓▒▒░░░ 1/5", 4: "1/5", 3: "1/5"} {
		require.Equal(t, want, bar(p, columns), columns)
	}
	require.Empty(t, bar(release.Progress{}, 20))
	p.Batches[1].State = release.BatchAborted
	require.Equal(t, "▓ ×× ░░ 1/5", bar(p, 20))
	big := release.Progress{Batches: []release.Batch{{Instances: 100, State: release.BatchDone}, {Instances: 300, State: release.BatchPending}}}
	require.Equal(t, "▓▓░░░░░░ 100/400", bar(big, 16))
	shifted := release.Progress{Batches: []release.Batch{{Weight: 5, State: release.BatchConfirmed}, {Weight: 50, State: release.BatchDone}, {Weight: 100, State: release.BatchRunning}}}
	require.Equal(t, "▓▓▓▓▓▒▒▒▒▒ 50 %", bar(shifted, 15), "strokes are shares of the traffic")
	require.Equal(t, "50 %", bar(shifted, 4))
	shifted.Batches = []release.Batch{{Weight: 5, State: release.BatchDone}, {Weight: 96}, {Weight: 100, State: release.BatchRunning}}
	require.Equal(t, "▓░░░░░░░▒ 5 %", bar(shifted, 13), "a small part is seen")
	require.Equal(t, "░▒ 5 %", bar(shifted, 6), "but where there is no room for it")
	weighed := release.Progress{Batches: []release.Batch{{Instances: 1, Weight: 20, State: release.BatchDone}, {Instances: 2, State: release.BatchRunning}}}
	require.Equal(t, "▓ ▒▒ 1/3", bar(weighed, 20), "instances that have a share of the traffic are instances")
}

// An application is shown and found by what the platform calls it; what a command takes stands
// beside it where there is room, and in every question.
func TestTop_NamesTheApplication(t *testing.T) {
	t.Parallel()
	p := releasesOfTheNight()[3]
	p.AppName = "storefront"
	v := open(t, termtest.Size{Columns: 140, Rows: 24})
	v.shows(p)
	require.True(t, v.screenshot().Shows("storefront"), v.screenshot().String())
	v.press("c")
	require.True(t, v.screenshot().Shows("storefront ("+p.App.SearchValue()+")"), v.screenshot().String())
	v.press("esc")
	v.press("/")
	v.press("storefront")
	require.Equal(t, []string{p.ReleaseID}, v.ids())
}
