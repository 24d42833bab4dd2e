package top

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"slipway/cmd/slipway/internal/connect"
	"slipway/cmd/slipway/internal/render"
	"slipway/release"
	"slipway/releases"
)

// How often is asked, and what stays in the picture how long.
const (
	// pace is the pause between two lists, and between two readings of the releases shown.
	pace      = 2 * time.Second
	lanesPace = 10 * time.Second
	// readAhead is how many releases out of sight are read with those in sight, so that a stalled
	// one is found wherever it is.
	readAhead = 8
	// lookBack is how long ago a release may have ended that needs attention.
	lookBack = 7 * 24 * time.Hour
	// lingers is how long a release stays whose workflow was ended from outside. Its watchdog takes time
	// to find out whether it has left something, which the lane knows then.
	lingers = time.Hour
	// leaves is how long a release stays that was seen and has ended since.
	leaves = time.Minute
	// eventLines is how many lines are kept of what happened to the release shown.
	eventLines = 500
)

// away is that a collaborator does not answer, since when and why; zero while it does.
type away struct {
	since time.Time
	why   string
}

// found notes what an attempt to reach the collaborator has shown.
func (a *away) found(why string, at time.Time) {
	switch {
	case why == "":
		*a = away{}
	case a.since.IsZero():
		*a = away{at, why}
	default:
		a.why = why
	}
}

// reading is what is known of one release.
type reading struct {
	progress release.Progress
	// whole reports whether it is more than Temporal itself knows.
	whole bool
	// closed reports whether it will not change any more.
	closed bool
	// failed is why it could not be read the last time; empty where it could.
	failed string
	// at is when it was read last, whether or not that failed.
	at time.Time
}

// model is the view and all that it knows.
type model struct {
	Options

	calls         calls
	columns, rows int
	now           time.Time

	listed   []releases.Listed
	more     bool
	listedAt time.Time
	// left is when releases were first missing in the list that had been there.
	left     map[string]time.Time
	readings map[string]reading
	lanes    Lanes
	// lanesAsOf is when the lanes were asked that all have answered; zero while not all do.
	lanesAsOf time.Time
	// temporal and worker tell whether those who answer are away, and broken what else is wrong.
	temporal, worker away
	broken           string
	promotions       promotions

	// listing, reading and asking are when the questions under way, or else the last ones, were
	// asked; the flags tell which it is.
	listingAt, lanesAt, readingAt time.Time
	listing, asking, reads        bool

	selected  string
	filter    string
	filtering bool
	order     order
	help      bool
	// open is the release that is shown in full, scroll how many lines are above the window, and
	// events what has happened to it since.
	open   string
	scroll int
	events []string

	question *question
	sending  string
	note     note
}

// note is the answer to the last command, or why there was none.
type note struct {
	text string
	bad  bool
}

func newModel(o Options, c calls, now time.Time) *model {
	return &model{Options: o, calls: c, now: now, columns: 80, rows: 24, left: map[string]time.Time{}, readings: map[string]reading{}}
}

// Init asks for the first list.
func (m *model) Init() tea.Cmd {
	return tea.Batch(m.tick(), m.listCmd(), m.lanesCmd(), m.promotionsCmd())
}

func (m *model) tick() tea.Cmd {
	return tea.Tick(time.Second, func(t time.Time) tea.Msg { return tickMsg(t) })
}

func (m *model) listCmd() tea.Cmd {
	m.listing, m.listingAt = true, m.now
	since := m.now.Add(-lookBack)
	return func() tea.Msg { return m.calls.list(since) }
}

func (m *model) lanesCmd() tea.Cmd {
	m.asking, m.lanesAt = true, m.now
	return m.calls.lanes
}

func (m *model) readCmd() tea.Cmd {
	ids := m.due()
	if m.reads || len(ids) == 0 {
		return nil
	}
	m.reads, m.readingAt = true, m.now
	return func() tea.Msg { return m.calls.read(ids) }
}

// Update takes a message and returns what is to be asked next.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.columns, m.rows = msg.Width, msg.Height
	case tea.KeyPressMsg:
		return m, m.press(msg)
	case tickMsg:
		m.now = time.Time(msg)
		return m, tea.Batch(m.tick(), m.poll())
	case listedMsg:
		m.list(msg)
		return m, m.readCmd()
	case lanesMsg:
		m.held(msg)
	case promotionsMsg:
		m.promotions.take(msg)
	case readMsg:
		m.read(msg)
	case sentMsg:
		m.sent(msg)
		return m, m.readCmd()
	}
	return m, nil
}

// poll asks what is due. A question that is not answered yet is not asked once more.
func (m *model) poll() tea.Cmd {
	var due []tea.Cmd
	if !m.listing && m.now.Sub(m.listingAt) >= pace {
		due = append(due, m.listCmd())
	}
	if !m.asking && m.now.Sub(m.lanesAt) >= lanesPace {
		due = append(due, m.lanesCmd())
	}
	if cmd := m.promotionsCmd(); cmd != nil {
		due = append(due, cmd)
	}
	if !m.reads && m.now.Sub(m.readingAt) >= pace {
		due = append(due, m.readCmd())
	}
	return tea.Batch(due...)
}

