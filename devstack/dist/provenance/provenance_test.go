package provenance_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/devstack/dist/provenance"
)

func build() provenance.Build {
	return provenance.Build{
		Version: "v1.2.3", Revision: strings.Repeat("ab", 20), Go: "go1.26.8", Targets: []string{"linux/amd64"},
		Digests: map[string]string{"b.tar": strings.Repeat("2", 64), "a.tar.gz": strings.Repeat("1", 64)},
	}
}

func TestStatement(t *testing.T) {
	t.Parallel()
	text, err := build().Statement()
	require.NoError(t, err)
	again, err := build().Statement()
	require.NoError(t, err)
	require.Equal(t, string(text), string(again))
	require.JSONEq(t, `{
		"_type": "https://in-toto.io/Statement/v1",
		"subject": [
			{"name": "a.tar.gz", "digest": {"sha256": "`+strings.Repeat("1", 64)+`"}},
			{"name": "b.tar", "digest": {"sha256": "`+strings.Repeat("2", 64)+`"}}
		],
		"predicateType": "https://slsa.dev/provenance/v1",
		"predicate": {
			"buildDefinition": {
				"buildType": "urn:slipway:make-dist:v1",
				"externalParameters": {"version": "v1.2.3", "targets": ["linux/amd64"]},
				"resolvedDependencies": [
					{"name": "source", "digest": {"gitCommit": "`+strings.Repeat("ab", 20)+`"}},
					{"name": "go", "uri": "pkg:generic/go@go1.26.8"}
				]
			},
			"runDetails": {"builder": {"id": "urn:slipway:make-dist:local"}}
		}
	}`, string(text))
	require.True(t, json.Valid(text))
}

func TestStatement_Refused(t *testing.T) {
	t.Parallel()
	b := build()
	b.Digests = nil
	_, err := b.Statement()
	require.ErrorContains(t, err, "at least one subject required")
	b = build()
	b.Revision = "v1.2.3"
	_, err = b.Statement()
	require.ErrorContains(t, err, "digest")
}
