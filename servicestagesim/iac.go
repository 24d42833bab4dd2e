package servicestagesim

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"slipway/internal/simframe"
)

// iacHandlers are the operations of resources that an environment has made [4.1.7, 4.1.9 to 4.1.15].
func iacHandlers() map[string]handler {
	return map[string]handler{
		"ProvisionEnvironmentResources": provisionResources,
		"ListEnvironmentIacResources":   listDeclared,
		"AddEnvironmentIacResources":    addDeclared,
		opUpdateDeclared:                updateDeclared,
		"DeleteEnvironmentIacResource":  deleteDeclared,
		"ListProvisionHistories":        listProvisions,
		"GetProvisionHistory":           getProvision,
		"ListProvisionHistoryEvents":    listProvisionEvents,
	}
}

const opUpdateDeclared = "UpdateEnvironmentIacResource"

// declared is a resource that an environment is to have made.
type declared struct {
	// ID is chosen by the caller.
	ID   string `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"`
	// ResourceID is that of what was made; empty before.
	ResourceID string `json:"resourceId,omitempty"`
	Status     string `json:"status"`
	// Template is custom_tf, which updates call custom_hcl.
	Template  string   `json:"template,omitempty"`
	Structure document `json:"structure,omitempty"`
	Variables document `json:"variables,omitempty"`
}

// declaredView is such a resource in an answer.
type declaredView struct {
	ID         string   `json:"id"`
	ResourceID *string  `json:"resource_id"`
	Name       string   `json:"name"`
	Type       string   `json:"type"`
	Status     string   `json:"status"`
	Template   string   `json:"custom_tf,omitempty"`
	Structure  document `json:"vars_structure,omitempty"`
	Variables  document `json:"vars_body,omitempty"`
}

func (d *declared) show() declaredView {
	view := declaredView{ID: d.ID, Name: d.Name, Type: d.Type, Status: d.Status, Template: d.Template, Structure: d.Structure, Variables: d.Variables}
	if d.ResourceID != "" {
		view.ResourceID = &d.ResourceID
	}
	return view
}

// Status words of declarations, as the reference's examples have them, and of a provision.
const (
	iacInit       = "INIT"
	iacMarkUpdate = "MARK_UPDATE"

	iacCreating       = "CREATION_IN_PROGRESS"
	iacCreated        = "CREATION_COMPLETE"
	iacCreationFailed = "CREATION_FAILED"
	iacUpdating       = "UPDATE_IN_PROGRESS"
	iacUpdated        = "UPDATE_COMPLETE"
	iacUpdateFailed   = "UPDATE_FAILED"
)

// provision is one run that makes the declared resources.
type provision struct {
	ID           string    `json:"id"`
	JobID        string    `json:"jobId"`
	DeploymentID string    `json:"deploymentId"`
	Creator      string    `json:"creator"`
	Begun        time.Time `json:"begun"`
	Ended        time.Time `json:"ended,omitzero"`
	Status       string    `json:"status"`
	// Items are what it does, by the declaration's ID.
	Items []provisionItem `json:"items"`
}

// provisionItem is what a run does to one resource.
type provisionItem struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Type       string `json:"type"`
	Action     string `json:"action"`
	ResourceID string `json:"resourceId,omitempty"`
}

// Status words of a run.
const (
	runApplying  = "EXECUTION_PLAN_APPLYING"
	runSucceeded = "EXECUTION_PLAN_APPLY_SUCCEED"
	runFailed    = "EXECUTION_PLAN_APPLY_FAILED"
)

// provisioning reports whether a run goes on.
func (e *environment) provisioning() bool {
	return len(e.Runs) > 0 && e.Runs[len(e.Runs)-1].Status == runApplying
}

// iacTaskStatus is the status of the last run in the words of an environment.
func (e *environment) iacTaskStatus() *string {
	if len(e.Runs) == 0 {
		return nil
	}
	status := map[string]string{
		runApplying: "ExecutionPlanApplying", runSucceeded: "ExecutionPlanApplySuccess", runFailed: "ExecutionPlanApplyFailed",
	}[e.Runs[len(e.Runs)-1].Status]
	return &status
}

// iacEnvironmentView is an environment with what it declares.
type iacEnvironmentView struct {
	environmentView

	Type       string         `json:"type"`
	CreateMode string         `json:"resource_create_mode"`
	Declared   []declaredView `json:"iac_resources"`
	TaskStatus *string        `json:"iac_task_status"`
	// The list of zones has two names, by operation.
	Zone  *[]string `json:"availability_zone,omitempty"`
	Zones *[]string `json:"availability_zones,omitempty"`
}

