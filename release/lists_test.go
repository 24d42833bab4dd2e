package release_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// TestListsAreComplete: a constant that its list leaves out would be neither checked nor shown.
func TestListsAreComplete(t *testing.T) {
	t.Parallel()
	declared := constants(t)
	for name, list := range map[string][]string{
		"Verb":          texts(release.Verbs()),
		"TimeoutPolicy": texts(release.TimeoutPolicies()),
		"GateKind":      texts(release.GateKinds()),
		"Phase":         texts(release.Phases()),
		"ChangeState":   texts(release.ChangeStates()),
		"CommandKind":   texts(release.CommandKinds()),
		"Limit":         texts(release.AllLimits()),
	} {
		require.ElementsMatch(t, declared[name], list, "constants of type release.%s and its list", name)
	}
}

func texts[T ~string](all []T) []string {
	out := make([]string, len(all))
	for i, each := range all {
		out[i] = string(each)
	}
	return out
}

// constants are the values of the package's typed text constants, by type.
func constants(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	found := map[string][]string{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || spec.Type == nil || !slices.ContainsFunc(spec.Values, isText) {
				return true
			}
			if of, named := spec.Type.(*ast.Ident); named {
				text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
				require.NoError(t, err)
				found[of.Name] = append(found[of.Name], text)
			}
			return true
		})
	}
	return found
}

func isText(e ast.Expr) bool {
	lit, ok := e.(*ast.BasicLit)
	return ok && lit.Kind == token.STRING
}
