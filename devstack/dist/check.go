package dist

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"slipway/devstack/dist/gobuild"
	"slipway/devstack/dist/licence"
)

// A Count is how many modules have the same licences.
type Count struct {
	Licences string
	Modules  int
}

// Licences holds the licences of everything that programs of any platform consist of against those that are allowed, without
// building one. The error has every module that is not.
func Licences(ctx context.Context, root string) ([]Count, error) {
	module := gobuild.Module{Root: root}
	version, err := module.Env(ctx, "GOVERSION")
	if err != nil {
		return nil, err
	}
	goRoot, err := module.Env(ctx, "GOROOT")
	if err != nil {
		return nil, err
	}
	var programs []string
	for _, p := range products() {
		programs = append(programs, packages(p.programs)...)
	}
	linked := map[string]gobuild.Package{}
	for _, t := range Targets() {
		packages, err := module.Packages(ctx, t, programs)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("packages for %s", t), err)
		}
		for _, p := range packages {
			linked[p.ImportPath] = p
		}
	}
	modules, err := licence.Of(slices.Collect(maps.Values(linked)), version, goRoot)
	counts := map[string]int{}
	for _, m := range modules {
		names := strings.Join(m.Licences, " and ")
		if m.Unstated != "" {
			names = "no licence is stated"
		}
		counts[names]++
	}
	var all []Count
	for _, names := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, Count{names, counts[names]})
	}
	return all, err
}
