package servicestagesim

import (
	"slices"
	"strings"

	"slipway/internal/simframe"
)

// environmentHandlers are the operations of environments [4.1].
func environmentHandlers() map[string]handler {
	return map[string]handler{
		"CreateEnvironment":          createEnvironment,
		"ListEnvironments":           listEnvironments,
		"DeleteEnvironment":          deleteEnvironment,
		"UpdateEnvironment":          updateEnvironment,
		"GetEnvironment":             getEnvironment,
		"ModifyEnvironmentResources": modifyResources,
		"ListEnvironmentResources":   listResources,
	}
}

// environment is where components run: a network with the resources in it. It is the same one in versions 2 and 3.
type environment struct {
	thing

	DeployMode string `json:"deployMode"`
	// Alias and ChargeMode are shown by version 2 alone.
	Alias             *string `json:"alias,omitempty"`
	ChargeMode        string  `json:"chargeMode,omitempty"`
	EnterpriseProject string  `json:"enterpriseProject"`
	VPC               string  `json:"vpc"`
	Labels            []label `json:"labels"`
	// Resources are those that it manages.
	Resources []resource `json:"resources"`
	// Declared are the resources that it is to have made, Runs how they were, oldest first.
	Declared []*declared  `json:"declared"`
	Runs     []*provision `json:"runs"`
}

// resource is something that an environment manages.
type resource struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	Name string `json:"name"`
}

// environmentView is an environment in an answer.
type environmentView struct {
	ID                string      `json:"id"`
	Name              string      `json:"name"`
	Description       string      `json:"description"`
	ProjectID         string      `json:"project_id"`
	EnterpriseProject string      `json:"enterprise_project_id"`
	DeployMode        string      `json:"deploy_mode"`
	VPC               string      `json:"vpc_id"`
	Creator           string      `json:"creator"`
	Created           int64       `json:"create_time"`
	Updated           int64       `json:"update_time"`
	Labels            []label     `json:"labels"`
	Resources         *[]resource `json:"resources,omitempty"`
}

func (c *call) showEnvironment(e *environment) environmentView {
	return environmentView{
		ID: e.ID, Name: e.Name, Description: e.Description, ProjectID: c.config.ProjectID, EnterpriseProject: e.EnterpriseProject,
		DeployMode: e.DeployMode, VPC: e.VPC, Creator: e.Creator, Created: millis(e.Created), Updated: millis(e.Updated), Labels: e.Labels,
	}
}

// withResources is an environment with what it manages.
func (c *call) withResources(e *environment) environmentView {
	view := c.showEnvironment(e)
	resources := append([]resource{}, e.Resources...)
	view.Resources = &resources
	return view
}

// environment finds the environment that the path names.
func (c *call) environment() (*environment, *apiError) {
	id := c.params["environment_id"]
	if e := c.st.Environments[id]; e != nil {
		return e, nil
	}
	return nil, c.missing(codeNoEnvironment, id)
}

// environmentBody is the body of CreateEnvironment and UpdateEnvironment.
type environmentBody struct {
	Name              string  `json:"name"`
	Description       string  `json:"description"`
	DeployMode        string  `json:"deploy_mode"`
	EnterpriseProject string  `json:"enterprise_project_id"`
	VPC               string  `json:"vpc_id"`
	ChargeMode        string  `json:"charge_mode"`
	Labels            []label `json:"labels"`
}

// readEnvironment reads and checks a body.
func (c *call) readEnvironment() (environmentBody, *apiError) {
	var k checker
	var in environmentBody
	c.read(&k, &in, bodyRule{also: []string{"charge_mode"}})
	checkLabels(&k, in.Labels, labelRule{least: 2})
	k.check(in.ChargeMode == "" || in.ChargeMode == "provided", "charge_mode must be provided, the only one that public examples show")
	if in.Labels == nil {
		in.Labels = []label{}
	}
	return in, k.refusal()
}

// nameTaken refuses a name that another environment has; letter case makes no difference.
func (s *state) nameTaken(name string, but *environment) *apiError {
	for _, e := range s.Environments {
		if e != but && strings.EqualFold(e.Name, name) {
			return refuse(codeEnvironmentExists, name)
		}
	}
	return nil
}

