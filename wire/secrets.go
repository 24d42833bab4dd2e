package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"slipway/internal/redact"
	"slipway/release"
)

// Validate lists every problem of a spec that has its defaults, as [release.Problems]: those of
// [release.Spec.Validate], and what of its configuration looks like a secret. A request is kept, in
// the stream and in histories, so that no secret may stand in one. No problem quotes a value.
func Validate(s release.Spec) error { return refuse(nil, s.Validate(), secretsOf(s)) }

// ValidateSet does so for a set.
func ValidateSet(s release.Set) error { return refuse(nil, s.Validate(), secretsOfSet(s)) }

// refuse returns all problems as one error; nil where there are none.
func refuse(problems release.Problems, invalid error, secrets release.Problems) error {
	if found, ok := invalid.(release.Problems); ok { //nolint:errorlint // Validate returns nothing else
		problems = merge(problems, found)
	}
	if problems = merge(problems, secrets); len(problems) > 0 {
		return problems
	}
	return nil
}

func secretsOfSet(s release.Set) (problems release.Problems) {
	for i, wave := range s.Waves {
		for j, one := range wave.Releases {
			for _, p := range secretsOf(one.Spec) {
				p.Field = place(i, j) + "." + p.Field
				problems = append(problems, p)
			}
		}
	}
	return problems
}

// The remedies for what looks like a secret: of a variable, and of any other text.
const (
	secretVariable = "looks like a secret, and a request is kept: give it by reference, with secret {id, key}; " +
		"what is none and only looks like one, with configMap {id, key}"
	secretUnkept = "looks like a secret, and a request is kept: let the application read it itself, because %s has no secrets to refer to; " +
		"what is none and only looks like one, set at the application"
	secretRule = "looks like a secret, and a request is kept: route by a header, a cookie or a parameter whose value is none"
	secretText = "holds what looks like a secret, and a request is kept: give that by reference, in a variable with secret {id, key}"
)

// secretsOf are the texts of a configuration, and of a run of a job, that look like secrets.
func secretsOf(s release.Spec) release.Problems {
	l := secretLooker{redact: redact.New(), ofVariable: secretVariable, ofText: secretText}
	if on, served := release.TraitsOf(s.App.Platform); served && !on.Takes("config.variables[].secret") {
		l.ofVariable = fmt.Sprintf(secretUnkept, on.Name)
	}
	if c := s.Config; c != nil {
		l.variables("config.variables", c.Variables)
		rest := *c
		rest.Variables, rest.Platform = nil, nil
		l.look("config", "", valueOf(rest))
		for _, name := range slices.Sorted(maps.Keys(c.Platform)) {
			l.look("config.platform."+name, "", valueOf(c.Platform[name]))
		}
	}
	if s.Job != nil {
		l.variables("job.variables", s.Job.Variables)
		rest := *s.Job
		rest.Variables = nil
		l.look("job", "", valueOf(rest))
	}
	if s.Traffic != nil {
		l.ofText = secretRule
		l.look("traffic", "", valueOf(*s.Traffic))
	}
	return l.problems
}

// variables looks at the values of variables.
func (l *secretLooker) variables(field string, all []release.Variable) {
	for i, v := range all {
		if v.Value != nil && l.isSecret(v.Name, *v.Value) {
			l.problem(fmt.Sprintf("%s[%d].value", field, i), l.ofVariable)
		}
	}
}

// valueOf is what JSON holds; nil where it cannot be written or read.
func valueOf(v any) (out any) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return valueIn(data)
}

func valueIn(data []byte) (out any) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if decoder.Decode(&out) != nil || decoder.More() {
		return nil
	}
	return out
}

// secretLooker looks for secrets in values.
type secretLooker struct {
	redact *redact.Redactor
	// ofVariable is the remedy for a variable.
	ofVariable string
	// ofText is the remedy for any other text.
	ofText   string
	problems release.Problems
	// depth is how many values are around the one that is looked at.
	depth int
}

