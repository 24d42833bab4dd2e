package saesim

import (
	"net/netip"
	"slices"
	"time"

	"slipway/internal/simframe"
)

// stateVersion is written into state files; a file of another version is refused.
const stateVersion = 2

// state is everything a simulator knows, in one value that can be written down.
// What happens by itself (batches that finish, waits that end) is worked out from
// it whenever somebody looks, so it holds times and never timers.
type state struct {
	simframe.Common

	Apps   map[string]*application `json:"apps"`
	Orders map[string]*changeOrder `json:"orders"`
	// NamespaceOrders are the change orders of namespaces, oldest first.
	NamespaceOrders []*namespaceOrder    `json:"namespaceOrders,omitempty"`
	GreyRoutes      map[int64]*greyRoute `json:"greyRoutes"`
	NextRoute       int64                `json:"nextRoute"`

	resources

	// wake is when the next event is due, or zero when that has to be worked out:
	// whatever changes an order clears it.
	wake time.Time
}

func newState() *state {
	st := new(state)
	st.fillMaps()
	return st
}

// fillMaps makes the maps that are missing.
func (s *state) fillMaps() {
	simframe.FillMap(&s.Apps)
	simframe.FillMap(&s.Orders)
	simframe.FillMap(&s.GreyRoutes)
	s.resources.fillMaps()
}

// application is one SAE application with its one instance group.
type application struct {
	ID          string `json:"id"`
	Sequence    uint64 `json:"sequence"`
	Name        string `json:"name"`
	NamespaceID string `json:"namespaceId"`
	GroupID     string `json:"groupId"`
	// Template tells that it is a job template and no application: it has runs and no
	// instances, and its number of instances is a setting; see state.template.
	Template    bool      `json:"template,omitempty"`
	PackageType string    `json:"packageType"`
	Replicas    int       `json:"replicas"`
	CreatedAt   time.Time `json:"createdAt"`
	// Config holds the settings that belong to the application and not to a
	// version: parameters of the last accepted call that have no other home.
	Config map[string]string `json:"config"`

	// CurrentVersion is the version that the configuration shows: the target of
	// the last order that began to run, or what a rollback put back. Empty until
	// the first deployment.
	CurrentVersion string     `json:"currentVersion"`
	Versions       []*version `json:"versions"` // oldest first

	Instances []*instance    `json:"instances"` // by slot
	Rules     []*scalingRule `json:"rules"`     // oldest first
	OrderIDs  []string       `json:"orderIds"`  // oldest first
	// Stopped tells that the application was stopped; Replicas is then how many
	// instances it gets when it is started.
	Stopped bool `json:"stopped,omitempty"`
	// Deleted applications stay for their orders and are otherwise out of sight; see
	// state.application and state.applications.
	Deleted bool       `json:"deleted,omitempty"`
	Events  []appEvent `json:"events,omitempty"` // oldest first
	Usage   usage      `json:"usage,omitzero"`
	// Network is where its instances have their addresses; the zero value is the default.
	Network netip.Prefix `json:"network,omitzero"`
	// Job is how the application behaves as a job, and Jobs are its runs, oldest first.
	Job  JobTemplate `json:"job,omitzero"`
	Jobs []*job      `json:"jobs,omitempty"`
	// ActiveOrder is the one unfinished order, or empty.
	ActiveOrder string `json:"activeOrder"`

	appResources
}

// version is one deployed state of an application (SAE API reference ch. 10.12).
type version struct {
	ID        string            `json:"id"`
	CreatedAt time.Time         `json:"createdAt"`
	Config    map[string]string `json:"config"`
	// Replicas is the instance count when the version was made.
	Replicas int `json:"replicas,omitempty"`
}

