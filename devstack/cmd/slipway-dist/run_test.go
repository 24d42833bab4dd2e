package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRun_Refused(t *testing.T) {
	t.Parallel()
	dockerfile := filepath.Join(t.TempDir(), "Dockerfile")
	require.NoError(t, os.WriteFile(dockerfile, []byte("FROM 127.0.0.1:1/golang:1.26.8\n"), 0o600))
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"a time that is none":            {[]string{"make", "--time", "today"}, `error: --time "today": must be the time of the commit`},
		"a platform that is none":        {[]string{"make", "--time", "2026-11-30T12:00:00Z", "--target", "linux"}, `error: --target "linux": must be a system and an architecture`},
		"a version that is none":         {[]string{"make", "--time", "2026-11-30T12:00:00Z", "--out", t.TempDir()}, `error: version ""`},
		"an output that is unknown":      {[]string{"make", "-o", "yaml"}, `error: --output: "yaml" is unknown`},
		"a registry that is not there":   {[]string{"pin", dockerfile}, "error: nothing was changed, since not every digest could be read:\n" + dockerfile + ":1: 127.0.0.1:1/golang:1.26.8: registry 127.0.0.1:1: "},
		"no files to pin":                {[]string{"pin"}, "requires at least 1 arg"},
		"a folder without a module":      {[]string{"licences", "--root", t.TempDir()}, "error: packages for linux/amd64"},
		"a program that is not there":    {[]string{"vulncheck", "--database", "file://" + t.TempDir(), "none"}, "error: none: "},
		"a commit that is none":          {[]string{"previous", "--from", "v9.9.9"}, `error: "v9.9.9" is no commit of this repository`},
		"a folder that is no repository": {[]string{"previous", "--root", t.TempDir()}, "error: git log: "},
		"a command that does not exist":  {[]string{"ship"}, `unknown command "ship"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			require.Equal(t, 1, run(t.Context(), c.args, &stdout, &stderr))
			require.Contains(t, stderr.String(), c.says)
		})
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	targets, err := parse([]string{"linux/arm64"})
	require.NoError(t, err)
	require.Equal(t, "linux/arm64", targets[0].String())
	_, err = parse([]string{"linux"})
	require.ErrorContains(t, err, `--target "linux": must be a system and an architecture`)
}

// Who cannot reach the database is told that they know nothing, and can go on.
func TestRun_VulncheckSaysThatNothingWasChecked(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	require.Equal(t, 0, run(t.Context(), []string{"vulncheck", "--database", "http://127.0.0.1:1", "none"}, &stdout, &stderr))
	require.Contains(t, stdout.String(), "NOTHING WAS CHECKED: the database of vulnerabilities http://127.0.0.1:1 cannot be read: ")
	require.Empty(t, stderr.String())
}
