package saesim

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
)

const (
	opCreateJob = "CreateJob"
	opUpdateJob = "UpdateJob"

	paramTrigger  = "TriggerConfig"
	paramRefersTo = "RefAppId"
	paramSlice    = "Slice"
	paramSlices   = "SliceEnvs"

	// done is what operations on jobs answer as text. Which text it is, is a reading.
	done = "success"

	// Values of LastChangeorderState.
	lastOrderFailed    = "0"
	lastOrderSucceeded = "1"

	maxBackoff = 100_000
	maxTimeout = 366 * 24 * 60 * 60 // seconds
)

// templateHandlers are the operations on job templates, which only today's service has. A
// template is kept like an application and has none of an application's operations: its
// settings are in versions, a change order brings each. No source prints the types of the
// orders; they are those of applications (reading).
func templateHandlers() map[string]handler {
	return map[string]handler{
		opCreateJob:   createJob,
		opUpdateJob:   updateJob,
		"DeleteJob":   deleteJob,
		"DescribeJob": describeJob,
		"ListJobs":    listJobs,
		"SuspendJob":  suspendJob,
	}
}

// template is the job template that a call names.
func (c *call) template() (*application, *apiError) {
	if app, refused := c.workload(); refused != nil || app.Template {
		return app, refused
	}
	return nil, c.noApp()
}

// idleTemplate is template for operations that refuse while a change order runs.
func (c *call) idleTemplate() (*application, *apiError) {
	app, refused := c.template()
	if refused != nil {
		return nil, refused
	}
	return app, c.st.requireIdle(app)
}

// createJob serves CreateJob.
func createJob(c *call) (any, *apiError) {
	c.applies("Workload") // there is one kind
	if refused := c.checkRuns(c.args); refused != nil {
		return nil, refused
	}
	app, refused := c.newApp("Workload")
	if refused != nil {
		return nil, refused
	}
	app.Template = true
	return createData{AppID: app.ID, ChangeOrderID: c.bringSettings(app, app.Config, typeCreate).ID}, nil
}

// updateJob serves UpdateJob. Settings that are not sent stay as they are; an empty text
// clears one.
func updateJob(c *call) (any, *apiError) {
	app, refused := c.idleTemplate()
	if refused != nil {
		return nil, refused
	}
	config := maps.Clone(app.settings())
	maps.Copy(config, c.settings("AppId", "Replicas"))
	config["Replicas"] = cmp.Or(c.arg("Replicas"), config["Replicas"])
	if _, refused := parseRunReplicas(config["Replicas"]); refused != nil {
		return nil, refused
	}
	if refused := cmp.Or(
		c.checkRuns(config), checkPackage(app.PackageType, config), checkSettings(config), c.checkMounts(app.NamespaceID, config),
	); refused != nil {
		return nil, refused
	}
	return createData{AppID: app.ID, ChangeOrderID: c.bringSettings(app, config, typeDeploy).ID}, nil
}

// bringSettings makes the order that brings settings to a template, which has no instances
// to change.
func (c *call) bringSettings(app *application, config map[string]string, kind string) *changeOrder {
	target := c.addVersion(app, config)
	return c.accept(app, newOrder{
		Type: kind, Description: describeVersion(target), Plan: plan{Target: target.ID, Batches: [][]int{{}}, Unavailable: 1},
	})
}

// checkRuns checks the settings of runs.
func (c *call) checkRuns(config args) *apiError {
	var shards []string
	switch {
	case !config.within("BackoffLimit", maxBackoff):
		return invalidParameter("BackoffLimit", "it must be from 0 to %d", maxBackoff)
	case !config.within("Timeout", maxTimeout):
		return invalidParameter("Timeout", "it must be from 0 to %d seconds", maxTimeout)
	case config[paramSlices] != "" && json.Unmarshal([]byte(config[paramSlices]), &shards) != nil:
		return invalidParameter(paramSlices, "it must be a JSON array of texts")
	case config[paramSlice] == "true" && len(shards) == 0:
		return missingParameter(paramSlices)
	case len(shards) > maxJobInstances:
		return refuse(codeAppQuota, maxJobInstances)
	case config[paramRefersTo] != "" && c.st.workload(config[paramRefersTo]) == nil:
		return invalidParameter(paramRefersTo, "there is no such application or job")
	}
	return nil
}

