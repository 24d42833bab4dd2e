package gates

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode"
)

// maxNote bounds a note, in characters: a gate may take a hundred samples, and all of
// them are recorded.
const maxNote = 160

// note makes a short single line of what a server or the network has said.
func note(text string) string {
	line := strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "?"), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
	if runes := []rune(line); len(runes) > maxNote {
		return string(runes[:maxNote-1]) + "…"
	}
	return line
}

// why says why there was no answer, without the address, whose query may hold a secret.
func why(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer in time"
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return "the answer is larger than 64 KiB"
	}
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err
	}
	return note("no answer: " + err.Error())
}
