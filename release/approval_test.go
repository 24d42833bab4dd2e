package release_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// twoOf is an approval by two of these people, who were asked about shop:2.
func twoOf(from ...string) *release.ApprovalState {
	s := release.NewApproval(&release.Approval{Count: 2, From: from, NotRequester: true, Within: release.Duration(time.Hour), OnTimeout: release.TimeoutAbort})
	s.Ask(approvable(), time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC))
	return s
}

func approvable() release.Progress {
	return release.Progress{
		ReleaseID: "r-1", App: shop(), Phase: release.PhaseAwaitingApproval, RequestedBy: "ci", Config: "sha256:0123456789ab",
		Artifact: release.Artifact{Image: "shop:2"}, Awaiting: &release.Awaiting{Kind: release.AwaitApproval},
	}
}

// TestApproval_Admit is the whole table: who may approve or reject what, and when.
func TestApproval_Admit(t *testing.T) {
	t.Parallel()
	asked := approvable()
	asked.Approval = twoOf("ann", "li", "ci")
	of := func(change func(*release.Progress)) release.Progress {
		p := asked.Clone()
		change(&p)
		return p
	}
	once := of(func(p *release.Progress) { p.Approval.Take(release.Decision{By: "ann"}) })
	granted := of(func(p *release.Progress) {
		p.Approval.Take(release.Decision{By: "ann"})
		p.Approval.Take(release.Decision{By: "li", At: time.Unix(1, 0)})
	})
	batch := of(func(p *release.Progress) {
		p.Phase, p.Awaiting, p.ChangeID = release.PhaseAwaitingConfirm, &release.Awaiting{Kind: release.AwaitApproval, Batch: 2}, "co-1"
		p.Strategy.Approval, p.Batches = &release.Approval{Count: 1}, make([]release.Batch, 3)
		p.Approval = p.ApprovalOfBatch(2, "co-1")
		p.Approval.Ask(*p, time.Unix(1, 0))
	})
	by := func(name string, changes ...func(*release.Command)) release.Command {
		c := release.Command{Kind: release.CommandApprove, By: name, Artifact: "shop:2", Config: "sha256:0123456789ab", Via: release.ViaEvent}
		for _, change := range changes {
			change(&c)
		}
		return c
	}
	rejected := func(c *release.Command) {
		c.Kind, c.Artifact, c.Config, c.Reason = release.CommandReject, "", "", "too late in the day"
	}
	second := func(c *release.Command) { c.Batch, c.ChangeID = 2, "co-1" }
	for name, c := range map[string]struct {
		p        release.Progress
		c        release.Command
		repeated bool
		refusal  string
	}{
		"the first":                           {asked, by("ann"), false, ""},
		"the second":                          {once, by("li"), false, ""},
		"the same person again":               {once, by("ann"), true, ""},
		"the same person, written otherwise":  {once, by(" ANN"), true, ""},
		"a third":                             {granted, by("mei"), false, "approved already, by ann, li"},
		"the second again":                    {granted, by("li"), true, ""},
		"somebody else":                       {asked, by("mei"), false, "mei is not among those who may approve it: ann, li, ci"},
		"a name in other letters":             {asked, by("Li"), false, "Li is not among those"},
		"the requester":                       {asked, by("ci"), false, "ci has asked for the release, and may not approve it"},
		"who pushed it":                       {of(func(p *release.Progress) { p.ByName = &release.ByName{Trigger: release.Trigger{PushedBy: "Ann"}} }), by("ann"), false, "ann has pushed what the release brings, and may not approve it"},
		"who pushed it rejects":               {of(func(p *release.Progress) { p.ByName = &release.ByName{Trigger: release.Trigger{PushedBy: "ann"}} }), by("ann", rejected), false, ""},
		"the requester rejects":               {asked, by("ci", rejected), false, ""},
		"a rejection":                         {once, by("li", rejected), false, ""},
		"a rejection by somebody else":        {asked, by("mei", rejected), false, "not among those who may reject it"},
		"a rejection of another artifact":     {asked, by("li", rejected, func(c *release.Command) { c.Artifact = "shop:1" }), false, "another artifact"},
		"a rejection of another config":       {asked, by("li", rejected, func(c *release.Command) { c.Config = "sha256:1" }), false, "another configuration"},
		"a rejection of what is approved":     {granted, by("li", rejected), false, "approved already"},
		"another artifact":                    {asked, by("ann", func(c *release.Command) { c.Artifact = "shop:1" }), false, "another artifact"},
		"the same person, another artifact":   {once, by("ann", func(c *release.Command) { c.Artifact = "shop:1" }), false, "another artifact"},
		"another configuration":               {asked, by("ann", func(c *release.Command) { c.Config = "sha256:1" }), false, "about another configuration; the release brings sha256:0123456789ab"},
		"no configuration":                    {asked, by("ann", func(c *release.Command) { c.Config = "" }), false, "about another configuration"},
		"a configuration where there is none": {of(func(p *release.Progress) { p.Config, p.Approval.Config = "", "" }), by("ann"), false, "so that config is left out"},
		"claimed, where it must be verified":  {of(func(p *release.Progress) { p.Approval.Verified = true }), by("ann"), false, "only a verified identity may approve it"},
		"verified":                            {of(func(p *release.Progress) { p.Approval.Verified = true }), by("ann", func(c *release.Command) { c.Verified = true }), false, ""},
		"anybody":                             {of(func(p *release.Progress) { p.Approval.From = nil }), by("mei"), false, ""},
		"before people are asked": {of(func(p *release.Progress) {
			p.Phase, p.Awaiting, p.Approval = release.PhaseQueued, nil, release.NewApproval(&p.Approval.Approval)
		}), by("ann"), false, "does not wait for approval yet: it is Queued"},
		"none is asked for":              {of(func(p *release.Progress) { p.Approval = nil }), by("ann"), false, "asks for no approval"},
		"after the end":                  {of(func(p *release.Progress) { p.Phase = release.PhaseAborted }), by("ann"), false, "has ended: Aborted"},
		"of what is being aborted":       {of(func(p *release.Progress) { p.Decisions = []release.Decision{{Kind: release.CommandAbort}} }), by("ann"), false, "being aborted"},
		"of what is rejected":            {of(func(p *release.Progress) { p.Decisions = []release.Decision{{Kind: release.CommandReject}} }), by("ann"), false, "being aborted"},
		"on the way back":                {of(func(p *release.Progress) { p.Phase = release.PhaseRollingBack }), by("ann"), false, "rolling back already"},
		"a batch of what asks for none":  {asked, by("ann", second, func(c *release.Command) { c.ChangeID = "" }), false, "no batch of the release asks for approval; confirm batch 2"},
		"a batch":                        {batch, by("mei", second), false, ""},
		"a batch, rejected":              {batch, by("mei", rejected, second), false, ""},
		"another batch":                  {batch, by("mei", second, func(c *release.Command) { c.Batch = 1 }), false, "batch 1 does not wait for approval"},
		"a batch of another change":      {batch, by("mei", second, func(c *release.Command) { c.ChangeID = "co-2" }), false, "about change co-2"},
		"the release instead of it":      {batch, by("mei"), false, "batch 2 does, or did; name it as batch"},
		"a batch that is paused":         {func() release.Progress { p := batch.Clone(); p.Paused = true; return p }(), by("mei", second), false, "resume it first"},
		"a batch that waits no more":     {func() release.Progress { p := batch.Clone(); p.Awaiting = nil; return p }(), by("mei", second), false, "does not wait for approval: it is AwaitingConfirm"},
		"a confirmation instead":         {batch, release.Command{Kind: release.CommandConfirm, Batch: 2, By: "mei"}, false, "batch 2 does not wait for a confirmation: it waits for approval of batch 2 of 3 by 1 person"},
		"a confirmation of all":          {batch, release.Command{Kind: release.CommandConfirm, All: true, ChangeID: "co-1", Artifact: "shop:2", By: "mei"}, false, "each batch asks for approval of its own"},
		"a pause while people are asked": {asked, release.Command{Kind: release.CommandPause, By: "mei"}, false, "has changed nothing; reject or abort it"},
		"an abort meanwhile":             {asked, release.Command{Kind: release.CommandAbort, By: "mei"}, false, ""},
		"an override meanwhile":          {asked, release.Command{Kind: release.CommandOverride, By: "mei", Reason: "x"}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repeated, err := release.Admit(c.p, c.c)
			require.Equal(t, c.repeated, repeated)
			if c.refusal == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.refusal)
			require.ErrorAs(t, err, new(release.Refusal))
		})
	}
	_, err := release.AdmitSet(release.SetProgress{Phase: release.PhaseRollingOut}, by("ann", func(c *release.Command) { c.Artifact = "" }))
	require.ErrorContains(t, err, "say approve to one of its releases")
}

