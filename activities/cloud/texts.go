package cloud

import (
	"crypto/sha256"
	"encoding/hex"

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
