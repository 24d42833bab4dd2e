package policy_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/policy"
	"slipway/release"
)

const digest = "@sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

func shop() release.App {
	return release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "shop"}
}

// good is a release that meets everything that strict demands.
func good() release.Spec {
	return release.Spec{
		App: shop(), Artifact: release.Artifact{Image: "registry.example/team/shop" + digest}, RequestedBy: "ci",
		Strategy: release.Strategy{Type: release.StrategyBatch, Batches: 2, Watch: &release.Watch{For: minutes(10), Gates: []release.Gate{{Name: "ok"}}}},
		Approval: &release.Approval{Count: 2, From: []string{"ann", "li"}, NotRequester: true, Verified: true},
	}.WithDefaults()
}

func minutes(n int) release.Duration { return release.Duration(n) * 60e9 }

func strict() policy.Policy {
	return policy.Policy{Name: "production", Scopes: []string{"sae/*/shop"}, Demands: policy.Demands{
		Images:     &policy.Images{Registries: []string{"registry.example/team", "mirror.example:5000"}, Digest: true},
		Approval:   &policy.Approval{Count: 2, From: []string{"ann", "li", "mei"}, NotRequester: true, Verified: true},
		Watch:      &policy.Watch{For: minutes(10), Gates: true},
		Strategies: []release.StrategyType{release.StrategyBatch, release.StrategyGray},
		Confirm:    release.ConfirmManual, RollbackOnFailure: true,
	}}
}

// TestJudge: each demand refuses what does not meet it, by its field, and nothing else.
func TestJudge(t *testing.T) {
	t.Parallel()
	image := func(of string) func(*release.Spec) {
		return func(s *release.Spec) { s.Artifact.Image = of }
	}
	for name, c := range map[string]struct {
		change func(*release.Spec)
		// want are demand:field of the refusals.
		want []string
	}{
		"all is met":                     {func(*release.Spec) {}, nil},
		"a tag":                          {image("registry.example/team/shop:1"), []string{"images.digest:artifact.image"}},
		"a tag and a digest":             {image("registry.example/team/shop:1" + digest), nil},
		"another registry with a port":   {image("mirror.example:5000/x" + digest), nil},
		"its port is part of it":         {image("mirror.example/x" + digest), []string{"images.registries:artifact.image"}},
		"a registry that begins alike":   {image("registry.example.evil/team/shop" + digest), []string{"images.registries:artifact.image"}},
		"a path that begins alike":       {image("registry.example/teams/shop" + digest), []string{"images.registries:artifact.image"}},
		"the registry in the path":       {image("evil.example/registry.example/team/shop" + digest), []string{"images.registries:artifact.image"}},
		"Docker Hub":                     {image("shop:1"), []string{"images.digest:artifact.image", "images.registries:artifact.image"}},
		"a package":                      {func(s *release.Spec) { s.Artifact = release.Artifact{Package: &release.Package{}} }, []string{"images:artifact.package"}},
		"a change of others":             {func(s *release.Spec) { s.Adopt, s.Artifact = "c-1", release.Artifact{} }, []string{"images:adopt"}},
		"configuration alone":            {func(s *release.Spec) { s.Config, s.Artifact = &release.Config{}, release.Artifact{} }, nil},
		"nobody is asked":                {func(s *release.Spec) { s.Approval = nil }, []string{"approval:approval"}},
		"one person":                     {func(s *release.Spec) { s.Approval.Count = 1 }, []string{"approval.count:approval.count"}},
		"the requester may":              {func(s *release.Spec) { s.Approval.NotRequester = false }, []string{"approval.notRequester:approval.notRequester"}},
		"claims count":                   {func(s *release.Spec) { s.Approval.Verified = false }, []string{"approval.verified:approval.verified"}},
		"anybody may":                    {func(s *release.Spec) { s.Approval.From = nil }, []string{"approval.from:approval.from"}},
		"others may":                     {func(s *release.Spec) { s.Approval.From = []string{"ann", "bo"} }, []string{"approval.from:approval.from"}},
		"it goes on unapproved":          {func(s *release.Spec) { s.Approval.OnTimeout = release.TimeoutContinue }, []string{"approval:approval.onTimeout"}},
		"no watch":                       {func(s *release.Spec) { s.Strategy.Watch = nil }, []string{"watch:strategy.watch"}},
		"a short watch that asks nobody": {func(s *release.Spec) { s.Strategy.Watch = &release.Watch{For: minutes(9)} }, []string{"watch.for:strategy.watch.for", "watch.gates:strategy.watch.gates"}},
		"all at once":                    {func(s *release.Spec) { s.Strategy.Type = release.StrategyAll }, []string{"strategies:strategy.type"}},
		"by itself":                      {func(s *release.Spec) { s.Strategy.Confirm = release.ConfirmAuto }, []string{"confirm:strategy.confirm"}},
		"by itself in the end":           {func(s *release.Spec) { s.Limits.OnConfirmTimeout = release.TimeoutContinue }, []string{"confirm:limits.onConfirmTimeout"}},
		"unapproved between batches":     {func(s *release.Spec) { s.Strategy.Approval = &release.Approval{OnTimeout: release.TimeoutContinue} }, []string{"confirm:strategy.approval.onTimeout"}},
		"no way back":                    {func(s *release.Spec) { s.Rollback.OnFailure = new(false) }, []string{"rollbackOnFailure:rollback.onFailure"}},
		"everything at once": {func(s *release.Spec) {
			*s = release.Spec{App: shop(), Artifact: release.Artifact{Image: "shop:1"}}.WithDefaults()
		}, []string{
			"images.digest:artifact.image", "images.registries:artifact.image", "approval:approval", "watch:strategy.watch", "strategies:strategy.type",
		}},
		"another application": {func(s *release.Spec) { s.App.ID, s.Approval = "stock", nil }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := good()
			c.change(&spec)
			var got []string
			for _, r := range policy.Judge([]policy.Policy{strict()}, spec, nil) {
				require.Equal(t, "production", r.Policy)
				require.NotEmpty(t, r.Message)
				require.NotEmpty(t, r.Remedy)
				got = append(got, r.Demand+":"+r.Field)
			}
			require.Equal(t, c.want, got)
		})
	}
}

