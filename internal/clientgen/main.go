package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

func main() {
	if err := run(os.Args[1:], os.Stderr); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "clientgen:", err)
		os.Exit(1) //nolint:forbidigo // this is a main package; go generate needs the exit code
	}
}

// run reads the facts, generates every file in memory, and only then replaces the old generated files.
func run(args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("clientgen", flag.ContinueOnError)
	flags.SetOutput(stderr)
	facts := flags.String("facts", "", "directory with client.json, operations.json and perhaps errors.json and newer.json")
	out := flags.String("out", ".", "directory of the client's package")
	if err := flags.Parse(args); err != nil {
		return err
	}
	files, err := generateFrom(*facts)
	if err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(*out, "zz_*.gen.go"))
	if err != nil {
		return err
	}
	for _, name := range old {
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(*out, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generateFrom reads the configuration and the fact files of a directory and generates from them.
func generateFrom(dir string) (map[string][]byte, error) {
	text, err := os.ReadFile(filepath.Join(dir, "client.json"))
	if err != nil {
		return nil, err
	}
	c, err := parseConfig(text)
	if err != nil {
		return nil, fmt.Errorf("read configuration in %s: %w", dir, err)
	}
	operations, err := os.ReadFile(filepath.Join(dir, "operations.json"))
	if err != nil {
		return nil, err
	}
	codes, err := os.ReadFile(filepath.Join(dir, "errors.json"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	facts, err := parseFacts(operations, codes)
	if err != nil {
		return nil, fmt.Errorf("read facts in %s: %w", dir, err)
	}
	newer, err := os.ReadFile(filepath.Join(dir, "newer.json"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return generate(facts, c)
	case err != nil:
		return nil, err
	}
	more, err := parseNewer(newer)
	if err != nil {
		return nil, fmt.Errorf("read facts in %s: %w", dir, err)
	}
	if err := facts.merge(more); err != nil {
		return nil, fmt.Errorf("read facts in %s: %w", dir, err)
	}
	return generate(facts, c)
}
