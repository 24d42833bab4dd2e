package release

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// WorkflowPlan is the workflow type that finds out what a release would do: a [Request] without an
// ID to a [Plan]. It asks only reads, waits for nobody, and answers within [PlanLimit].
const WorkflowPlan = "Plan"

// PlanLimit is how long a plan may take.
const PlanLimit = time.Minute

// PlanID returns the Temporal workflow ID of a plan; the ID tells it apart from others of the
// application.
func PlanID(a App, id string) string { return "plan/" + a.SearchValue() + "/" + id }

// Plan is what a release would do, as its application, its lane and the calendar were at one moment.
// Nothing was changed to find it out, and nothing holds it: each of the three may be another by the
// time the release begins, which checks all of it again.
type Plan struct {
	App App `json:"app"`
	// AppName is what the platform calls the application.
	AppName   string    `json:"appName,omitempty"`
	Operation Operation `json:"operation"`
	// At is when it was found out.
	At time.Time `json:"at"`
	// Refusals are the reasons for which the release would be refused, or would fail before it
	// changes anything; without any it would be carried out. What follows them in a plan is as far as
	// it could be found out.
	Refusals []PlannedRefusal `json:"refusals,omitempty"`
	// Waits are what the release would wait for before it begins, in words, and Unknown what could
	// not be found out.
	Waits   []string `json:"waits,omitempty"`
	Unknown []string `json:"unknown,omitempty"`
	// Warning is what somebody should know of the release although it stands against nothing; empty
	// where there is nothing.
	Warning string `json:"warning,omitempty"`

	// Runs is what the application runs; RunsMixed names in words what runs where that is more than
	// one version, and Runs is then the configured one.
	Runs      *Version `json:"runs,omitempty"`
	RunsMixed string   `json:"runsMixed,omitempty"`
	// Brings is what is to run in the end; for a rollback it has the ID of the version. It is nil
	// where that could not be found out.
	Brings *Version `json:"brings,omitempty"`
	// Return is what a failed release goes back to.
	Return *PlannedReturn `json:"return,omitempty"`
	// Instances are the numbers of instances, and nil where they could not be read.
	Instances *PlannedInstances `json:"instances,omitempty"`
	// Settings are the settings of the configuration that change.
	Settings []Setting `json:"settings,omitempty"`
	// Strategy is how instances are replaced, and Batches the steps of that.
	Strategy Strategy       `json:"strategy"`
	Batches  []PlannedBatch `json:"batches,omitempty"`
	// Approval is who must approve before anything is changed; nil where nobody is asked.
	Approval *Approval `json:"approval,omitempty"`
	// Watch is what follows the last batch; nil where the release ends with it.
	Watch *PlannedWatch `json:"watch,omitempty"`
	// Job is what becomes of a job template; nil for other operations.
	Job *PlannedJob `json:"job,omitempty"`
	// ScalingRules are suspended before the change and restored after it, before a watch.
	ScalingRules []PlannedRule   `json:"scalingRules,omitempty"`
	Traffic      *PlannedTraffic `json:"traffic,omitempty"`
	Lane         PlannedLane     `json:"lane,omitzero"`
	// Freezes are those that hold the release now or may hold a batch of it; FreezesUntil is how far
	// ahead was looked. FreezeOverride is why they do not hold it.
	Freezes        []PlannedFreeze `json:"freezes,omitempty"`
	FreezesUntil   time.Time       `json:"freezesUntil,omitzero"`
	FreezeOverride string          `json:"freezeOverride,omitempty"`
}

// PlannedRefusal is a reason for which a release would not be carried out.
type PlannedRefusal struct {
	// Field is the path of the field that is wrong; empty where it is not one field.
	Field string `json:"field,omitempty"`
	// Reason is what the release itself would say.
	Reason string `json:"reason"`
}

// String names the field and the reason.
func (r PlannedRefusal) String() string {
	if r.Field == "" {
		return r.Reason
	}
	return Problem{r.Field, r.Reason}.Error()
}

// PlannedReturn is the version that a failed release goes back to.
type PlannedReturn struct {
	Version
	// Kept tells that the platform has that version still, so that a rollback can bring it.
	Kept bool `json:"kept"`
	// OnFailure tells that a failure leads to a rollback by itself.
	OnFailure bool `json:"onFailure"`
}

// PlannedInstances are the numbers of instances before and after a release.
type PlannedInstances struct {
	Before int `json:"before"`
	After  int `json:"after"`
}

