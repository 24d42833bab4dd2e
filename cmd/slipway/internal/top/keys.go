package top

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"slipway/cmd/slipway/internal/render"
	"slipway/release"
)

// question is a command that somebody is about to give. It is about what was on the screen when
// the key was pressed, whatever has changed since.
type question struct {
	id      string
	command release.Command
	text    string
	// word must be typed; empty means that the key y is enough.
	word, typed string
}

// press takes a key.
func (m *model) press(msg tea.KeyPressMsg) tea.Cmd {
	key := msg.Key()
	switch {
	case msg.String() == "ctrl+c":
		return tea.Quit
	case m.question != nil:
		return m.answer(msg.String(), key.Text)
	case m.filtering:
		m.typeKey(msg.String(), key.Text)
		return m.readCmd()
	case m.help:
		m.help = false
		return nil
	}
	switch k := msg.String(); k {
	case "q":
		return tea.Quit
	case "?":
		m.help = true
	case "esc", "left", "backspace":
		m.back()
	case "c", "a", "p", "r":
		m.ask(k)
	default:
		if m.open != "" {
			m.scrollBy(k)
			return nil
		}
		return m.inList(k)
	}
	return nil
}

// back closes what is open, one thing at a time.
func (m *model) back() {
	switch {
	case m.note != note{}:
		m.note = note{}
	case m.open != "":
		m.open, m.events, m.scroll = "", nil, 0
	default:
		m.filter = ""
	}
}

// typeKey takes a key while the filter is written.
func (m *model) typeKey(key, text string) {
	switch key {
	case "enter":
		m.filtering = false
	case "esc":
		m.filtering, m.filter = false, ""
	case "backspace":
		m.filter = cutLast(m.filter)
	default:
		m.filter += text
	}
}

func cutLast(s string) string {
	_, size := utf8.DecodeLastRuneInString(s)
	return s[:len(s)-size]
}

// inList takes a key in the list.
func (m *model) inList(key string) tea.Cmd {
	rows := m.chosen()
	at := max(0, slices.IndexFunc(rows, func(r row) bool { return r.ID == m.selected }))
	switch key {
	case "/":
		m.filtering = true
		return nil
	case "s":
		m.order = (m.order + 1) % orders
		return m.readCmd()
	case "enter", "right":
		if r, ok := m.current(); ok {
			m.show(r)
		}
		return m.readCmd()
	case "up", "k":
		at--
	case "down", "j":
		at++
	case "pgup":
		at -= len(m.sight())
	case "pgdown":
		at += len(m.sight())
	case "home", "g":
		at = 0
	case "end", "G":
		at = len(rows) - 1
	default:
		return nil
	}
	if len(rows) > 0 {
		m.selected = rows[min(max(at, 0), len(rows)-1)].ID
	}
	return m.readCmd()
}

// show opens a release.
func (m *model) show(r row) {
	m.open, m.selected, m.scroll, m.events = r.ID, r.ID, 0, nil
	if r.whole {
		known := m.readings[r.ID]
		delete(m.readings, r.ID)
		m.know(r.ID, known)
	}
}

// scrollBy takes a key while a release is open.
func (m *model) scrollBy(key string) {
	body, events := m.detail()
	room := max(1, m.bodyRows()-len(events))
	most := max(0, len(body)-room)
	at := min(m.scroll, most)
	switch key {
	case "up", "k":
		at--
	case "down", "j":
		at++
	case "pgup":
		at -= room
	case "pgdown", "space":
		at += room
	case "home", "g":
		at = 0
	case "end", "G":
		at = most
	}
	m.scroll = min(max(at, 0), most)
}

// verb is what a key sends to a release.
type verb struct {
	key  string
	kind release.CommandKind
	// typed is what must be typed to give it; empty where y is enough.
	typed string
}

func verbs() []verb {
	return []verb{
		{"c", release.CommandConfirm, ""},
		{"a", release.CommandAbort, "abort"},
		{"p", release.CommandPause, ""},
		{"r", release.CommandResume, ""},
	}
}

// means is what a key gives to a release: where it waits for approval, approving is how it is confirmed.
func (v verb) means(p release.Progress) release.CommandKind {
	if v.kind == release.CommandConfirm && p.Awaiting != nil && p.Awaiting.Kind == release.AwaitApproval {
		return release.CommandApprove
	}
	return v.kind
}

