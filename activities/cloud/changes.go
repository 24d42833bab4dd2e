package cloud

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"slipway/release"
)

// Changes are what a release changes of a configuration, and what stands against it.
type Changes struct {
	Settings []release.Setting
	Problems release.Problems
}

// Problem notes what is wrong with a field: its path, a colon and what is to be said of it.
func (c *Changes) Problem(format string, args ...any) {
	field, message, _ := strings.Cut(fmt.Sprintf(format, args...), ": ")
	c.Problems = append(c.Problems, release.Problem{Field: field, Message: message})
}

// Setting notes a setting that will change.
func (c *Changes) Setting(name, before, after string) {
	if before != after {
		c.Settings = append(c.Settings, release.Setting{Name: name, Before: before, After: after})
	}
}

// Has notes a setting as an application has it. One that says nothing is left out, and where several parameters of the
// platform give one setting, each further one stands under its own name.
func (c *Changes) Has(name, param, value string) {
	if slices.ContainsFunc(c.Settings, func(s release.Setting) bool { return s.Name == name }) {
		name = ownSetting + param
	}
	c.Setting(name, value, "")
}

// Had are the settings that were noted, by their names.
func (c *Changes) Had() []release.Setting {
	slices.SortFunc(c.Settings, func(a, b release.Setting) int { return strings.Compare(a.Name, b.Name) })
	return c.Settings
}

// ownSetting is how the names of settings begin that are the platform's own.
const ownSetting = "platform."

// SettingOf is the name of the setting that gives a parameter, of those that the platform has ([release.Traits]
// Parameters): that of its field in a config, or the parameter's own.
func SettingOf(known []release.Parameter, param string) string {
	for _, p := range known {
		if field, ofConfig := strings.CutPrefix(p.Field, "config."); ofConfig && p.Name == param {
			return field
		}
	}
	return ownSetting + param
}

// Shown is what is told of a value: numbers, switches and the words that the platform has for something as
// they are, anything else as a digest.
func Shown(words []string, value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	case string:
		if slices.Contains(words, v) {
			return v
		}
		return Digest(v)
	}
	return Digest(Wire(value))
}
