// Command reference writes docs/release-file.md: the fields of release files and of files of
// sets, as their schemas describe them.
//
//	go run ./internal/reference ../../docs/release-file.md
//
// `go generate` runs it. A test compares the page, and names a field without a description.
package main

import (
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1) //nolint:forbidigo // a command of its own, run by go generate
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("one argument is wanted, the page to write; there are %d", len(args))
	}
	page, err := page()
	if err != nil {
		return err
	}
	return os.WriteFile(args[0], []byte(page), 0o644)
}
