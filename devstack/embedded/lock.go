package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ErrDataDirInUse tells that another running server holds the data directory.
var ErrDataDirInUse = errors.New("data directory is in use by another running server")

// openDataDir creates dir if needed and locks it. The lock belongs to the open
// file and vanishes with the process, however that ends; release gives it back
// earlier.
func openDataDir(dir, lockName string) (release func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if err := tryLock(file); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %s: %w", ErrDataDirInUse, dir, err), file.Close())
	}
	return file.Close, nil
}