func (c *call) showDeclaring(e *environment) iacEnvironmentView {
	view := iacEnvironmentView{
		environmentView: c.showEnvironment(e), Type: "normal", CreateMode: "iac", Declared: e.declarations(), TaskStatus: e.iacTaskStatus(),
	}
	zones := []string{}
	if c.op.Name == opUpdateDeclared {
		view.Zones = &zones
	} else {
		view.Zone = &zones
	}
	return view
}

func (e *environment) declarations() []declaredView {
	views := []declaredView{}
	for _, d := range e.Declared {
		views = append(views, d.show())
	}
	return views
}

// declaredBody is a declaration in a request.
type declaredBody struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Type      string   `json:"type"`
	Template  string   `json:"custom_tf"`
	HCL       string   `json:"custom_hcl"`
	Structure document `json:"vars_structure"`
	Variables document `json:"vars_body"`
}

// listDeclared serves ListEnvironmentIacResources.
func listDeclared(c *call) (reply, *apiError) {
	e, refused := c.environment()
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: map[string]any{"iac_resources": e.declarations()}}, nil
}

// maxDeclared bounds the declarations of an environment. The reference gives no limit.
const maxDeclared = 1000

// addDeclared serves AddEnvironmentIacResources.
func addDeclared(c *call) (reply, *apiError) {
	e, refused := c.environment()
	if refused != nil {
		return reply{}, refused
	}
	var in struct {
		Resources []declaredBody `json:"iac_resources"`
	}
	var k checker
	c.read(&k, &in, bodyRule{})
	k.check(len(e.Declared)+len(in.Resources) <= maxDeclared, "an environment has at most %d iac_resources", maxDeclared)
	known := map[string]bool{}
	for _, d := range e.Declared {
		known[d.ID] = true
	}
	for i, r := range in.Resources {
		k.check(r.ID != "" && r.Name != "" && r.Type != "", "iac_resources[%d] must have an id, a name and a type", i)
		k.check(!known[r.ID], "iac_resources[%d].id is there already: %s", i, simframe.Shorten(r.ID))
		known[r.ID] = true
	}
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	for _, r := range in.Resources {
		e.Declared = append(e.Declared, &declared{
			ID: r.ID, Name: r.Name, Type: r.Type, Status: iacInit, Template: r.Template, Structure: r.Structure, Variables: r.Variables,
		})
	}
	e.Updated = c.now
	return reply{body: c.showDeclaring(e)}, nil
}

// declaration finds the declaration that the path names. It cannot be changed while a run goes on.
func (c *call) declaration() (*environment, *declared, *apiError) {
	e, refused := c.environment()
	if refused != nil {
		return nil, nil, refused
	}
	id := c.params["resource_id"]
	i := slices.IndexFunc(e.Declared, func(d *declared) bool { return d.ID == id })
	switch {
	case i < 0:
		return nil, nil, refuse(codeNotFound, simframe.Shorten(id))
	case e.provisioning():
		return nil, nil, refuse(codeWrongStatus, "the resources of the environment are being made")
	}
	return e, e.Declared[i], nil
}

// updateDeclared serves UpdateEnvironmentIacResource. What is left out stays.
func updateDeclared(c *call) (reply, *apiError) {
	e, d, refused := c.declaration()
	if refused != nil {
		return reply{}, refused
	}
	var in declaredBody
	var k checker
	c.read(&k, &in, bodyRule{also: []string{"deploy_vars_body"}})
	k.check(in.ID == "" || in.ID == d.ID, "id cannot be changed, it is %s", d.ID)
	k.check(in.Type == "" || in.Type == d.Type, "type cannot be changed, it is %s", d.Type)
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	if in.Name != "" {
		d.Name = in.Name
	}
	if in.HCL != "" {
		d.Template = in.HCL
	}
	if in.Structure != nil {
		d.Structure = in.Structure
	}
	if in.Variables != nil {
		d.Variables = in.Variables
	}
	if d.ResourceID != "" {
		d.Status = iacMarkUpdate
	}
	e.Updated = c.now
	return reply{body: c.showDeclaring(e)}, nil
}

// deleteDeclared serves DeleteEnvironmentIacResource. What was made is the environment's no more.
func deleteDeclared(c *call) (reply, *apiError) {
	e, d, refused := c.declaration()
	if refused != nil {
		return reply{}, refused
	}
	e.Declared = slices.DeleteFunc(e.Declared, func(other *declared) bool { return other == d })
	if d.ResourceID != "" {
		e.Resources = slices.DeleteFunc(e.Resources, func(r resource) bool { return r.ID == d.ResourceID })
	}
	e.Updated = c.now
	return reply{body: c.showDeclaring(e)}, nil
}

