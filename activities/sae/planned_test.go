package sae

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/activities/cloud"
	"slipway/activities/platform/platformtest"
	"slipway/release"
	"slipway/saeclient"
)

// The images of an enterprise registry and of a registry that has no instance.
const (
	enterpriseImage = "shop-registry.cn-hangzhou.cr.aliyuncs.com/shop/web:2"
	personalImage   = "registry.cn-hangzhou.aliyuncs.com/shop/web:3"
)

// refusal asks for a release that has to be refused, and returns why.
func (h *host) refusal(t tester, q release.ReleaseQuestion) string {
	t.Helper()
	snap, err := h.driver.Snapshot(t.Context(), release.SnapshotInput{App: h.app, Release: &q})
	require.NoError(t, err)
	require.NotEmpty(t, snap.Planned.Refused)
	return snap.Planned.Refused.OneLine()
}

// TestPlanned_Refusals: what is refused beforehand is refused by SAE as well, where it is sent.
func TestPlanned_Refusals(t *testing.T) {
	t.Parallel()
	all := func(change func(*release.Strategy)) release.Strategy {
		s := release.Strategy{Type: release.StrategyAll}
		change(&s)
		return s
	}
	second := release.Artifact{Image: image2}
	of := func(c release.Config) *release.Config { return &c }
	tests := []struct {
		q    release.ReleaseQuestion
		why  string
		sent bool
	}{
		{release.ReleaseQuestion{Artifact: second, Strategy: all(func(s *release.Strategy) { s.MinReadyInstances = new(4) })}, "strategy.minReadyInstances: 4 needs fewer than the application's 4 instances", true},
		{
			release.ReleaseQuestion{Artifact: second, Strategy: all(func(s *release.Strategy) { s.MinReadyInstances = new(3) }), Config: of(release.Config{Instances: new(3)})},
			"strategy.minReadyInstances: 3 needs fewer than the application's 3 instances", true,
		},
		{release.ReleaseQuestion{Artifact: second, Strategy: release.Strategy{Type: release.StrategyGray, Gray: 3, Batches: 1}}, "strategy.gray: 3 gray instances are more than 50 % of the application's 4", true},
		{release.ReleaseQuestion{Artifact: second, Strategy: release.Strategy{Type: release.StrategyBatch, Batches: 5}}, "strategy.batches: 5 batches need at least as many instances; the application has 4", true},
		{release.ReleaseQuestion{Artifact: release.Artifact{Image: enterpriseImage}, Strategy: allAtOnce()}, "artifact.registry: the image is one of an enterprise registry", true},
		{
			release.ReleaseQuestion{Artifact: release.Artifact{Package: &release.Package{URL: "https://x/a.jar", Version: "1"}, Registry: &release.Registry{Instance: "cri-1"}}, Strategy: allAtOnce()},
			"artifact.package: the application is of type Image and runs no package", false,
		},
		{release.ReleaseQuestion{Strategy: allAtOnce(), Config: of(release.Config{Command: []string{"sh", "-c", "x"}})}, "config.command: SAE takes one word, there are 3; put the others into config.args", false},
		{release.ReleaseQuestion{Strategy: allAtOnce(), Config: of(release.Config{Instances: new(0)})}, "config.instances: an application needs at least one", true},
		{release.ReleaseQuestion{Strategy: allAtOnce(), Config: of(release.Config{Resources: &release.Resources{CPU: 4000}})}, "config.resources: SAE has no instances with cpu 4000 and memory 2048; with that memory there are cpu 500, 1000, 2000", true},
		{release.ReleaseQuestion{Strategy: allAtOnce(), Config: of(release.Config{Resources: &release.Resources{Memory: 3000}})}, "no instances have that memory", true},
		{release.ReleaseQuestion{Strategy: allAtOnce(), Config: of(release.Config{Runtime: &release.Runtime{Options: new("-Xmx1g"), JDK: new("x")}})}, "config.runtime.jdk: the application is of type Image", false},
		{release.ReleaseQuestion{Strategy: allAtOnce(), Config: of(release.Config{Variables: []release.Variable{{Name: "NONE", Remove: true}}})}, "nothing would change", false},
	}
	for i, tt := range tests {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			require.Contains(t, h.refusal(t, tt.q), tt.why)
			if !tt.sent {
				return
			}
			_, err := h.driver.BeginRollout(t.Context(), release.BeginRolloutInput{
				App: h.app, Artifact: tt.q.Artifact, Strategy: tt.q.Strategy, Config: tt.q.Config, Token: "t",
			})
			require.Equal(t, release.FaultInvalid, platformtest.FaultOf(err), "SAE takes it: %v", err)
		})
	}
}

