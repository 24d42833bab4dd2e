package access

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/time/rate"

	"slipway/console/problem"
	"slipway/internal/ratelimit"
)

// The limits of a [Door] by default.
const (
	DefaultRate    rate.Limit = 20
	DefaultBurst   int        = 200
	DefaultAtOnce  int        = 64
	DefaultFailing rate.Limit = 1
	DefaultFailed  int        = 20
)

// The most addresses whose failures are remembered, and identities whose requests are.
const (
	maxAddresses  = 10_000
	maxIdentities = 10_000
)

// busyAfter is when to ask again where too many requests are under way.
const busyAfter = 5 * time.Second

// Sessions are those of people who have signed in with a browser.
type Sessions interface {
	// Find returns whose session a request brings. The error is [ErrNone] where it brings none, [ErrEnded] where it is none that counts,
	// and a [problem.Problem] where nobody can say that now.
	Find(r *http.Request) (Person, error)
}

// DoorConfig says who is let in, and how often.
type DoorConfig struct {
	// Tokens are those of the signed in; nil are none.
	Tokens *Tokens
	// Sessions are those of browsers; nil are none. A request that brings a token, too, is that of whose the token is.
	Sessions Sessions
	// Rate is how many requests of one identity are taken within a second, Burst how many together, and AtOnce how many may be
	// under way; the defaults are [DefaultRate], [DefaultBurst] and [DefaultAtOnce].
	Rate          rate.Limit
	Burst, AtOnce int
	// Failing is how many requests without a token or a session that counts are answered within a second with what is wrong, for each
	// address, and Failed how many together; the defaults are [DefaultFailing] and [DefaultFailed].
	Failing rate.Limit
	Failed  int
	// Now is the time; nil is that of the machine.
	Now func() time.Time
	// Logger tells who was not let in. Nothing of a token or a session is logged.
	Logger zerolog.Logger
}

func (c DoorConfig) withDefaults() DoorConfig {
	if c.Rate == 0 {
		c.Rate = DefaultRate
	}
	if c.Burst == 0 {
		c.Burst = DefaultBurst
	}
	if c.AtOnce == 0 {
		c.AtOnce = DefaultAtOnce
	}
	if c.Failing == 0 {
		c.Failing = DefaultFailing
	}
	if c.Failed == 0 {
		c.Failed = DefaultFailed
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// Door lets those in who have a token or a session, and tells what stands behind it who they are, see [Of]. What others try without one does
// not count against them.
type Door struct {
	cfg      DoorConfig
	requests *ratelimit.Keyed
	failures *ratelimit.Keyed

	mu sync.Mutex
	// under is how many requests of an identity are under way.
	under map[string]int
}

// NewDoor returns a door.
func NewDoor(cfg DoorConfig) *Door {
	cfg = cfg.withDefaults()
	return &Door{
		cfg: cfg, under: map[string]int{},
		requests: ratelimit.NewKeyed(cfg.Rate, cfg.Burst, maxIdentities), failures: ratelimit.NewKeyed(cfg.Failing, cfg.Failed, maxAddresses),
	}
}

// Handler lets requests through to next that bring the token of somebody, as Authorization: Bearer, or a session.
func (d *Door) Handler(next http.Handler) http.Handler { return d.guard(next, d.refuse, write) }

// Tell answers a request with why it is refused.
type Tell func(http.ResponseWriter, *http.Request, problem.Problem)

func write(w http.ResponseWriter, _ *http.Request, p problem.Problem) { p.Write(w) }

// Pages is [Door.Handler] for pages: who has not signed in is answered by signIn, and who is refused otherwise by tell; nil writes the
// problem itself.
func (d *Door) Pages(next, signIn http.Handler, tell Tell) http.Handler {
	if tell == nil {
		tell = write
	}
	return d.guard(next, func(w http.ResponseWriter, r *http.Request, err error) {
		if !errors.Is(err, ErrNone) { // who comes for the first time has tried nothing
			if p, late := d.fail(r, err); late {
				tell(w, r, p)
				return
			}
		}
		signIn.ServeHTTP(w, r)
	}, tell)
}

// Attempt returns who a token is of that a form has. Failures count as those of requests do. The error is a [problem.Problem].
func (d *Door) Attempt(r *http.Request, token string) (Person, error) {
	if d.cfg.Tokens == nil {
		return Person{}, problem.New(http.StatusUnauthorized, "%v", errNoTokens)
	}
	who, err := d.cfg.Tokens.Find(strings.TrimSpace(token))
	if err == nil {
		return who, nil
	}
	if p, late := d.fail(r, err); late {
		return Person{}, p
	}
	return Person{}, problem.New(http.StatusUnauthorized, "%v", err)
}

// guard lets requests through to next; who has not signed in is answered by refuse, and
// who has to wait, or of whom nobody can say it, by tell.
func (d *Door) guard(next http.Handler, refuse func(http.ResponseWriter, *http.Request, error), tell Tell) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, err := d.find(r)
		if p, unsure := errors.AsType[problem.Problem](err); unsure {
			tell(w, r, p)
			return
		}
		if err != nil {
			refuse(w, r, err)
			return
		}
		if wait := d.requests.Take(who.Identity, d.cfg.Now()); wait > 0 {
			tell(w, r, tooMany(wait, "too many requests of "+who.Identity))
			return
		}
		if !d.enter(who.Identity) {
			tell(w, r, tooMany(busyAfter, "too many requests of "+who.Identity+" are under way"))
			return
		}
		defer d.leave(who.Identity)
		next.ServeHTTP(w, r.WithContext(Whether(With(r.Context(), who), func() bool { return d.counts(r, who) })))
	})
}

