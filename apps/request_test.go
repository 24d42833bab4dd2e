package apps_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/apps"
	"slipway/release"
	"slipway/wire"
)

// A spec that was resolved by name is asked for by name again with what the request said, whatever the document
// locks, and leads to the same release.
func TestApplication_RequestRepeatsWhatWasResolved(t *testing.T) {
	t.Parallel()
	app := release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "a"}
	document := func(says, locked string) apps.Application {
		e := apps.Environment{Name: "production", App: apps.At(app)}
		require.NoError(t, json.Unmarshal([]byte(says), &e.Release))
		require.NoError(t, json.Unmarshal([]byte(locked), &e.Locked))
		a := apps.New("shop", e)
		require.NoError(t, a.Validate())
		return a
	}
	gray := document(`{"strategy":{"type":"gray","gray":1,"batches":2,"watch":{"for":"10m"}},"limits":{"confirm":"8h"},"config":{"variables":[{"name":"A","value":"1"}]}}`, `["freeze.override","limits.confirm"]`)
	plain := document(`{}`, `["limits","lane"]`)
	for name, c := range map[string]struct {
		document apps.Application
		says     string
	}{
		"an image":            {gray, `{"artifact":{"image":"shop:2"},"requestedBy":"ann","note":"again"}`},
		"another default":     {gray, `{"artifact":{"image":"shop:2"},"strategy":{"batches":3}}`},
		"another type":        {gray, `{"artifact":{"image":"shop:2"},"strategy":{"type":"all"}}`},
		"without a default":   {gray, `{"artifact":{"image":"shop:2"},"strategy":{"watch":null}}`},
		"another variable":    {gray, `{"artifact":{"image":"shop:2"},"config":{"variables":[{"name":"B","value":"2"}]}}`},
		"a rollback":          {gray, `{"operation":"rollback","version":"v1"}`},
		"a restart":           {gray, `{"operation":"restart"}`},
		"all defaults locked": {plain, `{"artifact":{"image":"shop:2"},"strategy":{"type":"gray","gray":1,"batches":1}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, err := wire.ParseNamed([]byte(`{"application":"shop","environment":"production",` + c.says[1:]))
			require.NoError(t, err)
			spec, err := c.document.Resolve(first)
			require.NoError(t, err)
			again, err := c.document.Request("production", spec)
			require.NoError(t, err)
			resolved, err := c.document.Resolve(again)
			require.NoError(t, err)
			require.Equal(t, spec.Digest(), resolved.Digest())
			require.NotContains(t, again.Says, "limits")
		})
	}

	spec, err := plain.Resolve(wire.Named{Application: "shop", Environment: "production", Says: map[string]any{"artifact": map[string]any{"image": "shop:2"}}})
	require.NoError(t, err)
	spec.Limits.Total *= 2
	_, err = plain.Request("production", spec)
	require.ErrorContains(t, err, "limits is locked by application shop")
	spec.Limits, spec.App.ID = release.Limits{}, "b"
	_, err = plain.Request("production", spec.WithDefaults())
	require.ErrorContains(t, err, "leads to another release by now")
	_, err = plain.Request("staging", spec)
	require.ErrorContains(t, err, "is no environment of shop")
}
