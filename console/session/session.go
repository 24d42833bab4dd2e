package session

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"golang.org/x/time/rate"

	"slipway/console/access"
	"slipway/console/problem"
	"slipway/internal/bucketdoc"
	"slipway/internal/ratelimit"
)

// DefaultTime is how long a session lasts where nothing else is said.
const DefaultTime = 12 * time.Hour

// The limits of a [Manager].
const (
	// answerTime is how long NATS has for an answer.
	answerTime = 5 * time.Second
	// maxLookups is how many sessions are looked up at once: what others forge is no load on NATS.
	maxLookups = 32
	// maxIdentities is of how many identities it is remembered how often they have signed in.
	maxIdentities = 10_000
	// beginEvery is how often one identity may begin a session in the long run, and beginAtOnce how often together.
	beginEvery  = time.Minute
	beginAtOnce = 50
	// retryAfter is when to ask again where NATS does not answer.
	retryAfter = 5 * time.Second
)

// Config says what a [Manager] stands on.
type Config struct {
	// JetStream has the bucket, see [Ensure]; false while NATS was not reached yet.
	JetStream func() (jetstream.JetStream, bool)
	// Tokens are those that people sign in with; nil are none.
	Tokens *access.Tokens
	// Secure says that browsers reach the console over https, and no other way: they keep the cookie for that alone.
	Secure bool
	// Time is how long a session lasts, up to [MaxTime]; zero is [DefaultTime].
	Time time.Duration
	// Now is the time; nil is that of the machine.
	Now func() time.Time
	// Logger tells who has signed in and out, and why sessions cannot be looked up. No cookie is logged.
	Logger zerolog.Logger
}

// Manager begins, finds and ends sessions. Its methods may be called concurrently. A session that another console has ended counts here
// for some seconds more.
type Manager struct {
	cfg     Config
	cache   *cache
	begins  *ratelimit.Keyed
	lookups chan struct{}
}

// New returns the sessions in a bucket.
func New(cfg Config) *Manager {
	if cfg.Time == 0 {
		cfg.Time = DefaultTime
	}
	cfg.Time = min(cfg.Time, MaxTime)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Manager{
		cfg: cfg, cache: newCache(), begins: ratelimit.NewKeyed(rate.Every(beginEvery), beginAtOnce, maxIdentities), lookups: make(chan struct{}, maxLookups),
	}
}

// Begin begins a session of somebody who has signed in, and sets its cookie. The error is a [problem.Problem]: too many sessions, or NATS
// does not answer.
func (m *Manager) Begin(ctx context.Context, w http.ResponseWriter, p access.Person, how How) error {
	if err := access.IdentityFault(p.Identity); err != nil {
		return problem.New(http.StatusForbidden, "%v", err)
	}
	now := m.cfg.Now().UTC()
	if wait := m.begins.Take(p.Identity, now); wait > 0 {
		late := problem.New(http.StatusTooManyRequests, "%s has signed in too often", p.Identity)
		late.RetryAfter = wait
		return late
	}
	secret := newSecret()
	key := keyOf(secret)
	s := stored{Identity: p.Identity, Groups: p.Groups, By: how.by, Token: how.token, Since: now, Until: now.Add(m.cfg.Time)}
	err := m.ask(ctx, func(ctx context.Context, js jetstream.JetStream) error {
		_, err := documents(js).Edit(ctx, key, func(bucketdoc.Document[stored]) (stored, error) { return s, nil })
		return err
	})
	if err != nil {
		return err
	}
	m.cache.keep(key, s, now)
	http.SetCookie(w, m.cookie(secret, m.cfg.Time))
	m.cfg.Logger.Info().Str("identity", p.Identity).Str("by", string(how.by)).Msg("signed in")
	return nil
}

// Find implements [access.Sessions].
func (m *Manager) Find(r *http.Request) (access.Person, error) {
	key, given := m.read(r)
	if !given {
		return access.Person{}, access.ErrNone
	}
	s, err := m.look(r.Context(), key)
	if err != nil {
		return access.Person{}, err
	}
	return access.Person{Identity: s.Identity, Groups: s.Groups}, nil
}

