package archtest_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is the top of the repository, seen from this package.
const root = "../.."

// goFile is what these tests want to know of one Go source file.
type goFile struct {
	path    string // slash-separated, relative to the top of the repository
	pkg     string // name in its package clause
	doc     string // package comment
	imports []string
	test    bool
}

// folder is the directory of the file, "." for the top.
func (f goFile) folder() string {
	if i := strings.LastIndexByte(f.path, '/'); i >= 0 {
		return f.path[:i]
	}
	return "."
}

// files returns the repository's files with the given ending, without what git
// and the build keep for themselves and without test data.
func files(t *testing.T, ending string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || slices.Contains([]string{"bin", "testdata"}, name)) {
				return filepath.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(name, ending) {
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			found = append(found, filepath.ToSlash(rel))
		}
		return nil
	})
	require.NoError(t, err)
	return found
}

// goFiles parses the package clause and the imports of every Go file of both
// modules.
func goFiles(t *testing.T) []goFile {
	t.Helper()
	var parsed []goFile
	for _, path := range files(t, ".go") {
		syntax, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, path), nil,
			parser.ImportsOnly|parser.ParseComments)
		require.NoError(t, err)
		file := goFile{
			path: path,
			pkg:  syntax.Name.Name,
			doc:  syntax.Doc.Text(),
			test: strings.HasSuffix(path, "_test.go"),
		}
		for _, spec := range syntax.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			require.NoError(t, err)
			file.imports = append(file.imports, imported)
		}
		parsed = append(parsed, file)
	}
	require.NotEmpty(t, parsed)
	return parsed
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
	require.NoError(t, err)
	return string(content)
}
