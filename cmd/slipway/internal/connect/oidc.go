package connect

import (
	"errors"
	"slices"
	"strings"

	"slipway/cmd/slipway/internal/config"
	"slipway/console/oidc"
	"slipway/internal/secretfile"
)

// OIDCSettings returns by whom people sign in at a console that listens on addr; nil where nothing is said of that. All that is wrong
// is told at once.
func OIDCSettings(v *config.Values, addr string) (*oidc.Config, error) {
	if !slices.ContainsFunc(config.ConsoleOIDC(), func(s config.Setting) bool { return v.Said(s.Name) }) {
		return nil, nil //nolint:nilnil // nobody signs in so
	}
	c := &oidc.Config{
		Issuer: v.String(config.ConsoleOIDCIssuer), ClientID: v.String(config.ConsoleOIDCClientID), URL: v.String(config.ConsoleURL), Scopes: v.List(config.ConsoleOIDCScopes),
		IdentityClaim: v.String(config.ConsoleOIDCIdentityClaim), GroupsClaim: v.String(config.ConsoleOIDCGroupsClaim),
	}
	var problems []error
	bad := func(name string, fault error, remedy string) {
		if fault != nil {
			problems = append(problems, v.Bad(name, fault.Error(), remedy))
		}
	}
	bad(config.ConsoleOIDCIssuer, oidc.IssuerFault(c.Issuer), "write the issuer of the provider, such as https://login.example/realms/house")
	if c.ClientID == "" {
		bad(config.ConsoleOIDCClientID, errors.New("is not set"), "write what the console is called at the provider")
	}
	bad(config.ConsoleOIDCScopes, oidc.ScopesFault(c.Scopes), "write them with commas: "+strings.Join(oidc.DefaultScopes(), ","))
	for name, claim := range map[string]string{config.ConsoleOIDCIdentityClaim: c.IdentityClaim, config.ConsoleOIDCGroupsClaim: c.GroupsClaim} {
		if claim != "" {
			bad(name, oidc.ClaimFault(claim), "see docs/console.md")
		}
	}
	if at, ok := oidc.LoopbackURL(addr); c.URL == "" && ok {
		c.URL = at
	}
	if c.URL == "" {
		bad(config.ConsoleURL, errors.New("is not set, and the provider sends people back to it"), "write where they reach the console, such as https://slipway.example")
	} else {
		bad(config.ConsoleURL, oidc.URLFault(c.URL), "write it as https://slipway.example")
	}
	if path := v.String(config.ConsoleOIDCClientSecretFile); path != "" {
		content, err := secretfile.Read(path)
		c.ClientSecret = strings.TrimSpace(string(content))
		if err == nil && c.ClientSecret == "" {
			err = errors.New(path + " is empty")
		}
		bad(config.ConsoleOIDCClientSecretFile, err, "name a file with the client secret and nothing else, or leave it out where the client has none")
	}
	return c, errors.Join(problems...)
}
