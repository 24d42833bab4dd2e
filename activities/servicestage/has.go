package servicestage

import (
	"context"

	"slipway/activities/cloud"
	"slipway/release"
)

// has are the settings of the version that is in service.
func (d *Driver) has(ctx context.Context, r reading) ([]release.Setting, error) {
	c := r.now
	if serves := r.serves(); serves != c.Version {
		before, err := d.component(ctx, r.place, serves)
		if err != nil {
			return nil, err
		}
		c = before
	}
	var out cloud.Changes
	s, known := specificationOf(c), d.traits.Parameters()
	for _, p := range d.members {
		switch p.Name {
		case memberVariables:
			for _, v := range variablesOf(c) {
				out.Has("variables."+v.Name, memberVariables, wordsOf(v, false))
			}
		case memberCommand:
			words := cloud.Object(s[memberCommand])
			for _, name := range []string{memberCommand, "args"} {
				out.Setting(name, cloud.Shown(nil, cloud.Simple(words[name])), "")
			}
		default:
			out.Has(cloud.SettingOf(known, p.Name), p.Name, cloud.Shown(p.Enum, s.value(p.Name)))
		}
	}
	return out.Had(), nil
}
