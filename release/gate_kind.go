package release

import "strings"

// GateKind is what a gate asks. It is the name of the field of a [Gate] that says how.
type GateKind string

// The kinds of gates.
const (
	// GateHTTP asks an address: [Gate.HTTP].
	GateHTTP GateKind = "http"
	// GatePrometheus asks a Prometheus server: [Gate.Prometheus].
	GatePrometheus GateKind = "prometheus"
)

// GateKinds returns all kinds.
func GateKinds() []GateKind { return []GateKind{GateHTTP, GatePrometheus} }

// Kind returns what the gate asks. It reports false where the gate is of no kind or of
// several: such a gate is not valid, and cannot be measured.
func (g Gate) Kind() (kind GateKind, ok bool) {
	kinds := g.kinds()
	if len(kinds) != 1 {
		return "", false
	}
	return kinds[0], true
}

// kinds are all that the gate has a field of.
func (g Gate) kinds() []GateKind {
	var given []GateKind
	for _, kind := range GateKinds() {
		if g.has(kind) {
			given = append(given, kind)
		}
	}
	return given
}

// has reports whether the field of a kind is set. Nobody else asks the fields for that.
func (g Gate) has(kind GateKind) bool {
	switch kind {
	case GateHTTP:
		return g.HTTP != nil
	case GatePrometheus:
		return g.Prometheus != nil
	default:
		return false
	}
}

// joined writes words of ours one after the other.
func joined[T ~string](words []T, between string) string {
	texts := make([]string, len(words))
	for i, word := range words {
		texts[i] = string(word)
	}
	return strings.Join(texts, between)
}