// instance is one container. A slot keeps its number when the instance in it is
// replaced by another.
type instance struct {
	ID        string `json:"id"`
	Slot      int    `json:"slot"`
	VersionID string `json:"versionId"`
	Status    string `json:"status"`
	Health    string `json:"health"`
	// Unhealthy says why the health check fails; empty while it does not.
	Unhealthy string    `json:"unhealthy,omitempty"`
	IP        string    `json:"ip"`
	Restarts  int64     `json:"restarts"`
	CreatedAt time.Time `json:"createdAt"`
	// Traffic tells that the instance was taken out of traffic; empty means that it takes some.
	Traffic string `json:"traffic,omitempty"`
	// VSwitchID is where the instance runs if that is not where its version says.
	VSwitchID string `json:"vSwitchId,omitempty"`
	// PipelineID is the pipeline that made the instance.
	PipelineID string `json:"pipelineId,omitempty"`
	// Leaving tells that another instance is coming up in the slot, beside this one, which
	// goes when the wave ends.
	Leaving bool `json:"leaving,omitempty"`
}

// Instance states (SAE API reference ch. 10.7).
const (
	instanceRunning     = "Running"
	instanceStarting    = "PodInitializing"
	instanceCrashing    = "CrashLoopBackOff"
	instanceTerminating = "Terminating"

	healthUnchecked = "WithoutHealthCheckConfig"
	healthPending   = "NotCheckedYet"
	healthGood      = "Healthy"
	healthBad       = "ReadinessUnhealthy"
)

func (a *application) version(id string) *version {
	for _, v := range a.Versions {
		if v.ID == id {
			return v
		}
	}
	return nil
}

func (a *application) current() *version { return a.version(a.CurrentVersion) }

// settings are those of the current version, or, before there is one, those the
// application was created with.
func (a *application) settings() map[string]string {
	if v := a.current(); v != nil {
		return v.Config
	}
	return a.Config
}

func (a *application) running() int {
	n := 0
	for _, i := range a.Instances {
		if i.Status == instanceRunning {
			n++
		}
	}
	return n
}

// alive counts instances by the version they run.
func (a *application) alive() map[string]int {
	count := map[string]int{}
	for _, i := range a.Instances {
		count[i.VersionID]++
	}
	return count
}

func (a *application) slot(number int) *instance {
	for _, i := range a.Instances {
		if i.Slot == number && !i.Leaving {
			return i
		}
	}
	return nil
}

// Change order and pipeline states (SAE API reference ch. 14.3).
const (
	statusReady       = 0
	statusRunning     = 1
	statusSuccess     = 2
	statusFailed      = 3
	statusAborted     = 6
	statusWaitConfirm = 8
	statusWaitAuto    = 9
	statusSystemFail  = 10
	statusApproval    = 11
	statusApproved    = 12
)

func finished(status int) bool {
	switch status {
	case statusSuccess, statusFailed, statusAborted, statusSystemFail:
		return true
	}
	return false
}

// statusWord is the word DescribeApplicationStatus uses for an order's status.
func statusWord(status int) string {
	switch status {
	case statusReady:
		return "READY"
	case statusRunning:
		return "RUNNING"
	case statusSuccess:
		return "SUCCESS"
	case statusFailed:
		return "FAIL"
	case statusAborted:
		return "ABORT"
	case statusWaitConfirm:
		return "WAIT_BATCH_CONFIRM"
	case statusWaitAuto:
		return "AUTO_BATCH_WAIT"
	case statusSystemFail:
		return "SYSTEM_FAIL"
	case statusApproval:
		return "WAIT_APPROVAL"
	case statusApproved:
		return "APPROVED"
	}
	return ""
}

// phase is what an order is doing. The public status follows from it.
type phase string

const (
	phaseApproval  phase = "approval"  // 11: waits for somebody to approve
	phasePreparing phase = "preparing" // 0, or 12 after an approval
	phaseRunning   phase = "running"   // 1: a batch is on its way
	phaseConfirm   phase = "confirm"   // 8: waits for ConfirmPipelineBatch
	phaseAutoWait  phase = "auto-wait" // 9: waits until Due
	phaseHanging   phase = "hanging"   // 1 with SubStatus 1: waits for a rollback by hand
	phaseRollback  phase = "rollback"  // 1: puts changed instances back
	phaseFinished  phase = "finished"  // 2, 3, 6 or 10
)

