package hooks

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"golang.org/x/time/rate"

	"slipway/wire"
)

// MinSecret is the length of the shortest secret, in characters.
const MinSecret = 32

// DefaultRate and DefaultBurst are how many requests of one sender are taken.
const (
	DefaultRate  rate.Limit = 50
	DefaultBurst int        = 1000
)

// AnySender is in the place of a sender's name where all are meant.
const AnySender = ""

// Config says whose webhooks a [Server] takes.
type Config struct {
	// Addr is the "host:port" to listen on; port 0 is any free one.
	Addr string
	// PathSecrets are what stands in the path, by sender. Those of [AnySender] are of every sender that has none of its own.
	// Several are for a while in which one takes the place of another.
	PathSecrets map[string][]string
	// Senders are those whose webhooks are taken, each with the secrets by which it proves who it is: harbor and cdevents
	// send a token, generic signs with a key. Acr and dockerhub can prove nothing, and have none.
	Senders map[string][]string
	// Identity is the user of NATS as which pushes are published where nobody else may; empty publishes them where anybody
	// may.
	Identity string
	// Publish stores a message, and reports whether it was not there already; see [ToJetStream].
	Publish func(context.Context, *nats.Msg) (stored bool, err error)
	// Rate is how many requests of one sender are taken within a second, and Burst how many at once; the defaults
	// are [DefaultRate] and [DefaultBurst].
	Rate  rate.Limit
	Burst int
	// Now is the time; nil is that of the machine.
	Now func() time.Time
	// Metrics takes the counters; nil counts nowhere.
	Metrics prometheus.Registerer
	// Logger tells what was taken and what was refused.
	Logger zerolog.Logger
}

// ToJetStream publishes to the stream of requests, and returns once it has the message. While NATS is away it
// returns at once.
func ToJetStream(js jetstream.JetStream) func(context.Context, *nats.Msg) (stored bool, err error) {
	return func(ctx context.Context, msg *nats.Msg) (bool, error) {
		if !js.Conn().IsConnected() {
			return false, errors.New("not connected to NATS")
		}
		ack, err := js.PublishMsg(ctx, msg, jetstream.WithExpectStream(wire.StreamIn))
		if err != nil {
			return false, err
		}
		return !ack.Duplicate, nil
	}
}

// secretPattern is what can stand in a path and a header as it is.
var secretPattern = regexp.MustCompile(`^[A-Za-z0-9_.~-]+$`)

// IsSecret reports whether a text can be a secret: it is long enough, and can stand in a path and a header.
func IsSecret(text string) bool { return len(text) >= MinSecret && secretPattern.MatchString(text) }

// Proves reports whether a sender can prove who it is, for which it needs a secret.
func Proves(sender string) bool {
	return sender == wire.SenderHarbor || sender == wire.SenderGeneric || sender == wire.SenderCDEvents
}

// pathSecrets are those of a sender.
func (c Config) pathSecrets(sender string) []string {
	if own := c.PathSecrets[sender]; len(own) > 0 {
		return own
	}
	return c.PathSecrets[AnySender]
}

func (c Config) withDefaults() Config {
	if c.Rate == 0 {
		c.Rate = DefaultRate
	}
	if c.Burst == 0 {
		c.Burst = DefaultBurst
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

func (c Config) validate() error {
	var problems []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			problems = append(problems, fmt.Errorf("hooks: "+format, args...))
		}
	}
	refuse(c.Publish == nil, "Config.Publish is missing")
	for sender, secrets := range c.PathSecrets {
		_, taken := c.Senders[sender]
		refuse(!taken && sender != AnySender, "Config.PathSecrets has some of %.100q, whose webhooks are not taken", sender)
		for _, secret := range secrets {
			refuse(!IsSecret(secret), "each of Config.PathSecrets has %d characters or more of A-Z a-z 0-9 . _ ~ -", MinSecret)
		}
	}
	refuse(len(c.Senders) == 0, "Config.Senders is missing: nobody's webhooks would be taken")
	for sender, secrets := range c.Senders {
		refuse(!slices.Contains(wire.Senders(), sender), "Config.Senders has %.100q, which is none of %s", sender, strings.Join(wire.Senders(), ", "))
		refuse(len(c.pathSecrets(sender)) == 0, "Config.PathSecrets has none for %s", sender)
		refuse(Proves(sender) != (len(secrets) > 0), "Config.Senders has no secret of %s where it needs one, or one where it can prove nothing", sender)
		for _, secret := range secrets {
			refuse(!IsSecret(secret), "each secret of %s has %d characters or more of A-Z a-z 0-9 . _ ~ -", sender, MinSecret)
		}
	}
	if c.Identity != "" {
		if err := wire.IdentityFault(c.Identity); err != nil {
			problems = append(problems, fmt.Errorf("hooks: Config.Identity: %w", err))
		}
	}
	return errors.Join(problems...)
}
