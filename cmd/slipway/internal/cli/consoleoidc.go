package cli

import (
	"cmp"
	"net/http"
	"time"

	"slipway/authority/people"
	"slipway/console/access"
	"slipway/console/oidc"
	"slipway/console/problem"
	"slipway/console/session"
)

// newSignIn is where people sign in by OpenID Connect; nil where nobody does. What the provider says of their groups is recorded for as
// long as the session lasts. refuse shows why somebody was not let in.
func (p *consoleHTTP) newSignIn(r *role, sessions *session.Manager, refuse func(http.ResponseWriter, *http.Request, problem.Problem)) (*oidc.SignIn, error) {
	if p.oidc == nil {
		return nil, nil //nolint:nilnil // nobody signs in so
	}
	cfg := *p.oidc
	cfg.Logger, cfg.Refuse = r.log, refuse
	cfg.Begin = func(w http.ResponseWriter, r *http.Request, who access.Person) error {
		js := p.js.Load()
		if js == nil {
			return natsAway()
		}
		now := time.Now().UTC()
		lasts := cmp.Or(p.sessionTime, session.DefaultTime)
		if err := people.NewStore(*js).Record(r.Context(), people.Person{Identity: who.Identity, Groups: who.Groups, At: now, Until: now.Add(lasts)}); err != nil {
			return err
		}
		return sessions.Begin(r.Context(), w, who, session.ByOIDC())
	}
	return oidc.New(cfg)
}

func natsAway() problem.Problem {
	away := problem.New(http.StatusServiceUnavailable, "NATS was not reached yet")
	away.RetryAfter = comeAgain
	return away
}