func TestApproval_WhatACommandMustSay(t *testing.T) {
	t.Parallel()
	for fields, c := range map[string]release.Command{
		"":                 {Kind: release.CommandApprove, By: "ann", Artifact: "shop:2"},
		" ":                {Kind: release.CommandReject, By: "ann", Note: "not today"},
		"  ":               {Kind: release.CommandApprove, By: "ann", Artifact: "shop:2", Verified: true, Via: release.ViaEvent},
		"artifact":         {Kind: release.CommandApprove, By: "ann"},
		"changeId":         {Kind: release.CommandApprove, By: "ann", Artifact: "shop:2", Batch: 1},
		"batch":            {Kind: release.CommandReject, By: "ann", Reason: "x", Batch: -1},
		"reason":           {Kind: release.CommandReject, By: "ann", Reason: " "},
		"config":           {Kind: release.CommandAbort, By: "ann", Config: "sha256:1"},
		"verified":         {Kind: release.CommandApprove, By: "ann", Artifact: "shop:2", Verified: true, Via: release.ViaUpdate},
		"verified signals": {Kind: release.CommandReject, By: "ann", Reason: "x", Verified: true, Via: release.ViaSignal},
	} {
		want, _, _ := strings.Cut(strings.TrimSpace(fields), " ")
		if want == "" {
			require.NoError(t, c.Validate(), fields)
			continue
		}
		var problems release.Problems
		require.ErrorAs(t, c.Validate(), &problems, fields)
		require.Equal(t, want, problems[0].Field)
	}
}

