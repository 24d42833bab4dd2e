package sae

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/saeclient"
)

// FuzzSettings: whatever SAE answers, a configuration is compared with itself as the same, and
// variables that are not named are written as they were read.
func FuzzSettings(f *testing.F) {
	for _, text := range []string{oddVariables, `[]`, ``, `{"tcpSocket":{"port":80},"x":null}`, `[{"a":"[1]"}]`, `[PHP]`, `{"Envs":"[{\"name\":\"A\"}]"}`, `[{"name":1}]`, `[null]`, `{"A":1,"a":2}`, `[{"name":"\xff"}]`} {
		f.Add(text)
	}
	deploy, _ := saeclient.LookupOperation(opDeploy)
	d := &Driver{deployment: deploy}
	f.Fuzz(func(t *testing.T, text string) {
		quoted, err := json.Marshal(text)
		require.NoError(t, err)
		s := settings{}
		for _, p := range deploy.Params {
			s[p.Name] = quoted
		}
		require.Regexp(t, `^sha256:[0-9a-f]{12}$`, d.digest(s))
		require.Empty(t, d.between(s, s))
		require.True(t, same(structured(text), structured(text)))
		all, ok := variables(s.text(paramVariables)) // without what is no Unicode
		c := d.changes(&release.Config{Variables: []release.Variable{{Name: "SLIPWAY_NEW", Value: &text}}}, s)
		if !ok {
			require.NotEmpty(t, c.problems)
			return
		}
		if slices.ContainsFunc(all, func(v variable) bool { return v.name == "SLIPWAY_NEW" }) {
			return
		}
		after, ok := variables(c.params[paramVariables])
		require.True(t, ok)
		require.Len(t, after, len(all)+1)
		for i, v := range all {
			require.Equal(t, string(v.raw), string(after[i].raw))
		}
	})
}

// TestSettings_TheDressOfAValueDoesNotCount, and what a value does not say may be said.
func TestSettings_TheDressOfAValueDoesNotCount(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		{`[{"configMapId":"16","key":"k","mountPath":"/a"}]`, `[{"ConfigMapId":16,"ConfigMapName":"shop","Key":"k","MountPath":"/a"}]`, true},
		{`[{"configMapId":16,"key":"k","mountPath":"/a"}]`, `[{"ConfigMapId":17,"Key":"k","MountPath":"/a"}]`, false},
		{`{"tcpSocket":{"port":80}}`, `{"tcpSocket":{"port":80},"initialDelaySeconds":10,"periodSeconds":30,"timeoutSeconds":1,"failureThreshold":3,"successThreshold":1}`, true},
		{`{"tcpSocket":{"port":80}}`, `{"tcpSocket":{"port":80},"failureThreshold":5}`, false},
		{`{"tcpSocket":{"port":80},"timeoutSeconds":1}`, `{"tcpSocket":{"port":80}}`, true},
		{`{"tcpSocket":{"port":80}}`, `{"httpGet":{"path":"/","port":80}}`, false},
		{`[{"bucketName":"b","readOnly":false}]`, `[{"bucketName":"b"}]`, true},
		{`[{"bucketName":"b","readOnly":true}]`, `[{"bucketName":"b"}]`, false},
		{`["a","b"]`, `["b","a"]`, false},
		{`[]`, ``, true},
		{`{"port":8081,"useBodyEncodingForUri":false}`, `{"port":8081}`, false},
		{`[{"Name":"a","Envs":"[{\"name\":\"A\",\"value\":\"true\"}]"}]`, `[{"Name":"a","Envs":[{"name":"A","value":"true"}]}]`, true},
		{`plain`, `plain`, true},
		{`plain`, `["plain"]`, false},
	} {
		require.Equal(t, tt.same, same(structured(tt.a), structured(tt.b)), "%s %s", tt.a, tt.b)
	}
}
