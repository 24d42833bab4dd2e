package servicestagesim

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"slipway/internal/loosejson"
	"slipway/internal/simframe"
)

// blueprint is a component of version 2: it says what its instances deploy. A component of version 3 has none; version 2
// shows it as a component of the same ID and name with itself as the one instance.
type blueprint struct {
	thing

	ApplicationID string `json:"applicationId"`
	Runtime       string `json:"runtime"`
	Category      string `json:"category"`
	SubCategory   string `json:"subCategory"`
	// Source and Build are kept as they were sent.
	Source document `json:"source,omitempty"`
	Build  document `json:"build,omitempty"`
	// BuildJob is the job that builds its image; empty where nothing is to build.
	BuildJob string `json:"buildJob,omitempty"`
}

// blueprintBody is the body of createComponentV2 and updateComponentV2.
type blueprintBody struct {
	Name        string   `json:"name"`
	Runtime     string   `json:"runtime"`
	Category    string   `json:"category"`
	SubCategory string   `json:"sub_category"`
	Description *string  `json:"description"`
	Source      document `json:"source"`
	Build       document `json:"build"`
}

// source2 is what of a source of version 2 rules read.
type source2 struct {
	Kind string `json:"kind"`
	Spec struct {
		Storage string `json:"storage"`
		Type    string `json:"type"`
		URL     string `json:"url"`
		RepoURL string `json:"repo_url"`
	} `json:"spec"`
}

// Kinds of sources in version 2.
const (
	kindArtifact = "artifact"
)

// categories are the categories of components with their sub-categories.
func categories() map[string][]string {
	return map[string][]string{"Webapp": {"Web"}, "MicroService": {"Java Chassis", "Spring Cloud"}, "Common": {}}
}

// rule2 is what the bodies of components and instances of version 2 may have beyond their tables: examples and clients have
// more, and all of it is kept.
func rule2(free ...string) bodyRule { return bodyRule{open: true, free: free} }

// check checks what the description of the operation does not.
func (in blueprintBody) check(k *checker) {
	k.check(in.Name == "" || isName(in.Name), "name must be 2 to 64 letters, digits, _ and -, is %q", simframe.Shorten(in.Name))
	if in.Source != nil {
		in.checkSource(k)
	}
}

func (in blueprintBody) checkSource(k *checker) {
	var s source2
	member(in.Source, &s)
	switch s.Kind {
	case kindCode:
		k.check(s.Spec.RepoURL != "", "source.spec.repo_url must be given for the kind code")
	case kindArtifact:
		k.check(s.Spec.URL != "", "source.spec.url must be given for the kind artifact")
		k.check(s.Spec.Type == kindPackage || s.Spec.Type == kindImage, "source.spec.type must be package or image, is %q", simframe.Shorten(s.Spec.Type))
	default:
		k.check(false, "source.kind must be code or artifact, is %q", simframe.Shorten(s.Kind))
	}
}

// from is where a source comes from.
func (s source2) from() string {
	if s.Kind == kindCode {
		return s.Spec.RepoURL
	}
	return s.Spec.URL
}

// builds reports whether an image has to be built from a source.
func (s source2) builds() bool {
	return s.Kind == kindCode || s.Kind == kindArtifact && s.Spec.Type == kindPackage
}

// checkCategory checks a category and its sub-category.
func (in blueprintBody) checkCategory(k *checker) {
	subs, known := categories()[in.Category]
	k.check(known, "category must be Webapp, MicroService or Common, is %q", simframe.Shorten(in.Category))
	k.check(!known || in.SubCategory == "" || slices.Contains(subs, in.SubCategory), "sub_category %q is none of %s", simframe.Shorten(in.SubCategory), in.Category)
}

