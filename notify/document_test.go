package notify_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/notify"
	"slipway/release"
)

// least is the least that a channel of each type has.
func least() map[notify.ChannelType]string {
	return map[notify.ChannelType]string{
		notify.Slack: `"urlFile":"/a"`, notify.WeCom: `"urlFile":"/a"`, notify.DingTalk: `"urlFile":"/a"`, notify.Feishu: `"urlFile":"/a"`,
		notify.Webhook: `"urlFile":"/a","secretFile":"/b"`, notify.NATS: `"subject":"team.releases"`,
		notify.Email: `"email":{"server":"smtp.example:587","from":"a@example.com","to":["b@example.com"]}`,
	}
}

func channel(of notify.ChannelType, fields string) string {
	return fmt.Sprintf(`{"name":"team","type":"%s",%s}`, of, fields)
}

// Each type of channel has the fields that it needs, and is refused with one that means nothing for it or without one that it needs.
func TestParse_EachTypeHasItsFields(t *testing.T) {
	t.Parallel()
	fields := map[string]string{"urlFile": `"/a"`, "secretFile": `"/b"`, "subject": `"x"`, "email": `{}`}
	may := map[notify.ChannelType]string{notify.DingTalk: "secretFile", notify.Feishu: "secretFile"}
	for _, of := range notify.ChannelTypes() {
		given := least()[of]
		require.NotEmpty(t, given, of)
		_, err := notify.Parse([]byte(`{"channels":[` + channel(of, given) + `]}`))
		require.NoError(t, err, of)
		var has map[string]json.RawMessage
		require.NoError(t, json.Unmarshal([]byte("{"+given+"}"), &has))
		for field, value := range fields {
			if has[field] != nil {
				without := fmt.Sprintf(`{"channels":[{"name":"team","type":"%s"}]}`, of)
				_, err := notify.Parse([]byte(without))
				require.ErrorContains(t, err, "channels[0]."+field+": is required of a channel of type "+string(of))
				continue
			}
			_, err := notify.Parse([]byte(`{"channels":[` + channel(of, given+`,"`+field+`":`+value) + `]}`))
			if may[of] == field {
				require.NoError(t, err, "%s with %s", of, field)
				continue
			}
			require.ErrorContains(t, err, "channels[0]."+field+": has no meaning for a channel of type "+string(of))
		}
	}
}

