package servicestagesim

import (
	"encoding/json"
	"slices"

	"slipway/internal/loosejson"
)

// instanceStatus2 is the status of an instance in an answer.
type instanceStatus2 struct {
	EnterpriseProject string  `json:"enterprise_project_id"`
	Status            string  `json:"status"`
	Available         int     `json:"available_replica"`
	Replica           int     `json:"replica"`
	FailDetail        *string `json:"fail_detail"`
	LastJob           string  `json:"last_job_id"`
	LastJobStatus     string  `json:"last_job_status"`
}

// status2 is the status of an instance. Version 2 has no word for a gray release that waits: it is still UPGRADING.
func (c *call) status2(of *component) instanceStatus2 {
	shown := c.showStatus(of)
	if shown.Status == statusGraying {
		shown.Status = statusUpgrading
	}
	status := instanceStatus2{
		EnterpriseProject: c.st.Applications[of.ApplicationID].EnterpriseProject, Status: shown.Status, Available: shown.Available, Replica: shown.Replica,
		FailDetail: shown.FailDetail, LastJob: of.LastJob,
	}
	if j := c.st.Jobs[of.LastJob]; j != nil {
		status.LastJobStatus = j.Status
	}
	return status
}

// instanceRow is an instance in a list.
type instanceRow struct {
	ID               string              `json:"id"`
	ApplicationID    string              `json:"application_id"`
	ApplicationName  string              `json:"application_name"`
	ComponentID      string              `json:"component_id"`
	ComponentName    string              `json:"component_name"`
	Name             string              `json:"name"`
	EnvironmentID    string              `json:"environment_id"`
	EnvironmentName  string              `json:"environment_name"`
	PlatformType     string              `json:"platform_type"`
	Version          string              `json:"version"`
	Artifacts        map[string]document `json:"artifacts"`
	Created          int64               `json:"create_time"`
	Updated          int64               `json:"update_time"`
	Creator          string              `json:"creator"`
	ExternalAccesses document            `json:"external_accesses"`
	Status           instanceStatus2     `json:"status_detail"`
}

// instanceRow is an instance of a component as a list shows it.
func (c *call) instanceRow(b *blueprint, of *component) instanceRow {
	summary, spec := c.summary(of), of.release(of.Version).Spec
	return instanceRow{
		ID: of.ID, ApplicationID: of.ApplicationID, ApplicationName: summary.ApplicationName, ComponentID: b.ID, ComponentName: b.Name,
		Name: of.Name, EnvironmentID: of.EnvironmentID, EnvironmentName: summary.EnvironmentName, PlatformType: summary.PlatformType,
		Version: of.Version, Artifacts: spec.artifacts(b.Name, of.Version), Created: millis(of.Created), Updated: millis(of.Changed),
		Creator: of.Creator, ExternalAccesses: spec.Settings["external_accesses"], Status: c.status2(of),
	}
}

// artifacts are what a version deploys, by the names of containers.
func (s specification) artifacts(name, version string) map[string]document {
	artifacts := map[string]document{}
	member(s.Version2["artifacts"], &artifacts)
	if len(artifacts) == 0 {
		kind := s.Source.Kind
		if kind != kindImage {
			kind = kindPackage
		}
		text, err := loosejson.Encode(map[string]any{
			"storage": s.Source.Storage, "type": kind, "url": s.Source.URL, "auth": "iam", "version": version, "properties": map[string]string{},
		})
		if err == nil {
			artifacts[name] = text
		}
	}
	return artifacts
}

// listInstances2 serves listInstancesV2. maxWaitTime has no documented meaning, and changes nothing.
func listInstances2(c *call) (reply, *apiError) {
	b, refused := c.blueprint()
	if refused != nil {
		return reply{}, refused
	}
	instances := c.instances2(b)
	sortThings(c, instances)
	if c.query.Get("order_by") == "version" {
		slices.SortStableFunc(instances, func(a, b *component) int { return compareVersions(a.Version, b.Version) })
		if c.query.Get("order") != "asc" {
			slices.Reverse(instances)
		}
	}
	cut, refused := page2(c, instances)
	if refused != nil {
		return reply{}, refused
	}
	rows := make([]instanceRow, len(cut))
	for i, of := range cut {
		rows[i] = c.instanceRow(b, of)
	}
	return reply{body: map[string]any{"count": len(instances), "instances": rows}}, nil
}

// instanceView is an instance that is read alone: what a list shows of it, of which the reference prints a part here, and more.
type instanceView struct {
	instanceRow

	Flavor         document       `json:"flavor_id"`
	Description    document       `json:"description"`
	Configuration  map[string]any `json:"configuration"`
	ReferResources document       `json:"refer_resources"`
}

// getInstance2 serves getInstanceV2.
func getInstance2(c *call) (reply, *apiError) {
	b, of, refused := c.instance2()
	if refused != nil {
		return reply{}, refused
	}
	r := of.release(of.Version)
	return reply{body: instanceView{
		instanceRow: c.instanceRow(b, of), Flavor: r.Spec.Version2["flavor_id"], Description: r.Spec.Version2["description"],
		Configuration: c.configuration2(of, r), ReferResources: r.Spec.Settings["refer_resources"],
	}}, nil
}

// configuration2 is the configuration of an instance. Variables that the platform sets are marked as internal.
func (c *call) configuration2(of *component, r *release) map[string]any {
	configuration := map[string]any{}
	member(r.Spec.Version2["configuration"], &configuration)
	var given []document
	member(r.Spec.Settings["envs"], &given)
	envs := []any{}
	for _, text := range given {
		envs = append(envs, text)
	}
	for _, own := range [][2]string{{"CAS_INSTANCE_ID", of.ID}, {"PAAS_PROJECT_ID", c.config.ProjectID}} {
		envs = append(envs, map[string]any{"name": own[0], "value": own[1], "internal": true})
	}
	configuration["env"] = envs
	if configuration["strategy"] == nil {
		configuration["strategy"] = json.RawMessage(`{"upgrade":"RollingUpdate"}`)
	}
	return configuration
}