// TestPlanned_EveryProblemAtOnce, and none of them holds a value.
func TestPlanned_EveryProblemAtOnce(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	why := h.refusal(t, release.ReleaseQuestion{
		Artifact: release.Artifact{Image: enterpriseImage},
		Strategy: release.Strategy{Type: release.StrategyGray, Gray: 2, Batches: 1, MinReadyInstances: new(3)},
		Config: &release.Config{
			Command: []string{"canary-a", "canary-b"}, Instances: new(3), Resources: &release.Resources{Memory: 65536},
		},
	})
	for _, part := range []string{
		"config.command: SAE takes one word, there are 2", "artifact.registry",
		"cpu 1000 and memory 65536", "more than 50 % of the application's 3", "needs fewer than the application's 3 instances",
	} {
		require.Contains(t, why, part)
	}
	require.NotContains(t, why, "canary")
}

// TestPlanned_IsHeldBackWhileAnotherChangeGoesOn: what stands against a release may go with it.
func TestPlanned_IsHeldBackWhileAnotherChangeGoesOn(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.deploy(t, image2, inTwoByHand, time.Minute)
	ask := func(ready int) release.Snapshot {
		return h.planOf(t, release.ReleaseQuestion{Artifact: release.Artifact{Image: image3}, Strategy: release.Strategy{Type: release.StrategyAll, MinReadyInstances: &ready}})
	}
	snap := ask(4)
	require.NotNil(t, snap.Busy)
	require.Nil(t, snap.Planned)
	require.NotNil(t, ask(3).Planned)
}

func TestPlanned_WhatWillRun(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	plan := h.planOf(t, release.ReleaseQuestion{Artifact: release.Artifact{Image: image2}, Strategy: allAtOnce()}).Planned
	require.Equal(t, &release.Planned{Artifact: release.Artifact{Image: image2}, Instances: 4}, plan)
	plan = h.planOf(t, release.ReleaseQuestion{Strategy: allAtOnce(), Config: &release.Config{Instances: new(6)}}).Planned
	require.Equal(t, &release.Planned{
		Artifact: release.Artifact{Image: image1}, Instances: 6, Settings: []release.Setting{{Name: "instances", Before: "4", After: "6"}},
	}, plan)
}

// TestPlanned_SettingsShowNumbersAndDigests: values are shown where a variable says so.
func TestPlanned_SettingsShowNumbersAndDigests(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	id, secret := h.configMap(t), h.secret(t)
	h.configure(t, map[string]string{"Envs": `[{"name":"OPEN","value":"old"},{"name":"HIDDEN","value":"canary"},{"name":"GONE","value":"canary"},{"name":"SAME","value":"x"}]`})
	plan := h.planOf(t, release.ReleaseQuestion{Strategy: allAtOnce(), Config: &release.Config{
		Variables: []release.Variable{
			{Name: "OPEN", Value: new("new"), Show: true},
			{Name: "HIDDEN", Secret: &release.KeyOf{ID: secret, Key: "password"}},
			{Name: "GONE", Remove: true},
			{Name: "SAME", Value: new("x")},
			{Name: "FRESH", ConfigMap: &release.KeyOf{ID: id, Key: "level"}},
		},
		Command: []string{"canary"}, Resources: &release.Resources{CPU: 2000}, Hooks: &release.Hooks{Grace: release.Duration(time.Minute)},
		Platform: release.Parameters{"Timezone": []byte(`"UTC"`), "AssociateEip": []byte(`true`), "NewSaeVersion": []byte(`"pro"`)},
	}}).Planned
	require.Equal(t, []release.Setting{
		{Name: "variables.OPEN", Before: cloud.Digest("old"), After: "new"},
		{Name: "variables.HIDDEN", Before: cloud.Digest("canary"), After: `secret ` + secret + `, key "password"`},
		{Name: "variables.GONE", Before: cloud.Digest("canary")},
		{Name: "variables.FRESH", After: `config map ` + id + `, key "level"`},
		{Name: "command", After: cloud.Digest("canary")},
		{Name: "resources.cpu", Before: "1000", After: "2000"},
		{Name: "hooks.grace", Before: "30", After: "60"},
		{Name: "platform.AssociateEip", Before: "false", After: "true"},
		{Name: "platform.NewSaeVersion", After: "pro"},
		{Name: "platform.Timezone", Before: cloud.Digest("Asia/Shanghai"), After: cloud.Digest("UTC")},
	}, plan.Settings)
	require.Regexp(t, `^sha256:[0-9a-f]{12}$`, cloud.Digest("canary"))
}