// PlannedBatch is one batch, and what follows it.
type PlannedBatch struct {
	// Number counts from 1, the gray batch first.
	Number int `json:"number"`
	// Instances and Weight are those of a [Batch].
	Instances int `json:"instances,omitempty"`
	Weight    int `json:"weight,omitempty"`
	// NotBefore is the next time of day at which the batch may begin; zero where it waits for none.
	NotBefore time.Time `json:"notBefore,omitzero"`
	// Then is what happens before the next batch; nil after the last one, see [Plan.Watch].
	Then *PlannedPause `json:"then,omitempty"`
}

// PlannedPause is what happens between two batches, in the order of its fields.
type PlannedPause struct {
	Bake Duration `json:"bake,omitzero"`
	// Gates are the names of the gates that are measured.
	Gates []string `json:"gates,omitempty"`
	// Confirm is who lets the next batch begin. A person has until Limit, and then OnTimeout says
	// what becomes of the release. Approval is who must approve in the place of one who confirms.
	Confirm   ConfirmMode   `json:"confirm"`
	Approval  *Approval     `json:"approval,omitempty"`
	Limit     Duration      `json:"limit,omitzero"`
	OnTimeout TimeoutPolicy `json:"onTimeout,omitempty"`
}

// Text says the pause in words.
func (p PlannedPause) Text() string {
	var words []string
	if p.Bake > 0 {
		words = append(words, "runs for "+p.Bake.String())
	}
	if len(p.Gates) > 0 {
		words = append(words, "gates "+strings.Join(p.Gates, ", "))
	}
	if p.Confirm == ConfirmAuto {
		if len(words) == 0 {
			return "the next batch begins at once"
		}
		return strings.Join(words, "; ") + "; then the next batch begins"
	}
	if p.Approval != nil {
		return strings.Join(append(words, p.Approval.Planned()), "; ")
	}
	return strings.Join(append(words, mustConfirm(p.Limit, p.OnTimeout)), "; ")
}

// Planned says in words who must approve, and what happens otherwise.
func (a Approval) Planned() string {
	return fmt.Sprintf("%s must approve within %s (else: %s)", a.Text(), a.Within, a.OnTimeout)
}

func mustConfirm(limit Duration, otherwise TimeoutPolicy) string {
	return fmt.Sprintf("a person must confirm within %s (else: %s)", limit, otherwise)
}

// PlannedWatch is how the new version is watched once it runs on every instance, and what the release
// has suspended is back.
type PlannedWatch struct {
	For Duration `json:"for"`
	// Gates are the names of the gates that are measured meanwhile.
	Gates []string `json:"gates,omitempty"`
	// Limit is how long a person has to decide where gates could not, and then OnTimeout says what
	// becomes of the release; both are zero without gates.
	Limit     Duration      `json:"limit,omitzero"`
	OnTimeout TimeoutPolicy `json:"onTimeout,omitempty"`
}

// Doubt says in words what happens where the gates are not conclusive; empty without gates.
func (w PlannedWatch) Doubt() string {
	if len(w.Gates) == 0 {
		return ""
	}
	return mustConfirm(w.Limit, w.OnTimeout)
}

// PlannedWatch is the watch of a release; nil where it has none.
func (s Spec) PlannedWatch() *PlannedWatch {
	watch := s.Strategy.Watch
	if watch == nil {
		return nil
	}
	w := &PlannedWatch{For: watch.For, Gates: gateNames(watch.Gates)}
	if len(w.Gates) > 0 {
		w.Limit, w.OnTimeout = s.Limits.Confirm, s.Limits.OnConfirmTimeout
	}
	return w
}

// PlannedJob is what becomes of a job template.
type PlannedJob struct {
	// Brings tells that the template gets another artifact, and Runs that its job is run after that.
	Brings bool `json:"brings"`
	Runs   bool `json:"runs"`
	// NotBefore is the next time of day at which the first of both may begin; zero where it waits for none.
	NotBefore time.Time `json:"notBefore,omitzero"`
	// Command and Args are what this run executes instead of those of the template.
	Command []string `json:"command,omitempty"`
	Args    []string `json:"args,omitempty"`
	// Variables are the names of the variables that this run changes. Their values are not shown.
	Variables []string `json:"variables,omitempty"`
	// Instances is on how many instances it runs; 0 is as many as the template says.
	Instances int `json:"instances,omitempty"`
}

// Line is the command with its arguments, as a shell takes them; empty where it is that of the template.
func (j PlannedJob) Line() string {
	words := slices.Concat(j.Command, j.Args)
	for i, w := range words {
		words[i] = word(w)
	}
	return strings.Join(words, " ")
}

