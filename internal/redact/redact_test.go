package redact_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/internal/redact"
)

func TestRedact_SecretsInText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"a package signed by OSS": {
			"https://pkgs.oss-cn-hangzhou.aliyuncs.com/a.jar?OSSAccessKeyId=LTAI5tHush&Expires=1700000000&Signature=hush%2Fhush%3D",
			"https://pkgs.oss-cn-hangzhou.aliyuncs.com/a.jar?OSSAccessKeyId=***&Expires=***&Signature=***",
		},
		"by its newer signature": {
			"https://pkgs.example/a.jar?x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-credential=hush%2F20261122&x-oss-signature=hush",
			"https://pkgs.example/a.jar?x-oss-signature-version=***&x-oss-credential=***&x-oss-signature=***",
		},
		"a package signed by S3": {
			"get https://b.s3.amazonaws.com/a.jar?X-Amz-Date=20261122&X-Amz-Credential=hush&X-Amz-Security-Token=hush#top now",
			"get https://b.s3.amazonaws.com/a.jar?X-Amz-Date=***&X-Amz-Credential=***&X-Amz-Security-Token=*** now",
		},
		"by OBS and by GCS":          {"https://o.example/a?AccessKeyId=hush&x-obs-security-token=hush https://g.example/a?X-Goog-Signature=hush", "https://o.example/a?AccessKeyId=***&x-obs-security-token=*** https://g.example/a?X-Goog-Signature=***"},
		"with parameters before it":  {"https://x.example/a?versionId=7&security-token=hush", "https://x.example/a?versionId=***&security-token=***"},
		"a percent-encoded name":     {"https://x.example/a?%53ignature=hush", "https://x.example/a?%53ignature=***"},
		"a token of a webhook":       {"https://oapi.dingtalk.com/robot/send?access_token=hush", "https://oapi.dingtalk.com/robot/send?access_token=***"},
		"a key of a webhook":         {"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=hush", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=***"},
		"a signature of a CDN":       {"https://p.example/a.jar?auth_key=1700-0-0-hush", "https://p.example/a.jar?auth_key=***"},
		"a keyed hash":               {"https://p.example/a.jar?a=1&hmac=hush", "https://p.example/a.jar?a=***&hmac=***"},
		"a signature of Azure":       {"https://b.blob.core.windows.net/c/a?sv=2024&sp=r&sig=hush", "https://b.blob.core.windows.net/c/a?sv=***&sp=***&sig=***"},
		"a token in a fragment":      {"https://x.example/#access_token=hush&state=1", "https://x.example/#access_token=***&state=***"},
		"a password":                 {"https://me:hush@x.example/a", "https://***@x.example/a"},
		"a user that is a token":     {"https://hush@x.example/a", "https://***@x.example/a"},
		"a password with an @":       {"nats://me:hu@sh@x.example:4222", "nats://***@x.example:4222"},
		"a password without a host":  {"amqp://me:hush", "amqp://me:***"},
		"an address of IPv6":         {"http://[::1]:8080/ http://[fe80::1]/", "http://[::1]:8080/ http://[fe80::1]/"},
		"a quoted URL":               {`"https://me:hush@x.example" is no image`, `"https://***@x.example" is no image`},
		"a URL in a URL":             {"https://x.example/get?from=https%3A%2F%2Fme%3Ahush%40y.example", "https://x.example/get?from=***"},
		"a URL in HTML":              {"https://x.example/a?a=1&amp;token=hush&amp;b=2", "https://x.example/a?a=***&amp;token=***&amp;b=***"},
		"a URL in JSON that is text": {`\"https:\/\/me:hush@x.example\/a?a=1\u0026Signature=hush\"`, `\"https:\/\/***@x.example\/a?a=***\u0026Signature=***"`},
		"without a scheme":           {"x.example/a?Signature=hush&a=1", "x.example/a?Signature=***&a=1"},
		"an authorization":           {"Authorization: ACS3-HMAC-SHA256 Credential=hush,SignedHeaders=host,Signature=hush", "Authorization: ***"},
		"a bearer":                   {"curl -H 'X: Bearer hushhushhushhush.hush' x", "curl -H 'X: Bearer ***' x"},
		"cookies":                    {"Cookie: a=hush; b=hush\nnext", "Cookie: ***\nnext"},
		"a password by name":         {"db_password = hush, user = me", "db_password = ***, user = me"},
		"in quotes":                  {`MYSQL_PWD="hush hush" next`, `MYSQL_PWD="***" next`},
		"in quotes of YAML":          {`apiKey: 'hush hush'`, `apiKey: '***'`},
		"half in quotes":             {`authorization: 'hush`, `authorization: ***`},
		"half in other quotes":       {`{\"token\": \"hush\`, `{\"token\": ***`},
		"in JSON within a string":    {`{\"secretKey\":\"hush\",\"a\":1}`, `{\"secretKey\":\"***\",\"a\":1}`},
		"a JSON web token":           {"it says eyJhbGciOiJI.eyJzdWIiOiIx.hush-hush to me", "it says *** to me"},
		"an access key of Alibaba":   {"key LTAI5tAbCdEfGhIjKlMnOpQr", "key ***"},
		"an access key of AWS":       {"AKIAIOSFODNN7EXAMPLE.", "***."},
		"a seed of NATS":             {"seed SUAJP3KWQYBOEDKPSV4AMOVAGWNT2HGIVUWQOUQTBW6SIAG4GB4VLJE6N4", "seed ***"},
		"a token of GitHub":          {"ghp_0123456789abcdefghijABCDEFGHIJ012345", "***"},
		"a private key":              {"-----BEGIN RSA PRIVATE KEY-----\nhush\n-----END RSA PRIVATE KEY-----\nnext", "***\nnext"},
		"half a private key":         {"-----BEGIN PRIVATE KEY-----\nhush", "***"},
		"what is cut already":        {"https://***@x.example/a?Signature=*** token=*** Authorization: ***", "https://***@x.example/a?Signature=*** token=*** Authorization: ***"},
		"nothing secret":             {"https://shop.example:8080/healthz?deep=1&x=https://y.example#top a=b, mailto:me@x.example ssh:me", "https://shop.example:8080/healthz?deep=1&x=https://y.example#top a=b, mailto:me@x.example ssh:me"},
		"talk of secrets":            {"must have no user, query or fragment, which could hold a secret; basic authentication, the token of a subject", "must have no user, query or fragment, which could hold a secret; basic authentication, the token of a subject"},
		"a source":                   {"urn:slipway:cli build-42 https://ci.example/a%2Fb", "urn:slipway:cli build-42 https://ci.example/a%2Fb"},
		"an image":                   {"registry.example:5000/shop:1.4.2@sha256:abc", "registry.example:5000/shop:1.4.2@sha256:abc"},
		"a URL behind a mirror":      {"https://mirror.example/https://me:hush@x.example:80/a?b=c", "https://mirror.example/https://***@x.example:80/a?b=c"},
		"a gate with a token":        {"get http://gate.example:8080/ok?app=shop&token=hush: 503", "get http://gate.example:8080/ok?app=***&token=*** 503"},
		"a path with a token":        {"GET /ok?token=hush&app=shop HTTP/1.1", "GET /ok?token=***&app=shop HTTP/1.1"},
		"a path with a code":         {"GET /back?code=hush&amp;sig=hush&sign=hush HTTP/1.1", "GET /back?code=***&amp;sig=***&sign=*** HTTP/1.1"},
		"no path with a code":        {"code=1 sig=2 key: 3 auth=no; is it a ?code: 4", "code=1 sig=2 key: 3 auth=no; is it a ?code: 4"},
		"a token of STS":             {"security-token: hush, x-acs-security-token=hush SecurityToken=hush", "security-token: ***, x-acs-security-token=*** SecurityToken=***"},
		"an ID of STS":               {"for STS.NTsomebody0123456789 now", "for *** now"},
		"a key of AWS for a while":   {"ASIAIOSFODNN7EXAMPLE", "***"},
		"a key of Google":            {"key AIzaSyA-0123456789_abcdefghijklmnopqrstu", "key ***"},
		"a token of Google":          {"ya29.a0AfH6SMB-hush-hush-hush", "***"},
		"keys of Huawei Cloud":       {"ak=HUSHHUSHHUSHHUSHHUSH, SK: 'hush' hw_ak=hush cloud.sk=hush", "ak=***, SK: '***' hw_ak=*** cloud.sk=***"},
		"no keys of Huawei Cloud":    {"task=a disk: b risk=c akin=d sky=e", "task=a disk: b risk=c akin=d sky=e"},
		"signed by Huawei Cloud":     {"Authorization: SDK-HMAC-SHA256 Access=HUSH, SignedHeaders=host, Signature=hush", "Authorization: ***"},
		"and its query":              {"https://x.example/?X-Sdk-Date=20261122T000000Z&X-Sdk-Signature=hush", "https://x.example/?X-Sdk-Date=***&X-Sdk-Signature=***"},
		"a connection to Azure":      {"AccountName=a;AccountKey=hush==;SharedAccessKey=hush;Suffix=b", "AccountName=a;AccountKey=***;SharedAccessKey=***;Suffix=b"},
		"a shared access of Azure":   {"SharedAccessSignature=sv=2024&sr=b&sig=hush", "SharedAccessSignature=***&sr=b&sig=***"},
		"a password of databases":    {"mysql_passwd=hush", "mysql_passwd=***"},
		"nothing":                    {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, cut := redact.New().Text(c.text)
			require.Equal(t, c.want, got)
			require.Equal(t, c.text != c.want, cut)
			again, cut := redact.New().Text(got)
			require.Equal(t, got, again)
			require.False(t, cut, "nothing is left")
		})
	}
}