// within reports whether a number is absent, or from 0 to a limit.
func (a args) within(name string, limit int) bool {
	n := a.integer(name)
	return a[name] == "" || n != nil && *n >= 0 && *n <= limit
}

// runInstances is how many instances a run has: one for each shard, where a template is
// sharded (reading).
func runInstances(config args) int {
	var shards []string
	if config[paramSlice] == "true" && json.Unmarshal([]byte(config[paramSlices]), &shards) == nil && len(shards) > 0 {
		return len(shards)
	}
	return config.integerOr("Replicas", 1)
}

// deleteJob serves DeleteJob, which makes no change order: the template and its runs are
// gone at once.
func deleteJob(c *call) (any, *apiError) {
	app, refused := c.idleTemplate()
	if refused != nil {
		return nil, refused
	}
	app.Deleted, app.Jobs = true, nil
	c.st.forget(app)
	return done, nil
}

// suspendJob serves SuspendJob. The texts of all languages say that true starts the
// template and false suspends it, against the name of the parameter: that is the reading.
// A template that is suspended begins no run; those that have begun go on.
func suspendJob(c *call) (any, *apiError) {
	app, refused := c.template()
	if refused != nil {
		return nil, refused
	}
	app.Job.Suspended = !c.boolean("Suspend", false)
	return done, nil
}

// describeJob serves DescribeJob: a template, or with JobId what that run was told.
func describeJob(c *call) (any, *apiError) {
	app, refused := c.template()
	if refused != nil {
		return nil, refused
	}
	config, replicas := maps.Clone(app.settings()), app.jobPolicy().instances
	if c.arg(paramJobID) != "" {
		j, refused := c.run(app)
		if refused != nil {
			return nil, refused
		}
		maps.Copy(config, j.Config)
		replicas = j.Instances
	}
	data := showTemplate(config)
	for _, name := range []string{"MountDesc", paramMaps, "OssMountDescs"} {
		if list := listSetting(name, config[name]); list != nil {
			data[name] = list
			c.st.nameMounts(list)
		}
	}
	data["Replicas"], data[paramSlice], data["Suspend"] = replicas, config[paramSlice] == "true", app.Job.Suspended
	data["AppId"], data["AppName"], data["NamespaceId"] = app.ID, app.Name, app.NamespaceID
	data["PackageType"], data["RegionId"], data["Tags"] = app.PackageType, c.region, app.showTags()
	data["PublicWebHookUrls"], data["VpcWebHookUrls"], data["RefedAppIds"] = []string{}, []string{}, c.st.referringTo(app)
	return data, nil
}

// showTemplate shows the settings that are answered as they were sent, and numbers.
func showTemplate(config map[string]string) map[string]any {
	data := map[string]any{}
	for _, name := range []string{
		"AcrAssumeRoleArn", "AcrInstanceId", "AppDescription", "BestEffortType", "Command", "CommandArgs", "ConcurrencyPolicy",
		"CustomHostAlias", "EdasContainerVersion", "Envs", "ImagePullSecrets", "ImageUrl", "JarStartArgs", "JarStartOptions", "Jdk",
		"MountHost", "NasConfigs", "NasId", "OssAkId", "OssAkSecret", "PackageUrl", "PackageVersion", "PhpConfig", "PhpConfigLocation",
		"PostStart", "PreStop", "ProgrammingLanguage", "Python", "PythonModules", paramRefersTo, "SecurityGroupId", paramSlices,
		"SlsConfigs", "Timezone", "TomcatConfig", "VSwitchId", "VpcId", "WarStartOptions", "WebContainer",
	} {
		if value := config[name]; value != "" {
			data[name] = value
		}
	}
	for _, name := range []string{"BackoffLimit", "Cpu", "Memory", "TerminationGracePeriodSeconds", "Timeout"} {
		if n := args(config).integer(name); n != nil {
			data[name] = *n
		}
	}
	return data
}

