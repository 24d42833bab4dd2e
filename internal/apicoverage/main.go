// The command apicoverage shows which operations of a cloud API are covered by tests, and how, and
// the same of the parameters and members that the service has beyond its reference.
// It reads what `go test -json` writes from its standard input: tests that passed tell by
// attributes what they did with which operation. It fails when a test failed, and when one
// of them is not covered and no test gives the reason.
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
	path := flags.String("facts", "", "the fact file (default api/<cloud>/operations.json); a newer.json beside it and folders below it have more operations")
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
	facts.Operations = append(facts.Operations, newer.Operations...)
	parts, err := filepath.Glob(filepath.Join(filepath.Dir(*path), "*", "operations.json"))
	if err != nil {
		return err
	}
	for _, part := range parts {
		more, err := readFacts(part)
		if err != nil {
			return err
		}
		facts.Operations = append(facts.Operations, more.Operations...)
	}
	facts.Additions = newer.Additions
	seen, err := collect(in, diagnostics)
	if err != nil {
		return err
	}
	var problems []error
	for _, t := range tables(*cloud, facts) {
		report, err := t.judge(seen)
		problems = append(problems, err, report.print(out))
	}
	count := countErrors(facts.Operations, seen[refusedKey(*cloud)])
	_, err = fmt.Fprintf(out, "errors provoked: %d of %d that are listed with an operation, %d common ones, and %d of operations without a list\n",
		count.provoked, count.listed, count.common, count.unlisted)
	return errors.Join(append(problems, err)...)
}

// print writes the table by groups, and what is left out.
func (r report) print(to io.Writer) error {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintf(w, "%s\tin the facts\t", r.title)
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
	for _, left := range r.leftOut() {
		if _, err := fmt.Fprintln(to, left); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(to)
	return err
}

// leftOut are lines that say what is left out: for each reason and what it excuses, the columns.
func (r report) leftOut() []string {
	titles := map[string][]string{}
	var order []string
	for _, left := range r.excused {
		text := fmt.Sprintf("%d, %s: %s", len(left.operations), left.reason, strings.Join(left.operations, ", "))
		if titles[text] == nil {
			order = append(order, text)
		}
		titles[text] = append(titles[text], left.column)
	}
	var lines []string
	for _, text := range order {
		lines = append(lines, "left out, "+strings.Join(titles[text], ", ")+": "+text)
	}
	return lines
}
