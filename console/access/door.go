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

// DoorConfig says who is let in, and how often.
type DoorConfig struct {
	// Tokens are those of the signed in; nil lets nobody in.
	Tokens *Tokens
	// Rate is how many requests of one identity are taken within a second, Burst how many together, and AtOnce how many may be
	// under way; the defaults are [DefaultRate], [DefaultBurst] and [DefaultAtOnce].
	Rate          rate.Limit
	Burst, AtOnce int
	// Failing is how many requests without a token that counts are answered within a second with what is wrong, for each
	// address, and Failed how many together; the defaults are [DefaultFailing] and [DefaultFailed].
	Failing rate.Limit
	Failed  int
	// Now is the time; nil is that of the machine.
	Now func() time.Time
	// Logger tells who was not let in. Nothing of a token is logged.
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

// Door lets those in who have a token, and tells what stands behind it who they are, see [Of]. What others try without one does
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

// Handler lets requests through to next that bring the token of somebody, as Authorization: Bearer.
func (d *Door) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, err := d.find(r)
		if err != nil {
			d.refuse(w, r, err)
			return
		}
		if wait := d.requests.Take(who.Identity, d.cfg.Now()); wait > 0 {
			tooMany(w, wait, "too many requests of "+who.Identity)
			return
		}
		if !d.enter(who.Identity) {
			tooMany(w, busyAfter, "too many requests of "+who.Identity+" are under way")
			return
		}
		defer d.leave(who.Identity)
		next.ServeHTTP(w, r.WithContext(With(r.Context(), who)))
	})
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

// errNone is a request that brings no token, errNobody where nobody has one.
var (
	errNone   = errors.New("there is no token")
	errNobody = errors.New("nobody can sign in here: this console has no file of tokens")
)

func (d *Door) find(r *http.Request) (Person, error) {
	if d.cfg.Tokens == nil {
		return Person{}, errNobody
	}
	token, given := bearer(r)
	if !given {
		return Person{}, errNone
	}
	return d.cfg.Tokens.Find(token)
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

// refuse answers who is not let in.
func (d *Door) refuse(w http.ResponseWriter, r *http.Request, err error) {
	from := address(r.RemoteAddr)
	if wait := d.failures.Take(from, d.cfg.Now()); wait > 0 {
		tooMany(w, wait, "too many requests from this address without a token that counts")
		return
	}
	d.cfg.Logger.Warn().Str("from", from).Str("reason", err.Error()).Msg("not signed in")
	challenge := `Bearer realm="slipway"`
	if errors.Is(err, ErrUnknown) || errors.Is(err, ErrExpired) {
		challenge += `, error="invalid_token"` // RFC 6750, section 3
	}
	w.Header().Set("WWW-Authenticate", challenge)
	problem.New(http.StatusUnauthorized, "%v; send one as Authorization: Bearer TOKEN, see docs/console.md", err).Write(w)
}

func tooMany(w http.ResponseWriter, wait time.Duration, detail string) {
	p := problem.New(http.StatusTooManyRequests, "%s", detail)
	p.RetryAfter = wait
	p.Write(w)
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
