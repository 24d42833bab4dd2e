package fault_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/devstack/chaos/fault"
	"slipway/devstack/chaos/system"
	"slipway/internal/simframe"
)

func scope() fault.Scope {
	return fault.Scope{
		Parts: []fault.Part{
			{"nats-1", system.KindNATS},
			{"temporal", system.KindTemporal},
			{"sae", system.KindSimulator},
			{"worker-1", system.KindWorker},
			{"starter-1", system.KindStarter},
			{"notifier", system.KindNotifier},
			{"console", system.KindConsole},
		},
		Links:  []fault.Link{{Name: "worker-1 → nats-1"}, {Name: "worker-1 → sae", ToPlatform: true}},
		Length: 10 * time.Minute, Every: 2 * time.Second, Settle: 4 * time.Second, Speed: 5,
	}
}

func TestDraw_TheSeedIsThePlan(t *testing.T) {
	t.Parallel()
	require.Equal(t, fault.Draw(7, scope()), fault.Draw(7, scope()))
	require.NotEqual(t, fault.Draw(7, scope()), fault.Draw(8, scope()))
}

func TestDraw_NothingIsLeftOut(t *testing.T) {
	t.Parallel()
	hit := map[string]bool{}
	for _, f := range fault.Draw(1, scope()) {
		hit[f.Name()] = true
	}
	for _, p := range scope().Parts {
		require.True(t, hit["kill "+p.Name], p.Name)
		require.True(t, hit["pause "+p.Name], p.Name)
	}
	for _, l := range scope().Links {
		for _, kind := range []string{"cut ", "delay ", "reset "} {
			require.True(t, hit[kind+l.Name], kind+l.Name)
		}
	}
	for _, name := range []string{
		"ahead sae", "ahead fc", "ahead servicestage",
		"sae drop-after", "sae arrives-late", "sae batch-fails", "sae hang", "sae approval", "sae late", "fc truncate", "fc no-instance", "fc queued",
		"servicestage error-after", "servicestage job-fails", "servicestage queued",
	} {
		require.True(t, hit[name], name)
	}
}

// TestDraw_EveryFaultEnds holds what the judgment of a run relies on: faults end within it, none hits what another one has, and
// nothing delays a call to a platform for as long as workers wait for it.
func TestDraw_EveryFaultEnds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := scope()
		s.Length = time.Duration(rapid.Int64Range(int64(time.Second), int64(10*time.Minute)).Draw(t, "length"))
		s.Every = time.Duration(rapid.Int64Range(int64(200*time.Millisecond), int64(20*time.Second)).Draw(t, "every"))
		until := map[string]time.Duration{}
		for _, f := range fault.Draw(rapid.Uint64().Draw(t, "seed"), s) {
			require.Positive(t, f.For)
			require.LessOrEqual(t, f.At+f.For, s.Length, f.Name())
			require.GreaterOrEqual(t, f.At, until[f.Target], f.Name())
			until[f.Target] = f.At + f.For
			if f.Target == "worker-1 → sae" {
				require.Less(t, f.By, s.Settle/2)
			}
			if f.Kind == fault.KindPause && f.Target == "sae" {
				require.Less(t, f.For, s.Settle)
			}
			if slices.Contains([]simframe.FaultKind{simframe.FaultDelay, simframe.FaultArrivesLate, simframe.FaultDelayAfter}, f.Platform.Kind) {
				require.Less(t, f.Platform.Delay, s.Settle, f.Name())
			}
		}
	})
}

func TestRecoveries(t *testing.T) {
	t.Parallel()
	begin := time.Unix(0, 0)
	at := func(s float64) time.Time { return begin.Add(time.Duration(s * float64(time.Second))) }
	killed := func(ended float64) fault.Done {
		return fault.Done{Fault: fault.Fault{Kind: fault.KindKill}, Ended: at(ended)}
	}
	moments := []fault.Moment{
		{Release: "a", At: at(1)},
		{Release: "b", At: at(2)},
		{Release: "a", At: at(3), Last: true},
		{Release: "d", At: at(10.5), Asked: true},
		{Release: "d", At: at(13)},
		{Release: "e", At: at(11.5), Asked: true},
		{Release: "c", At: at(6)},
		{Release: "b", At: at(9)},
		{Release: "b", At: at(10), Last: true},
		{Release: "c", At: at(10.2), Last: true},
	}
	for name, tt := range map[string]struct {
		done []fault.Done
		want []time.Duration
	}{
		"the next that is told of a release under way":            {[]fault.Done{killed(1.5)}, []time.Duration{1500 * time.Millisecond}},
		"a release that begins later says nothing":                {[]fault.Done{killed(5)}, []time.Duration{4 * time.Second}},
		"nothing was under way":                                   {[]fault.Done{killed(0.5)}, nil},
		"what was asked for and not begun is under way, too":      {[]fault.Done{killed(11)}, []time.Duration{2 * time.Second}},
		"nothing was told afterwards":                             {[]fault.Done{killed(20)}, nil},
		"sorted":                                                  {[]fault.Done{killed(4), killed(9.5)}, []time.Duration{500 * time.Millisecond, 5 * time.Second}},
		"a fault that was not ended as planned is no measurement": {[]fault.Done{{Ended: at(4), Problem: "it was away"}}, nil},
		"a delay is none either":                                  {[]fault.Done{{Fault: fault.Fault{Kind: fault.KindDelay}, Ended: at(4)}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, fault.Recoveries(tt.done, moments))
		})
	}
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	require.Equal(t, 0, fault.Quantile([]int(nil), 0.5))
	require.Equal(t, 3, fault.Quantile([]int{1, 2, 3, 4}, 0.5))
	require.Equal(t, 4, fault.Quantile([]int{1, 2, 3, 4}, 0.99))
}

func TestKinds(t *testing.T) {
	t.Parallel()
	require.Equal(t, map[string]int{"kill worker": 2, "cut link": 1, "sae late": 1}, fault.Kinds([]fault.Done{
		{Fault: fault.Fault{Kind: fault.KindKill, Target: "worker-1"}},
		{Fault: fault.Fault{Kind: fault.KindKill, Target: "worker-1"}},
		{Fault: fault.Fault{Kind: fault.KindCut, Target: "worker-1 → sae"}},
		{Fault: fault.Fault{Kind: fault.KindPlatform, Target: "sae", Platform: simframe.Fault{Kind: "late"}}},
	}, scope().Parts))
}