// TestPlanned_ReplaceRemovesTheOthers.
func TestPlanned_ReplaceRemovesTheOthers(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.configure(t, map[string]string{"Envs": `[{"name":"A","value":"1"},{"name":"B","value":"2","x":1},{"name":"C","value":"3"},{"name":"A","value":"4"}]`})
	planned, _ := h.releases(t, release.ReleaseQuestion{Strategy: allAtOnce(), Config: &release.Config{
		Replace: true, Variables: []release.Variable{{Name: "D", Value: new("5")}, {Name: "B", Value: new("2")}, {Name: "A", Value: new("6")}},
	}})
	var names []string
	for _, s := range planned.Settings {
		names = append(names, s.Name)
	}
	require.Equal(t, []string{"variables.D", "variables.A", "variables.C"}, names)
	require.Equal(t, cloud.Digest("4"), planned.Settings[1].Before, "the last one counts")
	require.JSONEq(t, `[{"name":"A","value":"6"},{"name":"B","value":"2","x":1},{"name":"D","value":"5"}]`, h.has(t).text(paramVariables))
}

// TestPlanned_VariablesThatCannotBeReadAreNotLost.
func TestPlanned_VariablesThatCannotBeReadAreNotLost(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.edits[opDescribe] = func(text string) string { return strings.Replace(text, `"Envs":"[]"`, `"Envs":"A=1"`, 1) }
	snap := must[release.Snapshot](t, h, release.VerbSnapshot, release.SnapshotInput{App: h.app, Release: &release.ReleaseQuestion{
		Strategy: allAtOnce(), Config: &release.Config{Variables: []release.Variable{{Name: "B", Value: new("2")}}},
	}})
	why := snap.Planned.Refused.OneLine()
	require.Contains(t, why, "config.variables: the application's variables cannot be read")
}

