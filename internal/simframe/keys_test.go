package simframe_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/internal/simframe"
)

func TestCheckKeys(t *testing.T) {
	t.Parallel()
	require.Empty(t, simframe.CheckKeys(map[string]string{"id": "secret"}))
	require.NotEmpty(t, simframe.CheckKeys(map[string]string{"id": ""}))
	require.NotEmpty(t, simframe.CheckKeys(map[string]string{"": "secret"}))
}
