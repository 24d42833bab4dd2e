package platform_test

import (
	"reflect"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"

	"slipway/activities/platform"
	"slipway/activities/sae"
	"slipway/release"
)

// registry notes what is registered.
type registry map[string]any

func (r registry) RegisterActivity(any) {}

func (r registry) RegisterActivityWithOptions(fn any, options activity.RegisterOptions) {
	r[options.Name] = fn
}

func (r registry) RegisterDynamicActivity(any, activity.DynamicRegisterOptions) {}

// TestPlatform_EveryVerbIsRegisteredOnce: each verb is the method of its name, and the interface has no
// other.
func TestPlatform_EveryVerbIsRegisteredOnce(t *testing.T) {
	t.Parallel()
	var d platform.Driver = &sae.Driver{}
	r := registry{}
	platform.Register(r, "cloud", d)
	contract := reflect.TypeFor[platform.Verbs]()
	require.Len(t, r, contract.NumMethod(), "verbs and methods")
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(release.Verbs()))), contract.NumMethod())
	for _, verb := range release.Verbs() {
		fn := r[release.ActivityName("cloud", verb)]
		require.NotNil(t, fn, "%s: no method carries it out", verb)
		method, there := contract.MethodByName(string(verb))
		require.True(t, there, "%s: the contract has no method of this name", verb)
		require.Equal(t, method.Type, reflect.TypeOf(fn), verb)
		require.Contains(t, runtime.FuncForPC(reflect.ValueOf(fn).Pointer()).Name(), "."+string(verb)+"-fm", "another method carries out %s", verb)
	}
}