// planItemView is what a run will do to one resource.
type planItemView struct {
	Type       string `json:"resource_type"`
	Name       string `json:"resource_name"`
	Action     string `json:"action"`
	Index      string `json:"index"`
	Reason     string `json:"action_reason"`
	Mode       string `json:"mode"`
	Drifted    bool   `json:"drifted"`
	Imported   bool   `json:"imported"`
	ResourceID string `json:"resource_id,omitempty"`
	Attributes []any  `json:"attributes"`
}

// provisionResources serves ProvisionEnvironmentResources. The run goes on after the answer.
func provisionResources(c *call) (reply, *apiError) {
	e, refused := c.environment()
	switch {
	case refused != nil:
		return reply{}, refused
	case e.provisioning():
		return reply{}, refuse(codeWrongStatus, "the resources of the environment are being made")
	case len(e.Declared) == 0:
		return reply{}, refuse(codeInvalid, "the environment declares no iac_resources")
	}
	status, run := iacCreating, &provision{ID: c.st.Draw("run"), DeploymentID: c.st.Draw("deployment"), Creator: c.user, Begun: c.now, Status: runApplying}
	views := []planItemView{}
	for i, d := range e.Declared {
		item := provisionItem{ID: d.ID, Name: d.Name, Type: d.Type, Action: "ADD", ResourceID: d.ResourceID}
		d.Status = iacCreating
		if d.ResourceID != "" {
			item.Action, d.Status, status = "UPDATE", iacUpdating, iacUpdating
		}
		run.Items = append(run.Items, item)
		views = append(views, planItemView{
			Type: d.Type, Name: d.Name, Action: item.Action, Index: strconv.Itoa(i), Mode: "RESOURCE", ResourceID: d.ResourceID, Attributes: []any{},
		})
	}
	j := c.start(jobPlan{purpose: forProvision, kind: typeProvision, subject: e.ID, tasks: []*task{{Name: "SEPARATOR_PROVISION", Do: taskAct}}})
	run.JobID = j.ID
	e.Runs = append(e.Runs, run)
	return reply{body: map[string]any{"status": status, "status_message": nil, "create_time": millis(c.now), "execution_plan_items": views}}, nil
}

// endProvision draws the consequences of a run's end: what was made belongs to the environment.
func (s *state) endProvision(j *job, status string, at time.Time) {
	e := s.Environments[j.Subject]
	if e == nil || len(e.Runs) == 0 {
		return
	}
	run := e.Runs[len(e.Runs)-1]
	run.Ended, run.Status = at, runSucceeded
	if status != jobSucceeded {
		run.Status = runFailed
	}
	for i, item := range run.Items {
		at := slices.IndexFunc(e.Declared, func(d *declared) bool { return d.ID == item.ID })
		if at < 0 {
			continue
		}
		d := e.Declared[at]
		switch {
		case status != jobSucceeded && d.ResourceID == "":
			d.Status = iacCreationFailed
		case status != jobSucceeded:
			d.Status = iacUpdateFailed
		case d.ResourceID != "":
			d.Status = iacUpdated
		default:
			d.Status, d.ResourceID = iacCreated, s.Draw("resource")
			run.Items[i].ResourceID = d.ResourceID
			e.Resources = append(e.Resources, resource{ID: d.ResourceID, Type: d.Type, Name: d.Name})
		}
	}
}

// provisionView is a run in an answer. Its times have no zone, and lists are texts that hold JSON.
type provisionView struct {
	ID           string  `json:"id"`
	TaskID       string  `json:"task_id"`
	Operation    string  `json:"operation"`
	Status       string  `json:"status"`
	StackName    string  `json:"stack_name"`
	TemplateURI  *string `json:"template_uri"`
	TemplateBody *string `json:"template_body"`
	VarsBody     *string `json:"vars_body"`
	VarsURI      *string `json:"vars_uri"`
	Structure    string  `json:"vars_structure"`
	Resources    string  `json:"stack_resources"`
	Output       *string `json:"stack_output"`
	DeploymentID string  `json:"deployment_id"`
	Creator      string  `json:"creator"`
	Created      string  `json:"create_time"`
	Modified     string  `json:"modify_time"`
}

