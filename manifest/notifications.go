package manifest

import (
	"io"

	"slipway/notify"
)

// ReadNotifications reads the file that says who is told what of releases, kind Notifications. Problems of fields are
// [release.Problems], all of them at once.
func ReadNotifications(r io.Reader) (notify.Document, error) {
	return read(r, kind{notify.Kind, "channels"}, func(map[string]any) {}, notify.Parse)
}