// createComponent2 serves createComponentV2.
func createComponent2(c *call) (reply, *apiError) {
	app, refused := c.application()
	if refused != nil {
		return reply{}, refused
	}
	k := c.checker()
	var in blueprintBody
	c.read(k, &in, rule2("source", "category", "sub_category"))
	in.check(k)
	in.checkCategory(k)
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	if !slices.ContainsFunc(runtimes2(), func(r runtime2) bool { return r.name == in.Runtime }) {
		return reply{}, refuse(codeNoRuntime, simframe.Shorten(in.Runtime))
	}
	if refused := c.nameFree2(app.ID, in.Name, ""); refused != nil {
		return reply{}, refused
	}
	description := ""
	if in.Description != nil {
		description = *in.Description
	}
	b := &blueprint{
		thing: c.newThing("blueprint", in.Name, description), ApplicationID: app.ID, Runtime: in.Runtime, Category: in.Category, SubCategory: in.SubCategory,
	}
	c.st.Blueprints[b.ID] = b
	c.takeSource(b, in)
	return reply{body: c.blueprintView(b)}, nil
}

// takeSource takes over a source and the settings of its build, and begins a build where they have changed.
func (c *call) takeSource(b *blueprint, in blueprintBody) {
	before := string(b.Source) + string(b.Build)
	if in.Source != nil {
		b.Source = compact(in.Source)
	}
	if in.Build != nil {
		b.Build = compact(in.Build)
	}
	var s source2
	member(b.Source, &s)
	if s.builds() && before != string(b.Source)+string(b.Build) {
		b.BuildJob = c.beginBuild(b.BuildJob, b.Name, s.from())
	}
}

// nameFree2 refuses a name that another component of the application has, in any case.
func (c *call) nameFree2(applicationID, name, but string) *apiError {
	for _, b := range c.st.Blueprints {
		if b.ID != but && b.ApplicationID == applicationID && strings.EqualFold(b.Name, name) {
			return refuse(codeNameExists, simframe.Shorten(name))
		}
	}
	return nil
}

// blueprints are the components of an application as version 2 shows them.
func (c *call) blueprints(applicationID string) []*blueprint {
	all := wanted(c.st.Blueprints, func(b *blueprint) bool { return b.ApplicationID == applicationID })
	for _, of := range c.st.Components {
		if of.Blueprint == "" && of.ApplicationID == applicationID {
			all = append(all, of.asBlueprint())
		}
	}
	return all
}

// asBlueprint is a component of version 3 as one of version 2.
func (of *component) asBlueprint() *blueprint {
	spec := of.release(of.Version).Spec
	b := &blueprint{thing: of.thing, ApplicationID: of.ApplicationID, Runtime: spec.Stack.Name, Category: "Common", Build: spec.Settings["build"]}
	var s source2
	s.Kind, s.Spec.Storage, s.Spec.Type, s.Spec.URL = kindArtifact, spec.Source.Storage, spec.Source.Kind, spec.Source.URL
	shown := any(map[string]any{"kind": s.Kind, "spec": map[string]string{"storage": s.Spec.Storage, "type": s.Spec.Type, "url": s.Spec.URL}})
	if spec.Source.Kind == kindCode {
		shown = map[string]any{"kind": kindCode, "spec": spec.SourceText}
	}
	if text, err := loosejson.Encode(shown); err == nil {
		b.Source = text
	}
	return b
}

// blueprint finds the component of version 2 that the path names.
func (c *call) blueprint() (*blueprint, *apiError) {
	if _, refused := c.application(); refused != nil {
		return nil, refused
	}
	id := c.params["component_id"]
	if b := c.st.Blueprints[id]; b != nil && b.ApplicationID == c.params["application_id"] {
		return b, nil
	}
	if of := c.st.Components[id]; of != nil && of.Blueprint == "" && of.ApplicationID == c.params["application_id"] {
		return of.asBlueprint(), nil
	}
	return nil, refuse(codeNoComponent, simframe.Shorten(id))
}

