package cloud

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"

	"slipway/internal/redact"
)

// What platforms show may hold secrets that somebody else has put there: a description or an error
// text can quote one. Nothing of it is to enter a history, an event or a record, so all of it passes
// here where it is read.

// WithoutSecrets cuts secrets out of a text of a platform.
func WithoutSecrets(text string) string {
	out, _ := redact.New().Text(text)
	return out
}

// Digest names a value that is not shown: sha256: and 12 hexadecimal digits.
func Digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256:" + hex.EncodeToString(sum[:6])
}

// Address is the address of a package without a user, and with a digest in the place of its
// query: so two addresses are told apart that differ in nothing else.
func Address(shown string) string {
	address, query, asks := strings.Cut(shown, "?")
	u, err := url.Parse(address)
	if err != nil {
		return WithoutSecrets(shown)
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
