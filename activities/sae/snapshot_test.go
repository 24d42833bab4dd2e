package sae

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

func (h *host) snapshot(t tester, change func(*release.SnapshotInput)) release.Snapshot {
	t.Helper()
	in := release.SnapshotInput{App: h.app}
	if change != nil {
		change(&in)
	}
	return must[release.Snapshot](t, h, release.VerbSnapshot, in)
}

// versionOf is the ID of the newest version that holds an image.
func (h *host) versionOf(t tester, image string) string {
	t.Helper()
	out, err := h.client.ListAppVersions(t.Context(), &saeclient.ListAppVersionsInput{AppID: &h.app.ID})
	require.NoError(t, err)
	return newestOfArtifact(out.Data, release.Artifact{Image: image})
}

// keptVersion is the newest version that holds an image.
func (h *host) keptVersion(t tester, image string) release.Version {
	t.Helper()
	id := h.versionOf(t, image)
	config, err := h.driver.config(t.Context(), h.app.ID, id)
	require.NoError(t, err)
	return release.Version{ID: id, Artifact: release.Artifact{Image: image}, Config: h.driver.digest(config)}
}

func TestSnapshot(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.addRules(t)
	snap := h.snapshot(t, nil)
	require.Equal(t, 4, snap.Instances)
	require.Equal(t, "shop", snap.AppName)
	require.Equal(t, h.keptVersion(t, image1), snap.Version)
	require.Equal(t, []string{"+daily", "-night", "+load"}, states(snap.ScalingRules))
	require.Len(t, markOf(t, snap.Mark).Known, 1)
	require.Nil(t, snap.Busy)
	require.Nil(t, snap.Wanted)
	require.Nil(t, snap.Traffic)

	id := h.deploy(t, image2, inTwoByHand, time.Minute)
	snap = h.snapshot(t, nil)
	require.Equal(t, &release.ForeignChange{ID: id, Type: saeclient.CoTypeDeploy, Description: snap.Busy.Description, Stuck: true, Since: snap.Busy.Since}, snap.Busy, "its first batch waits to be confirmed")
	require.False(t, snap.Busy.Since.IsZero())
	require.Equal(t, []string{id}, markOf(t, snap.Mark).Known)
}

// TestSnapshot_AnAnswerWithoutDataIsNoSnapshot: it would say that the application is empty.
func TestSnapshot_AnAnswerWithoutDataIsNoSnapshot(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"DescribeApplicationConfig", "DescribeApplicationScalingRules", "ListChangeOrders", "ListGreyTagRoute",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			h.addRules(t)
			h.setRoute(t)
			ask := func(in *release.SnapshotInput) { in.Traffic = true }
			want := h.snapshot(t, ask)
			h.bare[name] = 2
			require.Equal(t, want, h.snapshot(t, ask))
			require.Zero(t, h.bare[name])
		})
	}
}

func TestSnapshot_AwaitIdlePassesTheQuestionOn(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.deploy(t, image2, inOneBatch, time.Minute)
	foreign := h.deploy(t, image3, inOneBatch, 0)
	snap := must[release.Snapshot](t, h, release.VerbAwaitIdle, release.SnapshotInput{
		App: h.app, Traffic: true, Rollback: &release.RollbackQuestion{Avoid: []release.Version{of(image2)}},
	})
	require.Nil(t, snap.Busy, "the foreign order was waited for")
	require.Equal(t, []string{foreign}, markOf(t, snap.Mark).Known)
	require.Equal(t, new(h.keptVersion(t, image1)), snap.Wanted)
}

// TestSnapshot_AwaitIdleTellsThatTheChangeHasComeToWait: a change that moves needs nobody, one that
// waits for a confirmation does.
func TestSnapshot_AwaitIdleTellsThatTheChangeHasComeToWait(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	id := h.deploy(t, image2, inTwoByHand, 0)
	moving := h.snapshot(t, nil).Busy
	require.Equal(t, id, moving.ID)
	require.False(t, moving.Stuck)
	waits := must[release.Snapshot](t, h, release.VerbAwaitIdle, release.SnapshotInput{App: h.app, Known: moving}).Busy
	require.Equal(t, id, waits.ID)
	require.True(t, waits.Stuck)
}

