package access

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"slipway/internal/secretfile"
)

// MaxTokensFile is the size of the largest file of tokens, in bytes: that of some thousand lines.
const MaxTokensFile = 512 << 10

// lookEvery is how often the file is looked at, at most.
const lookEvery = 2 * time.Second

// Tokens are the tokens of a small team, by their digests, as a file has them. A changed file counts within some seconds. One that
// cannot be read changes nothing: the tokens that were read before count on, and [Tokens.Check] says what is wrong.
type Tokens struct {
	path string
	now  func() time.Time
	log  zerolog.Logger

	mu      sync.Mutex
	entries map[digest]entry
	// looked is when the file was looked at last, seen what it was then, and failed why it could not be read.
	looked time.Time
	seen   fs.FileInfo
	failed error
}

// Why nobody is found for a token.
var (
	// ErrUnknown is a token that the file does not have.
	ErrUnknown = errors.New("the token is not known")
	// ErrExpired is a token whose last day has passed.
	ErrExpired = errors.New("the token has expired")
)

// OpenTokens reads the file. The error names every line that is wrong. now is the time; nil is that of the machine.
func OpenTokens(path string, now func() time.Time, log zerolog.Logger) (*Tokens, error) {
	if now == nil {
		now = time.Now
	}
	t := &Tokens{path: path, now: now, log: log}
	t.look()
	return t, t.failed
}

// SomeTokens are tokens that no file has: those of the persons by the token of each.
func SomeTokens(persons map[string]Person) *Tokens {
	t := &Tokens{now: time.Now, entries: map[digest]entry{}, log: zerolog.Nop()}
	for token, p := range persons {
		t.entries[sha256.Sum256([]byte(token))] = entry{person: p}
	}
	return t
}

// Find returns who a token is of. The error is [ErrUnknown] or [ErrExpired].
func (t *Tokens) Find(token string) (Person, error) {
	if !tokenPattern.MatchString(token) {
		return Person{}, ErrUnknown
	}
	return t.find(sha256.Sum256([]byte(token)))
}

// FindDigest returns who the token of a [Digest] is of, with the errors of [Tokens.Find]. It is for what was begun with a token and
// ends with it; a digest lets nobody in.
func (t *Tokens) FindDigest(text string) (Person, error) {
	sum, err := hex.DecodeString(text)
	if err != nil || len(sum) != sha256.Size {
		return Person{}, ErrUnknown
	}
	return t.find(digest(sum))
}

func (t *Tokens) find(of digest) (Person, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refresh()
	// How long this takes tells of the digest at most, which nobody can choose.
	found, known := t.entries[of]
	switch {
	case !known:
		return Person{}, ErrUnknown
	case !found.until.IsZero() && !t.now().Before(found.until):
		return Person{}, ErrExpired
	}
	return found.person, nil
}

// Check says why the file cannot be read; nil where it was.
func (t *Tokens) Check(context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refresh()
	return t.failed
}

// refresh looks at the file, unless that was not long ago.
func (t *Tokens) refresh() {
	if t.path != "" && t.now().Sub(t.looked) >= lookEvery {
		t.look()
	}
}

// look reads the file where it has changed.
func (t *Tokens) look() {
	t.looked = t.now()
	before := t.failed
	info, err := os.Stat(t.path)
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		// The words of the system have "tokens: " in them for many a path, behind which a log expects a secret.
		err = fmt.Errorf("the file %s cannot be read (%w)", t.path, at.Err)
	}
	if err == nil && t.failed == nil && t.seen != nil && same(t.seen, info) {
		return
	}
	if err == nil {
		var entries map[digest]entry
		if entries, err = read(t.path); err == nil {
			t.entries, t.seen, t.failed = entries, info, nil
			t.log.Info().Str("file", t.path).Int("lines", len(entries)).Msg("tokens are read")
			return
		}
	}
	t.failed = err
	if t.seen != nil && (before == nil || before.Error() != t.failed.Error()) {
		t.log.Error().Err(err).Str("file", t.path).Msg("tokens cannot be read; those from before count on")
	}
}

func read(path string) (map[digest]entry, error) {
	content, err := secretfile.ReadUpTo(path, MaxTokensFile)
	if err != nil {
		return nil, err
	}
	entries, err := parse(string(content))
	if err != nil {
		return nil, fmt.Errorf("in %s, %w", path, err)
	}
	return entries, nil
}

// same reports whether a file is as it was.
func same(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) && a.Mode() == b.Mode()
}
