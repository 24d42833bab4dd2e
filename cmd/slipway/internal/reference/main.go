// Command reference writes docs/command-reference.md from the commands themselves, and the tables of
// docs/platforms.md from the traits of the platforms.
//
//	go run ./internal/reference ../../docs
//
// `go generate` runs it. Tests of package cli and of this one compare the pages.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"slipway/cmd/slipway/internal/cli"
)

func main() {
	if len(os.Args) != 2 {
		_, _ = fmt.Fprintln(os.Stderr, "reference: one argument is wanted, the folder of the pages")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1)
	}
}

func write(docs string) error {
	if err := os.WriteFile(filepath.Join(docs, "command-reference.md"), []byte(cli.Reference()), 0o644); err != nil {
		return err
	}
	platforms := filepath.Join(docs, "platforms.md")
	page, err := os.ReadFile(platforms)
	if err != nil {
		return err
	}
	filled, err := fill(string(page))
	if err != nil {
		return fmt.Errorf("%s: %w", platforms, err)
	}
	return os.WriteFile(platforms, []byte(filled), 0o644)
}