// TestJudge_OnlyWhatIsBroughtIsHeld: no policy stands in the way of what brings nothing, least of all of the way
// back.
func TestJudge_OnlyWhatIsBroughtIsHeld(t *testing.T) {
	t.Parallel()
	for _, op := range []release.Operation{release.OperationRollback, release.OperationRestart, release.OperationRescale, release.OperationJob} {
		require.Empty(t, policy.Judge([]policy.Policy{strict()}, release.Spec{App: shop(), Operation: op}.WithDefaults(), nil), op)
	}
	require.NotEmpty(t, policy.Judge([]policy.Policy{strict()}, release.Spec{App: shop()}.WithDefaults(), nil))
}

func TestPolicy_Covers(t *testing.T) {
	t.Parallel()
	names := []string{"shop/production"}
	for scope, want := range map[string]bool{
		"*": true, "sae": true, "sae/cn-hangzhou/sh*": true, "fc": false, "sae/cn-beijing": false,
		"app": true, "app/shop": true, "app/*/production": true, "app/*/prod*": true, "app/shop/staging": false, "app/till": false,
		"a*/*/production": false, // of a platform
	} {
		require.Equal(t, want, policy.Policy{Scopes: []string{scope}}.Covers(shop(), names), scope)
	}
	require.False(t, policy.Policy{Scopes: []string{"app"}}.Covers(shop(), nil), "it has no name")
}

