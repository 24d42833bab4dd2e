package saesim

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"

	"slipway/cloudapi"
)

// maxBody is the largest request body the simulator reads.
const maxBody = 10 << 20

// args are the parameters of a call by their exact names.
type args map[string]string

// readBody reads a request's body, up to the limit.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, *apiError) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, refuse(codeTooLarge)
	}
	return body, nil
}

// parseArgs collects a call's parameters. The reference puts each parameter either
// into the query or into a form; both places are read for all, the query first. A
// JSON object as body gives parameters, too, as CreateConfigMap wants it.
func parseArgs(r *http.Request, body []byte) args {
	values := args{}
	for name, list := range r.URL.Query() {
		values[name] = list[0]
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "application/x-www-form-urlencoded":
		form, _ := url.ParseQuery(string(body))
		for name, list := range form {
			values.add(name, list[0])
		}
	case "application/json":
		var object map[string]json.RawMessage
		if json.Unmarshal(body, &object) != nil {
			break
		}
		for name, raw := range object {
			var text string
			if json.Unmarshal(raw, &text) != nil {
				text = string(raw)
			}
			values.add(name, text)
		}
	}
	return values
}

func (a args) add(name, value string) {
	if _, present := a[name]; !present {
		a[name] = value
	}
}

// check applies what the reference says of each parameter by itself: whether it is
// required, its kind, its limits.
func (a args) check(op cloudapi.Operation) *apiError {
	for _, p := range slices.Concat(op.Params, op.Extra, pagesBeside(op.Name)) {
		value := a[p.Name]
		if value == "" {
			if p.Required {
				return missingParameter(p.Name)
			}
			continue
		}
		if p.Open && !slices.Contains(p.Enum, value) && !takesUnlisted(p, value) {
			return refuseValue(op, p, fmt.Errorf("must be like one of %q", p.Enum))
		}
		if err := p.Check(value); err != nil {
			if refused := refuseValue(op, p, err); refused != nil {
				return refused
			}
		}
	}
	return nil
}

// takesUnlisted reports whether a value is taken that is not among the known ones of a
// list that goes on growing (reading): a component of a known name, whatever its
// version, and any value that is only read back.
func takesUnlisted(p cloudapi.Param, value string) bool {
	pattern := ""
	switch p.Name {
	case paramJDK:
		pattern = `^(Open JDK \d+|Dragonwell \d+|openjdk-[0-9A-Za-z.-]+)$`
	case paramTomcat:
		pattern = `^apache-tomcat-\d+(\.\d+)*$`
	}
	return regexp.MustCompile(pattern).MatchString(value)
}

// refuseValue chooses the documented code for a value that a parameter cannot
// have. The reference has own codes for a few; the others get the general ones. What
// its operation judges by itself is let through.
func refuseValue(op cloudapi.Operation, p cloudapi.Param, reason error) *apiError {
	switch {
	case op.Name == opCreateNamespace && p.Name == paramNamespace:
		return nil
	case p.Name == "NamespaceName":
		return refuse(codeNamespaceName)
	case p.Name == "ResourceType":
		return refuse(codeResourceType)
	case p.Name == "Type": // of DescribeComponents
		return refuse(codeComponentType)
	case p.Name == "PackageType":
		return refuse(codePackageType)
	case p.Name == paramJDK || p.Name == paramTomcat:
		return refuse(codeComponent)
	case p.Name == "MinReadyInstanceRatio":
		return refuse(codeMinReadyRatio)
	case p.Name == "BatchWaitTime" && p.Min != nil:
		return refuse(codeBatchWait)
	case len(p.Enum) > 0:
		return refuse(codeObviously, p.Name)
	case !slices.Contains(op.Errors, codeWithMessage) && slices.Contains(op.Errors, codeObviously):
		return refuse(codeObviously, p.Name)
	}
	return invalidParameter(p.Name, "%s", reason)
}

// integer returns a numeric parameter, or nil when it is absent. Its form has been
// checked.
func (a args) integer(name string) *int {
	n, err := strconv.Atoi(a[name])
	if err != nil {
		return nil
	}
	return &n
}

func (a args) integerOr(name string, otherwise int) int {
	if n := a.integer(name); n != nil {
		return *n
	}
	return otherwise
}

// arg returns a parameter of a call, or nothing. Whatever a handler reads counts as
// used; see ignored.
func (c *call) arg(name string) string {
	value, _ := c.sent(name)
	return value
}

// sent is arg for parameters whose empty text is not the same as none.
func (c *call) sent(name string) (string, bool) {
	if c.used == nil {
		c.used = map[string]bool{}
	}
	c.used[name] = true
	value, sent := c.args[name]
	return value, sent
}

// applies counts parameters as used that a call may have no occasion to read: filters of
// a list that is empty, and what holds of everything here.
func (c *call) applies(names ...string) {
	for _, name := range names {
		c.sent(name)
	}
}

// ignored lists the parameters that a call was sent and that nothing has used. Empty
// ones count as not sent: clients send those with every request.
func (c *call) ignored() []string {
	var names []string
	for _, name := range sortedKeys(c.args) {
		if c.args[name] != "" && !c.used[name] {
			names = append(names, name)
		}
	}
	return names
}

// integer is arg for a numeric parameter; nil when it is absent.
func (c *call) integer(name string) *int { return args{name: c.arg(name)}.integer(name) }

// integerOr is integer, or the given number.
func (c *call) integerOr(name string, otherwise int) int {
	return args{name: c.arg(name)}.integerOr(name, otherwise)
}

// boolean is arg for a true-or-false parameter, or the given value when it is absent.
func (c *call) boolean(name string, otherwise bool) bool {
	switch c.arg(name) {
	case "true":
		return true
	case "false":
		return false
	}
	return otherwise
}

// page is one page of a list.
type page struct {
	Number, Size int
}

// defaultPageSize is what lists use when the caller asks for no size. The
// reference gives 10 for instances and nothing elsewhere; its samples show 20.
const defaultPageSize = 20

// page reads CurrentPage and PageSize. Pages count from 1.
func (c *call) page(size int) page {
	p := page{Number: max(c.integerOr("CurrentPage", 1), 1), Size: c.integerOr("PageSize", size)}
	if p.Size < 1 {
		p.Size = size
	}
	return p
}

// cut returns the part of a list that a page shows.
func cut[T any](list []T, p page) []T {
	if p.Number-1 > len(list)/p.Size {
		return []T{}
	}
	from := (p.Number - 1) * p.Size
	return slices.Clone(list[min(from, len(list)):min(from+p.Size, len(list))])
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
