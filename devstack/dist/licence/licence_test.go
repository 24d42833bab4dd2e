package licence_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/devstack/dist/gobuild"
	"slipway/devstack/dist/licence"
)

const (
	isc = `Copyright (c) 2026 Ann

Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted,
provided that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL
IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT,
INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF
THIS SOFTWARE.
`
	gpl = `This program is free software: you can redistribute it and/or modify it under the terms of the GNU General Public License
as published by the Free Software Foundation, either version 3 of the License, or (at your option) any later version.

This program is distributed in the hope that it will be useful, but WITHOUT ANY WARRANTY; without even the implied warranty
of MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE. See the GNU General Public License for more details.

You should have received a copy of the GNU General Public License along with this program. If not, see
<https://www.gnu.org/licenses/>.
`
)

// module is a module of one package, in the folder "part" of it, with files.
func module(t *testing.T, path string, files map[string]string) gobuild.Package {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(text), 0o600))
	}
	p := gobuild.Package{ImportPath: path + "/part", Dir: filepath.Join(root, "part")}
	require.NoError(t, os.MkdirAll(p.Dir, 0o755))
	p.Module = &gobuild.Origin{Path: path, Version: "v1.2.3", Dir: root}
	return p
}

func TestOf(t *testing.T) {
	t.Parallel()
	goRoot := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(goRoot, "LICENSE"), []byte(isc), 0o600))
	own := module(t, "slipway", map[string]string{"LICENSE": gpl, "part/LICENSE.idiomorph": isc})
	own.Module.Main, own.Module.Version = true, ""
	modules, err := licence.Of([]gobuild.Package{
		module(t, "example.com/b", map[string]string{"LICENCE.md": isc, "NOTICE": "Tell of Ann.", "license.go": "package b", "LICENSE.docs": gpl, "go.sum.license": gpl, "other/LICENSE": gpl, "part/COPYING": isc}),
		module(t, "example.com/a", map[string]string{"LICENSE": isc}),
		{ImportPath: "fmt", Dir: filepath.Join(goRoot, "src/fmt"), Standard: true},
		own,
	}, "go1.26.8", goRoot)
	require.NoError(t, err, "what is not linked, and the licence of the programs themselves, are nobody's problem")
	one := []string{"ISC"}
	require.Equal(t, []licence.Module{
		{Path: "example.com/a", Version: "v1.2.3", Licences: one, Texts: []licence.Text{{Name: "LICENSE", Content: isc}}},
		{Path: "example.com/b", Version: "v1.2.3", Licences: one, Texts: []licence.Text{
			{Name: "LICENCE.md", Content: isc}, {Name: "NOTICE", Content: "Tell of Ann."}, {Name: "part/COPYING", Content: isc},
		}},
		{Path: "slipway", Licences: one, Texts: []licence.Text{{Name: "part/LICENSE.idiomorph", Content: isc}}},
		{Path: "stdlib", Version: "go1.26.8", Licences: one, Texts: []licence.Text{{Name: "LICENSE", Content: isc}}},
	}, modules)

	notices := licence.Notices("slipway", modules)
	require.Equal(t, 1, strings.Count(notices, "hereby granted"), "each text stands there once")
	require.Contains(t, notices, "example.com/a v1.2.3: LICENSE\nexample.com/b v1.2.3: LICENCE.md\nexample.com/b v1.2.3: part/COPYING\nslipway: part/LICENSE.idiomorph\nstdlib go1.26.8: LICENSE\n")
	require.Contains(t, notices, "example.com/b v1.2.3\n    ISC\n    https://pkg.go.dev/example.com/b@v1.2.3\n")
	require.Contains(t, notices, "Tell of Ann.")
	require.NotContains(t, notices, "GNU")
}

func TestOf_Refused(t *testing.T) {
	t.Parallel()
	_, err := licence.Of([]gobuild.Package{
		module(t, "example.com/none", map[string]string{"README.md": "hello"}),
		module(t, "example.com/notice", map[string]string{"NOTICE": "hello"}),
		module(t, "example.com/gpl", map[string]string{"LICENSE": isc, "part/LICENSE": gpl}),
		module(t, "example.com/words", map[string]string{"LICENSE": "Do what is good, and nothing else."}),
		{ImportPath: "fmt", Standard: true},
	}, "go1.26.8", t.TempDir())
	for _, problem := range []string{
		"example.com/none v1.2.3: no file says its licence",
		"example.com/notice v1.2.3: no file says its licence",
		"example.com/gpl v1.2.3: part/LICENSE: GPL-3.0",
		"example.com/words v1.2.3: LICENSE: no licence that is known",
		"stdlib go1.26.8: no file says its licence",
	} {
		require.ErrorContains(t, err, problem, "all problems at once")
	}
}

// Who publishes without a licence is on a list, with the reason, for as long as that is so.
func TestOf_Unstated(t *testing.T) {
	t.Parallel()
	for path, reason := range licence.Unstated() {
		modules, err := licence.Of([]gobuild.Package{module(t, path, nil)}, "go1.26.8", t.TempDir())
		require.NoError(t, err)
		require.Equal(t, []licence.Module{{Path: path, Version: "v1.2.3", Unstated: reason}}, modules)
		require.Contains(t, licence.Notices("slipway", modules), "no licence is stated: "+reason)

		_, err = licence.Of([]gobuild.Package{module(t, path, map[string]string{"LICENSE": isc})}, "go1.26.8", t.TempDir())
		require.ErrorContains(t, err, "take it off the list")
	}
}

func TestOf_Replaced(t *testing.T) {
	t.Parallel()
	replaced := module(t, "example.com/a", map[string]string{"LICENSE": gpl})
	other := module(t, "example.com/fork", map[string]string{"LICENSE": isc})
	replaced.Dir = other.Dir
	replaced.Module.Replace = &gobuild.Origin{Path: "example.com/fork", Version: "v2.0.0", Dir: other.Module.Dir}
	modules, err := licence.Of([]gobuild.Package{replaced}, "go1.26.8", t.TempDir())
	require.NoError(t, err)
	require.Len(t, modules, 1)
	require.Equal(t, "example.com/fork", modules[0].Path, "what is linked counts")
}
