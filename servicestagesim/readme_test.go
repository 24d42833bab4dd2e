package servicestagesim

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/servicestageclient"
)

func TestReadme_NamesWhatIsServed(t *testing.T) {
	t.Parallel()
	written, err := os.ReadFile("README.md")
	require.NoError(t, err)
	text := string(written)
	served := handlers()
	for _, op := range documented() {
		require.Regexp(t, `\b`+op.Name+`\b`, text)
		require.Contains(t, served, op.Name)
	}
	require.Contains(t, text, fmt.Sprintf("all %d operations", len(servicestageclient.Operations())))
	require.Contains(t, text, fmt.Sprintf("all %d of the reference", len(documented())))
	for _, kind := range faultRules().AllKinds() {
		require.Contains(t, text, "`"+string(kind)+"`")
	}
	for _, result := range results() {
		require.Contains(t, text, "`"+string(result)+"`")
	}
	for _, word := range []string{TestAccessKeyID, TestAccessKeySecret, TestUser, TestPassword, DefaultDomain, codeUnauthorized, codeForbidden, codeNoSuchAPI, codeApplicationExists} {
		require.Contains(t, text, word)
	}
}
