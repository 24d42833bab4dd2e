package saeclient_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/saeclient"
)

// TestSignatureCoversWhatIsSent computes the signature (ACS3-HMAC-SHA256, Alibaba Cloud's "V3
// request body and signature mechanism") from what arrived, so that a parameter that the core
// signs in one form and sends in another is noticed.
func TestSignatureCoversWhatIsSent(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]*saeclient.DeployApplicationInput{
		"plain":           {AppID: "app-1"},
		"empty texts":     {AppID: "app-1", SlsConfigs: []saeclient.SLSConfig{}, PhpConfig: new("")},
		"awkward letters": {AppID: "a b+c*d~e/f?g=h&i%j", ChangeOrderDesc: new("灰度 ☃\n"), OssMountDescs: []saeclient.OSSMount{{BucketName: "+ *~"}}},
		"text and form":   {AppID: "app-1", ImageURL: new("registry.example/shop:1"), OssAkID: new(cloudapi.Secret("id"))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, last := recorder(t, `{"RequestId":"1"}`)
			_, err := client.DeployApplication(t.Context(), in)
			require.NoError(t, err)
			got := last()
			require.Equal(t, in.AppID, got.query.Get("AppId"))
			fields := strings.FieldsFunc(got.header.Get("Authorization"), func(r rune) bool { return r == ',' || r == ' ' })
			require.Len(t, fields, 4)
			signed := strings.TrimPrefix(fields[2], "SignedHeaders=")
			require.Equal(t, signature(got, signed), strings.TrimPrefix(fields[3], "Signature="))
		})
	}
}

func signature(s seen, signedHeaders string) string {
	canonical := []string{s.method, s.path, canonicalQuery(s.query)}
	for name := range strings.SplitSeq(signedHeaders, ";") {
		value := s.header.Get(name)
		if name == "host" {
			value = s.host
		}
		canonical = append(canonical, name+":"+strings.TrimSpace(value))
	}
	body := sha256.Sum256([]byte(s.raw))
	canonical = append(canonical, "", signedHeaders, hex.EncodeToString(body[:]))
	sum := sha256.Sum256([]byte(strings.Join(canonical, "\n")))
	mac := hmac.New(sha256.New, []byte(testSecret))
	mac.Write([]byte("ACS3-HMAC-SHA256\n" + hex.EncodeToString(sum[:])))
	return hex.EncodeToString(mac.Sum(nil))
}

// canonicalQuery encodes after RFC 3986: sorted by name, everything but unreserved characters in percent form.
func canonicalQuery(query url.Values) string {
	var pairs []string
	for name, values := range query {
		pairs = append(pairs, percent(name)+"="+percent(values[0]))
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

func percent(text string) string {
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}
