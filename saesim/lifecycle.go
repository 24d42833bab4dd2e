package saesim

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"slipway/saeclient"
)

// Names of the lifecycle operations that more than one place needs.
const (
	opDelete   = "DeleteApplication"
	opStart    = "StartApplication"
	opStop     = "StopApplication"
	opVertical = "RescaleApplicationVertically"
	opReduce   = "ReduceApplicationCapacityByInstanceIds"

	paramInstanceIDs   = "InstanceIds"
	paramSecurityGroup = "SecurityGroupId"
)

// lifecycleHandlers are the operations on an application as a whole and on single
// instances (SAE API reference ch. 12).
func lifecycleHandlers() map[string]handler {
	return map[string]handler{
		opDelete:                         deleteApplication,
		opStart:                          startApplication,
		opStop:                           stopApplication,
		opVertical:                       rescaleVertically,
		opReduce:                         reduceCapacity,
		"RestartInstances":               restartInstances,
		"UpdateAppSecurityGroup":         updateSecurityGroup,
		"DescribeInstanceSpecifications": describeSpecifications,
	}
}

// ending is what an order does to an application as a whole, beyond its instances.
type ending string

const (
	endsStopped ending = "stopped"
	endsDeleted ending = "deleted"
)

// takesAway reports whether an order removes the instance of a slot.
func (p *plan) takesAway(slot int) bool {
	return p.Ends != "" || slices.Contains(p.Remove, slot) || p.Replicas > 0 && slot >= p.Replicas
}

// applyEnd carries out what an order's end means for the application as a whole.
func (a *application) applyEnd(p *plan, outcome int) {
	switch {
	case p.Ends == endsDeleted && outcome == statusSuccess:
		a.Deleted = true
	case p.Ends != "":
		a.Stopped = a.CurrentVersion != "" && len(a.Instances) == 0
	case p.Replicas > 0 || len(p.Remove) > 0:
		a.Replicas = len(a.Instances)
		for slot, i := range a.Instances {
			i.Slot = slot
		}
	}
}

// forget removes what belongs to a deleted application. The application itself
// stays, out of sight, as its change orders can still be described (reading).
func (s *state) forget(app *application) {
	for id, r := range s.GreyRoutes {
		if r.AppID == app.ID {
			delete(s.GreyRoutes, id)
		}
	}
	s.forgetResources(app)
}

// set changes a setting of the application that all its versions share: its size
// and its network belong to the application and not to a version (reading).
func (a *application) set(settings map[string]string) {
	for name, value := range settings {
		a.Config[name] = value
		for _, v := range a.Versions {
			v.Config[name] = value
		}
	}
}

// slots are those of all instances.
func (a *application) slots() []int {
	slots := make([]int, 0, len(a.Instances))
	for _, i := range a.Instances {
		slots = append(slots, i.Slot)
	}
	return slots
}

// runningApp is deployedApp for operations that a stopped application refuses.
func (c *call) runningApp() (*application, *apiError) {
	app, refused := c.deployedApp()
	if refused == nil && app.Stopped {
		return nil, refuse(codeInvalidStatus)
	}
	return app, refused
}

// deleteApplication serves DeleteApplication (SAE API reference ch. 12.2). The
// application is gone when the order succeeds.
func deleteApplication(c *call) (any, *apiError) {
	app, refused := c.idleApp()
	if refused != nil {
		return nil, refused
	}
	order := c.accept(app, newOrder{
		Type: typeDelete, Description: typeLabel(typeDelete),
		Plan: plan{Batches: [][]int{app.slots()}, Unavailable: max(len(app.Instances), 1), Ends: endsDeleted, DisableRules: true},
	})
	return orderData{ChangeOrderID: order.ID}, nil
}

// startApplication serves StartApplication (SAE API reference ch. 12.6).
func startApplication(c *call) (any, *apiError) {
	app, refused := c.deployedApp()
	if refused != nil {
		return nil, refused
	}
	if !app.Stopped {
		return nil, refuse(codeInvalidStatus)
	}
	return orderData{ChangeOrderID: c.start(app).ID}, nil
}

