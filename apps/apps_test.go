package apps_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/apps"
	"slipway/release"
	"slipway/wire"
)

const shop = `{
  "name": "shop",
  "environments": [
    {"name": "staging", "app": {"platform": "sae", "region": "cn-hangzhou", "id": "shop-staging"}},
    {"name": "production", "app": {"platform": "sae", "region": "cn-hangzhou", "id": "shop-production"},
     "release": {
       "strategy": {"type": "gray", "gray": 2, "batches": 3, "confirm": "auto", "bake": "5m", "watch": {"for": "10m"}},
       "limits": {"confirm": "2h", "total": "8h"},
       "config": {"variables": [{"name": "ZONE", "value": "cn"}, {"name": "LEVEL", "value": "info"}]}
     },
     "locked": ["strategy.gray", "limits.total", "freeze.override", "config.platform"]}
  ]
}`

func parsed(t require.TestingT) apps.Application {
	a, err := apps.Parse([]byte(shop))
	require.NoError(t, err)
	return a
}

func named(t require.TestingT, data string) wire.Named {
	n, err := wire.ParseNamed([]byte(data))
	require.NoError(t, err)
	return n
}

func TestResolve_WhatTheRequestSaysWinsOverTheDocument(t *testing.T) {
	t.Parallel()
	type check func(t *testing.T, s release.Spec)
	for name, c := range map[string]struct {
		says  string
		check check
	}{
		"the defaults of the document": {`"artifact":{"image":"shop:1"}`, func(t *testing.T, s release.Spec) {
			t.Helper()
			require.Equal(t, release.App{Platform: "sae", Region: "cn-hangzhou", ID: "shop-production"}, s.App)
			require.Equal(t, 2, s.Strategy.Gray)
			require.Equal(t, release.Duration(5*time.Minute), s.Strategy.Bake)
			require.Equal(t, release.Duration(8*time.Hour), s.Limits.Total)
			require.Equal(t, release.DefaultQueueLimit, s.Limits.Queue, "and then those of a release")
		}},
		"a field within a group": {`"artifact":{"image":"shop:1"},"strategy":{"batches":1}`, func(t *testing.T, s release.Spec) {
			t.Helper()
			require.Equal(t, 1, s.Strategy.Batches)
			require.Equal(t, release.ConfirmAuto, s.Strategy.Confirm)
		}},
		"null takes a default out": {`"artifact":{"image":"shop:1"},"strategy":{"watch":null}`, func(t *testing.T, s release.Spec) {
			t.Helper()
			require.Nil(t, s.Strategy.Watch)
		}},
		"variables are merged by name": {`"artifact":{"image":"shop:1"},"config":{"variables":[{"name":"LEVEL","value":"debug"},{"name":"X","value":"1"}]}`, func(t *testing.T, s release.Spec) {
			t.Helper()
			var said []string
			for _, v := range s.Config.Variables {
				said = append(said, v.Name+"="+*v.Value)
			}
			require.Equal(t, []string{"ZONE=cn", "LEVEL=debug", "X=1"}, said)
		}},
		"a rollback is done at once": {`"operation":"rollback"`, func(t *testing.T, s release.Spec) {
			t.Helper()
			require.Equal(t, release.Strategy{Type: "all"}, s.Strategy)
			require.Nil(t, s.Config)
			require.Equal(t, release.Duration(2*time.Hour), s.Limits.Confirm)
		}},
		"a change that is there already": {`"artifact":{"image":"shop:1"},"adopt":"co-1"`, func(t *testing.T, s release.Spec) {
			t.Helper()
			require.Nil(t, s.Config)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec, err := parsed(t).Resolve(named(t, `{"application":"shop","environment":"production",`+c.says+`}`))
			require.NoError(t, err)
			c.check(t, spec)
		})
	}
}

func TestResolve_AnotherTypeOfStrategyKeepsOnlyTheWatch(t *testing.T) {
	t.Parallel()
	a, err := apps.Parse([]byte(strings.Replace(shop, `"strategy.gray", `, "", 1)))
	require.NoError(t, err)
	s, err := a.Resolve(named(t, `{"application":"shop","environment":"production","artifact":{"image":"shop:1"},"strategy":{"type":"all"}}`))
	require.NoError(t, err)
	require.Equal(t, release.Strategy{Type: "all", Watch: s.Strategy.Watch}, s.Strategy)
	require.Equal(t, release.Duration(10*time.Minute), s.Strategy.Watch.For)
}

