package servicestagesim

import (
	"strings"
	"time"
)

const (
	// opEngineToken gives the tokens of engines, and needs none.
	opEngineToken = "CreateEngineToken"
	// engineProject stands for the project in calls that go to an engine itself.
	engineProject = "default"
	// bearer begins an authorization by a token of an engine.
	bearer = "Bearer "
	// tokenLife is how long a token of an engine is valid.
	tokenLife = 12 * time.Hour
)

// createEngineToken serves the operation of that name: the account root has the password of each engine with security
// authentication.
func createEngineToken(c *call) (reply, *apiError) {
	var in struct {
		Name     string `json:"name"`
		Password string `json:"password"`
	}
	if refused := c.decode(&in, bodyRule{}); refused != nil {
		return reply{}, refused
	}
	if !c.st.Engines.admits(in.Name, in.Password) {
		return reply{}, refusef(codePasswordWrong, "no engine with security authentication has this account and password")
	}
	token := c.drawHex("token", 64)
	c.st.Registry.Tokens[hexDigest(token)] = c.now.Add(tokenLife)
	return reply{body: map[string]string{"token": token}}, nil
}

// engineAccess judges a call that goes to an engine itself: a bearer token must be valid, and must be there once an engine
// with security authentication is available. The caller holds the lock.
func (s *Simulator) engineAccess(authorization string) *apiError {
	now := s.look()
	if token, given := strings.CutPrefix(authorization, bearer); given {
		if end, known := s.st.Registry.Tokens[hexDigest(token)]; known && now.Before(end) {
			return nil
		}
		return refusef(codeBearerRefused, "the token is unknown or has expired")
	}
	if s.st.Engines.secured() {
		return refusef(codeNoAuthorization, "an engine has security authentication: log in with POST /v4/token")
	}
	return nil
}
