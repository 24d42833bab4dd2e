package apps

import (
	"encoding/json"
	"slices"

	"slipway/release"
)

// NewEnvironment returns an environment for an application that runs so many instances, 0 where nobody knows:
// with a gray release by default where the platform has one for that many, and otherwise all at once.
func NewEnvironment(name string, app release.App, instances int) Environment {
	e := Environment{Name: name, App: At(app)}
	if says := grayFor(app.Platform, instances); says != "" {
		e.Release = map[string]json.RawMessage{"strategy": json.RawMessage(says)}
	}
	return e
}

// grayFor is the strategy of a gray release of so many instances; empty where the platform has none.
func grayFor(platform release.Platform, instances int) string {
	traits, _ := release.TraitsOf(platform)
	switch {
	case !slices.Contains(traits.Rollouts, release.StrategyGray):
		return ""
	case traits.Step == release.StepWeight:
		return `{"type": "gray", "weights": [10]}`
	case instances < 2 || 100 > traits.GrayAtMost*instances: // a gray batch of one is too large
		return ""
	}
	return `{"type": "gray", "gray": 1, "batches": 1}`
}

// New returns a document with one environment.
func New(name string, e Environment) Application {
	return Application{Name: name, Environments: []Environment{e}}
}

// With returns the document with a further environment, as the last one. The error is a [release.Problem]
// where it has an environment of this name or this application already, or is full.
func (a Application) With(e Environment) (Application, error) {
	a.Environments = append(slices.Clip(a.Environments), e)
	return a, a.Validate()
}
