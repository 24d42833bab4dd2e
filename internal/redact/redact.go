// Package redact knows what a secret looks like, so that everything that is kept, logged
// or told can be rid of secrets by the same rules.
//
// A secret is known by its place or by its looks: the user info of a URL; the query of one
// that is signed, or has a token or a password in it; what stands behind the name of a
// secret, in text, in JSON and in headers; keys, tokens and certificates that have a form
// of their own. [Mark] stands where it was; names stay, so that a reader sees what was
// there.
//
// What is cut is cut for good, and more is cut than need be: the whole of a signed query,
// for example. What nobody can tell from other text is not found. So a secret still does
// not belong into an event.
package redact

import (
	"net/url"
	"regexp"
	"strings"
)

// Mark stands where a secret was.
const Mark = "***"

const (
	// names are in the names of secrets, in all ways of writing them.
	names = `pass(?:wor)?d|passphrase|pwd|secret|token|signature|credential|access[-_.]?key|api[-_.]?key|private[-_.]?key|` +
		`session[-_.]?key|sts[-_.]?key|x-(?:oss|amz|obs|goog|cos|acs)-`
	// wholeLine are names whose value has parts of its own: schemes, pairs and commas.
	wholeLine = `authorization|cookie`
	// parameters are names that mean a secret in a URL and all kinds of things elsewhere.
	parameters = `key|sig|sign|auth|code|jwt|sas`

	// looks are secrets that need no name.
	looks = `\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?|` + // JSON web tokens
		`\b(?:LTAI[A-Za-z0-9]{12,26}|(?:AKIA|ASIA)[A-Z0-9]{16}|STS\.[A-Za-z0-9]{16,})\b|` + // access keys of Alibaba Cloud and AWS
		`\b(?:gh[pousr]_[A-Za-z0-9]{20,}|glpat-[\w-]{20,}|xox[abeprs]-[A-Za-z0-9-]{10,})|` + // tokens of GitHub, GitLab and Slack
		`-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|$)`

	// quoted is a value in quotes, which JSON within a string escapes once more. One that is
	// not closed goes to the end.
	quoted = `\\?"(?:[^"\\]|\\[^"])*\\?(?:"|$)|'[^']*(?:'|$)`
)

// Redactor cuts secrets out. It is made once for much text; its methods may be called
// concurrently.
type Redactor struct {
	name, line, parameter    *regexp.Regexp
	look, scheme, pair, long *regexp.Regexp
	address, separator       *regexp.Regexp
}

