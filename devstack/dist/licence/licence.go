// Package licence finds the licences of the modules that a program consists of, says which of them a program may have,
// and writes the notices that come with it.
package licence

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"

	"slipway/devstack/dist/gobuild"
)

// Allowed are the licences that a program may have parts under, by their names in SPDX: those that ask for no more than
// to be told, and MPL-2.0, whose sources the notices lead to.
func Allowed() []string {
	return []string{"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MPL-2.0", "Unlicense", "Zlib"}
}

// Unstated are modules that programs have though their authors have said no licence, with the reason. One that says its licence
// leaves the list.
func Unstated() map[string]string {
	return map[string]string{
		"github.com/nexus-rpc/nexus-proto-annotations": "a part of Temporal's API, go.temporal.io/api, which is under MIT and cannot do without it; its authors have published it without a licence",
	}
}

// enough is the part of a file, in percent, that must be a licence. The rest is who wrote it, and when.
const enough = 75

// Standard is the path of what belongs to Go itself, as databases of vulnerabilities name it.
const Standard = "stdlib"

// A Module is part of a program, with the terms that it is under.
type Module struct {
	Path, Version string
	// Licences are the names of its licences in SPDX, in their order.
	Licences []string
	// Unstated says why it may be there though nobody has said a licence; see [Unstated].
	Unstated string
	// Texts are the files that say so, and what else its authors want to be passed on.
	Texts []Text
}

// A Text is a file of a module.
type Text struct{ Name, Content string }

// How files with licences, and with notices, are called in modules.
var (
	licenceName = regexp.MustCompile(`(?i)^((un)?licen[cs]e|copying)([-._].*)?$|^.+[-_]licen[cs]e(\.(md|txt))?$`)
	noticeName  = regexp.MustCompile(`(?i)^(notices?|patents|copyright)(\.(md|txt))?$`)
)

// Of returns the modules of packages in the order of their paths. The standard library is one of them, in the version of
// Go and with the licence at its root; the module of the programs is one where it has files of others. Every part that
// has no licence, one that is not recognised, or one that is not allowed is a problem; the error has them all.
func Of(packages []gobuild.Package, goVersion, goRoot string) ([]Module, error) {
	folders := map[origin]map[string]bool{}
	for _, p := range packages {
		from, within := originOf(p, goVersion, goRoot)
		if folders[from] == nil {
			folders[from] = map[string]bool{}
		}
		for _, folder := range within {
			folders[from][folder] = true
		}
	}
	var all []Module
	var problems []error
	for _, from := range slices.SortedFunc(maps.Keys(folders), func(a, b origin) int { return cmp.Compare(a.path, b.path) }) {
		m, err := read(from, slices.Sorted(maps.Keys(folders[from])))
		if err != nil {
			problems = append(problems, err)
		}
		if len(m.Texts) > 0 || m.Unstated != "" {
			all = append(all, m)
		}
	}
	return all, errors.Join(problems...)
}

// An origin is where packages come from.
type origin struct {
	path, version, dir string
	// own tells that it is the module of the programs, whose own licence is not one of others.
	own bool
}

// originOf returns the origin of a package, and the folders of it whose licences count for the package: its own and those above.
func originOf(p gobuild.Package, goVersion, goRoot string) (origin, []string) {
	if p.Standard || p.Module == nil {
		return origin{path: Standard, version: goVersion, dir: goRoot}, []string{goRoot}
	}
	from := origin{path: p.Module.Path, version: p.Module.Version, dir: p.Module.Dir, own: p.Module.Main}
	if r := p.Module.Replace; r != nil {
		from = origin{path: r.Path, version: r.Version, dir: r.Dir}
	}
	var within []string
	for folder := p.Dir; strings.HasPrefix(folder, from.dir) && folder != from.dir; folder = filepath.Dir(folder) {
		within = append(within, folder)
	}
	if from.own {
		return from, within
	}
	return from, append(within, from.dir)
}

// read reads what an origin says in its folders.
func read(from origin, folders []string) (Module, error) {
	m := Module{Path: from.path, Version: from.version}
	var problems []error
	found := map[string]bool{}
	for _, folder := range folders {
		texts, err := textsIn(from, folder)
		if err != nil {
			return m, err
		}
		for _, text := range texts {
			m.Texts = append(m.Texts, text)
			if !isLicence(filepath.Base(text.Name)) {
				continue
			}
			ids, err := identify(text.Content)
			if err != nil {
				problems = append(problems, fmt.Errorf("%s %s: %s: %w", from.path, from.version, text.Name, err))
			}
			for _, id := range ids {
				found[id] = true
			}
		}
	}
	m.Licences = slices.Sorted(maps.Keys(found))
	m.Unstated = Unstated()[from.path]
	switch {
	case m.Unstated != "" && len(found) > 0:
		problems = append(problems, fmt.Errorf("%s %s: it says its licence now; take it off the list of those that do not", from.path, from.version))
	case len(found) == 0 && len(problems) == 0 && m.Unstated == "" && !from.own:
		problems = append(problems, fmt.Errorf("%s %s: no file says its licence; a program cannot have it", from.path, from.version))
	}
	return m, errors.Join(problems...)
}

// textsIn reads the licences and notices of one folder, named by their paths in the module.
func textsIn(from origin, folder string) ([]Text, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("licences of %s: %w", from.path, err)
	}
	var texts []Text
	for _, e := range entries {
		if !e.Type().IsRegular() || !isLicence(e.Name()) && !noticeName.MatchString(e.Name()) {
			continue
		}
		path := filepath.Join(folder, e.Name())
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("licences of %s: %w", from.path, err)
		}
		name, err := filepath.Rel(from.dir, path)
		if err != nil {
			return nil, fmt.Errorf("licences of %s: %w", from.path, err)
		}
		texts = append(texts, Text{Name: filepath.ToSlash(name), Content: strings.ReplaceAll(string(content), "\r\n", "\n")})
	}
	return texts, nil
}

// isLicence reports whether a file of that name says the licence of a program: not that of documents, and in no program itself.
func isLicence(name string) bool {
	return licenceName.MatchString(name) && !slices.Contains([]string{".docs", ".go"}, filepath.Ext(name))
}

// identify returns the licences that a text has, and an error where it is not known, or not allowed.
func identify(text string) ([]string, error) {
	covered := licensecheck.Scan([]byte(text))
	if covered.Percent < enough {
		return nil, fmt.Errorf("no licence that is known, only %.0f %% of it; look at it, and leave the module out if in doubt", covered.Percent)
	}
	ids := map[string]bool{}
	for _, match := range covered.Match {
		ids[match.ID] = true
	}
	names := slices.Sorted(maps.Keys(ids))
	for _, id := range names {
		if !slices.Contains(Allowed(), id) {
			return names, fmt.Errorf("%s is not an allowed licence, which are %s; leave the module out", id, strings.Join(Allowed(), ", "))
		}
	}
	return names, nil
}
