package archtest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// rooms are where code may name a platform, and why: files, or folders with all below them. Everywhere else the traits of
// a platform say what is particular about it, so that a new one is a row here and code in rooms of its own.
func rooms() map[string]string {
	return map[string]string{
		"release/spec.go":                              "the names themselves",
		"release/traits.go":                            "the traits of each",
		"activities/sae":                               "the driver of SAE, and its world",
		"activities/fc":                                "the driver of Function Compute, and its world",
		"activities/servicestage":                      "the driver of ServiceStage, and its world",
		"cmd/slipway/internal/cli/platforms.go":        "the row of each that commands read",
		"cmd/slipway/internal/apicall/sae.go":          "the API of SAE",
		"cmd/slipway/internal/apicall/fc.go":           "the API of Function Compute",
		"cmd/slipway/internal/apicall/servicestage.go": "the API of ServiceStage",
		"internal/apicoverage":                         "which clients of others speak with the simulator of each",
		"devstack/scenario":                            "applications on the simulator of each",
		"devstack/stack":                               "the simulators side by side",
		"devstack/cmd/slipway-dev":                     "the demo application of each",
		"devstack/bench/waiting":                       "the application of SAE that waits",
		"devstack/chaos":                               "the simulator of each as a process, its faults, what is asked for there, and what it has done",
	}
}

// inRoom is the room that a file is in, empty where it is in none.
func inRoom(path string) string {
	for room := range rooms() {
		if path == room || strings.HasPrefix(path, room+"/") {
			return room
		}
	}
	return ""
}

// namesPlatform tells what in a file names a platform: a constant of package release, or its value.
func namesPlatform(file *ast.File) (found string) {
	constants := []string{"PlatformSAE", "PlatformFC", "PlatformServiceStage"}
	values := []string{"sae", "fc", "servicestage"}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Ident:
			if slices.Contains(constants, n.Name) {
				found = n.Name
			}
		case *ast.BasicLit:
			if text, err := strconv.Unquote(n.Value); err == nil && slices.Contains(values, text) {
				found = n.Value
			}
		}
		return found == ""
	})
	return found
}

func TestPlatforms_AreNamedInTheirRoomsOnly(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, path := range files(t, ".go") {
		if strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, ".gen.go") {
			continue
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, path), nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		name := namesPlatform(syntax)
		if name == "" {
			continue
		}
		room := inRoom(path)
		require.NotEmpty(t, room, "%s names %s: let the traits of the platform (release/traits.go) say what is particular about it", path, name)
		used[room] = true
	}
	for room, why := range rooms() {
		require.True(t, used[room], "nothing in %s (%s) names a platform; take it off the list", room, why)
	}
}

func TestPlatforms_ANameIsFoundInCode(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		`package a; import "slipway/activities/sae"; var s = "a sae"`: "",
		`package a; var p = release.PlatformFC`:                       "PlatformFC",
		`package a; func f(p string) bool { return p == "sae" }`:      `"sae"`,
	} {
		syntax, err := parser.ParseFile(token.NewFileSet(), "a.go", code, 0)
		require.NoError(t, err)
		require.Equal(t, want, namesPlatform(syntax), "%s", code)
	}
}
