package simframe_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/internal/simframe"
)

func TestPathTemplate(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		template, path string
		params         map[string]string
	}{
		"no parameter":            {"/v3/tokens", "/v3/tokens", map[string]string{}},
		"parameters":              {"/v3/{project}/jobs/{job}", "/v3/p/jobs/j%2F1", map[string]string{"project": "p", "job": "j/1"}},
		"the rest":                {"/git/{repo}/{path...}", "/git/r/a/b%20c", map[string]string{"repo": "r", "path": "a/b c"}},
		"the rest is one":         {"/git/{repo}/{path...}", "/git/r/a", map[string]string{"repo": "r", "path": "a"}},
		"no rest":                 {"/git/{repo}/{path...}", "/git/r", nil},
		"too short":               {"/v3/{project}/jobs", "/v3/p", nil},
		"too long":                {"/v3/{project}", "/v3/p/jobs", nil},
		"another word":            {"/v3/{project}/jobs", "/v3/p/tasks", nil},
		"another word and a rest": {"/git/{path...}", "/svn/a/b", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			segments, ok := simframe.SplitPath(tt.path)
			require.True(t, ok)
			params, fits := simframe.ParsePath(tt.template).Match(segments)
			require.Equal(t, tt.params != nil, fits)
			if fits {
				require.Equal(t, tt.params, params)
			}
		})
	}
	for _, path := range []string{"/a//b", "/a/%zz", "/a/", "/"} {
		_, ok := simframe.SplitPath(path)
		require.False(t, ok, path)
	}
	require.Equal(t, 2, simframe.ParsePath("/v3/{project}/jobs").Literals())
}
