package apicall_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/apicall"
	"slipway/cmd/slipway/internal/render"
)

func TestAnswer_TableHoldsAllButTheEnvelope(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, answer, want string }{
		{"envelope", `{"RequestId":"1","Message":"success","TraceId":"2","Code":"200","Success":true,"ErrorCode":""}`, ""},
		{"an object", `{"Data":{"B":"b","A":12345678901234567890,"C":{"D":true},"E":null,"F":["x","y"],"G":[]},"Code":"200"}`, `
FIELD   VALUE
B       b
A       12345678901234567890
C.D     true
F       x
F       y
`},
		{"a list, its paging said twice", `{"Data":{"TotalSize":2,"Rows":[{"Id":1,"Empty":"","Name":"a b"},{"Id":2,"More":{"X":[1,  "<&>"]},"None":[]}]},"TotalSize":2}`, `
FIELD       VALUE
TotalSize   2

Rows:
Id   Name   More
1    a b
2           {"X":[1,"<&>"]}
`},
		{"a bare list", `{"Data":[{"Id":1}]}`, `
Id
1
`},
		{"a bare value", `{"Data":true,"OrderId":"7"}`, `
FIELD     VALUE
Data      true
OrderId   7
`},
		{"lines and escapes", `{"Data":{"Log":"a\nb\u001b[2J \ud83d\ude00"}}`, `
FIELD   VALUE
Log     a b [2J 😀
`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := apicall.SAE().Answer(json.RawMessage(c.answer)).Table(render.Style{})
			require.NoError(t, err)
			if c.want != "" {
				got = "\n" + got
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestAnswersKeepTheirOrderAndDigits(t *testing.T) {
	t.Parallel()
	answer := apicall.SAE().Answer(json.RawMessage(`{"Z":12345678901234567890,"A":"<a&b>","RequestId":"r","Data":{"ChangeOrderId":"c"}}`))
	text, err := apicall.Indented(answer.RawMessage)
	require.NoError(t, err)
	require.Equal(t, "{\n  \"Z\": 12345678901234567890,\n  \"A\": \"<a&b>\",\n  \"RequestId\": \"r\",\n  \"Data\": {\n    \"ChangeOrderId\": \"c\"\n  }\n}\n", string(text))
	require.Equal(t, "c", answer.Change())
	require.Equal(t, "r", answer.RequestID())
	require.Empty(t, apicall.SAE().Answer(json.RawMessage(`{"Data":["ChangeOrderId"]}`)).Change())
	require.Empty(t, apicall.SAE().Answer(json.RawMessage(`{"Data":`)).Change())
	_, err = apicall.SAE().Answer(json.RawMessage(`{"Data":`)).Table(render.Style{})
	require.Error(t, err)
}
