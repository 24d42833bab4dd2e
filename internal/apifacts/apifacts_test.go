package apifacts_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/internal/apifacts"
)

// documented reads the answer of an operation.
func documented(t *testing.T) apifacts.Fields {
	t.Helper()
	var f apifacts.Fields
	require.NoError(t, json.Unmarshal([]byte(`{
		"Success":{"type":"boolean"},
		"Data":{"type":"object","fields":{
			"List":{"type":"array","items":{"type":"object","fields":{"A":{"type":"string","enum":["a",1]}}}},
			"Free":{"type":"map","additional":{"type":"array","items":{"type":"object"}}},
			"Guess":{"type":"string","since":"a guess"}}}}`), &f))
	return f
}

func TestFields_KeepTheirOrder(t *testing.T) {
	t.Parallel()
	f := documented(t)
	require.Equal(t, "Success", f[0].Name)
	require.Equal(t, "Data", f[1].Name)
	require.Equal(t, []string{"List", "Free", "Guess"}, []string{f[1].Fields[0].Name, f[1].Fields[1].Name, f[1].Fields[2].Name})
	require.ErrorContains(t, json.Unmarshal([]byte(`{"A":{"fields":[]}}`), &f), "want an object")
}

func TestFields_Add(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"Code":             "",
		"Data.New":         "",
		"Data.List[].B":    "",
		"Data.Free{}[].C":  "",
		"Data.Free{.C":     "the reference has no elements at Data.Free{",
		"Data.Free[].C":    "the reference has no elements at Data.Free[]",
		"Data.Guess":       "",
		"Data.List":        "the reference has the member Data.List",
		"Data.Lost.A":      "the reference has no member Data.Lost",
		"Success[].A":      "the reference has no elements at Success[]",
		"Success[][].A":    "the reference has no elements at Success[][]",
		"Data.List[].A":    "the reference has the member Data.List[].A",
		"Data.List[].A.No": "",
	} {
		f := documented(t)
		err := f.Add(apifacts.Added{Path: path, Value: apifacts.Value{Type: "integer"}})
		if want != "" {
			require.EqualError(t, err, want)
			continue
		}
		require.NoError(t, err, path)
		at, err := f.Find(path)
		require.NoError(t, err, path)
		require.Equal(t, "integer", at.Type)
	}
}

func TestValue_Widen(t *testing.T) {
	t.Parallel()
	f := documented(t)
	at, err := f.Find("Data.List[].A")
	require.NoError(t, err)
	at.Widen([]any{"b", 1.0})
	require.Equal(t, []any{"b", 1.0, "a"}, at.Enum)
}
