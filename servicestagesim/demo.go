package servicestagesim

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

// What [Simulator.SeedDemo] makes.
const (
	// DemoApplication is the application of the demo.
	DemoApplication = "shop"
	// DemoEnvironment is where its components run.
	DemoEnvironment = "production"
	// DemoComponent is the component to release: a container with four replicas.
	DemoComponent = "web"
)

// SeedDemo makes an application to play with, whose two components were deployed an hour ago and released half an hour ago: a
// container of four replicas and a package of two, in an environment with a cluster and a load balancer. A
// simulator that already has applications is left alone.
func (s *Simulator) SeedDemo() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.look()
	if len(s.st.Applications) > 0 {
		return nil
	}
	d := demo{s: s, at: now.Add(-time.Hour), ids: map[string]string{}}
	for _, step := range demoCalls() {
		if step.operation == "" {
			d.at = d.at.Add(time.Hour / 2) // the jobs before are over
			s.st.wake = time.Time{}
			s.engine().advance(s.st, d.at)
			continue
		}
		if err := d.carryOut(step); err != nil {
			return err
		}
	}
	s.st.wake = time.Time{}
	s.engine().advance(s.st, now)
	return s.save()
}

// demo makes the demo by calls as clients send them.
type demo struct {
	s  *Simulator
	at time.Time
	// ids are those of what was made, by the names that stand in paths and bodies in braces. That of a component is
	// filed under the component's name.
	ids map[string]string
}

// demoCall is one call; its body may have places for IDs. A call without an operation lets time pass.
type demoCall struct{ operation, component, body string }

// demoCalls are the calls that make the demo.
func demoCalls() []demoCall {
	const (
		cluster   = `"refer_resources":[{"id":"1d3091a2-1ecf-11ee-ae69-0255ac1001ba","type":"cce","parameters":{"namespace":"default"}}]`
		docker    = `"runtime_stack":{"name":"Docker","type":"Docker","version":"","deploy_mode":"container"}`
		java      = `"runtime_stack":{"name":"OpenJDK17","type":"Java","version":"1.3.6","deploy_mode":"container"}`
		web       = `"name":"web","version":"%[1]s","source":{"kind":"image","storage":"swr","url":"swr.cn-north-4.myhuaweicloud.com/shop/web:%[1]s"}`
		mailer    = `"name":"mailer","version":"%[1]s","source":{"kind":"package","storage":"obs","url":"obs://packages/mailer-%[1]s.jar"}`
		inBatches = `"deploy_strategy":{"type":"RollingRelease","rolling_release":{"batches":2}}`
		where     = `"environment_id":"{environment_id}"`
	)
	members := func(parts ...string) string { return "{" + strings.Join(parts, ",") + "}" }
	return []demoCall{
		{"CreateEnvironment", "", `{"name":"production","deploy_mode":"container","vpc_id":"0c72428b-cd6c-4283-a560-210d3edb49f7"}`},
		{"ModifyEnvironmentResources", "", `{"resources":[{"id":"1d3091a2-1ecf-11ee-ae69-0255ac1001ba","type":"cce","name":"cluster"},{"id":"d2917177-3436-4e53-a5bc-706c3529e0e7","type":"elb","name":"front"}]}`},
		{"CreateApplication", "", `{"name":"shop","description":"The web shop."}`},
		{"UpdateApplicationConfiguration", "", members(where, `"configuration":{"env":[{"name":"CURRENCY","value":"EUR"}]}`)},
		{opCreateComponent, "web", members(fmt.Sprintf(web, "1.4.0"), where, docker, cluster, `"replica":4,"envs":[{"name":"GREETING","value":"hello"}]`)},
		{opCreateComponent, "mailer", members(fmt.Sprintf(mailer, "2.0.0"), where, java, cluster, `"replica":2`)},
		{},
		{"UpdateComponent", "web", members(fmt.Sprintf(web, "1.4.1"), inBatches)},
		{"UpdateComponent", "mailer", members(fmt.Sprintf(mailer, "2.1.0"))},
	}
}

// carryOut carries a call out at the demo's time, and files the ID of what it made. The caller holds the lock.
func (d *demo) carryOut(step demoCall) error {
	c := &call{config: &d.s.config, user: TestUser, st: d.s.st, now: d.at, query: url.Values{}, params: maps.Clone(d.ids)}
	c.params["component_id"] = d.ids[step.component]
	c.body = []byte(strings.ReplaceAll(step.body, "{environment_id}", d.ids["environment_id"]))
	i := slices.IndexFunc(d.s.operations, func(op operation) bool { return op.Name == step.operation })
	if i < 0 {
		return fmt.Errorf("servicestagesim: demo: there is no operation %s", step.operation)
	}
	c.op = &d.s.operations[i]
	if step.operation == opCreateComponent {
		delete(c.params, "component_id")
	}
	if _, refused := c.op.serve(c); refused != nil {
		return fmt.Errorf("servicestagesim: demo: %s: %w", step.operation, refused)
	}
	for id := range d.s.st.Environments {
		d.ids["environment_id"] = id
	}
	for id := range d.s.st.Applications {
		d.ids["application_id"] = id
	}
	for id, of := range d.s.st.Components {
		d.ids[of.Name] = id
	}
	return nil
}

// Component names a component and the application that it belongs to, by their IDs.
type Component struct{ ApplicationID, ID string }

// DemoComponent is the component that [Simulator.SeedDemo] makes to be released; the zero value where there is none.
func (s *Simulator) DemoComponent() Component {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, of := range s.st.Components {
		if of.Name == DemoComponent && s.st.Applications[of.ApplicationID].Name == DemoApplication {
			return Component{ApplicationID: of.ApplicationID, ID: id}
		}
	}
	return Component{}
}

// Components lists the components by application and name, for example "shop/web 1.4.1".
func (s *Simulator) Components() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, of := range s.st.Components {
		names = append(names, s.st.Applications[of.ApplicationID].Name+"/"+of.Name+" "+of.Version+" ("+of.ID+")")
	}
	slices.Sort(names)
	return names
}