func TestResolve_RefusesEverythingAtOnce(t *testing.T) {
	t.Parallel()
	for says, want := range map[string][]string{
		`"artifact":{"image":"shop:1"},"strategy":{"gray":1}`: {
			"strategy.gray: strategy.gray is locked by application shop for production; leave it out, or have the document changed: slipway app apply",
		},
		`"artifact":{"image":"shop:1"},"strategy":{"type":"batch"}`: { // which would take no notice of it
			"strategy.type: strategy.gray is locked by application shop for production; leave it out, or have the document changed: slipway app apply",
		},
		`"artifact":{"image":"shop:1"},"strategy":null`: {
			"strategy: strategy.gray is locked by application shop for production; leave it out, or have the document changed: slipway app apply",
		},
		`"artifact":{"image":"shop:1"},"limits":{"total":"1h","confirm":"0s"},"freeze":{"override":"now"},"config":{"platform":{"Timezone":"UTC"}},"version":"1"`: {
			"limits.total: limits.total is locked", "freeze.override: freeze.override is locked", "config.platform: config.platform is locked",
			"version: has no meaning for a release",
		},
		`"note":"n"`: nil, // configuration alone, which the document brings
	} {
		_, err := parsed(t).Resolve(named(t, `{"application":"shop","environment":"production",`+says+`}`))
		if want == nil {
			require.NoError(t, err)
			continue
		}
		problems, ok := errors.AsType[release.Problems](err)
		require.True(t, ok, "%v", err)
		require.Len(t, problems, len(want), "%v", err)
		for _, each := range want {
			require.ErrorContains(t, err, each)
		}
	}
	_, err := parsed(t).Resolve(named(t, `{"application":"shop","environment":"prod","artifact":{"image":"shop:1"}}`))
	require.EqualError(t, err, "environment: \"prod\" is no environment of shop; there are staging, production; did you mean production?")
}

func TestParse_RefusesEverythingAtOnce(t *testing.T) {
	t.Parallel()
	const app = `{"platform":"sae","region":"cn-hangzhou","id":"a"}`
	document := func(environments string) string {
		return `{"name":"shop","environments":[` + environments + `]}`
	}
	promoting := func(steps string) string {
		two := document(`{"name":"a","app":` + app + `},{"name":"b","app":` + strings.Replace(app, `"id":"a"`, `"id":"b"`, 1) + `}`)
		return strings.TrimSuffix(two, "}") + `,"promotion":[` + steps + `]}`
	}
	for data, want := range map[string][]string{
		`{}`:          {`name: "" is not a name of 1-40`, "environments: must have at least one"},
		`[]`:          {"data: must be an object"},
		`{"spec":{}}`: {"spec: is not a field here; there are name, environments, promotion, triggers"},
		strings.Replace(document(`{"name":"a","app":`+app+`}`), `"shop"`, `"r-shop"`, 1):                {`name: "r-shop" begins as the ID of a release`},
		document(`{"name":"a","app":` + app + `},{"name":"a","app":` + app + `}`):                       {`environments[1].name: "a" is that of environments[0] already`, "environments[1].app: is the application of environment a already"},
		document(`{"name":"a","app":{"platform":"moon","region":"1","id":""}}`):                         {"environments[0].app.platform: ", "environments[0].app.region: "},
		document(`{"name":"a","app":` + app + `,"release":{"strategy":{"type":"gray","weights":[5]}}}`): {"environments[0].release.strategy.weights"},
		document(`{"name":"a","app":` + app + `,"release":{"artifact":{"image":"x"},"note":"n","freeze":{}}}`): {
			"environments[0].release.artifact: is for each request to say", "environments[0].release.note: is said with each request",
			"environments[0].release.freeze: is decided for one release",
		},
		document(`{"name":"a","app":` + app + `,"release":{"config":{"variables":[{"name":"DB_PASSWORD","value":"hunter2-x9Q"}]}}}`): {"environments[0].release.config.variables[0].value: looks like a secret"},
		document(`{"name":"a","app":` + app + `,"locked":["app.id","artifact","strategy.gates[0]","strateg","limits.total","operation","config.platform.Timezone","config.platform.Timezone.zone"]}`): {
			"environments[0].locked[0]: app is the document's own", "environments[0].locked[1]: artifact cannot be locked",
			"environments[0].locked[2]: ", "environments[0].locked[3]: ", "did you mean strategy?",
			"environments[0].locked[5]: operation cannot be locked", "environments[0].locked[7]: a request gives a setting of a platform whole, and replaces what the document says within it; lock config.platform.Timezone",
		},
		document(`{"name":"a","app":` + app + `,"approval":{"count":2}}`): {"environments[0].approval: is not a field here", "release.approval"},
		strings.TrimSuffix(document(`{"name":"a","app":`+app+`}`), "}") + `,"triggers":{},"promotion":{},"notify":[]}`: {
			"triggers: must be a list", "promotion: must be a list",
		},
		promoting(`{"from":"a","to":"b","after":"721h"},{"from":"b","to":"a"},{"from":"c","to":"b"}`): {
			"promotion[0].after: must be between 0s and 720h",
			"promotion[1].to: must come after b", `promotion[2].from: "c" is no environment of the document`, "promotion[2].to: b is that of promotion[0] already",
		},
		promoting(`{"from":"a","to":"a"}`):                                    {"promotion[0].to: must come after a"},
		promoting(`{"from":"a","to":"b","after":"1h","automatic":true},null`): {"promotion[0].automatic: is not a field here"},
	} {
		_, err := apps.Parse([]byte(data))
		for _, each := range want {
			require.ErrorContains(t, err, each, "%s", data)
		}
		require.NotContains(t, err.Error(), "hunter2")
	}
	long := document(strings.TrimSuffix(strings.Repeat(`{},`, apps.MaxEnvironments+1), ","))
	_, err := apps.Parse([]byte(long))
	require.EqualError(t, err, "environments: has 21 entries; at most 20 are taken")
	_, err = apps.Parse([]byte(document(`{"name":"a","app":` + app + `,"release":{"config":{"args":["` + strings.Repeat("x", apps.MaxDocument) + `"]}}}`)))
	require.ErrorContains(t, err, "data: has ")
}