func TestApproval_WhatIsAskedForIsChecked(t *testing.T) {
	t.Parallel()
	gray := release.Strategy{Type: release.StrategyGray}
	for name, c := range map[string]struct {
		change func(*release.Spec)
		want   []string
	}{
		"nobody in particular": {func(s *release.Spec) { s.Approval = &release.Approval{} }, nil},
		"two of two":           {func(s *release.Spec) { s.Approval = &release.Approval{Count: 2, From: []string{"ann", "li"}} }, nil},
		"two of a group": {func(s *release.Spec) {
			s.Approval = &release.Approval{Count: 2, From: []string{"group:release-managers"}}
		}, nil},
		"a group without a name": {func(s *release.Spec) { s.Approval = &release.Approval{From: []string{"group:"}} }, []string{`approval.from[0]: "group:" names no group`}},
		"who can be verified": {func(s *release.Spec) {
			s.Approval = &release.Approval{From: []string{"ann@ops", "group:managers"}, Verified: true}
		}, nil},
		"who can never be verified": {func(s *release.Spec) {
			s.Approval = &release.Approval{From: []string{"ann@example.com"}, Verified: true}
		}, []string{`approval.from[0]: "ann@example.com" can never be verified`}},
		"three of two":                      {func(s *release.Spec) { s.Approval = &release.Approval{Count: 3, From: []string{"ann", "li"}} }, []string{"approval.count: is 3, and 2 of those in from may approve"}},
		"two, one of whom is written twice": {func(s *release.Spec) { s.Approval = &release.Approval{Count: 2, From: []string{"ann", "Ann "}} }, []string{`approval.from[1]: "Ann " is there already`, "approval.count: is 2, and 1 of those"}},
		"two, one of whom asks": {func(s *release.Spec) {
			s.RequestedBy, s.Approval = "ann", &release.Approval{Count: 2, From: []string{"ann", "li"}, NotRequester: true}
		}, []string{"approval.count: is 2, and 1 of those in from may approve"}},
		"the one who asks": {func(s *release.Spec) {
			s.RequestedBy, s.Approval = "ann", &release.Approval{From: []string{"ann"}, NotRequester: true}
		}, []string{"approval.from: has nobody who may approve"}},
		"not whoever asks, who is not known": {func(s *release.Spec) { s.Approval = &release.Approval{NotRequester: true} }, []string{"requestedBy: is required with approval.notRequester"}},
		"the system itself":                  {func(s *release.Spec) { s.Approval = &release.Approval{From: []string{"slipway"}} }, []string{`approval.from[0]: "slipway" is what the system calls itself`}},
		"before a change that has begun":     {func(s *release.Spec) { s.Adopt, s.Approval = "co-1", &release.Approval{} }, []string{"approval: cannot be asked before a change that has begun already"}},
		"of batches":                         {func(s *release.Spec) { s.Strategy, s.Strategy.Approval = gray, &release.Approval{} }, nil},
		"of batches that are all":            {func(s *release.Spec) { s.Strategy.Approval = &release.Approval{} }, []string{"strategy.approval: has no meaning with type all"}},
		"of batches that go on by themselves": {func(s *release.Spec) {
			s.Strategy, s.Strategy.Confirm, s.Strategy.Approval = gray, release.ConfirmAuto, &release.Approval{}
		}, []string{"strategy.approval: has no meaning with confirm auto"}},
		"of batches that the platform runs through": {func(s *release.Spec) {
			s.App = release.App{Platform: release.PlatformServiceStage, Region: "cn-north-4", ID: "shop"}
			s.Strategy = release.Strategy{Type: release.StrategyBatch, Batches: 2, Approval: &release.Approval{}}
		}, []string{"strategy.approval: cannot be asked for"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := release.Spec{App: shop(), Artifact: release.Artifact{Image: "shop:2"}}
			c.change(&spec)
			err := spec.WithDefaults().Validate()
			if c.want == nil {
				require.NoError(t, err)
				return
			}
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
		})
	}
	set := release.Set{Name: "shops", RequestedBy: "ann", Waves: []release.Wave{{Releases: []release.SetRelease{{Name: "shop", Spec: release.Spec{
		App: shop(), Artifact: release.Artifact{Image: "shop:2"}, Approval: &release.Approval{NotRequester: true},
	}}}}}}
	require.NoError(t, set.WithDefaults().Validate(), "who asks for a set asks for its releases")
	set.RequestedBy = ""
	require.ErrorContains(t, set.WithDefaults().Validate(), "waves[0].releases[0].spec.requestedBy: is required")
}

