package servicestagesim

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"slipway/internal/loosejson"
	"slipway/internal/simframe"
)

const (
	opCreateComponent = "CreateComponent"
	opImportComponent = "ImportComponent"
)

// componentHandlers are the operations of components [4.3].
func componentHandlers() map[string]handler {
	return map[string]handler{
		opCreateComponent:           createComponent,
		opImportComponent:           importComponent,
		"ListApplicationComponents": listApplicationComponents,
		"ListComponents":            listComponents,
		"UpdateComponent":           updateComponent,
		"DeleteComponent":           deleteComponent,
		"GetComponent":              getComponent,
		"ComponentAction":           componentAction,
		"ListComponentRecords":      listComponentRecords,
		"RefreshComponent":          refreshComponent,
		"GetComponentFilterOptions": componentFilterOptions,
	}
}

// component is a workload of version 3, in one environment.
type component struct {
	thing
	workload

	ApplicationID string `json:"applicationId"`
	EnvironmentID string `json:"environmentId"`
	// BuildJob is the job that builds its image; empty where nothing was to build.
	BuildJob string `json:"buildJob,omitempty"`
	// Blueprint is the component of version 2 that it deploys; empty where version 3 made it.
	Blueprint string `json:"blueprint,omitempty"`
	// WorkloadName is that of a workload which was imported.
	WorkloadName string `json:"workloadName,omitempty"`
}

// componentBody is what rules read of the body of a creation, an import and an update.
type componentBody struct {
	ID            string    `json:"id"`
	Name          string    `json:"name"`
	Version       string    `json:"version"`
	ApplicationID string    `json:"application_id"`
	EnvironmentID string    `json:"environment_id"`
	WorkloadName  string    `json:"workload_name"`
	Replica       *integer  `json:"replica"`
	Stack         *stackRef `json:"runtime_stack"`
	Source        document  `json:"source"`
	Strategy      document  `json:"deploy_strategy"`
	// settings are all other members.
	settings map[string]document
}

// componentRule is what the bodies of components may be beyond their tables: the worked examples leave members out
// and have others [8.3], clients have more, and all of them are kept.
func componentRule(optional ...string) bodyRule {
	return bodyRule{
		optional: optional, open: true,
		free: []string{"affinity", "anti_affinity", "deploy_strategy", "tomcat_opts", "runtime_stack", "version"},
	}
}

// readComponent reads the body of a creation, an import or an update.
func (c *call) readComponent(k *checker, rule bodyRule) componentBody {
	var in componentBody
	c.read(k, &in, rule)
	members, err := c.members()
	if err != nil {
		return in // it was noted
	}
	in.settings = members
	maps.DeleteFunc(in.settings, func(name string, _ document) bool {
		return slices.Contains([]string{
			"id", "name", "version", "application_id", "environment_id", "replica", "runtime_stack", "source", "deploy_strategy", "create_mode", "workload_name",
		}, name)
	})
	k.check(in.ApplicationID == "" || in.ApplicationID == c.params["application_id"], "application_id must be the one in the path")
	k.check(in.ID == "" || in.ID == c.params["component_id"], "id must be the one in the path")
	k.check(in.Version == "" || isVersion(in.Version), "version must be three or four numbers with periods between them, %d characters at most, is %q",
		maxVersion, simframe.Shorten(in.Version))
	return in
}

const maxVersion = 32

// isVersion reports whether a text has the form of a component's version.
func isVersion(text string) bool {
	return len(text) <= maxVersion && regexp.MustCompile(`^[0-9]+(\.[0-9]+){2,3}$`).MatchString(text)
}

