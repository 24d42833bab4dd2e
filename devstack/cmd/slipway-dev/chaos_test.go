package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestChaos_AllThatIsWrongWithTheFlagsIsToldAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "of-others"), nil, 0o600))
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"chaos", "--minutes", "0", "--releases", "-1", "--every", "0s", "-o", "yaml", "--keep", dir}, &stdout, &stderr)
	require.Equal(t, 1, code)
	for _, flag := range []string{"--minutes", "--releases", "--every", "--output", "--keep"} {
		require.Contains(t, stderr.String(), flag)
	}
	require.Empty(t, stdout.String())
}

func TestChaos_MissingProgramsAreNamed(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"chaos", "--seed", "7", "--slipway", filepath.Join(t.TempDir(), "slipway"), "--keep", t.TempDir()}, &stdout, &stderr)
	require.Equal(t, 1, code)
	require.Contains(t, stderr.String(), "seed 7")
	for _, program := range []string{"slipway:", "saesim:", "fcsim:", "servicestagesim:", "make build"} {
		require.Contains(t, stderr.String(), program)
	}
}

func TestExitCode_ViolationsAreNoFailureToRun(t *testing.T) {
	t.Parallel()
	require.Equal(t, 1, exitCode(errors.New("nothing listens")))
	require.Equal(t, 2, exitCode(fmt.Errorf("chaos: %w", foundError{"3 violations"})))
}
