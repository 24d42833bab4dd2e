package release_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// asking is a configuration of one variable.
func asking(value string) *release.Config {
	return &release.Config{Variables: []release.Variable{{Name: "LOG_LEVEL", Value: &value}}}
}

func TestVersion_Same(t *testing.T) {
	t.Parallel()
	v := func(image, config string) release.Version {
		return release.Version{ID: image + config, Artifact: release.Artifact{Image: image}, Config: config}
	}
	require.True(t, v("1", "a").Same(release.Version{Artifact: release.Artifact{Image: "1"}, Config: "a"}), "IDs do not count")
	require.False(t, v("1", "a").Same(v("1", "b")))
	require.True(t, v("1", "a").Same(v("1", "")), "nobody knows")
	require.True(t, v("1", "").Same(v("1", "b")), "nobody knows")
	require.False(t, v("1", "a").Same(v("2", "a")))
}

func TestConfig_Digest(t *testing.T) {
	t.Parallel()
	var none *release.Config
	require.Empty(t, none.Digest())
	require.Regexp(t, "^sha256:[0-9a-f]{12}$", asking("debug").Digest())
	require.NotEqual(t, asking("debug").Digest(), asking("info").Digest())
	var read release.Config
	require.NoError(t, json.Unmarshal([]byte(`{ "variables" : [ { "value" : "debug", "name" : "LOG_LEVEL" } ] }`), &read))
	require.Equal(t, asking("debug").Digest(), read.Digest())
}

func TestVerification_Words(t *testing.T) {
	t.Parallel()
	v := release.Verification{Configured: release.Version{Artifact: release.Artifact{Image: "shop:1"}}}
	require.True(t, v.Holds(v.Configured))
	require.Equal(t, "shop:1", v.Words())
	v.Differs = []string{"instances"}
	require.False(t, v.Holds(v.Configured))
	require.True(t, v.OnlyRuns(v.Configured), "the artifact runs all the same")
	require.Equal(t, "shop:1, with other settings than asked for: instances", v.Words())
	v.Differs = strings.Split(strings.Repeat("a ", 12), " ")
	require.True(t, strings.HasSuffix(v.Words(), ", a and 3 more"), v.Words())

	v = release.Verification{Configured: release.Version{Artifact: v.Configured.Artifact, Config: "sha256:000000000000"}, Gone: true}
	require.False(t, v.Holds(v.Configured), "what cannot be compared is not known to hold")
	require.Contains(t, v.Words(), "keeps the version no longer")
	version := v.Configured
	require.True(t, v.Has(version), "by the digest it is known")
	version.Config = ""
	require.False(t, v.Has(version))
	require.False(t, v.Has(release.Version{Artifact: release.Artifact{Image: "shop:2"}, Config: v.Configured.Config}))
}

func TestInstancesBefore(t *testing.T) {
	t.Parallel()
	require.Nil(t, release.InstancesBefore(nil))
	require.Nil(t, release.InstancesBefore([]release.Setting{{Name: release.SettingInstances, After: "3"}, {Name: "resources.cpu", Before: "500"}}))
	require.Equal(t, new(4), release.InstancesBefore([]release.Setting{{Name: "resources.cpu", Before: "500"}, {Name: release.SettingInstances, Before: "4", After: "3"}}))
}

func TestProgress_Configuration(t *testing.T) {
	t.Parallel()
	named := func(n int) (all []release.Setting) {
		for range n {
			all = append(all, release.Setting{Name: "a"})
		}
		return all
	}
	for want, p := range map[string]release.Progress{
		"":                                   {},
		"1 setting changes: a":               {Settings: named(1)},
		"3 settings change: a, a and 1 more": {Settings: named(2), Cut: release.Cut{Settings: 1}},
		"2 settings change":                  {Cut: release.Cut{Settings: 2}},
		"10 settings change: a, a, a, a, a, a, a, a and 2 more": {Settings: named(10)},
	} {
		require.Equal(t, want, p.Configuration())
	}
	require.Equal(t, "unset → 3", release.Setting{Name: "instances", After: "3"}.Text())
}

// TestSpec_ConfigurationInTitles: neither lists nor activities show what is asked for.
func TestSpec_ConfigurationInTitles(t *testing.T) {
	t.Parallel()
	spec := release.Spec{Config: asking("hush")}
	require.True(t, spec.OnlyConfig())
	require.Equal(t, "configuration: variables", spec.Title())
	spec.Artifact.Image = "shop:2"
	require.False(t, spec.OnlyConfig())
	require.Equal(t, "shop:2 with configuration", spec.Title())
	require.Equal(t, "begin rollout shop:2 with configuration", release.Summary(release.BeginRolloutInput{Artifact: spec.Artifact, Config: spec.Config}))
	require.Equal(t, "read back which version runs with configuration", release.Summary(release.VerifyInput{Config: spec.Config}))
	details := release.Progress{Phase: release.PhaseRollingOut, Settings: []release.Setting{{Name: "variables.LOG_LEVEL"}}}.Details()
	require.Contains(t, details, "Configuration: 1 setting changes: variables.LOG_LEVEL")
}

