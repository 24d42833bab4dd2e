// Package gates measures the gates between batches and of a watch: it probes HTTP addresses and asks
// Prometheus servers, and judges what it finds with package release. Where a gate asks the
// instances of an application, their platform says which there are.
//
// Where a request may go is the operator's decision, not that of who asks for a release:
// only hosts that the configuration allows are asked, redirects included, with POST only
// where it says so, and addresses of cloud metadata services are refused whatever name
// leads to them. What an answer says is judged and never repeated: notes and errors are
// words of this package, but for what the platform says of an instance that fails.
package gates

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"

	"slipway/activities/fault"
	"slipway/release"
)

// Config holds what measuring needs.
type Config struct {
	// Allow lists the hosts that gates may ask with GET and HEAD: "shop.example" (any
	// port), "shop.example:8080", "*.shop.example" (every name below it), an IP address
	// ("192.0.2.7", "[2001:db8::7]:9090") or a prefix of addresses ("192.0.2.0/24",
	// "192.0.2.0/24:9090"). An address in a gate must be allowed as an address; names are
	// not asked for theirs, except that loopback needs an entry that is the loopback
	// address or "localhost".
	//
	// "POST shop.example:8080/checks/run" allows POST, to this path; with a slash at its
	// end, to every path that begins with it. None means that nothing may be asked.
	Allow []string
	// Transport carries the requests out. Unset means one that refuses link-local,
	// metadata and unnamed loopback addresses and uses no proxy; another one answers for
	// this itself.
	Transport http.RoundTripper
	// Instances are those of the platform for which gates with a target are measured; nil where
	// none is.
	Instances Instances
	// Now is the clock by which samples are dated; default [time.Now].
	Now func() time.Time
}

// Gates measures gates. It holds no state: what was measured so far is kept by Temporal.
type Gates struct {
	allowed   allowList
	transport http.RoundTripper
	// unnamed carries requests to instances, which no certificate can name.
	unnamed   http.RoundTripper
	instances Instances
	now       func() time.Time
}

// New returns what measures gates; its error lists every entry of Allow that is none.
func New(c Config) (*Gates, error) {
	allowed, err := parseAllowList(c.Allow)
	if err != nil {
		return nil, err
	}
	g := &Gates{allowed: allowed, transport: c.Transport, unnamed: c.Transport, instances: c.Instances, now: c.Now}
	if g.now == nil {
		g.now = time.Now
	}
	if c.Transport == nil {
		dialer := newDialer(allowed)
		g.transport = guardedTransport(dialer)
		dialer.unnamed = true
		g.unnamed = guardedTransport(dialer)
	}
	return g, nil
}

// Register registers the activities under their names.
func (g *Gates) Register(r worker.ActivityRegistry) {
	g.RegisterMeasure(r)
	r.RegisterActivityWithOptions(g.Check, activity.RegisterOptions{Name: release.CheckGatesActivity})
}

// RegisterMeasure registers the measuring alone: on the task queue of a platform, for gates that
// ask its instances.
func (g *Gates) RegisterMeasure(r worker.ActivityRegistry) {
	r.RegisterActivityWithOptions(g.Measure, activity.RegisterOptions{Name: release.MeasureActivity})
}

// Check reports whether the gates could be measured, without asking anybody: an error of
// type [release.FaultInvalid] names everything that is wrong and every host that is not
// allowed.
func (g *Gates) Check(_ context.Context, in release.CheckGatesInput) error {
	errs := make([]error, len(in.Gates))
	for i, gate := range in.Gates {
		errs[i] = g.check(release.MeasureInput{Gate: gate.WithDefaults()})
	}
	if err := joined(errs); err != nil {
		return invalid(err)
	}
	return nil
}

// Measure takes one sample an attempt. Until the gate has its verdict the attempt fails
// as unchanged and asks for the next one after the gate's interval; what was measured so far
// travels in the heartbeat details. So waiting costs neither history nor a worker, and another
// worker goes on where one died; a watch of a week costs what one of a minute does. A retry
// policy for it limits no attempts.
//
// Its errors have the type [release.FaultInvalid]: a gate that can never be measured,
// such as a host that is not allowed or a query that cannot be read.
func (g *Gates) Measure(ctx context.Context, in release.MeasureInput) (release.GateResult, error) {
	in.Gate = in.Gate.WithDefaults()
	gate := in.Gate
	if err := g.check(in); err != nil {
		return release.GateResult{}, invalid(err)
	}
	s, err := g.sample(ctx, in)
	if ctx.Err() != nil {
		// Canceled or out of time: what was seen says nothing about the application.
		return release.GateResult{}, ctx.Err()
	}
	if err != nil {
		return release.GateResult{}, invalid(fmt.Errorf("gate %s: %w", gate.Name, err))
	}
	measuring, result, done := in.Take(measuredBefore(ctx), s)
	if done {
		return result, nil
	}
	activity.RecordHeartbeat(ctx, measuring)
	if ctx.Err() != nil {
		return release.GateResult{}, ctx.Err()
	}
	return release.GateResult{}, fault.Unchanged(measuring.Text(gate, s), in.Delay(s.At))
}

// check returns why a gate cannot be measured.
func (g *Gates) check(in release.MeasureInput) error {
	err := in.Gate.Validate()
	if err == nil {
		var m meter
		if m, err = g.meterOf(in); err == nil {
			err = m.allowed()
		}
	}
	if err != nil {
		return fmt.Errorf("gate %s: %w", in.Gate.Name, err)
	}
	return nil
}

// sample measures the gate once. Its error tells that the gate can never be measured.
func (g *Gates) sample(ctx context.Context, in release.MeasureInput) (release.Sample, error) {
	m, err := g.meterOf(in)
	if err != nil {
		return release.Sample{}, err
	}
	at := g.now().UTC()
	s, err := m.measure(ctx)
	s.At = at
	return s, err
}

// measuredBefore returns what earlier attempts have measured. Details that cannot be read are
// those of another version of this activity: it measures anew.
func measuredBefore(ctx context.Context) release.Measuring {
	var before release.Measuring
	if !activity.HasHeartbeatDetails(ctx) {
		return before
	}
	if err := activity.GetHeartbeatDetails(ctx, &before); err != nil {
		activity.GetLogger(ctx).Warn("earlier samples cannot be read; starting over", "error", err)
		return release.Measuring{}
	}
	return before
}

func invalid(err error) error { return fault.New(release.FaultInvalid, err.Error()) }
