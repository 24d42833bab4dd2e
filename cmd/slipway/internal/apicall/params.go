package apicall

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"slipway/cloudapi"
	"slipway/release"
)

// maxInput bounds a file or standard input, in bytes: the API takes nothing as large.
const maxInput = 8 << 20

// standardInput is the name of standard input where a file is meant.
const standardInput = "-"

// Source is where parameters are read from.
type Source struct {
	// Args are arguments of the form Name=value. Name=@file takes the value from a file,
	// Name=@- from standard input, and Name=@@text is the value @text.
	Args []string
	// JSON is a file that holds an object of parameters; - is standard input, and empty is
	// none. What an argument says wins over it.
	JSON string
	// Stdin is standard input; it can be read once.
	Stdin io.Reader
	// AnyName takes parameters that the operation is not known to have.
	AnyName bool
}

// Read returns the parameters as the texts that travel. A line break at the end of a file is
// not part of the value. Problems are told all at once, as [Problems].
func (s Source) Read(op cloudapi.Operation) (map[string]string, error) {
	r := &reader{source: s, op: op, values: map[string]string{}}
	r.object()
	given := map[string]bool{}
	for _, arg := range s.Args {
		name, value, ok := strings.Cut(arg, "=")
		switch {
		case !ok:
			r.fail(arg, "is not of the form Name=value")
		case given[name]:
			r.fail(name, "is given twice")
		case r.known(name):
			r.set(name, value)
		}
		given[name] = true
	}
	return r.values, r.problems.orNil()
}

type reader struct {
	source   Source
	op       cloudapi.Operation
	values   map[string]string
	problems Problems
	// stdinBy is what standard input was read for.
	stdinBy string
}

func (r *reader) fail(param, format string, args ...any) {
	r.problems = append(r.problems, cloudapi.Problem{Param: param, Message: fmt.Sprintf(format, args...)})
}

// known reports whether the operation has the parameter, and notes a problem if not.
func (r *reader) known(name string) bool {
	if _, ok := r.op.Param(name); ok || r.source.AnyName && name != "" {
		return true
	}
	r.fail(name, "is not a parameter of %s%s", r.op.Name, release.DidYouMean(name, ParamNames(r.op)))
	return false
}

func (r *reader) set(name, value string) {
	if text, ok := strings.CutPrefix(value, "@"); ok && !strings.HasPrefix(text, "@") {
		content, err := r.file(name, text)
		if err != nil {
			r.fail(name, "cannot be read: %s", err)
			return
		}
		value = strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r")
	} else if ok {
		value = text
	}
	r.values[name] = value
}

// file reads a file, or standard input once.
func (r *reader) file(by, path string) ([]byte, error) {
	if path == standardInput {
		if r.stdinBy != "" {
			return nil, errors.New("standard input was read for " + r.stdinBy + " already")
		}
		r.stdinBy = by
		return readAll(r.source.Stdin)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return readAll(f)
}

func readAll(from io.Reader) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(from, maxInput+1))
	if err == nil && len(content) > maxInput {
		err = fmt.Errorf("is larger than %d MiB", maxInput>>20)
	}
	return content, err
}

// object reads the file of parameters.
func (r *reader) object() {
	const flag = "--json"
	if r.source.JSON == "" {
		return
	}
	content, err := r.file(flag, r.source.JSON)
	if err != nil {
		r.fail(flag, "cannot be read: %s", err)
		return
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(content, &object); err != nil || object == nil {
		r.fail(flag, "must hold a JSON object of parameters, such as {\"AppId\": \"…\"}")
		return
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if text, given := jsonText(object[name]); given && r.known(name) {
			r.values[name] = text
		}
	}
}

// jsonText is a JSON value as the text of a parameter; null is not given.
func jsonText(value json.RawMessage) (text string, given bool) {
	switch value[0] {
	case 'n':
		return "", false
	case '"':
		// Unmarshal has checked the whole object already.
		err := json.Unmarshal(value, &text)
		return text, err == nil
	}
	var b bytes.Buffer
	if err := json.Compact(&b, value); err != nil {
		return "", false
	}
	return b.String(), true
}

// ParamNames returns the names of an operation's parameters, in the order of the reference.
func ParamNames(op cloudapi.Operation) []string {
	var names []string
	for _, p := range slices.Concat(op.Params, op.Extra) {
		names = append(names, p.Name)
	}
	return names
}