// TestPlanned_ConfigurationOfAPackage has a version of its own each time, as SAE takes none twice.
func TestPlanned_ConfigurationOfAPackage(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"https://b.oss-cn-hangzhou.aliyuncs.com/shop.jar", "https://b.oss-cn-hangzhou.aliyuncs.com/shop.jar?Expires=1&Signature=canary"} {
		h := newHostOf(t, map[string]string{"PackageType": "FatJar", "Jdk": "Open JDK 8", "PackageUrl": address, "PackageVersion": "1.0", "Replicas": "4"})
		zone := func(name string) release.ReleaseQuestion {
			return release.ReleaseQuestion{Strategy: allAtOnce(), Config: new(ownOf("Timezone", `"`+name+`"`))}
		}
		ran := h.planOf(t, zone("UTC"))
		require.Equal(t, ran.Planned, h.planOf(t, zone("UTC")).Planned, "it is the same one each time")
		seen := []string{"1.0"}
		for _, name := range []string{"UTC", "Asia/Tokyo", "UTC"} {
			planned, _ := h.releases(t, zone(name))
			require.Equal(t, addressOf(address), planned.Artifact.Package.URL)
			require.Regexp(t, `^1\.0-c[0-9a-f]{8}$`, planned.Artifact.Package.Version)
			require.NotContains(t, seen, planned.Artifact.Package.Version)
			seen = append(seen, planned.Artifact.Package.Version)
			now := h.has(t)
			require.Equal(t, []string{address, planned.Artifact.Package.Version, name}, []string{now.text(paramPackage), now.text(paramPackageVersion), now.text("Timezone")})
			require.True(t, must[release.Verification](t, h, release.VerbVerify, release.VerifyInput{App: h.app, Want: release.Version{Artifact: planned.Artifact}}).OnlyRuns(release.Version{Artifact: planned.Artifact}))
		}
		why := h.refusal(t, release.ReleaseQuestion{Artifact: release.Artifact{Package: &release.Package{URL: address, Version: "1.0"}}, Strategy: allAtOnce()})
		require.Contains(t, why, "artifact.package.version: 1.0 was used before, by version "+ran.Version.ID)
		h.rollBack(t, ran.Version)
		require.Equal(t, ran.Version, h.planOf(t, zone("UTC")).Version)
	}
}

// TestPlanned_Registries: the application's is taken, another is sent with its role.
func TestPlanned_Registries(t *testing.T) {
	t.Parallel()
	h := newHostOf(t, map[string]string{
		"PackageType": "Image", "ImageUrl": enterpriseImage, "AcrInstanceId": "cri-1", "AcrAssumeRoleArn": "acs:ram::1:role/pull", "Replicas": "4",
	})
	image := release.Artifact{Image: enterpriseImage + "1"}
	planned, _ := h.releases(t, release.ReleaseQuestion{Artifact: image, Strategy: allAtOnce()})
	require.Equal(t, &release.Registry{Instance: "cri-1", Role: "acs:ram::1:role/pull"}, planned.Artifact.Registry)
	require.Equal(t, planned.Artifact.Registry, h.has(t).registry())
	image.Registry = &release.Registry{Instance: "cri-2"}
	planned, _ = h.releases(t, release.ReleaseQuestion{Artifact: image, Strategy: allAtOnce()})
	require.Equal(t, image, planned.Artifact)
	require.Equal(t, image.Registry, h.has(t).registry(), "its role is not that of the one before")

	const why = "artifact.registry: the image is one of another enterprise registry"
	require.Contains(t, h.refusal(t, release.ReleaseQuestion{Artifact: release.Artifact{Image: "other-" + enterpriseImage}, Strategy: allAtOnce()}), why)
	inVPC := release.Artifact{Image: strings.Replace(enterpriseImage, "registry.", "registry-vpc.", 1)}
	planned, _ = h.releases(t, release.ReleaseQuestion{Artifact: inVPC, Strategy: allAtOnce()})
	require.Equal(t, image.Registry, planned.Artifact.Registry, "the same registry, from within")
	plain := release.Artifact{Image: personalImage}
	planned, _ = h.releases(t, release.ReleaseQuestion{Artifact: plain, Strategy: allAtOnce()})
	require.Equal(t, plain, planned.Artifact)
	require.Nil(t, h.has(t).registry(), "a plain image is pulled without the instance of the registry before")
}

// TestPlanned_ARegistryWithAHostOfItsOwn keeps its instance for as long as the host is the same.
func TestPlanned_ARegistryWithAHostOfItsOwn(t *testing.T) {
	t.Parallel()
	h := newHostOf(t, map[string]string{"PackageType": "Image", "ImageUrl": image1, "AcrInstanceId": "cri-1", "Replicas": "4"})
	planned, _ := h.releases(t, release.ReleaseQuestion{Artifact: release.Artifact{Image: image2}, Strategy: allAtOnce()})
	require.Equal(t, &release.Registry{Instance: "cri-1"}, planned.Artifact.Registry)
	require.Equal(t, planned.Artifact.Registry, h.has(t).registry())
}

