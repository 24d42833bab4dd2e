// The command apicoverage shows which operations of a cloud API are covered by tests, and how.
// It reads what `go test -json` writes from its standard input: tests that passed tell by
// attributes what they did with which operation. It fails when a test failed, and when an
// operation is not covered and no test gives the reason.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "apicoverage:", err)
		os.Exit(1) //nolint:forbidigo // this is a main package; make needs the exit code
	}
}

func run(args []string, in io.Reader, out, diagnostics io.Writer) error {
	flags := flag.NewFlagSet("apicoverage", flag.ContinueOnError)
	flags.SetOutput(diagnostics)
	cloud := flags.String("cloud", "sae", "the cloud: its facts are in api/<cloud>, and its name begins the keys of attributes")
	path := flags.String("facts", "", "the fact file (default api/<cloud>/operations.json); a newer.json beside it has more operations")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *path == "" {
		*path = filepath.Join("api", *cloud, "operations.json")
	}
	facts, err := readFacts(*path)
	if err != nil {
		return err
	}
	newer, err := readFacts(filepath.Join(filepath.Dir(*path), "newer.json"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	facts = append(facts, newer...)
	seen, err := collect(in, diagnostics)
	if err != nil {
		return err
	}
	report, err := judge(*cloud, facts, seen)
	if err := report.print(out); err != nil {
		return err
	}
	return err
}

// print writes the table by groups of operations, and what is left out.
func (r report) print(to io.Writer) error {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprint(w, "operations of\tin the facts\t")
	for _, c := range r.columns {
		_, _ = fmt.Fprintf(w, "%s\t", c.title)
	}
	_, _ = fmt.Fprintln(w)
	for _, row := range r.rows {
		_, _ = fmt.Fprintf(w, "%s\t%d\t", row.group, row.facts)
		for _, n := range row.covered {
			_, _ = fmt.Fprintf(w, "%d\t", n)
		}
		_, _ = fmt.Fprintln(w)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(to, "errors provoked: %d of %d that are listed with an operation, and %d common ones\n", r.provoked, r.listed, r.common)
	for _, left := range r.excused {
		_, err = fmt.Fprintf(to, "left out, %s: %d, %s: %s\n", left.column, len(left.operations), left.reason, strings.Join(left.operations, ", "))
	}
	return err
}
