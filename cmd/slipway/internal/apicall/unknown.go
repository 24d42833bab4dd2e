package apicall

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"slipway/cloudapi"
)

// Methods are those that an operation can have.
func Methods() []string {
	return []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete}
}

// Unknown makes an operation that the client does not have. Nothing is known of what it does, so
// it counts as one that changes something.
func (a API) Unknown(name, method, path string) (cloudapi.Operation, error) {
	switch {
	case method == "" || path == "":
		return cloudapi.Operation{}, errors.New("the client does not have operation " + name + ": name its --method and its --path, as the platform documents them")
	case !slices.Contains(Methods(), method):
		return cloudapi.Operation{}, fmt.Errorf("--method: must be one of %q", Methods())
	case !strings.HasPrefix(path, "/") || strings.ContainsAny(path, "?# "):
		return cloudapi.Operation{}, errors.New("--path: must begin with /, without a query, for example " + a.Path)
	}
	return cloudapi.Operation{Name: name, Method: method, Path: path, Mutates: true}, nil
}

// Extend adds to an operation the parameters that it is not known to have, and names them. They
// travel in the path where their names stand in it in braces, else at the given position. In a
// JSON body, a value that is JSON travels as it is. Each may be a secret.
func Extend(op cloudapi.Operation, values map[string]string, at cloudapi.Position) (cloudapi.Operation, []string) {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if _, known := op.Param(name); known {
			continue
		}
		p := cloudapi.Param{Name: name, In: at, Kind: cloudapi.KindString, Sensitive: true}
		switch {
		case strings.Contains(op.Path, "{"+name+"}"):
			p.In, p.Required, p.Sensitive = cloudapi.InPath, true, false
		case at == cloudapi.InBody:
			p.Kind = cloudapi.KindValue
		}
		op.Extra = append(op.Extra, p)
		names = append(names, name)
	}
	return op, names
}

// Placeholders are the names in the path of an operation that have no value, and that the client does not fill in.
func (a API) Placeholders(op cloudapi.Operation, values map[string]string) []string {
	var names []string
	for _, part := range strings.Split(op.Path, "{")[1:] {
		name, _, closed := strings.Cut(part, "}")
		if closed && values[name] == "" && !slices.Contains(a.Filled, name) {
			names = append(names, name)
		}
	}
	return names
}
