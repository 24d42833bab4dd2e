package saetest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/saeclient"
	"slipway/saeclient/saetest"
)

// always is a transport that answers every request with one answer.
type always struct {
	contentType string
	text        []byte
}

// RoundTrip answers.
func (a always) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {a.contentType}}, Body: io.NopCloser(bytes.NewReader(a.text)),
	}, nil
}

// TestSamples_EverySampleAnswerIsUnderstood gives the typed method of each operation the
// reference's sample answer in both languages: there is a field for everything in it.
func TestSamples_EverySampleAnswerIsUnderstood(t *testing.T) {
	t.Parallel()
	for _, op := range saeclient.Operations() {
		if op.Since != "" {
			continue // those have no sample in the reference
		}
		for extension, contentType := range map[string]string{".json": "application/json;charset=utf-8", ".xml": "application/xml"} {
			sample, err := os.ReadFile(filepath.Join("..", "testdata", "samples", op.Name+extension))
			require.NoError(t, err)
			typed, err := saetest.Typed(saeclient.Config{
				Region: "cn-hangzhou", Endpoint: "http://sae.test", Credential: keys(t), XML: extension == ".xml",
				Transport: always{contentType: contentType, text: sample},
			})
			require.NoError(t, err)
			text, err := typed.Call(t.Context(), op.Name, nil)
			require.NoError(t, err, "%s%s", op.Name, extension)
			require.Equal(t, sample, []byte(text))
			require.Equal(t, []string{op.Name}, typed.Decoded(), "something in the sample has no field: %s", sample)
		}
		t.Attr("sae-sample", op.Name)
	}
}

// TestSamples_NewerAnswersAreUnderstood does the same for operations that the reference does not
// have, whose samples are made from the models of the official SDK.
func TestSamples_NewerAnswersAreUnderstood(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "api", "sae", "newer.json"))
	require.NoError(t, err)
	var facts struct {
		Operations []struct {
			Name   string          `json:"name"`
			Sample json.RawMessage `json:"responseExample"`
		} `json:"operations"`
	}
	require.NoError(t, json.Unmarshal(text, &facts))
	require.Len(t, facts.Operations, 73)
	for _, op := range facts.Operations {
		typed, err := saetest.Typed(saeclient.Config{
			Region: "cn-hangzhou", Endpoint: "http://sae.test", Credential: keys(t),
			Transport: always{contentType: "application/json", text: op.Sample},
		})
		require.NoError(t, err)
		spec, known := saeclient.LookupOperation(op.Name)
		require.True(t, known, op.Name)
		_, err = typed.Call(t.Context(), op.Name, placeholders(spec))
		require.NoError(t, err, op.Name)
		require.Equal(t, []string{op.Name}, typed.Decoded(), "something in the sample has no field: %s", op.Sample)
		t.Attr("sae-sample", op.Name)
	}
}

// placeholders are the parts of the path, without which nothing is sent.
func placeholders(op cloudapi.Operation) map[string]string {
	params := map[string]string{}
	for _, p := range op.Params {
		if p.In == cloudapi.InPath {
			params[p.Name] = "x"
		}
	}
	return params
}
