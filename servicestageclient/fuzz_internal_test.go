package servicestageclient

import (
	"encoding/json"
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
		found, err := filepath.Glob(filepath.Join("testdata", "samples", op.Name+".*"+kind+".json"))
		require.NoError(f, err)
		for _, path := range found {
			text, err := os.ReadFile(path)
			require.NoError(f, err)
			each(uint8(i), text)
		}
	}
}

// FuzzAnswers looks for answers that crash the decoder, or that it reads into something that cannot
// be written and read again. Its corpus are the samples of the reference.
func FuzzAnswers(f *testing.F) {
	samplesOf(f, "response", func(index uint8, text []byte) { f.Add(index, text) })
	f.Add(uint8(0), []byte(`{"create_time":99999999999999999,"labels":{"key":"a"},"error":{"code":1,"error":{}},"name":["N/A",null]}`))
	f.Fuzz(func(t *testing.T, index uint8, text []byte) {
		method, ok := reflect.TypeFor[*Client]().MethodByName(operationAt(index).Name)
		require.True(t, ok)
		output := method.Type.Out(0).Elem()
		if body, ok := output.FieldByName("Unknown"); ok && len(body.Index) > 1 {
			output = output.Field(body.Index[0]).Type
		}
		read, err := api().ParseBody(text, "application/json")
		if err != nil {
			return
		}
		_, _ = readFailure(&read)
		out := reflect.New(output)
		if read.Decode(out.Interface()) != nil {
			return
		}
		back, err := Wire(out.Elem().Interface()).MarshalJSON()
		if err != nil {
			require.ErrorContains(t, err, "redacted", "%s", text)
			return
		}
		require.NoError(t, decoder().Decode(back, reflect.New(output).Interface()), "%s", back)
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
		_, err = url.Parse("http://localhost" + strings.NewReplacer("{", "", "}", "").Replace(path))
		require.NoError(t, err)
	})
}
