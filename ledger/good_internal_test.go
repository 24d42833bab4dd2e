package ledger

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// story is a list of releases that have ended one after the other.
type story []Record

// then adds a release of the image with the tag, whose change was begun.
func (s story) then(tag string, outcome release.Phase) story {
	p := progress(outcome)
	v := version(tag)
	p.Artifact, p.ChangeID, p.Runs = v.Artifact, "co-1", &v
	r := Record{ReleaseID: "r-" + string(rune('a'+len(s)))}.reported(Report{Progress: p})
	r.EndedAt = at(len(s))
	return append(s, r)
}

// version is the version of a tag and, after a slash, of a configuration.
func version(name string) release.Version {
	tag, config, _ := strings.Cut(name, "/")
	return release.Version{Artifact: image(tag), Config: config}
}

func versions(names []string) (all []release.Version) {
	for _, name := range names {
		all = append(all, version(name))
	}
	return all
}

// rollback adds a rollback that has succeeded, from what the latest release has brought.
func (s story) rollback(to string) story {
	from := *s[len(s)-1].Progress.Runs
	return s.then(to, release.PhaseSucceeded).but(func(r *Record) {
		r.Progress.Operation, r.Progress.RollbackTo = release.OperationRollback, &from
	})
}

// but changes the latest release.
func (s story) but(change func(*Record)) story {
	change(&s[len(s)-1])
	return s
}

func TestGood_LastGood(t *testing.T) {
	t.Parallel()
	const succeeded, aborted = release.PhaseSucceeded, release.PhaseAborted
	operation := func(o release.Operation) func(*Record) { return func(r *Record) { r.Progress.Operation = o } }
	for name, c := range map[string]struct {
		releases story
		running  string
		avoid    []string
		want     []string
	}{
		"nothing was released":    {nil, "1", nil, nil},
		"the newest first":        {story{}.then("1", succeeded).then("2", succeeded).then("3", succeeded), "3", nil, []string{"2", "1"}},
		"a release of today runs": {story{}.then("1", succeeded).then("2", succeeded), "0", nil, []string{"2", "1"}},
		"one is to be avoided":    {story{}.then("1", succeeded).then("2", succeeded).then("3", succeeded), "3", []string{"2"}, []string{"1"}},
		"one was aborted":         {story{}.then("2", succeeded).then("3", aborted).then("4", succeeded), "4", nil, []string{"2"}},
		"one was rolled back":     {story{}.then("2", succeeded).then("3", release.PhaseRolledBack).then("4", succeeded), "4", nil, []string{"2"}},
		"one has failed":          {story{}.then("2", succeeded).then("3", release.PhaseFailed).then("4", succeeded), "4", nil, []string{"2"}},
		"one needs attention":     {story{}.then("2", succeeded).then("3", release.PhaseNeedsAttention).then("4", succeeded), "4", nil, []string{"2"}},
		"one runs still":          {story{}.then("2", succeeded).then("3", release.PhaseRollingOut), "1", nil, []string{"2"}},
		"a good one failed later": {story{}.then("1", succeeded).then("2", succeeded).then("2", release.PhaseRolledBack), "9", nil, []string{"1"}},
		"a bad one became good":   {story{}.then("1", succeeded).then("2", aborted).then("2", succeeded), "1", nil, []string{"2"}},
		"a good one was not begun again": {
			story{}.then("1", succeeded).then("2", aborted).but(func(r *Record) { r.Artifact, r.Progress.ChangeID = image("1"), "" }), "9", nil, []string{"1"},
		},
		"a good one was released over itself, in vain": {
			story{}.then("1", succeeded).then("1", release.PhaseRolledBack).but(func(r *Record) { r.Progress.RollbackTo = &release.Version{Artifact: image("1")} }), "9", nil, []string{"1"},
		},
		"a good one failed later, and runs all the same": {
			story{}.then("1", succeeded).then("2", succeeded).then("2", release.PhaseFailed).but(func(r *Record) {
				r.Progress.RollbackTo, r.Progress.Runs = &release.Version{Artifact: image("1")}, &release.Version{Artifact: image("2")}
			}), "9", nil, []string{"1"},
		},
		"a good one failed later, and its record is cut": {
			story{}.then("1", succeeded).then("2", succeeded).then("2", release.PhaseFailed).but(func(r *Record) {
				r.Progress.Artifact, r.Progress.RollbackTo = release.Artifact{}, &release.Version{ID: "v1"}
			}), "9", nil, []string{"1"},
		},
		"a rollback has left one":                   {story{}.then("2", succeeded).then("3", aborted).then("4", succeeded).rollback("2"), "2", nil, nil},
		"a rollback has left one, one is older":     {story{}.then("1", succeeded).then("2", succeeded).then("4", succeeded).rollback("2"), "2", nil, []string{"1"}},
		"what a rollback left has succeeded anew":   {story{}.then("2", succeeded).then("4", succeeded).rollback("2").then("4", succeeded), "2", nil, []string{"4"}},
		"a rollback to what nobody released":        {story{}.then("4", succeeded).rollback("0"), "9", nil, []string{"0"}},
		"another configuration":                     {story{}.then("1/a", succeeded).then("1/b", succeeded), "1/b", nil, []string{"1/a"}},
		"a configuration of today runs":             {story{}.then("1/a", succeeded).then("1/b", succeeded), "1/c", nil, []string{"1/b", "1/a"}},
		"a configuration of which nothing is known": {story{}.then("0", succeeded).then("1", succeeded), "1/b", nil, []string{"0"}},
		"a rollback has left a configuration":       {story{}.then("1/a", succeeded).then("1/b", succeeded).rollback("1/a"), "1/a", nil, nil},
		"a configuration is to be avoided":          {story{}.then("1/a", succeeded).then("1/b", succeeded).then("2/b", succeeded), "2/b", []string{"1/b"}, []string{"1/a"}},
		"an artifact is bad with any configuration": {story{}.then("1/a", succeeded).then("2/a", succeeded).then("2/b", aborted), "9", nil, []string{"1/a"}},
		"a configuration alone was aborted": {
			story{}.then("1/a", succeeded).then("1/b", aborted).but(func(r *Record) { r.Progress.OnlyConfig, r.Progress.RollbackTo = true, new(version("1/a")) }), "9", nil, []string{"1/a"},
		},
		"a restart brings nothing": {story{}.then("1", succeeded).but(operation(release.OperationRestart)), "9", nil, nil},
		"a rescale brings nothing": {story{}.then("1", succeeded).but(operation(release.OperationRescale)), "9", nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			good, _ := lastGood(c.releases, version(c.running), versions(c.avoid))
			require.Equal(t, versions(c.want), good)
		})
	}
}