// TestBeginRollout_TheLimitsOfAStrategyAreSent.
func TestBeginRollout_TheLimitsOfAStrategyAreSent(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	limits := func() []string {
		s := h.has(t)
		return []string{s.text(paramMinReady), s.text(paramMinReadyRatio), s.text(paramSurge), s.text(paramSurgeRatio)}
	}
	strategy := release.Strategy{Type: release.StrategyAll, MinReadyRatio: new(50), MaxSurgeRatio: new(25)}
	h.releases(t, release.ReleaseQuestion{Artifact: release.Artifact{Image: image2}, Strategy: strategy})
	require.Equal(t, []string{"-1", "50", "", "25"}, limits())
	strategy = release.Strategy{Type: release.StrategyAll, MinReadyInstances: new(1), MaxSurge: new(2)}
	h.releases(t, release.ReleaseQuestion{Artifact: release.Artifact{Image: image3}, Strategy: strategy})
	require.Equal(t, []string{"1", "-1", "2", "25"}, limits(), "a share that was left would win over the number")
}

// TestVersions_OfOneArtifactAreToldApart by their configuration.
func TestVersions_OfOneArtifactAreToldApart(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	zone := func(name string) release.Version {
		h.releases(t, release.ReleaseQuestion{Strategy: allAtOnce(), Config: new(ownOf("Timezone", `"`+name+`"`))})
		return h.snapshot(t, nil).Version
	}
	first := h.snapshot(t, nil).Version
	second, third := zone("UTC"), zone("Asia/Tokyo")
	require.Len(t, slices.Compact([]string{first.ID, second.ID, third.ID}), 3)
	require.Len(t, slices.Compact([]string{first.Config, second.Config, third.Config}), 3)

	wanted := func(q release.RollbackQuestion) release.Version {
		return *h.snapshot(t, func(in *release.SnapshotInput) { in.Rollback = &q }).Wanted
	}
	same := release.Version{Artifact: release.Artifact{Image: image1}}
	of := func(v release.Version) release.Version {
		return release.Version{Artifact: v.Artifact, Config: v.Config}
	}
	require.Equal(t, second, wanted(release.RollbackQuestion{}), "the newest that does not run")
	require.Equal(t, first, wanted(release.RollbackQuestion{Good: []release.Version{of(third), of(first)}}))
	require.Equal(t, first, wanted(release.RollbackQuestion{Avoid: []release.Version{of(second)}}))
	require.Equal(t, second, wanted(release.RollbackQuestion{Good: []release.Version{same}}), "an artifact that is good is so with each configuration")
	_, err := do[release.Snapshot](h, release.VerbSnapshot, release.SnapshotInput{App: h.app, Rollback: &release.RollbackQuestion{Avoid: []release.Version{same}}})
	require.Equal(t, release.FaultNotFound, platformtest.FaultOf(err))

	h.rollBack(t, first)
	require.Equal(t, first, h.snapshot(t, nil).Version, "the one that was returned to, not the newest of its artifact")
	require.Equal(t, third, wanted(release.RollbackQuestion{}))
	verified := must[release.Verification](t, h, release.VerbVerify, release.VerifyInput{App: h.app, Want: release.Version{Artifact: first.Artifact, ID: third.ID}})
	require.Equal(t, []string{"platform.Timezone"}, verified.Differs)
	require.Equal(t, 4, verified.Wanted)
}

// TestVersions_AreReadWithinBounds, however many there are of one image.
func TestVersions_AreReadWithinBounds(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	for range maxVersionReads + 5 {
		h.deploy(t, image1, inOneBatch, time.Minute)
	}
	h.configure(t, map[string]string{"Timezone": "UTC"})
	h.snapshot(t, nil)
	require.Len(t, h.sent[opDescribe], 2, "the first that is read is the one")
	_, err := h.client.UpdateAppSecurityGroup(t.Context(), &saeclient.UpdateAppSecurityGroupInput{AppID: h.app.ID, SecurityGroupID: "sg-9"})
	require.NoError(t, err)
	_, err = do[release.Snapshot](h, release.VerbSnapshot, release.SnapshotInput{App: h.app, Rollback: &release.RollbackQuestion{
		Good: []release.Version{{Artifact: release.Artifact{Image: image1}, Config: "sha256:000000000000"}}, Avoid: []release.Version{h.keptVersion(t, image1)},
	}})
	require.NoError(t, err)
	require.LessOrEqual(t, len(h.sent[opDescribe])-2, maxVersionReads+1)
}

