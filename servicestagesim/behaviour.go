package servicestagesim

import (
	"slices"

	"slipway/internal/simframe"
)

// Result is how it goes with an image or a package wherever it is deployed.
type Result string

// The results of deployments.
const (
	// ResultOK is a source whose replicas become ready.
	ResultOK Result = "ok"
	// ResultMissing is a source that does not exist: the task that fetches it fails, and its job with it.
	ResultMissing Result = "missing"
	// ResultUnready is a source whose replicas start and never become ready: its job succeeds, and the component is PENDING.
	ResultUnready Result = "unready"
)

func results() []Result { return []Result{ResultOK, ResultMissing, ResultUnready} }

// A Behaviour says how it goes with a source wherever it is deployed, so that a version can be a bad one. A source without
// one is a good one.
type Behaviour struct {
	// Source is the address of the image or the package: source.url.
	Source string `json:"source"`
	Result Result `json:"result"`
}

// Validate tells everything that is wrong with the behaviour at once.
func (b Behaviour) Validate() error {
	var problems simframe.Problems
	if b.Source == "" {
		problems.Add("source", "must be the address of an image or a package")
	}
	if !slices.Contains(results(), b.Result) {
		problems.Add("result", "%q is none of %v", b.Result, results())
	}
	return problems.Err()
}
