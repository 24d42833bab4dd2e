package saesim

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReadmeNamesWhatIsServed(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	for name := range handlers() {
		require.Regexp(t, `\b`+name+`\b`, string(text))
	}
	require.Contains(t, string(text), fmt.Sprintf("all 79 of the reference and %d of the 73", len(handlers())-79))
	for op, names := range unservedParams() {
		for _, name := range names {
			require.Regexp(t, `\b`+name+`\b`, string(text), "%s: why it is refused", op)
		}
	}
	for _, kind := range faultRules().AllKinds() {
		require.Contains(t, string(text), "`"+string(kind)+"`")
	}
}
