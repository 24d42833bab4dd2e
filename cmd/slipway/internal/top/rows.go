package top

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/cmd/slipway/internal/render"
	"slipway/internal/redact"
	"slipway/release"
	"slipway/releases"
	"slipway/releases/execution"
)

// rank says how much a release calls for a person, the most first.
type rank int

const (
	// rankTrouble stands still, or has ended so that a person must look.
	rankTrouble rank = iota
	// rankPerson waits for a person.
	rankPerson
	// rankBack returns to the version before.
	rankBack
	// rankMoving goes on by itself.
	rankMoving
	// rankQueued waits for its turn.
	rankQueued
	// rankEnded has ended just now.
	rankEnded
)

// order is how releases are sorted.
type order int

const (
	byTrouble order = iota
	byAge
	byApp
	byPhase
	orders
)

func (o order) String() string {
	return [...]string{"trouble first", "oldest first", "by application", "by phase"}[o%orders]
}

// row is one release in the list.
type row struct {
	releases.Listed

	progress *release.Progress
	// whole reports whether the progress is more than Temporal itself knows.
	whole bool
	// failed is why it could not be read; empty where it could.
	failed string
	rank   rank
	// since is when it began to stand as it stands, and reason why it needs somebody.
	since time.Time
	// awaits is what it waits for, and until when it does.
	awaits, until string
	reason        string
	// short is the end of its ID, by which it is told from others of its application.
	short string
}

// all are the rows of all releases that are in the picture, in the order that was chosen.
func (m *model) all() []row {
	var rows []row
	for _, l := range m.listed {
		if m.belongs(l) {
			rows = append(rows, m.row(l))
		}
	}
	slices.SortStableFunc(rows, m.compare)
	return rows
}

// belongs leaves out what needed attention once somebody has seen to it: nothing holds its lane for it
// any more, and it has left nothing.
func (m *model) belongs(l releases.Listed) bool {
	needs := l.Outcome == release.PhaseNeedsAttention || l.Stopped != ""
	switch {
	case l.EndedAt.IsZero() || !needs || m.lanes.Note != "":
		return true
	case m.lanesAsOf.Sub(l.EndedAt) < lanesPace: // its lane may not have known yet
		return true
	case l.Stopped != "" && m.now.Sub(l.EndedAt) < lingers:
		return true
	}
	return slices.Contains(m.lanes.Owing, l.ID) || slices.ContainsFunc(m.lanes.Held, func(h HeldLane) bool { return h.Hold.ReleaseID == l.ID })
}

func (m *model) row(l releases.Listed) row {
	known := m.readings[l.ID]
	r := row{short: shortID(l.ID), Listed: l, progress: &known.progress, whole: known.whole, failed: known.failed}
	p := r.progress
	p.ReleaseID = cmp.Or(p.ReleaseID, l.ID)
	p.Phase = cmp.Or(p.Phase, l.Phase)
	if l.Stopped != "" && !p.Phase.Ended() {
		p.Phase, p.Reason = release.PhaseNeedsAttention, execution.End(l.Stopped).Text()
	}
	p.RequestedBy, p.AppName = cmp.Or(p.RequestedBy, l.RequestedBy), cmp.Or(p.AppName, l.AppName)
	if name, err := release.ParseApp(l.Application); err == nil && p.ByName == nil && name.ByName() {
		p.ByName = &release.ByName{Application: name.Application, Environment: name.Environment}
	}
	if behind := m.lanes.Behind[l.ID]; behind != "" && p.Phase == release.PhaseQueued {
		awaiting := release.Awaiting{Kind: release.AwaitQueue}
		if p.Awaiting != nil {
			awaiting = *p.Awaiting
		}
		awaiting.Behind = behind
		p.Awaiting = &awaiting
	}
	r.since = later(p.StandsSince(), l.EndedAt)
	if !known.whole && !p.Phase.Ended() {
		r.since = time.Time{} // Temporal itself knows only when it was accepted
		if p.Phase == release.PhaseQueued {
			r.since = l.CreatedAt
		}
	}
	switch {
	case p.Stalled != nil:
		r.reason = m.local(render.StallReason(*p))
	case p.Phase.Ended() && p.Phase != release.PhaseSucceeded:
		r.reason = m.local(p.Reason)
	}
	if r.failed != "" {
		r.reason = "could not be read: " + r.failed
	}
	r.rank, r.awaits = rankOf(*p, m.now), m.awaits(*p)
	if p.Awaiting != nil && !p.Awaiting.Until.IsZero() {
		r.until = " until " + m.clock(p.Awaiting.Until)
	}
	return r
}

