// Command manual writes one page, of the time that everything has.
package main

import (
	"os"
	"path/filepath"
)

func main() {
	folder := filepath.Join(os.Args[1], "man", "man1")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		os.Exit(1)
	}
	if err := os.WriteFile(filepath.Join(folder, "slipway.1"), []byte(os.Args[2]+" "+os.Args[3]), 0o644); err != nil {
		os.Exit(1)
	}
}
