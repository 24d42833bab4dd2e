package workflows_test

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.temporal.io/sdk/temporal"

	"slipway/activities/platform"
	"slipway/release"
)

// shifting is a platform that shifts traffic: versions have numbers, those that somebody else has
// published have no artifact that could be read, nothing returns by itself, and a scaling rule has no
// switch.
type shifting struct {
	platform.Verbs

	mu       sync.Mutex
	versions map[string]release.Artifact
	newest   int
	// serves is the version of the alias, empty where there is none, and next the one that has a share of
	// the traffic, in percent.
	serves, next string
	share        int
	// change is the version of the latest change, from what it came, and its weights.
	change, from, token string
	weights             []int
	// target is the wanted number of instances, and rescaled the parts of which it was changed.
	target   int
	rescaled []string
	// traffic are the traffic rules of the latest change, of which they are a part.
	traffic *release.Traffic
	rules   map[string]string
	// moves are the versions and shares that the alias was given, in their order.
	moves []string
	// lost are the verbs whose next answer is lost after they have acted.
	lost map[release.Verb]bool
	// hooks run once, right before a verb.
	hooks map[release.Verb]func()
	// plan is what else it plans of a release, and elsewhere what it says of a change that was replaced.
	plan      func(*release.Planned)
	elsewhere string
}

// aPart is the part that the application has.
const aPart = "web"

// newShifting puts such a platform onto a stage, on which an application runs version 1.
func newShifting(s *stage) *shifting {
	p := &shifting{
		versions: map[string]release.Artifact{"1": {Image: oldImage}}, newest: 1, serves: "1", target: 3,
		rules: map[string]string{"api.daily": "at 08:00"}, lost: map[release.Verb]bool{}, hooks: map[release.Verb]func(){},
	}
	s.app = release.App{Platform: release.PlatformFC, Region: "cn-hangzhou", ID: "shop"}
	platform.Register(s.env, release.PlatformFC, p)
	return p
}

// shifts is a gray release by weights.
func shifts(weights ...int) release.Strategy {
	return release.Strategy{Type: release.StrategyGray, Weights: weights, Confirm: release.ConfirmManual}
}

func (p *shifting) enter(v release.Verb) (leave func()) {
	p.mu.Lock()
	do := p.hooks[v]
	delete(p.hooks, v)
	if do != nil {
		do()
	}
	return p.mu.Unlock
}

// before runs something once, right before a verb; the platform is locked then.
func (p *shifting) before(v release.Verb, do func()) { p.hooks[v] = do }

func (p *shifting) move(serves, next string, share int) {
	p.serves, p.next, p.share = serves, next, share
	word := serves
	if next != "" {
		word += " " + next + ":" + strconv.Itoa(share)
	}
	p.moves = append(p.moves, word)
}

// answered is the error of a verb that has acted; nil where its answer is not lost.
func (p *shifting) answered(v release.Verb) error {
	if !p.lost[v] {
		return nil
	}
	delete(p.lost, v)
	return temporal.NewNonRetryableApplicationError("the answer was lost", string(release.FaultAmbiguous), nil)
}

func (p *shifting) version(id string) release.Version {
	return release.Version{ID: id, Artifact: p.versions[id]}
}

