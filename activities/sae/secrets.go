package sae

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"

	"slipway/activities/cloud"
)

// addressOf is the address of a package without a user, and with a digest in the place of its
// query: so two addresses are told apart that differ in nothing else.
func addressOf(shown string) string {
	address, query, asks := strings.Cut(shown, "?")
	u, err := url.Parse(address)
	if err != nil {
		return cloud.WithoutSecrets(shown)
	}
	if u.User != nil {
		u.User = nil
		address = u.String()
	}
	if !asks {
		return address
	}
	sum := sha256.Sum256([]byte(query))
	return address + "?sha256=" + hex.EncodeToString(sum[:8])
}
