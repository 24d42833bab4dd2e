package servicestagesim

import (
	"fmt"
	"net/http"

	"slipway/internal/huaweisign"
)

// authenticate refuses a request that is neither signed nor carries a valid token, and one that is about another
// project.
func (s *Simulator) authenticate(c *call, r *http.Request) *apiError {
	if c.op.Name == opToken {
		return nil
	}
	if refused := s.identify(c, r); refused != nil {
		return refused
	}
	for _, project := range []string{c.params["project_id"], r.Header.Get("X-Project-Id")} {
		if project != "" && project != s.config.ProjectID {
			return refuse(codeForbidden, fmt.Sprintf("project %q is not the one that is served here, %s", project, s.config.ProjectID))
		}
	}
	return nil
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
