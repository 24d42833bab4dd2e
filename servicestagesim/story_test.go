package servicestagesim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/internal/jsontest"
)

// A step is one request of a story, and what must be answered.
type step struct {
	// line is the method and the path; names in braces stand for what earlier steps kept, {project} for the project.
	line string
	body string
	// headers are names and values in turn.
	headers []string
	// after is simulated time that passes before.
	after time.Duration
	// status is the HTTP status; 0 means 200.
	status int
	// code is the code of a refusal, and says a part of its message.
	code, says string
	// has is JSON that the answer must contain: the members of objects, and all elements of lists.
	has string
	// keep are names for values of the answer, by their places, such as data.0.id.
	keep map[string]string
}

// tell runs a story: its steps one after the other on one simulator, with the names that it keeps.
func tell(t tester, h *harness, steps []step) map[string]string {
	t.Helper()
	kept := map[string]string{"project": h.sim.config.ProjectID}
	for i, s := range steps {
		fill := func(text string) string {
			for _, name := range slices.Sorted(maps.Keys(kept)) {
				text = strings.ReplaceAll(text, "{"+name+"}", kept[name])
			}
			return text
		}
		if s.after > 0 {
			_, err := h.sim.Advance(s.after)
			require.NoError(t, err)
		}
		headers := make([]string, len(s.headers))
		for j, header := range s.headers {
			headers[j] = fill(header)
		}
		name := fmt.Sprintf("step %d, %s", i, s.line)
		got := h.send(t, fill(s.line), fill(s.body), headers...)
		want := s.status
		if want == 0 {
			want = 200
		}
		require.Equal(t, want, got.status, "%s: %s", name, got.raw)
		if s.code != "" {
			require.Contains(t, string(got.raw), `"`+s.code+`"`, name)
		}
		require.Contains(t, string(got.raw), s.says, name)
		if s.has != "" {
			require.Empty(t, jsontest.Missing(got.raw, fill(s.has)), "%s: %s", name, got.raw)
		}
		for as, place := range s.keep {
			value := got.at(place)
			require.NotNil(t, value, "%s has no %s: %s", name, place, got.raw)
			if number, isNumber := value.(float64); isNumber {
				value = int64(number)
			}
			kept[as] = fmt.Sprint(value)
		}
	}
	return kept
}

// tellAll runs stories, each on a simulator of its own.
func tellAll(t *testing.T, stories map[string][]step) {
	t.Helper()
	for name, steps := range stories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tell(t, newHarness(t), steps)
		})
	}
}
