// Package vulncheck looks for known vulnerabilities in programs, in the database of Go.
package vulncheck

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"golang.org/x/vuln/scan"
)

// Database is that of Go.
const Database = "https://vuln.go.dev"

// askTime bounds the question whether a database is there.
const askTime = 15 * time.Second

// exitFound is how govulncheck ends when it has found something.
const exitFound = 3

// ErrFound means that a program has a vulnerability that is known. The report says which.
var ErrFound = errors.New("known vulnerabilities were found")

// UnreachableError means that a database could not be read, so that nothing is known of any program.
type UnreachableError struct {
	Database string
	Reason   error
}

// Error implements error.
func (e *UnreachableError) Error() string {
	return fmt.Sprintf("the database of vulnerabilities %s cannot be read: %v", e.Database, e.Reason)
}

// Unwrap returns the reason.
func (e *UnreachableError) Unwrap() error { return e.Reason }

// Programs looks for the modules of programs in a database, which is an address with http, https or file, and writes a report. It
// returns [ErrFound] where a program has a function that is vulnerable, and [UnreachableError] where nothing was looked for.
func Programs(ctx context.Context, database string, programs []string, report io.Writer) error {
	if err := reach(ctx, database); err != nil {
		return &UnreachableError{database, err}
	}
	var problems []error
	for _, program := range programs {
		_, _ = fmt.Fprintf(report, "%s:\n", program)
		if err := look(ctx, database, program, report); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", program, err))
		}
	}
	return errors.Join(problems...)
}

// look runs govulncheck on one program.
func look(ctx context.Context, database, program string, report io.Writer) error {
	var says strings.Builder
	cmd := scan.Command(ctx, "-mode=binary", "-db="+database, program)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(""), report, &says
	if err := cmd.Start(); err != nil {
		return err
	}
	err := cmd.Wait()
	if ended, ok := errors.AsType[interface {
		error
		ExitCode() int
	}](err); ok && ended.ExitCode() == exitFound {
		return ErrFound
	}
	if err != nil {
		return fmt.Errorf("%w %s", err, strings.TrimSpace(says.String()))
	}
	return nil
}

// reach asks a database on the network whether it is there, so that one that is not is told from all that can go wrong later.
func reach(ctx context.Context, database string) error {
	if strings.HasPrefix(database, "file:") {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(database, "/")+"/index/db.json", nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", answer.StatusCode)
	}
	return nil
}
