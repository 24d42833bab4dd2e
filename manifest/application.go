package manifest

import (
	"io"

	"slipway/apps"
)

// ReadApplication reads the file of an application document, kind Application. Problems of fields are
// [release.Problems], all of them at once. Its applications may have names without IDs, for [apps.Application.Resolved] to
// complete.
func ReadApplication(r io.Reader) (apps.Application, error) {
	return read(r, kind{apps.KindApplication, "name and environments"}, func(map[string]any) {}, apps.ParseNamed)
}
