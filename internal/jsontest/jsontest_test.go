package jsontest_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/internal/jsontest"
)

const text = `{"a":1,"b":[{"c":"x"},{"c":null}],"d":{"e":true}}`

func TestLacks(t *testing.T) {
	t.Parallel()
	for wanted, lack := range map[string]string{
		`{}`:                     "",
		`{"b":[{"c":"x"},{}]}`:   "",
		`{"b":[{},{"c":null}]}`:  "",
		`{"d":{"e":true},"a":1}`: "",
		`{"a":2}`:                "it.a is 1, not 2",
		`{"f":1}`:                "it has no f",
		`{"b":[{}]}`:             "no list of 1",
		`{"b":[{},{"c":"y"}]}`:   "it.b.1.c is <nil>, not y",
		`{"a":{}}`:               "it.a is 1, no object",
		`{"a":[]}`:               "it.a is 1, no list of 0",
		`{`:                      "what is wanted is no JSON",
	} {
		if lack == "" {
			require.Empty(t, jsontest.Lacks([]byte(text), wanted), wanted)
		} else {
			require.Contains(t, jsontest.Lacks([]byte(text), wanted), lack, wanted)
		}
	}
	require.Contains(t, jsontest.Lacks([]byte("<html>"), "{}"), "it is no JSON")
}

func TestAt(t *testing.T) {
	t.Parallel()
	var value any
	require.NoError(t, json.Unmarshal([]byte(text), &value))
	require.Equal(t, "x", jsontest.At(value, "b.0.c"))
	require.Equal(t, true, jsontest.At(value, "d.e"))
	for _, place := range []string{"b.2", "b.-1", "b.x", "a.b", "f", "d.e.g"} {
		require.Nil(t, jsontest.At(value, place), place)
	}
}
