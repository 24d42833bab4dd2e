package clientrt_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/internal/clientrt"
)

type wiredPart struct {
	Key     cloudapi.Secret `json:"key,omitempty"`
	Empty   string          `json:"empty,omitempty"`
	Kept    string          `json:"kept"`
	Off     *bool           `json:"off,omitempty"`
	Step    int             `json:"step,string"`
	Unknown cloudapi.UnknownFields
}

type wiredWhole struct {
	Parts   []wiredPart                `json:"parts,omitempty"`
	Secrets map[string]cloudapi.Secret `json:"secrets,omitempty"`
	Raw     json.RawMessage            `json:"raw,omitempty"`
	None    *wiredPart                 `json:"none"`
}

func TestWire_GivesWhatTravels(t *testing.T) {
	t.Parallel()
	text, err := clientrt.WireText(wiredWhole{
		Parts:   []wiredPart{{Key: "<k>", Off: new(false), Step: 2, Unknown: cloudapi.UnknownFields{"z": []byte(`{"a":[1]}`), "b": []byte(`"c"`)}}},
		Secrets: map[string]cloudapi.Secret{"b": "2", "a": "1"},
		Raw:     json.RawMessage(`[1, 2]`),
	})
	require.NoError(t, err)
	require.Equal(t, `{"parts":[{"key":"<k>","kept":"","off":false,"step":"2","b":"c","z":{"a":[1]}}],"secrets":{"a":"1","b":"2"},"raw":[1,2],"none":null}`, string(text))
}

func TestWire_TheZeroValueIsNothing(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]any{"struct": wiredWhole{}, "map": map[string]string(nil), "nothing": nil} {
		text, err := clientrt.WireText(v)
		require.NoError(t, err, name)
		require.Empty(t, text, name)
	}
	text, err := clientrt.WireText(map[string]string{})
	require.NoError(t, err)
	require.Equal(t, `{}`, string(text), "an empty object is a value")
}

func TestWire_WhatIsLeftOfASecretIsRefused(t *testing.T) {
	t.Parallel()
	_, err := clientrt.WireText(wiredWhole{Parts: []wiredPart{{Key: cloudapi.Redacted}}})
	require.ErrorContains(t, err, "parts: [0]: key: holds the mark of a redacted secret")
}