// shortID is the end of an ID, in which IDs differ most.
func shortID(id string) string {
	const most = 7
	if len(id) <= most+1 {
		return outside(id)
	}
	return "…" + outside(id[len(id)-most:])
}

func rankOf(p release.Progress, now time.Time) rank {
	_, needs := p.Need(now)
	switch {
	case p.Stalled != nil || p.Phase == release.PhaseNeedsAttention:
		return rankTrouble
	case p.Phase.Ended():
		return rankEnded
	case needs:
		return rankPerson
	case p.Phase == release.PhaseRollingBack:
		return rankBack
	case p.Phase == release.PhaseQueued:
		return rankQueued
	}
	return rankMoving
}

func (m *model) compare(a, b row) int {
	oldest := cmp.Or(later(a.since, a.CreatedAt).Compare(later(b.since, b.CreatedAt)), cmp.Compare(a.ID, b.ID))
	switch m.order {
	case byAge:
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	case byApp:
		return cmp.Or(cmp.Compare(a.App, b.App), oldest)
	case byPhase:
		place := func(r row) int { return slices.Index(release.Phases(), r.progress.Phase) }
		return cmp.Or(cmp.Compare(place(a), place(b)), oldest)
	case byTrouble, orders:
	}
	return cmp.Or(cmp.Compare(a.rank, b.rank), oldest)
}

// chosen are the rows that the filter leaves.
func (m *model) chosen() []row {
	words := strings.Fields(strings.ToLower(m.filter))
	if len(words) == 0 {
		return m.all()
	}
	return slices.DeleteFunc(m.all(), func(r row) bool {
		text := strings.ToLower(strings.Join([]string{
			r.ID, r.App, r.progress.AppName, r.progress.Name(), string(r.progress.Phase), r.progress.RequestedBy, r.Set, string(r.Operation), artifact(r.progress.Artifact),
		}, " "))
		return slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
	})
}

// current is the row that keys are about; false where there is none.
func (m *model) current() (row, bool) {
	rows := m.chosen()
	id := m.selected
	if m.open != "" {
		rows, id = m.all(), m.open
	}
	if i := slices.IndexFunc(rows, func(r row) bool { return r.ID == id }); i >= 0 {
		return rows[i], true
	}
	if m.open != "" || len(rows) == 0 {
		return row{}, false
	}
	return rows[0], true
}

