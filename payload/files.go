package payload

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"slipway/internal/secretfile"
)

// KeyFiles are the keys in a directory: each file holds one key, and its name is the ID.
type KeyFiles struct{ dir, current string }

// KeysFromFiles returns the keys of a directory. A file holds 32 random bytes, raw or as
// base64 or hexadecimal digits, and is not open to other users. Files whose names begin with
// a dot are passed over. All of them are read once, so that a broken one is found now and
// not when it is needed; a file that is added later is found by its name.
//
// current is the ID of the key that encrypts; empty encrypts nothing.
func KeysFromFiles(dir, current string) (*KeyFiles, error) {
	k := &KeyFiles{dir: dir, current: current}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var problems []error
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), ".") {
			continue // of the system or of Kubernetes
		}
		if _, err := k.Key(entry.Name()); err != nil {
			problems = append(problems, err)
		}
	}
	if current != "" && len(problems) == 0 {
		if _, err := k.Key(current); err != nil {
			problems = append(problems, err)
		}
	}
	return k, errors.Join(problems...)
}

// Current implements [Keys].
func (k *KeyFiles) Current() string { return k.current }

// Key implements [Keys]; it reads the file.
func (k *KeyFiles) Key(id string) ([]byte, error) {
	if err := checkKeyID(id); err != nil {
		return nil, fmt.Errorf("%q %w", id, err)
	}
	path := filepath.Join(k.dir, id)
	content, err := secretfile.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no key file %s; put it there, as it is where the payload was encrypted", path)
	}
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	key, ok := parseKey(content)
	if !ok {
		return nil, fmt.Errorf("key file: %s holds no key; write %d random bytes into it, raw or as base64 or hexadecimal digits", path, KeySize)
	}
	return key, nil
}

// parseKey reads a key in each of its forms.
func parseKey(content []byte) ([]byte, bool) {
	// 32 characters of text are a password or a shorter key, which random bytes never
	// look like.
	if len(content) == KeySize && !printable(content) {
		return content, true
	}
	text := strings.TrimSpace(string(content))
	for _, decode := range []func(string) ([]byte, error){
		hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawStdEncoding.DecodeString,
		base64.URLEncoding.DecodeString, base64.RawURLEncoding.DecodeString,
	} {
		if key, err := decode(text); err == nil && len(key) == KeySize {
			return key, true
		}
	}
	return nil, false
}

func printable(content []byte) bool {
	for _, c := range content {
		if (c < ' ' || c > '~') && c != '\n' && c != '\r' && c != '\t' {
			return false
		}
	}
	return true
}
