package saeclient_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/credentials-go/credentials"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"slipway/saeclient"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

const (
	testKeyID  = "testid"
	testSecret = "testsecret-never-shown"
)

func testCredential(t *testing.T) credentials.Credential {
	t.Helper()
	credential, err := credentials.NewCredential(&credentials.Config{
		Type:            new("access_key"),
		AccessKeyId:     new(testKeyID),
		AccessKeySecret: new(testSecret),
	})
	require.NoError(t, err)
	return credential
}

// newClient makes a client of a server at the endpoint; change adjusts its configuration.
func newClient(t *testing.T, endpoint string, change ...func(*saeclient.Config)) *saeclient.Client {
	t.Helper()
	config := saeclient.Config{
		Region: "cn-hangzhou", Endpoint: endpoint, Credential: testCredential(t),
		ReadTimeout: 20 * time.Second,
	}
	for _, f := range change {
		f(&config)
	}
	client, err := saeclient.New(config)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// serve starts a server and makes a client of it.
func serve(t *testing.T, handler http.HandlerFunc, change ...func(*saeclient.Config)) *saeclient.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return newClient(t, server.URL, change...)
}

// answerWith is a handler that always gives the same JSON answer.
func answerWith(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json;charset=utf-8")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// stringBody is the body of an answer made by hand.
func stringBody(text string) io.ReadCloser { return io.NopCloser(strings.NewReader(text)) }

// factOperation is the part of the fact file that tests compare the client with.
type factOperation struct {
	Name    string `json:"name"`
	Since   string `json:"since"`
	Method  string `json:"method"`
	Path    string `json:"path"`
	Mutates bool   `json:"mutates"`
	Sample  struct {
		Query, Form, Body map[string]any
	} `json:"requestExample"`
	Params []struct {
		Name     string `json:"name"`
		In       string `json:"in"`
		Type     string `json:"type"`
		Required bool   `json:"required"`
		Example  any    `json:"example"`
		// ExampleJSON is the value of a JSON parameter; one example of the reference is not JSON.
		ExampleJSON any        `json:"exampleJson"`
		Shape       *factShape `json:"jsonShape"`
		// ShapeName names a shape of the newer facts.
		ShapeName string `json:"shape"`
		Since     string `json:"since"`
	} `json:"params"`
}

// factShape is what the fact file says of JSON inside a parameter.
type factShape struct {
	Type  string               `json:"type"`
	Keys  map[string]factShape `json:"keys"`
	Items *factShape           `json:"items"`
}

// factOperations are the operations of the reference.
func factOperations(t *testing.T) []factOperation {
	t.Helper()
	facts := factsIn(t, "operations.json").Operations
	require.Len(t, facts, 79)
	return facts
}

// newerOperations are those that today's service has beyond the reference.
func newerOperations(t *testing.T) []factOperation {
	t.Helper()
	facts := factsIn(t, "newer.json").Operations
	require.Len(t, facts, 73)
	return facts
}

// factFile is one of the fact files.
type factFile struct {
	Operations []factOperation      `json:"operations"`
	Shapes     map[string]factShape `json:"jsonShapes"`
	Additions  []factOperation      `json:"additions"`
}

func factsIn(t *testing.T, name string) factFile {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "api", "sae", name))
	require.NoError(t, err)
	var facts factFile
	require.NoError(t, json.Unmarshal(text, &facts))
	return facts
}