// Every platform can have a document, whatever its releases bring.
func TestParse_EveryPlatform(t *testing.T) {
	t.Parallel()
	for _, on := range release.Platforms() {
		id := map[release.Platform]string{release.PlatformServiceStage: "b0b1c2d3-e4f5-6789-abcd-ef0123456789"}[on.Platform]
		if id == "" {
			id = "orders"
		}
		e := apps.Environment{Name: "one", App: apps.At(release.App{Platform: on.Platform, Region: "cn-north-4", ID: id})}
		a := apps.Application{Name: "shop", Environments: []apps.Environment{e}}
		require.NoError(t, a.Validate(), on.Name)
	}
}

// A request that says nothing about what the document says has the document's values, and one that says
// it has its own, whatever both are.
func TestResolve_EachValueComesFromOneOfBoth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		said, kept := map[string]any{}, map[string]json.RawMessage{}
		limits := map[string]any{}
		want := map[string]string{}
		for _, name := range []string{"confirm", "queue", "total"} {
			minutes := rapid.IntRange(1, 600)
			value := (time.Duration(minutes.Draw(t, name)) * time.Minute).String()
			if rapid.Bool().Draw(t, name+" by the document?") {
				limits[name], want[name] = value, value
			}
			if rapid.Bool().Draw(t, name+" by the request?") {
				value = (time.Duration(minutes.Draw(t, name)) * time.Minute).String()
				said[name], want[name] = value, value
			}
		}
		raw, err := json.Marshal(limits)
		require.NoError(t, err)
		kept["limits"] = raw
		a := parsed(t)
		a.Environments[0].Release = kept
		spec, err := a.Resolve(wire.Named{Application: "shop", Environment: "staging", Says: map[string]any{
			"artifact": map[string]any{"image": "shop:1"}, "limits": said,
		}})
		require.NoError(t, err)
		got := map[string]release.Duration{"confirm": spec.Limits.Confirm, "queue": spec.Limits.Queue, "total": spec.Limits.Total}
		for name, value := range want {
			require.Equal(t, value, time.Duration(got[name]).String(), name)
		}
	})
}

// FuzzParse: whatever comes is a document or is refused with problems, and a document says the same
// when it is written and read again.
func FuzzParse(f *testing.F) {
	f.Add([]byte(shop), []byte(`{"application":"shop","environment":"production","artifact":{"image":"shop:1"}}`))
	f.Add([]byte(`{"environments":[{"release":{"strategy":7,"config":{"variables":[1,{"name":"a"}]}},"locked":["a.b"]}]}`), []byte(`{"strategy":null}`))
	f.Fuzz(func(t *testing.T, data, request []byte) {
		n, invalid := wire.ParseNamed(request)
		if invalid != nil {
			require.ErrorAs(t, invalid, new(release.Problems))
		}
		a, err := apps.Parse(data)
		if err != nil {
			require.ErrorAs(t, err, new(release.Problems))
			return
		}
		written, err := json.Marshal(a)
		require.NoError(t, err)
		again, err := apps.Parse(written)
		require.NoError(t, err)
		require.Equal(t, a.Names(), again.Names())
		if invalid != nil {
			return
		}
		for _, e := range a.Environments {
			n.Environment = e.Name
			if spec, err := a.Resolve(n); err == nil {
				require.NoError(t, wire.Validate(spec))
				require.Equal(t, e.App.App().WithDefaults(), spec.App)
			}
		}
	})
}
