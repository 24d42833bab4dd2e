package top

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"
)

// promotionsPace is the pause between two readings of promotions, which read the records of all environments to which
// something is promoted.
const promotionsPace = 30 * time.Second

// Promotions reads the promotions that are held, from where what is promoted is kept. It is not called concurrently.
type Promotions func(context.Context) ([]HeldPromotion, error)

// HeldPromotion is a promotion that goes on only once somebody has seen to it.
type HeldPromotion struct {
	// To is the environment to which nothing is promoted, as application/environment.
	To string
	// Artifact is what would be promoted, and Reason why it is not.
	Artifact, Reason string
}

// promotions is what is known of promotions: nothing, as long as nobody has told.
type promotions struct {
	held []HeldPromotion
	// asking tells that a question is under way, and askedAt when it, or the last one, was asked.
	asking  bool
	askedAt time.Time
	// known is when somebody told last, and away whether nobody has since.
	known time.Time
	away  bool
}

// promotionsMsg is what was read.
type promotionsMsg struct {
	held []HeldPromotion
	err  error
	at   time.Time
}

// promotionsCmd asks for the promotions that are held, where it is known whom to ask.
func (m *model) promotionsCmd() tea.Cmd {
	if m.calls.promotions == nil || m.promotions.asking || !m.promotions.askedAt.IsZero() && m.now.Sub(m.promotions.askedAt) < promotionsPace {
		return nil
	}
	m.promotions.asking, m.promotions.askedAt = true, m.now
	return m.calls.promotions
}

// take takes what was read. What was seen last stays while nobody tells.
func (p *promotions) take(msg promotionsMsg) {
	p.asking = false
	if p.away = msg.err != nil; !p.away {
		p.held, p.known = msg.held, msg.at
	}
}

// promotionLines say which promotions are held, and why.
func (m *model) promotionLines() []string {
	p := m.promotions
	if len(p.held) == 0 {
		return nil
	}
	title := "  PROMOTIONS HELD"
	if p.away {
		title += " as of " + m.clock(p.known)
	}
	most := 3 // so that the command that helps is seen
	if m.rows < 20 {
		most = 1
	}
	lines := []string{m.paint(faint, title)}
	for _, h := range p.held {
		for _, line := range some(wrap(m.local("॥ "+h.Artifact+" to "+h.To+": "+h.Reason), m.columns-2, "  "), most, m.columns-2) {
			lines = append(lines, "  "+m.paint(parked, line))
		}
	}
	return some(lines, max(4, m.rows/4), m.columns)
}