func TestNewDenial(t *testing.T) {
	t.Parallel()
	first, second := release.Artifact{Image: "shop:1"}, release.Artifact{Image: "shop:2"}
	packed := func(version string) release.Artifact {
		return release.Artifact{Package: &release.Package{URL: "https://x/shop.jar", Version: version}}
	}
	at := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		p    release.Progress
		want string
	}{
		"another artifact":                          {release.Progress{Artifact: second, RollbackTo: &release.Version{Artifact: first}}, "shop:2"},
		"another artifact, with configuration":      {release.Progress{Artifact: second, RollbackTo: &release.Version{Artifact: first}, Config: "c"}, "shop:2"},
		"over itself":                               {release.Progress{Artifact: first, RollbackTo: &release.Version{Artifact: first}}, ""},
		"over itself, with configuration":           {release.Progress{Artifact: first, RollbackTo: &release.Version{Artifact: first}, Config: "c"}, "configuration c for shop:1"},
		"configuration alone":                       {release.Progress{Artifact: first, RollbackTo: &release.Version{Artifact: first}, OnlyConfig: true, Config: "c"}, "configuration c for shop:1"},
		"configuration alone, of a package":         {release.Progress{Artifact: packed("2"), RollbackTo: &release.Version{Artifact: packed("1")}, OnlyConfig: true, Config: "c"}, "configuration c for https://x/shop.jar@1"},
		"configuration alone, nothing was read yet": {release.Progress{OnlyConfig: true, Config: "c"}, "configuration c"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, denies := release.NewDenial(c.p, at)
			require.Equal(t, c.want != "", denies)
			if denies {
				require.Equal(t, c.want, d.Subject())
			}
		})
	}
}

// TestLane_DeniesConfiguration of one artifact, whether a release names that artifact or brings none; the
// artifact itself is good.
func TestLane_DeniesConfiguration(t *testing.T) {
	t.Parallel()
	app := release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "app-1"}
	l := release.LaneInput{App: app}
	l.Deny(release.Denial{Artifact: release.Artifact{Image: "shop:1"}, Config: asking("debug").Digest(), ReleaseID: "r-1"})
	denies := func(image string, c *release.Config) bool {
		spec := release.Spec{App: app, Config: c, Artifact: release.Artifact{Image: image}}
		_, denied := release.LaneState{Denied: l.Denied}.Denial(spec)
		require.Equal(t, denied, l.Refusal(release.Submission{ReleaseID: "r-2", Spec: spec}) != "")
		return denied
	}
	require.True(t, denies("shop:1", asking("debug")))
	require.True(t, denies("", asking("debug")))
	require.False(t, denies("shop:2", asking("debug")))
	require.False(t, denies("shop:1", asking("info")))
	require.False(t, denies("shop:1", nil))
	require.Empty(t, l.Avoid(), "the versions before with this artifact are good")

	l.AllowProven(release.Progress{Outcome: release.PhaseSucceeded, Artifact: release.Artifact{Image: "shop:1"}})
	require.True(t, denies("shop:1", asking("debug")), "it runs with another configuration")
	l.Deny(release.Denial{Artifact: release.Artifact{Image: "shop:1"}, ReleaseID: "r-3"})
	require.Len(t, l.Denied, 2)
	require.True(t, denies("shop:1", nil))
	require.NoError(t, l.Admit(release.UpdateAllow, release.LaneCommand{By: "ann", Artifact: "shop:1"}))
	l.Allow("shop:1")
	require.Empty(t, l.Denied)
}

// TestNext_DeniedConfiguration: what helps says what is denied.
func TestNext_DeniedConfiguration(t *testing.T) {
	t.Parallel()
	p := release.Progress{
		ReleaseID: "r-abcdefghijklmnop", App: release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "app-1"}, Operation: release.OperationRelease,
		Artifact: release.Artifact{Image: "shop:1"}, RollbackTo: &release.Version{Artifact: release.Artifact{Image: "shop:1"}},
		OnlyConfig: true, Config: "sha256:0123456789ab", Phase: release.PhaseRolledBack,
	}
	steps := release.Next(p)
	require.Len(t, steps, 2)
	require.Equal(t, "slipway lane allow sae/cn-hangzhou/app-1 --artifact shop:1", steps[0].Command)
	require.Contains(t, steps[0].Does, "lets configuration sha256:0123456789ab for shop:1 be released again")
	require.Contains(t, steps[1].Does, "once the configuration is allowed again")
	require.True(t, p.DeniedBy([]release.Denial{{Artifact: p.Artifact, Config: p.Config}}))
	require.False(t, p.DeniedBy([]release.Denial{{Artifact: p.Artifact, Config: "sha256:another"}}))
	require.False(t, p.DeniedBy([]release.Denial{{Artifact: p.Artifact}}), "the artifact that stays is not brought")

	p.Phase = release.PhaseAwaitingConfirm
	require.Equal(t, "configuration", p.DeniedKind())
	p.Config = ""
	require.Empty(t, p.DeniedKind())

	refused := release.Progress{ReleaseID: "r-b", App: p.App, Operation: release.OperationRelease, OnlyConfig: true, Config: "c", Denied: true, Phase: release.PhaseFailed}
	require.Equal(t, "slipway lane allow sae/cn-hangzhou/app-1 --artifact ARTIFACT", release.Next(refused)[0].Command)
}

// TestInstancesBeforeSurvivesManySettings: a release that was reset reads from what it has told how many
// instances it is to put back.
func TestInstancesBeforeSurvivesManySettings(t *testing.T) {
	t.Parallel()
	p := release.Progress{}
	for i := range 200 {
		p.Settings = append(p.Settings, release.Setting{Name: fmt.Sprintf("variables.SETTING_%d", i), After: "sha256:0123456789ab"})
	}
	p.Settings = append(p.Settings, release.Setting{Name: release.SettingInstances, Before: "5", After: "7"})
	cut := p.Fit(release.MaxAnswer)
	require.Positive(t, cut.Cut.Settings)
	require.Equal(t, new(5), release.InstancesBefore(cut.Settings))
}