// blueprintView is a component in an answer of version 2.
type blueprintView struct {
	ID            string   `json:"id"`
	Name          string   `json:"name"`
	Status        int      `json:"status"`
	Runtime       string   `json:"runtime"`
	Category      string   `json:"category"`
	SubCategory   string   `json:"sub_category"`
	Description   string   `json:"description"`
	ProjectID     string   `json:"project_id"`
	ApplicationID string   `json:"application_id"`
	Source        document `json:"source"`
	Build         any      `json:"build"`
	Creator       string   `json:"creator"`
	Created       int64    `json:"create_time"`
	Updated       int64    `json:"update_time"`
	PipelineIDs   []string `json:"pipeline_ids"`
}

func (c *call) blueprintView(b *blueprint) blueprintView {
	shown := blueprintView{
		ID: b.ID, Name: b.Name, Runtime: b.Runtime, Category: b.Category, SubCategory: b.SubCategory, Description: b.Description,
		ProjectID: c.config.ProjectID, ApplicationID: b.ApplicationID, Source: b.Source, Creator: b.Creator,
		Created: millis(b.Created), Updated: millis(b.Updated), PipelineIDs: []string{},
	}
	if build := (map[string]document{}); b.Build != nil || b.BuildJob != "" {
		member(b.Build, &build)
		if text, err := loosejson.Encode(b.BuildJob); err == nil {
			build["id"] = text
		}
		shown.Build = build
	}
	return shown
}

// listComponents2 serves listComponentsV2.
func listComponents2(c *call) (reply, *apiError) {
	app, refused := c.application()
	if refused != nil {
		return reply{}, refused
	}
	views, count, refused := shown2(c, c.blueprints(app.ID), c.blueprintView)
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: map[string]any{"count": count, "components": views}}, nil
}

// getComponent2 serves getComponentV2.
func getComponent2(c *call) (reply, *apiError) {
	b, refused := c.blueprint()
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: c.blueprintView(b)}, nil
}

// ownBlueprint finds the component that the path names for a change, which only version 2's own take.
func (c *call) ownBlueprint() (*blueprint, *apiError) {
	b, refused := c.blueprint()
	if refused == nil && c.st.Blueprints[b.ID] == nil {
		return nil, refuse(codeWrongStatus, "component "+b.Name+" was made by version 3, which alone changes it")
	}
	return b, refused
}

// updateComponent2 serves updateComponentV2. Instances go on with what they deployed.
func updateComponent2(c *call) (reply, *apiError) {
	b, refused := c.ownBlueprint()
	if refused != nil {
		return reply{}, refused
	}
	k := c.checker()
	var in blueprintBody
	c.read(k, &in, rule2("source", "build"))
	in.check(k)
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	if in.Name != "" {
		if refused := c.nameFree2(b.ApplicationID, in.Name, b.ID); refused != nil {
			return reply{}, refused
		}
		b.Name = in.Name
	}
	if in.Description != nil {
		b.Description = *in.Description
	}
	c.takeSource(b, in)
	b.Updated = c.now
	return reply{body: c.blueprintView(b)}, nil
}

// deleteComponent2 serves deleteComponentV2. By force its instances go, too.
func deleteComponent2(c *call) (reply, *apiError) {
	b, refused := c.ownBlueprint()
	if refused != nil {
		return reply{}, refused
	}
	force, refused := c.flag("force")
	if refused != nil {
		return reply{}, refused
	}
	instances := c.instances2(b)
	if len(instances) > 0 && !force {
		return reply{}, refuse(codeComponentDeployed, fmt.Sprintf("%s has %d instances", b.Name, len(instances)))
	}
	for _, of := range instances {
		delete(c.st.Components, of.ID)
	}
	delete(c.st.Blueprints, b.ID)
	return reply{status: http.StatusNoContent}, nil
}

// isInstanceName reports whether a text can be the name of an instance of version 2.
func isInstanceName(text string) bool {
	return regexp.MustCompile(`^[a-z][a-z0-9-]{0,61}[a-z0-9]$`).MatchString(text)
}
