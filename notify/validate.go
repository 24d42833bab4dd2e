package notify

import (
	"cmp"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"slipway/apps"
	"slipway/internal/scope"
	"slipway/release"
	"slipway/wire"
)

// The bounds of a document, so that to judge an event by it costs little.
const (
	// MaxDocument is the size of a document as JSON, in bytes.
	MaxDocument = 128 << 10
	MaxChannels = 50
	MaxRules    = 200
	// MaxScopes is how many scopes a rule or a step has, and MaxRecipients to how many addresses a channel sends mail.
	MaxScopes     = 100
	MaxRecipients = 50

	maxPath    = 1024
	maxSubject = 256
	maxAddress = 256
	// maxProblems is how many problems are told at once.
	maxProblems = 100
)

// How mail is encrypted on its way to the server.
const (
	StartTLS = "starttls"
	TLS      = "tls"
	NoTLS    = "none"
)

// Parse reads a document from JSON, strictly: everything that is wrong is returned at once, as [release.Problems], fields that do
// not exist among them.
func Parse(data []byte) (Document, error) {
	if len(data) > MaxDocument {
		return Document{}, release.Problems{{Field: "data", Message: fmt.Sprintf("has %d bytes; at most %d are taken", len(data), MaxDocument)}}
	}
	return wire.ParseDocument[Document](data)
}

// Validate lists every problem of the document at once, as [release.Problems], or returns nil. The files that it names are not
// looked for.
func (d Document) Validate() error {
	v := &validator{}
	v.check(len(d.Channels) > 0, "channels", "is required: where messages are sent, each with a name and a type")
	for i := range v.atMost("channels", len(d.Channels), MaxChannels) {
		v.channel(d, i)
	}
	for i := range v.atMost("rules", len(d.Rules), MaxRules) {
		r, at := d.Rules[i], fmt.Sprintf("rules[%d]", i)
		v.problems = append(v.problems, apps.CheckTold(at, r.To, r.When)...)
		for j, name := range r.To[:min(len(r.To), apps.MaxTold)] {
			v.known(d, fmt.Sprintf("%s.to[%d]", at, j), name)
		}
		v.scopes(at+".scopes", r.Scopes)
	}
	v.ladder(d)
	if len(v.problems) == 0 {
		return nil
	}
	return v.problems[:min(len(v.problems), maxProblems)]
}

// validator collects what is wrong.
type validator struct{ problems release.Problems }

func (v *validator) check(ok bool, field, format string, args ...any) {
	if !ok {
		v.problems = append(v.problems, release.Problem{Field: field, Message: fmt.Sprintf(format, args...)})
	}
}

// atMost returns how many entries of a list are looked at; that there are more is a problem.
func (v *validator) atMost(field string, count, most int) int {
	v.check(count <= most, field, "has %d entries; at most %d are taken", count, most)
	return min(count, most)
}

// known checks that a channel which is named is in the document. A name that is none was told already.
func (v *validator) known(d Document, field, name string) {
	_, known := d.Channel(name)
	v.check(known || !release.IsName(name), field, "%.*q is no channel of the document%s", release.MaxID, name, release.DidYouMean(name, d.Names()))
}

func (v *validator) scopes(field string, scopes []string) {
	for i := range v.atMost(field, len(scopes), MaxScopes) {
		fault := scope.Fault(scopes[i], scope.Named, scope.Set)
		v.check(fault == "", fmt.Sprintf("%s[%d]", field, i), "%s", fault)
	}
}

func (v *validator) ladder(d Document) {
	v.problems = append(v.problems, apps.CheckLadder("waiting", stepsOf(d.Waiting))...)
	for i, s := range d.Waiting[:min(len(d.Waiting), apps.MaxSteps)] {
		at := fmt.Sprintf("waiting[%d]", i)
		v.known(d, at+".tell", s.Tell)
		v.known(d, at+".page", s.Page)
		v.scopes(at+".scopes", s.Scopes)
	}
}

// stepsOf are the steps without their scopes.
func stepsOf(steps []Step) []apps.WaitingStep {
	out := make([]apps.WaitingStep, len(steps))
	for i, s := range steps {
		out[i] = apps.WaitingStep{After: s.After, Tell: s.Tell, Page: s.Page}
	}
	return out
}

// has says what channels do with a field.
type has int

const (
	hasNot has = iota
	mayHave
	mustHave
)

// fields says which fields channels of a type have, besides those that all have.
func (t ChannelType) fields() (url, secret, subject, email has) {
	switch t {
	case Slack, WeCom:
		return mustHave, hasNot, hasNot, hasNot
	case DingTalk, Feishu:
		return mustHave, mayHave, hasNot, hasNot
	case Webhook:
		return mustHave, mustHave, hasNot, hasNot
	case NATS:
		return hasNot, hasNot, mustHave, hasNot
	case Email:
		return hasNot, hasNot, hasNot, mustHave
	}
	return mayHave, mayHave, mayHave, mayHave // the type is told, and nothing else can be
}