func TestGood_WhatIsKnownToBeBad(t *testing.T) {
	t.Parallel()
	records := story{}.then("1", release.PhaseSucceeded).then("2", release.PhaseAborted).then("3", release.PhaseRolledBack).
		then("2", release.PhaseSucceeded).then("4", release.PhaseSucceeded).rollback("1")
	_, bad := lastGood(records, release.Version{}, nil)
	require.Equal(t, versions([]string{"4", "3"}), bad)
}

// A version that the platform tells by an ID keeps it, also where nobody knows its artifact.
func TestGood_VersionsKeepTheirIDs(t *testing.T) {
	t.Parallel()
	records := story{}.then("1", release.PhaseSucceeded).but(func(r *Record) { r.Progress.Version = "7" }).
		then("2", release.PhaseAborted).but(func(r *Record) { r.Progress.Version = "8" }).
		then("1", release.PhaseSucceeded).but(func(r *Record) {
		r.Artifact, r.Progress.Operation, r.Progress.Version = release.Artifact{}, release.OperationRollback, "5"
		r.Progress.RollbackTo = &release.Version{ID: "9"}
	})
	good, bad := lastGood(records, release.Version{}, nil)
	require.Equal(t, []release.Version{{ID: "5"}, {ID: "7", Artifact: image("1")}}, good)
	require.Equal(t, []release.Version{{ID: "9"}, {ID: "8", Artifact: image("2")}}, bad)
}

// What has proved good behind one alias says nothing of another one, which a rollback would move ahead.
func TestGood_EachAliasHasItsOwn(t *testing.T) {
	t.Parallel()
	live := release.App{Platform: release.PlatformFC, Region: "cn-hangzhou", ID: "shop"}
	canary := live
	canary.Qualifier = "canary"
	r := Record{App: live, Outcome: release.PhaseSucceeded}
	require.True(t, r.judges(live))
	require.True(t, r.judges(live.WithDefaults()))
	require.False(t, r.judges(canary))
	r.Outcome = ""
	require.False(t, r.judges(live), "it has not ended")
}
