package servicestagesim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"slipway/internal/simframe"
)

// version2Handlers are the operations of version 2 of application management. It shows the same world as version 3: the
// environments, the applications and the jobs are the same, an instance of version 2 is a component of version 3, and the
// components of version 2, which say what can be deployed, stand beside them (see [blueprint]).
func version2Handlers() map[string]handler {
	return map[string]handler{
		"ListRuntimesV2": listRuntimes2,
		"ListFlavorsV2":  listFlavors2,

		"CreateEnvironmentV2":          createEnvironment2,
		"ListEnvironmentsV2":           listEnvironments2,
		"UpdateEnvironmentV2":          updateEnvironment2,
		"DeleteEnvironmentV2":          deleteEnvironment,
		"GetEnvironmentV2":             getEnvironment2,
		"ModifyEnvironmentResourcesV2": modifyEnvironmentResources2,

		"CreateApplicationV2":              as2(createApplication),
		"ListApplicationsV2":               listApplications2,
		"UpdateApplicationV2":              as2(updateApplication),
		"DeleteApplicationV2":              deleteApplication,
		"GetApplicationV2":                 as2(getApplication),
		"UpdateApplicationConfigurationV2": updateConfiguration,
		"DeleteApplicationConfigurationV2": deleteConfiguration,
		"GetApplicationConfigurationV2":    getConfiguration,

		"CreateComponentV2": createComponent2,
		"ListComponentsV2":  listComponents2,
		"UpdateComponentV2": updateComponent2,
		"DeleteComponentV2": deleteComponent2,
		"GetComponentV2":    getComponent2,

		"CreateInstanceV2":        createInstance2,
		"ListInstancesV2":         listInstances2,
		"InstanceActionV2":        instanceAction2,
		"UpdateInstanceV2":        updateInstance2,
		"DeleteInstanceV2":        deleteInstance2,
		"GetInstanceV2":           getInstance2,
		"ListInstanceSnapshotsV2": listSnapshots2,
		"GetJobV2":                getJob2,
	}
}

// Codes of refusals of version 2 alone.
const (
	codeComponentDeployed = "SVCSTG.00100402"
	codeNoInstance        = "SVCSTG.00100412"
	codeNotDeletable      = "SVCSTG.00100423"
	codeNoArtifacts       = "SVCSTG.00100425"
)

// What the parameter limit means in version 2 [12.1].
const (
	unpaged    = 1000
	wrongLimit = 10
)

// page2 cuts the page out of a list that the parameters limit and offset ask for: 1000 means everything, and a number above
// 100 means 10.
func page2[T any](c *call, items []T) ([]T, *apiError) {
	k := c.checker()
	limit := c.number(k, "limit", numberRange{otherwise: unpaged, most: maxOffset})
	offset := c.number(k, "offset", numberRange{most: maxOffset})
	if refused := k.refusal(); refused != nil {
		return nil, refused
	}
	switch {
	case limit == unpaged:
		limit = len(items)
	case limit > maxLimit:
		limit = wrongLimit
	}
	from := min(offset, len(items))
	return items[from:min(from+limit, len(items))], nil
}

// shown2 is a page of things as they are answered, and how many there are in all.
func shown2[T listed, V any](c *call, items []T, show func(T) V) ([]V, int, *apiError) {
	sortThings(c, items)
	cut, refused := page2(c, items)
	if refused != nil {
		return nil, 0, refused
	}
	views := make([]V, len(cut))
	for i, item := range cut {
		views[i] = show(item)
	}
	return views, len(items), nil
}

// runtime2 is a runtime of version 2 with what version 3 calls it.
type runtime2 struct {
	name, display, stackType string
	port                     int
}

func runtimes2() []runtime2 {
	return []runtime2{
		{"Docker", "Docker", "Docker", 80},
		{"Java8", "Java 8", "Java", 8080},
		{"Nodejs8", "Node.js 8", "Nodejs", 3000},
		{"Php7", "PHP 7", "Php", 80},
		{"Python3", "Python 3", "Python", 8080},
		{"Tomcat8", "Tomcat 8", "Tomcat", 8080},
	}
}

// stackOf is what version 3 shows of a runtime of version 2.
func stackOf(runtime, mode string) stackRef {
	stack := stackRef{Name: runtime, Type: runtime, DeployMode: mode}
	for _, r := range runtimes2() {
		if r.name == runtime {
			stack.Type = r.stackType
		}
	}
	return stack
}

// listRuntimes2 serves listRuntimesV2.
func listRuntimes2(*call) (reply, *apiError) {
	type runtimeBody struct {
		Name        string `json:"type_name"`
		Display     string `json:"display_name"`
		Port        int    `json:"container_default_port"`
		Description string `json:"type_desc"`
	}
	var runtimes []runtimeBody
	for _, r := range runtimes2() {
		runtimes = append(runtimes, runtimeBody{r.name, r.display, r.port, r.display + " runtime"})
	}
	return reply{body: map[string]any{"runtimes": runtimes}}, nil
}

// flavor2 is a predefined flavor: gigabytes of storage, millicores and mebibytes at most and at least.
type flavor2 struct {
	name, label       string
	storage, cpu, mem int
}

