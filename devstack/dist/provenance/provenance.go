// Package provenance writes how files were made and of what: a statement of in-toto with the provenance of SLSA. It is not
// signed, so that it proves nothing to whoever does not trust where it was found.
package provenance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	slsa "github.com/in-toto/attestation/go/predicates/provenance/v1"
	intoto "github.com/in-toto/attestation/go/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"
)

const (
	// PredicateType is that of SLSA's provenance.
	PredicateType = "https://slsa.dev/provenance/v1"
	// BuildType says what the parameters mean; docs/releasing.md describes it.
	BuildType = "urn:slipway:make-dist:v1"
	// Builder is whoever says make dist on a machine of theirs, which vouches for nothing.
	Builder = "urn:slipway:make-dist:local"
)

// A Build has made files.
type Build struct {
	Version, Revision string
	// Go is the version of Go that built them, such as go1.26.8.
	Go string
	// Targets are the platforms.
	Targets []string
	// Digests are the SHA-256 digests of what was made, in hexadecimal digits, by name.
	Digests map[string]string
}

// Statement returns the statement as JSON, which is the same for the same build.
func (b Build) Statement() ([]byte, error) {
	targets := make([]any, 0, len(b.Targets))
	for _, t := range b.Targets {
		targets = append(targets, t)
	}
	parameters, err := structpb.NewStruct(map[string]any{"version": b.Version, "targets": targets})
	if err != nil {
		return nil, fmt.Errorf("provenance: %w", err)
	}
	provenance := &slsa.Provenance{
		BuildDefinition: &slsa.BuildDefinition{
			BuildType: BuildType, ExternalParameters: parameters,
			ResolvedDependencies: []*intoto.ResourceDescriptor{
				{Name: "source", Digest: map[string]string{"gitCommit": b.Revision}},
				{Name: "go", Uri: "pkg:generic/go@" + b.Go},
			},
		},
		RunDetails: &slsa.RunDetails{Builder: &slsa.Builder{Id: Builder}},
	}
	predicate, err := toStruct(provenance)
	if err != nil {
		return nil, err
	}
	statement := &intoto.Statement{Type: intoto.StatementTypeUri, PredicateType: PredicateType, Predicate: predicate}
	for _, name := range slices.Sorted(maps.Keys(b.Digests)) {
		statement.Subject = append(statement.Subject, &intoto.ResourceDescriptor{Name: name, Digest: map[string]string{"sha256": b.Digests[name]}})
	}
	if err := errors.Join(provenance.Validate(), statement.Validate()); err != nil {
		return nil, fmt.Errorf("provenance: %w", err)
	}
	out, err := protojson.Marshal(statement)
	if err != nil {
		return nil, fmt.Errorf("provenance: %w", err)
	}
	// The spaces of protojson differ from one program to the next on purpose.
	var compact, indented bytes.Buffer
	if err := errors.Join(json.Compact(&compact, out), json.Indent(&indented, compact.Bytes(), "", "  ")); err != nil {
		return nil, fmt.Errorf("provenance: %w", err)
	}
	return append(indented.Bytes(), '\n'), nil
}

func toStruct(p *slsa.Provenance) (*structpb.Struct, error) {
	text, err := protojson.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("provenance: %w", err)
	}
	var s structpb.Struct
	if err := protojson.Unmarshal(text, &s); err != nil {
		return nil, fmt.Errorf("provenance: %w", err)
	}
	return &s, nil
}
