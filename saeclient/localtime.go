package saeclient

import (
	"fmt"
	"time"
)

// ParseLocalTime reads a time of the form yyyy-MM-dd HH:mm:ss, in which change orders, log
// configurations and some others are dated on the wire. The SAE API reference names no zone;
// GMT+8 is the reading to use.
func ParseLocalTime(text string) (time.Time, error) {
	t, err := time.ParseInLocation(time.DateTime, text, time.FixedZone("GMT+8", 8*60*60))
	if err != nil {
		return time.Time{}, fmt.Errorf("SAE: %w", err)
	}
	return t, nil
}
