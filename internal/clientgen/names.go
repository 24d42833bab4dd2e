package main

import (
	"strings"
	"unicode"
)

// name is the Go name for a name of the wire: the configuration's own, or the usual one.
func (c *config) name(wire string) string {
	if name, ok := c.Names[wire]; ok {
		return name
	}
	return goName(wire)
}

// headerName is the Go name for a header, without the prefix of the platform's own headers.
func (c *config) headerName(header string) string {
	if prefix := c.HeaderPrefix; len(header) > len(prefix) && strings.EqualFold(header[:len(prefix)], prefix) {
		header = header[len(prefix):]
	}
	var b strings.Builder
	for word := range strings.SplitSeq(header, "-") {
		b.WriteString(goName(word))
	}
	return b.String()
}

// goName turns a name of the wire (AppId, bucketName, VSwitchId) into an exported Go name with
// Go's initialisms.
func goName(wire string) string {
	var b strings.Builder
	for _, word := range splitWords(wire) {
		if initialism, ok := asInitialism(word); ok {
			b.WriteString(initialism)
			continue
		}
		b.WriteString(upperFirst(word))
	}
	return b.String()
}

// splitWords cuts at underscores, hyphens and periods (job_id is job, id), before every capital that
// follows a small letter or a digit, and before the last capital of a run of capitals that small
// letters follow: VSwitchId is V, Switch, Id.
func splitWords(name string) []string {
	var words []string
	for part := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '_' || r == '-' || r == '.' }) {
		words = append(words, splitCapitals(part)...)
	}
	return words
}

func splitCapitals(name string) []string {
	runes := []rune(name)
	var words []string
	start := 0
	for i := 1; i < len(runes); i++ {
		if !unicode.IsUpper(runes[i]) {
			continue
		}
		endOfRun := unicode.IsUpper(runes[i-1]) && i+1 < len(runes) && unicode.IsLower(runes[i+1])
		if !unicode.IsUpper(runes[i-1]) || endOfRun {
			words = append(words, string(runes[start:i]))
			start = i
		}
	}
	return append(words, string(runes[start:]))
}

// asInitialism tells how Go spells a word that is an initialism.
func asInitialism(word string) (string, bool) {
	switch strings.ToUpper(word) {
	case "ID", "URL", "IP", "CPU", "HTTP", "HTTPS", "TCP", "JSON", "VPC", "QPS":
		return strings.ToUpper(word), true
	case "IDS":
		return "IDs", true
	case "IPS":
		return "IPs", true
	}
	return "", false
}

func upperFirst(word string) string {
	return strings.ToUpper(word[:1]) + word[1:]
}

func lowerFirst(word string) string {
	return strings.ToLower(word[:1]) + word[1:]
}

// fileName is the name of the file that holds the operations of a group.
func fileName(group string) string {
	return "zz_" + strings.ReplaceAll(group, "-", "_") + ".gen.go"
}