// createEnvironment serves CreateEnvironment.
func createEnvironment(c *call) (reply, *apiError) {
	in, refused := c.readEnvironment()
	if refused == nil {
		refused = c.st.nameTaken(in.Name, nil)
	}
	if refused != nil {
		return reply{}, refused
	}
	e := &environment{
		thing: c.newThing("environment", in.Name, in.Description), DeployMode: in.DeployMode, EnterpriseProject: in.EnterpriseProject,
		VPC: in.VPC, Labels: in.Labels, Resources: []resource{},
	}
	if e.EnterpriseProject == "" {
		e.EnterpriseProject = defaultEnterpriseProject
	}
	c.st.Environments[e.ID] = e
	return reply{body: c.showEnvironment(e)}, nil
}

// defaultEnterpriseProject is the enterprise project of what names none.
const defaultEnterpriseProject = "0"

// listEnvironments serves ListEnvironments.
func listEnvironments(c *call) (reply, *apiError) {
	found := wanted(c.st.Environments, func(e *environment) bool {
		return c.asked("name", e.Name) && c.asked("environment_id", e.ID) && c.asked("enterprise_project_id", e.EnterpriseProject)
	})
	list, count, refused := shown(c, found, c.showEnvironment)
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: map[string]any{"count": count, "environments": list}}, nil
}

// deleteEnvironment serves DeleteEnvironment.
func deleteEnvironment(c *call) (reply, *apiError) {
	e, refused := c.environment()
	if refused != nil {
		return reply{}, refused
	}
	for _, of := range c.st.Components {
		if of.EnvironmentID == e.ID {
			return reply{}, refuse(codeEnvironmentInUse, "component "+of.ID+" runs in it")
		}
	}
	for _, a := range c.st.Addons {
		if a.EnvironmentID == e.ID {
			return reply{}, refuse(codeEnvironmentInUse, "add-on "+a.ID+" is installed in it")
		}
	}
	if e.provisioning() {
		return reply{}, refuse(codeEnvironmentInUse, "its resources are being made")
	}
	for _, app := range c.st.Applications {
		delete(app.Configuration, e.ID)
	}
	delete(c.st.Environments, e.ID)
	return reply{}, nil
}

// updateEnvironment serves UpdateEnvironment. It replaces name, description and labels.
func updateEnvironment(c *call) (reply, *apiError) {
	e, refused := c.environment()
	if refused != nil {
		return reply{}, refused
	}
	in, refused := c.readEnvironment()
	if refused == nil {
		refused = c.st.nameTaken(in.Name, e)
	}
	if refused != nil {
		return reply{}, refused
	}
	e.Name, e.Description, e.Labels, e.Updated = in.Name, in.Description, in.Labels, c.now
	return reply{body: c.withResources(e)}, nil
}

// getEnvironment serves GetEnvironment.
func getEnvironment(c *call) (reply, *apiError) {
	e, refused := c.environment()
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: c.withResources(e)}, nil
}

// modifyResources serves ModifyEnvironmentResources. The list replaces the one before.
func modifyResources(c *call) (reply, *apiError) {
	e, refused := c.environment()
	if refused != nil {
		return reply{}, refused
	}
	var in struct {
		Resources []resource `json:"resources"`
	}
	var k checker
	c.read(&k, &in, bodyRule{})
	given := map[string]bool{}
	for i, r := range in.Resources {
		k.check(r.ID != "" && r.Type != "", "resources[%d] must have an id and a type", i)
		k.check(!given[r.Type+r.ID], "resources[%d] is there twice: %s", i, simframe.Shorten(r.ID))
		given[r.Type+r.ID] = true
		k.check(e.takes(r.Type), "resources[%d] is of type %s, which an environment for %s does not take", i, simframe.Shorten(r.Type), e.DeployMode)
	}
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	e.Resources, e.Updated = append([]resource{}, in.Resources...), c.now
	return reply{body: map[string]any{"resources": e.Resources}}, nil
}

// takes reports whether an environment can have a resource of a type: servers and clusters by its mode, any other always.
func (e *environment) takes(kind string) bool {
	switch e.DeployMode {
	case modeContainer:
		return kind != "ecs" && kind != "as"
	case modeVM:
		return kind != "cce"
	}
	return true
}

// listResources serves ListEnvironmentResources.
func listResources(c *call) (reply, *apiError) {
	e, refused := c.environment()
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: map[string]any{"resources": slices.Clone(e.Resources)}}, nil
}
