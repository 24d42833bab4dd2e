package clientrt

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"mime"
	"reflect"
	"slices"
	"strings"
	"time"
)

// maxXMLDepth bounds how deep elements may be nested. The deepest documented answer has eight levels.
const maxXMLDepth = 100

// element is an XML element. In the reference's XML answers an element is a member of an
// object, and a list is an element that repeats.
type element struct {
	name     string
	text     string
	children []*element
}

// isXML reports whether a Content-Type names XML.
func isXML(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && (strings.HasSuffix(kind, "/xml") || strings.HasSuffix(kind, "+xml"))
}

// parseXML reads one XML document.
func parseXML(text []byte) (*element, error) {
	dec := xml.NewDecoder(bytes.NewReader(text))
	open := []*element{{}}
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		top := open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			if len(open) > maxXMLDepth {
				return nil, errors.New("XML is nested too deeply")
			}
			child := &element{name: token.Name.Local}
			top.children = append(top.children, child)
			open = append(open, child)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			top.text += string(token)
		}
	}
	if len(open[0].children) != 1 || strings.TrimSpace(open[0].text) != "" {
		return nil, errors.New("not one XML document")
	}
	return open[0].children[0], nil
}

// untyped gives an element in the form of parsed JSON, without knowing what it stands for: an
// element that repeats is a list, any other a text or an object.
func (e *element) untyped() any {
	if len(e.children) == 0 {
		return e.text
	}
	object := make(map[string]any)
	for _, name := range e.names() {
		same := e.named(name)
		if len(same) == 1 {
			object[name] = same[0].untyped()
			continue
		}
		list := make([]any, len(same))
		for i, child := range same {
			list[i] = child.untyped()
		}
		object[name] = list
	}
	return object
}

// names are the distinct names of the children, in the order in which they come.
func (e *element) names() []string {
	var names []string
	for _, child := range e.children {
		if !slices.Contains(names, child.name) {
			names = append(names, child.name)
		}
	}
	return names
}

// named gives the children of a name.
func (e *element) named(name string) []*element {
	return slices.DeleteFunc(slices.Clone(e.children), func(c *element) bool { return c.name != name })
}

// as gives an element in the form of parsed JSON for a Go type: the type tells a list of one
// element from the element.
func (e *element) as(t reflect.Type) any {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == reflect.TypeFor[time.Time]() || len(e.children) == 0:
		return e.text
	case t.Kind() == reflect.Struct:
		return e.asObject(t)
	}
	return e.untyped()
}

func (e *element) asObject(t reflect.Type) any {
	object := make(map[string]any)
	for _, name := range e.names() {
		same := e.named(name)
		field, known := fieldOf(t, name)
		switch {
		case known && field.Kind() == reflect.Slice:
			object[name] = listOf(same, field.Elem())
		case known && len(same) == 1:
			object[name] = same[0].as(field)
		default:
			object[name] = (&element{children: same}).untyped().(map[string]any)[name]
		}
	}
	return object
}

// fieldOf gives the type of the field for a member, by its exact name or its name in any case.
func fieldOf(t reflect.Type, name string) (reflect.Type, bool) {
	var found reflect.Type
	for field := range t.Fields() {
		tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if tag == name {
			return field.Type, true
		}
		if strings.EqualFold(tag, name) {
			found = field.Type
		}
	}
	return found, found != nil
}

// listOf makes a list from elements of one name. One element may be the list itself: with the
// list's elements inside (Regions.Region), empty, or with JSON text.
func listOf(same []*element, of reflect.Type) any {
	if len(same) == 1 {
		only := same[0]
		isText := len(only.children) == 0
		switch {
		case isText && strings.TrimSpace(only.text) == "":
			return []any{}
		case isText && of.Kind() == reflect.Struct:
			return only.text
		case only.wraps(of):
			same = only.children
		}
	}
	list := make([]any, len(same))
	for i, e := range same {
		list[i] = e.as(of)
	}
	return list
}

// wraps reports whether an element holds the elements of a list and not the members of one.
func (e *element) wraps(of reflect.Type) bool {
	if len(e.names()) != 1 {
		return false
	}
	if of.Kind() != reflect.Struct {
		return true
	}
	_, isMember := fieldOf(of, e.children[0].name)
	return !isMember
}
