package release

import (
	"strings"
	"unicode"
)

// Essence returns the text of a failure without what is another one each time although the
// failure is the same: the numbers of requests, ports, times. Two failures of one class are the
// same where their essence is.
func Essence(failure string) string {
	var b strings.Builder
	for failure != "" {
		end := strings.IndexFunc(failure, outsideToken)
		switch {
		case end < 0:
			end = len(failure)
		case end == 0:
			b.WriteByte(failure[0])
			failure = failure[1:]
			continue
		}
		token := failure[:end]
		if strings.ContainsAny(token, "0123456789") {
			token = "#"
		}
		b.WriteString(token)
		failure = failure[end:]
	}
	return b.String()
}

func outsideToken(r rune) bool {
	return r != '-' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
}