// counts reports whether a request that was let in would be so again. Nobody is put out while nobody can say that.
func (d *Door) counts(r *http.Request, as Person) bool {
	who, err := d.find(r)
	if _, unsure := errors.AsType[problem.Problem](err); unsure {
		return true
	}
	return err == nil && who.Identity == as.Identity
}

func (d *Door) enter(identity string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.under[identity] >= d.cfg.AtOnce {
		return false
	}
	d.under[identity]++
	return true
}

func (d *Door) leave(identity string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.under[identity]--; d.under[identity] == 0 {
		delete(d.under, identity)
	}
}

var (
	// ErrNone is a request that brings neither a token nor a session.
	ErrNone = errors.New("there is no token")
	// ErrEnded is a session that has ended, or that there never was.
	ErrEnded = errors.New("the session has ended")

	errNoTokens = errors.New("nobody can sign in with a token here: this console has no file of tokens")
)

func (d *Door) find(r *http.Request) (Person, error) {
	token, given := bearer(r)
	switch {
	case given && d.cfg.Tokens != nil:
		return d.cfg.Tokens.Find(token)
	case given || d.cfg.Tokens == nil && d.cfg.Sessions == nil:
		return Person{}, errNoTokens
	case d.cfg.Sessions != nil:
		return d.cfg.Sessions.Find(r)
	}
	return Person{}, ErrNone
}

// bearer returns the token of a request; false where it brings none. Several are none that is known.
func bearer(r *http.Request) (token string, given bool) {
	said := r.Header.Values("Authorization")
	if len(said) != 1 {
		return "", len(said) > 0
	}
	scheme, token, _ := strings.Cut(said[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", true
	}
	return strings.TrimSpace(token), true
}

// fail counts and logs that somebody was not let in. Where that was too often from an address, the problem says so.
func (d *Door) fail(r *http.Request, err error) (p problem.Problem, late bool) {
	from := address(r.RemoteAddr)
	if wait := d.failures.Take(from, d.cfg.Now()); wait > 0 {
		return tooMany(wait, "too many requests from this address without a token that counts"), true
	}
	d.cfg.Logger.Warn().Str("from", from).Str("reason", err.Error()).Msg("not signed in")
	return problem.Problem{}, false
}

// refuse answers who is not let in.
func (d *Door) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if p, late := d.fail(r, err); late {
		p.Write(w)
		return
	}
	challenge := `Bearer realm="slipway"`
	if errors.Is(err, ErrUnknown) || errors.Is(err, ErrExpired) {
		challenge += `, error="invalid_token"` // RFC 6750, section 3
	}
	w.Header().Set("WWW-Authenticate", challenge)
	problem.New(http.StatusUnauthorized, "%v; send a token as Authorization: Bearer TOKEN, see docs/console.md", err).Write(w)
}

func tooMany(wait time.Duration, detail string) problem.Problem {
	p := problem.New(http.StatusTooManyRequests, "%s", detail)
	p.RetryAfter = wait
	return p
}

// address is where a request comes from, without its port; of an address of IPv6 the network that one customer has.
func address(remote string) string {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		host, _, _ := net.SplitHostPort(remote)
		return host
	}
	ip := at.Addr().Unmap()
	if ip.Is4() {
		return ip.String()
	}
	network, _ := ip.WithZone("").Prefix(64)
	return network.String()
}
