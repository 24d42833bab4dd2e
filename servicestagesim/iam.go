package servicestagesim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"slipway/cloudapi"
	"slipway/internal/simframe"
)

// opToken is IAM's operation that gives tokens; it belongs to no group of the reference.
const (
	opToken  = "CreateToken"
	groupIAM = "iam"
)

// tokenOperation is IAM's request of a token by a password [3.2]. It needs no authentication.
func tokenOperation() cloudapi.Operation {
	return cloudapi.Operation{Name: opToken, Group: groupIAM, Method: http.MethodPost, Path: "/v3/auth/tokens", Mutates: true}
}

// token is a token that was given, in real time.
type token struct {
	User    string    `json:"user"`
	Expires time.Time `json:"expires"`
}

// maxTokens bounds how many tokens are kept; the ones that expire first go.
const maxTokens = 1000

// tokenRequest is the body of CreateToken.
type tokenRequest struct {
	Auth struct {
		Identity struct {
			Methods  []string `json:"methods"`
			Password struct {
				User struct {
					Name     string `json:"name"`
					Password string `json:"password"`
					Domain   struct {
						Name string `json:"name"`
					} `json:"domain"`
				} `json:"user"`
			} `json:"password"`
		} `json:"identity"`
		Scope struct {
			Project *struct {
				ID   string `json:"id"`
				Name string `json:"name"`
			} `json:"project"`
		} `json:"scope"`
	} `json:"auth"`
}

// createToken serves IAM's POST /v3/auth/tokens. The token is in the header X-Subject-Token.
func createToken(c *call) (reply, *apiError) {
	var in tokenRequest
	if err := json.Unmarshal(c.body, &in); err != nil {
		return reply{}, refuseIAM(http.StatusBadRequest, "the body must be a request of a token: "+err.Error())
	}
	user := in.Auth.Identity.Password.User
	project := in.Auth.Scope.Project
	switch {
	case !slices.Contains(in.Auth.Identity.Methods, "password"):
		return reply{}, refuseIAM(http.StatusBadRequest, "auth.identity.methods must contain password, the only method here")
	case user.Domain.Name != c.config.Domain || user.Password == "" || c.config.Users[user.Name] != user.Password:
		return reply{}, refuseIAM(http.StatusUnauthorized, "The username or password is wrong.")
	case project == nil:
		return reply{}, refuseIAM(http.StatusBadRequest, "auth.scope.project must be given: ServiceStage takes tokens of a project")
	case project.ID != c.config.ProjectID && (project.ID != "" || project.Name != c.config.Region):
		return reply{}, refuseIAM(http.StatusBadRequest, "auth.scope.project is not the one that is served here")
	}
	now := c.config.Wall()
	c.st.forgetTokens(now)
	secret := "MII" + strings.ReplaceAll(c.st.Draw("token")+c.st.Draw("token"), "-", "")
	given := &token{User: user.Name, Expires: now.Add(TokenLifetime)}
	c.st.Tokens[secret] = given
	return reply{
		status: http.StatusCreated, header: http.Header{"X-Subject-Token": {secret}},
		body: map[string]any{"token": map[string]any{
			"methods": []string{"password"}, "issued_at": iamTime(now), "expires_at": iamTime(given.Expires),
			"project": map[string]any{"id": c.config.ProjectID, "name": c.config.Region, "domain": map[string]any{"name": c.config.Domain}},
			"user":    map[string]any{"name": user.Name, "domain": map[string]any{"name": c.config.Domain}},
			"roles":   []any{}, "catalog": []any{},
		}},
	}, nil
}

// forgetTokens drops tokens that have expired, and more where there are too many.
func (s *state) forgetTokens(now time.Time) {
	for secret, t := range s.Tokens {
		if !t.Expires.After(now) {
			delete(s.Tokens, secret)
		}
	}
	for len(s.Tokens) >= maxTokens {
		oldest := ""
		for _, secret := range simframe.SortedKeys(s.Tokens) {
			if oldest == "" || s.Tokens[secret].Expires.Before(s.Tokens[oldest].Expires) {
				oldest = secret
			}
		}
		delete(s.Tokens, oldest)
	}
}

// iamTime is the form of IAM's times.
func iamTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }
