// Package failtext compares the texts of failures.
package failtext

import "strings"

// Fixed returns the text of a failure without what is another one each time although the
// failure is the same: the numbers of requests, ports, times. Two failures of one class are the
// same where this is.
func Fixed(failure string) string {
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

// outsideToken is for ASCII only: Chinese has no blank between a number and what is said of it.
func outsideToken(r rune) bool {
	letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	return r != '-' && r != '_' && !letter && (r < '0' || r > '9')
}
