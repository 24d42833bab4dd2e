package redact_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"

	"slipway/internal/redact"
)

// The reference finds the same secrets with regular expressions, as slowly as they do.

const (
	// names are in the names of secrets, in all ways of writing them.
	names = `pass(?:wor)?d|passphrase|pwd|secret|token|signature|credential|access[-_.]?key|api[-_.]?key|private[-_.]?key|` +
		`session[-_.]?key|sts[-_.]?key|x-(?:oss|amz|obs|goog|cos|acs)-`
	// wholeLine are names whose value has parts of its own: schemes, pairs and commas.
	wholeLine = `authorization|cookie`
	// parameters are names that mean a secret in a URL and all kinds of things elsewhere.
	parameters = `key|sig|sign|auth|auth_key|code|hmac|jwt|sas`

	// looks are secrets that need no name.
	looks = `\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?|` + // JSON web tokens
		`\b(?:LTAI[A-Za-z0-9]{12,26}|(?:AKIA|ASIA)[A-Z0-9]{16}|STS\.[A-Za-z0-9]{16,}|S[ACNOUX][A-Z0-9]{56})\b|` + // access keys of Alibaba Cloud and AWS, seeds of NATS
		`\b(?:gh[pousr]_[A-Za-z0-9]{20,}|glpat-[\w-]{20,}|xox[abeprs]-[A-Za-z0-9-]{10,})|` + // tokens of GitHub, GitLab and Slack
		`-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|$)`

	// quoted is a value in quotes, which JSON within a string escapes once more. One that is
	// not closed goes to the end.
	quoted = `\\?"(?:[^"\\]|\\[^"])*\\?(?:"|$)|'[^']*(?:'|$)`
)

// What has been added to the names, the looks and the pairs of the first expressions.
const (
	moreNames = `|passwd|account[-_.]?key|x-sdk-`
	pairs     = `(?:\b|_)[as]k`
	moreLooks = `|\b(?:AIza[\w-]{35,}|ya29\.[\w-]{20,})`
)

// reference cuts secrets out by expressions.
type reference struct {
	name, parameter          *regexp.Regexp
	look, scheme, pair, long *regexp.Regexp
	address, separator       *regexp.Regexp
	// inner is an address in the path of one; the first expressions did not look there.
	inner    *regexp.Regexp
	shortest int
}

// firstReference has the expressions that there were first.
func firstReference() *reference {
	const assign = `\\?["']?\s*[:=]\s*`
	r := newReference()
	r.name = regexp.MustCompile(`(?i)` + names + `|` + wholeLine)
	r.parameter = regexp.MustCompile(`(?i)` + names + `|` + wholeLine + `|^(?:` + parameters + `)$`)
	r.look = regexp.MustCompile(looks)
	r.pair = regexp.MustCompile(`(?i)[\w.-]*(?:` + names + `)[\w.-]*` + assign + `(` + quoted + `|[^\s&"',;]+)`)
	r.shortest, r.inner = 16, nil
	return r
}