func TestParse_RefusesEverythingAtOnce(t *testing.T) {
	t.Parallel()
	slack := channel(notify.Slack, `"urlFile":"/a"`)
	document := func(rest string) string { return `{"channels":[` + slack + `],` + rest + `}` }
	mail := func(fields string) string {
		return `{"channels":[` + channel(notify.Email, `"email":{`+fields+`}`) + `]}`
	}
	for data, want := range map[string][]string{
		`{}`:                        {"channels: is required"},
		`{"channels":[],"rule":[]}`: {"channels: is required", "rule: is not a field here"},
		`{"channels":[` + slack + "," + slack + `]}`: {`channels[1].name: "team" is that of channels[0] already`},
		`{"channels":[{"name":"Team","type":"fax","language":"fr","zone":"Moon"}]}`: {
			`channels[0].name: "Team" is not a name`, `channels[0].type: "fax" is no type of channel; there are slack, dingtalk`,
			`channels[0].language: "fr" is no language`, `channels[0].zone: "Moon" is not the IANA name`,
		},
		`{"channels":[` + channel(notify.NATS, `"subject":"slipway.events.x"`) + `]}`: {"begins as the subjects of Slipway"},
		`{"channels":[` + channel(notify.NATS, `"subject":"$JS.API"`) + `]}`:          {"begins as the subjects of Slipway or of NATS itself do"},
		`{"channels":[` + channel(notify.NATS, `"subject":"team.*"`) + `]}`:           {"is no subject that can be published on"},
		`{"channels":[` + channel(notify.NATS, `"subject":"team..x"`) + `]}`:          {"is no subject that can be published on"},
		document(`"rules":[{"to":[]},{"to":["team","team","tean"],"when":["waitng","all","all"],"scopes":["aws","app/a/b/c"]}]`): {
			"rules[0].to: is required", `rules[1].to[1]: "team" is there already`, `rules[1].to[2]: "tean" is no channel of the document; did you mean team?`,
			`rules[1].when[0]: "waitng" is no event`, "did you mean waiting?", `rules[1].when[2]: "all" is there already`,
			`rules[1].scopes[0]: "aws" is no platform`, "rules[1].scopes[1]: ",
		},
		document(`"waiting":[{"after":"2h","tell":"team"},{"after":"1h","page":"team"},{"after":"1h"},{"after":"800h","tell":"team","page":"team"},{"after":"-1s","tell":"x"}]`): {
			"waiting[1].after: is before that of the step before it, 2h", "waiting[2]: must have one of tell", "waiting[3]: must have one of tell",
			"waiting[3].after: must be more than 0s and at most 720h", "waiting[4].after: must be more", `waiting[4].tell: "x" is no channel`,
		},
		document(`"waiting":[{"after":"1h","tell":"team"},{"after":"1h","page":"team"}]`): {"waiting[1]: team has a step at 1h already"},
		mail(`"server":"smtp.example","from":"nobody","to":[],"user":"x","tls":"ssl"`): {
			`channels[0].email.server: "smtp.example" is no server`, `channels[0].email.from: "nobody" is no address`, "channels[0].email.to: is required",
			"channels[0].email.passwordFile: is required with user", `channels[0].email.tls: "ssl" is unknown`,
		},
		mail(`"server":"smtp.example:25","tls":"none","from":"a@b.example","to":["b@example.com\r\nBcc: x@y.example"],"passwordFile":"/p"`): {
			"channels[0].email.tls: none is for loopback addresses alone", "channels[0].email.to[0]: ", "channels[0].email.user: is required with passwordFile",
		},
		mail(`"server":"smtp.example:0","from":"a@b.example","to":["b@example.com"]`): {"is no server"},
	} {
		_, err := notify.Parse([]byte(data))
		require.Error(t, err, data)
		for _, each := range want {
			require.ErrorContains(t, err, each, "%s", data)
		}
	}
	_, err := notify.Parse([]byte(mail(`"server":"127.0.0.1:25","tls":"none","from":"Slipway <a@b.example>","to":["b@example.com"]`)))
	require.NoError(t, err)
}

// However much somebody writes, little is looked at and told.
func TestParse_IsBounded(t *testing.T) {
	t.Parallel()
	list := func(entry string, count int) string {
		return "[" + strings.TrimSuffix(strings.Repeat(entry+",", count), ",") + "]"
	}
	slack := channel(notify.Slack, `"urlFile":"/a"`)
	for data, want := range map[string]string{
		`{"channels":` + list(slack, notify.MaxChannels+1) + `}`:                                                  "channels: has 51 entries; at most 50 are taken",
		`{"channels":[` + slack + `],"rules":` + list(`{"to":["team"]}`, notify.MaxRules+1) + `}`:                 "rules: has 201 entries; at most 200",
		`{"channels":[` + slack + `],"waiting":` + list(`{"after":"1h","tell":"team"}`, 21) + `}`:                 "waiting: has 21 entries; at most 20",
		`{"channels":[` + slack + `],"rules":[{"to":["team"],"scopes":` + list(`"*"`, notify.MaxScopes+1) + `}]}`: "rules[0].scopes: has 101 entries",
		`{"channels":[` + slack + `],"rules":[{"to":` + list(`"x"`, 51) + `}]}`:                                   "rules[0].to: has 51 entries; at most 50",
		strings.Repeat(" ", notify.MaxDocument+1):                                                                 "bytes; at most",
	} {
		_, err := notify.Parse([]byte(data))
		require.ErrorContains(t, err, want)
		var problems release.Problems
		require.ErrorAs(t, err, &problems)
		require.LessOrEqual(t, len(problems), 110)
	}
}

// FuzzParse: whatever is read is valid, or is refused with what is wrong.
func FuzzParse(f *testing.F) {
	for of, fields := range least() {
		f.Add(`{"channels":[` + channel(of, fields) + `],"rules":[{"to":["team"]}],"waiting":[{"after":"30m","page":"team"}]}`)
	}
	f.Fuzz(func(t *testing.T, data string) {
		d, err := notify.Parse([]byte(data))
		if err != nil {
			var problems release.Problems
			require.ErrorAs(t, err, &problems)
			return
		}
		require.NoError(t, d.Validate())
		for _, name := range d.Names() {
			_, known := d.Channel(name)
			require.True(t, known)
		}
	})
}
