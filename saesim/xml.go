package saesim

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"strings"
)

const (
	contentJSON = "application/json; charset=utf-8"
	contentXML  = "application/xml; charset=utf-8"
)

// wantsXML reads the Accept header: application/json or application/xml (SAE API
// reference ch. 7). Of several the first one named counts; without any of them
// answers are JSON (reading).
func wantsXML(header http.Header) bool {
	xml, _ := acceptedForm(header)
	return xml
}

// acceptedForm reports whether a caller wants XML, and whether it named a form at all.
func acceptedForm(header http.Header) (xml, named bool) {
	for kind := range strings.SplitSeq(strings.Join(header.Values("Accept"), ","), ",") {
		switch kind, _, _ := mime.ParseMediaType(kind); kind {
		case "application/xml", "text/xml":
			return true, true
		case "application/json":
			return false, true
		}
	}
	return false, false
}

// toXML turns an answer into the form of the reference's samples: an element for each
// member in its order, and one for each entry of a list under the list's own name.
// The documents show no error in XML; its root is Error (reading).
func toXML(root string, answer []byte) ([]byte, error) {
	x := xmlWriter{in: json.NewDecoder(bytes.NewReader(answer))}
	x.in.UseNumber()
	if err := x.value(root); err != nil {
		return nil, fmt.Errorf("answer in XML: %w", err)
	}
	return x.out.Bytes(), nil
}

// xmlWriter copies JSON tokens into XML elements.
type xmlWriter struct {
	in  *json.Decoder
	out bytes.Buffer
}

// value writes the next JSON value under a name.
func (x *xmlWriter) value(name string) error {
	token, err := x.in.Token()
	if err != nil {
		return err
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '[' {
			return x.list(name)
		}
		return x.object(name)
	case nil:
		return nil
	default:
		end := x.open(name)
		err := xml.EscapeText(&x.out, fmt.Append(nil, token))
		x.out.WriteString(end)
		return err
	}
}

func (x *xmlWriter) list(name string) error {
	for x.in.More() {
		if err := x.value(name); err != nil {
			return err
		}
	}
	_, err := x.in.Token()
	return err
}

func (x *xmlWriter) object(name string) error {
	end := x.open(name)
	for x.in.More() {
		key, err := x.in.Token()
		if err != nil {
			return err
		}
		if err := x.value(fmt.Sprint(key)); err != nil {
			return err
		}
	}
	x.out.WriteString(end)
	_, err := x.in.Token()
	return err
}

// open writes a start tag and returns the end tag. A key that cannot be the name of
// an element, as config maps may have them, becomes an attribute (reading).
func (x *xmlWriter) open(name string) (end string) {
	if regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`).MatchString(name) {
		x.out.WriteString("<" + name + ">")
		return "</" + name + ">"
	}
	x.out.WriteString(`<entry key="`)
	xml.EscapeText(&x.out, []byte(name)) //nolint:errcheck // a buffer takes everything
	x.out.WriteString(`">`)
	return "</entry>"
}
