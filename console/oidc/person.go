package oidc

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"slipway/console/access"
	"slipway/release"
)

// The most groups that somebody may have, and the length of a name of one in bytes.
const (
	MaxGroups    = 200
	MaxGroupName = 256
)

// claimEmail is a claim that counts only where the provider has verified it.
const claimEmail = "email"

// claims are those of an ID token.
type claims map[string]json.RawMessage

// person is who the claims are of. The errors are for who signs in.
func (s *SignIn) person(c claims) (access.Person, error) {
	identity, err := s.identity(c)
	if err != nil {
		return access.Person{}, err
	}
	groups, err := s.groups(c)
	if err != nil {
		return access.Person{}, fmt.Errorf("%s cannot sign in: %w", identity, err)
	}
	return access.Person{Identity: identity, Groups: groups}, nil
}

func (s *SignIn) identity(c claims) (string, error) {
	claim := s.cfg.IdentityClaim
	var identity string
	if err := json.Unmarshal(c[claim], &identity); err != nil || identity == "" {
		return "", fmt.Errorf("the ID token has no text as the claim %s: have the provider add it, or name another one with --console-oidc-identity-claim", claim)
	}
	if claim == claimEmail && !c.says("email_verified") {
		return "", errors.New("the provider has not verified the e-mail address: have it verified there (email_verified), or name another claim with --console-oidc-identity-claim")
	}
	if err := access.IdentityFault(identity); err != nil {
		return "", fmt.Errorf("the claim %s names nobody who can sign in: %w; change the name at the provider, or name another claim with --console-oidc-identity-claim", claim, err)
	}
	return identity, nil
}

// says reports whether a claim is true; some providers write it as a text.
func (c claims) says(claim string) bool {
	return slices.Contains([]string{"true", `"true"`}, string(c[claim]))
}

func (s *SignIn) groups(c claims) ([]string, error) {
	claim := s.cfg.GroupsClaim
	const fewer = "have the provider send those alone that the authority document names"
	var elsewhere map[string]json.RawMessage
	if err := json.Unmarshal(c["_claim_names"], &elsewhere); err == nil && elsewhere[claim] != nil {
		return nil, fmt.Errorf("the provider does not list the groups in the ID token, as there are too many: %s", fewer)
	}
	if c[claim] == nil || string(c[claim]) == "null" {
		return nil, nil
	}
	var groups []string
	if err := json.Unmarshal(c[claim], &groups); err != nil {
		var one string
		if json.Unmarshal(c[claim], &one) != nil {
			return nil, fmt.Errorf("the claim %s of the ID token is no list of texts: have the provider send one, or name another claim with --console-oidc-groups-claim", claim)
		}
		groups = []string{one}
	}
	if len(groups) > MaxGroups {
		return nil, fmt.Errorf("the ID token lists %d groups, and at most %d are taken: %s", len(groups), MaxGroups, fewer)
	}
	for _, g := range groups {
		if len(g) > MaxGroupName || !utf8.ValidString(g) || strings.ContainsFunc(g, func(r rune) bool { return r < ' ' || r == 0x7F }) || strings.TrimSpace(g) == "" {
			return nil, fmt.Errorf("the ID token lists the group %q, which is none: a text of at most %d bytes without control characters is one; %s", release.ShortenLine(g, 80), MaxGroupName, fewer)
		}
	}
	slices.Sort(groups)
	return slices.Compact(groups), nil
}
