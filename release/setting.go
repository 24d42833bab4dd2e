package release

import (
	"cmp"
	"strconv"
)

// SettingInstances is the name of the setting that is the number of instances.
const SettingInstances = "instances"

// InstancesBefore is the number of instances before a release that changes it; nil where it does not,
// or the number is not known.
func InstancesBefore(settings []Setting) *int {
	for _, s := range settings {
		if n, err := strconv.Atoi(s.Before); s.Name == SettingInstances && err == nil {
			return &n
		}
	}
	return nil
}

// Text says what the setting becomes, and what it was.
func (s Setting) Text() string {
	return cmp.Or(s.Before, "unset") + " → " + cmp.Or(s.After, "unset")
}
