package schema_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"slipway/api/schema"
	"slipway/policy"
)

// TestPolicy_TheSchemaAgreesWithTheCode: what the schema refuses is refused, and the other way round but for
// what a schema cannot say.
func TestPolicy_TheSchemaAgreesWithTheCode(t *testing.T) {
	t.Parallel()
	compiled := compile(t, schema.Policy)
	raw, err := os.ReadFile(filepath.Join("..", "..", "examples", "policies", "policy.yaml"))
	require.NoError(t, err)
	var file struct {
		Spec json.RawMessage `json:"spec"`
	}
	require.NoError(t, yaml.Unmarshal(raw, &file))
	demands := func(of string) string { return `{"name":"a","scopes":["*"],"demands":` + of + `}` }
	for data, good := range map[string]bool{
		string(file.Spec):       true,
		demands(`{"watch":{}}`): true,
		demands(`{"approval":{"count":3,"verified":true}}`):       true,
		demands(`{"images":{"registries":["localhost:5000/a"]}}`): true,
		`{}`:                                    false,
		demands(`{}`):                           false,
		demands(`{"confirm":"auto"}`):           false,
		demands(`{"strategies":["canary"]}`):    false,
		demands(`{"strategies":["all","all"]}`): false,
		demands(`{"images":{}}`):                false,
		demands(`{"images":{"registries":["team/shop"]}}`):                false,
		demands(`{"images":{"registries":["https://registry.example"]}}`): false,
		demands(`{"approval":{"count":21}}`):                              false,
		demands(`{"approval":{"from":[""]}}`):                             false,
		demands(`{"watch":{"for":"soon"}}`):                               false,
		demands(`{"watch":{},"cost":1}`):                                  false,
		`{"name":"A","scopes":["*"],"demands":{"watch":{}}}`:              false,
		`{"name":"a","scopes":[],"demands":{"watch":{}}}`:                 false,
		`{"name":"a","scopes":["app/a/b/c"],"demands":{"watch":{}}}`:      false,
	} {
		_, err := policy.Parse([]byte(data))
		require.Equal(t, good, err == nil, "%s: %v", data, err)
		require.Equal(t, good, validate(t, compiled, []byte(data)) == nil, data)
	}
}
