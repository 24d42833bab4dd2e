package fault

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"slipway/cloudapi"
	"slipway/devstack/chaos/system"
	"slipway/internal/simframe"
	"slipway/release"
	"slipway/saeclient"
)

// Done is a fault that was carried out.
type Done struct {
	Fault

	Began time.Time `json:"began"`
	// Ended is when all was well again: the part ready, the link healed.
	Ended time.Time `json:"ended"`
	// Fired is how often a fault of a platform happened.
	Fired int `json:"fired,omitempty"`
	// Problem is why it was not carried out, or not ended by itself; empty where all went as planned.
	Problem string `json:"problem,omitempty"`
}

// endTimeout bounds how long a part may take to be ready after a fault.
const endTimeout = 2 * time.Minute

// Carry carries a plan out, and returns when the last fault has ended, or ctx has: then all faults end at once.
func Carry(ctx context.Context, s *system.System, plan []Fault) []Done {
	done := make([]Done, len(plan))
	began := time.Now()
	var all sync.WaitGroup
	for i, f := range plan {
		all.Go(func() {
			done[i] = Done{Fault: f}
			if cloudapi.Sleep(ctx, time.Until(began.Add(f.At))) != nil {
				done[i].Problem = "the run ended before"
				return
			}
			carryOne(ctx, s, &done[i])
		})
	}
	all.Wait()
	return slices.DeleteFunc(done, func(d Done) bool { return d.Began.IsZero() })
}

func carryOne(ctx context.Context, s *system.System, d *Done) {
	c := carrier{s, d}
	d.Began = time.Now()
	if err := c.begin(ctx); err != nil {
		d.Problem = err.Error()
	}
	_ = cloudapi.Sleep(ctx, d.For) // a run that ends ends its faults
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	if err := c.end(end); err != nil {
		d.Problem = errors.Join(errors.New(d.Problem), err).Error()
	}
	d.Ended = time.Now()
}

// carrier carries one fault out.
type carrier struct {
	*system.System

	done *Done
}

func (c carrier) begin(ctx context.Context) (err error) {
	f := c.done.Fault
	switch f.Kind {
	case KindKill:
		return c.Part(f.Target).Kill()
	case KindPause:
		return c.Part(f.Target).Pause()
	case KindCut:
		return c.Link(f.Target).Cut()
	case KindDelay:
		return c.Link(f.Target).Delay(f.By)
	case KindReset:
		return c.Link(f.Target).Reset()
	case KindAhead:
		_, err = c.controls().Advance(ctx, f.By)
		return err
	case KindPlatform:
		c.done.Platform, err = c.controls().AddFault(ctx, f.Platform)
		return err
	default:
		return fmt.Errorf("fault: %q is no kind", f.Kind)
	}
}

func (c carrier) end(ctx context.Context) error {
	f := c.done.Fault
	switch f.Kind {
	case KindKill:
		return errors.Join(c.Part(f.Target).Start(), c.Part(f.Target).AwaitReady(ctx))
	case KindPause:
		return errors.Join(c.Part(f.Target).Continue(), c.Part(f.Target).AwaitReady(ctx))
	case KindCut, KindDelay, KindReset:
		return c.Link(f.Target).Heal(ctx)
	case KindPlatform:
		return c.endPlatform(ctx)
	case KindAhead: // no clock goes back
	}
	return nil
}

// controls are those of the simulator that the fault is of.
func (c carrier) controls() simframe.AdminClient {
	return Controls(c.Access())[release.Platform(c.done.Target)]
}

// Controls are those of all simulators.
func Controls(a system.Access) map[release.Platform]simframe.AdminClient {
	return map[release.Platform]simframe.AdminClient{
		release.PlatformSAE: a.SAESim.AdminClient, release.PlatformFC: a.FCSim.AdminClient, release.PlatformServiceStage: a.ServiceStageSim.AdminClient,
	}
}

// askAgain is how long a simulator that is away is left alone.
const askAgain = 500 * time.Millisecond

// endPlatform takes a fault back, which the simulator keeps while it is away, and lets nobody wait for an approval any more.
func (c carrier) endPlatform(ctx context.Context) error {
	if c.done.Platform.ID == 0 {
		return nil // it was not arranged
	}
	for {
		err := c.takeBack(ctx)
		if err == nil || cloudapi.Sleep(ctx, askAgain) != nil {
			return err
		}
	}
}

func (c carrier) takeBack(ctx context.Context) error {
	faults, err := c.controls().Faults(ctx)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(faults, func(f simframe.Fault) bool { return f.ID == c.done.Platform.ID }); i >= 0 {
		c.done.Fired = faults[i].Fired
		if err := c.controls().RemoveFault(ctx, c.done.Platform.ID); err != nil {
			return err
		}
	}
	if release.Platform(c.done.Target) == release.PlatformSAE {
		return approveAll(ctx, c.Access())
	}
	return nil
}

// approveAll approves all that waits for an approval of the platform.
func approveAll(ctx context.Context, a system.Access) error {
	apps, err := a.SAESim.Apps(ctx)
	if err != nil {
		return err
	}
	for _, app := range apps {
		orders, err := a.SAESim.Orders(ctx, app.ID)
		if err != nil {
			return err
		}
		for _, o := range orders {
			if o.Status != saeclient.ChangeOrderWaitApproval {
				continue
			}
			if err := a.SAESim.Approve(ctx, o.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// Rest ends whatever is left of faults: all parts run, all links are healed, and no simulator has a fault.
func Rest(ctx context.Context, s *system.System) error {
	problems := []error{s.Calm(ctx)}
	for _, controls := range Controls(s.Access()) {
		problems = append(problems, controls.ClearFaults(ctx))
	}
	return errors.Join(append(problems, approveAll(ctx, s.Access()))...)
}