// newReference has the expressions of what is found now.
func newReference() *reference {
	const (
		assign = `\\?["']?\s*[:=]\s*`
		known  = `(?i)` + names + moreNames + `|` + wholeLine + `|` + pairs + `$`
	)
	return &reference{
		name:      regexp.MustCompile(known),
		parameter: regexp.MustCompile(known + `|^(?:` + parameters + `)$`),
		look:      regexp.MustCompile(looks + moreLooks),
		scheme:    regexp.MustCompile(`(?i)\b(?:bearer|basic)\s+([\w.~+/-]{16,}=*)`),
		pair: regexp.MustCompile(`(?i)(?:(?:[\w.-]*(?:` + names + moreNames + `)[\w.-]*|[\w.-]*` + pairs + `)` + assign +
			`|(?:[?&]|&amp;)(?:` + parameters + `)=\s*)(` + quoted + `|[^\s&"',;]+)`),
		long:      regexp.MustCompile(`(?i)[\w.-]*(?:` + wholeLine + `)[\w.-]*` + assign + `(` + quoted + `|[^\r\n"]+)`),
		address:   regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*:(?://|\\/\\/)[^\s"'<>]*`),
		separator: regexp.MustCompile(`(?i)&amp;|\\u0026|[&;]`),
		inner:     regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*:(?://|\\/\\/)([^/\\]*)`),
		shortest:  15,
	}
}

func (r *reference) IsSecret(name string) bool { return r.name.MatchString(name) }

// rounds bounds how often a text is gone through again: what is cut can bring together
// what then looks like a secret.
const rounds = 20

// Text cuts the secrets out of a text and reports whether there were any.
func (r *reference) Text(text string) (out string, cut bool) {
	if len(text) < r.shortest && !strings.ContainsAny(text, ":=") {
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

func (r *reference) once(text string) string {
	text = r.look.ReplaceAllString(text, redact.Mark)
	text = r.values(r.scheme, text)
	text = r.address.ReplaceAllStringFunc(text, r.url)
	text = r.values(r.long, text)
	return r.values(r.pair, text)
}

// values puts the mark for the first group of each match.
func (r *reference) values(pattern *regexp.Regexp, text string) string {
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
			return quote + redact.Mark + quote
		}
	}
	return redact.Mark
}

// url cuts the secrets out of one URL, however it is written: in JSON / and & may be
// escaped.
func (r *reference) url(address string) string {
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
	if r.inner != nil {
		path = r.inner.ReplaceAllStringFunc(path, func(address string) string {
			at := r.inner.FindStringSubmatchIndex(address)[2]
			return address[:at] + host(address[at:])
		})
	}
	return address[:begin] + host(rest[:end]) + path + query
}

// host cuts the user info before a host. What stands where a port should and is none is a
// password whose host is missing.
func host(authority string) string {
	if at := strings.LastIndex(authority, "@"); at >= 0 {
		return redact.Mark + authority[at:]
	}
	colon := strings.LastIndex(authority, ":")
	if colon < 0 || strings.HasSuffix(authority, "]") || strings.Trim(authority[colon+1:], "0123456789") == "" {
		return authority
	}
	return authority[:colon+1] + redact.Mark
}

// query cuts the values of a query and of a fragment if any of them is a secret: those of
// a signed one belong together.
func (r *reference) query(query string) string {
	begin, parts := query[:1], query[1:]
	separators := r.separator.FindAllString(parts, -1)
	pairs := r.separator.Split(parts, -1)
	secret := false
	for _, pair := range pairs {
		// A fragment has pairs of its own, and an address may hold another one.
		name, value, assigned := strings.Cut(pair, "=")
		secret = secret || assigned && value != redact.Mark && (r.parameter.MatchString(plain(name)) || r.holds(plain(value)))
	}
	if !secret {
		return query
	}
	var out strings.Builder
	out.WriteString(begin)
	for i, pair := range pairs {
		name, _, assigned := strings.Cut(pair, "=")
		if assigned {
			name += "=" + redact.Mark
		}
		out.WriteString(name)
		if i < len(separators) {
			out.WriteString(separators[i])
		}
	}
	return out.String()
}

// holds reports whether a value of a query has a secret in it. It does not go further into an
// address within the value than to its user: how far that would go is up to the sender.
func (r *reference) holds(value string) bool {
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

// user reports whether one of the addresses in a text has user info.
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

// Bytes cuts the secrets out of what may be JSON, and reports whether there were any. What
// it does not cut stays as it is written, byte for byte. Where the JSON breaks off, the
// rest is taken for text.
func (r *reference) Bytes(data []byte) (out []byte, cut bool) {
	out = data
	for range rounds {
		var more bool
		if out, more = r.walk(out); !more {
			break
		}
		cut = true
	}
	return out, cut
}

func (r *reference) walk(data []byte) (out []byte, cut bool) {
	w := &walker{reference: r, data: data, decoder: decoderOf(data), secrets: r.secrets(data)}
	for w.next() {
	}
	rest, found := r.Text(string(data[w.read:]))
	if !w.cut && !found {
		return data, false
	}
	w.out.Write(data[w.copied:w.read])
	w.out.WriteString(rest)
	return w.out.Bytes(), true
}

func decoderOf(data []byte) *json.Decoder {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	return decoder
}

// secrets are where the objects begin that have a member "name" that is the name of a secret,
// wherever it stands in them.
func (r *reference) secrets(data []byte) map[int64]bool {
	type object struct {
		begin int64
		is    bool
		// name is the name of the member whose value is next, nil where a name is.
		name *string
	}
	out, decoder, stack := map[int64]bool{}, decoderOf(data), []object(nil)
	for {
		token, err := decoder.Token()
		if err != nil {
			return out
		}
		switch t := token.(type) {
		case json.Delim:
			if t == '{' || t == '[' {
				stack = append(stack, object{begin: decoder.InputOffset(), is: t == '{'})
				continue
			}
			stack = stack[:len(stack)-1]
		case string:
			if len(stack) == 0 || !stack[len(stack)-1].is {
				continue
			}
			top := &stack[len(stack)-1]
			if top.name == nil {
				top.name = &t
				continue
			}
			if *top.name == "name" && r.IsSecret(t) {
				out[top.begin] = true
			}
		}
		if len(stack) > 0 {
			stack[len(stack)-1].name = nil
		}
	}
}

// walker goes through JSON token by token, however deep it is, and copies what it has
// seen.
type walker struct {
	*reference

	data    []byte
	decoder *json.Decoder
	out     bytes.Buffer
	// copied is how much of data is in out; read is how much was looked at.
	copied, read int
	cut          bool
	stack        []frame
	// secrets are where the objects begin whose member "value" is a secret.
	secrets map[int64]bool
}

// frame is an object or a list that the walker is in.
type frame struct {
	object bool
	// name is the name of the member whose value is next; named tells that it is known.
	name  string
	named bool
	// secret tells that all within is one, and value that each member "value" is: a member
	// "name" says so.
	secret, value bool
}

// next takes one token; it is false at the end, and where the JSON breaks off.
func (w *walker) next() bool {
	token, err := w.decoder.Token()
	if err != nil {
		return false
	}
	end := int(w.decoder.InputOffset())
	begin := w.read + len(w.data[w.read:end]) - len(bytes.TrimLeft(w.data[w.read:end], " \t\r\n,:"))
	w.read = end
	switch t := token.(type) {
	case json.Delim:
		w.enter(t)
	case string:
		if f := w.top(); f != nil && f.object && !f.named {
			f.name, f.named = t, true
			w.replace(begin, end, t, w.textual)
			return true
		}
		w.replace(begin, end, t, w.rule())
		w.passed()
	case json.Number:
		if w.secret() {
			w.replace(begin, end, t.String(), whole)
		}
		w.passed()
	default:
		w.passed()
	}
	return true
}

func (w *walker) top() *frame {
	if len(w.stack) == 0 {
		return nil
	}
	return &w.stack[len(w.stack)-1]
}

// enter goes into an object or a list, or leaves it.
func (w *walker) enter(d json.Delim) {
	if d == '}' || d == ']' {
		w.stack = w.stack[:len(w.stack)-1]
		w.passed()
		return
	}
	w.stack = append(w.stack, frame{object: d == '{', secret: w.secret(), value: w.secrets[w.decoder.InputOffset()]})
}

// passed tells that a value has been passed; a name comes next where it was in an object.
func (w *walker) passed() {
	if f := w.top(); f != nil {
		f.named = false
	}
}

// secret reports whether the value that comes is one by its place.
func (w *walker) secret() bool {
	f := w.top()
	if f == nil {
		return false
	}
	return f.secret || f.object && (w.IsSecret(f.name) || f.value && f.name == "value")
}

// rule is how a string is cut.
func (w *walker) rule() func(string) (string, bool) {
	f := w.top()
	switch {
	case w.secret():
		return whole
	case f != nil && f.object && f.name == "data_base64":
		return w.inBase64
	}
	return w.textual
}

func whole(text string) (string, bool) { return redact.Mark, text != "" && text != redact.Mark }

// textual cuts the secrets out of a string, which may be JSON itself.
func (w *walker) textual(text string) (string, bool) { return w.Text(text) }

func (w *walker) inBase64(text string) (string, bool) {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return w.Text(text)
	}
	out, cut := w.Bytes(data)
	return base64.StdEncoding.EncodeToString(out), cut
}

// replace copies what stands before a token, and the token without its secrets.
func (w *walker) replace(begin, end int, text string, rule func(string) (string, bool)) {
	clean, cut := rule(text)
	if !cut {
		return
	}
	w.cut = true
	w.out.Write(w.data[w.copied:begin])
	many := 0
	for _, c := range w.data[begin:end] {
		many += strings.Count("&<>", string(rune(c)))
	}
	var written bytes.Buffer
	encoder := json.NewEncoder(&written)
	encoder.SetEscapeHTML(5*many <= end-begin)
	if err := encoder.Encode(clean); err != nil {
		written.WriteString(`"` + redact.Mark + `"`)
	}
	w.out.Write(bytes.TrimSpace(written.Bytes()))
	w.copied = end
}
