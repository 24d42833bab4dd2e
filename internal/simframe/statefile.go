package simframe

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// LoadFile reads a state file; nil when there is none yet.
func LoadFile(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("state file: %w", err)
	}
	return text, nil
}

// SaveFile replaces a state file in one step, so that a reader finds the old or
// the new state and never a part. It survives the death of the process; it is not
// flushed to the disk. The owner alone can read it: a state may hold secrets that were sent.
func SaveFile(path string, text []byte) error {
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