// New returns a redactor.
func New() *Redactor {
	const assign = `\\?["']?\s*[:=]\s*`
	return &Redactor{
		name:      regexp.MustCompile(`(?i)` + names + `|` + wholeLine),
		line:      regexp.MustCompile(`(?i)` + wholeLine),
		parameter: regexp.MustCompile(`(?i)` + names + `|` + wholeLine + `|^(?:` + parameters + `)$`),
		look:      regexp.MustCompile(looks),
		scheme:    regexp.MustCompile(`(?i)\b(?:bearer|basic)\s+([\w.~+/-]{16,}=*)`),
		pair:      regexp.MustCompile(`(?i)[\w.-]*(?:` + names + `)[\w.-]*` + assign + `(` + quoted + `|[^\s&"',;]+)`),
		long:      regexp.MustCompile(`(?i)[\w.-]*(?:` + wholeLine + `)[\w.-]*` + assign + `(` + quoted + `|[^\r\n"]+)`),
		address:   regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*:(?://|\\/\\/)[^\s"'<>]*`),
		separator: regexp.MustCompile(`(?i)&amp;|\\u0026|[&;]`),
	}
}

// IsSecret tells whether what has this name is a secret: a header, a field, a variable.
func (r *Redactor) IsSecret(name string) bool { return r.name.MatchString(name) }

// rounds bounds how often a text is gone through again: what is cut can bring together
// what then looks like a secret.
const rounds = 5

// Text cuts the secrets out of a text and tells whether there were any.
func (r *Redactor) Text(text string) (out string, cut bool) {
	const shortest = 16 // of what is known by its looks
	if len(text) < shortest && !strings.ContainsAny(text, ":=") {
		return text, false
	}
	out = text
	for range rounds {
		before := out
		if out = r.once(out); out == before {
			break
		}
	}
	return out, out != text
}

func (r *Redactor) once(text string) string {
	text = r.look.ReplaceAllString(text, Mark)
	text = r.values(r.scheme, text)
	text = r.address.ReplaceAllStringFunc(text, r.url)
	text = r.values(r.long, text)
	return r.values(r.pair, text)
}

// values puts the mark for the first group of each match.
func (r *Redactor) values(pattern *regexp.Regexp, text string) string {
	var out strings.Builder
	done := 0
	for _, at := range pattern.FindAllStringSubmatchIndex(text, -1) {
		out.WriteString(text[done:at[2]])
		out.WriteString(marked(text[at[2]:at[3]]))
		done = at[3]
	}
	out.WriteString(text[done:])
	return out.String()
}

// marked is the mark within the quotes of a value.
func marked(value string) string {
	for _, quote := range []string{`\"`, `"`, `'`} {
		if len(value) >= 2*len(quote) && strings.HasPrefix(value, quote) && strings.HasSuffix(value, quote) {
			return quote + Mark + quote
		}
	}
	return Mark
}

// url cuts the secrets out of one URL, however it is written: in JSON / and & may be
// escaped.
func (r *Redactor) url(address string) string {
	begin := strings.Index(address, "/") + len("/")
	begin += strings.Index(address[begin:], "/") + len("/") // a backslash may stand between them
	rest := address[begin:]
	end := strings.IndexAny(rest, `/\?#`)
	if end < 0 {
		end = len(rest)
	}
	path, query := rest[end:], ""
	if at := strings.IndexAny(path, "?#"); at >= 0 {
		path, query = path[:at], r.query(path[at:])
	}
	return address[:begin] + host(rest[:end]) + path + query
}

// host cuts the user info before a host. What stands where a port should and is none is a
// password whose host is missing.
func host(authority string) string {
	if at := strings.LastIndex(authority, "@"); at >= 0 {
		return Mark + authority[at:]
	}
	colon := strings.LastIndex(authority, ":")
	if colon < 0 || strings.HasSuffix(authority, "]") || strings.Trim(authority[colon+1:], "0123456789") == "" {
		return authority
	}
	return authority[:colon+1] + Mark
}

// query cuts the values of a query and of a fragment if any of them is a secret: those of
// a signed one belong together.
func (r *Redactor) query(query string) string {
	begin, parts := query[:1], query[1:]
	separators := r.separator.FindAllString(parts, -1)
	pairs := r.separator.Split(parts, -1)
	secret := false
	for _, pair := range pairs {
		// A fragment has pairs of its own, and an address may hold another one.
		name, value, assigned := strings.Cut(pair, "=")
		secret = secret || assigned && value != Mark && (r.parameter.MatchString(plain(name)) || r.holds(plain(value)))
	}
	if !secret {
		return query
	}
	var out strings.Builder
	out.WriteString(begin)
	for i, pair := range pairs {
		name, _, assigned := strings.Cut(pair, "=")
		if assigned {
			name += "=" + Mark
		}
		out.WriteString(name)
		if i < len(separators) {
			out.WriteString(separators[i])
		}
	}
	return out.String()
}

// holds tells whether a value of a query has a secret in it. It does not go further into an
// address within the value than to its user: how far that would go is up to the sender.
func (r *Redactor) holds(value string) bool {
	if strings.Contains(value, "://") && user(value) {
		return true
	}
	for _, pattern := range []*regexp.Regexp{r.look, r.scheme, r.long, r.pair} {
		if pattern.MatchString(value) {
			return true
		}
	}
	return false
}

// user tells whether one of the addresses in a text has user info.
func user(text string) bool {
	for i, rest := range strings.Split(text, "://") {
		end := strings.IndexAny(rest+"/", `/\?#`)
		if i > 0 && strings.Contains(rest[:end], "@") {
			return true
		}
	}
	return false
}

// plain is a text without percent-encoding, if it has any.
func plain(text string) string {
	if out, err := url.QueryUnescape(text); err == nil {
		return out
	}
	return text
}

// Header cuts the secrets out of the value of a header and tells whether there were any.
// The value may be percent-encoded, as attributes of CloudEvents are.
func (r *Redactor) Header(name, value string) (out string, cut bool) {
	if value != "" && value != Mark && r.parameter.MatchString(strings.TrimPrefix(strings.ToLower(name), "x-")) {
		return Mark, true
	}
	if out, cut = r.Text(value); cut {
		return out, true
	}
	if decoded, err := url.PathUnescape(value); err == nil && decoded != value {
		if out, cut = r.Text(decoded); cut {
			return url.PathEscape(out), true
		}
	}
	return value, false
}