// start makes the order that starts a stopped application.
func (c *call) start(app *application) *changeOrder {
	slots := make([]int, app.Replicas)
	for slot := range slots {
		slots[slot] = slot
	}
	return c.accept(app, newOrder{
		Type: typeStart, Description: typeLabel(typeStart), Plan: plan{Batches: [][]int{slots}, Unavailable: max(app.Replicas, 1)},
	})
}

// stopApplication serves StopApplication (SAE API reference ch. 12.8).
func stopApplication(c *call) (any, *apiError) {
	app, refused := c.runningApp()
	if refused != nil {
		return nil, refused
	}
	return orderData{ChangeOrderID: c.stop(app).ID}, nil
}

// stop makes the order that stops a running application.
func (c *call) stop(app *application) *changeOrder {
	return c.accept(app, newOrder{
		Type: typeStop, Description: typeLabel(typeStop),
		Plan: plan{Batches: [][]int{app.slots()}, Unavailable: max(len(app.Instances), 1), Ends: endsStopped},
	})
}

// instances returns a running application and the slots of its instances that InstanceIds names.
func (c *call) instances() (app *application, slots []int, refused *apiError) {
	if app, refused = c.runningApp(); refused != nil {
		return nil, nil, refused
	}
	for id := range strings.SplitSeq(c.arg(paramInstanceIDs), ",") {
		at := slices.IndexFunc(app.Instances, func(i *instance) bool { return i.ID == strings.TrimSpace(id) })
		if at < 0 {
			return nil, nil, refuse(codeObviously, paramInstanceIDs)
		}
		if slot := app.Instances[at].Slot; !slices.Contains(slots, slot) {
			slots = append(slots, slot)
		}
	}
	return app, slots, nil
}

// restartInstances serves RestartInstances (SAE API reference ch. 12.11). It has no
// rollout parameters: the system's minimum of ready instances holds, and scaling
// rules come back (reading).
func restartInstances(c *call) (any, *apiError) {
	app, slots, refused := c.instances()
	if refused != nil {
		return nil, refused
	}
	return orderData{ChangeOrderID: c.replace(app, typeRestartInstances, slots).ID}, nil
}

// replace makes an order of a type that puts other instances into slots. The system's
// minimum of ready instances holds, and scaling rules come back.
func (c *call) replace(app *application, kind string, slots []int) *changeOrder {
	return c.accept(app, newOrder{
		Type: kind, Description: typeLabel(kind),
		Plan: plan{
			Batches: [][]int{slots}, Unavailable: max(app.Replicas-quarter(app.Replicas), 1), DisableRules: true, Restore: true,
		},
	})
}

// reduceCapacity serves ReduceApplicationCapacityByInstanceIds (SAE API reference
// ch. 12.15). One instance at least has to stay (reading).
func reduceCapacity(c *call) (any, *apiError) {
	app, slots, refused := c.instances()
	if refused != nil {
		return nil, refused
	}
	if len(slots) >= len(app.Instances) {
		return nil, invalidParameter(paramInstanceIDs, "at least one of the %d instances must stay", len(app.Instances))
	}
	order := c.accept(app, newOrder{
		Type: typeReduce, Description: typeLabel(typeReduce),
		Plan: plan{Batches: [][]int{slots}, Unavailable: len(slots), Remove: slots, DisableRules: true, Restore: true},
	})
	return orderData{ChangeOrderID: order.ID}, nil
}

