package load

import (
	"maps"
	"slices"
	"sync"
	"time"

	"slipway/release"
	"slipway/wire"
)

// Sent is what a run has sent, as far as JetStream has taken it, and what operators have done.
type Sent struct {
	Places   []Place
	Messages []Message
	// Asked is what was asked for, by the IDs of releases, those of sets among them. Promotions are not.
	Asked map[string]release.Spec
	// Promoted are the IDs that the promotions of releases have.
	Promoted map[string]bool
	// Disturbed are the releases whose workflows somebody has terminated or reset.
	Disturbed map[string]bool
	// Foreign are images that somebody has released at the console of a platform, and Enabled the scaling rules that somebody has
	// enabled there, each by the place of the application.
	Foreign, Enabled map[int][]string
}

// Message is a message that JetStream has taken.
type Message struct {
	// Sequence is its place in the stream of requests and commands. A message that was sent again, because nobody has
	// answered, has the place of the first one.
	Sequence uint64
	Kind     wire.MessageKind
	EventID  string
	// Target is the release or the set that it asks for or commands; empty where it cannot be read.
	Target string
	// Application is the place of the application in [Sent.Places]; -1 where it is of none.
	Application int
	At          time.Time
	May         May
}

// May is what may become of a message; it must be one of it.
type May struct {
	// Ends are the phases in which what it asks for may end; none where it must not begin.
	Ends []release.Phase
	// Letter allows a dead letter.
	Letter bool
	// Again tells that the same was asked for before, so that nothing comes of it.
	Again bool
}

// notes are what was sent and done so far.
type notes struct {
	mu   sync.Mutex
	sent Sent
}

func newNotes() notes {
	return notes{sent: Sent{
		Asked: map[string]release.Spec{}, Promoted: map[string]bool{}, Disturbed: map[string]bool{}, Foreign: map[int][]string{}, Enabled: map[int][]string{},
	}}
}

// note changes the notes.
func (n *notes) note(change func(*Sent)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	change(&n.sent)
}

func (n *notes) all() Sent {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.sent
	s.Messages, s.Asked, s.Promoted = slices.Clone(s.Messages), maps.Clone(s.Asked), maps.Clone(s.Promoted)
	s.Disturbed, s.Foreign, s.Enabled = maps.Clone(s.Disturbed), maps.Clone(s.Foreign), maps.Clone(s.Enabled)
	return s
}
