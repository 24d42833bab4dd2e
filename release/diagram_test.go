package release_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// TestDiagram_StateDiagram compares the diagram in the documentation with the transition table.
func TestDiagram_StateDiagram(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/release-states.md")
	require.NoError(t, err)
	var drawn []string
	for _, arrow := range regexp.MustCompile(`(?m)^    (\S+) --> (\S+)$`).FindAllStringSubmatch(string(text), -1) {
		drawn = append(drawn, arrow[1]+" --> "+arrow[2])
	}
	want := []string{"[*] --> " + string(release.PhaseQueued)}
	for _, p := range release.Phases() {
		if p.Ended() {
			want = append(want, string(p)+" --> [*]")
		}
		for _, next := range p.Next() {
			want = append(want, string(p)+" --> "+string(next))
		}
	}
	slices.Sort(drawn)
	slices.Sort(want)
	require.Equal(t, want, drawn, "docs/release-states.md must draw exactly the transitions of release/phase.go")

	for _, p := range release.Phases() {
		require.Regexp(t, `(?m)^\| \**`+string(p)+`\** \|`, string(text), "the table of phases must explain %s", p)
	}
}
