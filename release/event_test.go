package release_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// Whoever follows all events of releases and sets names all their kinds.
func TestEventKinds_AreAll(t *testing.T) {
	t.Parallel()
	others := []release.EventKind{ // of lanes, promotions, dead letters and pushes
		release.EventHeld, release.EventDropped, release.EventAllowed, release.EventReplayed, release.EventFired, release.EventIgnored,
	}
	file, err := parser.ParseFile(token.NewFileSet(), "event.go", nil, 0)
	require.NoError(t, err)
	var declared []release.EventKind
	ast.Inspect(file, func(n ast.Node) bool {
		spec, is := n.(*ast.ValueSpec)
		if !is {
			return true
		}
		if kind, named := spec.Type.(*ast.Ident); named && kind.Name == "EventKind" {
			value, is := spec.Values[0].(*ast.BasicLit)
			require.True(t, is, "%v", spec.Names)
			text, err := strconv.Unquote(value.Value)
			require.NoError(t, err)
			declared = append(declared, release.EventKind(text))
		}
		return true
	})
	require.ElementsMatch(t, declared, append(release.EventKinds(), others...))
}
