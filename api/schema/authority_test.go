package schema_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"slipway/api/schema"
	"slipway/authority"
)

func TestAuthority_EnumsMatchTheConstants(t *testing.T) {
	t.Parallel()
	s := load(t, schema.Authority)
	require.Equal(t, words(authority.Roles()...), s.Defs["role"].Enum)
	require.Equal(t, words(authority.Powers()...), s.Defs["power"].Enum)
	require.Equal(t, words(authority.DirectAllow, authority.DirectRefuse), s.Properties["directCommands"].Enum)
	for name, c := range map[string]struct {
		want int
		got  *int
	}{
		"bindings": {authority.MaxBindings, s.Properties["bindings"].MaxItems}, "groups": {authority.MaxGroups, s.Properties["groups"].MaxItems},
		"requirements": {authority.MaxRequirements, s.Properties["requireVerified"].MaxItems}, "members": {authority.MaxMembers, s.Defs["group"].Properties["members"].MaxItems},
		"claims": {authority.MaxListed, s.Defs["group"].Properties["claims"].MaxItems}, "a claim": {authority.MaxClaim, s.Defs["group"].Properties["claims"].Items.MaxLength},
		"identities": {authority.MaxListed, s.Defs["binding"].Properties["identities"].MaxItems}, "groups of a binding": {authority.MaxListed, s.Defs["binding"].Properties["groups"].MaxItems},
		"scopes": {authority.MaxListed, s.Defs["binding"].Properties["scopes"].MaxItems}, "scopes of a requirement": {authority.MaxListed, s.Defs["requirement"].Properties["scopes"].MaxItems},
		"a name": {authority.MaxName, s.Defs["name"].MaxLength}, "an identity": {authority.MaxIdentity, s.Defs["identity"].MaxLength}, "a scope": {authority.MaxScope, s.Defs["scope"].MaxLength},
	} {
		require.Equal(t, &c.want, c.got, name)
	}
}

// TestAuthority_TheSchemaAgreesWithTheCode: what the schema refuses is refused, and the other way
// round but for what a schema cannot say.
func TestAuthority_TheSchemaAgreesWithTheCode(t *testing.T) {
	t.Parallel()
	compiled := compile(t, schema.Authority)
	raw, err := os.ReadFile(filepath.Join("..", "..", "examples", "authority", "authority.yaml"))
	require.NoError(t, err)
	var file struct {
		Spec json.RawMessage `json:"spec"`
	}
	require.NoError(t, yaml.Unmarshal(raw, &file))
	for data, good := range map[string]bool{
		string(file.Spec): true,
		`{"bindings":[{"name":"a","identities":["x"],"powers":["auto"],"scopes":["*"]}],"directCommands":"refuse"}`: true,
		`{}`:               false,
		`{"bindings": []}`: false,
		`{"bindings":[{"name":"a","identities":["x"],"scopes":["*"]}]}`:                                                                    false,
		`{"bindings":[{"name":"a","roles":["viewer"],"scopes":["*"]}]}`:                                                                    false,
		`{"bindings":[{"name":"a","identities":["x"],"roles":["viewer"]}]}`:                                                                false,
		`{"bindings":[{"name":"a","identities":["x"],"roles":["viewer","viewer"],"scopes":["*"]}]}`:                                        false,
		`{"bindings":[{"name":"A","identities":["x"],"roles":["viewer"],"scopes":["*"]}]}`:                                                 false,
		`{"bindings":[{"name":"a","identities":["x"],"roles":["viewer"],"scopes":["sae/a/b/c"]}]}`:                                         false,
		`{"bindings":[{"name":"a","identities":["x"],"roles":["viewer"],"scopes":["*"]}],"requireVerified":[{}]}`:                          false,
		`{"bindings":[{"name":"a","identities":["x"],"roles":["viewer"],"scopes":["*"],"color":1}]}`:                                       false,
		`{"bindings":[{"name":"a","identities":["x"],"roles":["viewer"],"scopes":["*"]}],"groups":[{"name":"b","members":[]}]}`:            false,
		`{"bindings":[{"name":"a","identities":["x"],"roles":["viewer"],"scopes":["*"]}],"groups":[{"name":"b"}]}`:                         false,
		`{"bindings":[{"name":"a","identities":["x"],"roles":["viewer"],"scopes":["*"]}],"groups":[{"name":"b","claims":["/house/sre"]}]}`: true,
		`{"bindings":[{"name":"a","identities":["x"],"roles":["viewer"],"scopes":["*"]}],"groups":[{"name":"b","claims":["sre*"]}]}`:       false,
	} {
		_, err := authority.Parse([]byte(data))
		require.Equal(t, good, err == nil, "%s: %v", data, err)
		require.Equal(t, good, validate(t, compiled, []byte(data)) == nil, data)
	}
}