func phases() []phase {
	return []phase{
		phaseApproval, phasePreparing, phaseRunning, phaseConfirm, phaseAutoWait, phaseHanging, phaseRollback, phaseFinished,
	}
}

// changeOrder is one change order (SAE API reference ch. 14).
type changeOrder struct {
	ID          string    `json:"id"`
	Sequence    uint64    `json:"sequence"`
	AppID       string    `json:"appId"`
	Type        string    `json:"type"`
	Description string    `json:"description"`
	Source      string    `json:"source,omitempty"`
	CreatedAt   time.Time `json:"createdAt"`
	FinishedAt  time.Time `json:"finishedAt,omitzero"`
	// Expired tells that the record is gone for callers of the API.
	Expired bool `json:"expired,omitempty"`
	// FoundFrom and ListedFrom are when callers of the API find the order by its ID,
	// and in lists; zero means at once.
	FoundFrom  time.Time `json:"foundFrom,omitzero"`
	ListedFrom time.Time `json:"listedFrom,omitzero"`

	Phase   phase `json:"phase"`
	Outcome int   `json:"outcome,omitempty"` // status once finished, or once a rollback ends
	// Due is when the phase ends by itself; zero means that it waits for a call.
	Due        time.Time `json:"due,omitzero"`
	ApprovalID string    `json:"approvalId,omitempty"`
	Approved   bool      `json:"approved,omitempty"`
	Message    string    `json:"message,omitempty"`

	Plan      plan        `json:"plan"`
	Pipelines []*pipeline `json:"pipelines"`
	Current   int         `json:"current"` // index into Pipelines
	// Work is what the running batch or rollback still has to do.
	Work work `json:"work"`
	// Was remembers the version each changed slot ran before, for a rollback; empty for
	// a slot that was added.
	Was map[int]string `json:"was,omitempty"`
	// ReplicasBefore is the instance count before a release that changes it.
	ReplicasBefore int `json:"replicasBefore,omitempty"`
	// Before is the application's CurrentVersion when the order began to run.
	Before string `json:"before,omitempty"`
	Made   int    `json:"made,omitempty"` // instances made, for their identifiers

	// Disabled are the scaling rules this order switched off and has to restore.
	Disabled []string `json:"disabled,omitempty"`
}

// plan is what an order was asked to do, fixed when it is accepted.
type plan struct {
	// Target is the version to bring the instances to; empty leaves each its own.
	Target string `json:"target,omitempty"`
	// Batches are slot numbers by batch, in order.
	Batches [][]int `json:"batches"`
	// Gray tells that the first batch is the gray one.
	Gray bool `json:"gray,omitempty"`
	// Gradual tells that the release has a strategy: it rolls itself back when a
	// batch fails (SAE API reference ch. 5).
	Gradual bool `json:"gradual,omitempty"`
	// Strategy is the UpdateStrategy as it was sent; empty for a single batch.
	Strategy string `json:"strategy,omitempty"`
	Manual   bool   `json:"manual,omitempty"`
	// Wait is the pause between automatic batches, Pause the one between the waves of
	// each batch.
	Wait  time.Duration `json:"wait,omitempty"`
	Pause time.Duration `json:"pause,omitempty"`
	// Lead is how many slots the first wave of a single batch takes at once; see
	// planSlots.
	Lead int `json:"lead,omitempty"`
	// Base is the version a rollback goes back to when the order began with two
	// versions alive and brings a third; empty means what each slot ran before.
	Base string `json:"base,omitempty"`
	// Unavailable is how many slots change at once. Surge of them keep their instance until
	// the one that takes its place has come up; the others' are down.
	Unavailable int `json:"unavailable"`
	Surge       int `json:"surge,omitempty"`
	// Replicas is the instance count to end with, 0 to keep it.
	Replicas int `json:"replicas,omitempty"`
	// Ends is what the order does to the application as a whole.
	Ends ending `json:"ends,omitempty"`
	// Remove are the slots of a scale-in by given instances.
	Remove []int `json:"remove,omitempty"`
	// Set are settings that change when the order begins to run.
	Set map[string]string `json:"set,omitempty"`
	// Restore tells to enable the disabled scaling rules again after success.
	Restore bool `json:"restore,omitempty"`
	// DisableRules tells to disable the scaling rules while the order runs.
	DisableRules bool `json:"disableRules,omitempty"`
	// Bind are the SLB instances to bind, by network; nil unbinds.
	Bind map[string]*slbBinding `json:"bind,omitempty"`
	// NoRollback tells that the order cannot be rolled back although it has
	// something to go back to.
	NoRollback bool `json:"noRollback,omitempty"`
	// Unhealthy maps batch numbers, from 1, to why their instances do not stay healthy.
	Unhealthy map[int]string `json:"unhealthy,omitempty"`
	// Faults maps batch numbers, from 1, to what was arranged for them.
	Faults map[int]FaultKind `json:"faults,omitempty"`
}

