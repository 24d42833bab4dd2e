package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a file leaves open is said by who checks it without a server, with what finds it.
func TestAppLint_SaysWhichIDsAreLeftOpen(t *testing.T) {
	t.Parallel()
	lint := func(app string) (code int, told string) {
		file := filepath.Join(t.TempDir(), "shop.yaml")
		text := "apiVersion: slipway.dev/v1\nkind: Application\nspec:\n  name: shop\n  environments:\n  - name: production\n    app: {" + app + "}\n"
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		var out, errs bytes.Buffer
		code = Run(t.Context(), []string{"app", "lint", "-f", file}, Env{Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }})
		return code, errs.String()
	}
	const open = "has no id of production"
	code, told := lint("platform: sae, region: cn-hangzhou, namespace: 'cn-hangzhou:test', name: shop")
	require.Equal(t, exitOK, code, told)
	require.Contains(t, told, open)
	require.Contains(t, told, "slipway app apply")
	code, told = lint("platform: sae, region: cn-hangzhou, id: a, name: shop")
	require.Equal(t, exitOK, code, told)
	require.NotContains(t, told, open)
	code, told = lint("platform: fc, region: cn-hangzhou, namespace: test, name: shop")
	require.Equal(t, exitUsage, code)
	require.Contains(t, told, "environments[0].app.namespace: has no meaning on Function Compute")
	require.Contains(t, told, "(line 7)")
}