// command is what a key would send: bound to the batch, the artifact and the change that the
// release shows now, as "slipway release confirm" binds it.
func (m *model) command(kind release.CommandKind, p release.Progress) release.Command {
	c := release.Command{Kind: kind, ChangeID: p.ChangeID}
	if p.Artifact != (release.Artifact{}) {
		c.Artifact = p.Artifact.String()
	}
	if kind == release.CommandApprove {
		c = p.Deciding(kind)
	}
	if kind == release.CommandConfirm {
		c, _ = p.Confirming() // why there is none, refusal tells
	}
	c.By, c.Via = m.By, release.ViaUpdate
	return c
}

// refusal is why a command does not apply to a release; nil where it does.
func (m *model) refusal(kind release.CommandKind, r row) error {
	p := *r.progress
	if !r.whole {
		return release.Refusal("the release has not answered yet")
	}
	if kind == release.CommandConfirm {
		if _, err := p.Confirming(); err != nil {
			return err
		}
	}
	repeated, err := release.Admit(p, m.command(kind, p))
	if err == nil && repeated {
		return release.Refusal("that was done already")
	}
	return err
}

// ask asks whether a command is meant, or says why it does not apply.
func (m *model) ask(key string) {
	r, ok := m.current()
	if !ok {
		return
	}
	if m.sending != "" {
		m.note = note{text: "the answer to the last command has not come yet", bad: true}
		return
	}
	v := verbs()[slices.IndexFunc(verbs(), func(v verb) bool { return v.key == key })]
	kind := v.means(*r.progress)
	if err := m.refusal(kind, r); err != nil {
		m.note = note{text: fmt.Sprintf("%s does not apply to %s: %s", kind, r.ID, brief(err)), bad: true}
		return
	}
	m.note = note{}
	m.question = &question{id: r.ID, command: m.command(kind, *r.progress), text: m.asked(kind, r), word: v.typed}
}

// asked is the question for a command. It names what it is about.
func (m *model) asked(kind release.CommandKind, r row) string {
	p := *r.progress
	of := outside(render.NamedApp(p.Name(), r.App))
	if name := artifact(p.Artifact); name != "" {
		if p.OnlyConfig {
			name = "configuration of " + name
		}
		of += " (" + name + ")"
	}
	at := ""
	if n := render.BatchAt(p); n > 0 {
		at = " at batch " + p.BatchText(n)
	}
	switch kind {
	case release.CommandConfirm:
		what := fmt.Sprintf("Confirm batch %d of %d of %s", p.Awaiting.Batch, len(p.Batches), of)
		if p.Awaiting.Batch < len(p.Batches) {
			next := p.Awaiting.Batch + 1
			return fmt.Sprintf("%s? Batch %d begins then%s.", what, next, p.BatchShifts(next))
		}
		return what + "? It is the last one."
	case release.CommandApprove:
		what := "the release"
		if batch := p.Approval.Batch; batch > 0 {
			what = "batch " + p.BatchText(batch)
		}
		return "Approve " + what + " of " + of + "? Approval is by " + outside(p.Approval.Approval.Text()) + "."
	case release.CommandAbort:
		return "Abort the release of " + of + at + " and return to the version that ran before?"
	case release.CommandPause:
		return "Pause the release of " + of + at + "? Nothing new begins then until it is resumed."
	case release.CommandResume:
		return "Resume the release of " + of + at + "?"
	case release.CommandRollback, release.CommandOverride, release.CommandReject:
	}
	return string(kind) + " " + of + "?"
}

// answer takes a key while a question stands.
func (m *model) answer(key, text string) tea.Cmd {
	q := m.question
	switch {
	case key == "esc":
		return m.dismiss()
	case q.word == "" && (key == "y" || key == "Y"):
		return m.give()
	case q.word == "":
		return m.dismiss()
	case key == "enter" && strings.EqualFold(strings.TrimSpace(q.typed), q.word):
		return m.give()
	case key == "enter":
		return m.dismiss()
	case key == "backspace":
		q.typed = cutLast(q.typed)
	default:
		q.typed += text
	}
	return nil
}

// dismiss drops the question.
func (m *model) dismiss() tea.Cmd {
	m.note = note{text: string(m.question.command.Kind) + " was not sent"}
	m.question = nil
	return nil
}

// give sends what was asked for.
func (m *model) give() tea.Cmd {
	q := m.question
	m.question, m.sending = nil, fmt.Sprintf("sending %s to %s …", q.command.Kind, q.id)
	return func() tea.Msg { return m.calls.send(q.id, q.command) }
}
