package fc

import (
	"context"
	"encoding/json"

	"slipway/activities/cloud"
	"slipway/release"
)

// has are the settings of the functions of the version that serves. Where there are several functions, each setting
// says of which one it is.
func (d *Driver) has(ctx context.Context, r reading) ([]release.Setting, error) {
	if !r.alias.exists {
		return nil, nil
	}
	functions, err := r.versions.functions(ctx, r.alias.serves())
	if gone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out cloud.Changes
	for _, name := range sorted(functions) {
		var of cloud.Changes
		d.hasFunction(functions[name], &of)
		for _, s := range of.Settings {
			if len(functions) > 1 {
				s.Name = "function " + name + ": " + s.Name
			}
			out.Settings = append(out.Settings, s)
		}
	}
	return out.Had(), nil
}

// hasFunction notes the settings of one function.
func (d *Driver) hasFunction(f function, out *cloud.Changes) {
	known := d.traits.Parameters()
	for _, p := range d.members {
		switch p.Name {
		case memberVariables:
			hasVariables(f, out)
		case memberContainer:
			hasContainer(f, out)
		default:
			out.Has(cloud.SettingOf(known, p.Name), p.Name, cloud.Shown(p.Enum, f.value(p.Name)))
		}
	}
}

func hasVariables(f function, out *cloud.Changes) {
	variables := map[string]string{}
	if raw := f[memberVariables]; raw != nil && json.Unmarshal(raw, &variables) != nil {
		out.Setting("variables", cloud.Digest(string(raw)), "")
		return
	}
	for name, value := range variables {
		out.Setting("variables."+name, cloud.Digest(value), "")
	}
}

// hasContainer notes the command of an image and its arguments, and what else its container has. The image is the
// artifact.
func hasContainer(f function, out *cloud.Changes) {
	rest, isObject := f.value(memberContainer).(map[string]any)
	if !isObject || !f.container() {
		return
	}
	for _, name := range []string{"command", "args"} {
		out.Setting(name, cloud.Shown(nil, cloud.Simple(f.object(memberContainer)[name])), "")
		delete(rest, name)
	}
	delete(rest, "image")
	if len(rest) > 0 {
		out.Has("platform."+memberContainer, memberContainer, cloud.Shown(nil, rest))
	}
}
