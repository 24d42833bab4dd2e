// Package archive writes tar archives whose bytes depend on nothing but what is in them.
package archive

import (
	"archive/tar"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// A File is in an archive. It belongs to root, and only root may write it.
type File struct {
	// Name is its path, separated by slashes.
	Name    string
	Content []byte
	// Executable tells that it is a program.
	Executable bool
}

// Write writes files in the order of their names, each after the folders that it is in. All have the same time.
func Write(to io.Writer, files []File, at time.Time) error {
	sorted := slices.SortedFunc(slices.Values(files), func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	w, made := tar.NewWriter(to), map[string]bool{}
	for _, f := range sorted {
		for _, folder := range folders(f.Name) {
			if made[folder] {
				continue
			}
			made[folder] = true
			if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: folder, Mode: 0o755, ModTime: at}); err != nil {
				return fmt.Errorf("archive %s: %w", folder, err)
			}
		}
		mode := int64(0o644)
		if f.Executable {
			mode = 0o755
		}
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: f.Name, Mode: mode, Size: int64(len(f.Content)), ModTime: at}); err != nil {
			return fmt.Errorf("archive %s: %w", f.Name, err)
		}
		if _, err := w.Write(f.Content); err != nil {
			return fmt.Errorf("archive %s: %w", f.Name, err)
		}
	}
	return w.Close()
}

// WriteGzip writes files as [Write] does, compressed.
func WriteGzip(to io.Writer, files []File, at time.Time) error {
	w := gzip.NewWriter(to) // its header has no name and no time
	if err := Write(w, files, at); err != nil {
		return err
	}
	return w.Close()
}

// Below reads all files below a folder, named by their paths in it. None of them is a program.
func Below(folder string) ([]File, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	var files []File
	err = fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := root.ReadFile(name)
		files = append(files, File{Name: name, Content: content})
		return err
	})
	return files, err
}

// folders are those that a file is in, the outermost first, as archives name them.
func folders(name string) []string {
	var all []string
	for folder := path.Dir(name); folder != "." && folder != "/"; folder = path.Dir(folder) {
		all = append(all, folder+"/")
	}
	slices.Reverse(all)
	return all
}
