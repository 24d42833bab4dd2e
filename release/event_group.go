package release

import "slices"

// EventGroup is a word for several kinds of events.
type EventGroup string

// The groups of events.
const (
	// EventsWaiting are those after which somebody is waited for.
	EventsWaiting EventGroup = "waiting"
	// EventsEnded are the ends of releases and sets, EventsBad what goes wrong.
	EventsEnded EventGroup = "ended"
	EventsBad   EventGroup = "bad"
	EventsAll   EventGroup = "all"
)

// EventGroups returns the groups.
func EventGroups() []EventGroup {
	return []EventGroup{EventsWaiting, EventsEnded, EventsBad, EventsAll}
}

// Has reports whether a kind of event is in the group.
func (g EventGroup) Has(kind EventKind) bool {
	switch g {
	case EventsWaiting:
		return slices.Contains([]EventKind{
			EventApprovalWaiting, EventBatchWaiting, EventPlatformApprovalWaiting, EventWaveWaiting, EventPaused, EventStalled, EventHeld, EventAttention,
		}, kind)
	case EventsEnded:
		return slices.Contains([]EventKind{EventSucceeded, EventFailed, EventRolledBack, EventAborted, EventAttention}, kind)
	case EventsBad:
		return slices.Contains([]EventKind{EventStalled, EventRollingBack, EventRolledBack, EventFailed, EventAttention}, kind)
	case EventsAll:
		return slices.Contains(AllEventKinds(), kind)
	}
	return false
}

// AllEventKinds returns the kinds of everything that is told: those of [EventKinds], and those of lanes, promotions, dead letters
// and pushes.
func AllEventKinds() []EventKind {
	return append(EventKinds(), EventHeld, EventDropped, EventAllowed, EventReplayed, EventFired, EventIgnored)
}

// EventWords returns the words by which events are chosen: the groups and the kinds.
func EventWords() []string {
	var words []string
	for _, g := range EventGroups() {
		words = append(words, string(g))
	}
	for _, kind := range AllEventKinds() {
		words = append(words, string(kind))
	}
	return words
}

// ChoosesEvent reports whether words, each of them a group or a kind, choose events of a kind. No words choose [EventsWaiting] and
// [EventsEnded].
func ChoosesEvent(words []string, kind EventKind) bool {
	if len(words) == 0 {
		return EventsWaiting.Has(kind) || EventsEnded.Has(kind)
	}
	return slices.ContainsFunc(words, func(word string) bool {
		return word == string(kind) || EventGroup(word).Has(kind)
	})
}
