package servicestagesim

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"slipway/internal/simframe"
)

// stackHandlers are the operations of runtime stacks [4.4].
func stackHandlers() map[string]handler {
	return map[string]handler{
		"ListRuntimeStacks":    listStacks,
		"ListInnerImages":      listInnerImages,
		"CreateRuntimeStack":   createStack,
		"GetRuntimeStack":      getStack,
		"UpdateRuntimeStack":   updateStack,
		"DeleteRuntimeStack":   deleteStack,
		"ReleaseRuntimeStacks": releaseStacks,
	}
}

// Values of the status of a runtime stack.
const (
	stackSupported = "Supported"
	stackDisabled  = "Disable"
)

// runtimeStack is what a program runs on. Those of the system are made when they are looked at, and have no creator.
type runtimeStack struct {
	thing

	DeployMode string    `json:"deployMode"`
	Type       string    `json:"type"`
	Version    string    `json:"version"`
	Spec       stackSpec `json:"spec"`
	System     bool      `json:"system,omitempty"`
	Status     string    `json:"status"`
}

type stackSpec struct {
	OS         *string           `json:"os"`
	SDK        *string           `json:"sdk"`
	Parameters map[string]string `json:"parameters"`
}

// stackView is a runtime stack in an answer.
type stackView struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	ProjectID   string    `json:"project_id"`
	DeployMode  string    `json:"deploy_mode"`
	Version     string    `json:"version"`
	Type        string    `json:"type"`
	Description *string   `json:"description"`
	Spec        stackSpec `json:"spec"`
	System      int       `json:"system"`
	Status      string    `json:"status"`
	Creator     string    `json:"creator"`
	Created     int64     `json:"create_time"`
	Updated     int64     `json:"update_time"`
	Components  int       `json:"component_count"`
}

func (c *call) showStack(s *runtimeStack) stackView {
	view := stackView{
		ID: s.ID, Name: s.Name, ProjectID: c.config.ProjectID, DeployMode: s.DeployMode, Version: s.Version, Type: s.Type, Spec: s.Spec,
		Status: s.Status, Creator: s.Creator, Created: millis(s.Created), Updated: millis(s.Updated), Components: c.st.usersOf(s),
	}
	if s.Description != "" {
		view.Description = &s.Description
	}
	if s.System {
		view.System = 1
	}
	return view
}

// usersOf counts the components that run on a stack.
func (s *state) usersOf(stack *runtimeStack) int {
	count := 0
	for _, of := range s.Components {
		if stack.is(of.release(of.Version).Spec.Stack) {
			count++
		}
	}
	return count
}

// is reports whether a component means a stack. System stacks have new versions all the time, and the reference's examples
// several: any of theirs is taken.
func (s *runtimeStack) is(ref stackRef) bool {
	return s.Name == ref.Name && s.DeployMode == ref.DeployMode && s.Type == ref.Type && (s.System || s.Version == ref.Version)
}

// systemStacks are the stacks that every project has.
func systemStacks(seed uint64) []*runtimeStack {
	var stacks []*runtimeStack
	since := time.Date(2024, time.June, 6, 0, 0, 0, 0, time.UTC)
	for i, s := range []struct {
		name, kind, version, sdk string
		vm                       bool
	}{
		{"OpenJDK8", "Java", "1.2.0", "OpenJDK-8", true},
		{"OpenJDK11", "Java", "1.3.7", "OpenJDK-11", true},
		{"OpenJDK17", "Java", "1.3.6", "OpenJDK-17", true},
		{"Tomcat8", "Tomcat", "1.2.0", "Tomcat-8", true},
		{"Tomcat9", "Tomcat", "1.2.0", "Tomcat-9", true},
		{"Nodejs8", "Nodejs", "1.2.0", "Nodejs-8", true},
		{"Nodejs16", "Nodejs", "1.2.0", "Nodejs-16", true},
		{"Php7", "Php", "1.2.0", "Php-7", false},
		{"Python3", "Python", "1.2.0", "Python-3", false},
		{"Docker", "Docker", "", "", false},
	} {
		modes := []string{modeContainer, modeVM}
		if !s.vm {
			modes = modes[:1]
		}
		for _, mode := range modes {
			id := simframe.UUID(seed, "stack/"+s.name+"/"+mode)
			os := "Linux"
			stack := &runtimeStack{
				thing:      thing{ID: id, Name: s.name, Created: since, Updated: since, Number: uint64(i)},
				DeployMode: mode, Type: s.kind, Version: s.version, Spec: stackSpec{OS: &os}, System: true, Status: stackSupported,
			}
			if s.sdk != "" {
				stack.Spec.SDK = &s.sdk
			}
			stacks = append(stacks, stack)
		}
	}
	return stacks
}

// stacks are those of the system and those that were made.
func (s *state) stacks() []*runtimeStack {
	return append(systemStacks(s.Seed), wanted(s.Stacks, all[*runtimeStack])...)
}

// hasStack reports whether a component can run on what it names.
func (s *state) hasStack(ref stackRef) bool {
	return slices.ContainsFunc(s.stacks(), func(stack *runtimeStack) bool { return stack.is(ref) && stack.Status == stackSupported })
}

// stack finds a stack by its ID.
func (c *call) stack(id string) (*runtimeStack, *apiError) {
	for _, s := range c.st.stacks() {
		if s.ID == id {
			return s, nil
		}
	}
	return nil, refuse(codeNotFound, simframe.Shorten(id))
}

