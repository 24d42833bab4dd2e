package payload

import (
	"errors"
	"fmt"
	"strings"
)

// KeySize is the size of a key in bytes: AES-256.
const KeySize = 32

// Keys gives keys by their IDs. Both methods are called from many goroutines and while
// workflows run, so that they answer from memory or nearly so; a [Codec] asks once for each
// key.
type Keys interface {
	// Current is the ID of the key that encrypts; empty encrypts nothing, and still
	// decrypts.
	Current() string
	// Key returns the [KeySize] bytes of a key. The error says what to do when there is no
	// such key, and holds nothing of any key.
	Key(id string) ([]byte, error)
}

// KeyError says that a payload cannot be encrypted or decrypted.
type KeyError struct {
	// KeyID names the key of the payload.
	KeyID string
	// Cause says why, and what to do.
	Cause error
}

// Error implements error.
func (e *KeyError) Error() string {
	return fmt.Sprintf("payload of key %q: %v", e.KeyID, e.Cause)
}

// Unwrap returns the cause.
func (e *KeyError) Unwrap() error { return e.Cause }

// maxKeyID is the length of the longest ID of a key.
const maxKeyID = 64

// checkKeyID refuses what is no ID of a key. IDs come from histories, too, and name files.
func checkKeyID(id string) error {
	if id == "" || len(id) > maxKeyID || id[0] == '.' || id[0] == '-' || strings.ContainsFunc(id, foreign) {
		return errors.New("is no ID of a key: 1 to 64 letters, digits, dots, dashes and underscores, the first no dot or dash")
	}
	return nil
}

func foreign(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '_' && r != '-'
}

// noKeys are the keys of a process that was given none.
type noKeys struct{}

// NoKeys encrypts nothing and refuses what is encrypted, with the remedy, where Temporal's
// own converter would say that an encoding is unknown.
func NoKeys() Keys { return noKeys{} }

func (noKeys) Current() string { return "" }

func (noKeys) Key(string) ([]byte, error) {
	return nil, errors.New("this process has no keys; set SLIPWAY_PAYLOAD_KEYS and SLIPWAY_PAYLOAD_KEY as they are set elsewhere, " +
		"or TEMPORAL_CODEC_ENDPOINT to a codec server that has them")
}
