package saesim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// loadState reads a state file; nil when there is none yet.
func loadState(path string) (*state, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // no file yet is a fresh start
	}
	if err != nil {
		return nil, fmt.Errorf("state file: %w", err)
	}
	st, err := decodeState(text)
	if err != nil {
		return nil, fmt.Errorf("state file %s: %w", path, err)
	}
	return st, nil
}

// saveState replaces a state file in one step, so that a reader finds the old or
// the new state and never a part. It survives the death of the process; it is not
// flushed to the disk.
func saveState(path string, st *state) error {
	text, err := encodeState(st)
	if err != nil {
		return fmt.Errorf("state file: %w", err)
	}
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("state file: %w", err)
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("state file: %w", errors.Join(err, os.Remove(file.Name())))
	}
	return nil
}

func encodeState(st *state) ([]byte, error) { return json.Marshal(st) }

// decodeState reads what a state file or a snapshot holds and checks that the
// engine can rely on it.
func decodeState(text []byte) (*state, error) {
	st := newState(0, time.Time{})
	if err := json.Unmarshal(text, st); err != nil {
		return nil, err
	}
	if st.Version != stateVersion {
		return nil, fmt.Errorf("it has version %d, this simulator reads version %d", st.Version, stateVersion)
	}
	for id, order := range st.Orders {
		if err := order.consistent(st); err != nil {
			return nil, fmt.Errorf("change order %s: %w", id, err)
		}
	}
	for id, app := range st.Apps {
		if app.ActiveOrder != "" && st.Orders[app.ActiveOrder] == nil {
			return nil, fmt.Errorf("application %s: its order %s is missing", id, app.ActiveOrder)
		}
	}
	return st, nil
}

func (o *changeOrder) consistent(st *state) error {
	switch {
	case st.Apps[o.AppID] == nil:
		return errors.New("its application is missing")
	case len(o.Pipelines) == 0 || len(o.Pipelines) != len(o.Plan.Batches):
		return errors.New("its pipelines and batches differ")
	case o.Current < 0 || o.Current >= len(o.Pipelines):
		return errors.New("its current pipeline is missing")
	case o.Plan.Unavailable < 1:
		return errors.New("its batches allow no instance to be down")
	case o.Work.Done < 0 || o.Work.Wave < 0 || o.Work.Done+o.Work.Wave > len(o.Work.Slots):
		return errors.New("its work is out of range")
	case o.Work.Waves < 1 && (o.Phase == phaseRunning || o.Phase == phaseRollback):
		return errors.New("its work has no waves")
	}
	return nil
}
