package access_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"slipway/console/access"
)

// clock is a time that a test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time          { return c.at }
func (c *clock) pass(some time.Duration) { c.at = c.at.Add(some) }

func newClock() *clock { return &clock{time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)} }

func write(t *testing.T, path string, lines ...string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600))
}

func TestNewToken(t *testing.T) {
	t.Parallel()
	one, other := access.NewToken(), access.NewToken()
	require.Regexp(t, regexp.MustCompile(`^slipway_[A-Za-z0-9_-]{43}$`), one)
	require.NotEqual(t, one, other)
	require.NotContains(t, access.Line("ann", one, time.Time{}), one)
}

// Each token is of one person, who may have several, until its last day is over.
func TestTokens_Find(t *testing.T) {
	t.Parallel()
	at, path := newClock(), filepath.Join(t.TempDir(), "tokens")
	forever, short, bo := access.NewToken(), access.NewToken(), access.NewToken()
	write(t, path, "# people", "", access.Line("ann", forever, time.Time{})+" # laptop", "\t"+access.Line("ann", short, at.at)+"\r", access.Line("bo@example", bo, time.Time{}))
	tokens, err := access.OpenTokens(path, at.now, zerolog.Nop())
	require.NoError(t, err)
	for token, want := range map[string]string{forever: "ann", short: "ann", bo: "bo@example"} {
		got, err := tokens.Find(token)
		require.NoError(t, err)
		require.Equal(t, access.Person{Identity: want}, got)
	}
	for _, token := range []string{"", "slipway_", access.NewToken(), forever + "x", strings.ToUpper(forever), forever[len("slipway_"):], " " + forever} {
		_, err := tokens.Find(token)
		require.ErrorIs(t, err, access.ErrUnknown, token)
	}
	at.at = time.Date(2026, 3, 1, 23, 59, 59, 0, time.UTC)
	_, err = tokens.Find(short)
	require.NoError(t, err, "its last day")
	at.pass(time.Second)
	_, err = tokens.Find(short)
	require.ErrorIs(t, err, access.ErrExpired)
	_, err = tokens.Find(forever)
	require.NoError(t, err)
}

// What was begun with a token goes by its digest, and ends with it.
func TestTokens_FindDigest(t *testing.T) {
	t.Parallel()
	at, path := newClock(), filepath.Join(t.TempDir(), "tokens")
	ann, short := access.NewToken(), access.NewToken()
	write(t, path, access.Line("ann", ann, time.Time{}), access.Line("bo", short, at.at))
	tokens, err := access.OpenTokens(path, at.now, zerolog.Nop())
	require.NoError(t, err)
	p, err := tokens.FindDigest(access.Digest(ann))
	require.NoError(t, err)
	require.Equal(t, "ann", p.Identity)
	for _, text := range []string{"", ann, "abc", access.Digest(access.NewToken()), access.Digest(ann)[2:]} {
		_, err := tokens.FindDigest(text)
		require.ErrorIs(t, err, access.ErrUnknown, text)
	}
	_, err = tokens.Find(access.Digest(ann))
	require.ErrorIs(t, err, access.ErrUnknown, "a digest lets nobody in")
	at.pass(24 * time.Hour)
	_, err = tokens.FindDigest(access.Digest(short))
	require.ErrorIs(t, err, access.ErrExpired)
	write(t, path, "# nobody")
	at.pass(5 * time.Second)
	_, err = tokens.FindDigest(access.Digest(ann))
	require.ErrorIs(t, err, access.ErrUnknown)
}

// The digest of a short password lets nobody in.
func TestTokens_OnlyTokensAreLookedUp(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tokens")
	write(t, path, access.Line("ann", "hunter2", time.Time{}))
	tokens, err := access.OpenTokens(path, nil, zerolog.Nop())
	require.NoError(t, err)
	_, err = tokens.Find("hunter2")
	require.ErrorIs(t, err, access.ErrUnknown)
}

