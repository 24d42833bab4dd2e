package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway/cmd/slipway/internal/connect"
	"slipway/setup"
	"slipway/wire"
)

const remedySetup = "slipway setup"

// Bus is NATS as it is checked. Each check has a connection of its own, so that a right that
// is denied is known to be its.
type Bus struct {
	Options connect.NATSOptions
	// ConsoleIdentity is who a console is on NATS; empty is nobody in particular.
	ConsoleIdentity string

	// connected tells the other checks, which would wait in vain for a server that is away.
	connected atomic.Bool
}

// Connection checks that NATS answers, and where. It must have run before the others do.
func (b *Bus) Connection() Check {
	return one("NATS", func(ctx context.Context) Finding {
		conn, err := connect.NATS(ctx, b.Options, "slipway doctor")
		if err != nil {
			return broken(err, remedyNATS)
		}
		defer conn.Close()
		b.connected.Store(true)
		return ok("%s, server version %s", b.Options.Where(), conn.ConnectedServerVersion())
	})
}

// Checks are those that need a connection.
func (b *Bus) Checks() []Check {
	checks := []Check{b.check("JetStream", jetStream)}
	for _, s := range setup.Stores() {
		checks = append(checks, b.check(s.Kind+" "+s.Name, func(ctx context.Context, js jetstream.JetStream) Finding {
			e, err := setup.Examine(ctx, js, s)
			return judgeStore(ctx, e, err)
		}))
	}
	return append(
		checks,
		b.check("rights of a starter", func(ctx context.Context, js jetstream.JetStream) Finding {
			return judgeRights(setup.StarterNeeds(js).Missing(ctx))
		}),
		b.check("rights of a worker", func(ctx context.Context, js jetstream.JetStream) Finding {
			return judgeRights(setup.WorkerNeeds(js).Missing(ctx))
		}),
		b.check("rights of a console", func(ctx context.Context, js jetstream.JetStream) Finding {
			return judgeRights(setup.ConsoleNeeds(b.ConsoleIdentity)(js).Missing(ctx))
		}),
		b.check("rights of a notifier", func(ctx context.Context, js jetstream.JetStream) Finding {
			return judgeRights(setup.NotifierNeeds(js).Missing(ctx))
		}),
		b.check("starter, requests", consumer(wire.StreamIn, wire.ConsumerRequests, "starter")),
		b.check("starter, commands", consumer(wire.StreamIn, wire.ConsumerCommands, "starter")),
		b.check("starter, pushes", consumer(wire.StreamIn, wire.ConsumerPushes, "starter")),
		b.check("notifier, events", notifier),
		b.check("dead letters", deadLetters),
		b.check("clock", clock),
	)
}

// check makes a check that finds one thing, see [Bus.several].
func (b *Bus) check(name string, run func(context.Context, jetstream.JetStream) Finding) Check {
	return b.several(name, func(ctx context.Context, js jetstream.JetStream) []Finding { return []Finding{run(ctx, js)} })
}

// several makes a check with a connection of its own, which ends once a right is denied.
func (b *Bus) several(name string, run func(context.Context, jetstream.JetStream) []Finding) Check {
	return Check{name, func(ctx context.Context) []Finding {
		if !b.connected.Load() {
			return []Finding{skipped("NATS is not connected")}
		}
		var denials connect.Denials
		conn, err := connect.NATS(ctx, b.Options, "slipway doctor", denials.Option())
		if err != nil {
			return []Finding{broken(err, "look at the servers of NATS: one of them has just answered")}
		}
		defer conn.Close()
		js, err := b.Options.JetStream(conn)
		if err != nil {
			return []Finding{failed(connect.Explain(err), "check the NATS context")}
		}
		ctx, end := denials.Watch(ctx)
		defer end()
		return run(ctx, js)
	}}
}

// because prefers why a context has ended to what came of it.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func noJetStream(err error) bool {
	return errors.Is(err, setup.ErrNoJetStream) || errors.Is(err, nats.ErrNoResponders) ||
		errors.Is(err, jetstream.ErrJetStreamNotEnabled) || errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount)
}

// jetStream asks for a stream: any answer will do.
func jetStream(ctx context.Context, js jetstream.JetStream) Finding {
	_, err := js.Stream(ctx, wire.StreamIn)
	switch {
	case err == nil, errors.Is(err, jetstream.ErrStreamNotFound):
		return ok("enabled")
	case noJetStream(err):
		return failed("is not enabled: "+connect.Explain(err), "start nats-server with -js, or enable it for the account")
	}
	return broken(because(ctx, err), remedyNATS)
}

// remedyNATS is the remedy for a server that gave no answer.
const remedyNATS = "look at the servers of NATS: nats server check jetstream"

func judgeStore(ctx context.Context, e setup.Examined, err error) Finding {
	switch {
	case noJetStream(err):
		return skipped("JetStream is not enabled")
	case err != nil && e.Exists:
		return failed(connect.Explain(err), "change it as it says")
	case err != nil:
		return broken(because(ctx, err), remedyNATS)
	case !e.Exists:
		return failed("does not exist", remedySetup)
	case len(e.Differences) > 0:
		return failed(strings.Join(e.Differences, "; "), remedySetup)
	}
	return ok("as setup makes it; messages: %d", e.Messages)
}