func TestApproval_SaysWhoMustAndWhoHas(t *testing.T) {
	t.Parallel()
	s := twoOf("ann", "li")
	require.Equal(t, "2 of ann, li, not whoever asked for it; nobody has approved yet", s.Text())
	require.Equal(t, 2, s.Missing())
	s.Take(release.Decision{By: "ann"})
	require.Equal(t, "2 of ann, li, not whoever asked for it; approved by ann, 1 missing", s.Text())
	require.False(t, s.Granted())
	s.Take(release.Decision{By: "li", At: time.Unix(1, 0)})
	require.True(t, s.Granted())
	require.Equal(t, "2 of ann, li, not whoever asked for it; approved by ann, li", s.Text())
	late := twoOf()
	late.Take(release.Decision{By: release.Slipway, Via: release.ViaLimit, At: time.Unix(1, 0)})
	require.True(t, late.Granted(), "a limit that lets the release go on asks nobody else")
	require.Equal(t, "2 people must approve within 1h (else: abort)", release.Approval{Count: 2, Within: release.Duration(time.Hour), OnTimeout: release.TimeoutAbort}.Planned())
	require.Equal(t, "ann, with a verified identity", release.Approval{Count: 1, From: []string{"ann"}, Verified: true}.Text())
	require.Empty(t, (*release.ApprovalState)(nil).Text())
	require.False(t, (*release.ApprovalState)(nil).Granted())
	d := release.Decision{Kind: release.CommandApprove, Batch: 2, By: "ann", Verified: true, Via: release.ViaEvent}
	require.Equal(t, "approve batch 2 by ann (verified by subject) via event", d.Text(release.UnitBatch, nil))
	d.SignedBy = "ann-laptop"
	require.Equal(t, "approve batch 2 by ann (verified by key ann-laptop) via event", d.Text(release.UnitBatch, nil))
	for want, c := range map[string]release.Command{
		"the release approved by ann":                                  {Kind: release.CommandApprove, ID: "1", By: "ann"},
		"the release approved already, by ann at 2026-11-22T20:35:00Z": {Kind: release.CommandApprove, ID: "3", By: "Ann"},
		"the release rejected by mei":                                  {Kind: release.CommandReject, ID: "4", By: "mei"},
	} {
		require.Equal(t, want, c.Acknowledgement([]release.Decision{
			{Kind: release.CommandApprove, ID: "1", By: "ann", At: time.Date(2026, 11, 22, 20, 35, 0, 0, time.UTC)}, {Kind: release.CommandApprove, ID: "2", By: "li"},
		}, release.UnitBatch, time.UTC))
	}
}

