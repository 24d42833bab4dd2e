package simframe

import (
	"fmt"
	"regexp"
	"strings"
)

// FillTemplate puts arguments into the template of an error message, in order. Its places are written as references
// print them: %s, %d, %v or %+v. A place for which there is no argument keeps a dash, and arguments for which there
// is no place are left out: a fault can ask for any message without knowing its places.
func FillTemplate(template string, args ...any) string {
	parts := regexp.MustCompile(`%(?:[sdv]|\+v)`).Split(template, -1)
	var b strings.Builder
	b.WriteString(parts[0])
	for i, part := range parts[1:] {
		if i < len(args) {
			_, _ = fmt.Fprint(&b, args[i])
		} else {
			b.WriteByte('-')
		}
		b.WriteString(part)
	}
	return b.String()
}
