// Command manual writes the man pages and the completion scripts of slipway into a folder, for a version and its time.
//
//	go run ./cmd/slipway/internal/manual FOLDER v0.1.0 2026-11-30T12:00:00Z
//
// `make dist` runs it. It is a program of its own so that slipway has nothing of what writes man pages.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"slipway/cmd/slipway/internal/cli"
)

func main() {
	if len(os.Args) != 4 {
		_, _ = fmt.Fprintln(os.Stderr, "manual: three arguments are wanted: a folder, a version and its time")
		os.Exit(2)
	}
	at, err := time.Parse(time.RFC3339, os.Args[3])
	if err == nil {
		err = write(os.Args[1], os.Args[2], at)
	}
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "manual:", err)
		os.Exit(1)
	}
}

func write(folder, version string, at time.Time) error {
	root := cli.Root()
	root.DisableAutoGenTag = true
	man, completions := filepath.Join(folder, "man", "man1"), filepath.Join(folder, "completions")
	for _, each := range []string{man, completions} {
		if err := os.MkdirAll(each, 0o755); err != nil {
			return err
		}
	}
	for shell, generate := range map[string]func(path string) error{
		"slipway.bash": func(path string) error { return root.GenBashCompletionFileV2(path, true) },
		"_slipway":     root.GenZshCompletionFile, // as zsh looks for it
		"slipway.fish": func(path string) error { return root.GenFishCompletionFile(path, true) },
		"slipway.ps1":  root.GenPowerShellCompletionFileWithDesc,
	} {
		if err := generate(filepath.Join(completions, shell)); err != nil {
			return fmt.Errorf("%s: %w", shell, err)
		}
	}
	withoutOperations(root)
	return doc.GenManTree(root, &doc.GenManHeader{Section: "1", Date: &at, Source: "Slipway " + version, Manual: "Slipway"}, man)
}

// withoutOperations takes the operations of clouds away, of which there are hundreds: `slipway api sae` lists them, and each
// has its help.
func withoutOperations(root *cobra.Command) {
	for _, group := range root.Commands() {
		if group.Name() != "api" {
			continue
		}
		for _, cloud := range group.Commands() {
			cloud.RemoveCommand(cloud.Commands()...)
		}
	}
}