func (p *shifting) Snapshot(_ context.Context, in release.SnapshotInput) (release.Snapshot, error) {
	defer p.enter(release.VerbSnapshot)()
	snap := release.Snapshot{AppName: "shop", Instances: p.target}
	if p.serves != "" {
		snap.Version = p.version(p.serves)
	}
	for _, name := range slices.Sorted(maps.Keys(p.rules)) {
		snap.ScalingRules = append(snap.ScalingRules, p.rule(name))
	}
	if in.Traffic {
		return snap, temporal.NewNonRetryableApplicationError("there are no rules but those of a change", string(release.FaultInvalid), nil)
	}
	own := in.Token != "" && in.Token == p.token
	if own {
		snap.Own = &release.OwnChange{ID: p.change, Version: p.change, Unfinished: p.next != ""}
	}
	if p.next != "" && !own {
		snap.Busy = &release.ForeignChange{ID: p.next, Type: "alias"}
	}
	if in.Release != nil {
		snap.Planned = &release.Planned{Artifact: in.Release.Artifact, Instances: p.target}
		if c := in.Release.Config; c != nil && c.Instances != nil {
			snap.Planned.Settings = []release.Setting{{Name: release.SettingInstances, Before: strconv.Itoa(p.target), After: strconv.Itoa(*c.Instances)}}
		}
	}
	if p.plan != nil && snap.Planned != nil {
		p.plan(snap.Planned)
	}
	if q := in.Rescale; q != nil && q.Part != "" && q.Part != aPart {
		return snap, temporal.NewNonRetryableApplicationError("artifact.part: there is no function "+q.Part, string(release.FaultInvalid), nil)
	}
	if q := in.Rollback; q != nil {
		wanted, found := p.wanted(*q)
		if !found {
			return snap, temporal.NewNonRetryableApplicationError("there is no version to return to", string(release.FaultNotFound), nil)
		}
		snap.Wanted = &wanted
	}
	return snap, nil
}

// wanted is the version that a rollback returns to.
func (p *shifting) wanted(q release.RollbackQuestion) (release.Version, bool) {
	if q.VersionID != "" {
		_, there := p.versions[q.VersionID]
		return p.version(q.VersionID), there
	}
	for _, good := range append(q.Good, release.Version{}) {
		for id := p.newest; id > 0; id-- {
			v := p.version(strconv.Itoa(id))
			any := good == (release.Version{})
			if v.ID != p.serves && (any || v.Same(good)) && !slices.ContainsFunc(q.Avoid, v.Same) {
				return v, true
			}
		}
	}
	return release.Version{}, false
}

func (p *shifting) AwaitIdle(ctx context.Context, in release.SnapshotInput) (release.Snapshot, error) {
	snap, err := p.Snapshot(ctx, in)
	if err == nil && snap.Busy.Unchanged(in.Known) {
		return snap, unchangedYet()
	}
	return snap, err
}

func unchangedYet() error {
	return temporal.NewApplicationErrorWithOptions("unchanged", string(release.FaultUnchanged),
		temporal.ApplicationErrorOptions{NextRetryDelay: time.Minute})
}

func (p *shifting) FindChange(_ context.Context, in release.FindChangeInput) (release.FoundChange, error) {
	defer p.enter(release.VerbFindChange)()
	if in.Token != p.token {
		return release.FoundChange{}, nil
	}
	return release.FoundChange{Change: &release.Change{ID: p.change, Version: p.change, Adopted: true}}, nil
}

func (p *shifting) BeginRollout(_ context.Context, in release.BeginRolloutInput) (release.Change, error) {
	defer p.enter(release.VerbBeginRollout)()
	p.newest++
	p.change, p.from, p.token, p.weights = strconv.Itoa(p.newest), p.serves, in.Token, in.Strategy.Weights
	p.versions[p.change], p.traffic = in.Artifact, in.Traffic
	if in.Config != nil && in.Config.Instances != nil {
		p.target = *in.Config.Instances
	}
	if len(p.weights) > 0 {
		p.move(p.serves, p.change, p.weights[0])
	} else {
		p.move(p.change, "", 0)
	}
	return release.Change{ID: p.change, Version: p.change}, p.answered(release.VerbBeginRollout)
}

func (p *shifting) BeginRollback(_ context.Context, in release.BeginRollbackInput) (release.Change, error) {
	defer p.enter(release.VerbBeginRollback)()
	p.change, p.from, p.weights = in.Version.ID, p.serves, nil
	p.move(p.change, "", 0)
	return release.Change{ID: p.change, Version: p.change}, p.answered(release.VerbBeginRollback)
}

// BeginRescale keeps of which part the number of instances was changed.
func (p *shifting) BeginRescale(_ context.Context, in release.BeginRescaleInput) (release.Change, error) {
	defer p.enter(release.VerbBeginRescale)()
	p.target, p.rescaled = in.Instances, append(p.rescaled, in.Part)
	p.change, p.from, p.weights = p.serves, "", nil
	return release.Change{ID: p.change}, nil
}

