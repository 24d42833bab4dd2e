package fcclient_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aliyun/credentials-go/credentials"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"slipway/fcclient"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

const (
	testAccount = "16530750"
	testKeyID   = "testAK"
	testSecret  = "testSecret-never-shown"
)

func testCredential(t *testing.T) credentials.Credential {
	t.Helper()
	credential, err := credentials.NewCredential(&credentials.Config{
		Type: new("access_key"), AccessKeyId: new(testKeyID), AccessKeySecret: new(testSecret),
	})
	require.NoError(t, err)
	return credential
}

// newClient makes a client of a server at the endpoint; change adjusts its configuration.
func newClient(t *testing.T, endpoint string, change ...func(*fcclient.Config)) *fcclient.Client {
	t.Helper()
	config := fcclient.Config{
		Region: "cn-hangzhou", AccountID: testAccount, Endpoint: endpoint, Credential: testCredential(t), ReadTimeout: 20 * time.Second,
	}
	for _, f := range change {
		f(&config)
	}
	client, err := fcclient.New(config)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// serve starts a server and makes a client of it.
func serve(t *testing.T, handler http.HandlerFunc, change ...func(*fcclient.Config)) *fcclient.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return newClient(t, server.URL, change...)
}

// answerWith is a handler that always gives the same answer; an empty one has no content type.
func answerWith(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Fc-Request-Id", testRequestID)
		if body != "" {
			w.Header().Set("Content-Type", "application/json")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

const testRequestID = "7c43576b-48b1-4c3a-86e5-dcb018720000"

// seen is what a server saw of a request.
type seen struct {
	method, path, escapedPath, rawQuery string
	header                              http.Header
	body                                []byte
}

// recorder gives one answer after another, repeats the last, and keeps the requests.
func recorder(t *testing.T, answers ...http.HandlerFunc) (*fcclient.Client, func() seen) {
	t.Helper()
	requests := make(chan seen, 64)
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		requests <- seen{
			method: r.Method, path: r.URL.Path, escapedPath: r.URL.EscapedPath(), rawQuery: r.URL.RawQuery,
			header: r.Header.Clone(), body: body,
		}
		answers[min(len(requests), len(answers))-1](w, r)
	})
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

// factOperation is the part of the fact file that tests compare the client with.
type factOperation struct {
	Name            string               `json:"name"`
	Method          string               `json:"method"`
	Path            string               `json:"path"`
	Mutates         bool                 `json:"mutates"`
	StatusCodes     []int                `json:"statusCodes"`
	Params          []factParam          `json:"params"`
	ResponseBody    string               `json:"responseBody"`
	ResponseHeaders map[string]factShape `json:"responseHeaders"`
	Response        map[string]factShape `json:"response"`
}

type factParam struct {
	Name     string     `json:"name"`
	In       string     `json:"in"`
	Type     string     `json:"type"`
	Required bool       `json:"required"`
	Extra    bool       `json:"extra"`
	Shape    *factShape `json:"jsonShape"`
}

// factShape is what the facts say of a value.
type factShape struct {
	Type       string               `json:"type"`
	Keys       map[string]factShape `json:"keys"`
	Items      *factShape           `json:"items"`
	Additional *factShape           `json:"additional"`
}

// factFile is the fact file.
type factFile struct {
	Structs    map[string]factShape `json:"structs"`
	Operations []factOperation      `json:"operations"`
}

func readFacts(t *testing.T) factFile {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "api", "fc", "operations.json"))
	require.NoError(t, err)
	var facts factFile
	require.NoError(t, json.Unmarshal(text, &facts))
	require.Len(t, facts.Operations, 49)
	return facts
}

// value makes a value of a shape, with all its members. It is what encoding/json reads of it.
func (f factFile) value(s factShape) any {
	if named, ok := f.Structs[s.Type]; ok {
		s = named
	}
	switch s.Type {
	case "string":
		return "text"
	case "integer", "long":
		return float64(7)
	case "number":
		return 0.5
	case "boolean":
		return true
	case "json":
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
