package cli

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/render"
	"slipway/release"
)

// A lane of which nothing is known is not shown like one that is idle.
func TestUnknownLane(t *testing.T) {
	t.Parallel()
	app1 := release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "app-1"}
	for f, want := range map[render.Format]string{
		render.FormatTable: "Lane:   ? unknown",
		render.FormatJSON:  `"unknown": "no worker answers"`,
		render.FormatYAML:  "unknown: no worker answers",
	} {
		var out bytes.Buffer
		a := &app{World: World{Stdout: &out}}
		err := a.printUnknownLane(&temporalCall{format: f}, unknownLane{app1, "no worker answers"})
		require.EqualError(t, err, "lane sae/cn-hangzhou/app-1: no worker answers")
		require.Equal(t, exitError, exitCode(err))
		require.Contains(t, out.String(), want)
		require.NotContains(t, out.String(), "idle")
		if f == render.FormatJSON {
			var shown map[string]any
			require.NoError(t, json.Unmarshal(out.Bytes(), &shown))
			require.Len(t, shown, 2)
		}
	}
}
