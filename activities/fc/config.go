package fc

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"slipway/activities/cloud"
	"slipway/cloudapi"
	"slipway/release"
)

// changing works out what a release's config makes of a function, and the settings in words.
type changing struct {
	cloud.Changes

	traits  release.Traits
	members []cloudapi.Param
	config  release.Config
	// now is the function that serves, and want what it is to be.
	now, want function
}

// changes brings the config to the function that is wanted.
func (c *changing) changes() {
	c.variables()
	c.platform()
	c.command()
	c.resources()
}

// variables changes the environment variables that are named, and with Replace removes all others.
func (c *changing) variables() {
	if len(c.config.Variables) == 0 && !c.config.Replace {
		return
	}
	before := map[string]string{}
	if raw := c.now[memberVariables]; raw != nil && json.Unmarshal(raw, &before) != nil {
		c.Problem("config.variables: the function's variables cannot be read, so they cannot be written again")
		return
	}
	after := maps.Clone(before)
	if c.config.Replace || after == nil {
		after = map[string]string{}
	}
	words := func(value string, there bool) string {
		if !there {
			return ""
		}
		return cloud.Digest(value)
	}
	for _, v := range c.config.Variables {
		had, there := before[v.Name]
		name := "variables." + v.Name
		switch {
		case v.Value != nil:
			after[v.Name] = *v.Value
			if shown := cloud.WithoutSecrets(*v.Value); v.Show && (!there || had != *v.Value) {
				c.Setting(name, words(had, there), shown)
				continue
			}
			c.Setting(name, words(had, there), words(*v.Value, true))
		case v.Remove:
			delete(after, v.Name)
			c.Setting(name, words(had, there), "")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		named := slices.ContainsFunc(c.config.Variables, func(v release.Variable) bool { return v.Name == name })
		if _, stays := after[name]; !stays && !named {
			c.Setting("variables."+name, words(before[name], true), "")
		}
	}
	c.want.set(memberVariables, after)
}

// command sets the command of a container and its arguments, which are lists of JSON as texts.
func (c *changing) command() {
	for _, words := range []struct {
		name string
		list []string
	}{{"command", c.config.Command}, {"args", c.config.Args}} {
		switch {
		case words.list == nil:
			continue
		case !c.want.container():
			c.Problem("config.%s: the function is of the runtime %s and runs no image: give config.platform.handler or config.platform.customRuntimeConfig",
				words.name, c.want.text(memberRuntime))
			continue
		}
		text := ""
		if len(words.list) > 0 {
			text = cloud.Wire(words.list)
		}
		container, had := c.want.object(memberContainer), c.now.object(memberContainer)
		container[words.name] = text
		c.want.set(memberContainer, container)
		c.differ(words.name, cloud.Simple(had[words.name]), cloud.Simple(text))
	}
}

// differ notes a setting by its values in plain form.
func (c *changing) differ(name string, before, after any) {
	if cloud.Wire(before) != cloud.Wire(after) {
		c.Setting(name, cloud.Shown(nil, before), cloud.Shown(nil, after))
	}
}

func (c *changing) resources() {
	r := c.config.Resources
	if r == nil {
		return
	}
	if r.CPU != 0 {
		const thousandths = 1000
		c.member(memberCPU, "resources.cpu", strconv.FormatFloat(float64(r.CPU)/thousandths, 'g', -1, 64))
	}
	if r.Memory != 0 {
		const unit = 64
		if r.Memory%unit != 0 {
			c.Problem("config.resources.memory: must be a multiple of %d MiB, is %d", unit, r.Memory)
			return
		}
		c.member(memberMemory, "resources.memory", strconv.Itoa(r.Memory))
	}
}

// member sets a member of the function, from JSON text.
func (c *changing) member(name, setting, text string) {
	c.want[name] = json.RawMessage(text)
	if c.want.same(c.now, name) {
		return
	}
	at := slices.IndexFunc(c.members, func(p cloudapi.Param) bool { return p.Name == name })
	c.Setting(setting, cloud.Shown(c.members[at].Enum, c.now.value(name)), cloud.Shown(c.members[at].Enum, c.want.value(name)))
}

// platform sets the function's settings by their own names. What a release may not set so is refused, see
// [release.Traits] Lacking.
func (c *changing) platform() {
	for _, name := range slices.Sorted(maps.Keys(c.config.Platform)) {
		switch {
		case !c.traits.Sets(name):
		case name == memberRuntime && c.becomes(c.config.Platform[name]):
			c.Problem("config.platform.%s: a function cannot change between packages and images: make another one", name)
		default:
			c.member(name, "platform."+name, string(c.config.Platform[name]))
		}
	}
}

// becomes reports whether the function would run an image instead of a package, or the other way.
func (c *changing) becomes(runtime json.RawMessage) bool {
	return function{memberRuntime: runtime}.container() != c.now.container()
}
