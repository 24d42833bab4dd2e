package setup

import (
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"slipway/apps"
	"slipway/authority"
	"slipway/authority/people"
	"slipway/console/session"
	"slipway/ledger"
	"slipway/policy"
	"slipway/wire"
)

// ConsoleRole is what a console does, of which follows what it needs.
type ConsoleRole struct {
	// Webhooks are taken, and told of as Identity; empty is nobody in particular.
	Webhooks bool
	Identity string
	// API is served: the console speaks for who has signed in, and reads what it shows.
	API bool
}

// Needs is what the console needs of NATS.
func (c ConsoleRole) Needs(js jetstream.JetStream) *Needs {
	n := &Needs{js: js}
	if c.Webhooks {
		n = ConsoleNeeds(c.Identity)(js)
	}
	if c.API {
		n.list = append(n.list, apiNeeds()...)
	}
	return n
}

// apiNeeds is what the API needs. Nobody of the name probe has a release, and the name of the console is nobody's who signs in.
func apiNeeds() []need {
	as := func(subjects string) string {
		return strings.NewReplacer("*", UserConsole, ">", "probe").Replace(subjects)
	}
	reads := func(stream string) need {
		return need{kind: "stream", name: stream, stream: stream, reads: "DIRECT.GET." + stream, payload: `{"seq":1}`}
	}
	asks := reads(wire.StreamIn)
	asks.writes = as(wire.AllVerifiedRequests)
	return []need{
		asks,
		{kind: "stream", name: wire.StreamIn, stream: wire.StreamIn, writes: as(wire.AllVerifiedCommands)},
		reads(wire.StreamEvents), reads(wire.StreamDeadLetter),
		keyValue(people.Bucket), // of which groups they are
		readOnly(ledger.Bucket), readOnly(apps.Bucket), readOnly(policy.Bucket),
		keyValue(session.Bucket), // who has signed in with a browser
		readNeed(authority.Bucket, authority.Key), readNeed(wire.CalendarBucket, "calendar"),
	}
}
