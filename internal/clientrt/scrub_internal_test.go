package clientrt

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
)

// What a secret parameter holds is removed; what only looks like a part of a word is not torn out.
func TestScrubber_Text(t *testing.T) {
	t.Parallel()
	op := cloudapi.Operation{Params: []cloudapi.Param{{Name: "Envs", Sensitive: true}, {Name: "AppId"}}}
	s := newScrubber(op, &Request{values: []value{
		{name: "Envs", text: `[{"name":"LEVEL","value":"info"},{"name":"ON","value":"1"},{"name":"PW","value":"hush1"},{"name":"KEY","value":"correcthorse"},{"name":"P","value":"a#b!"}]`},
		{name: "AppId", text: "application"},
	}}, []string{"sign"})
	for name, c := range map[string]struct{ message, want string }{
		"words that hold a short value": {"the information on product 1 is incomplete", "the information on product 1 is incomplete"},
		"too short to be a secret":      {"batch 1 is ON", "batch 1 is ON"},
		"a value by itself":             {"LEVEL=info", "***=***"},
		"a value in quotes":             {`"hush1" is refused`, `"***" is refused`},
		"at both ends":                  {"hush1 and hush1", "*** and ***"},
		"a value that is escaped":       {"%22hush1%22 %2522hush1%2522 %252522hush1", "%22***%22 %2522***%2522 %252522***"},
		"a value in JSON within a text": {`\"hush1\" a\nhush1 \u0022hush1\u0022`, `\"***\" a\n*** \u0022***\u0022`},
		"between Chinese words":         {"参数hush1无效", "参数***无效"},
		"another word":                  {"hush12 shush1 hush10", "hush12 shush1 hush10"},
		"a long value within a word":    {"xcorrecthorsey", "x***y"},
		"a value with other characters": {"xa#b!y", "x***y"},
		"a credential, however short":   {"signature", "***ature"},
		"what is no secret":             {"application", "application"},
		"a long word that ends in %":    {"100%hush1", "100%***"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, strings.ReplaceAll(c.want, "***", cloudapi.Redacted), s.text(c.message))
		})
	}
}

// A long answer that has a short secret often is scrubbed in a time that grows with its length only.
func TestScrubber_ALongTextIsScrubbedInTime(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("xhush1 ", 200_000)
	begun := time.Now()
	require.Equal(t, text, withoutWord(text, "hush1"))
	require.Less(t, time.Since(begun), 5*time.Second)
}
