package fctest

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/fcclient"
	"slipway/internal/conformance"
)

// The suite sees what is not as documented, and takes what the service may vary.
func TestCompare(t *testing.T) {
	t.Parallel()
	const alias = `"aliasName":"live","versionId":"1","createdTime":"2020-07-15T06:13:25Z","lastModifiedTime":"2020-07-15T06:13:25Z"`
	headers := http.Header{"X-Fc-Request-Id": {"r"}, "Etag": {"e"}}
	for name, c := range map[string]struct {
		out          any
		header       http.Header
		body         string
		wrong, newer []string
	}{
		"as documented":        {new(fcclient.GetAliasOutput), headers, `{` + alias + `,"additionalVersionWeight":null}`, nil, nil},
		"without its headers":  {new(fcclient.GetAliasOutput), http.Header{}, `{` + alias + `}`, []string{"the header X-Fc-Request-Id is missing", "the header ETag is missing"}, nil},
		"without a name":       {new(fcclient.GetAliasOutput), headers, `{"versionId":"1","createdTime":"2020-07-15T06:13:25Z","lastModifiedTime":"2020-07-15T06:13:25Z"}`, []string{"aliasName is missing"}, nil},
		"of other types":       {new(fcclient.GetAliasOutput), headers, `{` + alias + `,"description":1,"additionalVersionWeight":{"2":"0.1"}}`, []string{"description is of another type: float64", "additionalVersionWeight.2 is of another type: string"}, nil},
		"a time of no form":    {new(fcclient.GetAliasOutput), headers, `{"aliasName":"live","versionId":"1","createdTime":"now","lastModifiedTime":"2016-08-15T15:00:00.000+0000"}`, []string{"createdTime is of another type: string"}, nil},
		"more than documented": {new(fcclient.GetAliasOutput), headers, `{` + alias + `,"later":1}`, nil, []string{"later is not documented"}},
		"inside of a list":     {new(fcclient.ListInstancesOutput), headers, `{"instances":[{"instanceId":1,"versionId":1,"later":1}]}`, []string{"instances[0].instanceId is of another type: float64"}, []string{"instances[0].later is not documented"}},
		"no list":              {new(fcclient.ListInstancesOutput), headers, `{"instances":{}}`, []string{"instances is of another type: map[string]interface {}"}, nil},
		"no object":            {new(fcclient.GetAliasOutput), headers, `[]`, []string{" is not an object: []interface {}"}, nil},
		"no JSON":              {new(fcclient.GetAliasOutput), headers, `<html>`, []string{"the body is not JSON"}, nil},
		"nothing":              {new(fcclient.DeleteAliasOutput), headers, ``, nil, nil},
		"something":            {new(fcclient.DeleteAliasOutput), headers, `{}`, nil, []string{"there is a body, where none is documented"}},
		"what a function says": {new(fcclient.InvokeFunctionOutput), headers, `<html>`, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := form().Compare(c.out, c.header, []byte(c.body))
			require.Equal(t, c.wrong, got.Wrong)
			require.Equal(t, c.newer, got.Newer)
		})
	}
	require.Equal(t, "GetAlias", conformance.OperationOf[fcclient.GetAliasInput]())
}
