package fcsdktest

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/fcclient"
	"slipway/fcsim"
)

// installed is a folder with the story and the client that it needs. Its scripts do not run.
func installed(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "fc2"))))
	install := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
	install.Dir = dir
	output, err := install.CombinedOutput()
	require.NoError(t, err, "npm ci: %s", output)
	return dir
}

func TestFC2_RunsThroughEveryOperation(t *testing.T) {
	t.Parallel()
	const sts = "STS.key-id" // the client knows temporary keys by their beginning
	sim, err := fcsim.New(fcsim.Config{
		Clock:          fcsim.SteppedClock(time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC)),
		AccessKeys:     map[string]string{fcsim.TestAccessKeyID: fcsim.TestAccessKeySecret, sts: "sts-secret"},
		SecurityTokens: map[string]string{sts: "sts-token"},
	})
	require.NoError(t, err)
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)

	story := exec.CommandContext(t.Context(), "node", "story.js")
	story.Dir = installed(t)
	story.Env = append(os.Environ(),
		"FC_ENDPOINT="+server.URL, "FC_ACCOUNT_ID="+fcsim.DefaultAccountID, "FC_REGION="+fcsim.DefaultRegion,
		"FC_KEY_ID="+fcsim.TestAccessKeyID, "FC_KEY_SECRET="+fcsim.TestAccessKeySecret,
		"FC_STS_ID="+sts, "FC_STS_SECRET=sts-secret", "FC_STS_TOKEN=sts-token",
	)
	output, err := story.CombinedOutput()
	require.NoError(t, err, "%s", output)
	calls := sim.Calls().Operations
	for _, op := range fcclient.Operations() {
		require.NotZero(t, calls[op.Name], "%s is not called", op.Name)
	}
}
