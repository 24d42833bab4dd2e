package fcclient

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// vectors are signatures of other clients of the service.
type vectors struct {
	Vectors []struct {
		Name          string            `json:"name"`
		KeyID         string            `json:"accessKeyId"`
		Secret        string            `json:"accessKeySecret"`
		Method        string            `json:"method"`
		Target        string            `json:"target"`
		Headers       map[string]string `json:"headers"`
		StringToSign  string            `json:"stringToSign"`
		Authorization string            `json:"authorization"`
	} `json:"vectors"`
	SignedURLs []struct {
		Name         string            `json:"name"`
		KeyID        string            `json:"accessKeyId"`
		Secret       string            `json:"accessKeySecret"`
		Method       string            `json:"method"`
		URL          string            `json:"url"`
		Headers      map[string]string `json:"headers"`
		StringToSign string            `json:"stringToSign"`
		Signature    string            `json:"signature"`
	} `json:"signedUrls"`
}

func readVectors(t *testing.T) vectors {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "api", "fc", "signature-vectors.json"))
	require.NoError(t, err)
	var v vectors
	require.NoError(t, json.Unmarshal(text, &v))
	require.Len(t, v.Vectors, 30)
	require.Len(t, v.SignedURLs, 4)
	return v
}

func headerOf(headers map[string]string) http.Header {
	header := http.Header{}
	for name, value := range headers {
		header.Set(name, value)
	}
	return header
}

func TestSignature_IsThatOfTheOtherClients(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t).Vectors {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			target, err := url.Parse("https://16530750.cn-hangzhou.fc.aliyuncs.com" + v.Target)
			require.NoError(t, err)
			header := headerOf(v.Headers)
			what := signed{method: v.Method, header: header, date: header.Get("Date"), resource: resourceOf(target)}
			if strings.Contains(target.EscapedPath(), "%23") {
				// This client signs the path without its escapes, as the reference says; fc2 signs it as it is sent.
				require.Equal(t, strings.ReplaceAll(v.StringToSign, "%23", "#"), what.text())
				what.resource = target.EscapedPath()
			}
			require.Equal(t, v.StringToSign, what.text())
			require.Equal(t, v.Authorization, "FC "+v.KeyID+":"+what.signature(v.Secret))
		})
	}
}

func TestSignature_OfAddressesIsThatOfTheOtherClients(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t).SignedURLs {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			want, err := url.Parse(v.URL)
			require.NoError(t, err)
			query := want.Query()
			k := keys{id: v.KeyID, secret: v.Secret, token: query.Get(tokenParam)}
			expires := query.Get(expiresParam)
			for _, name := range []string{keyParam, expiresParam, tokenParam, signatureParam} {
				query.Del(name)
			}
			plain := *want
			plain.RawQuery = query.Encode()
			got := k.signURL(&http.Request{Method: v.Method, URL: &plain, Header: headerOf(v.Headers)}, expires)
			require.Equal(t, want.Query(), got.Query())
			require.Equal(t, v.Signature, got.Query().Get(signatureParam))
			require.Equal(t, want.EscapedPath(), got.EscapedPath())
			again := k.signURL(&http.Request{Method: v.Method, URL: got, Header: headerOf(v.Headers)}, expires)
			require.Equal(t, got.String(), again.String(), "an address is signed anew, not twice")
		})
	}
}

func TestSignature_ParametersOfATrigger(t *testing.T) {
	t.Parallel()
	for query, want := range map[string][]string{
		"":                     nil,
		"flag":                 {"flag"},
		"flag=":                {"flag="},
		"b=2&a=1&b=1&&a":       {"a", "a=1", "b=1", "b=2"},
		"with+space=a%20b%2Bc": {"with space=a b+c"},
		"broken=%zz":           {"broken=%zz"},
	} {
		require.Equal(t, want, parametersOf(query), query)
	}
}
