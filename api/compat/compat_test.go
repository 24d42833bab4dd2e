package compat_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/internal/compattest"
)

func TestCompat_Schemas(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../schema/*.schema.json")
	require.NoError(t, err)
	var out []string
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".schema.json")
		out = append(out, schema(name, read(t, file))...)
	}
	compattest.Hold(t, "schema.txt", out)
}

// What a version has recorded is what its releases under way look like. It is not recorded over.
func TestCompat_Histories(t *testing.T) {
	t.Parallel()
	const root = "../../workflows/testdata/histories/"
	files, err := filepath.Glob(root + "*/*.json")
	require.NoError(t, err)
	var out []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		out = append(out, fmt.Sprintf("%s %x", strings.TrimPrefix(file, root), sha256.Sum256(text)))
	}
	compattest.Hold(t, "histories.txt", out)
}

func TestCompat_HTTP(t *testing.T) {
	t.Parallel()
	whole := read(t, "../../console/api/openapi.json")
	var out []string
	for path, item := range object(whole["paths"]) {
		shared := list(object(item)["parameters"])
		for method, operation := range object(item) {
			of := object(operation)
			if of == nil {
				continue
			}
			at := strings.ToUpper(method) + " " + path
			out = append(out, at)
			for _, each := range slices.Concat(shared, list(of["parameters"])) {
				p := object(each)
				if ref, is := p["$ref"].(string); is {
					p = object(object(object(whole["components"])["parameters"])[ref[strings.LastIndex(ref, "/")+1:]])
				}
				out = append(out, fmt.Sprintf("%s %v %v%s", at, p["in"], p["name"], constraints(object(p["schema"]))))
			}
			for status := range object(of["responses"]) {
				out = append(out, at+" answers "+status)
			}
			for kind := range object(object(of["requestBody"])["content"]) {
				out = append(out, at+" takes "+kind)
			}
		}
	}
	for name, each := range object(object(whole["components"])["schemas"]) {
		out = append(out, schema(name, object(each))...)
	}
	compattest.Hold(t, "http.txt", out)
}

// TestCompat_Metrics: the page names every metric, which the tests of each role hold against what is registered.
func TestCompat_Metrics(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/metrics.md")
	require.NoError(t, err)
	var out []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(slipway_[a-z_]+)` \\| (\\w+) \\|([^|]*)\\|").FindAllStringSubmatch(string(page), -1) {
		out = append(out, strings.TrimSpace(row[1]+" "+row[2]+strings.ReplaceAll(row[3], "`", "")))
	}
	compattest.Hold(t, "metrics.txt", out)
}

// packages are those that programs of others import. What they take and return of package release is held by the schemas.
func packages() []string { return []string{"releases", "requests", "wire", "manifest", "cloudapi"} }

func TestCompat_Go(t *testing.T) {
	t.Parallel()
	var out []string
	for _, pkg := range packages() {
		fset := token.NewFileSet()
		files, err := filepath.Glob(filepath.Join("..", "..", pkg, "*.go"))
		require.NoError(t, err)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			parsed, err := parser.ParseFile(fset, file, nil, parser.SkipObjectResolution)
			require.NoError(t, err)
			for _, decl := range parsed.Decls {
				for _, line := range exported(fset, decl) {
					out = append(out, pkg+"."+line)
				}
			}
		}
	}
	compattest.Hold(t, "go.txt", out)
}

// exported are the lines of what a declaration exports: functions and methods with their types, constants, and types with their
// exported fields and methods.
func exported(fset *token.FileSet, decl ast.Decl) (out []string) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			if d.Name.IsExported() {
				out = append(out, d.Name.Name+strings.TrimPrefix(text(fset, d.Type), "func"))
			}
			break
		}
		on := strings.TrimPrefix(text(fset, d.Recv.List[0].Type), "*")
		if d.Name.IsExported() && ast.IsExported(on) {
			out = append(out, on+"."+d.Name.Name+strings.TrimPrefix(text(fset, d.Type), "func"))
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.ValueSpec:
				for _, name := range s.Names {
					if name.IsExported() {
						out = append(out, d.Tok.String()+" "+name.Name)
					}
				}
			case *ast.TypeSpec:
				if s.Name.IsExported() {
					out = append(out, typeLines(fset, s)...)
				}
			}
		}
	}
	return out
}

func typeLines(fset *token.FileSet, s *ast.TypeSpec) (out []string) {
	fields := func(kind string, all *ast.FieldList) {
		out = append(out, "type "+s.Name.Name+" "+kind)
		for _, f := range all.List {
			for _, name := range f.Names {
				if name.IsExported() {
					out = append(out, s.Name.Name+"."+name.Name+" "+text(fset, f.Type))
				}
			}
			if len(f.Names) == 0 {
				out = append(out, s.Name.Name+" has "+text(fset, f.Type))
			}
		}
	}
	switch t := s.Type.(type) {
	case *ast.StructType:
		fields("struct", t.Fields)
	case *ast.InterfaceType:
		fields("interface", t.Methods)
	default:
		out = append(out, "type "+s.Name.Name+" "+text(fset, s.Type))
	}
	return out
}

// text is a type in one line, without the names of parameters, which nobody relies on.
func text(fset *token.FileSet, node ast.Expr) string {
	if f, is := node.(*ast.FuncType); is {
		node = &ast.FuncType{TypeParams: f.TypeParams, Params: unnamed(f.Params), Results: unnamed(f.Results)}
	}
	var out bytes.Buffer
	_ = printer.Fprint(&out, fset, node) // into memory
	return strings.Join(strings.Fields(out.String()), " ")
}

func unnamed(fields *ast.FieldList) *ast.FieldList {
	if fields == nil {
		return nil
	}
	out := &ast.FieldList{}
	for _, f := range fields.List {
		for range max(1, len(f.Names)) {
			out.List = append(out.List, &ast.Field{Type: f.Type})
		}
	}
	return out
}

// schema are the lines of a JSON Schema: each field with what it may be.
func schema(at string, node map[string]any) (out []string) {
	out = append(out, at+constraints(node))
	for _, each := range list(node["required"]) {
		out = append(out, fmt.Sprintf("%s requires %v", at, each))
	}
	for _, each := range list(node["enum"]) {
		out = append(out, fmt.Sprintf("%s is %v", at, each))
	}
	for _, group := range []string{"properties", "$defs"} {
		for name, each := range object(node[group]) {
			between := "."
			if group == "$defs" {
				between = "#"
			}
			out = append(out, schema(at+between+name, object(each))...)
		}
	}
	if items := object(node["items"]); items != nil {
		out = append(out, schema(at+"[]", items)...)
	}
	return out
}

// constraints are what a schema says of one value.
func constraints(node map[string]any) string {
	var out strings.Builder
	for _, key := range slices.Sorted(maps.Keys(node)) {
		switch key {
		case "type", "format", "pattern", "maxLength", "minLength", "minimum", "maximum", "minItems", "maxItems", "additionalProperties", "$ref", "const":
			if _, nested := node[key].(map[string]any); !nested {
				fmt.Fprintf(&out, " %s=%v", strings.TrimPrefix(key, "$"), node[key])
			}
		}
	}
	return out.String()
}

func read(t *testing.T, path string) (out map[string]any) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &out))
	return out
}

func object(v any) map[string]any {
	out, _ := v.(map[string]any)
	return out
}

func list(v any) []any {
	out, _ := v.([]any)
	return out
}
