package servicestagesim

import (
	"encoding/json"
	"slices"

	"slipway/internal/loosejson"
	"slipway/internal/simframe"
)

// componentStatus is the status of a component in an answer.
type componentStatus struct {
	Status     string   `json:"component_status"`
	Available  int      `json:"available_replica"`
	Replica    int      `json:"replica"`
	FailDetail *string  `json:"fail_detail"`
	LastJob    string   `json:"last_job_id"`
	Creator    string   `json:"creator"`
	Created    int64    `json:"create_time"`
	Updated    int64    `json:"update_time"`
	Artifact   artifact `json:"artifact"`
}

// artifact is what a component runs.
type artifact struct {
	Type string `json:"type"`
	URL  string `json:"url"`
}

// showStatus is the status of a component as it is answered.
func (c *call) showStatus(of *component) componentStatus {
	shown := componentStatus{
		Status: of.status(c.st), Available: of.available(c.st), Replica: of.Replica, LastJob: of.LastJob,
		Creator: of.Creator, Created: millis(of.Created), Updated: millis(of.Changed),
	}
	if shown.Status == statusGraying && c.config.PauseIsUpgrading {
		shown.Status = statusUpgrading
	}
	if of.FailDetail != "" {
		shown.FailDetail = &of.FailDetail
	}
	spec := of.release(of.Version).Spec
	shown.Artifact = artifact{Type: kindPackage, URL: spec.Source.URL}
	if spec.Source.Kind == kindImage {
		shown.Artifact.Type = kindImage
	}
	return shown
}

// componentSummary is a component in a list.
type componentSummary struct {
	ID               string          `json:"id"`
	Name             string          `json:"name"`
	Labels           document        `json:"labels"`
	Status           componentStatus `json:"status"`
	Stack            stackRef        `json:"runtime_stack"`
	ApplicationName  string          `json:"application_name"`
	ApplicationID    string          `json:"application_id"`
	EnvironmentName  string          `json:"environment_name"`
	EnvironmentID    string          `json:"environment_id"`
	Version          string          `json:"version"`
	Source           document        `json:"source"`
	Creator          string          `json:"creator"`
	PlatformType     string          `json:"platform_type"`
	ExternalAccesses document        `json:"external_accesses"`
}

func (c *call) summary(of *component) componentSummary {
	spec := of.release(of.Version).Spec
	shown := componentSummary{
		ID: of.ID, Name: of.Name, Labels: spec.Settings["labels"], Status: c.showStatus(of), Stack: spec.Stack,
		ApplicationName: c.st.Applications[of.ApplicationID].Name, ApplicationID: of.ApplicationID,
		EnvironmentName: c.st.Environments[of.EnvironmentID].Name, EnvironmentID: of.EnvironmentID,
		Version: of.Version, Source: withoutCommit(spec.SourceText), Creator: of.Creator, PlatformType: "cce",
		ExternalAccesses: spec.Settings["external_accesses"],
	}
	if spec.Stack.DeployMode == modeVM {
		shown.PlatformType = "vmapp"
	}
	return shown
}

// withoutCommit is a source without its commit_id, which is shown only where a version is asked for [4.3.7].
func withoutCommit(text document) document {
	members := map[string]document{}
	if err := json.Unmarshal(text, &members); err != nil || members["commit_id"] == nil {
		return text
	}
	delete(members, "commit_id")
	left, err := loosejson.Encode(members)
	if err != nil {
		return text
	}
	return left
}

// listApplicationComponents serves ListApplicationComponents.
func listApplicationComponents(c *call) (reply, *apiError) {
	app, refused := c.application()
	if refused != nil {
		return reply{}, refused
	}
	return c.listComponents(func(of *component) bool { return of.ApplicationID == app.ID })
}

// listComponents serves ListComponents.
func listComponents(c *call) (reply, *apiError) {
	return c.listComponents(func(of *component) bool {
		return c.asked("application_name", c.st.Applications[of.ApplicationID].Name) && c.asked("component_name", of.Name)
	})
}

func (c *call) listComponents(fits func(*component) bool) (reply, *apiError) {
	list, count, refused := shown(c, wanted(c.st.Components, fits), c.summary)
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: map[string]any{"count": count, "components": list}}, nil
}

