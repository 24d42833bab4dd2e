package fcclient

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/internal/clientrt"
)

// operationAt picks an operation by any number.
func operationAt(index uint8) cloudapi.Operation {
	all := Operations()
	return all[int(index)%len(all)]
}

// samplesOf gives sample requests or answers of the reference, with the numbers of their operations.
func samplesOf(f *testing.F, kind string, each func(index uint8, text []byte)) {
	f.Helper()
	for i, op := range Operations() {
		text, err := os.ReadFile(filepath.Join("testdata", "samples", op.Name+"."+kind+".json"))
		if err == nil {
			each(uint8(i), text)
		}
	}
}

// FuzzAnswers looks for answers that crash the decoder, or that it reads into something that cannot
// be written and read again. Its corpus are the samples of the reference.
func FuzzAnswers(f *testing.F) {
	samplesOf(f, "response", func(index uint8, text []byte) { f.Add(index, text) })
	f.Add(uint8(0), []byte(`{"createdTime":99999999999999999,"nasConfig":"{","vpcConfig":{"vSwitchIds":[null,"N/A"]},"ServiceName":1}`))
	f.Fuzz(func(t *testing.T, index uint8, text []byte) {
		method, ok := reflect.TypeFor[*Client]().MethodByName(operationAt(index).Name)
		require.True(t, ok)
		field, ok := method.Type.Out(0).Elem().FieldByName("Unknown")
		if !ok {
			return
		}
		read, err := api().ParseBody(text, "application/json")
		if err != nil {
			return
		}
		output := method.Type.Out(0).Elem()
		if len(field.Index) > 1 {
			output = output.Field(field.Index[0]).Type
		}
		out := reflect.New(output)
		_ = read.Decode(new(failure))
		if read.Decode(out.Interface()) != nil {
			return
		}
		back, err := Wire(out.Elem().Interface()).MarshalJSON()
		if err != nil {
			require.ErrorContains(t, err, "redacted", "%s", text)
			return
		}
		require.NoError(t, api().Decoder.Decode(back, reflect.New(output).Interface()), "%s", back)
	})
}

// FuzzInputs looks for Inputs that crash the encoder, the rules or the descriptions.
func FuzzInputs(f *testing.F) {
	samplesOf(f, "request", func(index uint8, text []byte) { f.Add(index, text) })
	f.Fuzz(func(t *testing.T, index uint8, text []byte) {
		op := operationAt(index)
		method, ok := reflect.TypeFor[*Client]().MethodByName(op.Name)
		require.True(t, ok)
		in := reflect.New(method.Type.In(2).Elem())
		if json.Unmarshal(text, in.Interface()) != nil {
			return
		}
		valid, ok := reflect.TypeAssert[interface{ Validate() error }](in)
		require.True(t, ok)
		if err := valid.Validate(); err != nil {
			require.ErrorIs(t, err, cloudapi.ErrInvalid)
		}
		shown, err := json.Marshal(in.Interface())
		require.NoError(t, err)
		require.True(t, json.Valid(shown))
		encoder, ok := reflect.TypeAssert[input](in)
		require.True(t, ok)
		var r clientrt.Request
		encoder.encode(&r)
		path := r.Path(op.Path)
		require.NotContains(t, strings.ReplaceAll(path, "{", ""), "//")
		_, err = url.Parse("http://localhost" + strings.NewReplacer("{", "", "}", "").Replace(path))
		require.NoError(t, err)
	})
}

// FuzzSignedURL looks for addresses whose signature does not hold for what a server reads of them.
func FuzzSignedURL(f *testing.F) {
	f.Add("a b", "x=1&x=3&a=2&with+space=foo+bar")
	f.Add("%2F", "flag&x-fc-signature=old")
	f.Fuzz(func(t *testing.T, path, query string) {
		u := &url.URL{Scheme: "http", Host: "localhost", Path: triggerPath + "shop/order/" + path, RawQuery: query}
		k := keys{id: "id", secret: "secret", token: "token"}
		got, err := url.Parse(k.signURL(&http.Request{Method: http.MethodGet, URL: u, Header: http.Header{}}, "1604915193").String())
		require.NoError(t, err)
		signature := got.Query().Get(signatureParam)
		bare := got.Query()
		bare.Del(signatureParam)
		what := signed{
			method: http.MethodGet, header: http.Header{}, date: "1604915193",
			resource: got.Path + "\n" + strings.Join(parametersOf(bare.Encode()), "\n"),
		}
		require.Equal(t, what.signature("secret"), signature)
	})
}
