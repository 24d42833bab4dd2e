package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/nats-io/nats.go"

	"slipway/release"
)

// The attributes that are read.
const (
	attributeVersion     = "specversion"
	attributeID          = "id"
	attributeSource      = "source"
	attributeType        = "type"
	attributeSubject     = "subject"
	attributeTime        = "time"
	attributeContentType = "datacontenttype"
	attributeSchema      = "dataschema"

	// data and data_base64 are no attributes, but members of the JSON format beside them.
	memberData       = "data"
	memberDataBase64 = "data_base64"
)

const isRepeated = "is given more than once"

// rawEvent is an event as it was read from either encoding and before it was validated: its
// attributes as text, the same text for the same event.
type rawEvent struct {
	attributes map[string]string
	data       []byte
	// problems are what could not be read.
	problems release.Problems
}

func (e *rawEvent) problem(field, message string) {
	if len(e.problems) < maxReported {
		e.problems = append(e.problems, release.Problem{Field: field, Message: message})
	}
}

// readStructured reads the JSON format of CloudEvents.
func readStructured(msg *nats.Msg) (rawEvent, *PoisonError) {
	e := rawEvent{attributes: map[string]string{}}
	members, bad := membersOf(msg.Data)
	if bad != nil {
		return e, bad
	}
	given := map[string]bool{}
	var inBase64 bool
	for _, m := range members {
		switch {
		case given[m.name]:
			e.problem(m.name, isRepeated)
		case m.name == memberData:
			e.data = m.value
		case m.name == memberDataBase64:
			inBase64 = e.base64(m.value)
		case !isAttributeName(m.name):
			e.problem(m.name, notAName)
		default:
			e.member(m)
		}
		given[m.name] = true
	}
	if inBase64 && given[memberData] {
		e.problem(memberDataBase64, "is given beside data; an event has one of them")
	}
	return e, nil
}

// member is one member of a JSON object, its value as it was written.
type member struct {
	name  string
	value json.RawMessage
}

// membersOf takes an event apart. It keeps a member that is given twice, which a map would
// not.
func membersOf(data []byte) ([]member, *PoisonError) {
	const no = "the message is not a CloudEvent: "
	if string(bytes.TrimSpace(data)) == "null" {
		return nil, poison("", no+"it is null")
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, poison("", no+"it is no JSON object and has no ce- headers")
	}
	var out []member
	for decoder.More() {
		var m member
		token, err := decoder.Token()
		if err == nil {
			m.name, _ = token.(string) // an object has no other names
			err = decoder.Decode(&m.value)
		}
		if err != nil {
			return nil, poison("", no+"it is no JSON object ("+syntaxError(err).Error()+")")
		}
		if len(out) == maxKept {
			return nil, poison("", fmt.Sprintf("%sit has more than %d members", no, maxKept))
		}
		out = append(out, m)
	}
	if _, err := decoder.Token(); err != nil {
		return nil, poison("", no+"it is no JSON object ("+syntaxError(err).Error()+")")
	}
	if len(bytes.TrimSpace(data[decoder.InputOffset():])) > 0 {
		return nil, poison("", no+"something follows the JSON object")
	}
	return out, nil
}

// member reads an attribute of the JSON format. What is null is not given.
func (e *rawEvent) member(m member) {
	_, known := attributeRules()[m.name]
	switch kind := kindOf(m.value); {
	case kind == isNull:
	case kind == isString:
		text, ok := textOf(m.value)
		if !ok {
			e.problem(m.name, "is not Unicode text")
			return
		}
		e.attributes[m.name] = text
	case known:
		e.problem(m.name, "must be a string, not "+kind)
	case kind == "an object" || kind == "a list":
		e.problem(m.name, "must be a string, a number, true or false, not "+kind)
	}
}

// base64 reads data that is given in base64, and reports whether it is given at all.
func (e *rawEvent) base64(value json.RawMessage) bool {
	kind := kindOf(value)
	if kind == isNull {
		return false
	}
	if kind != isString {
		e.problem(memberDataBase64, "must be a string of base64, not "+kind)
		return true
	}
	text, _ := textOf(value) // what is not Unicode is not base64 either
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		e.problem(memberDataBase64, "is not base64")
		return true
	}
	e.data = data
	return true
}