func (p *provision) show(e *environment) provisionView {
	type stackResource struct {
		Name   string `json:"logical_resource_name"`
		Type   string `json:"logical_resource_type"`
		ID     string `json:"physical_resource_id"`
		Status string `json:"resource_status"`
	}
	made := []stackResource{}
	for _, item := range p.Items {
		if item.ResourceID != "" {
			made = append(made, stackResource{item.Name, item.Type, item.ResourceID, iacCreated})
		}
	}
	resources, err := json.Marshal(made)
	if err != nil {
		resources = []byte("[]") // texts can always be encoded
	}
	last := p.Ended
	if last.IsZero() {
		last = p.Begun
	}
	return provisionView{
		ID: p.ID, TaskID: p.JobID, Operation: "EXECUTION_PLAN_APPLY", Status: p.Status, StackName: "env-" + e.ID, Structure: "[]",
		Resources: string(resources), DeploymentID: p.DeploymentID, Creator: p.Creator, Created: plainTime(p.Begun), Modified: plainTime(last),
	}
}

// plainTime is the form of the times of runs.
func plainTime(t time.Time) string { return t.UTC().Format(time.DateTime) }

// listProvisions serves ListProvisionHistories.
func listProvisions(c *call) (reply, *apiError) {
	e, refused := c.environment()
	if refused != nil {
		return reply{}, refused
	}
	runs := slices.Clone(e.Runs)
	if c.query.Get("order") != "asc" {
		slices.Reverse(runs)
	}
	cut, refused := page(c, runs)
	if refused != nil {
		return reply{}, refused
	}
	shown := views(cut, func(p *provision) provisionView { return p.show(e) })
	var k checker // the parameters were checked before
	limit := c.number(&k, "limit", numberRange{otherwise: maxLimit, most: maxLimit})
	number := 1
	if limit > 0 {
		number += c.number(&k, "offset", numberRange{most: maxOffset}) / limit
	}
	return reply{body: map[string]any{"total": len(runs), "pageNum": number, "pageSize": limit, "list": shown}}, nil
}

// run finds the run that the path names.
func (c *call) run() (*environment, *provision, *apiError) {
	e, refused := c.environment()
	if refused != nil {
		return nil, nil, refused
	}
	id := c.params["history_id"]
	i := slices.IndexFunc(e.Runs, func(p *provision) bool { return p.ID == id })
	if i < 0 {
		return nil, nil, refuse(codeNotFound, simframe.Shorten(id))
	}
	return e, e.Runs[i], nil
}

// getProvision serves GetProvisionHistory.
func getProvision(c *call) (reply, *apiError) {
	e, p, refused := c.run()
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: p.show(e)}, nil
}

// stackEvent is something that happened in a run.
type stackEvent struct {
	Type         string  `json:"event_type"`
	Message      string  `json:"event_message"`
	ResourceName *string `json:"resource_name"`
	ResourceType *string `json:"resource_type"`
	// Key and ID name the resource by its identifier; they are null before it is made.
	Key     *string `json:"resource_id_key"`
	ID      *string `json:"resource_id_value"`
	Elapsed int     `json:"elapsed_seconds"`
	Time    string  `json:"time"`
}

// listProvisionEvents serves ListProvisionHistoryEvents, the newest first.
func listProvisionEvents(c *call) (reply, *apiError) {
	_, p, refused := c.run()
	if refused != nil {
		return reply{}, refused
	}
	begun, ended, took := plainTime(p.Begun), plainTime(p.Ended), int(p.Ended.Sub(p.Begun)/time.Second)
	events := []stackEvent{{Type: "LOG", Message: "Creating required resource now", Time: begun}}
	key := "id"
	for _, item := range p.Items {
		began, done := iacCreating, iacCreated
		if item.Action == "UPDATE" {
			began, done = iacUpdating, iacUpdated
		}
		e := stackEvent{Type: began, Message: item.Name + ": " + began, ResourceName: &item.Name, ResourceType: &item.Type, Time: begun}
		events = append(events, e)
		if p.Status == runSucceeded {
			e.Type, e.Message, e.Key, e.ID, e.Elapsed, e.Time = done, item.Name+": "+done, &key, &item.ResourceID, took, ended
			events = append(events, e)
		}
	}
	switch p.Status {
	case runSucceeded:
		events = append(events, stackEvent{Type: "SUMMARY", Message: "Apply complete!", Elapsed: took, Time: ended})
	case runFailed:
		events = append(events, stackEvent{Type: "ERROR", Message: "Apply required resource failed.", Elapsed: took, Time: ended})
	}
	slices.Reverse(events)
	return reply{body: map[string]any{"stack_events": events}}, nil
}
