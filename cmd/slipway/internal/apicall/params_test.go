package apicall_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/apicall"
)

func TestParams_Read(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	secret, envs := write("secret", "hunter2\n"), write("envs", "[{\"name\":\"A\"}]\r\n")
	object := write("object", `{"AppId": "by-file", "BatchWaitTime": 12345678901234567890, "EnableAhas": true, "Jdk": null,
		"UpdateStrategy": {"type": "BatchUpdate",  "x": 1.50}, "NasId": ""}`)
	missing := filepath.Join(dir, "missing")
	cases := []struct {
		name string
		from apicall.Source
		want map[string]string
		said []string
	}{
		{"nothing", apicall.Source{}, map[string]string{}, nil},
		{
			"arguments",
			apicall.Source{Args: []string{"AppId=a", "NasId=", "Command=a=b", "OssAkId=@@me"}},
			map[string]string{"AppId": "a", "NasId": "", "Command": "a=b", "OssAkId": "@me"},
			nil,
		},
		{
			"files",
			apicall.Source{Args: []string{"OssAkSecret=@" + secret, "Envs=@" + envs}},
			map[string]string{"OssAkSecret": "hunter2", "Envs": `[{"name":"A"}]`},
			nil,
		},
		{
			"standard input",
			apicall.Source{Args: []string{"OssAkSecret=@-"}, Stdin: strings.NewReader("a\nb\n")},
			map[string]string{"OssAkSecret": "a\nb"},
			nil,
		},
		{
			"an object, and an argument that wins",
			apicall.Source{JSON: object, Args: []string{"AppId=by-argument"}},
			map[string]string{
				"AppId": "by-argument", "BatchWaitTime": "12345678901234567890", "EnableAhas": "true", "NasId": "",
				"UpdateStrategy": `{"type":"BatchUpdate","x":1.50}`,
			},
			nil,
		},
		{
			"an object on standard input",
			apicall.Source{JSON: "-", Stdin: strings.NewReader(`{"AppId":"a"}`)},
			map[string]string{"AppId": "a"},
			nil,
		},
		{
			"everything wrong",
			apicall.Source{
				JSON: "-", Stdin: strings.NewReader(`{"Appid":"a", "Foo": 1}`),
				Args: []string{"shop", "AppId=a", "AppId=b", "ImageURL=x", "Envs=@-", "OssAkId=@" + missing},
			},
			map[string]string{"AppId": "a"},
			[]string{
				"Appid: is not a parameter of DeployApplication; did you mean AppId?",
				"Foo: is not a parameter of DeployApplication",
				"shop: is not of the form Name=value",
				"AppId: is given twice",
				"ImageURL: is not a parameter of DeployApplication; did you mean ImageUrl?",
				"Envs: cannot be read: standard input was read for --json already",
				"OssAkId: cannot be read: open " + missing + ": no such file or directory",
			},
		},
		{"a list", apicall.Source{JSON: envs}, map[string]string{}, []string{`--json: must hold a JSON object of parameters, such as {"AppId": "…"}`}},
		{"null", apicall.Source{JSON: "-", Stdin: strings.NewReader("null")}, map[string]string{}, []string{`--json: must hold a JSON object of parameters, such as {"AppId": "…"}`}},
		{"no file", apicall.Source{JSON: missing}, map[string]string{}, []string{"--json: cannot be read: open " + missing + ": no such file or directory"}},
		{
			"too large",
			apicall.Source{Args: []string{"Envs=@-"}, Stdin: strings.NewReader(strings.Repeat("x", 8<<20+1))},
			map[string]string{},
			[]string{"Envs: cannot be read: is larger than 8 MiB"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := c.from.Read(operation(t, "DeployApplication"))
			require.Equal(t, c.said, problems(t, err))
			require.Equal(t, c.want, got)
		})
	}
}