// End ends the session that a request brings, if any, and takes the cookie away. The error is a [problem.Problem]: NATS does not answer,
// and the session and the cookie are as before.
func (m *Manager) End(ctx context.Context, w http.ResponseWriter, r *http.Request) error {
	key, _ := m.read(r)
	s, err := m.look(ctx, key)
	switch {
	case err == nil:
		if err := m.delete(ctx, key); err != nil {
			return err
		}
		m.cfg.Logger.Info().Str("identity", s.Identity).Msg("signed out")
	case !errors.Is(err, access.ErrEnded):
		return err
	}
	http.SetCookie(w, m.cookie("", 0))
	return nil
}

// EndAll ends all sessions of an identity. The error is that of [Manager.End]: some of them may have ended.
func (m *Manager) EndAll(ctx context.Context, identity string) error {
	var keys []string
	err := m.ask(ctx, func(ctx context.Context, js jetstream.JetStream) error {
		return bucketdoc.Scan(ctx, js, Bucket, func(key string, r bucketdoc.Revision) {
			if s, err := decode(key, r); err == nil && s.Identity == identity {
				keys = append(keys, key)
			}
		})
	})
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := m.delete(ctx, key); err != nil {
			return err
		}
	}
	m.cfg.Logger.Info().Str("identity", identity).Int("sessions", len(keys)).Msg("signed out everywhere")
	return nil
}

// look returns the session of a key. The error is [access.ErrEnded], or a [problem.Problem] where NATS does not answer.
func (m *Manager) look(ctx context.Context, key string) (stored, error) {
	if key == "" {
		return stored{}, access.ErrEnded
	}
	now := m.cfg.Now()
	found, known := m.cache.find(key, now)
	if !known {
		var d bucketdoc.Document[stored]
		err := m.ask(ctx, func(ctx context.Context, js jetstream.JetStream) (err error) {
			d, err = documents(js).Get(ctx, key)
			return err
		})
		if err != nil {
			return stored{}, err
		}
		found = cached{session: d.Value}
		found.ended = !d.Exists() || !m.cache.keep(key, d.Value, now)
	}
	if found.ended || !m.counts(found.session, now) {
		return stored{}, access.ErrEnded
	}
	return found.session, nil
}

// counts reports whether a session lasts, and the token with which it was begun.
func (m *Manager) counts(s stored, now time.Time) bool {
	if !now.Before(s.Until) {
		return false
	}
	if s.By != byToken {
		return true
	}
	if m.cfg.Tokens == nil {
		return false
	}
	p, err := m.cfg.Tokens.FindDigest(s.Token)
	return err == nil && p.Identity == s.Identity
}

// delete ends a session, here at once.
func (m *Manager) delete(ctx context.Context, key string) error {
	err := m.ask(ctx, func(ctx context.Context, js jetstream.JetStream) error { return documents(js).Delete(ctx, key) })
	if err == nil {
		m.cache.end(key, m.cfg.Now())
	}
	return err
}

// Why NATS is not asked at all.
var (
	errNotReached   = errors.New("NATS was not reached yet")
	errNotConnected = errors.New("NATS is not connected")
)

// ask asks NATS, for a bounded time and not too much at once. The error is [access.ErrEnded], or a [problem.Problem].
func (m *Manager) ask(ctx context.Context, do func(context.Context, jetstream.JetStream) error) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	err := m.askOnce(ctx, do)
	if err == nil || errors.Is(err, access.ErrEnded) {
		return err
	}
	m.cfg.Logger.Warn().Err(err).Msg("sessions cannot be looked up")
	away := problem.New(http.StatusServiceUnavailable, "NATS, which has the sessions, does not answer, or was not set up; to see what is missing: slipway doctor")
	away.RetryAfter = retryAfter
	return away
}

func (m *Manager) askOnce(ctx context.Context, do func(context.Context, jetstream.JetStream) error) error {
	js, reached := m.cfg.JetStream()
	if !reached {
		return errNotReached
	}
	if !js.Conn().IsConnected() {
		return errNotConnected
	}
	select {
	case m.lookups <- struct{}{}:
		defer func() { <-m.lookups }()
		return do(ctx, js)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// documents are the sessions in the bucket.
func documents(js jetstream.JetStream) bucketdoc.Bucket[stored] {
	return bucketdoc.Bucket[stored]{JetStream: js, Name: Bucket, Decode: decode}
}
