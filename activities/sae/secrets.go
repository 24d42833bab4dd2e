package sae

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"

	"slipway/internal/redact"
)

// What SAE shows may hold secrets that somebody else has put there: a package can be deployed by
// an address that is signed, and a description or an error text can quote one. Nothing of it is
// to enter a history, an event or a record, so all of it passes here where it is read.

// withoutSecrets cuts secrets out of a text of SAE.
func withoutSecrets(text string) string {
	out, _ := redact.New().Text(text)
	return out
}

// addressOf is the address of a package without a user, and with a digest in the place of its
// query: so two addresses are told apart that differ in nothing else.
func addressOf(shown string) string {
	address, query, asks := strings.Cut(shown, "?")
	u, err := url.Parse(address)
	if err != nil {
		return withoutSecrets(shown)
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
