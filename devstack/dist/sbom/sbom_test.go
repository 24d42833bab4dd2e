package sbom_test

import (
	"bytes"
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/CycloneDX/cyclonedx-go"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"slipway/devstack/dist/licence"
	"slipway/devstack/dist/sbom"
)

// program is a small program of this module that has parts of others.
func program(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "slipway-dist")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", path, "slipway/devstack/cmd/slipway-dist").CombinedOutput()
	require.NoError(t, err, string(out))
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return content
}

// bill is about one program, all of whose modules are under MIT but cobra.
func bill(t *testing.T, content []byte) (sbom.Bill, *buildinfo.BuildInfo) {
	t.Helper()
	info, err := buildinfo.Read(bytes.NewReader(content))
	require.NoError(t, err)
	b := sbom.Bill{
		Name: "tools", Version: "v1.2.3", At: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC),
		Programs: []sbom.Program{{Name: "slipway-dist", SHA256: strings.Repeat("a", 64), Content: content}},
		Modules:  []licence.Module{{Path: licence.Standard, Licences: []string{"BSD-3-Clause"}}},
	}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		terms := licence.Module{Path: m.Path, Licences: []string{"MIT"}}
		if m.Path == "github.com/spf13/cobra" {
			terms = licence.Module{Path: m.Path, Unstated: "for a reason"}
		}
		b.Modules = append(b.Modules, terms)
	}
	return b, info
}

func TestWrite(t *testing.T) {
	t.Parallel()
	b, info := bill(t, program(t))
	text, err := b.Write()
	require.NoError(t, err)
	again, err := b.Write()
	require.NoError(t, err)
	require.Equal(t, string(text), string(again))
	requireSchema(t, text)

	bom := new(cyclonedx.BOM)
	require.NoError(t, cyclonedx.NewBOMDecoder(bytes.NewReader(text), cyclonedx.BOMFileFormatJSON).Decode(bom))
	require.Equal(t, "2026-11-30T12:00:00Z", bom.Metadata.Timestamp)
	require.Equal(t, "tools", bom.Metadata.Component.Name)
	components := map[string]cyclonedx.Component{}
	for _, c := range *bom.Components {
		components[c.BOMRef] = c
	}
	require.Len(t, components, 2+len(info.Deps), "the program, Go's standard library, and every module once")
	require.Equal(t, strings.Repeat("a", 64), (*components["slipway-dist"].Hashes)[0].Value)
	standard := "pkg:golang/stdlib@" + strings.TrimPrefix(info.GoVersion, "go")
	require.Equal(t, "BSD-3-Clause", (*components[standard].Licenses)[0].License.ID)
	for _, m := range info.Deps {
		if m.Path == "github.com/spf13/cobra" {
			require.Nil(t, components["pkg:golang/github.com/spf13/cobra@"+m.Version].Licenses, "nothing is told that nobody has said")
		}
	}
	dependencies := map[string]int{}
	for _, d := range *bom.Dependencies {
		dependencies[d.Ref] = len(*d.Dependencies)
	}
	require.Equal(t, map[string]int{"tools@v1.2.3": 1, "slipway-dist": 1 + len(info.Deps)}, dependencies)

	b.Modules = b.Modules[:1]
	_, err = b.Write()
	require.ErrorContains(t, err, "slipway-dist: of ")
	require.ErrorContains(t, err, "github.com/spf13/cobra")
}

func TestWrite_WhatIsNoProgramOfGo(t *testing.T) {
	t.Parallel()
	b := sbom.Bill{Name: "tools", Programs: []sbom.Program{{Name: "slipway-dist"}}}
	b.Programs[0].Content = []byte("#!/bin/sh")
	_, err := b.Write()
	require.ErrorContains(t, err, "bill of materials of slipway-dist: ")
}

// requireSchema holds a bill against the schema of CycloneDX, which comes with its library.
func requireSchema(t *testing.T, text []byte) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/CycloneDX/cyclonedx-go").Output()
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	const at = "http://cyclonedx.org/schema/"
	for id, file := range map[string]string{"bom-1.6.schema.json": "bom-1.6.schema.json", "spdx.schema.json": "spdx.schema.json", "jsf-0.82.schema.json": "jsf-0.82.schemax.json"} {
		content, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "schema", file))
		require.NoError(t, err)
		schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
		require.NoError(t, err)
		require.NoError(t, compiler.AddResource(at+id, schema))
	}
	schema, err := compiler.Compile(at + "bom-1.6.schema.json")
	require.NoError(t, err)
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	require.NoError(t, schema.Validate(value))
}
