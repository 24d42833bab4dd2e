package release_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// ofKind returns a gate with its name and nothing but an empty field of the kind.
func ofKind(t *testing.T, kind release.GateKind) release.Gate {
	t.Helper()
	gate := release.Gate{Name: "a"}
	for f, value := range reflect.ValueOf(&gate).Elem().Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name == string(kind) {
			value.Set(reflect.New(f.Type.Elem()))
			return gate
		}
	}
	require.Fail(t, "a gate has no field of this kind", kind)
	return gate
}

// A field of a gate that is a pointer is a kind, and the other way round: one that is added is
// counted, checked and defaulted, or this test names it.
func TestGateKinds_AreTheFieldsThatArePointers(t *testing.T) {
	t.Parallel()
	kinds := map[release.GateKind]bool{}
	for _, kind := range release.GateKinds() {
		kinds[kind] = true
	}
	for f := range reflect.TypeFor[release.Gate]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		require.Equal(t, f.Type.Kind() == reflect.Pointer, kinds[release.GateKind(name)], "%s: a field of a gate is a pointer where it is in release.GateKinds(), and only there", name)
	}
	for _, kind := range release.GateKinds() {
		gate := ofKind(t, kind)
		found, ok := gate.Kind()
		require.True(t, ok, "%s: Gate.Kind does not know this kind", kind)
		require.Equal(t, kind, found)
		invalid, _ := errors.AsType[release.Problems](gate.WithDefaults().Validate())
		require.NotEmpty(t, invalid, "%s: nothing of this kind is checked; it needs an address at least", kind)
		for _, problem := range invalid {
			require.True(t, strings.HasPrefix(problem.Field, "gate."+string(kind)), "%s", problem)
			require.NotContains(t, problem.Message, "is not checked", "%s: Validate does not know this kind", kind)
		}
	}
}

func TestGate_Kind(t *testing.T) {
	t.Parallel()
	_, ok := release.Gate{}.Kind()
	require.False(t, ok, "a gate that asks nothing")
	both := httpGate()
	both.Prometheus = prometheusGate().Prometheus
	_, ok = both.Kind()
	require.False(t, ok, "a gate that asks two things")
}
