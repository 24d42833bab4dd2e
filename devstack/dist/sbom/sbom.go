// Package sbom writes bills of materials: the modules that programs consist of, in the format of CycloneDX.
package sbom

import (
	"bytes"
	"debug/buildinfo"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/CycloneDX/cyclonedx-go"
	"github.com/google/uuid"
	"github.com/package-url/packageurl-go"

	"slipway/devstack/dist/licence"
)

// A Bill is about programs that come together.
type Bill struct {
	// Name is what they are called together, Version their version.
	Name, Version string
	// At is the time of the bill.
	At       time.Time
	Programs []Program
	// Modules has the licence of each module that may be in them.
	Modules []licence.Module
}

// A Program is a binary that Go has built.
type Program struct {
	Name string
	// SHA256 is its digest in hexadecimal digits, and Content the binary.
	SHA256  string
	Content []byte
}

// Write returns the bill as JSON. What is in a program is read from the program itself. A module that is
// not among Modules is an error.
func (b Bill) Write() ([]byte, error) {
	known := map[string]licence.Module{}
	for _, m := range b.Modules {
		known[m.Path] = m
	}
	programs, modules, dependencies := []cyclonedx.Component{}, map[string]cyclonedx.Component{}, []cyclonedx.Dependency{}
	for _, p := range b.Programs {
		parts, err := partsOf(p, known)
		if err != nil {
			return nil, err
		}
		for _, part := range parts {
			modules[part.BOMRef] = part
		}
		own := cyclonedx.Component{BOMRef: p.Name, Type: cyclonedx.ComponentTypeApplication, Name: p.Name, Version: b.Version, Hashes: &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256, Value: p.SHA256}}}
		programs = append(programs, own)
		dependencies = append(dependencies, depends(own, parts))
	}
	whole := cyclonedx.Component{BOMRef: b.Name + "@" + b.Version, Type: cyclonedx.ComponentTypeApplication, Name: b.Name, Version: b.Version}
	dependencies = append(dependencies, depends(whole, programs))
	for _, ref := range slices.Sorted(maps.Keys(modules)) {
		programs = append(programs, modules[ref])
	}
	bom := cyclonedx.NewBOM()
	bom.SerialNumber = b.serial()
	bom.Metadata = &cyclonedx.Metadata{Timestamp: b.At.UTC().Format(time.RFC3339), Lifecycles: &[]cyclonedx.Lifecycle{{Phase: cyclonedx.LifecyclePhaseBuild}}, Component: &whole}
	bom.Components, bom.Dependencies = &programs, &dependencies
	var out bytes.Buffer
	if err := cyclonedx.NewBOMEncoder(&out, cyclonedx.BOMFileFormatJSON).SetPretty(true).EncodeVersion(bom, cyclonedx.SpecVersion1_6); err != nil {
		return nil, fmt.Errorf("bill of materials of %s: %w", b.Name, err)
	}
	return out.Bytes(), nil
}

// serial is the same for the same programs, and another one for others.
func (b Bill) serial() string {
	parts := []string{b.Name}
	for _, p := range b.Programs {
		parts = append(parts, p.SHA256)
	}
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte(strings.Join(parts, " "))).URN()
}

// partsOf reads the modules of a program from it, in the order of their paths.
func partsOf(p Program, known map[string]licence.Module) ([]cyclonedx.Component, error) {
	info, err := buildinfo.Read(bytes.NewReader(p.Content))
	if err != nil {
		return nil, fmt.Errorf("bill of materials of %s: %w", p.Name, err)
	}
	parts := []cyclonedx.Component{module(licence.Standard, strings.TrimPrefix(info.GoVersion, "go"), known[licence.Standard].Licences)}
	var unknown []string
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		terms, told := known[m.Path]
		if !told {
			unknown = append(unknown, m.Path)
		}
		parts = append(parts, module(m.Path, m.Version, terms.Licences))
	}
	if len(unknown) > 0 {
		return nil, fmt.Errorf("bill of materials of %s: of %s nobody has told the licence", p.Name, strings.Join(unknown, ", "))
	}
	return parts, nil
}

func module(name, version string, licences []string) cyclonedx.Component {
	namespace := path.Dir(name)
	if namespace == "." {
		namespace = ""
	}
	purl := packageurl.NewPackageURL(packageurl.TypeGolang, namespace, path.Base(name), version, nil, "").ToString()
	component := cyclonedx.Component{BOMRef: purl, Type: cyclonedx.ComponentTypeLibrary, Name: name, Version: version, PackageURL: purl}
	if len(licences) == 0 {
		return component // which says that nobody has stated any
	}
	choices := make(cyclonedx.Licenses, 0, len(licences))
	for _, id := range licences {
		choices = append(choices, cyclonedx.LicenseChoice{License: &cyclonedx.License{ID: id}})
	}
	component.Licenses = &choices
	return component
}

func depends(whole cyclonedx.Component, parts []cyclonedx.Component) cyclonedx.Dependency {
	refs := make([]string, 0, len(parts))
	for _, p := range parts {
		refs = append(refs, p.BOMRef)
	}
	return cyclonedx.Dependency{Ref: whole.BOMRef, Dependencies: &refs}
}
