package servicestagesim

import "slices"

// applicationHandlers are the operations of applications [4.2].
func applicationHandlers() map[string]handler {
	return map[string]handler{
		"CreateApplication":              createApplication,
		"ListApplications":               listApplications,
		"UpdateApplication":              updateApplication,
		"DeleteApplication":              deleteApplication,
		"GetApplication":                 getApplication,
		"GetApplicationConfiguration":    getConfiguration,
		"UpdateApplicationConfiguration": updateConfiguration,
		"DeleteApplicationConfiguration": deleteConfiguration,
	}
}

// application is a group of components. It is the same one in versions 2 and 3.
type application struct {
	thing

	EnterpriseProject string  `json:"enterpriseProject"`
	Labels            []label `json:"labels"`
	// Configuration are the variables that its components share, by environment.
	Configuration map[string][]variable `json:"configuration"`
}

// variable is a variable that components share.
type variable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// applicationView is an application in an answer.
type applicationView struct {
	ID                string  `json:"id"`
	Name              string  `json:"name"`
	Description       string  `json:"description"`
	Creator           string  `json:"creator"`
	ProjectID         string  `json:"project_id"`
	EnterpriseProject string  `json:"enterprise_project_id"`
	Created           int64   `json:"create_time"`
	Updated           int64   `json:"update_time"`
	Components        int     `json:"component_count"`
	Labels            []label `json:"labels"`
}

func (c *call) showApplication(a *application) applicationView {
	return applicationView{
		ID: a.ID, Name: a.Name, Description: a.Description, Creator: a.Creator, ProjectID: c.config.ProjectID, EnterpriseProject: a.EnterpriseProject,
		Created: millis(a.Created), Updated: millis(a.Updated), Components: c.st.countComponents(a), Labels: a.Labels,
	}
}

// countComponents counts the components of an application.
func (s *state) countComponents(a *application) int {
	count := 0
	for _, of := range s.Components {
		if of.ApplicationID == a.ID {
			count++
		}
	}
	return count
}

// application finds the application that the path names.
func (c *call) application() (*application, *apiError) {
	id := c.params["application_id"]
	if a := c.st.Applications[id]; a != nil {
		return a, nil
	}
	return nil, c.missing(codeNoApplication, id)
}

// applicationBody is the body of CreateApplication and UpdateApplication.
type applicationBody struct {
	Name              *string  `json:"name"`
	Description       *string  `json:"description"`
	EnterpriseProject *string  `json:"enterprise_project_id"`
	Labels            *[]label `json:"labels"`
}

// readApplication reads and checks a body; but is the application that may have the name already.
func (c *call) readApplication(but *application) (applicationBody, *apiError) {
	var k checker
	var in applicationBody
	c.read(&k, &in, bodyRule{})
	if in.Labels != nil {
		checkLabels(&k, *in.Labels, labelRule{least: 2})
	}
	if refused := k.refusal(); refused != nil {
		return in, refused
	}
	for _, a := range c.st.Applications {
		if in.Name != nil && a != but && a.Name == *in.Name {
			return in, refuse(codeApplicationExists, a.Name)
		}
	}
	return in, nil
}

// overlay takes over what was given.
func (a *application) overlay(in applicationBody) {
	keep(&a.Name, in.Name)
	keep(&a.Description, in.Description)
	keep(&a.EnterpriseProject, in.EnterpriseProject)
	keep(&a.Labels, in.Labels)
}

// keep takes over a setting that was given.
func keep[T any](setting, given *T) {
	if given != nil {
		*setting = *given
	}
}

// createApplication serves CreateApplication.
func createApplication(c *call) (reply, *apiError) {
	in, refused := c.readApplication(nil)
	if refused != nil {
		return reply{}, refused
	}
	a := &application{
		thing: c.newThing("application", "", ""), EnterpriseProject: defaultEnterpriseProject, Labels: []label{}, Configuration: map[string][]variable{},
	}
	a.overlay(in)
	c.st.Applications[a.ID] = a
	return reply{body: c.showApplication(a)}, nil
}

// listApplications serves ListApplications.
func listApplications(c *call) (reply, *apiError) {
	list, count, refused := shown(c, wanted(c.st.Applications, all[*application]), c.showApplication)
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: map[string]any{"count": count, "applications": list}}, nil
}