func TestSnapshot_WhichVersionARollbackReturnsTo(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		deployed []string
		question func(*testing.T, *host) release.RollbackQuestion
		arrange  func(tester, *host)
		want     string
		fault    release.Fault
		text     string
	}{
		"the one before":           {deployed: []string{image2, image3}, want: image2},
		"not the same again":       {deployed: []string{image2, image2, image2}, want: image1},
		"not the same, again":      {deployed: []string{image2, image1, image2}, want: image1},
		"none but what runs":       {deployed: []string{image1}, fault: release.FaultNotFound, text: "no version to return to"},
		"not a bad one":            {deployed: []string{image2, image3}, question: avoiding(of(image2)), want: image1},
		"each other is bad":        {deployed: []string{image2, image3}, question: avoiding(of(image2), of(image1)), fault: release.FaultNotFound, text: "known to be bad"},
		"what is known to be good": {deployed: []string{image2, image3}, question: knowing(of(image1)), want: image1},
		"not what runs already":    {deployed: []string{image2, image3}, question: knowing(of(image3), of(image2), of(image1)), want: image2},
		"not a good one that is gone": {
			deployed: []string{image2, image3}, question: knowing(of("registry.example/gone"), of(image1)), want: image1,
		},
		"none that is kept is known to be good": {deployed: []string{image2, image3}, question: knowing(of("registry.example/gone")), want: image2},
		"the one that is told":                  {deployed: []string{image2, image3}, question: asking(image1), want: image1},
		"one that is not there": {deployed: []string{image2}, question: func(*testing.T, *host) release.RollbackQuestion {
			return release.RollbackQuestion{VersionID: "v-none"}
		}, fault: release.FaultNotFound, text: "no version v-none"},
		"after a rollback": {deployed: []string{image2, image3}, arrange: func(t tester, h *host) {
			_, err := h.sim.BeginConsoleOrder(h.app.ID, saesim.ConsoleRelease{VersionID: h.versionOf(t, image2)})
			require.NoError(t, err)
			h.pass(t, time.Minute)
		}, want: image3},
		"none to go back to": {fault: release.FaultNotFound, text: "no version to return to"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			for _, image := range tt.deployed {
				h.deploy(t, image, inOneBatch, time.Minute)
			}
			if tt.arrange != nil {
				tt.arrange(t, h)
			}
			in := release.SnapshotInput{App: h.app, Rollback: &release.RollbackQuestion{}}
			if tt.question != nil {
				*in.Rollback = tt.question(t, h)
			}
			if tt.fault != "" {
				fault, text := refusedAs(t, h, release.VerbSnapshot, in)
				require.Equal(t, tt.fault, fault)
				require.Contains(t, text, tt.text)
				return
			}
			wanted := must[release.Snapshot](t, h, release.VerbSnapshot, in).Wanted
			require.Equal(t, new(h.keptVersion(t, tt.want)), wanted)
		})
	}
}

// of is the version of an image, whatever its configuration.
func of(name string) release.Version { return release.Version{Artifact: release.Artifact{Image: name}} }

func avoiding(bad ...release.Version) func(*testing.T, *host) release.RollbackQuestion {
	return func(*testing.T, *host) release.RollbackQuestion { return release.RollbackQuestion{Avoid: bad} }
}

func knowing(good ...release.Version) func(*testing.T, *host) release.RollbackQuestion {
	return func(*testing.T, *host) release.RollbackQuestion { return release.RollbackQuestion{Good: good} }
}

func asking(image string) func(*testing.T, *host) release.RollbackQuestion {
	return func(t *testing.T, h *host) release.RollbackQuestion {
		t.Helper()
		return release.RollbackQuestion{VersionID: h.versionOf(t, image)}
	}
}

