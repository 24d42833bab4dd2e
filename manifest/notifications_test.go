package manifest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/manifest"
)

func TestReadNotifications(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(examples, "notifications", "notifications.yaml"))
	require.NoError(t, err)
	d, err := manifest.ReadNotifications(strings.NewReader(string(raw)))
	require.NoError(t, err)
	require.Equal(t, []string{"team", "releases", "oncall", "managers"}, d.Names())
	require.Len(t, d.Rules, 3)

	_, err = manifest.ReadNotifications(strings.NewReader(`apiVersion: slipway.dev/v1
kind: Notifications
spec:
  channels:
    - name: team
      type: slak
    - {name: mail, type: email, urlFile: /a, user: x}
  rules:
    - to: [teem]
      when: [batch.wait]
`))
	for _, want := range []string{
		`channels[0].type: "slak" is no type of channel`, "did you mean slack? (line 6)",
		"channels[1].urlFile: has no meaning for a channel of type email; leave it out (line 7)", "channels[1].user: is not a field here", "(line 7)",
		`rules[0].to[0]: "teem" is no channel of the document; did you mean team? (line 9)`, `rules[0].when[0]: "batch.wait" is no event`, "(line 10)",
	} {
		require.ErrorContains(t, err, want)
	}
	_, err = manifest.Read(strings.NewReader(string(raw)), manifest.Overrides{})
	require.ErrorContains(t, err, "slipway notifier --notifications FILE")
}

// FuzzReadNotifications: whatever a file holds is a document or is refused.
func FuzzReadNotifications(f *testing.F) {
	raw, err := os.ReadFile(filepath.Join(examples, "notifications", "notifications.yaml"))
	require.NoError(f, err)
	f.Add(string(raw))
	f.Fuzz(func(t *testing.T, text string) {
		d, err := manifest.ReadNotifications(strings.NewReader(text))
		if err == nil {
			require.NoError(t, d.Validate())
		}
	})
}