// updateApplication serves UpdateApplication. What is left out stays.
func updateApplication(c *call) (reply, *apiError) {
	a, refused := c.application()
	if refused != nil {
		return reply{}, refused
	}
	in, refused := c.readApplication(a)
	if refused != nil {
		return reply{}, refused
	}
	a.overlay(in)
	a.Updated = c.now
	return reply{body: c.showApplication(a)}, nil
}

// deleteApplication serves DeleteApplication.
func deleteApplication(c *call) (reply, *apiError) {
	a, refused := c.application()
	if refused != nil {
		return reply{}, refused
	}
	if c.st.countComponents(a) > 0 || len(c.blueprints(a.ID)) > 0 {
		return reply{}, refuse(codeNotEmpty, a.Name)
	}
	delete(c.st.Applications, a.ID)
	return reply{}, nil
}

// getApplication serves GetApplication.
func getApplication(c *call) (reply, *apiError) {
	a, refused := c.application()
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: c.showApplication(a)}, nil
}

// configurationView are the variables of an application in one environment.
type configurationView struct {
	ApplicationID string       `json:"application_id"`
	EnvironmentID string       `json:"environment_id"`
	Configuration variableList `json:"configuration"`
}

type variableList struct {
	Env []variable `json:"env"`
}

// configurations are the variables of an application, by environment, of one that is asked for alone.
func (c *call) configurations(a *application) []configurationView {
	views := []configurationView{}
	for _, e := range wanted(c.st.Environments, all[*environment]) {
		if env, found := a.Configuration[e.ID]; found && c.asked("environment_id", e.ID) {
			views = append(views, configurationView{a.ID, e.ID, variableList{env}})
		}
	}
	slices.SortFunc(views, func(x, y configurationView) int {
		return int(c.st.Environments[x.EnvironmentID].Number) - int(c.st.Environments[y.EnvironmentID].Number)
	})
	return views
}

// getConfiguration serves GetApplicationConfiguration.
func getConfiguration(c *call) (reply, *apiError) {
	a, refused := c.application()
	if refused != nil {
		return reply{}, refused
	}
	if id := c.query.Get("environment_id"); id != "" && c.st.Environments[id] == nil {
		return reply{}, c.missing(codeNoEnvironment, id)
	}
	return reply{body: map[string]any{"configuration": c.configurations(a)}}, nil
}

// updateConfiguration serves UpdateApplicationConfiguration. The list replaces the one before, and of two variables of the
// same name the last one counts.
func updateConfiguration(c *call) (reply, *apiError) {
	a, refused := c.application()
	if refused != nil {
		return reply{}, refused
	}
	var in struct {
		EnvironmentID string       `json:"environment_id"`
		Configuration variableList `json:"configuration"`
	}
	var k checker
	c.read(&k, &in, bodyRule{})
	for i, v := range in.Configuration.Env {
		k.check(c.isVariable(v.Name), "configuration.env[%d].name must begin with no digit and have at most 64 characters", i)
	}
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	if c.st.Environments[in.EnvironmentID] == nil {
		return reply{}, c.missing(codeNoEnvironment, in.EnvironmentID)
	}
	a.Configuration[in.EnvironmentID] = lastOfEach(in.Configuration.Env)
	return reply{body: configurationView{a.ID, in.EnvironmentID, variableList{a.Configuration[in.EnvironmentID]}}}, nil
}

// lastOfEach keeps the last variable of each name.
func lastOfEach(given []variable) []variable {
	last := map[string]int{}
	for i, v := range given {
		last[v.Name] = i
	}
	kept := []variable{}
	for i, v := range given {
		if last[v.Name] == i {
			kept = append(kept, v)
		}
	}
	return kept
}

// deleteConfiguration serves DeleteApplicationConfiguration.
func deleteConfiguration(c *call) (reply, *apiError) {
	a, refused := c.application()
	if refused != nil {
		return reply{}, refused
	}
	id := c.query.Get("environment_id")
	switch {
	case id == "":
		return reply{}, refuse(codeInvalid, "environment_id must be given")
	case c.st.Environments[id] == nil:
		return reply{}, c.missing(codeNoEnvironment, id)
	}
	delete(a.Configuration, id)
	return reply{}, nil
}