// ownStack finds the stack that the path names, if it may be changed.
func (c *call) ownStack() (*runtimeStack, *apiError) {
	s, refused := c.stack(c.params["runtimestack_id"])
	if refused == nil && s.System {
		return nil, refuse(codePermission, "the runtime stack "+s.Name+" is the system's")
	}
	return s, refused
}

// listStacks serves ListRuntimeStacks.
func listStacks(c *call) (reply, *apiError) {
	stacks := c.st.stacks()
	sortThings(c, stacks)
	return reply{body: map[string]any{"total": len(stacks), "runtime_stacks": views(stacks, c.showStack)}}, nil
}

// listInnerImages serves ListInnerImages: an image for each system stack that builds.
func listInnerImages(c *call) (reply, *apiError) {
	type image struct {
		Type string `json:"type"`
		URL  string `json:"url"`
	}
	images := []image{}
	for _, s := range systemStacks(c.st.Seed) {
		if s.DeployMode == modeContainer && s.Type != "Docker" {
			images = append(images, image{s.Type, "swr." + c.config.Region + ".servicestagesim.test/base/" + strings.ToLower(s.Name) + ":" + s.Version})
		}
	}
	return reply{body: map[string]any{"runtime_stacks": images}}, nil
}

// stackBody is the body of CreateRuntimeStack and UpdateRuntimeStack.
type stackBody struct {
	Name        string    `json:"name"`
	DeployMode  string    `json:"deploy_mode"`
	Type        string    `json:"type"`
	Version     string    `json:"version"`
	Spec        stackSpec `json:"spec"`
	Description string    `json:"description"`
}

// readStack reads and checks a body; but is the stack that may have the name and version already.
func (c *call) readStack(but *runtimeStack) (stackBody, *apiError) {
	var in stackBody
	if refused := c.decode(&in, bodyRule{}); refused != nil {
		return in, refused
	}
	for _, s := range c.st.stacks() {
		if (but == nil || s.ID != but.ID) && s.Name == in.Name && s.Version == in.Version && s.DeployMode == in.DeployMode {
			return in, refuse(codeNameExists, "runtime stack "+in.Name+" "+in.Version)
		}
	}
	return in, nil
}

// fill takes over what a body says.
func (s *runtimeStack) fill(in stackBody) {
	s.Name, s.DeployMode, s.Type, s.Version, s.Spec, s.Description = in.Name, in.DeployMode, in.Type, in.Version, in.Spec, in.Description
}

// createStack serves CreateRuntimeStack. A new stack has to be published.
func createStack(c *call) (reply, *apiError) {
	in, refused := c.readStack(nil)
	if refused != nil {
		return reply{}, refused
	}
	s := &runtimeStack{thing: c.newThing("stack", "", ""), Status: stackDisabled}
	s.fill(in)
	c.st.Stacks[s.ID] = s
	return reply{body: c.showStack(s)}, nil
}

// getStack serves GetRuntimeStack.
func getStack(c *call) (reply, *apiError) {
	s, refused := c.stack(c.params["runtimestack_id"])
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: c.showStack(s)}, nil
}

// updateStack serves UpdateRuntimeStack. A stack that runs something keeps what components name it by.
func updateStack(c *call) (reply, *apiError) {
	s, refused := c.ownStack()
	if refused != nil {
		return reply{}, refused
	}
	in, refused := c.readStack(s)
	if refused != nil {
		return reply{}, refused
	}
	if c.st.usersOf(s) > 0 && (in.Name != s.Name || in.Version != s.Version || in.Type != s.Type) {
		return reply{}, refuse(codeWrongStatus, "components run on the runtime stack "+s.Name)
	}
	s.fill(in)
	s.Updated = c.now
	return reply{body: c.showStack(s)}, nil
}

// deleteStack serves DeleteRuntimeStack.
func deleteStack(c *call) (reply, *apiError) {
	s, refused := c.ownStack()
	if refused != nil {
		return reply{}, refused
	}
	if c.st.usersOf(s) > 0 {
		return reply{}, refuse(codeWrongStatus, "components run on the runtime stack "+s.Name)
	}
	delete(c.st.Stacks, s.ID)
	return reply{}, nil
}

// releaseStacks serves ReleaseRuntimeStacks: it publishes stacks, or takes that back.
func releaseStacks(c *call) (reply, *apiError) {
	var in struct {
		Action     string `json:"action"`
		Parameters struct {
			Stacks []struct {
				ID string `json:"id"`
			} `json:"runtimestacks"`
		} `json:"parameters"`
	}
	if refused := c.decode(&in, bodyRule{}); refused != nil {
		return reply{}, refused
	}
	if len(in.Parameters.Stacks) == 0 {
		return reply{}, refuse(codeInvalid, "parameters.runtimestacks must name a runtime stack")
	}
	for _, wanted := range in.Parameters.Stacks {
		s, refused := c.stack(wanted.ID)
		switch {
		case refused != nil:
			return reply{}, refused
		case s.System:
			return reply{}, refuse(codePermission, "the runtime stack "+s.Name+" is the system's")
		}
	}
	for _, wanted := range in.Parameters.Stacks {
		s := c.st.Stacks[wanted.ID]
		s.Status, s.Updated = in.Action, c.now
	}
	return reply{status: http.StatusNoContent}, nil
}