func (l *secretLooker) problem(field, message string) {
	if len(l.problems) < maxProblems && !slices.ContainsFunc(l.problems, func(p release.Problem) bool { return p.Field == field }) {
		l.problems = append(l.problems, release.Problem{Field: field, Message: message})
	}
}

// look goes through a value that stands at a path, and has a name where it is that of a field.
// What is nested deeper than a request is, nobody wants to be read.
func (l *secretLooker) look(path, name string, v any) {
	l.depth++
	defer func() { l.depth-- }()
	if l.depth > maxDepth {
		l.problem(path, l.ofText)
		return
	}
	switch v := v.(type) {
	case string:
		if l.isSecret(name, v) {
			l.problem(path, l.ofText)
		}
	case []any:
		l.list(path, v)
	case map[string]any:
		l.object(path, v)
	}
}

// inText looks at JSON in a text: what in it looks like a secret. It is false where there is none.
func (l *secretLooker) inText(text string) (secret, isJSON bool) {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "[") && !strings.HasPrefix(text, "{") {
		return false, false
	}
	value := valueIn([]byte(text))
	inner := secretLooker{redact: l.redact, depth: l.depth}
	inner.look("", "", value)
	return len(inner.problems) > 0, value != nil
}

// list looks at entries, and at those that stand behind a flag, as the arguments of a command do.
func (l *secretLooker) list(path string, list []any) {
	flag := ""
	for i, each := range list {
		text, _ := each.(string)
		behind := flag
		if flag = ""; strings.HasPrefix(text, "-") {
			flag, behind = strings.TrimLeft(text, "-"), ""
		}
		l.look(fmt.Sprintf("%s[%d]", path, i), behind, each)
	}
}

// object looks at fields. One that is called value has the name that stands beside it.
func (l *secretLooker) object(path string, object map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		called := name
		if beside, ok := object["name"].(string); ok && name == "value" {
			called = beside
		}
		l.look(join(path, name), called, object[name])
	}
}

// isSecret reports whether a text looks like a secret, by itself or by its name.
func (l *secretLooker) isSecret(name, text string) bool {
	text = withoutPlaceholders(text)
	secret, isJSON := l.inText(text)
	if !isJSON {
		_, secret = l.redact.Text(text)
	}
	if secret {
		return true
	}
	if text == "" || text == redact.Mark || text == "true" || text == "false" || !l.redact.IsSecret(name) {
		return false
	}
	last, number := lastWord(name), regexp.MustCompile(`^[0-9]+$`).MatchString(text)
	return !slices.Contains(about(), last) && (!number || !slices.Contains(counted(), last))
}

// withoutPlaceholders is a text without references to other variables, which are no secrets. One
// with a default stays: the default could be one.
func withoutPlaceholders(text string) string {
	const reference = `(\$\{[\w.]+\}|\$\([\w.]+\))`
	text = regexp.MustCompile(`//[^\s/:@]*:`+reference+`@`).ReplaceAllString(text, "//")
	return regexp.MustCompile(reference).ReplaceAllString(text, redact.Mark)
}

// lastWord is the last word of a name, in lower case: TTL of TOKEN_TTL and of tokenTTL.
func lastWord(name string) string {
	if i := strings.LastIndexAny(name, "_-."); i >= 0 {
		name = name[i+1:]
	} else if parts := regexp.MustCompile(`^.*[a-z0-9]([A-Z].*)$`).FindStringSubmatch(name); parts != nil {
		name = parts[1]
	}
	return strings.ToLower(name)
}

// about are last words of names that are about a secret and are none themselves.
func about() []string {
	return []string{
		"ttl", "timeout", "expiry", "expires", "expiration", "age", "interval", "seconds", "minutes", "hours", "days", "length", "size", "limit", "count",
		"min", "max", "path", "file", "dir", "directory", "url", "uri", "host", "port", "endpoint", "issuer", "audience", "algorithm", "alg", "type",
		"mode", "format", "prefix", "header", "domain", "policy", "enabled", "required", "desc", "version", "rotation", "provider", "samesite",
	}
}

// counted are last words of names whose value is none where it is a number.
func counted() []string { return []string{"tokens", "cookies", "id"} }