// pipeline is one batch of an order.
type pipeline struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Status    int       `json:"status"`
	StartedAt time.Time `json:"startedAt,omitzero"`
	UpdatedAt time.Time `json:"updatedAt,omitzero"`
}

// work is a list of slots that are changed wave by wave, so that never more than
// the allowed number of instances is down.
type work struct {
	Slots []int `json:"slots,omitempty"`
	Done  int   `json:"done,omitempty"` // slots of finished waves
	Wave  int   `json:"wave,omitempty"` // size of the wave under way
	Waves int   `json:"waves,omitempty"`
	// Resting tells that the wave has yet to begin: its batch pauses before it.
	Resting bool `json:"resting,omitempty"`
}

// scalingRule is one elastic rule (SAE API reference ch. 11).
type scalingRule struct {
	Name           string      `json:"name"`
	Type           string      `json:"type"`
	Enabled        bool        `json:"enabled"`
	Timer          *ruleTimer  `json:"timer,omitempty"`
	Metric         *ruleMetric `json:"metric,omitempty"`
	CreatedAt      time.Time   `json:"createdAt"`
	UpdatedAt      time.Time   `json:"updatedAt"`
	LastDisabledAt time.Time   `json:"lastDisabledAt,omitzero"`
	// MinReadyInstances and MinReadyInstanceRatio are as they were sent.
	MinReadyInstances     *int `json:"minReadyInstances,omitempty"`
	MinReadyInstanceRatio *int `json:"minReadyInstanceRatio,omitempty"`
	// FiredAt is the last trigger of a timing rule.
	FiredAt time.Time `json:"firedAt,omitzero"`
}

func (a *application) rule(name string) *scalingRule {
	for _, r := range a.Rules {
		if r.Name == name {
			return r
		}
	}
	return nil
}

func (a *application) dropRule(rule *scalingRule) {
	a.Rules = slices.DeleteFunc(a.Rules, func(r *scalingRule) bool { return r == rule })
}

// greyRoute is one gray traffic rule (SAE API reference ch. 19).
type greyRoute struct {
	ID          int64       `json:"id"`
	AppID       string      `json:"appId"`
	Name        string      `json:"name"`
	Description string      `json:"description"`
	ScRules     []scRule    `json:"scRules,omitempty"`
	DubboRules  []dubboRule `json:"dubboRules,omitempty"`
	AlbRules    []albRule   `json:"albRules,omitempty"`
	CreatedAt   time.Time   `json:"createdAt"`
	UpdatedAt   time.Time   `json:"updatedAt"`
}

// workload looks an application or a job template up by its ID; a deleted one cannot be
// found.
func (s *state) workload(id string) *application {
	if app := s.Apps[id]; app != nil && !app.Deleted {
		return app
	}
	return nil
}

// application is workload for applications alone.
func (s *state) application(id string) *application {
	if app := s.workload(id); app != nil && !app.Template {
		return app
	}
	return nil
}

// active returns the unfinished order of an application, or nil.
func (s *state) active(a *application) *changeOrder {
	if a.ActiveOrder == "" {
		return nil
	}
	return s.Orders[a.ActiveOrder]
}
