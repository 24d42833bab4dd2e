package acs

import "regexp"

// IsRegion reports whether a text has the form of a region ID, such as cn-hangzhou.
func IsRegion(text string) bool {
	return regexp.MustCompile(`^[a-z]{2}(-[a-z0-9]+)+$`).MatchString(text)
}
