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
