package access

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"slipway/release"
)

// tokenPrefix is what every token begins with, so that scanners of secrets know one when they see it.
const tokenPrefix = "slipway_"

// tokenBytes is how many random bytes a token has.
const tokenBytes = 32

// tokenPattern is the form of a token. Nothing else is looked up, so that the digest of a short password in the file lets nobody in.
var tokenPattern = regexp.MustCompile(`^` + tokenPrefix + `[A-Za-z0-9_-]{43}$`)

// maxLines bounds the problems that are told of a file.
const maxLines = 20

// digest is the SHA-256 of a token.
type digest [sha256.Size]byte

// entry is a token of the file.
type entry struct {
	person Person
	// until is when it counts no more; zero is never.
	until time.Time
	line  int
}

// NewToken makes a token.
func NewToken() string {
	var random [tokenBytes]byte
	_, _ = rand.Read(random[:]) // never fails
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(random[:])
}

// Digest is the SHA-256 of a token in hexadecimal digits, by which the file has it.
func Digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Line is the line of the file for a token; until is the last day on which it counts, in UTC, and zero is forever.
func Line(identity, token string, until time.Time) string {
	line := identity + " " + Digest(token)
	if !until.IsZero() {
		line += " " + until.UTC().Format(time.DateOnly)
	}
	return line
}

// IdentityFault says what is wrong with an identity; nil where nothing is.
func IdentityFault(identity string) error {
	if release.CanBeVerified(identity) {
		return nil
	}
	return fmt.Errorf("%q is no identity: use letters, digits, hyphens, underscores, @ and +, 128 characters at most, and not what the system calls itself", release.OneLine(shortened(identity)))
}

// parse reads the file: a line has an identity, the SHA-256 of a token in hexadecimal digits and, where it ends, the last day on which it
// counts. Comments begin with #. The error names every line that is wrong, and quotes no digest.
func parse(content string) (map[digest]entry, error) {
	entries := map[digest]entry{}
	var problems []string
	number := 0
	for line := range strings.Lines(content) {
		number++
		fields, _, _ := strings.Cut(line, "#")
		sum, e, err := parseLine(strings.Fields(fields))
		if err == nil && sum == nil {
			continue
		}
		if err == nil {
			if other, twice := entries[*sum]; twice {
				err = fmt.Errorf("has the token of line %d", other.line)
			}
		}
		if err != nil {
			problems = append(problems, fmt.Sprintf("line %d %v", number, err))
			continue
		}
		e.line = number
		entries[*sum] = e
	}
	if len(problems) > maxLines {
		problems = append(problems[:maxLines], fmt.Sprintf("%d more lines are wrong", len(problems)-maxLines))
	}
	if len(problems) > 0 {
		return nil, fmt.Errorf("%s; a line is: IDENTITY SHA256 [YYYY-MM-DD], as slipway console token prints it", strings.Join(problems, "; "))
	}
	return entries, nil
}

// parseLine reads the fields of a line; nothing of an empty one.
func parseLine(fields []string) (*digest, entry, error) {
	if len(fields) == 0 {
		return nil, entry{}, nil
	}
	if slices.ContainsFunc(fields, tokenPattern.MatchString) {
		return nil, entry{}, errTokenItself
	}
	if len(fields) > 3 || len(fields) == 1 {
		return nil, entry{}, fmt.Errorf("has %d words", len(fields))
	}
	e := entry{person: Person{Identity: fields[0]}}
	if err := IdentityFault(e.person.Identity); err != nil {
		return nil, entry{}, fmt.Errorf("names nobody: %w", err)
	}
	sum, err := hex.DecodeString(fields[1])
	if err != nil || len(sum) != sha256.Size {
		return nil, entry{}, fmt.Errorf("has no SHA-256 of %d hexadecimal digits", 2*sha256.Size)
	}
	if len(fields) == 3 {
		day, err := time.Parse(time.DateOnly, fields[2])
		if err != nil {
			return nil, entry{}, fmt.Errorf("ends on %.20q, which is no date such as 2027-06-30", release.OneLine(fields[2]))
		}
		e.until = day.AddDate(0, 0, 1)
	}
	return (*digest)(sum), e, nil
}

// errTokenItself is what is wrong with a line that has a token in the place of its digest.
var errTokenItself = errors.New("has a token itself, and not its SHA-256: take the token away, it is no secret any more")

func shortened(text string) string {
	if len(text) > 130 {
		return text[:130] + "…"
	}
	return text
}
