package acs

import "regexp"

// IsRegion reports whether a text has the form of a region ID, such as cn-hangzhou.
func IsRegion(text string) bool {
	return regexp.MustCompile(`^[a-z]{2}(-[a-z0-9]+)+$`).MatchString(text)
}

// CheckKeys says what is wrong with access keys, secrets by key ID; empty when nothing is.
func CheckKeys(keys map[string]string) string {
	for id, secret := range keys {
		if id == "" || secret == "" {
			return "a key ID and its secret must not be empty"
		}
	}
	return ""
}