// textOf reads a JSON string; it is false where that does not hold Unicode.
func textOf(value json.RawMessage) (text string, ok bool) {
	err := json.Unmarshal(value, &text)
	return text, err == nil && isText(text, value)
}

const (
	isNull   = "null"
	isString = "a string"
)

// kindOf returns the kind of a JSON value by its first byte.
func kindOf(value json.RawMessage) string {
	switch value[0] {
	case '"':
		return isString
	case '{':
		return "an object"
	case '[':
		return "a list"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return isNull
	}
	return "a number"
}

// readBinary reads the binary mode: attributes are headers with the prefix ce-, and the
// data is the payload.
func readBinary(msg *nats.Msg) (rawEvent, *PoisonError) {
	e := rawEvent{attributes: map[string]string{}, data: msg.Data}
	given := map[string]int{}
	// Sorted, so that the same message always has the same reasons.
	for _, header := range slices.Sorted(maps.Keys(msg.Header)) {
		name, ok := strings.CutPrefix(strings.ToLower(header), binaryPrefix)
		values := msg.Header[header]
		if !ok || len(values) == 0 {
			continue
		}
		before := given[name]
		given[name] += len(values)
		switch {
		case before > 1: // is reported already
		case given[name] > 1:
			e.problem(name, isRepeated)
		case !isAttributeName(name):
			e.problem(name, notAName)
		default:
			e.header(name, values[0])
		}
	}
	// Other bindings put the content type there; an attribute of its own goes before it.
	if mediaType, there := header(msg.Header, headerContentType); there && given[attributeContentType] == 0 {
		e.attributes[attributeContentType] = strings.TrimSpace(mediaType)
	}
	return e, nil
}

// header reads the value of an attribute as the NATS binding of CloudEvents says (section
// 3.1.3.2): without the quotes of a quoted string, then percent-decoded once.
func (e *rawEvent) header(name, value string) {
	value, ok := unquote(strings.Trim(value, " \t"))
	if !ok {
		e.problem(name, "begins with a quote and is no quoted string")
		return
	}
	text, err := url.PathUnescape(value)
	if err != nil {
		e.problem(name, "has a % that begins no percent-encoding; in a header % is written %25")
		return
	}
	e.attributes[name] = text
}

// unquote reads a quoted string (RFC 7230 section 3.2.6); what is not quoted stays.
func unquote(value string) (text string, ok bool) {
	inner, quoted := strings.CutPrefix(value, `"`)
	if !quoted {
		return value, true
	}
	var out strings.Builder
	for i := 0; i < len(inner); i++ {
		switch inner[i] {
		case '"':
			return out.String(), i == len(inner)-1
		case '\\':
			i++
			if i == len(inner) {
				return "", false
			}
		}
		out.WriteByte(inner[i])
	}
	return "", false
}

const notAName = "is not the name of an attribute: a-z and 0-9, and not data"

func isAttributeName(name string) bool {
	return name != "" && name != memberData && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
}

// attributeRule is what an attribute must be besides text.
type attributeRule struct {
	required bool
	// fault returns what is wrong with a text, or "".
	fault func(text string) string
}

// attributeRules are the rules of the attributes that are read, and of no others: what
// else an event has is for others.
func attributeRules() map[string]attributeRule {
	return map[string]attributeRule{
		attributeVersion:     {fault: versionFault},
		attributeID:          {required: true},
		attributeSource:      {required: true, fault: sourceFault},
		attributeType:        {required: true},
		attributeSubject:     {},
		attributeTime:        {fault: timeFault},
		attributeContentType: {fault: contentFault},
		attributeSchema:      {fault: schemaFault},
		attributeSignedBy:    {fault: PublicKeyFault},
		attributeSignature:   {},
	}
}

