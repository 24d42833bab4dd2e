package saeclient

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
)

// methodTypes gives the types of an operation's Input and Output.
func methodTypes(tb testing.TB, operation string) (in, out reflect.Type) {
	tb.Helper()
	method, ok := reflect.TypeFor[*Client]().MethodByName(operation)
	require.True(tb, ok, operation)
	require.Equal(tb, reflect.TypeFor[context.Context](), method.Type.In(1))
	return method.Type.In(2).Elem(), method.Type.Out(0).Elem()
}

// operationAt picks an operation by any number.
func operationAt(index uint8) cloudapi.Operation {
	all := Operations()
	return all[int(index)%len(all)]
}

// samples calls a function for every sample answer: those of the reference in JSON and XML, those
// of newer operations in JSON.
func samples(f *testing.F, each func(index uint8, isXML bool, text []byte)) {
	f.Helper()
	newer := newerSamples(f)
	for i, op := range Operations() {
		if op.Since != "" {
			require.Contains(f, newer, op.Name)
			each(uint8(i), false, newer[op.Name])
			continue
		}
		found, err := filepath.Glob(filepath.Join("testdata", "samples", op.Name+".*"))
		require.NoError(f, err)
		require.GreaterOrEqual(f, len(found), 2, op.Name)
		for _, path := range found {
			text, err := os.ReadFile(path)
			require.NoError(f, err)
			each(uint8(i), strings.HasSuffix(path, ".xml"), text)
		}
	}
}

// newerSamples are the sample answers of operations that the reference does not have.
func newerSamples(f *testing.F) map[string][]byte {
	f.Helper()
	text, err := os.ReadFile("../api/sae/newer.json")
	require.NoError(f, err)
	var facts struct {
		Operations []struct {
			Name   string          `json:"name"`
			Sample json.RawMessage `json:"responseExample"`
		} `json:"operations"`
	}
	require.NoError(f, json.Unmarshal(text, &facts))
	found := make(map[string][]byte)
	for _, op := range facts.Operations {
		found[op.Name] = op.Sample
	}
	return found
}

// FuzzAnswers looks for answers, JSON and XML, that crash the decoder, or that it reads into something that cannot be written and
// read again. Its corpus are the samples of the reference.
func FuzzAnswers(f *testing.F) {
	samples(f, func(index uint8, isXML bool, text []byte) { f.Add(index, isXML, text) })
	f.Add(uint8(0), false, []byte(`{"Data":{"CreateTime":99999999999999999,"Envs":"[","List":[null,"N/A"]},"data":1}`))
	f.Fuzz(func(t *testing.T, index uint8, isXML bool, text []byte) {
		contentType := "application/json"
		if isXML {
			contentType = "application/xml"
		}
		read, err := api().ParseBody(text, contentType)
		if err != nil {
			return
		}
		raw, err := read.JSON()
		require.NoError(t, err)
		require.True(t, json.Valid(raw))

		_, output := methodTypes(t, operationAt(index).Name)
		out := reflect.New(output)
		_ = read.Decode(new(envelope))
		if read.Decode(out.Interface()) != nil {
			return
		}
		back, err := json.Marshal(out.Interface())
		require.NoError(t, err)
		require.NoError(t, api().Decoder.Decode(back, reflect.New(output).Interface()), "%s", back)
	})
}

// FuzzInputs looks for Inputs that crash the encoder, the rules or the descriptions. Its corpus are the examples of the reference.
func FuzzInputs(f *testing.F) {
	for i, op := range Operations() {
		examples := make(map[string]any)
		for _, p := range op.Params {
			if p.Kind == cloudapi.KindInteger || p.Kind == cloudapi.KindBoolean {
				examples[p.Name] = json.RawMessage(p.Example)
				continue
			}
			examples[p.Name] = p.Example
		}
		text, err := json.Marshal(examples)
		require.NoError(f, err)
		f.Add(uint8(i), text)
	}
	f.Fuzz(func(t *testing.T, index uint8, text []byte) {
		op := operationAt(index)
		input, _ := methodTypes(t, op.Name)
		in := reflect.New(input)
		if json.Unmarshal(text, in.Interface()) != nil {
			return
		}
		checked, ok := reflect.TypeAssert[interface {
			Validate() error
			String() string
		}](in)
		require.True(t, ok)
		if err := checked.Validate(); err != nil {
			require.ErrorIs(t, err, cloudapi.ErrInvalid)
		}
		require.True(t, strings.HasPrefix(checked.String(), op.Name+"("))
		encoded, err := json.Marshal(in.Interface())
		require.NoError(t, err)
		require.True(t, json.Valid(encoded))
	})
}

// FuzzStructured looks for JSON texts that a structured parameter reads and then writes otherwise.
func FuzzStructured(f *testing.F) {
	for _, op := range Operations() {
		for _, p := range op.Params {
			if p.Kind == cloudapi.KindJSON {
				f.Add(p.Example)
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		sameAfterReading[UpdateStrategy](t, text)
		sameAfterReading[ScalingRuleTimer](t, text)
		sameAfterReading[ScalingRuleMetric](t, text)
		sameAfterReading[Probe](t, text)
		sameAfterReading[LifecycleHook](t, text)
		sameAfterReading[TomcatConfig](t, text)
		sameAfterReading[IngressBackend](t, text)
		sameAfterReading[ConfigMapData](t, text)
		sameAfterReading[cloudapi.List[EnvVar]](t, text)
		sameAfterReading[cloudapi.List[SLSConfig]](t, text)
		sameAfterReading[cloudapi.List[DubboRule]](t, text)
		sameAfterReading[cloudapi.List[string]](t, text)
	})
}

// sameAfterReading reads a text, writes what it read, and reads that.
func sameAfterReading[T interface{ MarshalText() ([]byte, error) }, P interface {
	*T
	UnmarshalText(text []byte) error
}](t *testing.T, text string) {
	t.Helper()
	var first, second T
	if P(&first).UnmarshalText([]byte(text)) != nil {
		return
	}
	written, err := first.MarshalText()
	require.NoError(t, err)
	require.NoError(t, P(&second).UnmarshalText(written))
	again, err := second.MarshalText()
	require.NoError(t, err)
	require.Equal(t, string(written), string(again))
}
