package stack_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/saesim"
)

// TestExamplesNameTheDemoApplication keeps the first steps of the README working: the
// simulator's seed gives the application shop the ID that the examples name.
func TestExamplesNameTheDemoApplication(t *testing.T) {
	t.Parallel()
	sim, err := saesim.New(saesim.Config{})
	require.NoError(t, err)
	require.NoError(t, sim.SeedDemo())
	shop := sim.Apps()[0]
	require.Equal(t, "shop", shop.Name)
	for _, name := range []string{"all", "gray-manual", "gray-auto"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "examples", name+".yaml"))
		require.NoError(t, err)
		require.Contains(t, string(text), "id: "+shop.ID+"\n")
	}
}
