package systemtest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/devstack/stack"
)

// What is asked for while nobody accepts it is not unknown: what shows it, and every command to it, says
// that its request waits in the stream, and what helps.
func TestStored_CommandLine(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{WithoutWorker: true, WithoutStarter: true})
	cli := &commandLine{house: h, binary: slipwayBinary(t)}
	app := h.app()
	id := cli.out(0, "release", "submit", "-f", cli.releaseFile(app, "{type: gray, batches: 2, bake: 3s}"))
	shown := cli.out(0, "release", "get", id)
	require.Regexp(t, `(?m)^Awaiting: +no worker answers`, shown)
	require.Regexp(t, `(?m)^Next: +slipway doctor$`, shown)
	for _, command := range [][]string{
		{"release", "abort", id},
		{"release", "confirm", id},
		{"release", "confirm", id, "--batch", "1"},
		{"release", "retry", id},
		{"lane", "drop", app.SearchValue(), id},
	} {
		refused := cli.errOut(7, command...)
		require.Contains(t, refused, "as message 1 of stream SLIPWAY_IN, and has not been accepted yet: no worker answers", "%v", command)
		require.Contains(t, refused, "do not submit it again", "%v", command)
		require.Regexp(t, `(?m)^ +slipway doctor$`, refused, "%v", command)
	}
}
