package release

import (
	"fmt"
	"time"
)

// BatchSchedule lets a batch begin only at a time of day.
type BatchSchedule struct {
	// Batch is the number of the batch, counted from 1, the gray batch first.
	Batch int `json:"batch"`
	// At is the time of day, HH:MM.
	At string `json:"at"`
	// Zone is the time zone of At by its IANA name, for example Asia/Shanghai.
	Zone string `json:"zone"`
}

// Next returns the first such time that is not before now, in UTC. Each day has one: where
// clocks are set back and show the time twice it is the first, and where they are set
// forward and never show it, the moment at which they jump over it.
func (s BatchSchedule) Next(now time.Time) (time.Time, error) {
	zone, err := LoadZone(s.Zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("zone: %w", err)
	}
	at, err := parseClock(s.At)
	if err != nil {
		return time.Time{}, fmt.Errorf("at: %w", err)
	}
	for day := dayOf(now.In(zone)).AddDate(0, 0, -1); ; day = day.AddDate(0, 0, 1) {
		if next, _ := at.on(day, zone); !next.Before(now) {
			return next, nil
		}
	}
}

// schedule checks the schedules of a release with so many batches.
func (v *validator) schedule(field string, s []BatchSchedule, batches int) {
	seen := map[int]bool{}
	for i, each := range s {
		at := fmt.Sprintf("%s[%d]", field, i)
		v.check(each.Batch >= 1 && each.Batch <= batches, at+".batch", "must be 1-%d, the gray batch first", batches)
		v.check(!seen[each.Batch], at+".batch", "batch %d has a schedule already; give it one", each.Batch)
		seen[each.Batch] = true
		_, err := parseClock(each.At)
		v.valid(at+".at", err)
		_, err = LoadZone(each.Zone)
		v.valid(at+".zone", err)
	}
}

// valid notes an error that says what is wrong with a field.
func (v *validator) valid(field string, err error) {
	if err != nil {
		v.check(false, field, "%s", err.Error())
	}
}