func TestRedact_SecretsInJSON(t *testing.T) {
	t.Parallel()
	signed := `https:\/\/x.example\/a.jar?OSSAccessKeyId=hush\u0026Signature=hush`
	inBase64 := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	for name, c := range map[string]struct{ data, want string }{
		"a signed address":        {`{ "data":{"url" : "` + signed + `", "n": 1.50, "e":"\u00e9"} }`, `{ "data":{"url" : "https://x.example/a.jar?OSSAccessKeyId=***\u0026Signature=***", "n": 1.50, "e":"\u00e9"} }`},
		"by name":                 {`{"password":"hush","token":12345,"on":true,"none":null}`, `{"password":"***","token":"***","on":true,"none":null}`},
		"a switch":                {`{"tokenRequired":true}`, `{"tokenRequired":true}`},
		"all within":              {`{"credentials":{"a":"hush","b":["hush",{"c":"hush"}]},"a":"b"}`, `{"credentials":{"a":"***","b":["***",{"c":"***"}]},"a":"b"}`},
		"a variable":              {`[{"name":"DB_PASSWORD","value":"hush"},{"name":"A","value":"b"}]`, `[{"name":"DB_PASSWORD","value":"***"},{"name":"A","value":"b"}]`},
		"a variable, value first": {`[{"value":"hush","name":"DB_PASSWORD"},{"value":"b","name":"A"}]`, `[{"value":"***","name":"DB_PASSWORD"},{"value":"b","name":"A"}]`},
		"values around a name":    {`{"value":1,"a":{"value":"b"},"\u006eame":"PASSWORD","name":"A","value":["hush"]}`, `{"value":"***","a":{"value":"b"},"\u006eame":"PASSWORD","name":"A","value":["***"]}`},
		"a value of variables":    {`{"value":[{"value":"hush","name":"PASSWORD"}],"name":"A"}`, `{"value":[{"value":"***","name":"PASSWORD"}],"name":"A"}`},
		"data in base64":          {`{"data_base64":"` + inBase64(`{"password":"hush"}`) + `"}`, `{"data_base64":"` + inBase64(`{"password":"***"}`) + `"}`},
		"data in base64 of two":   {`{"data_base64":"` + inBase64(`{"data_base64":"`+inBase64("token=hush")+`"}`) + `"}`, `{"data_base64":"` + inBase64(`{"data_base64":"`+inBase64("token=***")+`"}`) + `"}`},
		"no base64":               {`{"data_base64":"token=hush"}`, `{"data_base64":"token=***"}`},
		"a name of a member":      {`{"https://me:hush@x.example":1}`, `{"https://***@x.example":1}`},
		"JSON that breaks off":    {`{"password":"hush","url":"` + signed, `{"password":"***","url":"https:\/\/x.example\/a.jar?OSSAccessKeyId=***`},
		"two documents":           {`{"a":1}{"password":"hush"}`, `{"a":1}{"password":"***"}`},
		"no JSON":                 {"\x00\xffpassword=hush", "\x00\xffpassword=***"},
		"nothing secret":          {" {\"a\" : [1, 2.0e3, \"b\\/c\"]}\n", " {\"a\" : [1, 2.0e3, \"b\\/c\"]}\n"},
		"a deep document":         {strings.Repeat(`{"a":`, 5000) + `"token=hush"` + strings.Repeat("}", 5000), strings.Repeat(`{"a":`, 5000) + `"token=***"` + strings.Repeat("}", 5000)},
		"keys of Huawei Cloud":    {`{"ak":"hush","SK":"hush","iam.ak":["hush"],"task":"a"}`, `{"ak":"***","SK":"***","iam.ak":["***"],"task":"a"}`},
		"bytes that are no text":  {"{\"a\":\"\xff token=hush\"}", "{\"a\":\"\xff token=***\"}"},
		"much markup":             {`{"a":"<b>&&token=hush","b":"\u003cb\u003etoken=hush"}`, `{"a":"<b>&&token=***","b":"\u003cb\u003etoken=***"}`},
		"little markup":           {`{"a":"a long text & <b> token=hush, a long text"}`, `{"a":"a long text \u0026 \u003cb\u003e token=***, a long text"}`},
		"behind a deep list":      {strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `{"password":["hush"]}`, strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `{"password":["***"]}`},
		"base64 in base64":        {`{"data_base64":"` + inBase64(`{"data_base64":"`+inBase64(`{"data_base64":"`+inBase64(`{"data_base64":"aHVzaA=="}`)+`"}`)+`"}`) + `"}`, `{"data_base64":"` + inBase64(`{"data_base64":"`+inBase64(`{"data_base64":"`+inBase64(`{"data_base64":"***"}`)+`"}`)+`"}`) + `"}`},
		"nothing":                 {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, cut := redact.New().Bytes([]byte(c.data))
			require.Equal(t, c.want, string(got))
			require.Equal(t, c.data != c.want, cut)
			again, cut := redact.New().Bytes(got)
			require.Equal(t, string(got), string(again))
			require.False(t, cut, "nothing is left")
		})
	}
}