// judgeRights judges the rights of the user who asks, which need not be those of the role. What
// does not exist is told elsewhere.
func judgeRights(err error) Finding {
	if err == nil {
		return ok("this user has all of them")
	}
	var missing []string
	late := false
	for line := range strings.SplitSeq(err.Error(), "\n") {
		switch {
		case strings.Contains(line, context.DeadlineExceeded.Error()):
			late = true
		case !strings.Contains(line, "slipway setup"):
			missing = append(missing, line)
		}
	}
	switch {
	case len(missing) == 0 && late:
		return warning("not all of them could be tried: NATS gave no answer in time", remedyNATS)
	case len(missing) == 0:
		return skipped("what does not exist cannot be tried")
	}
	return warning("this user lacks some: "+strings.Join(missing, "; "),
		"allow the user of the role what the page operations lists under permissions; if that is another one than this, see its /readyz")
}

// The bounds of what is normal for a consumer.
const (
	// activeTime is how long ago a role was at work that may still be there.
	activeTime = 2 * time.Minute
	// manyWait is how many messages wait where something stands still.
	manyWait = 100
)

// consumer checks that a role waits for the messages of a consumer.
func consumer(stream, name, role string) func(context.Context, jetstream.JetStream) Finding {
	return func(ctx context.Context, js jetstream.JetStream) Finding {
		c, err := js.Consumer(ctx, stream, name)
		var info *jetstream.ConsumerInfo
		if err == nil {
			info = c.CachedInfo()
		}
		return judgeConsumer(ctx, role, info, err)
	}
}

// notifier checks that events are taken to channels, where there has ever been a notifier: nobody needs one.
func notifier(ctx context.Context, js jetstream.JetStream) Finding {
	_, err := js.Consumer(ctx, wire.StreamEvents, wire.ConsumerNotifier)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		return ok("no notifier has ever run, and nobody needs one")
	}
	return consumer(wire.StreamEvents, wire.ConsumerNotifier, "notifier")(ctx, js)
}

func judgeConsumer(ctx context.Context, role string, info *jetstream.ConsumerInfo, err error) Finding {
	remedy := "start one: slipway " + role
	switch {
	case errors.Is(err, jetstream.ErrConsumerNotFound):
		return failed("no "+role+" has ever run: its consumer does not exist", remedy)
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return skipped("the stream of its messages does not exist")
	case noJetStream(err):
		return skipped("JetStream is not enabled")
	case err != nil:
		return broken(because(ctx, err), remedyNATS)
	}
	waiting := info.NumPending + uint64(max(info.NumAckPending, 0))
	lag := fmt.Sprintf("messages that are not settled: %d", waiting)
	last := info.Delivered.Last
	active := last != nil && info.TimeStamp.Sub(*last) < activeTime
	switch {
	case info.NumWaiting == 0 && !active:
		return failed("no "+role+" asks for messages; "+lag, remedy)
	case waiting >= manyWait:
		return warning(lag, "see the log of the "+role+" for what is not accepted, and the other checks here")
	case info.NumWaiting == 0:
		return ok("a %s was at work %s ago; %s", role, info.TimeStamp.Sub(*last).Truncate(time.Second), lag)
	}
	return ok("%ss wait for messages; %s", role, lag)
}

const (
	// letterTime is how far back dead letters are counted, and manyLetters how many.
	letterTime  = 24 * time.Hour
	manyLetters = 1000
)

func deadLetters(ctx context.Context, js jetstream.JetStream) Finding {
	found, more, err := wire.NewDeadLetters(js).List(ctx, wire.LetterFilter{Since: time.Now().Add(-letterTime), Limit: manyLetters})
	return judgeLetters(ctx, len(found), more, err)
}

func judgeLetters(ctx context.Context, count int, more bool, err error) Finding {
	number := fmt.Sprint(count)
	if more {
		number = "more than " + number
	}
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound), noJetStream(err):
		return skipped("stream %s does not exist", wire.StreamDeadLetter)
	case err != nil:
		f := broken(because(ctx, err), remedyNATS)
		return warning("cannot be counted: "+f.Found, f.Remedy)
	case count > 0:
		return warning(number+" in the last day", "slipway deadletter list --since 24h")
	}
	return ok("none in the last day")
}

// maxSkew is by how much two clocks may differ: events and freezes are told to the second.
const maxSkew = 5 * time.Second

func clock(ctx context.Context, js jetstream.JetStream) Finding {
	asked := time.Now()
	stream, err := js.Stream(ctx, wire.StreamIn)
	if err != nil {
		return skipped("the server does not tell its time")
	}
	return judgeClock(stream.CachedInfo().TimeStamp, asked, time.Now())
}

// judgeClock compares a server's time with this machine's, before and after the question.
func judgeClock(server, asked, answered time.Time) Finding {
	skew := time.Duration(0)
	switch {
	case server.IsZero():
		return skipped("the server does not tell its time")
	case server.Before(asked):
		skew = server.Sub(asked)
	case server.After(answered):
		skew = server.Sub(answered)
	}
	if skew.Abs() > maxSkew {
		return warning(fmt.Sprintf("the clock of NATS is %s off the one of this machine", skew.Round(time.Second)),
			"set both by NTP: freezes and schedules go by the clocks of the workers")
	}
	return ok("within %s of the one of NATS", maxSkew)
}
