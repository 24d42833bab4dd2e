package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/notify"
	"slipway/release"
)

// TestDocuments_TheMessageIsThatOfAPreview holds the page against what the command prints.
func TestDocuments_TheMessageIsThatOfAPreview(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	code := Run(t.Context(), []string{"notify", "preview"}, Env{Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }})
	require.Equal(t, exitOK, code, errs.String())
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "docs", "notifications.md"))
	require.NoError(t, err)
	require.Contains(t, string(page), "```text\n"+out.String()+"```")
}

// A release is told by the event after which it stands so, as far as that can be seen.
func TestStandsAt(t *testing.T) {
	t.Parallel()
	for _, s := range notify.Samples() {
		if !strings.HasPrefix(s.Name, "release.") {
			continue
		}
		want := s.Event.Kind
		switch want { //nolint:exhaustive // those that leave a release as it goes on by itself
		case release.EventApprovalGiven:
			want = release.EventApprovalWaiting
		default:
			if !release.EventsWaiting.Has(want) && !release.EventsEnded.Has(want) {
				want = release.EventStarted
			}
		}
		require.Equal(t, want, standsAt(s.Event.Progress, s.Event.Time), s.Name)
	}
	require.Equal(t, release.EventAccepted, standsAt(release.Progress{Phase: release.PhaseQueued}, time.Unix(0, 0)))
	freeze := release.Progress{Phase: release.PhasePaused, Awaiting: &release.Awaiting{Kind: release.AwaitFreeze, Stop: true}}
	require.Equal(t, release.EventPaused, standsAt(freeze, time.Unix(0, 0)))
}
