package soak

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"slipway/devstack/scenario"
	"slipway/release"
)

// mostAsked bounds how many of the parked releases are asked for their history.
const mostAsked = 50

const mebibyte = 1 << 20

// Sample is what was seen at one time.
type Sample struct {
	// Seconds since the watching began.
	Seconds float64 `json:"seconds"`
	Worker  Memory  `json:"worker"`
	Starter Memory  `json:"starter"`
	// HistoryEvents is how many events the history of a parked release has, the mean of up to fifty.
	HistoryEvents float64 `json:"historyEvents"`
	// Calls are those to the platform since the sample before, a minute, and Ended the active releases that have ended since then.
	Calls float64 `json:"callsPerMinute"`
	Ended int     `json:"ended"`
	// NATS is the size of all streams and buckets, Temporal that of its database, in MiB.
	NATS     float64 `json:"natsMiB"`
	Temporal float64 `json:"temporalMiB"`
	// NATSEach and TemporalEach are how much they have grown since the sample before for each release that has ended, in KiB; 0
	// where none has.
	NATSEach     float64 `json:"natsKiBPerRelease"`
	TemporalEach float64 `json:"temporalKiBPerRelease"`
}

// Memory is that of one process, in MiB.
type Memory struct {
	// Resident is what the operating system counts, Heap the size at which Go collects garbage next: about twice what is in use.
	Resident float64 `json:"residentMiB"`
	Heap     float64 `json:"heapMiB"`
}

// reading is what one look finds; a sample is the difference of two.
type reading struct {
	at              time.Time
	worker, starter Memory
	history         float64
	calls, ended    int
	nats, temporal  float64
}

func (r *run) read(ctx context.Context) (now reading, err error) {
	now.at, now.calls, now.ended = time.Now(), r.stack.Sim().Calls().Total, r.load.hasEnded()
	if now.worker, err = r.worker.memory(ctx); err != nil {
		return now, err
	}
	if now.starter, err = r.starter.memory(ctx); err != nil {
		return now, err
	}
	if now.history, err = r.history(ctx); err != nil {
		return now, err
	}
	account, err := r.stack.JetStream.AccountInfo(ctx)
	if err != nil {
		return now, fmt.Errorf("soak: %w", err)
	}
	now.nats = float64(account.Store) / mebibyte
	now.temporal, err = sizeOf(r.database)
	return now, err
}

// since makes a sample of a reading, the one before it, and the beginning.
func (now reading) since(before reading, began time.Time) Sample {
	s := Sample{
		Seconds: now.at.Sub(began).Seconds(), Worker: now.worker, Starter: now.starter, HistoryEvents: now.history,
		Calls: float64(now.calls-before.calls) / now.at.Sub(before.at).Minutes(), Ended: now.ended - before.ended,
		NATS: now.nats, Temporal: now.temporal,
	}
	if s.Ended > 0 {
		s.NATSEach = (now.nats - before.nats) * 1024 / float64(s.Ended)
		s.TemporalEach = (now.temporal - before.temporal) * 1024 / float64(s.Ended)
	}
	return s
}

// history is the mean number of events in the histories of parked releases.
func (r *run) history(ctx context.Context) (float64, error) {
	ids := r.load.some(mostAsked)
	var events int64
	for _, id := range ids {
		described, err := r.stack.Client.DescribeWorkflowExecution(ctx, release.WorkflowID(id), "")
		if err != nil {
			return 0, fmt.Errorf("soak: history of %s: %w", id, err)
		}
		events += described.GetWorkflowExecutionInfo().GetHistoryLength()
	}
	return float64(events) / float64(len(ids)), nil
}

// sizeOf is the size of all files in a directory, in MiB.
func sizeOf(dir string) (float64, error) {
	var size int64
	err := filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil // SQLite removes some of its files when it likes
		}
		if err == nil {
			size += info.Size()
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("soak: %w", err)
	}
	return float64(size) / mebibyte, nil
}

// role is a process whose metrics are read.
type role struct {
	process *scenario.Process
	url     string
}

func (r *role) stop() error { return r.process.Stop() }

// memory reads the metrics of the process.
func (r *role) memory(ctx context.Context) (m Memory, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url, nil)
	if err != nil {
		return m, fmt.Errorf("soak: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return m, fmt.Errorf("soak: %w", err)
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(resp.Body)
	if err != nil {
		return m, fmt.Errorf("soak: %s: %w", r.url, err)
	}
	for name, to := range map[string]*float64{"process_resident_memory_bytes": &m.Resident, "go_memstats_next_gc_bytes": &m.Heap} {
		metrics := families[name].GetMetric()
		if len(metrics) != 1 {
			return m, fmt.Errorf("soak: %s has no metric %s", r.url, name)
		}
		*to = metrics[0].GetGauge().GetValue() / mebibyte
	}
	return m, nil
}