// list takes a new list. What was in the last one and is missing has ended: it stays for a while,
// so that its end is seen.
func (m *model) list(msg listedMsg) {
	m.listing, m.now = false, later(m.now, msg.at)
	if msg.err != nil {
		m.unlisted(msg)
		return
	}
	m.temporal.found("", msg.at)
	m.broken = ""
	before := m.listed
	m.listed, m.more, m.listedAt = msg.found, msg.more, msg.at
	for _, l := range before {
		if slices.ContainsFunc(m.listed, func(r releases.Listed) bool { return r.ID == l.ID }) {
			delete(m.left, l.ID)
			continue
		}
		if m.left[l.ID].IsZero() {
			m.left[l.ID] = msg.at
		}
		if msg.at.Sub(m.left[l.ID]) < leaves || l.ID == m.open {
			m.listed = append(m.listed, l)
		}
	}
	known := func(id string) bool {
		return slices.ContainsFunc(m.listed, func(l releases.Listed) bool { return l.ID == id })
	}
	maps.DeleteFunc(m.readings, func(id string, _ reading) bool { return !known(id) })
	maps.DeleteFunc(m.left, func(id string, _ time.Time) bool { return !known(id) })
}

// unlisted notes why there is no list. The last one stays.
func (m *model) unlisted(msg listedMsg) {
	if unreachable(msg.err) {
		m.temporal.found(brief(msg.err), msg.at)
		return
	}
	m.broken = brief(msg.err)
}

// held takes the lanes that are held. Where nobody answers for a lane, those that were seen
// last stay.
func (m *model) held(msg lanesMsg) {
	m.asking = false
	switch {
	case msg.err != nil && unreachable(msg.err):
		return // the list says so
	case msg.err != nil:
		m.lanes.Note = brief(msg.err)
	case msg.lanes.Note != "" && len(msg.lanes.Held) == 0:
		m.lanes.Note = msg.lanes.Note
	default:
		m.lanes = msg.lanes
	}
	if m.lanes.Note == "" {
		m.lanesAsOf = m.lanesAt
	}
}

// read takes what was read of some releases.
func (m *model) read(msg readMsg) {
	m.reads, m.now = false, later(m.now, msg.at)
	answered, alone := false, false
	for id, r := range msg.read {
		switch {
		case r.Err != nil && unreachable(r.Err):
			m.temporal.found(brief(r.Err), msg.at)
		case r.Err != nil:
			known := m.readings[id]
			known.failed, known.at = brief(r.Err), msg.at
			m.readings[id] = known
		case r.Status.Partial.Reason != releases.PartialNone:
			alone = alone || r.Status.Partial.Reason == releases.PartialNoWorker
			m.keep(id, reading{progress: r.Status.Progress, at: msg.at})
		default:
			answered = answered || !r.Status.Closed // what has ended needs no worker
			m.know(id, reading{progress: r.Status.Progress, whole: true, closed: r.Status.Closed, at: msg.at})
		}
	}
	switch {
	case alone:
		m.worker.found("no worker answers", msg.at)
	case answered:
		m.worker.found("", msg.at)
	}
}

// keep takes what Temporal itself knows of a release, unless more was known before.
func (m *model) keep(id string, r reading) {
	if known := m.readings[id]; known.whole {
		known.failed, known.at = "", r.at
		r = known
	}
	m.readings[id] = r
}

// know takes the whole progress of a release.
func (m *model) know(id string, r reading) {
	before := m.readings[id]
	m.readings[id] = r
	if id == m.open {
		if !before.whole {
			before.progress = release.Progress{}
		}
		m.happened(render.Changes(before.progress, r.progress, r.at.In(m.Zone)))
	}
}

// happened keeps what has happened to the open release, whose ID need not be said again, in the order
// in which it has.
func (m *model) happened(changes []render.Change) {
	slices.SortStableFunc(changes, func(a, b render.Change) int { return a.At.Compare(b.At) })
	for _, c := range changes {
		m.events = append(m.events, m.clock(c.At)+" "+strings.TrimPrefix(c.Text, m.open+" "))
	}
	m.events = m.events[max(0, len(m.events)-eventLines):]
}

// sent takes the answer to a command.
func (m *model) sent(msg sentMsg) {
	m.sending, m.now = "", later(m.now, msg.at)
	if msg.err != nil {
		m.note = note{text: brief(msg.err), bad: true}
		return
	}
	m.note = note{text: msg.id + ": " + msg.command.Acknowledgement(msg.progress.Decisions, release.UnitBatch, m.Zone)}
	m.know(msg.id, reading{progress: msg.progress, whole: true, closed: msg.progress.Phase.Ended(), at: msg.at})
}

// due are the releases to read next: those in sight, and of the others those that were not read
// for the longest time. While nobody answers, one is enough to see when somebody does.
func (m *model) due() []string {
	var sight []string
	if m.open != "" {
		sight = append(sight, m.open)
	} else {
		for _, r := range m.sight() {
			sight = append(sight, r.ID)
		}
	}
	var rest []string
	for _, l := range m.listed {
		if !slices.Contains(sight, l.ID) {
			rest = append(rest, l.ID)
		}
	}
	slices.SortStableFunc(rest, func(a, b string) int { return m.readings[a].at.Compare(m.readings[b].at) })
	closed := func(id string) bool { return m.readings[id].closed }
	sight, rest = slices.DeleteFunc(sight, closed), slices.DeleteFunc(rest, closed)
	ids := append(sight, rest[:min(len(rest), readAhead)]...)
	if !m.worker.since.IsZero() || !m.temporal.since.IsZero() {
		ids = ids[:min(len(ids), 1)]
	}
	return ids
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// brief is an error as it is shown: what was refused without the ID, which the row has.
func brief(err error) string {
	if refused, ok := errors.AsType[*releases.RefusedError](err); ok {
		return outside("refused: " + refused.Reason)
	}
	return outside(connect.Explain(err))
}
