package servicestagesim

import (
	"slices"

	"slipway/internal/simframe"
)

// environmentView2 is an environment in an answer of version 2.
type environmentView2 struct {
	ID                string     `json:"id"`
	Name              string     `json:"name"`
	Alias             *string    `json:"alias"`
	Description       string     `json:"description"`
	ProjectID         string     `json:"project_id"`
	EnterpriseProject string     `json:"enterprise_project_id"`
	ChargeMode        string     `json:"charge_mode"`
	DeployMode        string     `json:"deploy_mode"`
	VPC               string     `json:"vpc_id"`
	BaseResources     []resource `json:"base_resources"`
	OptionalResources []resource `json:"optional_resources"`
	Creator           string     `json:"creator"`
	Created           int64      `json:"create_time"`
	Updated           int64      `json:"update_time"`
}

// isBase reports whether a resource is one that workloads run on.
func (r resource) isBase() bool { return r.Type == "cce" || r.Type == "ecs" || r.Type == "as" }

// chargeModes are the billing modes of environments, the default first.
func chargeModes() []string { return []string{"provided", "on_demanded", "monthly"} }

func (c *call) showEnvironment2(e *environment) environmentView2 {
	shown := environmentView2{
		ID: e.ID, Name: e.Name, Alias: e.Alias, Description: e.Description, ProjectID: c.config.ProjectID, EnterpriseProject: e.EnterpriseProject,
		ChargeMode: e.ChargeMode, DeployMode: e.DeployMode, VPC: e.VPC, BaseResources: []resource{}, OptionalResources: []resource{},
		Creator: e.Creator, Created: millis(e.Created), Updated: millis(e.Updated),
	}
	if shown.ChargeMode == "" {
		shown.ChargeMode = chargeModes()[0]
	}
	for _, r := range e.Resources {
		if r.isBase() {
			shown.BaseResources = append(shown.BaseResources, r)
		} else {
			shown.OptionalResources = append(shown.OptionalResources, r)
		}
	}
	return shown
}

// checkResources checks resources of an environment, base or optional ones.
func (e *environment) checkResources(k *checker, field string, resources []resource) {
	for i, r := range resources {
		k.check(r.ID != "" && r.Type != "", "%s[%d] must have an id and a type", field, i)
		k.check(e.takes(r.Type), "%s[%d] is of type %s, which an environment for %s does not take", field, i, simframe.Shorten(r.Type), e.DeployMode)
	}
}

// createEnvironment2 serves createEnvironmentV2.
func createEnvironment2(c *call) (reply, *apiError) {
	var in struct {
		Name              string     `json:"name"`
		Alias             *string    `json:"alias"`
		Description       string     `json:"description"`
		DeployMode        string     `json:"deploy_mode"`
		EnterpriseProject string     `json:"enterprise_project_id"`
		ChargeMode        string     `json:"charge_mode"`
		VPC               string     `json:"vpc_id"`
		BaseResources     []resource `json:"base_resources"`
		OptionalResources []resource `json:"optional_resources"`
	}
	k := c.checker()
	c.read(k, &in, bodyRule{})
	e := &environment{DeployMode: in.DeployMode}
	e.checkResources(k, "base_resources", in.BaseResources)
	for i, r := range in.BaseResources {
		k.check(r.isBase(), "base_resources[%d] is of type %s, not cce, ecs or as", i, simframe.Shorten(r.Type))
	}
	e.checkResources(k, "optional_resources", in.OptionalResources)
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	if len(in.BaseResources) == 0 {
		return reply{}, refuse(codeNoResource, "base_resources must name one")
	}
	if refused := c.st.nameTaken(in.Name, nil); refused != nil {
		return reply{}, refused
	}
	e.thing = c.newThing("environment", in.Name, in.Description)
	e.Alias, e.EnterpriseProject, e.ChargeMode, e.VPC, e.Labels = in.Alias, in.EnterpriseProject, in.ChargeMode, in.VPC, []label{}
	e.Resources = slices.Concat(in.BaseResources, in.OptionalResources)
	if e.EnterpriseProject == "" {
		e.EnterpriseProject = defaultEnterpriseProject
	}
	c.st.Environments[e.ID] = e
	return reply{body: c.showEnvironment2(e)}, nil
}

// listEnvironments2 serves listEnvironmentsV2.
func listEnvironments2(c *call) (reply, *apiError) {
	views, count, refused := shown2(c, wanted(c.st.Environments, all[*environment]), c.showEnvironment2)
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: map[string]any{"count": count, "environments": views}}, nil
}

// getEnvironment2 serves getEnvironmentV2.
func getEnvironment2(c *call) (reply, *apiError) {
	e, refused := c.environment()
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: c.showEnvironment2(e)}, nil
}

// updateEnvironment2 serves updateEnvironmentV2. What is left out stays.
func updateEnvironment2(c *call) (reply, *apiError) {
	e, refused := c.environment()
	if refused != nil {
		return reply{}, refused
	}
	var in struct {
		Name        *string `json:"name"`
		Alias       *string `json:"alias"`
		Description *string `json:"description"`
	}
	if refused := c.decode(&in, bodyRule{}); refused != nil {
		return reply{}, refused
	}
	if in.Name != nil {
		if refused := c.st.nameTaken(*in.Name, e); refused != nil {
			return reply{}, refused
		}
	}
	keep(&e.Name, in.Name)
	keep(&e.Description, in.Description)
	if in.Alias != nil {
		e.Alias = in.Alias
	}
	e.Updated = c.now
	return reply{body: c.showEnvironment2(e)}, nil
}

// modifyEnvironmentResources2 serves modifyEnvironmentResourcesV2: resources are removed first, and then added.
func modifyEnvironmentResources2(c *call) (reply, *apiError) {
	e, refused := c.environment()
	if refused != nil {
		return reply{}, refused
	}
	var in struct {
		AddBase     []resource `json:"add_base_resources"`
		AddOptional []resource `json:"add_optional_resources"`
		Remove      []resource `json:"remove_resources"`
	}
	k := c.checker()
	c.read(k, &in, bodyRule{})
	e.checkResources(k, "add_base_resources", in.AddBase)
	e.checkResources(k, "add_optional_resources", in.AddOptional)
	left := slices.Clone(e.Resources)
	for i, gone := range in.Remove {
		before := len(left)
		left = slices.DeleteFunc(left, gone.isSame)
		k.check(len(left) < before, "remove_resources[%d]: the environment has no %s %s", i, simframe.Shorten(gone.Type), simframe.Shorten(gone.ID))
	}
	for _, added := range slices.Concat(in.AddBase, in.AddOptional) {
		k.check(!slices.ContainsFunc(left, added.isSame), "the environment has %s %s already", simframe.Shorten(added.Type), simframe.Shorten(added.ID))
		left = append(left, added)
	}
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	e.Resources, e.Updated = left, c.now
	return reply{body: c.showEnvironment2(e)}, nil
}

// isSame reports whether two resources are the same one.
func (r resource) isSame(other resource) bool { return r.ID == other.ID && r.Type == other.Type }
