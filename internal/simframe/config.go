package simframe

import (
	"cmp"
	"maps"
)

// ClockOf is the clock of a configuration: the one that was given, or one of a speed, of which 0 means 1.
func ClockOf(given *Clock, speed float64) *Clock {
	if given != nil {
		return given
	}
	return FastClock(cmp.Or(speed, 1))
}

// KeysOf are the access keys of a configuration, secrets by key ID: a copy of those that were given, or one pair.
func KeysOf(given map[string]string, id, secret string) map[string]string {
	if len(given) > 0 {
		return maps.Clone(given)
	}
	return map[string]string{id: secret}
}
