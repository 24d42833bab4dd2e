package buildinfo

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRead_PrefersTheStampThenGoThenTheRevision(t *testing.T) {
	t.Parallel()
	const commit = "0123456789abcdef0123456789abcdef01234567"
	recorded := func(version string) *debug.BuildInfo {
		return &debug.BuildInfo{Main: debug.Module{Version: version}, Settings: []debug.BuildSetting{
			{Key: "vcs.revision", Value: commit}, {Key: "vcs.modified", Value: "true"},
		}}
	}
	for name, c := range map[string]struct {
		version, revision string
		built             *debug.BuildInfo
		want              Info
	}{
		"stamped":             {"v1.2.3", "abc", recorded("v0.0.0-1"), Info{Version: "v1.2.3", Revision: "abc", Modified: true}},
		"stamped without Go":  {"v1.2.3", "abc", nil, Info{Version: "v1.2.3", Revision: "abc"}},
		"by Go":               {"", "", recorded("v1.2.4"), Info{Version: "v1.2.4", Revision: commit, Modified: true}},
		"by the revision":     {"", "", recorded("(devel)"), Info{Version: "0123456789ab", Revision: commit, Modified: true}},
		"nobody knows it":     {"", "", &debug.BuildInfo{}, Info{Version: "(devel)"}},
		"not even Go's parts": {"", "", nil, Info{Version: "(devel)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.want.Go, c.want.Platform = runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH
			require.Equal(t, c.want, read(c.version, c.revision, c.built))
		})
	}
}

func TestLine(t *testing.T) {
	t.Parallel()
	b := Info{Version: "v1.2.3", Revision: "abc", Go: "go1.26.8", Platform: "linux/amd64"}
	require.Equal(t, "slipway v1.2.3 abc go1.26.8 linux/amd64", b.Line("slipway"))
	b.Revision = ""
	require.Equal(t, "saesim v1.2.3 go1.26.8 linux/amd64", b.Line("saesim"))
}

// The linker ignores a name that does not exist, so that only a binary shows that the Makefile
// and the Dockerfile stamp the right one.
func TestTheLinkerStampsIt(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "saesim")
	const into = "slipway/internal/buildinfo"
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-ldflags", "-X "+into+".version=v9.8.7 -X "+into+".revision=abcdef", "-o", binary, "slipway/cmd/saesim")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	out, err = exec.CommandContext(t.Context(), binary, "--version").Output()
	require.NoError(t, err)
	require.Contains(t, string(out), "saesim v9.8.7 abcdef go")
}
