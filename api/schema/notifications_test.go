package schema_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"slipway/api/schema"
	"slipway/notify"
	"slipway/release"
)

// TestNotifications_TheSchemaAgreesWithTheCode: what the schema refuses is refused, and the other way round but for
// what a schema cannot say.
func TestNotifications_TheSchemaAgreesWithTheCode(t *testing.T) {
	t.Parallel()
	compiled := compile(t, schema.Notifications)
	raw, err := os.ReadFile(filepath.Join("..", "..", "examples", "notifications", "notifications.yaml"))
	require.NoError(t, err)
	var file struct {
		Spec json.RawMessage `json:"spec"`
	}
	require.NoError(t, yaml.Unmarshal(raw, &file))
	channel := func(fields string) string { return `{"channels":[{"name":"team",` + fields + `}]}` }
	with := func(rest string) string {
		return `{"channels":[{"name":"team","type":"slack","urlFile":"/a"}],` + rest + `}`
	}
	mail := func(fields string) string {
		return channel(`"type":"email","email":{"server":"smtp.example:587","from":"a@example.com",` + fields + `}`)
	}
	for data, good := range map[string]bool{
		string(file.Spec): true,
		channel(`"type":"slack","urlFile":"/a","language":"zh-CN","zone":"Asia/Shanghai"`): true,
		channel(`"type":"dingtalk","urlFile":"/a"`):                                        true,
		channel(`"type":"feishu","urlFile":"/a","secretFile":"/b"`):                        true,
		channel(`"type":"webhook","urlFile":"/a","secretFile":"/b"`):                       true,
		channel(`"type":"nats","subject":"team.releases"`):                                 true,
		mail(`"to":["Release managers <b@example.com>"],"user":"a","passwordFile":"/p"`):   true,
		with(`"rules":[{"to":["team"],"when":["batch.waiting","bad"],"scopes":["*"]}]`):    true,
		with(`"waiting":[{"after":"30m","page":"team","scopes":["set/*"]}]`):               true,
		`{}`:                      false,
		`{"channels":[]}`:         false,
		channel(`"type":"fax"`):   false,
		channel(`"type":"slack"`): false,
		channel(`"urlFile":"/a"`): false,
		channel(`"type":"slack","urlFile":"/a","secretFile":"/b"`): false,
		channel(`"type":"webhook","urlFile":"/a"`):                 false,
		channel(`"type":"nats","subject":"slipway.events.x"`):      false,
		channel(`"type":"nats","subject":"a..b"`):                  false,
		channel(`"type":"nats","subject":"a.>"`):                   false,
		channel(`"type":"nats","subject":"$SYS.x"`):                false,
		channel(`"type":"nats","subject":"a","urlFile":"/a"`):      false,
		channel(`"type":"email"`):                                  false,
		channel(`"type":"slack","urlFile":"/a","language":"fr"`):   false,
		mail(`"to":[]`):                                                 false,
		mail(`"to":["nobody"]`):                                         false,
		mail(`"to":["b@example.com"],"user":"a"`):                       false,
		mail(`"to":["b@example.com"],"passwordFile":"/p"`):              false,
		mail(`"to":["b@example.com"],"tls":"ssl"`):                      false,
		with(`"rules":[{"to":[]}]`):                                     false,
		with(`"rules":[{"to":["team"],"when":["batch.wait"]}]`):         false,
		with(`"rules":[{"to":["team"],"scopes":["a/b/c/d"]}]`):          false,
		with(`"waiting":[{"after":"soon","tell":"team"}]`):              false,
		with(`"waiting":[{"after":"30m"}]`):                             false,
		with(`"waiting":[{"after":"30m","tell":"team","page":"team"}]`): false,
		with(`"waiting":[{"tell":"team"}]`):                             false,
		with(`"templates":{}`):                                          false,
	} {
		_, err := notify.Parse([]byte(data))
		require.Equal(t, good, err == nil, "%s: %v", data, err)
		require.Equal(t, good, validate(t, compiled, []byte(data)) == nil, data)
	}
}

// The words for events are those that the code takes.
func TestApplicationSchema_HasTheWordsForEvents(t *testing.T) {
	t.Parallel()
	require.Equal(t, release.EventWords(), load(t, schema.Application).Defs["events"].Items.Enum)
}
