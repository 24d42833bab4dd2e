package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"slipway/authority"
	"slipway/cmd/slipway/internal/render"
	"slipway/internal/documents"
	"slipway/wire"
)

// run is a run of the command without an environment.
func runAlone(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = Run(t.Context(), args, Env{Stdout: &stdout, Stderr: &stderr, Getenv: func(string) string { return "" }})
	return code, stdout.String(), stderr.String()
}

func TestSign_AKeyIsMadeAndSignsWhatIsPublished(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "sign.nk")
	code, out, errs := runAlone(t, "authority", "keygen", file)
	require.Equal(t, exitOK, code, errs)
	public := out[:len(out)-1]
	require.Empty(t, wire.PublicKeyFault(public))
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	seed, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NotContains(t, out+errs, string(bytes.TrimSpace(seed)))

	code, _, errs = runAlone(t, "authority", "keygen", file)
	require.Equal(t, exitUsage, code)
	require.Contains(t, errs, "exists, and is not overwritten")
	again, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, seed, again)

	code, out, errs = runAlone(t, "deploy", "sae/cn-hangzhou/shop", "--image", "shop:2", "--by", "ann", "--sign-key", file, "--dry-run")
	require.Equal(t, exitOK, code, errs)
	got, err := wire.SignatureOf(&nats.Msg{Subject: "slipway.request.sae.shop", Data: []byte(out)})
	require.NoError(t, err)
	require.Equal(t, public, got.Key)
	require.WithinDuration(t, time.Now(), got.Time, time.Minute)
}

func TestSign_RefusesAFileThatIsNoKey(t *testing.T) {
	t.Parallel()
	write := func(content string, mode os.FileMode) string {
		path := filepath.Join(t.TempDir(), "key")
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		require.NoError(t, os.Chmod(path, mode))
		return path
	}
	const seed = "SUAJP3KWQYBOEDKPSV4AMOVAGWNT2HGIVUWQOUQTBW6SIAG4GB4VLJE6N4"
	for name, c := range map[string]struct{ path, want string }{
		"none":            {filepath.Join(t.TempDir(), "none"), "no such file"},
		"open to others":  {write("SUHUSH", 0o644), "is open to every user of this machine"},
		"no seed":         {write("SUHUSH", 0o600), "holds no seed of a user key of NATS"},
		"the seed itself": {seed, "is the seed itself"},
	} {
		code, _, errs := runAlone(t, "release", "approve", "r-abcdefghijklmnop", "--sign-key", c.path)
		require.Equal(t, exitUsage, code, name)
		require.Contains(t, errs, "setting sign-key (flag --sign-key): ", name)
		require.Contains(t, errs, c.want, name)
		require.Contains(t, errs, "slipway authority keygen FILE", name)
		require.NotContains(t, errs, seed)
	}
}

func TestAuthority_ShowsKeys(t *testing.T) {
	t.Parallel()
	text := authorityText(documents.Document[authority.Document]{Spec: &authority.Document{Keys: []authority.SigningKey{
		{Name: "ann-laptop", Identity: "ann", PublicKey: "UABC"},
		{Name: "li-laptop", Identity: "li", PublicKey: "UDEF", Until: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)},
	}}}, render.Style{Zone: time.UTC})
	require.Contains(t, text, "key ann-laptop: signs for ann with UABC\n")
	require.Contains(t, text, "key li-laptop: signs for li with UDEF, until 2027-01-01")
}
