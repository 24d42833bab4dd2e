package servicestageclient_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"slipway/cloudapi"
	"slipway/servicestageclient"
	"slipway/servicestageclient/build"
	"slipway/servicestageclient/cse"
	"slipway/servicestageclient/git"
	"slipway/servicestageclient/servicecomb"
	"slipway/servicestageclient/v2"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

const (
	testProject   = "0123456789abcdef0123456789abcdef"
	testKey       = "AKtest"
	testSecret    = "testSecret-never-shown"
	testRequestID = "7c43576b48b14c3a86e5dcb018720000"
)

func testKeys() servicestageclient.Keys {
	return servicestageclient.Keys{AccessKey: testKey, SecretKey: testSecret}
}

// newClient makes a client of a server at the endpoint; change adjusts its configuration.
func newClient(t *testing.T, endpoint string, change ...func(*servicestageclient.Config)) *servicestageclient.Client {
	t.Helper()
	config := servicestageclient.Config{
		Region: "cn-north-4", ProjectID: testProject, Endpoint: endpoint, Credential: testKeys(), ReadTimeout: 20 * time.Second,
	}
	for _, f := range change {
		f(&config)
	}
	client, err := servicestageclient.New(config)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// serve starts a server and makes a client of it.
func serve(t *testing.T, handler http.HandlerFunc, change ...func(*servicestageclient.Config)) *servicestageclient.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return newClient(t, server.URL, change...)
}

// answerWith is a handler that always gives the same answer; an empty one has no content type.
func answerWith(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Request-Id", testRequestID)
		if body != "" {
			w.Header().Set("Content-Type", "application/json;charset=utf8")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// seen is what a server saw of a request.
type seen struct {
	request *http.Request
	body    []byte
}

// recorder gives one answer after another, repeats the last, and keeps the requests.
func recorder(t *testing.T, change func(*servicestageclient.Config), answers ...http.HandlerFunc) (*servicestageclient.Client, func() seen) {
	t.Helper()
	requests := make(chan seen, 64)
	var asked atomic.Int64
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		requests <- seen{request: r, body: body}
		answers[min(int(asked.Add(1)), len(answers))-1](w, r)
	}, change)
	return client, func() seen {
		select {
		case s := <-requests:
			return s
		default:
			t.Fatal("no request arrived")
			return seen{}
		}
	}
}

// asItIs changes nothing of a configuration.
func asItIs(*servicestageclient.Config) {}

// clientsOf are the clients of all packages.
func clientsOf(c *servicestageclient.Client) map[string]any {
	return map[string]any{
		"": c, "v2": v2.New(c), "git": git.New(c), "cse": cse.New(c), "servicecomb": servicecomb.New(c), "build": build.New(c),
	}
}

// uncheckedOf is the client of a package that sends whatever it is given.
func uncheckedOf(c *servicestageclient.Client, folder string) any {
	checked := reflect.ValueOf(clientsOf(c)[folder])
	return checked.MethodByName("Unchecked").Call(nil)[0].Interface()
}

// factOperation is the part of the fact files that tests compare the client with.
type factOperation struct {
	Name            string               `json:"name"`
	Group           string               `json:"group"`
	Method          string               `json:"method"`
	Path            string               `json:"path"`
	Mutates         bool                 `json:"mutates"`
	StatusCodes     []int                `json:"statusCodes"`
	Params          []factParam          `json:"params"`
	ResponseBody    string               `json:"responseBody"`
	ResponseHeaders map[string]factShape `json:"responseHeaders"`
	Response        map[string]factShape `json:"response"`

	folder string
	facts  *factFile
}

type factParam struct {
	Name     string     `json:"name"`
	In       string     `json:"in"`
	Type     string     `json:"type"`
	Required bool       `json:"required"`
	Enum     []any      `json:"enum"`
	Shape    *factShape `json:"jsonShape"`
}

// first is a value that the parameter may have.
func (p factParam) first() any {
	if len(p.Enum) > 0 {
		return p.Enum[0]
	}
	return "1"
}

// factShape is what the facts say of a value.
type factShape struct {
	Type       string               `json:"type"`
	Keys       map[string]factShape `json:"keys"`
	Items      *factShape           `json:"items"`
	Additional *factShape           `json:"additional"`
	Note       string               `json:"note"`
	GoType     string               `json:"goType"`
	Pattern    string               `json:"pattern"`
}

// factFile is a fact file.
type factFile struct {
	Structs    map[string]factShape `json:"structs"`
	Operations []factOperation      `json:"operations"`
}

// readFacts reads the facts of all packages.
func readFacts(t *testing.T) []factOperation {
	t.Helper()
	var all []factOperation
	for _, folder := range []string{"", "v2", "git", "cse", "servicecomb", "build"} {
		text, err := os.ReadFile(filepath.Join("..", "api", "servicestage", folder, "operations.json"))
		require.NoError(t, err)
		var facts factFile
		require.NoError(t, json.Unmarshal(text, &facts))
		for _, op := range facts.Operations {
			op.folder, op.facts = folder, &facts
			all = append(all, op)
		}
	}
	require.Len(t, all, 155)
	return all
}

// value makes a value of a shape, with all its members. It is what encoding/json reads of it.
func (f *factFile) value(s factShape) any {
	if named, ok := f.Structs[s.Type]; ok {
		s = named
	}
	switch s.Type {
	case "string":
		return "text"
	case "timestamp":
		return "2024-06-06T15:55:31.115Z"
	case "integer":
		return float64(7)
	case "long", "epoch-millis":
		return float64(1681384236023)
	case "number":
		return 0.5
	case "boolean":
		return true
	case "json", "any":
		return map[string]any{"a": []any{float64(1)}}
	case "array":
		return []any{f.value(*s.Items)}
	}
	object := map[string]any{}
	if s.Additional != nil {
		object["1"] = f.value(*s.Additional)
	}
	for name, member := range s.Keys {
		object[name] = f.value(member)
	}
	return object
}

// answer is a value of an answer of the operation, nil where there is none.
func (op factOperation) answer() any {
	switch {
	case op.ResponseBody != "":
		return op.facts.value(factShape{Type: op.ResponseBody})
	case len(op.Response) > 0:
		return op.facts.value(factShape{Type: "object", Keys: op.Response})
	}
	return nil
}

// call carries out an operation by its typed method, unchecked, with an Input that is read from JSON.
func (op factOperation) call(t *testing.T, c *servicestageclient.Client, in any) (reflect.Value, error) {
	t.Helper()
	encoded, err := json.Marshal(in)
	require.NoError(t, err)
	method := reflect.ValueOf(uncheckedOf(c, op.folder)).MethodByName(op.Name)
	require.True(t, method.IsValid(), "no method")
	input := reflect.New(method.Type().In(1).Elem())
	require.NoError(t, json.Unmarshal(encoded, input.Interface()))
	out := method.Call([]reflect.Value{reflect.ValueOf(t.Context()), input})
	if !out[1].IsNil() {
		err, ok := reflect.TypeAssert[error](out[1])
		require.True(t, ok)
		return out[0], err
	}
	return out[0].Elem(), nil
}

// problemsOf lists what is wrong with an Input.
func problemsOf(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var invalid *cloudapi.ValidationError
	require.ErrorAs(t, err, &invalid)
	var problems []string
	for _, p := range invalid.Problems {
		problems = append(problems, p.String())
	}
	return problems
}
