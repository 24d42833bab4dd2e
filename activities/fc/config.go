package fc

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"slipway/activities/cloud"
	"slipway/cloudapi"
	"slipway/release"
)

// changing works out what a release's config makes of a function, and the settings in words.
type changing struct {
	members []cloudapi.Param
	config  release.Config
	// now is the function that serves, and want what it is to be.
	now, want function

	settings []release.Setting
	problems release.Problems
}

// problem notes what is wrong with a field: its path, a colon and what is to be said of it.
func (c *changing) problem(format string, args ...any) {
	field, message, _ := strings.Cut(fmt.Sprintf(format, args...), ": ")
	c.problems = append(c.problems, release.Problem{Field: field, Message: message})
}

// setting notes a setting that will change.
func (c *changing) setting(name, before, after string) {
	if before != after {
		c.settings = append(c.settings, release.Setting{Name: name, Before: before, After: after})
	}
}

// changes brings the config to the function that is wanted.
func (c *changing) changes() {
	c.variables()
	c.platform()
	c.command()
	c.resources()
	c.unknown()
}

// unknown refuses what functions do not have, or not in the form of a release.
func (c *changing) unknown() {
	for _, field := range []struct {
		name  string
		given bool
		why   string
	}{
		{"probes", c.config.Probes != nil, "a function has no such probes; a check by HTTP is config.platform.customHealthCheckConfig"},
		{"hooks", c.config.Hooks != nil, "a function has no commands as hooks; handlers of its own are config.platform.instanceLifecycleConfig"},
		{"mounts", c.config.Mounts != nil, "what is mounted belongs to the service, which a release does not change"},
		{"runtime", c.config.Runtime != nil, "the runtime of a function is config.platform.runtime"},
	} {
		if field.given {
			c.problem("config.%s: %s", field.name, field.why)
		}
	}
}

// variables changes the environment variables that are named, and with Replace removes all others.
func (c *changing) variables() {
	if len(c.config.Variables) == 0 && !c.config.Replace {
		return
	}
	before := map[string]string{}
	if raw := c.now[memberVariables]; raw != nil && json.Unmarshal(raw, &before) != nil {
		c.problem("config.variables: the function's variables cannot be read, so they cannot be written again")
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
	for i, v := range c.config.Variables {
		had, there := before[v.Name]
		name := "variables." + v.Name
		switch {
		case v.Value != nil:
			after[v.Name] = *v.Value
			if shown := cloud.WithoutSecrets(*v.Value); v.Show && (!there || had != *v.Value) {
				c.setting(name, words(had, there), shown)
				continue
			}
			c.setting(name, words(had, there), words(*v.Value, true))
		case v.Remove:
			delete(after, v.Name)
			c.setting(name, words(had, there), "")
		default:
			c.problem("config.variables[%d]: Function Compute has no config maps and no secrets that a variable could come from: give a value", i)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		named := slices.ContainsFunc(c.config.Variables, func(v release.Variable) bool { return v.Name == name })
		if _, stays := after[name]; !stays && !named {
			c.setting("variables."+name, words(before[name], true), "")
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
			c.problem("config.%s: the function is of the runtime %s and runs no image: give config.platform.handler or config.platform.customRuntimeConfig",
				words.name, c.want.text(memberRuntime))
			continue
		}
		text := ""
		if len(words.list) > 0 {
			text = wire(words.list)
		}
		container, had := c.want.object(memberContainer), c.now.object(memberContainer)
		container[words.name] = text
		c.want.set(memberContainer, container)
		c.differ(words.name, simple(had[words.name]), simple(text))
	}
}

// differ notes a setting by its values in plain form.
func (c *changing) differ(name string, before, after any) {
	if wire(before) != wire(after) {
		c.setting(name, shown(cloudapi.Param{}, before), shown(cloudapi.Param{}, after))
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
			c.problem("config.resources.memory: must be a multiple of %d MiB, is %d", unit, r.Memory)
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
	c.setting(setting, shown(c.members[at], c.now.value(name)), shown(c.members[at], c.want.value(name)))
}

// platform sets the function's settings by their own names, as far as a release may: see
// [release.PlatformParameters].
func (c *changing) platform() {
	for _, name := range slices.Sorted(maps.Keys(c.config.Platform)) {
		known := slices.ContainsFunc(release.PlatformParameters(release.PlatformFC), func(p release.Parameter) bool {
			return p.Name == name && p.Field == "" && p.Why == ""
		})
		switch {
		case !known:
			c.problem("config.platform.%s: is no setting of a function that a release changes by its name", name)
		case name == memberRuntime && c.becomes(c.config.Platform[name]):
			c.problem("config.platform.%s: a function cannot change between packages and images: make another one", name)
		default:
			c.member(name, "platform."+name, string(c.config.Platform[name]))
		}
	}
}

// becomes reports whether the function would run an image instead of a package, or the other way.
func (c *changing) becomes(runtime json.RawMessage) bool {
	return function{memberRuntime: runtime}.container() != c.now.container()
}

// shown is what is told of a value: numbers, switches and the names that Function Compute has for something as
// they are, anything else as a digest.
func shown(p cloudapi.Param, value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	case string:
		if slices.Contains(p.Enum, v) {
			return v
		}
		return cloud.Digest(v)
	}
	return cloud.Digest(wire(value))
}
