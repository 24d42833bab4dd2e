package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"slipway/release"
)

const (
	// maxDepth is how deep a document may be nested. What is asked for here needs a dozen.
	maxDepth = 32
	// maxKept is how many entries of a list and fields of an object are kept. What has more is
	// refused, and costs no memory for the rest.
	maxKept = 1000
	// maxReported is how many problems of the syntax of a document are reported.
	maxReported = 20
)

// jsonReader reads one JSON document. It is stricter than encoding/json, which lets the
// last of two equal names win, puts a replacement for what is not Unicode, and leaves
// alone what follows: two readers could take such a document for two things.
type jsonReader struct {
	data    []byte
	decoder *json.Decoder
	// path leads to the value that is read. It is formatted only for a problem: a path for
	// each value would cost the square of the document.
	path     []step
	problems release.Problems
	reported map[string]bool
}

// step is a name in an object, or a place in a list.
type step struct {
	name   string
	place  int
	inList bool
}

// readJSON reads a document into maps, lists and what encoding/json makes of the rest, with
// numbers as they were written. The problems are those of single values, the error says
// why there is no document.
func readJSON(data []byte) (any, release.Problems, error) {
	r := &jsonReader{data: data, decoder: json.NewDecoder(bytes.NewReader(data)), reported: map[string]bool{}}
	r.decoder.UseNumber()
	value, err := r.value()
	if err != nil {
		return nil, nil, syntaxError(err)
	}
	if _, err := r.decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, nil, errors.New("something follows it")
	}
	return value, r.problems, nil
}

var errTooDeep = fmt.Errorf("it is nested deeper than %d levels", maxDepth)

// syntaxError is what is wrong with a document, without the error texts of Go.
func syntaxError(err error) error {
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, errTooDeep), errors.As(err, &syntax):
		return err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it ends too early")
	}
	return errors.New("it cannot be read")
}

func (r *jsonReader) value() (any, error) {
	start := r.decoder.InputOffset()
	token, err := r.decoder.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		if len(r.path) == maxDepth {
			return nil, errTooDeep
		}
		if t == '{' {
			return r.object()
		}
		return r.list()
	case string:
		if !isText(t, r.data[start:r.decoder.InputOffset()]) {
			r.problem("is not Unicode text")
		}
	}
	return token, nil
}

func (r *jsonReader) object() (any, error) {
	out := map[string]any{}
	for r.decoder.More() {
		token, err := r.decoder.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string) // an object has no other names
		r.path = append(r.path, step{name: name})
		value, err := r.value()
		if err != nil {
			return nil, err
		}
		_, again := out[name]
		if again {
			r.problem("is given more than once")
		}
		r.path = r.path[:len(r.path)-1]
		if !again && len(out) == maxKept {
			r.problem(fmt.Sprintf("has more than %d fields", maxKept))
			continue
		}
		out[name] = value
	}
	_, err := r.decoder.Token()
	return out, err
}

// longList stands for a list with more entries than are kept: their number.
type longList int

func (r *jsonReader) list() (any, error) {
	out, count := []any{}, 0
	for ; r.decoder.More(); count++ {
		r.path = append(r.path, step{place: count, inList: true})
		value, err := r.value()
		if err != nil {
			return nil, err
		}
		r.path = r.path[:len(r.path)-1]
		if count < maxKept {
			out = append(out, value)
		}
	}
	if _, err := r.decoder.Token(); err != nil {
		return nil, err
	}
	if count > maxKept {
		return longList(count), nil
	}
	return out, nil
}

// problem records what is wrong at the value that is read, once, up to maxReported.
func (r *jsonReader) problem(message string) {
	if len(r.problems) == maxReported {
		return
	}
	field := ""
	for _, s := range r.path {
		if s.inList {
			field += "[" + strconv.Itoa(s.place) + "]"
		} else {
			field = join(field, s.name)
		}
	}
	if !r.reported[field] {
		r.reported[field] = true
		r.problems = append(r.problems, release.Problem{Field: field, Message: message})
	}
}

// replacement is what encoding/json puts for what is not Unicode: bytes that are not UTF-8,
// and half of a surrogate pair.
const replacement = "\uFFFD"

// isText reports whether a JSON string was read as it was written.
func isText(read string, written []byte) bool {
	if !strings.Contains(read, replacement) {
		return true
	}
	own := bytes.Count(written, []byte(replacement))
	for i := 0; i < len(written); i++ {
		if written[i] != '\\' {
			continue
		}
		if i+5 < len(written) && strings.EqualFold(string(written[i+1:i+6]), "ufffd") {
			own++
		}
		i++ // the next byte is escaped; it begins no escape of its own
	}
	return strings.Count(read, replacement) == own
}
