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

// family is what operations have in common that belong to one part of the service: the form of their refusals, and whom
// they ask for what.
type family int

const (
	// ofServiceStage are application management and builds.
	ofServiceStage family = iota
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

// familyOf finds the family of an operation by its path.
func familyOf(path string) family {
	for _, f := range []struct {
		part string
		is   family
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
func (f family) invalidCode() string {
	switch f {
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

// errorBody is the body of a refusal in the form that the reference gives the family.
func (f family) errorBody(refused *apiError) any {
	switch f {
	case ofItems, ofFiles:
		return map[string]string{"error_code": refused.Code, "error_message": refused.Message, "detail": refused.Message}
	case ofEngines, ofRegistry:
		return registryBody{refused.Code, refused.Message, refused.Message}
	case ofServiceStage, ofGit:
	}
	return errorBody{Code: refused.Code, Message: refused.Message}
}

// atEngine reports whether calls go to an engine itself, which has tokens of its own.
func (f family) atEngine() bool { return f == ofRegistry || f == ofItems }

// checker collects what is wrong with a call, for a refusal with the code that its operation has for it.
func (c *call) checker() *checker { return &checker{code: familyOf(c.op.Path).invalidCode()} }

// refusef makes a refusal that tells what is the matter here.
func refusef(code, format string, args ...any) *apiError {
	return refuse(code, fmt.Sprintf(format, args...))
}
