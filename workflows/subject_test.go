package workflows_test

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/activities/fc/fcworld"
	"slipway/activities/platform/platformtest"
	"slipway/activities/sae/saeworld"
	"slipway/activities/servicestage/servicestageworld"
	"slipway/fcsim"
	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
	"slipway/servicestagesim"
)

// A subject is a platform of which a property of all platforms is to hold.
type subject struct {
	platformtest.Platform

	// trouble draws what goes wrong on this platform alone, and calm ends it; both may be nil.
	trouble func(t *rapid.T, w platformtest.World)
	calm    func(w platformtest.World)
	// traffic draws the traffic rules of a gray release; nil where the platform has none.
	traffic func() *release.Traffic
	// hand is somebody who changes the application meanwhile; nil where that is not drawn.
	hand *hand
}

// A hand changes the application past the driver.
type hand struct {
	// begin begins a change that takes some minutes, unless the platform refuses.
	begin func(ctx context.Context, w platformtest.World, minutes int)
	// begun are the IDs of all that it has begun, and spoiled tells that one of them has not ended
	// well: then what runs, and which rules are off, is of its making.
	begun   func(w platformtest.World) []string
	spoiled func(w platformtest.World) bool
}

// subjects are the platforms.
func subjects() []subject { return []subject{subjectSAE(), subjectFC(), subjectServiceStage()} }

// A trial is a stage with the world of a platform.
type trial struct {
	*stage
	subject

	world platformtest.World
	// before is how the application was when the release began.
	before platformtest.Truth

	calls sync.Mutex
	// changes counts the calls that change something, and lost are those that are lost or declined, by
	// their numbers from 1.
	changes int
	lost    map[int]platformtest.Loss
	// rollouts is when calls were sent that bring a version.
	rollouts []time.Time
}

// instancesBefore is how many instances the application has.
const instancesBefore = 5

// newTrial makes a trial: its application has five instances, and has run the first artifact and then
// the second.
func newTrial(t tester, of subject) *trial {
	t.Helper()
	s := &trial{stage: bareStage(t, slog.DiscardHandler), subject: of, lost: map[int]platformtest.Loss{}}
	s.world = of.Open(t, platformtest.Setup{Instances: instancesBefore}, platformtest.Connection{
		Transport: s.death, Guard: s.freezes(), Now: s.env.Now, Start: s.env.Now().Add(-creation),
	})
	s.app = s.world.App()
	s.world.Elsewhere(2, true)
	if s.Traits.Scaling != release.ScalingNone {
		s.world.AddRules()
	}
	s.reach()
	s.before = s.world.Truth()
	require.Len(t, s.before.Shares, 1)
	s.death.sends = s.send
	s.drive(s.app.Platform, s.world.Driver())
	return s
}

// reach lets the platform's clock come up to the skipped time.
func (s *trial) reach() {
	if d := s.env.Now().Sub(s.world.Now()); d > 0 {
		if _, err := s.world.Advance(d); err != nil {
			s.t.Error(err)
		}
	}
}

// send carries a call of a verb, or loses it.
func (s *trial) send(verb string, r *http.Request) (*http.Response, error) {
	s.calls.Lock()
	s.reach()
	loss := platformtest.Loss("")
	if s.world.Mutates(r) {
		s.changes++
		loss = s.lost[s.changes]
		if verb == string(release.VerbBeginRollout) {
			s.rollouts = append(s.rollouts, s.env.Now())
		}
	}
	s.calls.Unlock()
	switch loss {
	case platformtest.Declined:
		return s.world.Declined(r), nil
	case platformtest.LostBefore:
		return nil, errDead
	case platformtest.LostAfter, platformtest.DeathAfter, platformtest.DeathBefore:
		answer, err := s.death.transport.RoundTrip(r)
		if err == nil {
			_ = answer.Body.Close()
		}
		return nil, errDead
	}
	return s.death.transport.RoundTrip(r)
}

// truth is how the application is now.
func (s *trial) truth() platformtest.Truth {
	s.reach()
	return s.world.Truth()
}

// byHand are the changes that were begun by hand.
func (s *trial) byHand() []string {
	if s.hand == nil {
		return nil
	}
	return s.hand.begun(s.world)
}