// channel checks one of the channels, with those before it.
func (v *validator) channel(d Document, number int) {
	c, at := d.Channels[number], fmt.Sprintf("channels[%d]", number)
	v.check(release.IsName(c.Name), at+".name", "%.*q is not %s", release.MaxID, c.Name, release.NameWords)
	first := slices.Index(d.Names(), c.Name)
	v.check(first == number || c.Name == "", at+".name", "%.*q is that of channels[%d] already", release.MaxID, c.Name, first)
	v.check(slices.Contains(ChannelTypes(), c.Type), at+".type", "%.*q is no type of channel; there are %s%s",
		release.MaxID, string(c.Type), joined(ChannelTypes()), release.DidYouMean(string(c.Type), strings.Split(joined(ChannelTypes()), ", ")))
	v.check(slices.Contains([]Language{"", English, Chinese}, c.Language), at+".language", "%.*q is no language of messages; use %s or %s", release.MaxID, string(c.Language), English, Chinese)
	_, err := release.LoadZone(cmp.Or(c.Zone, "UTC"))
	v.check(err == nil && len(c.Zone) <= release.MaxWord, at+".zone", "%.*q is not the IANA name of a time zone, such as Asia/Shanghai or UTC", release.MaxWord, c.Zone)

	url, secret, subject, email := c.Type.fields()
	for _, f := range []struct {
		name  string
		does  has
		given bool
		what  string
	}{
		{"urlFile", url, c.URLFile != "", "a file with the address that messages are sent to, which is a secret"},
		{"secretFile", secret, c.SecretFile != "", "a file with the secret by which messages are signed"},
		{"subject", subject, c.Subject != "", "the subject on which messages are published"},
		{"email", email, c.Email != nil, "server, from and to"},
	} {
		v.check(f.does != mustHave || f.given, at+"."+f.name, "is required of a channel of type %s: %s", c.Type, f.what)
		v.check(f.does != hasNot || !f.given, at+"."+f.name, "has no meaning for a channel of type %s; leave it out", c.Type)
	}
	v.path(at+".urlFile", c.URLFile)
	v.path(at+".secretFile", c.SecretFile)
	v.subject(at+".subject", c.Subject)
	if c.Email != nil {
		v.mail(at+".email", *c.Email)
	}
}

func (v *validator) path(at, path string) {
	v.check(len(path) <= maxPath && !strings.ContainsRune(path, 0), at, "is no path of a file")
}

// subject checks the subject of a channel. Slipway's own are refused: a message on one of them would be taken for a request or an
// event.
func (v *validator) subject(at, subject string) {
	if subject == "" {
		return
	}
	whole := len(subject) <= maxSubject && !strings.ContainsAny(subject, " \t\r\n*>\x00")
	for token := range strings.SplitSeq(subject, ".") {
		whole = whole && token != ""
	}
	v.check(whole, at, "%.*q is no subject that can be published on: words with dots between them, without blanks, * and >", release.MaxID, subject)
	first, _, _ := strings.Cut(subject, ".")
	v.check(first != "slipway" && !strings.HasPrefix(first, "$") && !strings.HasPrefix(first, "_"), at,
		"%.*q begins as the subjects of Slipway or of NATS itself do; use one of your own, such as team.releases", release.MaxID, subject)
}

func (v *validator) mail(at string, m Mail) {
	host, port, err := net.SplitHostPort(m.Server)
	number, notNumber := strconv.ParseUint(port, 10, 16)
	v.check(err == nil && host != "" && notNumber == nil && number > 0 && len(m.Server) <= maxAddress, at+".server", "%.*q is no server; write host:port, such as smtp.example:587", release.MaxID, m.Server)
	v.check(slices.Contains([]string{StartTLS, TLS, NoTLS}, cmp.Or(m.TLS, StartTLS)), at+".tls", "%.*q is unknown; use %s, %s, or %s for a loopback address", release.MaxID, m.TLS, StartTLS, TLS, NoTLS)
	v.check(m.TLS != NoTLS || isLoopback(host), at+".tls", "%s is for loopback addresses alone: what is sent elsewhere can be read on its way; use %s or %s", NoTLS, StartTLS, TLS)
	v.check(len(m.User) <= maxAddress && !strings.ContainsAny(m.User, "\r\n\x00"), at+".user", "is no name of a user")
	v.check(m.User == "" || m.PasswordFile != "", at+".passwordFile", "is required with user: a file with the password")
	v.check(m.User != "" || m.PasswordFile == "", at+".user", "is required with passwordFile: who signs in with it")
	v.path(at+".passwordFile", m.PasswordFile)
	v.address(at+".from", m.From)
	v.check(len(m.To) > 0, at+".to", "is required: the addresses that mail is sent to")
	for i := range v.atMost(at+".to", len(m.To), MaxRecipients) {
		v.address(fmt.Sprintf("%s.to[%d]", at, i), m.To[i])
	}
}

func (v *validator) address(at, address string) {
	_, err := mail.ParseAddress(address)
	v.check(err == nil && len(address) <= maxAddress && !strings.ContainsAny(address, "\r\n"), at, "%.*q is no address of mail, such as releases@example.com", release.MaxID, address)
}

// isLoopback reports whether a host is this machine, whoever is asked.
func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// joined are words with commas between them.
func joined[T ~string](words []T) string {
	out := make([]string, len(words))
	for i, word := range words {
		out[i] = string(word)
	}
	return strings.Join(out, ", ")
}
