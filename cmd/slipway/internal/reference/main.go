// Command reference writes docs/command-reference.md from the commands themselves.
//
//	go run ./internal/reference ../../docs/command-reference.md
//
// `go generate` runs it. A test of package cli compares the page.
package main

import (
	"fmt"
	"os"

	"slipway/cmd/slipway/internal/cli"
)

func main() {
	if len(os.Args) != 2 {
		_, _ = fmt.Fprintln(os.Stderr, "reference: one argument is wanted, the page to write")
		os.Exit(2)
	}
	if err := os.WriteFile(os.Args[1], []byte(cli.Reference()), 0o644); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1)
	}
}
