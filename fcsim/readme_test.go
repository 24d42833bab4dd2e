package fcsim

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/fcclient"
)

func TestReadme_NamesWhatIsServed(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	served := handlers()
	for name := range served {
		require.Regexp(t, `\b`+name+`\b`, string(text))
	}
	for _, op := range fcclient.Operations() {
		require.Contains(t, served, op.Name)
	}
	require.Contains(t, string(text), fmt.Sprintf("all %d of the reference", len(fcclient.Operations())))
	for _, kind := range faultRules().AllKinds() {
		require.Contains(t, string(text), "`"+string(kind)+"`")
	}
	for _, result := range results() {
		require.Contains(t, string(text), "`"+string(result)+"`")
	}
}
