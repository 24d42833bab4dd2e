package simframe

import (
	"cmp"
	"maps"
	"slices"
)

// SortedKeys returns the keys of a map in their order; an empty slice where there are none, which JSON shows as a list.
func SortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := slices.AppendSeq(make([]K, 0, len(m)), maps.Keys(m))
	slices.Sort(keys)
	return keys
}

// SortedValues returns the values of a map in the order of their keys.
func SortedValues[K cmp.Ordered, V any](m map[K]V) []V {
	values := make([]V, 0, len(m))
	for _, key := range SortedKeys(m) {
		values = append(values, m[key])
	}
	return values
}
