package release_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

func digestOf(t *testing.T, data string) string {
	t.Helper()
	var s release.Spec
	require.NoError(t, json.Unmarshal([]byte(data), &s))
	return s.Digest()
}

func TestDigestIsOfTheMeaningNotOfTheSpelling(t *testing.T) {
	t.Parallel()
	const app = `"app":{"platform":"sae","region":"cn-hangzhou","id":"app-1"}`
	for name, c := range map[string]struct{ plain, spelled string }{
		"blanks, order and empty lists": {
			`{` + app + `,"artifact":{"image":"shop:1"}}`,
			`{"artifact": {"image": "shop:1"}, "strategy": {"gates": [], "schedule": null}, "traffic": {}, ` + app + `}`,
		},
		"defaults of all": {
			`{` + app + `}`,
			`{` + app + `,"operation":"release","strategy":{"type":"all"},"scaling":{"suspend":true},"rollback":{"onFailure":true},
			 "limits":{"confirm":"1440m","platformApproval":"72h","total":"168h","onConfirmTimeout":"abort"},"lane":{"policy":"queue"}}`,
		},
		"defaults of batch": {
			`{` + app + `,"strategy":{"type":"batch"}}`,
			`{` + app + `,"strategy":{"type":"batch","batches":2,"confirm":"manual"}}`,
		},
		"defaults of gray and of its gates": {
			`{` + app + `,"strategy":{"type":"gray","gates":[{"name":"up","http":{"url":"http://x/"}}]}}`,
			`{` + app + `,"strategy":{"type":"gray","gray":1,"batches":1,"confirm":"manual","gates":[{"name":"up","samples":1,"interval":"30s",
			 "noData":"inconclusive","http":{"url":"http://x/","method":"GET","timeout":"5s"}}]}}`,
		},
		"defaults of the gates of a watch": {
			`{` + app + `,"strategy":{"watch":{"for":"1h","gates":[{"name":"up","http":{"url":"http://x/"}}]}}}`,
			`{` + app + `,"strategy":{"watch":{"for":"60m","gates":[{"name":"up","samples":1,"interval":"30s",
			 "noData":"inconclusive","http":{"url":"http://x/","method":"GET","timeout":"5s"}}]}}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, digestOf(t, c.plain), digestOf(t, c.spelled))
			var s release.Spec
			require.NoError(t, json.Unmarshal([]byte(c.plain), &s))
			data, err := json.Marshal(s)
			require.NoError(t, err)
			require.Equal(t, fmt.Sprintf("sha256:%x", sha256.Sum256(data)), s.Digest(), "no default is part of it, so that one that is added later is none either")
		})
	}
}

func TestDigestTellsWhatDiffers(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for name, change := range map[string]func(*release.Spec){
		"nothing":      func(*release.Spec) {},
		"application":  func(s *release.Spec) { s.App.Region = "cn-beijing" },
		"image":        func(s *release.Spec) { s.Artifact.Image = "registry.example/shop:1.4.3" },
		"strategy":     func(s *release.Spec) { s.Strategy.Type = release.StrategyBatch },
		"gray":         func(s *release.Spec) { s.Strategy.Type = release.StrategyGray },
		"ready":        func(s *release.Spec) { s.Strategy.MinReadyInstances = new(0) },
		"suspend":      func(s *release.Spec) { s.Scaling.Suspend = new(false) },
		"rollback":     func(s *release.Spec) { s.Rollback.OnFailure = new(false) },
		"limit":        func(s *release.Spec) { s.Limits.Confirm = 1 },
		"requested by": func(s *release.Spec) { s.RequestedBy = "mei" },
		"note":         func(s *release.Spec) { s.Note = "hotfix" },
	} {
		s := validSpec()
		change(&s)
		other, taken := seen[s.Digest()]
		require.False(t, taken, "%s and %s have one digest", name, other)
		seen[s.Digest()] = name
	}
}

// An event that comes again after an upgrade must have the digest under which it is
// recorded. A default that WithDefaults sets and withoutDefaults does not drop changes
// these.
func TestDigestsStayWhatTheyAre(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]string{
		`{}`:                            "sha256:5d9eec6b3d625f2da6ebbea030978c862e30dc9734af78dcd52d63b2324d77f5",
		`{"strategy":{"type":"batch"}}`: "sha256:58dd1eb40b456078e08d719cc0869eaffc0c0172d8898210030e88b1bd68a832",
		`{"strategy":{"type":"gray","gates":[{"name":"up","http":{"url":"http://x/"}},{"name":"errors","prometheus":{"address":"http://p","query":"up"}}]}}`: "sha256:91a80310560e45c82d05e58309f231f0c64f9be0589226d50f2180fa9fa9c3f0",
	} {
		s := release.Spec{App: release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "app-1"}, Artifact: release.Artifact{Image: "shop:1"}}
		require.NoError(t, json.Unmarshal([]byte(data), &s))
		require.Equal(t, want, s.Digest(), data)
	}
}

func TestDigestChangesNothing(t *testing.T) {
	t.Parallel()
	s := validSpec()
	s.Strategy = release.Strategy{Type: release.StrategyGray, Gates: []release.Gate{{Name: "up", HTTP: &release.HTTPGate{URL: "http://x/"}}}}
	s = s.WithDefaults()
	before, err := json.Marshal(s)
	require.NoError(t, err)
	_ = s.Digest()
	after, err := json.Marshal(s)
	require.NoError(t, err)
	require.Equal(t, string(before), string(after))
}