func (p *shifting) Observe(_ context.Context, in release.ObserveInput) (release.Observation, error) {
	defer p.enter(release.VerbObserve)()
	o := p.observation(in.ChangeID)
	if !release.Changed(in.Seen, o) {
		return o, unchangedYet()
	}
	return o, nil
}

func (p *shifting) observation(id string) release.Observation {
	at := slices.Index(p.weights, p.share)
	o := release.Observation{State: release.ChangeAborted, Batch: len(p.weights) + 1, ReplacedBy: p.serves}
	switch {
	case p.serves == "":
		return release.Observation{State: release.ChangeGone}
	case p.serves == id && p.next == "":
		o.State, o.ReplacedBy, at = release.ChangeSucceeded, "", len(p.weights)
	case p.serves == p.from && p.next == id && at >= 0:
		o.State, o.ReplacedBy, o.Batch = release.ChangeAwaitingConfirm, "", at+1
	case p.serves == p.from && p.next == "":
		o.ReplacedBy = ""
		return o
	default:
		o.Elsewhere = p.elsewhere
		return o
	}
	for i := range len(p.weights) + 1 {
		state := release.BatchPending
		if i <= at {
			state = release.BatchDone
		}
		o.Batches = append(o.Batches, release.BatchChange{State: state})
	}
	return o
}

func (p *shifting) ConfirmBatch(_ context.Context, in release.ConfirmBatchInput) error {
	defer p.enter(release.VerbConfirmBatch)()
	if in.Batch < len(p.weights) {
		p.move(p.from, in.ChangeID, p.weights[in.Batch])
	} else {
		p.move(in.ChangeID, "", 0)
	}
	return p.answered(release.VerbConfirmBatch)
}

func (p *shifting) AbortRollout(_ context.Context, in release.AbortRolloutInput) (release.AbortRolloutResult, error) {
	defer p.enter(release.VerbAbortRollout)()
	if p.next != in.ChangeID {
		return release.AbortRolloutResult{Ended: true}, nil
	}
	p.move(p.from, "", 0)
	return release.AbortRolloutResult{}, p.answered(release.VerbAbortRollout)
}

func (p *shifting) Verify(context.Context, release.VerifyInput) (release.Verification, error) {
	defer p.enter(release.VerbVerify)()
	v := release.Verification{Wanted: p.target}
	if p.serves == "" {
		return v, nil
	}
	v.Configured = p.version(p.serves)
	v.Running = []release.Share{{Version: v.Configured}}
	if p.next != "" {
		v.Running = append(v.Running, release.Share{Version: p.version(p.next)})
		v.Other = &release.ForeignChange{ID: p.next, Type: "alias"}
	}
	return v, nil
}

// rule is a rule as it is read.
func (p *shifting) rule(name string) release.ScalingRule {
	kept, _ := json.Marshal(p.rules[name]) //nolint:errchkjson // a text always encodes
	return release.ScalingRule{Name: name, Enabled: true, Revision: p.rules[name], Kept: kept}
}

func (p *shifting) SetScaling(_ context.Context, in release.SetScalingInput) (release.SetScalingResult, error) {
	defer p.enter(release.VerbSetScaling)()
	for _, rule := range in.Rules {
		says, there := p.rules[rule.Name]
		switch {
		case !in.Enable && there && !strings.EqualFold(string(p.rule(rule.Name).Kept), string(rule.Kept)):
			return release.SetScalingResult{}, temporal.NewApplicationError("rule "+rule.Name+" has changed", string(release.FaultConflict))
		case !in.Enable:
			delete(p.rules, rule.Name)
		case !there && json.Unmarshal(rule.Kept, &says) == nil:
			p.rules[rule.Name] = says
		}
	}
	var result release.SetScalingResult
	for _, rule := range in.Rules {
		if _, there := p.rules[rule.Name]; there {
			result.Rules = append(result.Rules, p.rule(rule.Name))
		}
	}
	return result, p.answered(release.VerbSetScaling)
}
