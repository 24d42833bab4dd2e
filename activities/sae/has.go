package sae

import (
	"slipway/activities/cloud"
	"slipway/release"
)

// has are the settings of a configuration: all by which two are compared. What says what holds anyway is left out.
func (d *Driver) has(s settings) []release.Setting {
	var out cloud.Changes
	for _, param := range compared(d.deployment) {
		if param == paramVariables {
			d.hasVariables(s, &out)
			continue
		}
		value, _ := s.readBack(param)
		if empty(value) || usual(param, value) {
			continue
		}
		p, _ := d.deployment.Param(param)
		out.Has(settingOf(param), param, shown(p, value))
	}
	return out.Had()
}

// hasVariables notes the variables, of which the last one of a name counts.
func (*Driver) hasVariables(s settings, out *cloud.Changes) {
	all, ok := variables(s.text(paramVariables))
	if !ok {
		out.Setting("variables", cloud.Digest(s.text(paramVariables)), "")
		return
	}
	last := map[string]int{}
	for i, v := range all {
		last[v.name] = i
	}
	for i, v := range all {
		if last[v.name] == i {
			out.Setting("variables."+v.name, v.words(false), "")
		}
	}
}
