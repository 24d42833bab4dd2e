package render_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/render"
	"slipway/internal/termtest"
)

// The picture of "slipway release watch" in the documents: a release whose gates are measured.
func TestRender_PictureOfWatch(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)
	size := termtest.Size{Columns: 100, Rows: 36}
	tree := render.Tree(gated(), at(30), render.Style{Color: true, Width: size.Columns, Height: size.Rows - 1, Zone: zone})
	svg := termtest.Draw(t, tree, size).SVG("slipway release watch: a release that is paused while its gates are measured, with its batches, scaling rules and decisions")
	termtest.Picture(t, "../../../../docs/images/watch.svg", svg, os.Getenv("UPDATE_GOLDEN") != "")
}
