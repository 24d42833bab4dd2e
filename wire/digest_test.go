package wire_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/wire"
)

// The content of a request keeps its digest on every way: as asked for, with its defaults,
// and read from JSON that is written otherwise.
func TestDigestSurvivesTheWire(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		spec := specs().Draw(t, "spec")
		want := spec.Digest()
		require.Regexp(t, `^sha256:[0-9a-f]{64}$`, want)
		require.Equal(t, want, spec.WithDefaults().Digest())

		data, err := json.Marshal(spec.WithDefaults())
		require.NoError(t, err)
		var tree map[string]any // encodes with its fields in another order
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.UseNumber() // as a float, a number beyond 2^53 is another one
		require.NoError(t, decoder.Decode(&tree))
		data, err = json.MarshalIndent(tree, "", "\t")
		require.NoError(t, err)
		read, err := wire.ParseSpec(data)
		require.NoError(t, err)
		require.Equal(t, want, read.Digest())

		msg, err := wire.EncodeRequest(wire.Origin{Source: "ci", ID: "42"}, spec)
		require.NoError(t, err)
		got, err := wire.DecodeRequest(msg)
		require.NoError(t, err)
		require.Equal(t, want, got.Spec.Digest())
	})
}
