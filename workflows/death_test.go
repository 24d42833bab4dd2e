package workflows_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"

	"slipway/release"
)

// death lets workers die between any two lines that make a difference outside: before
// or after any call to the platform. What they have done stays done, what they would
// have answered is lost, and the server tries the attempt again when its time is up.
type death struct {
	interceptor.WorkerInterceptorBase

	transport http.Transport
	// platform is the one whose verbs are mortal, and sends carries the calls of its verbs; nil
	// carries them as they are.
	platform release.Platform
	sends    func(verb string, r *http.Request) (*http.Response, error)

	mu sync.Mutex
	// strikes answers at each moment whether the worker dies now; nil never.
	strikes func() bool
}

// life is one attempt of an activity.
type life struct {
	verb string

	mu   sync.Mutex
	over bool
}

type lifeKey struct{}

// silence is after what time without a heartbeat a worker counts as dead.
const silence = 10 * time.Second

var errDead = errors.New("the worker is dead")

func (d *death) strike() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.strikes != nil && d.strikes()
}

// ends reports whether the worker is dead, or dies now.
func (d *death) ends(l *life) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.over {
		l.over = d.strike()
	}
	return l.over
}

// RoundTrip carries a call of a living worker out.
func (d *death) RoundTrip(r *http.Request) (*http.Response, error) {
	l, mortal := r.Context().Value(lifeKey{}).(*life)
	if !mortal {
		return d.transport.RoundTrip(r)
	}
	if d.ends(l) {
		return nil, errDead
	}
	answer, err := d.send(l.verb, r)
	if d.ends(l) {
		if err == nil {
			err = errors.Join(errDead, answer.Body.Close())
		}
		return nil, err
	}
	return answer, err
}

// send makes a call, unless somebody else does.
func (d *death) send(verb string, r *http.Request) (*http.Response, error) {
	if d.sends == nil {
		return d.transport.RoundTrip(r)
	}
	return d.sends(verb, r)
}

func (d *death) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &mortal{ActivityInboundInterceptorBase: interceptor.ActivityInboundInterceptorBase{Next: next}, death: d}
}

// mortal is an activity whose worker may die.
type mortal struct {
	interceptor.ActivityInboundInterceptorBase

	death *death
}

func (m *mortal) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	verb, mortal := strings.CutPrefix(activity.GetInfo(ctx).ActivityType.Name, string(m.death.platform)+".")
	if !mortal {
		return m.Next.ExecuteActivity(ctx, in)
	}
	l := &life{verb: verb}
	out, err := m.Next.ExecuteActivity(context.WithValue(ctx, lifeKey{}, l), in)
	if m.death.ends(l) {
		return nil, temporal.NewApplicationErrorWithOptions(errDead.Error(), "TemporalTimeout:Heartbeat", temporal.ApplicationErrorOptions{
			NextRetryDelay: silence, // the server notices when heartbeats stay away
		})
	}
	return out, err
}