func TestSnapshot_AnApplicationThatCannotBeRolledBack(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.fault(t, saesim.Fault{Kind: saesim.FaultNoRollback})
	id := h.deploy(t, image2, inOneBatch, time.Minute)
	for _, q := range []release.RollbackQuestion{{}, asking(image1)(t, h)} {
		fault, text := refusedAs(t, h, release.VerbSnapshot, release.SnapshotInput{App: h.app, Rollback: &q})
		require.Equal(t, release.FaultInvalid, fault)
		require.Contains(t, text, "cannot be rolled back: ")
	}
	require.Equal(t, image2, h.snapshot(t, nil).Version.Artifact.Image, "nobody has asked")

	question := func(in *release.SnapshotInput) { in.Rollback = &release.RollbackQuestion{} }
	h.fault(t, saesim.Fault{Kind: saesim.FaultError, Operation: "DescribeChangeOrder", Code: saeclient.CodeChangeOrderNotFound})
	require.Equal(t, image1, h.snapshot(t, question).Wanted.Artifact.Image, "a record that expires meanwhile proves nothing")
	require.NoError(t, h.sim.ExpireOrder(id))
	require.Equal(t, image1, h.snapshot(t, question).Wanted.Artifact.Image, "one that has expired proves nothing")
}

func TestSnapshot_TakingOverAnOrder(t *testing.T) {
	t.Parallel()
	was := func(t *testing.T, h *host, image string) release.Version {
		t.Helper()
		return h.keptVersion(t, image)
	}
	tests := map[string]struct {
		// before are the images deployed before the order.
		before  []string
		arrange func(*testing.T, *host)
		image   string
		pass    time.Duration
		ran     string
	}{
		"at work":             {image: image2, pass: time.Minute, ran: image1},
		"not yet at work":     {image: image2, ran: image1},
		"the third version":   {before: []string{image2}, image: image3, pass: time.Minute, ran: image2},
		"waits for approval":  {before: []string{image2}, image: image3, arrange: needsApproval, ran: image2},
		"the same again":      {before: []string{image2}, image: image1, pass: time.Minute, ran: image2},
		"no change, at work":  {before: []string{image2}, image: image2, pass: time.Minute, ran: image2},
		"no change, not yet":  {before: []string{image2}, image: image2, ran: image2},
		"after a rollback":    {before: []string{image2}, arrange: backToFirst, image: image3, pass: time.Minute, ran: image1},
		"soon after rollback": {before: []string{image2}, arrange: backToFirst, image: image3, ran: image1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			for _, image := range tt.before {
				h.deploy(t, image, inOneBatch, time.Minute)
			}
			want := was(t, h, tt.ran)
			if tt.arrange != nil {
				tt.arrange(t, h)
			}
			h.addRules(t)
			h.pass(t, time.Minute)
			id := h.deploy(t, tt.image, grayThenTwo, tt.pass)
			for _, verb := range []release.Verb{release.VerbSnapshot, release.VerbAwaitIdle} {
				snap := must[release.Snapshot](t, h, verb, release.SnapshotInput{App: h.app, Adopt: id})
				require.Nil(t, snap.Busy)
				require.Equal(t, want, snap.Version)
				require.Equal(t, []string{"+daily", "-night", "+load"}, states(snap.ScalingRules), "as before the order")
			}
		})
	}
}

