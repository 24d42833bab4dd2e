package conformance_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/internal/conformance"
)

type thing struct {
	ID    string    `json:"id"`
	Made  time.Time `json:"made"`
	Count int       `json:"count,omitempty" also:"size"`
}

type getThingInput struct{}

type getThingOutput struct {
	thing `wire:"body"`

	ETag string `json:"ETag" header:"ETag"` //nolint:tagliatelle // the header is called so
}

// What one platform takes, another may not.
func TestForm_SaysWhatIsTaken(t *testing.T) {
	t.Parallel()
	isText := func(value any) bool { _, ok := value.(string); return ok }
	strict := conformance.Form{Headers: []string{"ETag"}, IsTime: isText, MustHave: func(name, _ string) bool { return name == "id" }}
	loose := conformance.Form{IsTime: isText, AnyCase: true, AnyScalar: true, MustHave: func(string, string) bool { return false }}
	for name, c := range map[string]struct {
		body          string
		strict, loose conformance.Found
	}{
		"as documented":  {`{"id":"1","made":"now","count":1}`, conformance.Found{Wrong: []string{"the header ETag is missing"}}, conformance.Found{}},
		"another name":   {`{"id":"1","size":1}`, conformance.Found{Wrong: []string{"the header ETag is missing"}}, conformance.Found{}},
		"another case":   {`{"ID":"1"}`, conformance.Found{Wrong: []string{"the header ETag is missing", "id is missing"}, Newer: []string{"ID is not documented"}}, conformance.Found{}},
		"another scalar": {`{"id":1}`, conformance.Found{Wrong: []string{"the header ETag is missing", "id is of another type: float64"}}, conformance.Found{}},
		"no scalar":      {`{"id":{}}`, conformance.Found{Wrong: []string{"the header ETag is missing", "id is of another type: map[string]interface {}"}}, conformance.Found{Wrong: []string{"id is of another type: map[string]interface {}"}}},
		"no time":        {`{"id":"1","made":1}`, conformance.Found{Wrong: []string{"the header ETag is missing", "made is of another type: float64"}}, conformance.Found{Wrong: []string{"made is of another type: float64"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.strict, strict.Compare(new(getThingOutput), http.Header{}, []byte(c.body)))
			require.Equal(t, c.loose, loose.Compare(new(getThingOutput), http.Header{}, []byte(c.body)))
		})
	}
	require.Equal(t, "getThing", conformance.OperationOf[getThingInput]())
}