// awaits says what a release waits for, and whether that is whoever looks.
func (m *model) awaits(p release.Progress) string {
	if p.Phase.Ended() {
		return m.doing(p)
	}
	need, _ := p.Need(m.now)
	switch need.Kind {
	case release.NeedConfirm:
		if p.Awaiting == nil {
			return "you: confirm"
		}
		return fmt.Sprintf("you: confirm batch %d", p.Awaiting.Batch)
	case release.NeedResume:
		return "you: resume it"
	case release.NeedApproval:
		if p.Approval == nil {
			return "you: approve"
		}
		return outside("you: approve, " + p.Approval.Text())
	case release.NeedPlatformApproval:
		return awaited(release.Awaiting{Kind: release.AwaitPlatformApproval})
	case release.NeedOtherChange:
		if p.Awaiting.ChangeID == "" {
			return "you: end the other change"
		}
		return outside("you: end change " + p.Awaiting.ChangeID)
	case release.NeedFreeze:
		if p.Awaiting.Stop {
			return outside("you: lift stop " + p.Awaiting.Freeze)
		}
		return "you: end the freeze"
	case release.NeedHelp:
		return outside("you: " + cmp.Or(p.Remedy(), "see why it stands still"))
	case release.NeedLane, release.NeedAttention, release.NeedRestore:
	}
	if p.Awaiting == nil {
		return m.doing(p)
	}
	switch p.Awaiting.Kind {
	case release.AwaitQueue, release.AwaitOtherChange, release.AwaitFreeze:
		return cmp.Or(m.local(p.Reason), awaited(*p.Awaiting)) // the reason names what it waits for
	case release.AwaitConfirm, release.AwaitApproval, release.AwaitResume, release.AwaitPlatformApproval, release.AwaitBake, release.AwaitGates, release.AwaitSchedule, release.AwaitWatch:
	}
	return awaited(*p.Awaiting)
}

// awaited is what is waited for, without its limit.
func awaited(a release.Awaiting) string {
	return outside(a.Subject(release.UnitBatch))
}

// doing says what goes on in a release of which nothing is known that it waits for.
func (m *model) doing(p release.Progress) string {
	if stopping := p.Stopping(); stopping != "" {
		return stopping
	}
	switch p.Phase {
	case release.PhaseQueued:
		return awaited(release.Awaiting{Kind: release.AwaitQueue})
	case release.PhasePreparing:
		return "reading the application"
	case release.PhaseRollingOut:
		for _, b := range p.Batches {
			if b.State == release.BatchRunning {
				return fmt.Sprintf("batch %d of %d runs", b.Number, len(p.Batches)) + p.BatchShare(b.Number)
			}
		}
		return "the platform works"
	case release.PhaseRunning:
		return "the job runs"
	case release.PhaseFinalizing:
		return "putting things back"
	case release.PhaseWatching:
		return awaited(release.Awaiting{Kind: release.AwaitWatch})
	case release.PhaseRollingBack:
		return "returning to the version before"
	case release.PhaseNeedsAttention:
		return "you: look at the application"
	case release.PhaseSucceeded, release.PhaseRolledBack, release.PhaseAborted, release.PhaseFailed:
		return "ended " + m.clock(p.EndedAt)
	case release.PhaseAwaitingApproval, release.PhaseAwaitingConfirm, release.PhaseAwaitingPlatformApproval, release.PhasePaused:
	}
	return ""
}

// clock is a moment in the zone of whoever looks; with its date where it is another day.
func (m *model) clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(m.Zone)
	if now := m.now.In(m.Zone); t.YearDay() != now.YearDay() || t.Year() != now.Year() {
		return t.Format("Jan 2 15:04")
	}
	return t.Format("15:04:05")
}

// ago is how long something lasts, in its largest unit alone: its column is four wide, and what
// changes each second draws the eye.
func (m *model) ago(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	switch d := max(m.now.Sub(t), 0); {
	case d >= 24*time.Hour:
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	case d >= time.Hour:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d >= time.Minute:
		return fmt.Sprintf("%dm", d/time.Minute)
	default:
		return fmt.Sprintf("%ds", d/time.Second)
	}
}

// artifact is an artifact as it is shown; empty where it is not known.
func artifact(a release.Artifact) string {
	if a == (release.Artifact{}) {
		return ""
	}
	return outside(a.Public())
}

// local is a text from elsewhere, with the moments in it in the zone of whoever looks.
func (m *model) local(text string) string { return outside(release.InZone(text, m.Zone)) }

// outside is a text from elsewhere: it moves no cursor and shows no secret.
func outside(text string) string {
	text, _ = redact.New().Text(strings.Join(strings.Fields(render.Clean(text)), " "))
	return text
}