// TestSnapshot_HowAnOrderThatIsTakenOverReplacesTheInstances: what cannot be known is not told.
func TestSnapshot_HowAnOrderThatIsTakenOverReplacesTheInstances(t *testing.T) {
	t.Parallel()
	const none = ""
	deploys := func(strategy string, d time.Duration) func(*testing.T, *host) string {
		return func(t *testing.T, h *host) string {
			t.Helper()
			return h.deploy(t, image3, strategy, d)
		}
	}
	rollsBackInThree := func(t *testing.T, h *host) string {
		t.Helper()
		h.deploy(t, image3, inOneBatch, time.Minute)
		id, err := h.sim.BeginConsoleOrder(h.app.ID, saesim.ConsoleRelease{VersionID: h.versionOf(t, image2), Strategy: inThreeByHand})
		require.NoError(t, err)
		h.pass(t, time.Minute)
		return id
	}
	gray, batch, all := release.StrategyGray, release.StrategyBatch, release.StrategyAll
	tests := map[string]struct {
		begin func(*testing.T, *host) string
		// shown replaces the strategy that the order shows, unless it is "as it is".
		shown string
		want  release.AdoptedChange
	}{
		"gray":                                 {deploys(grayThenTwo, time.Minute), "as it is", release.AdoptedChange{Strategy: gray, Batches: []int{1, 1, 2}}},
		"gray, not yet at work":                {deploys(grayThenTwo, 0), "as it is", release.AdoptedChange{Strategy: gray, Batches: []int{1, 1, 2}}},
		"by batches":                           {deploys(inTwoByHand, time.Minute), "as it is", release.AdoptedChange{Strategy: batch, Batches: []int{2, 2}}},
		"at once":                              {deploys(inOneBatch, 0), "as it is", release.AdoptedChange{Strategy: all, Batches: []int{4}}},
		"a rollback":                           {rollsBackInThree, "as it is", release.AdoptedChange{Strategy: batch, Batches: []int{1, 1, 2}}},
		"a strategy of other batches":          {deploys(inTwoByHand, time.Minute), grayThenTwo, release.AdoptedChange{Strategy: gray}},
		"a strategy of nonsense":               {deploys(inTwoByHand, time.Minute), strings.Replace(inTwoByHand, "2", "-2", 1), release.AdoptedChange{Strategy: batch}},
		"gray, by the configuration":           {deploys(grayThenTwo, time.Minute), none, release.AdoptedChange{Strategy: gray, Batches: []int{1, 1, 2}}},
		"the configuration is the old one":     {deploys(inThreeByHand, 0), none, release.AdoptedChange{Strategy: batch}},
		"the configuration says nothing of it": {rollsBackInThree, none, release.AdoptedChange{Strategy: batch}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			// What the configuration says before makes three batches, too.
			h.deploy(t, image2, strings.Replace(grayThenTwo, "manual", "auto", 1), time.Minute)
			id := tt.begin(t, h)
			if tt.shown != "as it is" {
				strategy := regexp.MustCompile(`"ApplicationUpdateStrategy":"(\\.|[^"\\])*"`)
				h.edits["DescribeChangeOrder"] = func(text string) string {
					return strategy.ReplaceAllLiteralString(text, `"ApplicationUpdateStrategy":`+strconv.Quote(tt.shown))
				}
			}
			require.Equal(t, &tt.want, h.snapshot(t, func(in *release.SnapshotInput) { in.Adopt = id }).Adopted)
		})
	}
	require.Nil(t, newHost(t).snapshot(t, nil).Adopted)
}

func needsApproval(t *testing.T, h *host) {
	t.Helper()
	h.fault(t, saesim.Fault{Kind: saesim.FaultApproval})
}

func backToFirst(t *testing.T, h *host) {
	t.Helper()
	_, err := h.sim.BeginConsoleOrder(h.app.ID, saesim.ConsoleRelease{VersionID: h.versionOf(t, image1)})
	require.NoError(t, err)
	h.pass(t, time.Minute)
}

func TestSnapshot_TakingOverARollback(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.deploy(t, image2, inOneBatch, time.Minute)
	id, err := h.sim.BeginConsoleOrder(h.app.ID, saesim.ConsoleRelease{VersionID: h.versionOf(t, image1), Strategy: inTwoByHand})
	require.NoError(t, err)
	h.pass(t, time.Minute)
	snap := h.snapshot(t, func(in *release.SnapshotInput) { in.Adopt = id })
	require.Equal(t, image2, snap.Version.Artifact.Image)
}