// rescaleVertically serves RescaleApplicationVertically (SAE API reference
// ch. 12.14): all instances are replaced by ones of another size. With Deploy=false the
// settings are stored, for the instances that are made from now on, and there is no order
// (reading).
func rescaleVertically(c *call) (any, *apiError) {
	app, refused := c.runningApp()
	if refused != nil {
		return nil, refused
	}
	cpu, memory := c.arg("Cpu"), c.arg("Memory")
	if !specSupported(cpu, memory) {
		return nil, refuse(codeInstanceSpec, cpu, memory)
	}
	// The names of these three begin in lower case, here alone.
	least := minReady{instances: c.integer("minReadyInstances"), ratio: c.integer("minReadyInstanceRatio")}
	unavailable, refused := least.unavailable(app.Replicas)
	if refused != nil {
		return nil, refused
	}
	settings := map[string]string{}
	for _, name := range []string{"Cpu", "Memory", "DiskSize", "ResourceType", "VSwitchId"} {
		if value := c.arg(name); value != "" {
			settings[name] = value
		}
	}
	if id := c.arg("VSwitchId"); id != "" {
		if refused := checkVSwitches(id); refused != nil {
			return nil, refused
		}
	}
	restore := c.boolean("autoEnableApplicationScalingRule", true)
	if !c.boolean("Deploy", true) {
		app.charge(c.now)
		app.pinInstances()
		app.set(settings)
		return orderData{}, nil
	}
	order := c.accept(app, newOrder{
		Type: typeVertical, Description: typeLabel(typeVertical),
		Plan: plan{Batches: [][]int{app.slots()}, Unavailable: unavailable, Set: settings, DisableRules: true, Restore: restore},
	})
	return orderData{ChangeOrderID: order.ID}, nil
}

// updateSecurityGroup serves UpdateAppSecurityGroup (SAE API reference ch. 12.16),
// which makes no change order and is not refused while one runs.
func updateSecurityGroup(c *call) (any, *apiError) {
	app, refused := c.app()
	if refused != nil {
		return nil, refused
	}
	group := c.arg(paramSecurityGroup)
	if !strings.HasPrefix(group, "sg-") {
		return nil, invalidParameter(paramSecurityGroup, "%q is not the ID of a security group", group)
	}
	app.set(map[string]string{paramSecurityGroup: group})
	return nil, nil //nolint:nilnil // an answer without data
}

type specificationData struct {
	CPU      int `json:"Cpu"`
	Version  int
	Memory   int
	SpecInfo string
	ID       int `json:"Id"`
	Enable   bool
}

// describeSpecifications serves DescribeInstanceSpecifications (SAE API reference
// ch. 12.5): the pairs that the reference prints, numbered in its order.
func describeSpecifications(_ *call) (any, *apiError) {
	var list []specificationData
	for n, spec := range saeclient.InstanceSpecs() {
		list = append(list, specificationData{
			CPU: spec.CPU, Memory: spec.Memory, SpecInfo: "General purpose " + strconv.Itoa(n+1), ID: n + 1, Enable: true,
		})
	}
	return list, nil
}

// usage is what an application's instances have used in a month, up to Since.
type usage struct {
	Since  time.Time `json:"since,omitzero"`
	CPU    float64   `json:"cpu,omitempty"`    // core minutes
	Memory float64   `json:"memory,omitempty"` // GiB minutes
}

// usedUntil is the usage of the month of at, up to at.
func (a *application) usedUntil(at time.Time) usage {
	u := a.Usage
	month := at.In(gmt8())
	begin := time.Date(month.Year(), month.Month(), 1, 0, 0, 0, 0, gmt8())
	if u.Since.Before(begin) {
		u = usage{Since: begin}
		if a.CreatedAt.After(begin) {
			u.Since = a.CreatedAt
		}
	}
	if at.After(u.Since) {
		minutes := at.Sub(u.Since).Minutes()
		cpu, memory := a.size()
		u.CPU += minutes * cpu
		u.Memory += minutes * memory
		u.Since = at
	}
	return u
}

// charge adds up what was used so far; it comes before each change of the instances
// or of their size.
func (a *application) charge(at time.Time) { a.Usage = a.usedUntil(at) }

// size is what all instances together use at present, in cores and GiB.
func (a *application) size() (cpu, memory float64) {
	config := args(a.settings())
	n := float64(len(a.Instances))
	return n * float64(config.integerOr("Cpu", 0)) / 1000, n * float64(config.integerOr("Memory", 0)) / 1024
}