// PlannedJob is what a release of a job does to its template; nil for other operations.
func (s Spec) PlannedJob(now time.Time) *PlannedJob {
	if s.Operation != OperationJob {
		return nil
	}
	j := &PlannedJob{Brings: s.Artifact != Artifact{}, Runs: s.Runs()}
	if at, scheduled := s.Strategy.WaitsFor(1); scheduled {
		if next, err := at.Next(now); err == nil {
			j.NotBefore = next
		}
	}
	if run := s.Job; run != nil {
		j.Command, j.Args, j.Instances = run.Command, run.Args, run.Instances
		for _, v := range run.Variables {
			j.Variables = append(j.Variables, v.Name)
		}
	}
	return j
}

// PlannedRule is a scaling rule that is suspended before the change and restored after it.
type PlannedRule struct {
	Name string `json:"name"`
	// Owed is the release that has left the rule off already, which this one puts back.
	Owed string `json:"owed,omitempty"`
}

// PlannedTraffic is the traffic rule of a release while it runs.
type PlannedTraffic struct {
	// Kept is the application's own rule, which is put back in the end; empty where it has none.
	Kept string `json:"kept,omitempty"`
	// Within tells that the rules are a part of the change, and end with it: there is no rule of the application's own.
	Within bool `json:"within,omitempty"`
}

// PlannedFreeze is a freeze that holds the release.
type PlannedFreeze struct {
	Freeze
	// From is when it begins; zero where it holds already.
	From time.Time `json:"from,omitzero"`
}

// FreezesActivity reads from the calendar what would hold a release: [FreezesInput] to a list of
// [PlannedFreeze].
const FreezesActivity = "calendar.Freezes"

// FreezesInput asks which freezes hold an application now, or begin by a time.
type FreezesInput struct {
	App   App       `json:"app"`
	Until time.Time `json:"until"`
}

// LastBatchBy estimates until when a release that begins now may still begin a batch, which is what
// a freeze can hold: the times that its spec names, and an hour for what nobody can tell. Where a
// person lets batches begin it is the limit of the whole release.
func (s Spec) LastBatchBy(now time.Time, batches int) time.Time {
	total := now.Add(s.Limits.Total.Std())
	last := now
	for n := 1; n <= batches; n++ {
		if at, scheduled := s.Strategy.WaitsFor(n); scheduled {
			if next, err := at.Next(last); err == nil {
				last = next
			}
		}
		if n == batches || !traitsFor(s.App.Platform).PausesAfter(s.Strategy.Type, n) {
			break // what follows cannot be held
		}
		if s.Strategy.Confirm != ConfirmAuto {
			return total
		}
		last = last.Add(s.Strategy.Bake.Std() + longestGate(s.Strategy.Gates))
	}
	if last = last.Add(planSlack); last.Before(total) {
		return last
	}
	return total
}

// planSlack is for how long batches may take to start their instances, of which no spec tells.
const planSlack = time.Hour

// longestGate is how long measuring takes where every sample comes at once: all gates are measured at
// the same time.
func longestGate(gates []Gate) (longest time.Duration) {
	for _, g := range gates {
		g = g.WithDefaults()
		longest = max(longest, time.Duration(g.Samples)*g.Interval.Std())
	}
	return longest
}

// PlannedBatches are the batches of a release that begins now, with what happens between them.
func (s Spec) PlannedBatches(now time.Time, batches []Batch) []PlannedBatch {
	out := make([]PlannedBatch, len(batches))
	last := now
	for i, b := range batches {
		out[i] = PlannedBatch{Number: b.Number, Instances: b.Instances, Weight: b.Weight}
		if at, scheduled := s.Strategy.WaitsFor(b.Number); scheduled {
			if next, err := at.Next(last); err == nil {
				out[i].NotBefore, last = next, next
			}
		}
		if i < len(batches)-1 {
			out[i].Then = s.pauseAfter(b.Number)
		}
	}
	return out
}

// pauseAfter is what happens after a batch that is not the last one. Where the platform runs through its
// batches, there is nothing.
func (s Spec) pauseAfter(batch int) *PlannedPause {
	if !traitsFor(s.App.Platform).PausesAfter(s.Strategy.Type, batch) {
		return &PlannedPause{Confirm: ConfirmAuto}
	}
	p := &PlannedPause{Bake: s.Strategy.Bake, Confirm: s.Strategy.Confirm, Gates: gateNames(s.Strategy.Gates)}
	if p.Confirm != ConfirmAuto {
		p.Confirm, p.Limit, p.OnTimeout = ConfirmManual, s.Limits.Confirm, s.Limits.OnConfirmTimeout
	}
	if a := s.Strategy.Approval; a != nil {
		p.Approval, p.Limit, p.OnTimeout = a, a.Within, a.OnTimeout
	}
	return p
}

func gateNames(gates []Gate) (names []string) {
	for _, g := range gates {
		names = append(names, g.Name)
	}
	return names
}