// TestSnapshot_WhatRanBeforeIsKnownWithoutInstances: where no instance tells, the list of versions
// does.
func TestSnapshot_WhatRanBeforeIsKnownWithoutInstances(t *testing.T) {
	t.Parallel()
	adopted := func(t *testing.T, h *host, begin saesim.ConsoleRelease) release.Snapshot {
		t.Helper()
		begin.Strategy = inTwoByHand
		id, err := h.sim.BeginConsoleOrder(h.app.ID, begin)
		require.NoError(t, err)
		h.pass(t, time.Minute)
		o, err := h.client.DescribeChangeOrder(t.Context(), &saeclient.DescribeChangeOrderInput{ChangeOrderID: id})
		require.NoError(t, err)
		_, err = h.client.ConfirmPipelineBatch(t.Context(), &saeclient.ConfirmPipelineBatchInput{PipelineID: o.Data.Pipelines[1].PipelineID, Confirm: true})
		require.NoError(t, err, "the last instances are being replaced")
		return h.snapshot(t, func(in *release.SnapshotInput) { in.Adopt = id })
	}
	t.Run("a deployment", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		h.deploy(t, image2, inOneBatch, time.Minute)
		snap := adopted(t, h, saesim.ConsoleRelease{Image: image3})
		require.Equal(t, h.keptVersion(t, image2), snap.Version)
	})
	t.Run("a rollback to the newest", func(t *testing.T) {
		t.Parallel()
		h := newHost(t)
		h.deploy(t, image2, inOneBatch, time.Minute)
		backToFirst(t, h)
		snap := adopted(t, h, saesim.ConsoleRelease{VersionID: h.versionOf(t, image2)})
		require.Equal(t, image1, snap.Version.Artifact.Image)
	})
}

func TestSnapshot_OrdersThatCannotBeTakenOver(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	ended := h.deploy(t, image2, inOneBatch, time.Minute)
	other, err := h.client.CreateApplication(t.Context(), &saeclient.CreateApplicationInput{
		AppName: "other", PackageType: "Image", ImageURL: new(image1), Replicas: 4, CPU: new(1000), Memory: new(2048),
	})
	require.NoError(t, err)
	h.pass(t, time.Minute)
	foreign, err := h.sim.BeginConsoleOrder(other.Data.AppID, saesim.ConsoleRelease{Image: image2, Strategy: inTwoByHand})
	require.NoError(t, err)
	h.fault(t, saesim.Fault{Kind: saesim.FaultHang, Operation: "RestartApplication"})
	restart, err := h.client.RestartApplication(t.Context(), &saeclient.RestartApplicationInput{AppID: h.app.ID})
	require.NoError(t, err)
	tests := map[string]struct {
		id    string
		fault release.Fault
		text  string
	}{
		"of another application": {foreign, release.FaultInvalid, "another application"},
		"one that has ended":     {ended, release.FaultInvalid, "has ended"},
		"a restart":              {restart.Data.ChangeOrderID, release.FaultInvalid, "brings no version"},
		"none":                   {"nothing", release.FaultNotFound, "no change order nothing"},
	}
	for name, tt := range tests {
		fault, text := refusedAs(t, h, release.VerbSnapshot, release.SnapshotInput{App: h.app, Adopt: tt.id})
		require.Equal(t, tt.fault, fault, name)
		require.Contains(t, text, tt.text, name)
	}
}

