package servicestagesim

import (
	"fmt"
	"net/http"
	"strings"

	"slipway/internal/huaweisign"
)

// authenticate refuses a request that is neither signed nor carries a valid token, and one that is about another
// project.
func (s *Simulator) authenticate(c *call, r *http.Request) *apiError {
	if c.op.Name == opToken {
		return nil
	}
	if refused := s.admit(c, r); refused != nil {
		return refused
	}
	atEngine := familyOf(c.op.Path).atEngine()
	for _, project := range []string{c.params["project_id"], r.Header.Get("X-Project-Id")} {
		if project != "" && project != s.config.ProjectID && (!atEngine || project != engineProject) {
			return refuse(codeForbidden, fmt.Sprintf("project %q is not the one that is served here, %s", project, s.config.ProjectID))
		}
	}
	return nil
}

// admit lets in who may call an operation. What goes to an engine needs no more than the engine asks for; what is sent as an
// authorization all the same must be right.
func (s *Simulator) admit(c *call, r *http.Request) *apiError {
	authorization := r.Header.Get("Authorization")
	if !familyOf(c.op.Path).atEngine() {
		return s.identify(c, r)
	}
	if authorization != "" && !strings.HasPrefix(authorization, bearer) || r.Header.Get("X-Auth-Token") != "" {
		if refused := s.identify(c, r); refused != nil {
			return refused
		}
	}
	if c.op.Name == opEngineToken {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.engineAccess(authorization)
}

// identify finds out who calls. A token counts before a signature.
func (s *Simulator) identify(c *call, r *http.Request) *apiError {
	if secret := r.Header.Get("X-Auth-Token"); secret != "" {
		s.mu.Lock()
		defer s.mu.Unlock()
		token := s.st.Tokens[secret]
		switch {
		case token == nil:
			return refuse(codeUnauthorized, "the token is not known")
		case !token.Expires.After(s.config.Wall()):
			return refuse(codeUnauthorized, "the token has expired")
		}
		c.user = token.User
		return nil
	}
	if err := s.verifier.Verify(r, c.body); err != nil {
		return refuse(codeUnauthorized, err.Error())
	}
	claim, _ := huaweisign.ParseClaim(r.Header.Get("Authorization"))
	c.user = claim.Access
	return nil
}