func TestRedact_SecretsInHeaders(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ name, value, want string }{
		"an authorization":   {"Authorization", "Basic bWU6aHVzaA==", "***"},
		"a cookie":           {"cookie", "a=hush", "***"},
		"a set cookie":       {"Set-Cookie", "a=hush", "***"},
		"a key":              {"X-Api-Key", "hush", "***"},
		"a key of anything":  {"X-Key", "hush", "***"},
		"a token":            {"X-Gitlab-Token", "hush", "***"},
		"an address":         {"ce-source", "https://me:hush@x.example", "https://***@x.example"},
		"an encoded address": {"ce-source", "https%3A%2F%2Fme%3Ahush%40x.example", "https:%2F%2F%2A%2A%2A@x.example"},
		"another":            {"ce-id", "build%2042", "build%2042"},
		"a trace":            {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
		"an empty one":       {"Authorization", "", ""},
		"a token of STS":     {"X-Security-Token", "hush", "***"},
		"a token of another": {"x-acs-security-token", "hush", "***"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, cut := redact.New().Header(c.name, c.value)
			require.Equal(t, c.want, got)
			require.Equal(t, c.value != c.want, cut)
			again, cut := redact.New().Header(c.name, got)
			require.Equal(t, got, again)
			require.False(t, cut, "nothing is left")
		})
	}
}

