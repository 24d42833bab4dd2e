package saeclient_test

import (
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/saeclient"
)

// answerXML is a handler that always gives the same XML answer.
func answerXML(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/xml;charset=utf-8")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// outputOf calls an operation with the required parameters of the facts.
func outputOf(t *testing.T, client *saeclient.Client, op factOperation) any {
	t.Helper()
	method := reflect.ValueOf(client.Unchecked()).MethodByName(op.Name)
	in := reflect.New(method.Type().In(1).Elem())
	fillRequired(t, op, in)
	results := method.Call([]reflect.Value{reflect.ValueOf(t.Context()), in})
	require.True(t, results[1].IsNil(), "%v", results[1])
	return results[0].Interface()
}

func TestXMLSamplesSayTheSameAsJSONSamples(t *testing.T) {
	t.Parallel()
	for _, op := range factOperations(t) {
		t.Run(op.Name, func(t *testing.T) {
			t.Parallel()
			sample := func(extension string) string {
				text, err := os.ReadFile(filepath.Join("testdata", "samples", op.Name+extension))
				require.NoError(t, err)
				return string(text)
			}
			want := outputOf(t, serve(t, answerWith(http.StatusOK, sample(".json"))), op)
			got := outputOf(t, serve(t, answerXML(http.StatusOK, sample(".xml"))), op)
			require.Equal(t, want, got)
		})
	}
}

func TestXML_TheLanguageOfTheAnswerIsAskedForAndRecognised(t *testing.T) {
	t.Parallel()
	accept := func(change ...func(*saeclient.Config)) string {
		var got string
		client := serve(t, func(w http.ResponseWriter, r *http.Request) {
			got = r.Header.Get("Accept")
			answerXML(http.StatusOK, `<R><RequestId>1</RequestId><Data><Status>2</Status></Data></R>`)(w, r)
		}, change...)
		require.NoError(t, read(t.Context(), client))
		return got
	}
	require.Equal(t, "application/json", accept())
	require.Equal(t, "application/xml", accept(func(c *saeclient.Config) { c.XML = true }))
}

func TestXML_ListsInXML(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		xml  string
		want []saeclient.DescribeRegionsRegions
	}{
		"none":             {``, nil},
		"empty":            {`<Regions/>`, []saeclient.DescribeRegionsRegions{}},
		"one":              {`<Regions><RegionId>a</RegionId></Regions>`, []saeclient.DescribeRegionsRegions{{RegionID: "a"}}},
		"one, other case":  {`<regions><regionid>a</regionid></regions>`, []saeclient.DescribeRegionsRegions{{RegionID: "a"}}},
		"two":              {`<Regions><RegionId>a</RegionId></Regions><Regions><RegionId>b</RegionId></Regions>`, []saeclient.DescribeRegionsRegions{{RegionID: "a"}, {RegionID: "b"}}},
		"two in an object": {`<Regions><Region><RegionId>a</RegionId></Region><Region><RegionId>b</RegionId></Region></Regions>`, []saeclient.DescribeRegionsRegions{{RegionID: "a"}, {RegionID: "b"}}},
		"texts": {
			`<Regions><RegionId>a</RegionId><RecommendZones>x</RecommendZones><RecommendZones>y</RecommendZones></Regions>`,
			[]saeclient.DescribeRegionsRegions{{RegionID: "a", RecommendZones: []string{"x", "y"}}},
		},
		"texts in an object": {
			`<Regions><RegionId>a</RegionId><RecommendZones><RecommendZone>x</RecommendZone></RecommendZones></Regions>`,
			[]saeclient.DescribeRegionsRegions{{RegionID: "a", RecommendZones: []string{"x"}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := serve(t, answerXML(http.StatusOK, "<R><RequestId>1</RequestId>"+tt.xml+"</R>"))
			out, err := client.DescribeRegions(t.Context(), nil)
			require.NoError(t, err)
			require.Equal(t, tt.want, out.Regions)
		})
	}
}

func TestXML_UnknownXMLIsKept(t *testing.T) {
	t.Parallel()
	client := serve(t, answerXML(http.StatusOK,
		`<R><Data><Status>2</Status><New><a>1</a><a>2</a></New><CreateTimeX/></Data><More>x</More></R>`))
	out, err := client.DescribeChangeOrder(t.Context(), &saeclient.DescribeChangeOrderInput{ChangeOrderID: "co-1"})
	require.NoError(t, err)
	require.Equal(t, saeclient.ChangeOrderSuccess, out.Data.Status)
	require.JSONEq(t, `{"a":["1","2"]}`, string(out.Data.Unknown["New"]))
	require.JSONEq(t, `"x"`, string(out.Unknown["More"]))
	text, err := client.Call(t.Context(), "DescribeChangeOrder", map[string]string{"ChangeOrderId": "co-1"})
	require.NoError(t, err)
	require.JSONEq(t, `{"Data":{"Status":"2","New":{"a":["1","2"]},"CreateTimeX":""},"More":"x"}`, string(text))
}

func TestXML_ErrorsInXML(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status int
		body   string
		class  cloudapi.Class
	}{
		"a refusal":             {http.StatusBadRequest, `<Error><RequestId>req-1</RequestId><Code>Application.ChangerOrderRunning</Code><Success>false</Success></Error>`, cloudapi.ErrConflict},
		"a refusal under 200":   {http.StatusOK, `<R><RequestId>req-1</RequestId><ErrorCode>Application.ChangerOrderRunning</ErrorCode><Success>false</Success></R>`, cloudapi.ErrConflict},
		"cut off":               {http.StatusOK, `<R><RequestId>req-1</Reque`, cloudapi.ErrAmbiguous},
		"JSON that says XML":    {http.StatusOK, `{"Success":true}`, cloudapi.ErrAmbiguous},
		"two documents":         {http.StatusOK, `<R><Success>true</Success></R><R/>`, cloudapi.ErrAmbiguous},
		"nested without an end": {http.StatusOK, strings.Repeat("<a>", 1000) + strings.Repeat("</a>", 1000), cloudapi.ErrAmbiguous},
		"another shape":         {http.StatusOK, `<R><Success>true</Success><Data><ChangeOrderId>1</ChangeOrderId></Data><Data/></R>`, cloudapi.ErrAmbiguous},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := mutate(t.Context(), serve(t, answerXML(tt.status, tt.body)))
			require.ErrorIs(t, err, tt.class)
			if tt.class == cloudapi.ErrConflict {
				require.ErrorContains(t, err, "request req-1")
			}
		})
	}
}
