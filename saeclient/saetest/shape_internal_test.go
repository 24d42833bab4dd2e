package saetest

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/saeclient"
)

func TestShape_EverySampleAnswerHasTheDocumentedShape(t *testing.T) {
	t.Parallel()
	facts, err := readFacts()
	require.NoError(t, err)
	require.Len(t, facts, len(saeclient.Operations()))
	for _, op := range saeclient.Operations() {
		if op.Name == "DescribeRegions" {
			continue // its sample is a list, which no official SDK reads
		}
		found := facts[op.Name].compare(decode(t, facts[op.Name].Sample))
		require.Empty(t, found.wrong, op.Name)
	}
}

func TestShape_DifferencesFromTheReferenceAreFound(t *testing.T) {
	t.Parallel()
	f := fact{Name: "Op", Response: map[string]shape{
		"RequestId": {Type: "string"},
		"ErrorCode": {Type: "string", Presence: "failure-only"},
		"Data": {Type: "object", Fields: map[string]shape{
			"Status": {Type: "integer", Enum: []any{1.0, 2.0}},
			"Free":   {Type: "map"},
			"List":   {Type: "array", Items: &shape{Type: "object", Fields: map[string]shape{"On": {Type: "boolean"}, "Share": {Type: "number"}}}},
		}},
	}}
	for name, tt := range map[string]struct {
		answer       string
		wrong, newer []string
	}{
		"as documented":   {answer: `{"RequestId":"r","Data":{"Status":2,"Free":{"a":1},"List":[{"On":true,"Share":0.5},{}]}}`},
		"little":          {answer: `{"RequestId":"r","Data":{}}`},
		"missing":         {answer: `{"Data":{}}`, wrong: []string{"Op.RequestId is missing"}},
		"another type":    {answer: `{"RequestId":1,"Data":{}}`, wrong: []string{"Op.RequestId is documented as string, and is json.Number"}},
		"null":            {answer: `{"RequestId":null,"Data":{}}`, wrong: []string{"Op.RequestId is documented as string, and is <nil>"}},
		"text for number": {answer: `{"RequestId":"r","Data":{"Status":"1"}}`, wrong: []string{"Op.Data.Status is documented as integer, and is string"}},
		"deep":            {answer: `{"RequestId":"r","Data":{"List":[{},{"On":"yes"}]}}`, wrong: []string{"Op.Data.List[].On is documented as boolean, and is string"}},
		"no list":         {answer: `{"RequestId":"r","Data":{"List":{}}}`, wrong: []string{"Op.Data.List is documented as array, and is map[string]interface {}"}},
		"a new member":    {answer: `{"RequestId":"r","Data":{"Extra":1}}`, newer: []string{"Op.Data.Extra is not documented"}},
		"a new value":     {answer: `{"RequestId":"r","Data":{"Status":3}}`, newer: []string{"Op.Data.Status is none of [1 2]: 3"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := f.compare(decode(t, json.RawMessage(tt.answer)))
			require.Equal(t, tt.wrong, found.wrong)
			require.Equal(t, tt.newer, found.newer)
		})
	}
	require.Equal(t, []string{"Op.Data", "Op.Data.Free", "Op.Data.List", "Op.Data.List[].On", "Op.Data.List[].Share", "Op.Data.Status", "Op.RequestId"},
		places("Op", f.Response))
}

func TestShape_ATargetNamesEverythingThatIsMissing(t *testing.T) {
	t.Parallel()
	require.EqualError(t, Target{Write: true}.validate(), "no caller\nno region\nwriting needs two images")
}
