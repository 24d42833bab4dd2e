package servicestagesim

import (
	"fmt"
	"strings"
	"time"

	"slipway/internal/simframe"
)

// groups is the part of the state that belongs to the groups of operations beside version 3.
type groups struct {
	Git      gitState      `json:"git"`
	Engines  engineState   `json:"engines"`
	Registry registryState `json:"registry"`
	Items    itemState     `json:"items"`
	Builds   buildState    `json:"builds"`
	// Blueprints are the components of version 2, by ID.
	Blueprints map[string]*blueprint `json:"blueprints"`
}

func (g *groups) fillGroups() {
	g.Git.fillMaps()
	g.Engines.fillMaps()
	g.Registry.fillMaps()
	g.Items.fillMaps()
	g.Builds.fillMaps()
	simframe.FillMap(&g.Blueprints)
}

// consistentGroups tells what the simulator could not rely on.
func (g *groups) consistentGroups() error {
	for _, check := range []func() error{
		g.Git.consistent, g.Engines.consistent, g.Registry.consistent, g.Items.consistent, g.Builds.consistent,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	for id, b := range g.Blueprints {
		if b == nil || b.ID != id {
			return fmt.Errorf("component %s of version 2 is null or filed under another ID", id)
		}
	}
	return nil
}

// advanceGroups carries out what has happened by itself by now.
func (g *groups) advanceGroups(now time.Time) {
	g.Engines.advance(now)
	g.Registry.advance(now)
}

// groupsView is what the status page shows of the groups.
type groupsView struct {
	Engines      []engineLine
	Services     []serviceLine
	Repositories []repositoryLine
	// Building counts the builds that go on.
	Items, Building int
}

type engineLine struct {
	Name, ID, Status string
	// Secured tells that programs need a token.
	Secured bool
}

type serviceLine struct {
	Name, ID, Version, Environment string
	Instances                      int
}

type repositoryLine struct {
	Address               string
	Branches, Tags, Files int
}

// showGroups is what the status page shows of the groups at a time.
func (g *groups) showGroups(now time.Time) groupsView {
	view := groupsView{Items: len(g.Items.Items)}
	for _, e := range g.Engines.sorted() {
		view.Engines = append(view.Engines, engineLine{e.Settings.Name, e.ID, e.Status, e.Settings.secured()})
	}
	for _, m := range g.Registry.sorted() {
		d := m.Definition
		view.Services = append(view.Services, serviceLine{d.AppID + "/" + d.ServiceName, d.ServiceID, d.Version, d.Environment, len(m.Instances)})
	}
	for _, r := range simframe.SortedValues(g.Git.Repositories) {
		files := r.Commits[r.Branches[defaultBranch]].Files
		view.Repositories = append(view.Repositories, repositoryLine{r.cloneURL(), len(r.Branches), len(r.Tags), len(files)})
	}
	for _, j := range g.Builds.Jobs {
		for _, b := range j.Builds {
			if state, _ := b.state(now); state == buildBuilding {
				view.Building++
			}
		}
	}
	return view
}

// group is what operations have in common that belong to one part of the service: the form of their refusals, and whom
// they ask for what.
type group int

const (
	// ofServiceStage are application management and builds.
	ofServiceStage group = iota
	// ofGit are the operations on Git repositories.
	ofGit
	// ofEngines are those on engines.
	ofEngines
	// ofItems are those of the configuration center of an engine.
	ofItems
	// ofFiles are those that write items into files and read them from there.
	ofFiles
	// ofRegistry are those of the service registry of an engine.
	ofRegistry
)

// groupOf finds the group of an operation by its path.
func groupOf(path string) group {
	for _, f := range []struct {
		part string
		is   group
	}{
		{"/git/", ofGit},
		{"/kie/kv", ofItems},
		{"/configuration/items", ofItems},
		{"/kie/", ofFiles},
		{"/enginemgr/", ofEngines},
		{"/csemonitor/", ofEngines},
		{"/v4/", ofRegistry},
	} {
		if strings.Contains(path, f.part) {
			return f.is
		}
	}
	return ofServiceStage
}

// invalidCode is the code of a refusal of parameters.
func (g group) invalidCode() string {
	switch g {
	case ofGit:
		return codeRepoInvalid
	case ofEngines, ofItems, ofFiles:
		return codeEngineInvalid
	case ofRegistry:
		return codeRegistryInvalid
	case ofServiceStage:
	}
	return codeInvalid
}

// errorBody is the body of a refusal in the form that the reference gives the group.
func (g group) errorBody(refused *apiError) any {
	switch g {
	case ofItems, ofFiles:
		return map[string]string{"error_code": refused.Code, "error_message": refused.Message, "detail": refused.Message}
	case ofEngines, ofRegistry:
		return registryBody{refused.Code, refused.Message, refused.Message}
	case ofServiceStage, ofGit:
	}
	return errorBody{Code: refused.Code, Message: refused.Message}
}

// atEngine reports whether calls go to an engine itself, which has tokens of its own.
func (g group) atEngine() bool { return g == ofRegistry || g == ofItems }

// checker collects what is wrong with a call, for a refusal with the code that its operation has for it.
func (c *call) checker() *checker { return &checker{code: groupOf(c.op.Path).invalidCode()} }

// refusef makes a refusal that tells what is the matter here.
func refusef(code, format string, args ...any) *apiError {
	return refuse(code, fmt.Sprintf(format, args...))
}