// referringTo lists the templates that refer to an application or template.
func (s *state) referringTo(to *application) []string {
	ids := []string{}
	for _, app := range s.workloads() {
		if app.Template && app.settings()[paramRefersTo] == to.ID {
			ids = append(ids, app.ID)
		}
	}
	return ids
}

type listedJobData struct {
	Active               int64
	AppDescription       string `json:",omitempty"`
	AppID                string `json:"AppId"`
	AppName              string
	CompletionTime       int64 `json:",omitempty"`
	CPU                  int   `json:"Cpu"`
	Failed               int64
	ImageURL             string `json:"ImageUrl,omitempty"`
	LastChangeorderState string `json:",omitempty"`
	LastJobState         string
	LastStartTime        int64 `json:",omitempty"`
	Mem                  int
	Message              string
	NamespaceID          string `json:"NamespaceId"`
	RegionID             string `json:"RegionId"`
	Succeeded            int64
	Suspend              bool
	Tags                 []tagData
}

type listedJobsData struct {
	Applications []listedJobData
	CurrentPage  int
	PageSize     int
	TotalSize    int
}

// listJobs serves ListJobs, in the order the templates were made.
func listJobs(c *call) (any, *apiError) {
	c.applies("Workload", "NamespaceId", "AppName", "FieldType", "FieldValue", "Reverse")
	tags, refused := c.tags(true)
	if refused != nil {
		return nil, invalidParameter(paramTags, "%s", refused.Message)
	}
	templates := slices.DeleteFunc(c.st.workloads(), func(a *application) bool { return !a.Template || !a.carries(tags) || !c.listed(a) })
	c.sortListed(templates,
		func(a *application) int { return int(a.lastRun().show(c.now).Active) },
		func(a *application) int { return a.jobPolicy().instances })
	p := c.page(defaultPageSize)
	data := listedJobsData{CurrentPage: p.Number, TotalSize: len(templates), PageSize: p.Size, Applications: []listedJobData{}}
	for _, app := range cut(templates, p) {
		data.Applications = append(data.Applications, c.showListedJob(app))
	}
	return reply{data: data, paging: &paging{CurrentPage: p.Number, TotalSize: len(templates), PageSize: p.Size}}, nil
}

func (c *call) showListedJob(app *application) listedJobData {
	config, last := args(app.settings()), app.lastRun().show(c.now)
	return listedJobData{
		Active: last.Active, AppDescription: config["AppDescription"], AppID: app.ID, AppName: app.Name, CompletionTime: last.CompletionTime,
		CPU: config.integerOr("Cpu", 0), Failed: last.Failed, ImageURL: config["ImageUrl"], LastChangeorderState: c.st.lastOrderState(app),
		LastJobState: last.State, LastStartTime: last.StartTime, Mem: config.integerOr("Memory", 0), Message: last.Message,
		NamespaceID: app.NamespaceID, RegionID: c.region, Succeeded: last.Succeeded, Suspend: app.Job.Suspended, Tags: app.showTags(),
	}
}

// lastRun is the run that was made last, or nil.
func (a *application) lastRun() *job {
	if len(a.Jobs) == 0 {
		return nil
	}
	return a.Jobs[len(a.Jobs)-1]
}

// lastOrderState is how the last order that has ended ended, or nothing.
func (s *state) lastOrderState(app *application) string {
	for _, id := range slices.Backward(app.OrderIDs) {
		switch status, _ := s.Orders[id].status(); {
		case status == statusSuccess:
			return lastOrderSucceeded
		case finished(status):
			return lastOrderFailed
		}
	}
	return ""
}