// A secret in one of its places is found, whatever stands around it.
func TestRedact_ACanaryIsFoundWhereverASecretStands(t *testing.T) {
	t.Parallel()
	const canary = "Kanarienvogel42"
	places := []string{
		"https://b.example/a?OSSAccessKeyId=a&Expires=1&Signature=" + canary, "https://b.example/a?X-Amz-Signature=" + canary + "&a=1",
		"https://me:" + canary + "@b.example/", "Authorization: Bearer " + canary + canary, "password=" + canary, `token: "` + canary + `"`,
	}
	around := rapid.StringOf(rapid.RuneFrom([]rune(`ab1 =&?/:.@"'\{}[],-_%é` + "\n\x00")))
	r := redact.New()
	rapid.Check(t, func(t *rapid.T) {
		place := rapid.SampledFrom(places).Draw(t, "place")
		text := around.Draw(t, "before") + " " + place + "\n" + around.Draw(t, "after")
		clean, cut := r.Text(text)
		require.True(t, cut)
		require.NotContains(t, clean, canary)

		document, err := json.Marshal(map[string]any{"a": text, "b": []any{1, map[string]string{"note": place}}})
		require.NoError(t, err)
		out, cut := r.Bytes(document)
		require.True(t, cut)
		require.NotContains(t, string(out), canary)
		require.True(t, json.Valid(out))
		half, _ := r.Bytes(document[:rapid.IntRange(0, len(document)).Draw(t, "half")])
		require.NotContains(t, string(half), canary)
	})
}

// FuzzBytes: JSON stays JSON, what is clean is left alone, and a second time there is
// nothing left to cut.
func FuzzBytes(f *testing.F) {
	f.Add([]byte(`{"url":"https:\/\/me:hush@x.example\/?Signature=a\u0026b=1","token":1}`))
	f.Add([]byte(`[{"name":"PASSWORD","value":"x"},{"data_base64":"dG9rZW49eA=="}]`))
	f.Add([]byte("Authorization: Basic bWU6aHVzaGh1c2hodXNo\npwd='a b'"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := redact.New()
		out, cut := r.Bytes(data)
		if !cut {
			require.Equal(t, data, out)
			return
		}
		if json.Valid(data) {
			require.True(t, json.Valid(out), "%s", out)
		}
		_, cut = r.Bytes(out)
		require.False(t, cut, "%q then %q", data, out)
	})
}