// getComponent serves GetComponent: the specification that is shown, or that of the version which is asked for.
func getComponent(c *call) (reply, *apiError) {
	of, refused := c.component()
	if refused != nil {
		return reply{}, refused
	}
	asked := c.query.Get("version")
	r := of.release(of.Version)
	if asked != "" {
		if r = of.release(asked); r == nil {
			return reply{}, refuse(codeNoSnapshot, simframe.Shorten(asked))
		}
	}
	body := map[string]any{}
	for name, text := range r.Spec.Settings {
		body[name] = text
	}
	normalize(body)
	body["envs"] = c.showEnvs(of, r)
	body["source"] = r.Spec.SourceText
	if asked == "" {
		body["source"] = withoutCommit(r.Spec.SourceText)
	}
	body["id"], body["name"], body["version"] = of.ID, of.Name, r.Version
	body["application_id"], body["environment_id"] = of.ApplicationID, of.EnvironmentID
	body["runtime_stack"], body["deploy_strategy"], body["replica"] = r.Spec.Stack, r.Spec.Strategy, of.Replica
	body["status"] = c.showStatus(of)
	if of.WorkloadName != "" {
		body["workload_name"] = of.WorkloadName
	}
	if refs := r.Spec.references(); len(of.Hosts) > 0 && slices.ContainsFunc(refs, func(r reference) bool { return r.Type == "ecs" }) {
		body["refer_resources"] = []any{map[string]any{"id": "Default", "type": "ecs", "parameters": map[string]any{"hosts": of.Hosts}}}
	}
	return reply{body: body}, nil
}

// normalize gives members the types by which clients read them: arrays or null, and objects or null.
func normalize(body map[string]any) {
	for _, name := range []string{
		"affinity", "anti_affinity", "envs", "storages", "logs", "refer_resources", "external_accesses", "labels", "host_aliases",
	} {
		if text, given := body[name].(document); !given || isObject(text) || isEmpty(text) {
			body[name] = []any{}
		}
	}
	for _, name := range []string{
		"liveness_probe", "readiness_probe", "custom_metric", "mesher", "post_start", "pre_stop", "build", "tomcat_opts", "command",
		"dns_config", "security_context",
	} {
		if text, given := body[name].(document); !given || !isObject(text) || isEmpty(text) {
			body[name] = nil
		}
	}
}

// showEnvs are the environment variables that were set, and those that the platform sets itself. As in the reference's
// worked example not all of these are marked as inner [8.3].
func (c *call) showEnvs(of *component, r *release) []any {
	var given []document
	if err := json.Unmarshal(r.Spec.Settings["envs"], &given); err != nil {
		given = nil // there are none
	}
	envs := make([]any, 0, len(given))
	for _, text := range given {
		envs = append(envs, text)
	}
	for _, own := range []struct {
		name, value string
		inner       bool
	}{
		{"CAS_APPLICATION_ID", of.ApplicationID, false},
		{"CAS_COMPONENT_NAME", of.Name, false},
		{"CAS_ENVIRONMENT_ID", of.EnvironmentID, false},
		{"CAS_INSTANCE_ID", of.ID, true},
		{"CAS_INSTANCE_VERSION", r.Version, false},
		{"PAAS_PROJECT_ID", c.config.ProjectID, true},
	} {
		envs = append(envs, map[string]any{"name": own.name, "value": own.value, "inner": own.inner})
	}
	return envs
}

// idLabel is a choice of a filter.
type idLabel struct {
	ID    string `json:"id"`
	Label string `json:"label"`
}

// componentFilterOptions serves GetComponentFilterOptions.
func componentFilterOptions(c *call) (reply, *apiError) {
	applications, environments, projects := map[string]idLabel{}, map[string]idLabel{}, map[string]bool{}
	for _, of := range c.st.Components {
		app, env := c.st.Applications[of.ApplicationID], c.st.Environments[of.EnvironmentID]
		applications[app.ID], environments[env.ID] = idLabel{app.ID, app.Name}, idLabel{env.ID, env.Name}
		projects[app.EnterpriseProject] = true
	}
	return reply{body: map[string]any{"filter_options": map[string]any{
		"applications": simframe.SortedValues(applications), "environments": simframe.SortedValues(environments),
		"enterprise_projects": simframe.SortedKeys(projects),
	}}}, nil
}
