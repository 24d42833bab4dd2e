package servicestagesim

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"slipway/cloudapi"
	"slipway/internal/simframe"
)

// A handler carries out one operation. It checks everything before it changes anything, so that
// a refusal leaves the state as it was.
type handler func(c *call) (reply, *apiError)

// operation is an operation of the API with its handler.
type operation struct {
	cloudapi.Operation

	path  simframe.PathTemplate
	serve handler
}

// operations are all operations of the API, and that of IAM which gives tokens.
func operations() []operation {
	served := handlers()
	var all []operation
	for _, op := range append(documented(), tokenOperation()) {
		path := op.Path
		if name, found := strings.CutSuffix(path, "/{path}"); found {
			path = name + "/{path...}" // the path of a file, whose slashes clients leave as they are
		}
		all = append(all, operation{Operation: op, serve: served[op.Name], path: simframe.ParsePath(path)})
	}
	return all
}

// call is one request to an operation, at one moment, with the state locked.
type call struct {
	config *Config
	op     *operation
	// params are the parameters of the path.
	params    map[string]string
	query     url.Values
	header    http.Header
	body      []byte
	requestID string
	// host is the address by which the caller reached the simulator.
	host string
	// user is who calls: an IAM user, or the ID of an access key.
	user string

	st  *state
	now time.Time
}

// workloadID is what faults call the application: the component that the path names, or the instance in version 2.
func (c *call) workloadID() string {
	if id := c.params["instance_id"]; id != "" {
		return id
	}
	return c.params["component_id"]
}

// route finds the operation of a request and reads the parameters of its path. A path that fits none is refused.
func (s *Simulator) route(c *call, r *http.Request) *apiError {
	segments, ok := simframe.SplitPath(r.URL.EscapedPath())
	if !ok {
		return refuse(codeNoSuchAPI, r.Method+" "+simframe.Shorten(r.URL.Path))
	}
	for i := range s.operations {
		op := &s.operations[i]
		params, fits := op.path.Match(segments)
		if !fits || op.Method != r.Method || !selects(op.Name, c.body) || c.op != nil && c.op.path.Literals() >= op.path.Literals() {
			continue
		}
		c.op, c.params = op, params
	}
	if c.op == nil {
		return refuse(codeNoSuchAPI, r.Method+" "+simframe.CutText(r.URL.Path, maxPath))
	}
	return nil
}

// maxPath bounds, in bytes, a path that a refusal repeats.
const maxPath = 200

// selects reports whether a body means an operation, of two that share their method and path: an import is a creation
// whose body says so [4.3.2].
func selects(name string, body []byte) bool {
	if name != opCreateComponent && name != opImportComponent {
		return true
	}
	var in struct {
		Mode string `json:"create_mode"`
	}
	imports := json.Unmarshal(body, &in) == nil && in.Mode == "import"
	return imports == (name == opImportComponent)
}