// TestVerify_SettingsThatAreNotAsAsked are looked for a few times, and named.
func TestVerify_SettingsThatAreNotAsAsked(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	config := &release.Config{
		Variables: []release.Variable{{Name: "A", Value: new("1")}}, Command: []string{"x"}, Instances: new(5),
		Platform: release.Parameters{"EnableSidecarResourceIsolated": []byte("true")},
	}
	in := release.VerifyInput{App: h.app, Want: of(image1), Config: config}
	v := must[release.Verification](t, h, release.VerbVerify, in)
	require.Equal(t, []string{"variables.A", "command", "instances"}, v.Differs, "one that no answer shows is not held against it")
	require.Equal(t, []int{4, 4}, []int{v.Wanted, v.Instances})
	require.Len(t, h.sent[opDescribe], maxLooks)
}

// TestVerify_AVersionThatIsKeptNoLonger leaves nothing to compare with, which is answered at once. A
// refusal of one that is kept is a failure.
func TestVerify_AVersionThatIsKeptNoLonger(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	first := h.snapshot(t, nil).Version
	h.deploy(t, image2, inOneBatch, time.Minute)
	h.rollBack(t, first)
	in := release.VerifyInput{App: h.app, Want: release.Version{Artifact: first.Artifact, ID: h.keptVersion(t, image2).ID}}
	require.False(t, must[release.Verification](t, h, release.VerbVerify, in).Gone)
	require.NoError(t, h.sim.DeleteVersion(h.app.ID, in.Want.ID))
	read := len(h.sent[opDescribe])
	v := must[release.Verification](t, h, release.VerbVerify, in)
	require.Len(t, h.sent[opDescribe], read+2, "it is not looked at again")
	require.True(t, v.Gone)
	require.Empty(t, v.Differs)
	require.False(t, v.Holds(first))
	require.True(t, v.Has(first))
	require.Contains(t, v.Words(), "keeps the version no longer")

	in.Want.ID = first.ID
	h.answers = map[int]answer{h.Calls + 1: {http.StatusBadRequest, `{"RequestId":"1","Code":"InvalidParameter.Obviously","Success":false}`}}
	_, err := do[release.Verification](h, release.VerbVerify, in)
	require.Equal(t, release.FaultInvalid, platformtest.FaultOf(err))
}

// TestBeginRollback_TheLimitsOfAStrategyAreSent: SAE knows those of instances that stay ready.
func TestBeginRollback_TheLimitsOfAStrategyAreSent(t *testing.T) {
	t.Parallel()
	for want, strategy := range map[string]release.Strategy{
		"MinReadyInstanceRatio=50":                     {Type: release.StrategyAll, MinReadyRatio: new(50)},
		"MinReadyInstanceRatio=-1&MinReadyInstances=1": {Type: release.StrategyAll, MinReadyInstances: new(1)},
		"": allAtOnce(),
	} {
		h := newHost(t)
		h.deploy(t, image2, inOneBatch, time.Minute)
		snap := h.snapshot(t, func(in *release.SnapshotInput) { in.Rollback = &release.RollbackQuestion{} })
		must[release.Change](t, h, release.VerbBeginRollback, release.BeginRollbackInput{App: h.app, Version: *snap.Wanted, Strategy: strategy, Mark: snap.Mark})
		sent := h.sent["RollbackApplication"][0]
		for _, other := range []string{"AppId", "VersionId", "UpdateStrategy", "AutoEnableApplicationScalingRule"} {
			require.True(t, sent.Has(other), other)
			sent.Del(other)
		}
		require.Equal(t, want, sent.Encode())
	}
}
