package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const exampleAuthority = "../../../../examples/authority/authority.yaml"

func TestAuthority_CanByAFile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		code int
		out  string
		err  string
	}{
		"allowed":           {[]string{"ci-shop", "request", "sae/cn-hangzhou/shop"}, exitOK, "yes, by pipelines-ask\n", ""},
		"a power elsewhere": {[]string{"ci-shop", "request", "sae/cn-hangzhou/shop", "--power", "auto"}, exitRefused, "no: no binding", "leave strategy.confirm"},
		"a power":           {[]string{"ci-shop", "request", "sae/cn-hangzhou/staging-shop", "--power", "auto"}, exitOK, "yes, by pipelines-ask, staging-by-itself\n", ""},
		"claimed":           {[]string{"li", "abort", "set/checkout"}, exitRefused, "requireVerified[0]", "slipway.by.li."},
		"verified":          {[]string{"li", "abort", "set/checkout", "--verified"}, exitOK, "yes, by managers\n", ""},
		"the document":      {[]string{"root", "administer", "*"}, exitOK, "yes, by admins\n", ""},
		"no action":         {[]string{"root", "fly", "*"}, exitUsage, "", "use view, request"},
		"no application":    {[]string{"root", "view", "Shop"}, exitUsage, "", "platform/region/id"},
		"no power":          {[]string{"root", "view", "*", "--power", "fly"}, exitUsage, "", "use auto"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, errs bytes.Buffer
			code := Run(t.Context(), append([]string{"authority", "can", "-f", exampleAuthority}, c.args...), Env{Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }})
			require.Equal(t, c.code, code, errs.String())
			require.Contains(t, out.String(), c.out)
			require.Contains(t, errs.String(), c.err)
		})
	}
}

func TestAuthority_Lint(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	require.Equal(t, exitOK, Run(t.Context(), []string{"authority", "lint", "-f", exampleAuthority, "-o", "json"}, Env{Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }}), errs.String())
	require.True(t, json.Valid(out.Bytes()))

	bad := filepath.Join(t.TempDir(), "bad.yaml")
	require.NoError(t, os.WriteFile(bad, []byte("apiVersion: slipway.dev/v1\nkind: Authority\nspec:\n  bindings:\n  - name: a\n    roles: [boss]\n    scopes: [aws]\n"), 0o600))
	errs.Reset()
	require.Equal(t, exitUsage, Run(t.Context(), []string{"authority", "lint", "-f", bad}, Env{Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }}))
	for _, part := range []string{"is no good document of kind Authority", "(line 6)", "(line 7)", "or groups: who the binding is about"} {
		require.Contains(t, errs.String(), part)
	}
}

func TestAuthority_UsersOfADocument(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	env := Env{Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }}
	require.Equal(t, exitOK, Run(t.Context(), []string{"setup", "nats-users", "-f", exampleAuthority}, env), errs.String())
	for _, part := range []string{`user: "ann"`, `"slipway.by.ann.command.>"`, `user: "slipway-starter"`, `no user for "ci-*"`, "password: $NATS_PASSWORD_ROOT"} {
		require.Contains(t, out.String(), part)
	}
	require.Equal(t, 1, strings.Count(out.String(), `"slipway.request.>"`), "nobody asks under any name, but for the console that publishes dead letters again")

	out.Reset()
	require.Equal(t, exitOK, Run(t.Context(), []string{"setup", "nats-users", "-f", exampleAuthority, "--shared", "people"}, env), errs.String())
	for _, part := range []string{`user: "people"`, "password: $NATS_PASSWORD_PEOPLE", `"slipway.request.>"`, `"slipway.command.>"`, `user: "ann"`} {
		require.Contains(t, out.String(), part)
	}
	for name, why := range map[string]string{"": "--shared: ", "a.b": "--shared: ", "ann": "ann is the name of another user already", "slipway-worker": "is the name of another user already"} {
		out.Reset()
		errs.Reset()
		require.Equal(t, exitUsage, Run(t.Context(), []string{"setup", "nats-users", "-f", exampleAuthority, "--shared", name}, env), name)
		require.Contains(t, errs.String(), why)
		require.Empty(t, out.String())
	}
}