// faults lists what is wrong with the attributes, in the order of their names. What
// another version of CloudEvents defines is not validated by the rules of this one.
func (e *rawEvent) faults() release.Problems {
	version, given := e.attributes[attributeVersion]
	if !given {
		return release.Problems{{Field: attributeVersion, Message: "is missing: the message is not a CloudEvent"}}
	}
	if fault := faultOf(attributeVersion, version); fault != "" {
		return release.Problems{{Field: attributeVersion, Message: fault}}
	}
	var out release.Problems
	rules := attributeRules()
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		text, given := e.attributes[name]
		fault := ""
		switch {
		case given:
			fault = faultOf(name, text)
		case rules[name].required:
			fault = "is missing"
		}
		if fault != "" {
			out = append(out, release.Problem{Field: name, Message: fault})
		}
	}
	return append(out, e.signatureFaults()...)
}

// faultOf returns what is wrong with an attribute, or "".
func faultOf(name, text string) string {
	fault := textFault(text)
	if own := attributeRules()[name].fault; fault == "" && own != nil {
		fault = own(text)
	}
	return fault
}

// textFault returns what is wrong with any attribute that is not what CloudEvents calls a
// string, or is beyond its bound.
func textFault(text string) string {
	switch {
	case text == "":
		return "must not be empty"
	case len(text) > release.MaxAttribute:
		return fmt.Sprintf("has %d bytes; at most %d are taken", len(text), release.MaxAttribute)
	case !utf8.ValidString(text):
		return "is not UTF-8"
	}
	for _, r := range text {
		if !isAllowed(r) {
			return fmt.Sprintf("has the character %U, which CloudEvents do not allow", r)
		}
	}
	if strings.TrimSpace(text) != text {
		return "must not begin or end with blanks"
	}
	return ""
}

// isAllowed refuses control characters and what Unicode calls noncharacters (CloudEvents,
// type system, String).
func isAllowed(r rune) bool {
	control := r <= 0x1F || r >= 0x7F && r <= 0x9F
	noncharacter := r >= 0xFDD0 && r <= 0xFDEF || r&0xFFFE == 0xFFFE
	return !control && !noncharacter
}

func versionFault(text string) string {
	if text != event.CloudEventsVersionV1 {
		return fmt.Sprintf("%q is not supported; use %s", text, event.CloudEventsVersionV1)
	}
	return ""
}

// uriPattern is the characters of a URI reference (RFC 3986 section 2).
var uriPattern = regexp.MustCompile(`^([A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+$`)

// sourceFault wants a URI reference as it is written there: a source is compared byte for
// byte, so nothing is made of it that was not sent.
func sourceFault(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "is not a URI reference"
	}
	if _, secret := u.User.Password(); secret {
		return "must have no password"
	}
	if !uriPattern.MatchString(text) {
		return fmt.Sprintf("is not a URI reference; use %q", u)
	}
	return ""
}

func schemaFault(text string) string {
	if u, err := url.Parse(text); err != nil || !u.IsAbs() {
		return "is not an absolute URI"
	}
	return ""
}

func contentFault(text string) string {
	mediaType, _, err := mime.ParseMediaType(text)
	switch {
	case err != nil:
		return "is not a media type; use " + event.ApplicationJSON
	case mediaType != event.ApplicationJSON && mediaType != "text/json" && !strings.HasSuffix(mediaType, "+json"):
		return fmt.Sprintf("%q is not supported; use %s", text, event.ApplicationJSON)
	}
	return ""
}

func timeFault(text string) string {
	if _, ok := parseTime(text); !ok {
		return "is not a time of RFC 3339 such as 2026-11-22T10:00:00Z"
	}
	return ""
}

// timePattern is stricter than the time package, which takes a comma for the point and a
// single digit for the hour.
var timePattern = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$`)

// parseTime reads a time of RFC 3339, in which T and Z may be lower-case letters and a
// minute may have a leap second.
func parseTime(text string) (time.Time, bool) {
	text = strings.ToUpper(text)
	if !timePattern.MatchString(text) {
		return time.Time{}, false
	}
	const seconds = len("2006-01-02T15:04:")
	if text[seconds:seconds+2] != "60" {
		at, err := time.Parse(time.RFC3339, text)
		return at, err == nil
	}
	// The time package knows no leap seconds. They end a day of UTC.
	at, err := time.Parse(time.RFC3339, text[:seconds]+"59"+text[seconds+2:])
	return at.Add(time.Second), err == nil && at.UTC().Format("15:04") == "23:59"
}