func TestSnapshot_Verify(t *testing.T) {
	t.Parallel()
	verify := func(t *testing.T, h *host, image string) release.Verification {
		t.Helper()
		return must[release.Verification](t, h, release.VerbVerify, release.VerifyInput{App: h.app, Want: of(image)})
	}
	h := newHost(t)
	v := verify(t, h, image1)
	require.True(t, v.OnlyRuns(of(image1)))
	require.Equal(t, 4, v.Instances)
	require.Nil(t, v.Other)

	h.sim.ResetCalls()
	require.False(t, verify(t, h, image2).OnlyRuns(of(image2)))
	require.Equal(t, maxLooks, h.sim.Calls().Operations["DescribeApplicationConfig"], "an answer that lags is waited for")

	id := h.deploy(t, image2, grayThenTwo, time.Minute)
	h.sim.ResetCalls()
	v = verify(t, h, image2)
	require.Equal(t, id, v.Other.ID)
	require.Len(t, v.Running, 2)
	require.Equal(t, 1, h.sim.Calls().Operations["DescribeApplicationConfig"], "what is under way is not waited for")
}

// A change that was aborted may leave versions mixed: instances are asked then, and only then.
func TestSnapshot_AfterAChangeThatWasLeft(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	snapshot := func() release.Snapshot {
		return must[release.Snapshot](t, h, release.VerbSnapshot, release.SnapshotInput{App: h.app})
	}
	h.sim.ResetCalls()
	require.Empty(t, snapshot().Running)
	require.Zero(t, h.sim.Calls().Operations["DescribeApplicationInstances"])
	id := h.deploy(t, image2, grayThenTwo, time.Minute)
	require.Empty(t, snapshot().Running, "what is under way is waited for")
	_, err := h.client.AbortChangeOrder(t.Context(), &saeclient.AbortChangeOrderInput{ChangeOrderID: id})
	require.NoError(t, err)
	require.Equal(t, []release.Share{
		{Version: of(image1), Instances: 3}, {Version: of(image2), Instances: 1},
	}, snapshot().Running)
}

// TestSnapshot_TheListOfOrdersIsReadWhicheverWayItIsSorted: an application may have had hundreds,
// and how SAE sorts them is not stated.
func TestSnapshot_TheListOfOrdersIsReadWhicheverWayItIsSorted(t *testing.T) {
	t.Parallel()
	const many = 120
	begun := time.Date(2026, 11, 2, 16, 0, 0, 0, time.UTC)
	newestFirst := func(i int) int { return many - 1 - i }
	for name, tt := range map[string]struct {
		place func(i int) int
		since time.Time
		pages int
	}{
		"newest first":             {newestFirst, time.Time{}, 1},
		"newest first, since then": {newestFirst, begun.Add(30 * time.Minute), 2},
		"newest first, since ever": {newestFirst, begun, 3},
		"oldest first":             {func(i int) int { return i }, time.Time{}, 3},
		"anyhow":                   {func(i int) int { return i * 7 % many }, time.Time{}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pages := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				pages++
				page, _ := strconv.Atoi(r.URL.Query().Get("CurrentPage"))
				size, _ := strconv.Atoi(r.URL.Query().Get("PageSize"))
				var entries []string
				for i := (page - 1) * size; i < min(page*size, many); i++ {
					n := tt.place(i)
					entries = append(entries, fmt.Sprintf(`{"ChangeOrderId":"o%d","CoTypeCode":"CoDeploy","Status":2,"CreateTime":"%s"}`,
						n, begun.Add(time.Duration(n)*time.Minute).Add(8*time.Hour).Format(time.DateTime)))
				}
				_, _ = fmt.Fprintf(w, `{"RequestId":"1","Code":"200","Success":true,"Data":{"CurrentPage":%d,"PageSize":%d,"TotalSize":%d,"ChangeOrderList":[%s]}}`,
					page, size, many, strings.Join(entries, ","))
			}))
			t.Cleanup(server.Close)
			d, err := New(Config{Client: clientOf(t, server.URL, nil)})
			require.NoError(t, err)
			orders, err := d.orders(t.Context(), saeclient.ListChangeOrdersInput{AppID: "app"}, tt.since)
			require.NoError(t, err)
			require.Equal(t, []string{"o119"}, watermarkOf(orders).Known)
			require.Equal(t, tt.pages, pages)
		})
	}
}