// Capitals, blanks and defaults of an approval make no other request.
func TestApproval_TheDigestKnowsDefaults(t *testing.T) {
	t.Parallel()
	of := func(a *release.Approval) string {
		return release.Spec{App: shop(), Artifact: release.Artifact{Image: "shop:2"}, Approval: a}.Digest()
	}
	require.Equal(t, of(&release.Approval{}), of(&release.Approval{Count: 1, Within: release.DefaultApprovalLimit, OnTimeout: release.TimeoutAbort, From: []string{}}))
	require.NotEqual(t, of(nil), of(&release.Approval{}))
	require.NotEqual(t, of(&release.Approval{}), of(&release.Approval{Count: 2}))
}

// TestApproval_ByAGroup: who is in a group, the starter alone says.
func TestApproval_ByAGroup(t *testing.T) {
	t.Parallel()
	p := approvable()
	p.Approval = twoOf("group:release-managers", "mei")
	c := release.Command{Kind: release.CommandApprove, By: "ann", Artifact: "shop:2", Config: p.Config, Via: release.ViaEvent}
	_, err := release.Admit(p, c)
	require.EqualError(t, err, "ann is not among those who may approve it: group:release-managers, mei")
	c.Via = release.ViaUpdate
	_, err = release.Admit(p, c)
	require.ErrorContains(t, err, "only the starter knows")
	c.Via, c.Groups = release.ViaEvent, []string{"on-call", "release-managers"}
	_, err = release.Admit(p, c)
	require.NoError(t, err)
	c.By, c.Groups = "group:release-managers", nil
	_, err = release.Admit(p, c)
	require.Error(t, err, "nobody is a group")
}

// TestApproval_OfAPackageWithASignedAddress: what people are shown is enough to approve it.
func TestApproval_OfAPackageWithASignedAddress(t *testing.T) {
	t.Parallel()
	p := approvable()
	p.Artifact = release.Artifact{Package: &release.Package{URL: "https://b.oss/shop.jar?Signature=hush", Version: "1"}}
	p.Approval = twoOf("ann", "li")
	p.Approval.Ask(p, time.Unix(1, 0))
	c := release.Command{Kind: release.CommandApprove, By: "ann", Artifact: p.Approval.Artifact, Config: p.Config, Via: release.ViaEvent}
	require.NotContains(t, c.Artifact, "hush")
	_, err := release.Admit(p, c)
	require.NoError(t, err)
	c.Artifact = p.Artifact.String()
	_, err = release.Admit(p, c)
	require.NoError(t, err)
	c.Artifact = "https://b.oss/stock.jar@1"
	_, err = release.Admit(p, c)
	require.ErrorContains(t, err, "another artifact")
}
