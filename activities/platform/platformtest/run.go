package platformtest

import (
	"testing"

	"slipway/release"
)

// A story is what is told to a driver.
type story struct {
	name string
	// told tells whether it is told to a platform; nil is always.
	told func(release.Traits) bool
	// empty is told to an application to which nothing was released yet.
	empty bool
	tell  func(*scene)
}

// Run tells every story to the driver of a platform: each in a world of its own, and those that
// change something once more for every loss of every call of theirs that does.
func Run(t *testing.T, p Platform) {
	t.Helper()
	told := told()
	if !p.ListsNone {
		told = append(told, story{name: "the instances of a change", tell: watched})
	}
	for _, st := range changing() {
		if st.told != nil && !st.told(p.Traits) {
			continue
		}
		t.Run(st.name, func(t *testing.T) {
			t.Parallel()
			everyLoss(t, p, Setup{Instances: instances, Empty: st.empty}, st.tell)
		})
	}
	for _, st := range told {
		if st.told != nil && !st.told(p.Traits) {
			continue
		}
		t.Run(st.name, func(t *testing.T) {
			t.Parallel()
			st.tell(newScene(t, p, Setup{Instances: instances}))
		})
	}
}

// changing are the stories that come to the same end whatever is lost on the way.
func changing() []story {
	return []story{
		{name: "a release at once", tell: atOnce},
		{name: "a release in steps", tell: stepByStep},
		{name: "an abort in each batch", tell: abortedInEachBatch},
		{name: "a rollback", tell: rolledBack},
		{name: "scaling rules around a release", told: hasRules, tell: rulesAroundARelease},
		{name: "a first release", told: func(t release.Traits) bool { return t.FirstRelease }, empty: true, tell: first},
		{name: "a restart", told: func(t release.Traits) bool { return t.Restart }, tell: restarted},
		{name: "a rescale", told: func(t release.Traits) bool { return t.Rescale }, tell: rescaled},
		{name: "a job", told: func(t release.Traits) bool { return t.Job }, tell: jobRun},
	}
}

// told are the other stories.
func told() []story {
	return []story{
		{name: "a step said twice is done once", tell: saidTwice},
		{name: "an abort after the end does nothing", tell: abortedTooLate},
		{name: "a new version that does not become ready", tell: spoiled},
		{name: "a change begun elsewhere before", tell: elsewhereBefore},
		{name: "a change begun elsewhere in between", tell: elsewhereBetween},
		{name: "a change begun elsewhere after", tell: elsewhereAfter},
		{name: "a change that is taken over", told: func(t release.Traits) bool { return t.Adopt }, tell: takenOver},
		{name: "a change is found by its token", tell: foundByToken},
		{name: "the version to return to", tell: versionsToReturnTo},
		{name: "a version that is gone", tell: versionGone},
		{name: "each scaling rule alone", told: hasRules, tell: ruleByRule},
		{name: "a scaling rule that is changed meanwhile", told: hasRules, tell: ruleChanged},
		{name: "a scaling rule that is deleted meanwhile", told: hasRules, tell: ruleDeleted},
		{name: "a rescale to what there is", told: func(t release.Traits) bool { return t.Rescale }, tell: rescaledToWhatThereIs},
		{name: "a plan", tell: planned},
		{name: "an application is found by its name", tell: lookedUp},
		{name: "what the platform does not have", tell: notHad},
		{name: "a configuration", tell: configured},
		{name: "credentials that are not accepted", tell: strange},
		{name: "a freeze", tell: frozen},
		{name: "the way back is not frozen", tell: wayBackFree},
	}
}

// hasRules tells whether applications have scaling rules.
func hasRules(t release.Traits) bool { return t.Scaling != release.ScalingNone }