func flavors2() []flavor2 {
	return []flavor2{
		{"MICRO-5G:0.5C:1G", "Micro", 5, 500, 1},
		{"SMALL-10G:1.0C:2G", "Small", 10, 1000, 2},
		{"STANDARD-30G:2.0C:4G", "Standard", 30, 2000, 4},
		{"LARGE-50G:4.0C:8G", "Large", 50, 4000, 8},
		{"XLARGE-100G:4.0C:16G", "XLarge", 100, 4000, 16},
	}
}

// listFlavors2 serves listFlavorsV2. A flavor requests all that it may use.
func listFlavors2(*call) (reply, *apiError) {
	type flavorBody struct {
		ID         string `json:"flavor_id"`
		Storage    string `json:"storage_size"`
		CPU        string `json:"num_cpu"`
		CPUInit    string `json:"num_cpu_init"`
		Memory     string `json:"memory_size"`
		MemoryInit string `json:"memory_size_init"`
		Label      string `json:"label"`
		Custom     bool   `json:"custom"`
	}
	var flavors []flavorBody
	for _, f := range flavors2() {
		cpu, mem := strconv.Itoa(f.cpu)+"m", strconv.Itoa(f.mem)+"Gi"
		label := fmt.Sprintf("%s: %dG Storage, %g CPU, %dG Memory", f.label, f.storage, float64(f.cpu)/1000, f.mem)
		flavors = append(flavors, flavorBody{f.name, strconv.Itoa(f.storage) + "G", cpu, cpu, mem, mem, label, false})
	}
	return reply{body: map[string]any{"flavors": flavors}}, nil
}

// jobView2 is a job in an answer of version 2, in the spelling of its example.
type jobView2 struct {
	ID                string `json:"JOB_ID"`
	Name              string `json:"JOB_NAME"`
	Type              string `json:"JOB_TYPE"`
	ServiceInstanceID string `json:"SERVICE_INSTANCE_ID"`
	ProjectID         string `json:"PROJECT_ID"`
	OrderID           string `json:"ORDER_ID"`
	Description       string `json:"JOB_DESC"`
	Status            string `json:"EXECUTION_STATUS"`
	Creator           string `json:"CREATED_BY"`
}

// taskView2 is a task in an answer of version 2.
type taskView2 struct {
	Messages    string `json:"MESSAGES"`
	ID          string `json:"TASK_ID"`
	Type        string `json:"TASK_TYPE"`
	Index       int    `json:"TASK_INDEX"`
	Name        string `json:"TASK_NAME"`
	Status      string `json:"TASK_STATUS"`
	HealthCheck string `json:"LAST_HEALTH_CHECK"`
	Created     string `json:"CREATED_AT"`
	Owner       string `json:"OWNER_ID"`
}

// show2 is a task as version 2 answers it. Until the job ends its last task runs: that is the one by which clients judge.
func (j *job) show2(t *task) taskView2 {
	view := j.show(t)
	shown := taskView2{
		Messages: view.Messages, ID: view.ID, Type: "restful", Index: view.Index, Name: view.Name, Status: view.Status,
		HealthCheck: view.Updated, Created: view.Created, Owner: "servicestagesim",
	}
	if t.Do == taskWait {
		shown.Type = "echo"
	}
	if t == j.Tasks[len(j.Tasks)-1] && !j.Due.IsZero() {
		shown.Status = jobRunning
	}
	return shown
}

// getJob2 serves getJobV2: any job, whichever version began it. task_count is the number of tasks in the answer.
func getJob2(c *call) (reply, *apiError) {
	j, refused := c.findJob()
	if refused != nil {
		return reply{}, refused
	}
	if !c.asked("instance_id", j.Subject) {
		return reply{}, refuse(codeNoJob, simframe.Shorten(j.ID)+" is not of instance "+simframe.Shorten(c.query.Get("instance_id")))
	}
	tasks := slices.Clone(j.Tasks)
	if strings.EqualFold(c.query.Get("desc"), "true") {
		slices.Reverse(tasks)
	}
	cut, refused := page2(c, tasks)
	if refused != nil {
		return reply{}, refused
	}
	views := make([]taskView2, len(cut))
	for i, t := range cut {
		views[i] = j.show2(t)
	}
	name := strings.ToLower(j.Type)
	return reply{body: map[string]any{
		"job": jobView2{
			ID: j.ID, Name: name, Type: j.Type, ServiceInstanceID: j.Subject, ProjectID: c.config.ProjectID, Description: name,
			Status: j.Status, Creator: c.user,
		},
		"tasks":      views,
		"task_count": len(views),
	}}, nil
}

// isVariable2 reports whether a text can be the name of an environment variable in version 2, where it may begin with a period.
func isVariable2(text string) bool { return isVariable(strings.Replace(text, ".", "_", 1)) }

// isVariable reports whether a text can be the name of an environment variable in the version that is called.
func (c *call) isVariable(text string) bool {
	if strings.HasPrefix(c.op.Path, "/v2/") {
		return isVariable2(text)
	}
	return isVariable(text)
}

// member reads a member of a document that is kept as it was sent; one that is absent or of another type is left alone.
func member(text document, into any) {
	if err := json.Unmarshal(text, into); err != nil {
		return // its form was checked when it was sent
	}
}
