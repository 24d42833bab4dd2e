package redact

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What takes more than it may is cut as a whole, whether it is JSON or not.
func TestEditor_WhatGoesOnAndOnIsCutAsAWhole(t *testing.T) {
	t.Parallel()
	for _, data := range []string{`{"a":"token=hush, and more","b":[1]}`, "token=hush, and more"} {
		for budget := range 20 * len(data) {
			out, cut := clean([]byte(data), budget)
			require.True(t, cut)
			require.NotContains(t, string(out), "hush")
			if string(out) == `"`+Mark+`"` {
				continue
			}
			want, _ := New().Bytes([]byte(data))
			require.Equal(t, string(want), string(out))
		}
		out, _ := clean([]byte(data), 0)
		require.Equal(t, `"***"`, string(out))
	}
}
