package servicestagesim

import (
	"time"

	"slipway/internal/simframe"
)

// stateVersion is written into state files; a file of another version is refused.
const stateVersion = 1

// state is everything a simulator knows, in one value that can be written down. What happens by
// itself (jobs that go on) is worked out from it whenever somebody looks, so it holds times and never timers.
type state struct {
	simframe.Common
	groups

	// Tokens are those that IAM gave, by themselves.
	Tokens       map[string]*token       `json:"tokens"`
	Environments map[string]*environment `json:"environments"`
	Applications map[string]*application `json:"applications"`
	Components   map[string]*component   `json:"components"`
	// Jobs are all that ever were, by ID.
	Jobs         map[string]*job          `json:"jobs"`
	Stacks       map[string]*runtimeStack `json:"stacks"`
	ConfigGroups map[string]*configGroup  `json:"configGroups"`
	Configs      map[string]*configFile   `json:"configs"`
	Addons       map[string]*addon        `json:"addons"`
	// Behaviours say which images and packages are bad ones, by source; see [Behaviour].
	Behaviours map[string]Behaviour `json:"behaviours"`

	// Asked counts the requests to components; see [Simulator.Serve].
	Asked uint64 `json:"asked,omitempty"`

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
	s.fillGroups()
	simframe.FillMap(&s.Tokens)
	simframe.FillMap(&s.Environments)
	simframe.FillMap(&s.Applications)
	simframe.FillMap(&s.Components)
	simframe.FillMap(&s.Jobs)
	simframe.FillMap(&s.Stacks)
	simframe.FillMap(&s.ConfigGroups)
	simframe.FillMap(&s.Configs)
	simframe.FillMap(&s.Addons)
	simframe.FillMap(&s.Behaviours)
}

// workload finds what is deployed under an ID; nil when there is nothing.
func (s *state) workload(id string) *workload {
	if c := s.Components[id]; c != nil {
		return &c.workload
	}
	return nil
}

// forgetWorkload drops what was deployed under an ID.
func (s *state) forgetWorkload(id string) { delete(s.Components, id) }
