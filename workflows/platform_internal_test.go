package workflows

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	contract "slipway/activities/platform"
	"slipway/release"
)

// called is how workflows call a verb.
type called struct {
	name    string
	in, out reflect.Type
}

func calledBy[In, Out any](method func(platform, In) call[Out]) called {
	var in In
	return called{method(platform{}, in).name, reflect.TypeFor[In](), reflect.TypeFor[Out]()}
}

// TestPlatformCallsEveryVerb: each verb of the contract is called by its own name, with the types
// that a driver has for it.
func TestPlatformCallsEveryVerb(t *testing.T) {
	t.Parallel()
	methods := map[release.Verb]called{
		release.VerbSnapshot: calledBy(platform.snapshot), release.VerbAwaitIdle: calledBy(platform.awaitIdle),
		release.VerbFindChange: calledBy(platform.findChange), release.VerbBeginRollout: calledBy(platform.beginRollout),
		release.VerbObserve: calledBy(platform.observe), release.VerbConfirmBatch: calledBy(platform.confirmBatch),
		release.VerbAbortRollout: calledBy(platform.abortRollout), release.VerbBeginRollback: calledBy(platform.beginRollback),
		release.VerbBeginRestart: calledBy(platform.beginRestart), release.VerbBeginRescale: calledBy(platform.beginRescale),
		release.VerbApplyTraffic: calledBy(platform.applyTraffic), release.VerbClearTraffic: calledBy(platform.clearTraffic),
		release.VerbSetScaling: calledBy(platform.setScaling), release.VerbVerify: calledBy(platform.verify),
		release.VerbBeginJobUpdate: calledBy(platform.beginJobUpdate), release.VerbRunJob: calledBy(platform.runJob),
		release.VerbObserveRun: calledBy(platform.observeRun), release.VerbStopRun: calledBy(platform.stopRun),
	}
	driver := reflect.TypeFor[contract.Driver]()
	for _, verb := range release.Verbs() {
		its, there := driver.MethodByName(string(verb))
		require.True(t, there, verb)
		want := called{release.ActivityName("", verb), its.Type.In(1), reflect.TypeFor[struct{}]()}
		if its.Type.NumOut() > 1 {
			want.out = its.Type.Out(0)
		}
		require.Equal(t, want, methods[verb], "how workflows call %s", verb)
	}
}
