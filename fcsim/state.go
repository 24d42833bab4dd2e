package fcsim

import (
	"maps"
	"strings"
	"time"

	"slipway/internal/simframe"
)

// stateVersion is written into state files; a file of another version is refused.
const stateVersion = 1

// latest is the qualifier of what can be changed.
const latest = "LATEST"

// state is everything a simulator knows, in one value that can be written down. What happens by
// itself (instances that start, schedules that fire) is worked out from it whenever somebody
// looks, so it holds times and never timers.
type state struct {
	simframe.Common

	// Invocations counts invocations, each of which draws its version by the weights.
	Invocations uint64 `json:"invocations"`

	Services map[string]*service      `json:"services"`
	Domains  map[string]*customDomain `json:"domains"`
	// Layers are those that were ever published, by name.
	Layers map[string]*layer `json:"layers"`
	// Packages are the code packages that were sent, by checksum.
	Packages map[string][]byte `json:"packages"`
	// Behaviours say how code behaves, by what it is; see [Behaviour].
	Behaviours map[string]Behaviour `json:"behaviours"`

	// wake is when the next event is due, or zero when that has to be worked out: whatever changes
	// something clears it.
	wake time.Time
}

func newState() *state {
	st := new(state)
	st.fillMaps()
	return st
}

// fillMaps makes the maps that are missing.
func (s *state) fillMaps() {
	simframe.FillMap(&s.Services)
	simframe.FillMap(&s.Domains)
	simframe.FillMap(&s.Layers)
	simframe.FillMap(&s.Packages)
	simframe.FillMap(&s.Behaviours)
	for _, v := range s.Services {
		if v != nil {
			v.fillMaps()
		}
	}
}

// drawETag makes a new ETag, 32 hexadecimal digits.
func (s *state) drawETag() string { return strings.ReplaceAll(s.Draw("etag"), "-", "") }

// service is a service with all that belongs to it.
type service struct {
	ID       string          `json:"id"`
	Name     string          `json:"name"`
	Created  time.Time       `json:"created"`
	Modified time.Time       `json:"modified"`
	ETag     string          `json:"etag"`
	Settings serviceSettings `json:"settings"`
	// Functions are those of LATEST, by name.
	Functions map[string]*function `json:"functions"`
	// Versions are the published ones that exist, oldest first.
	Versions []*version `json:"versions"`
	// Published is the highest version number that was ever given.
	Published int `json:"published"`
	// Changed tells that LATEST differs from what was published last, or that this was deleted.
	Changed bool              `json:"changed"`
	Aliases map[string]*alias `json:"aliases"`
	// Provisions are the provision configs, by alias and function.
	Provisions map[string]*provision `json:"provisions"`
	// Triggers are those of the functions of LATEST, by function and name.
	Triggers map[string]*trigger `json:"triggers"`
	// Tags are its tags by key.
	Tags map[string]string `json:"tags"`
	// AsyncConfigs are the asynchronous configurations, by qualifier and function.
	AsyncConfigs map[string]*asyncConfig `json:"asyncConfigs"`
	// Invocations are the asynchronous invocations, oldest first.
	Invocations []*invocation `json:"invocations"`
	// OnDemand are the instances that invocations started.
	OnDemand []*instance `json:"onDemand"`
}

func (v *service) fillMaps() {
	simframe.FillMap(&v.Functions)
	simframe.FillMap(&v.Aliases)
	simframe.FillMap(&v.Provisions)
	simframe.FillMap(&v.Triggers)
	simframe.FillMap(&v.Tags)
	simframe.FillMap(&v.AsyncConfigs)
}

// touch notes a change of LATEST.
func (v *service) touch(now time.Time) {
	v.Modified, v.Changed = now, true
}

// function is a function of LATEST or of a version.
type function struct {
	ID       string           `json:"id"`
	Name     string           `json:"name"`
	Created  time.Time        `json:"created"`
	Modified time.Time        `json:"modified"`
	ETag     string           `json:"etag"`
	Settings functionSettings `json:"settings"`
	Code     code             `json:"code"`
}

// version is a published version: a service as it was, with all its functions.
type version struct {
	ID          int                  `json:"id"`
	Description string               `json:"description"`
	Created     time.Time            `json:"created"`
	ETag        string               `json:"etag"`
	Settings    serviceSettings      `json:"settings"`
	Functions   map[string]*function `json:"functions"`
}

// freeze copies the functions of LATEST. Nothing changes a function's settings in place, so the
// copies may share them.
func (v *service) freeze() map[string]*function {
	frozen := maps.Clone(v.Functions)
	for name, f := range frozen {
		kept := *f
		frozen[name] = &kept
	}
	return frozen
}

// alias points to a version, and to a second one by a weight.
type alias struct {
	Name        string    `json:"name"`
	VersionID   int       `json:"versionId"`
	Description string    `json:"description"`
	Created     time.Time `json:"created"`
	Modified    time.Time `json:"modified"`
	ETag        string    `json:"etag"`
	// Weights are the shares of invocations of further versions; nil until some were given.
	Weights map[int]float64 `json:"weights"`
	// ResolvePolicy and RoutePolicy are kept as they were given; they are of later versions of the API.
	ResolvePolicy *string  `json:"resolvePolicy,omitempty"`
	RoutePolicy   document `json:"routePolicy,omitempty"`
}

// instance is a running instance of a function.
type instance struct {
	ID string `json:"id"`
	// Function and Qualifier are where it takes traffic.
	Function  string `json:"function"`
	Qualifier string `json:"qualifier,omitempty"`
	// VersionID is the version that it runs; 0 is LATEST.
	VersionID int `json:"versionId"`
	// Used is when an instance that an invocation started was used last.
	Used time.Time `json:"used,omitzero"`
}
