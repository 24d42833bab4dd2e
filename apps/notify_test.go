package apps_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/apps"
	"slipway/release"
)

// notifying is a document of two environments with what it says of notifications.
func notifying(rest string) []byte {
	return []byte(strings.TrimSuffix(strings.TrimSpace(shop), "}") + "," + rest + "}")
}

func TestParse_WhoIsTold(t *testing.T) {
	t.Parallel()
	a, err := apps.Parse(notifying(`
		"notify":[{"to":["team","mail"],"when":["waiting","batch.done","held"],"environments":["production"]},{"to":["team"]}],
		"waiting":[{"after":"30m","tell":"team"},{"after":"30m","page":"oncall"},{"after":"2h","page":"oncall","environments":["staging","production"]}]`))
	require.NoError(t, err)
	require.Equal(t, []string{"team", "mail"}, a.Notify[0].To)
	require.Equal(t, release.Duration(2*time.Hour), a.Waiting[2].After)
	require.Equal(t, []string{"team", "oncall", "oncall"}, []string{a.Waiting[0].Channel(), a.Waiting[1].Channel(), a.Waiting[2].Channel()})
}

func TestParse_WhoIsToldIsChecked(t *testing.T) {
	t.Parallel()
	list := func(entry string, count int) string {
		return "[" + strings.TrimSuffix(strings.Repeat(entry+",", count), ",") + "]"
	}
	for rest, want := range map[string][]string{
		`"notify":[{"when":["waiting"]},{"to":["Team","a","a"],"when":["wait","bad","bad"],"environments":["prod","staging","staging"]}]`: {
			"notify[0].to: is required", `notify[1].to[0]: "Team" is not a name`, `notify[1].to[2]: "a" is there already`, `notify[1].when[0]: "wait" is no event`,
			`notify[1].when[2]: "bad" is there already`, `notify[1].environments[0]: "prod" is no environment of the document`, `notify[1].environments[2]: "staging" is there already`,
		},
		`"waiting":[{"after":"1h"},{"after":"30m","tell":"a","page":"b"},{"after":"721h","tell":"A"},{"after":"721h","page":"b","environments":["x"]}]`: {
			"waiting[0]: must have one of tell", "waiting[1]: must have one of tell",
			"waiting[2].after: must be more than 0s and at most 720h", `waiting[2].tell: "A" is not a name`, `waiting[3].environments[0]: "x" is no environment`,
		},
		`"waiting":[{"after":"1h","tell":"a"},{"after":"30m","tell":"b"}]`: {"waiting[1].after: is before that of the step before it, 1h"},
		`"waiting":[{"after":"1h","tell":"a"},{"after":"1h","page":"a"}]`:  {"waiting[1]: a has a step at 1h already"},
		`"notify":` + list(`{"to":["a"]}`, apps.MaxNotifyRules+1):          {"notify: has 51 entries; at most 50 are taken"},
		`"waiting":` + list(`{"after":"1h","tell":"a"}`, apps.MaxSteps+1):  {"waiting: has 21 entries; at most 20 are taken"},
		`"notify":[{"to":` + list(`"a"`, apps.MaxTold+1) + `}]`:            {"notify[0].to: has 51 entries; at most 50 are taken"},
		`"notify":{},"waiting":[{"after":5,"tells":"a"}]`:                  {"notify: must be a list", "waiting[0].after: must be a string", "waiting[0].tells: is not a field here"},
	} {
		_, err := apps.Parse(notifying(rest))
		for _, each := range want {
			require.ErrorContains(t, err, each, rest)
		}
	}
	_, err := apps.Parse([]byte(strings.Replace(shop, `"name": "production",`, `"name": "production", "notify": [],`, 1)))
	require.ErrorContains(t, err, "environments[1].notify: is not a field here")
	require.ErrorContains(t, err, "stands in notify of the document, with the names of environments")
}
