package fc

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/fcclient"
	"slipway/release"
)

// TestRecord_IsReadAsItWasWritten: in the description of a version, and behind the words of an alias's.
func TestRecord_IsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	id := rapid.StringMatching(`([1-9][0-9]{0,3})?`)
	rapid.Check(t, func(t *rapid.T) {
		r := record{
			token:    release.Token(rapid.StringMatching(`r-[a-z2-7]{16}`).Draw(t, "release"), "rollout"),
			version:  id.Draw(t, "version"),
			from:     id.Draw(t, "from"),
			weights:  rapid.SliceOfN(rapid.IntRange(1, 99), 0, 20).Draw(t, "weights"),
			part:     rapid.StringMatching(`([a-z_][a-z0-9_-]{0,9})?`).Draw(t, "part"),
			target:   rapid.StringMatching(`[0-9]{0,3}`).Draw(t, "target"),
			code:     rapid.StringMatching(`[0-9]{0,20}`).Draw(t, "code"),
			artifact: rapid.SampledFrom([]string{"", "registry.example/shop:1", "oss://code/a b@c.zip@1.0"}).Draw(t, "artifact"),
		}
		if len(r.weights) == 0 {
			r.weights = nil
		}
		require.Equal(t, r, readRecord(r.text()))
		words := rapid.SampledFrom([]string{"", "production", "it has [brackets]", "slipway: not ours", "ends with a blank ", "[slipway:torn"}).Draw(t, "words")
		gotWords, got := splitDescription(joinDescription(words, r))
		require.Equal(t, words, gotWords)
		require.Equal(t, r, got)
		again := r
		again.version = "9999"
		gotWords, got = splitDescription(joinDescription(gotWords, again))
		require.Equal(t, words, gotWords, "one record takes the place of the one before")
		require.Equal(t, again, got)
	})
}

// FuzzRecord reads whatever stands in a description.
func FuzzRecord(f *testing.F) {
	for _, text := range []string{"", "by hand", "slipway:", "slipway:r-1:rollout weights=5,x from", "x [slipway:r from=1]", "[slipway:]]"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		words, r := splitDescription(text)
		if r.token == "" {
			require.Equal(t, text, words)
			return
		}
		require.True(t, strings.HasPrefix(text, words))
		again, same := splitDescription(joinDescription(words, r))
		require.Equal(t, words, again)
		require.Equal(t, r.token, same.token)
		_ = r.runs()
	})
}

func TestRecord_TellsTheArtifact(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]release.Artifact{
		"":                        {},
		"registry.example/shop:1": {Image: "registry.example/shop:1"},
		"oss://code/shop.zip@1.0": {Package: &release.Package{URL: "oss://code/shop.zip", Version: "1.0"}},
		"oss://code/a@b.zip@1":    {Package: &release.Package{URL: "oss://code/a@b.zip", Version: "1"}},
		"oss://code/shop.zip":     {Package: &release.Package{URL: "oss://code/shop.zip"}},
	} {
		require.Equal(t, want, record{artifact: text}.runs(), text)
	}
}

// TestAlias_WhatServes: of all forms in which clients leave an alias.
func TestAlias_WhatServes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		weights map[string]float64
		serves  string
		gray    string
		percent int
	}{
		"no weights":                   {nil, "3", "", 0},
		"none any more":                {map[string]float64{}, "3", "", 0},
		"a step":                       {map[string]float64{"7": 0.05}, "3", "7", 5},
		"a step of a third":            {map[string]float64{"7": 0.29}, "3", "7", 29},
		"all to the other":             {map[string]float64{"7": 1}, "7", "", 0},
		"nothing to the other":         {map[string]float64{"7": 0}, "3", "", 0},
		"the main version by itself":   {map[string]float64{"3": 0.5}, "3", "", 0},
		"one has all, another a share": {map[string]float64{"7": 1, "8": 0.1}, "7", "8", 10},
	} {
		a := aliasOf(fcclient.Alias{VersionID: "3", AdditionalVersionWeight: c.weights}, "")
		gray, percent := a.gray()
		require.Equal(t, []any{c.serves, c.gray, c.percent}, []any{a.serves(), gray, percent}, name)
		require.Equal(t, c.gray == "", a.only(c.serves), name)
		require.Equal(t, c.gray != "", a.busy("") != nil, name)
	}
}
