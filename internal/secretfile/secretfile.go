// Package secretfile reads small files that hold a secret. A file that other users of the
// machine may read, that is too large or that is no file at all is refused, and no error
// quotes what a file holds.
package secretfile

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
)

// MaxSize is the size in bytes of the largest file that is read: a secret is short, and a
// path that names something else by mistake is not read into memory.
const MaxSize = 1 << 10

// Read returns the content of a file that holds a secret. The error is that of [os.Open]
// for a file that does not exist; every other one says what to do.
func Read(path string) ([]byte, error) { return ReadUpTo(path, MaxSize) }

// ReadUpTo is [Read] for a file that may be larger, of many secrets: most is its size in bytes.
func ReadUpTo(path string, most int64) ([]byte, error) {
	// Asked before it is opened: to open a pipe is to wait for whoever writes to it.
	if err := checkPath(path, most); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	content, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(content)) > most {
		return nil, tooLarge(path, most)
	}
	return content, nil
}

func checkPath(path string, most int64) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no file; name a file that holds the secret and nothing else", path)
	case forOthers(info.Mode()):
		return fmt.Errorf("%s is open to every user of this machine (mode %04o); say: chmod o-rwx %s", path, info.Mode().Perm(), path)
	case info.Size() > most:
		return tooLarge(path, most)
	}
	return nil
}

// forOthers reports whether users that are neither the owner nor in the group may touch the
// file. The group may: that is how a container's user is given a mounted secret. Windows
// has no such bits.
func forOthers(mode fs.FileMode) bool { return runtime.GOOS != "windows" && mode.Perm()&0o007 != 0 }

func tooLarge(path string, most int64) error {
	return fmt.Errorf("%s is larger than %d bytes; name a file that holds the secret and nothing else", path, most)
}