// Everything that is wrong is told at once, and no secret with it.
func TestOpenTokens_Refused(t *testing.T) {
	t.Parallel()
	token := access.NewToken()
	good := access.Line("ann", token, time.Time{})
	sum := strings.Fields(good)[1]
	path := filepath.Join(t.TempDir(), "tokens")
	write(t, path, good, "ann", "a.b "+sum, "Slipway "+sum, "ann abc", "bo "+token, token, "bo "+sum+" soon", "bo "+sum, "bo "+sum+" 2027-06-30 more")
	_, err := access.OpenTokens(path, nil, zerolog.Nop())
	for _, says := range []string{
		"line 2 has 1 words", `line 3 names nobody: "a.b"`, `line 4 names nobody: "Slipway"`, "line 5 has no SHA-256 of 64 hexadecimal digits", "line 6 has a token itself",
		"line 7 has a token itself", `line 8 ends on "soon"`, "line 9 has the token of line 1", "line 10 has 4 words", "IDENTITY SHA256 [YYYY-MM-DD]",
	} {
		require.ErrorContains(t, err, says)
	}
	require.NotContains(t, err.Error(), token)
	require.NotContains(t, err.Error(), sum)

	write(t, path, strings.Repeat("x\n", 10_000))
	_, err = access.OpenTokens(path, nil, zerolog.Nop())
	require.ErrorContains(t, err, "9980 more lines are wrong")

	write(t, path, good)
	require.NoError(t, os.Chmod(path, 0o604))
	_, err = access.OpenTokens(path, nil, zerolog.Nop())
	require.ErrorContains(t, err, "chmod o-rwx")
	_, err = access.OpenTokens(path+".none", nil, zerolog.Nop())
	require.ErrorIs(t, err, os.ErrNotExist)
}

// A changed file counts within seconds; a broken one changes nothing, and is told of until it is mended.
func TestTokens_TheFileChanges(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	at, path := newClock(), filepath.Join(t.TempDir(), "tokens")
	ann, bo := access.NewToken(), access.NewToken()
	write(t, path, access.Line("ann", ann, time.Time{}))
	tokens, err := access.OpenTokens(path, at.now, zerolog.New(&log))
	require.NoError(t, err)
	find := func(token string) error {
		_, err := tokens.Find(token)
		return err
	}

	write(t, path, access.Line("ann", ann, time.Time{}), access.Line("bo", bo, time.Time{}))
	require.ErrorIs(t, find(bo), access.ErrUnknown, "it is not looked at for each request")
	at.pass(5 * time.Second)
	require.NoError(t, find(bo))
	require.NoError(t, tokens.Check(t.Context()))

	for says, spoil := range map[string]func(){
		"line 1 has 1 words": func() { write(t, path, "ann") },
		"no such file":       func() {},
		"is no file":         func() { require.NoError(t, os.Mkdir(path, 0o700)) },
	} {
		require.NoError(t, os.RemoveAll(path))
		spoil()
		log.Reset()
		for range 3 {
			at.pass(5 * time.Second)
			require.NoError(t, find(ann))
			require.NoError(t, find(bo))
			require.ErrorContains(t, tokens.Check(t.Context()), says)
		}
		require.Equal(t, 1, strings.Count(log.String(), "\n"), "told once: %s", &log)
		require.Contains(t, log.String(), says)
	}

	require.NoError(t, os.RemoveAll(path))
	write(t, path, "# nobody")
	at.pass(5 * time.Second)
	require.NoError(t, tokens.Check(t.Context()))
	require.ErrorIs(t, find(ann), access.ErrUnknown, "who is taken away is out")
}

// FuzzOpenTokens: whatever stands in the file, it is refused or names people by tokens of theirs.
func FuzzOpenTokens(f *testing.F) {
	token := access.NewToken()
	f.Add(access.Line("ann", token, time.Date(2027, 6, 30, 0, 0, 0, 0, time.UTC)) + " # laptop")
	f.Add("ann\nbo " + token)
	f.Add(access.Line("ann", token, time.Time{}) + "\n" + access.Line("bo", token, time.Time{}))
	f.Fuzz(func(t *testing.T, content string) {
		path := filepath.Join(t.TempDir(), "tokens")
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		tokens, err := access.OpenTokens(path, newClock().now, zerolog.Nop())
		if err != nil {
			require.NotContains(t, err.Error(), token)
			return
		}
		if p, err := tokens.Find(token); err == nil {
			require.NoError(t, access.IdentityFault(p.Identity))
		}
	})
}