// begun are the changes of the release.
func (s *trial) begun() (ids []string) {
	hand := s.byHand()
	for _, id := range s.truth().Changes {
		if !slices.Contains(s.before.Changes, id) && !slices.Contains(hand, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// byHandAfter reports whether something was begun by hand after a change.
func (s *trial) byHandAfter(id string) bool {
	all, hand := s.truth().Changes, s.byHand()
	at := slices.Index(all, id)
	return slices.ContainsFunc(all[at+1:], func(id string) bool { return slices.Contains(hand, id) })
}

// subjectSAE is Serverless App Engine.
func subjectSAE() subject {
	return subject{
		Platform: saeworld.Platform(),
		trouble:  troubleOfSAE,
		calm: func(w platformtest.World) {
			sim := simOf(w)
			_ = sim.ClearFaults()
		},
		traffic: canary,
		hand: &hand{
			begin: func(ctx context.Context, w platformtest.World, minutes int) {
				of, _ := w.(*saeworld.World)
				changeByHand(ctx, of.Client, of.App().ID, minutes)
			},
			begun: func(w platformtest.World) (ids []string) {
				for _, o := range ordersByHand(w) {
					ids = append(ids, o.ID)
				}
				return ids
			},
			spoiled: func(w platformtest.World) bool {
				return slices.ContainsFunc(ordersByHand(w), func(o saesim.Order) bool { return o.Status != saeclient.ChangeOrderSuccess })
			},
		},
	}
}

func simOf(w platformtest.World) *saesim.Simulator {
	of, _ := w.(*saeworld.World)
	return of.Simulator
}

// ordersByHand are the change orders that were begun by hand. The platform switches rules on again
// after a success of theirs alone.
func ordersByHand(w platformtest.World) []saesim.Order {
	return slices.DeleteFunc(simOf(w).Orders(w.App().ID), func(o saesim.Order) bool { return o.Description != handDescription })
}

// troubleOfSAE draws faults of the network and the platform, and what becomes of an order.
func troubleOfSAE(t *rapid.T, w platformtest.World) {
	sim := simOf(w)
	kinds := []saesim.FaultKind{
		saesim.FaultDropBefore, saesim.FaultDropAfter, saesim.FaultTruncate, saesim.FaultError, saesim.FaultErrorAfter,
	}
	codes := []string{"", "Throttling.User", "System.Upgrading", "ServiceUnavailable", saeclient.CodeChangeOrderRunning}
	operations := []string{"", "DeployApplication", "RollbackApplication", "RestartApplication", "RescaleApplication", "ConfirmPipelineBatch", "AbortAndRollbackChangeOrder"}
	for range rapid.IntRange(0, 4).Draw(t, "faults") {
		f := saesim.Fault{
			Kind:      rapid.SampledFrom(kinds).Draw(t, "kind"),
			Operation: rapid.SampledFrom(operations).Draw(t, "at"),
			Count:     rapid.IntRange(1, 4).Draw(t, "count"),
		}
		if f.Kind == saesim.FaultError || f.Kind == saesim.FaultErrorAfter {
			f.Code = rapid.SampledFrom(codes).Draw(t, "code")
			if f.Code == "ServiceUnavailable" {
				f.Status = http.StatusServiceUnavailable // SAE does not document it: the gateway in front says so
			}
		}
		_, err := sim.AddFault(f)
		require.NoError(t, err)
	}
	fates := []saesim.FaultKind{"", "", saesim.FaultBatchFails, saesim.FaultSystemFails, saesim.FaultHang, saesim.FaultApproval}
	if kind := rapid.SampledFrom(fates).Draw(t, "fate"); kind != "" {
		_, err := sim.AddFault(saesim.Fault{Kind: kind})
		require.NoError(t, err)
	}
}

// subjectFC is Function Compute. What somebody else does with the alias is told to the driver alone.
func subjectFC() subject {
	simOf := func(w platformtest.World) *fcsim.Simulator {
		of, _ := w.(*fcworld.World)
		return of.Simulator
	}
	return subject{
		Platform: fcworld.Platform(),
		trouble:  func(t *rapid.T, w platformtest.World) { troubleOfFC(t, simOf(w)) },
		calm:     func(w platformtest.World) { _ = simOf(w).ClearFaults() },
	}
}

// troubleOfFC draws faults of the network and the platform, and instances that do not start.
func troubleOfFC(t *rapid.T, sim *fcsim.Simulator) {
	kinds := []fcsim.FaultKind{
		fcsim.FaultDropBefore, fcsim.FaultDropAfter, fcsim.FaultTruncate, fcsim.FaultError, fcsim.FaultErrorAfter,
	}
	operations := []string{"", "UpdateFunction", "PublishServiceVersion", "UpdateAlias", "PutProvisionConfig", "GetAlias", "ListFunctions"}
	for range rapid.IntRange(0, 4).Draw(t, "faults") {
		f := fcsim.Fault{
			Kind:      rapid.SampledFrom(kinds).Draw(t, "kind"),
			Operation: rapid.SampledFrom(operations).Draw(t, "at"),
			Count:     rapid.IntRange(1, 4).Draw(t, "count"),
		}
		if f.Kind == fcsim.FaultError || f.Kind == fcsim.FaultErrorAfter {
			f.Code = rapid.SampledFrom([]string{"InternalServerError", "ConcurrentUpdateError", "ResourceThrottled"}).Draw(t, "code")
		}
		_, err := sim.AddFault(f)
		require.NoError(t, err)
	}
	if rapid.IntRange(0, 5).Draw(t, "no instances") == 0 {
		_, err := sim.AddFault(fcsim.Fault{Kind: fcsim.FaultNoInstance, Count: rapid.SampledFrom([]int{3, -1}).Draw(t, "how many")})
		require.NoError(t, err)
	}
}

// subjectServiceStage is ServiceStage, whose pause is shown as the reference has it: that is harder to tell.
func subjectServiceStage() subject {
	simOf := func(w platformtest.World) *servicestagesim.Simulator {
		of, _ := w.(*servicestageworld.World)
		return of.Simulator
	}
	return subject{
		Platform: servicestageworld.Platform(servicestageworld.Form{PauseIsUpgrading: true, MissingIsUnauthorized: true}),
		trouble:  func(t *rapid.T, w platformtest.World) { troubleOfServiceStage(t, simOf(w)) },
		calm:     func(w platformtest.World) { _ = simOf(w).ClearFaults() },
		traffic:  servicestageworld.Headers,
	}
}

// troubleOfServiceStage draws faults of the network and the platform, releases that fail, and jobs that begin late.
func troubleOfServiceStage(t *rapid.T, sim *servicestagesim.Simulator) {
	kinds := []servicestagesim.FaultKind{
		servicestagesim.FaultDropBefore, servicestagesim.FaultDropAfter, servicestagesim.FaultTruncate, servicestagesim.FaultError, servicestagesim.FaultErrorAfter,
	}
	operations := []string{"", "UpdateComponent", "ComponentAction", "GetComponent", "ListComponentRecords", "GetJob"}
	for range rapid.IntRange(0, 4).Draw(t, "faults") {
		f := servicestagesim.Fault{
			Kind:      rapid.SampledFrom(kinds).Draw(t, "kind"),
			Operation: rapid.SampledFrom(operations).Draw(t, "at"),
			Count:     rapid.IntRange(1, 4).Draw(t, "count"),
		}
		if f.Kind == servicestagesim.FaultError || f.Kind == servicestagesim.FaultErrorAfter {
			f.Code = rapid.SampledFrom([]string{"SVCSTG.00100500", "SVCSTG.00100428", "SVCSTG.00100419"}).Draw(t, "code")
		}
		_, err := sim.AddFault(f)
		require.NoError(t, err)
	}
	for _, f := range []servicestagesim.Fault{
		{Kind: servicestagesim.FaultJobFails, Operation: "UpdateComponent", Code: rapid.SampledFrom([]string{"FAILED", "PARTIALLY_FAILED", "ROLLBACKED"}).Draw(t, "status")},
		{Kind: servicestagesim.FaultQueued, Delay: 10 * time.Minute},
	} {
		if rapid.IntRange(0, 3).Draw(t, string(f.Kind)) == 0 {
			_, err := sim.AddFault(f)
			require.NoError(t, err)
		}
	}
}