// isName reports whether a text can be the name of a thing of version 3.
func isName(text string) bool {
	return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,62}[A-Za-z0-9]$`).MatchString(text)
}

// specify makes the specification of a version out of a body and the one before it.
func (in componentBody) specify(k *checker, before specification) specification {
	spec := before.overlay(in.settings)
	if in.Stack != nil {
		spec.Stack = *in.Stack
	}
	if in.Source != nil {
		spec.SourceText, spec.Source = compact(in.Source), source{}
		if err := json.Unmarshal(in.Source, &spec.Source); err != nil {
			k.check(false, "source: %v", err)
			return spec
		}
	}
	spec.Strategy = readStrategy(k, in.Strategy)
	spec.checkSettings(k)
	return spec
}

// createComponent serves CreateComponent.
func createComponent(c *call) (reply, *apiError) {
	app, refused := c.application()
	if refused != nil {
		return reply{}, refused
	}
	var k checker
	in := c.readComponent(&k, componentRule("environment_id"))
	spec := in.specify(&k, specification{})
	replica := in.Replica.value()
	checkSource(&k, spec.Source, spec.Stack.DeployMode)
	k.check(replica >= 0 && replica <= maxReplica, "replica must be from 0 to %d, is %d", maxReplica, replica)
	spec.Strategy.check(&k, spec, replica)
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	made, refused := c.newComponent(app, in, spec)
	if refused != nil {
		return reply{}, refused
	}
	made.Replica = replica
	if spec.Stack.DeployMode == modeVM {
		made.Hosts = spec.hosts()
	}
	c.st.Components[made.ID] = made
	j := c.deploy(made.ID, &made.workload, in.Version, spec)
	return reply{body: map[string]string{"job_id": j.ID, "component_id": made.ID}}, nil
}

// newComponent makes a component in an application, of what was checked by itself before.
func (c *call) newComponent(app *application, in componentBody, spec specification) (*component, *apiError) {
	if in.EnvironmentID == "" {
		return nil, refuse(codeInvalid, "environment_id must be given")
	}
	env := c.st.Environments[in.EnvironmentID]
	if env == nil {
		return nil, c.missing(codeNoEnvironment, in.EnvironmentID)
	}
	if refused := c.checkPlace(env, spec); refused != nil {
		return nil, refused
	}
	for _, other := range c.st.Components {
		if other.ApplicationID == app.ID && other.EnvironmentID == env.ID && strings.EqualFold(other.Name, in.Name) {
			return nil, refuse(codeNameExists, in.Name)
		}
	}
	return &component{thing: c.newThing("component", in.Name, ""), ApplicationID: app.ID, EnvironmentID: env.ID}, nil
}

// checkPlace checks that a version can run in an environment, on the resources that it names.
func (c *call) checkPlace(env *environment, spec specification) *apiError {
	if !c.st.hasStack(spec.Stack) {
		return refuse(codeNoRuntime, simframe.Shorten(spec.Stack.Name)+" for "+simframe.Shorten(spec.Stack.DeployMode))
	}
	if env.DeployMode != "" && env.DeployMode != modeMixed && env.DeployMode != spec.Stack.DeployMode {
		return refuse(codeInvalid, "runtime_stack.deploy_mode is "+spec.Stack.DeployMode+", that of the environment "+env.DeployMode)
	}
	base := []string{"cce"}
	if spec.Stack.DeployMode == modeVM {
		base = []string{"ecs", "as"}
	}
	if !slices.ContainsFunc(spec.references(), func(r reference) bool { return slices.Contains(base, r.Type) }) {
		return refuse(codeNoResource, "refer_resources needs one of type "+strings.Join(base, " or "))
	}
	return nil
}

// importComponent serves ImportComponent: a workload that runs already becomes a component.
func importComponent(c *call) (reply, *apiError) {
	app, refused := c.application()
	if refused != nil {
		return reply{}, refused
	}
	var k checker
	in := c.readComponent(&k, componentRule())
	spec := in.specify(&k, specification{})
	k.check(in.Stack == nil || in.Stack.Type == "Docker" && in.Stack.DeployMode == modeContainer, "runtime_stack must be Docker for containers")
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	made, refused := c.newComponent(app, in, spec)
	if refused != nil {
		return reply{}, refused
	}
	spec.Source = source{Kind: kindImage, URL: importedImage(in.WorkloadName), Storage: "swr"}
	if text, err := loosejson.Encode(spec.Source); err == nil {
		spec.SourceText = text
	}
	made.WorkloadName, made.Replica, made.Version, made.Changed = in.WorkloadName, 1, in.Version, c.now
	made.Serving = replicas{Version: in.Version, Count: 1}
	made.Releases = []*release{{Version: in.Version, Type: oneBatch, Spec: spec, Begun: c.now, Ended: c.now, Status: jobSucceeded}}
	made.promote(in.Version)
	c.st.Components[made.ID] = made
	return reply{body: map[string]string{"instance_id": made.ID}}, nil
}

// importedImage is the image of a workload that was imported, which the import does not tell.
func importedImage(workload string) string {
	return "swr.servicestagesim.test/imported/" + workload + ":latest"
}

// component finds the component that the path names, in its application.
func (c *call) component() (*component, *apiError) {
	if _, refused := c.application(); refused != nil {
		return nil, refused
	}
	id := c.params["component_id"]
	found := c.st.Components[id]
	if found == nil || found.ApplicationID != c.params["application_id"] {
		return nil, c.missing(codeNoComponent, id)
	}
	return found, nil
}

// updateComponent serves UpdateComponent: it releases a version.
func updateComponent(c *call) (reply, *apiError) {
	to, refused := c.component()
	if refused != nil {
		return reply{}, refused
	}
	var k checker
	in := c.readComponent(&k, componentRule("name", "runtime_stack", "replica"))
	before := to.release(to.Version).Spec
	spec := in.specify(&k, before)
	checkSource(&k, spec.Source, before.Stack.DeployMode)
	k.check(spec.Source.Kind == before.Source.Kind, "source.kind cannot be changed, it is %s", before.Source.Kind)
	k.check(in.Name == "" || in.Name == to.Name, "name cannot be changed, it is %s", to.Name)
	k.check(spec.Stack == before.Stack, "runtime_stack cannot be changed, it is %s %s", before.Stack.Name, before.Stack.Version)
	k.check(in.EnvironmentID == "" || in.EnvironmentID == to.EnvironmentID, "environment_id cannot be changed, it is %s", to.EnvironmentID)
	k.check(in.Replica == nil || in.Replica.value() == to.Replica, "replica is %d; it is changed by the action scale", to.Replica)
	spec.Strategy.check(&k, spec, to.Replica)
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	if refused := c.checkPlace(c.st.Environments[to.EnvironmentID], spec); refused != nil {
		return reply{}, refused
	}
	if refused := c.mayRelease(&to.workload, in.Version, spec.Strategy); refused != nil {
		return reply{}, refused
	}
	to.Updated = c.now
	return reply{body: map[string]string{"job_id": c.deploy(to.ID, &to.workload, in.Version, spec).ID}}, nil
}

// mayRelease refuses a release while something else goes on, of a version that was there before, or in a status that is
// not one to release from: a gray release needs a component that works.
func (c *call) mayRelease(w *workload, version string, s strategy) *apiError {
	if refused := w.blocked(); refused != nil {
		return refused
	}
	if w.release(version) != nil {
		return refuse(codeVersionUsed, version)
	}
	statuses := []string{statusRunning, statusPending}
	if s.Type != gray {
		statuses = append(statuses, statusFailed, statusPartiallyFailed)
	}
	return w.among(c.st, statuses...)
}

// deleteComponent serves DeleteComponent. The component is gone when its job has ended.
func deleteComponent(c *call) (reply, *apiError) {
	to, refused := c.component()
	if refused == nil {
		refused = to.blocked()
	}
	if refused != nil {
		return reply{}, refused
	}
	j := c.start(jobPlan{purpose: forDelete, kind: typeDeprovision, subject: to.ID, tasks: []*task{{Name: "SEPARATOR_DELETING", Do: taskStop}}})
	to.occupy(j, statusDeleting, c.now)
	return reply{status: http.StatusOK, body: map[string]string{"component_id": to.ID, "job_id": j.ID}}, nil
}

// refreshComponent serves RefreshComponent: what is shown here is never stale.
func refreshComponent(c *call) (reply, *apiError) {
	if _, refused := c.component(); refused != nil {
		return reply{}, refused
	}
	return reply{body: map[string]string{"message": "OK"}}, nil
}
