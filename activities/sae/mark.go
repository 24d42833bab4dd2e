package sae

import (
	"encoding/json"
	"fmt"
	"time"

	"slipway/activities/cloud"
	"slipway/release"
)

// watermark marks the newest change order, or run, of an application at one moment: what is newer was
// begun later. At has a resolution of one second, so Known holds the IDs of all of that second. It is
// the mark of the platform (see [release.Mark]); the zero value marks nothing.
type watermark struct {
	At    time.Time `json:"at,omitzero"`
	Known []string  `json:"known,omitempty"`
}

// mark is what workflows keep of it.
func (w watermark) mark() release.Mark {
	// A time and texts always encode.
	data, _ := json.Marshal(w) //nolint:errchkjson // see above
	return data
}

// readMark reads a mark that [watermark.mark] has written.
func readMark(m release.Mark) (w watermark, err error) {
	if len(m) == 0 {
		return w, nil
	}
	if err := json.Unmarshal(m, &w); err != nil {
		return w, cloud.Refused(release.FaultInvalid, "the mark of the newest change order cannot be read: %v", fmt.Errorf("%w", err))
	}
	return w, nil
}