// TestAdmit: what is asked and passed over is noted, with the reason; another policy still refuses, and one that there
// is not cannot be passed over.
func TestAdmit(t *testing.T) {
	t.Parallel()
	prod, watch := strict(), policy.Policy{Name: "watched", Scopes: []string{"*"}, Demands: policy.Demands{Watch: &policy.Watch{}}}
	found := []policy.Document{{Revision: 3, Spec: &prod}, {Revision: 5, Spec: &watch}, {Revision: 7, Spec: &policy.Policy{Name: "far", Scopes: []string{"fc"}, Demands: watch.Demands}}}
	var a release.Admission
	require.NoError(t, policy.Admit(found, good(), nil, &a))
	require.Equal(t, release.Admission{Policies: "production@3, watched@5"}, a)

	spec := good()
	spec.Artifact.Image, spec.Strategy.Watch = "shop:1", nil
	spec.Policy = release.PolicyOverride{Override: []string{"production", "gone"}, Reason: "payment is\n down"}
	err := policy.Admit(found, spec, nil, &a)
	require.ErrorContains(t, err, `policy.override[1]: "gone" is no policy`)
	require.ErrorContains(t, err, "strategy.watch: policy watched demands that the new version is watched after the last batch (watch); give strategy.watch")
	require.NotContains(t, err.Error(), "policy production")
	require.ErrorContains(t, err, "pass over it with policy.override and a reason")

	spec.Policy.Override, a = []string{"watched", "production", "far"}, release.Admission{}
	require.NoError(t, policy.Admit(found, spec, nil, &a))
	require.Equal(t, release.Admission{Policies: "production@3, watched@5", PolicyOverride: "production, watched: payment is down"}, a)
}

func TestParse_TellsEverythingAtOnce(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		`{}`: {"name: ", "scopes: is required", "demands: is required"},
		`{"name":"a","scopes":["aws","set/x","app/a/b/c"],"demands":{"confirm":"auto","strategies":["blue","blue"],"images":{},"approval":{"count":21,"from":[""]},"watch":{"for":"9000h"},"cost":1}}`: {
			`scopes[0]: "aws" is no platform`, `scopes[1]: "set" is no platform`, "scopes[2]: ", "demands.confirm: ", `demands.strategies[0]: "blue" is unknown`, "demands.strategies[1]: ",
			"demands.images: must have", "demands.approval.count: ", "demands.approval.from[0]: ", "demands.watch.for: ", "demands.cost: is not a field here",
		},
		`{"name":"a","scopes":["*"],"demands":{"images":{"registries":["team/shop","https://registry.example","Registry.example","registry.example/"]}}}`: {
			"registries[0]: must begin with the host", "registries[1]: ", "registries[2]: ", "registries[3]: ",
		},
		`{"name":"a","scopes":["*"],"demands":{"approval":{"count":2,"from":["ann"]}}}`: {"demands.approval.from: names fewer people"},
	} {
		_, err := policy.Parse([]byte(text))
		for _, each := range want {
			require.ErrorContains(t, err, each)
		}
	}
	_, err := policy.Parse([]byte(`{"name":"` + strings.Repeat("a", policy.MaxDocument) + `"}`))
	require.ErrorContains(t, err, "at most 32768 are taken")
}

// Whatever an image is called, it comes from a registry only if its own is that one, and its path lies within.
func TestJudge_ImagesComeFromWhereTheySay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		host := rapid.SampledFrom([]string{"registry.example", "registry.example.evil", "registry.example:5000", "evil-registry.example", "localhost"}).Draw(t, "host")
		path := rapid.SliceOfN(rapid.SampledFrom([]string{"team", "teams", "shop", "registry.example"}), 1, 3).Draw(t, "path")
		spec := good()
		spec.Artifact.Image = host + "/" + strings.Join(path, "/") + ":1"
		p := policy.Policy{Name: "p", Scopes: []string{"*"}, Demands: policy.Demands{Images: &policy.Images{Registries: []string{"registry.example/team"}}}}
		require.NoError(t, p.Validate())
		require.Equal(t, host == "registry.example" && path[0] == "team", len(policy.Judge([]policy.Policy{p}, spec, nil)) == 0, spec.Artifact.Image)
	})
}

// FuzzParse: what is taken is valid, and is read again as it is written.
func FuzzParse(f *testing.F) {
	raw, err := json.Marshal(strict())
	require.NoError(f, err)
	f.Add(raw)
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := policy.Parse(data)
		if err != nil {
			return
		}
		raw, err := json.Marshal(p)
		require.NoError(t, err)
		again, err := policy.Parse(raw)
		require.NoError(t, err)
		require.Equal(t, p.Name, again.Name)
		policy.Judge([]policy.Policy{p}, good(), []string{"shop/production"})
	})
}
