package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/render"
	"slipway/releases"
)

// idOrChoice checks the ID of a release, which a person at a terminal need not give: the releases
// that it may be are offered then.
func (a *app) idOrChoice() cobra.PositionalArgs {
	given := idOf(kindRelease)
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 && a.Interactive {
			return nil
		}
		return given(cmd, args)
	}
}

// choosing lets a person choose among the releases of a filter before an action, where no ID was
// given. The time for the action begins once the choice is made.
func choosing(filter releases.Filter, do action) action {
	return func(ctx context.Context, c *call) error {
		if len(c.args) > 0 {
			return do(ctx, c)
		}
		if c.client == nil {
			return &usageError{"missing argument ID; Temporal alone can list the releases that it could be, and with --identity or --sign-key it is not asked"}
		}
		filter.Limit = defaultLimit
		listed, _, err := c.client.List(ctx, filter)
		if err != nil {
			return err
		}
		ctx, cancel := c.cmd.Context(), func() {}
		defer func() { cancel() }()
		id, err := c.app.choose(ctx, listed) //nolint:contextcheck // --timeout does not bound how long a person chooses
		if err != nil {
			return err
		}
		c.args = []string{id}
		ctx, cancel = within(ctx, c.limit)
		return do(ctx, c) //nolint:contextcheck // the time for the action begins now
	}
}

// choose asks a person for the number of one of the releases.
func (a *app) choose(ctx context.Context, listed []releases.Listed) (id string, err error) {
	if len(listed) == 0 {
		return "", &usageError{"missing argument ID, and there is no release that it could be"}
	}
	for i, l := range listed {
		a.infof("%3d  %s  %s  %s", i+1, l.ID, l.Phase, l.App)
	}
	_, _ = fmt.Fprintf(a.Stderr, "which one? [1-%d] ", len(listed))
	line, err := a.readLine(ctx)
	if err != nil {
		return "", err
	}
	n, err := strconv.Atoi(line)
	if err != nil || n < 1 || n > len(listed) {
		return "", &usageError{fmt.Sprintf("%q is none of 1-%d", render.Clean(line), len(listed))}
	}
	return listed[n-1].ID, nil
}

// question is what a person is asked before something is changed.
type question struct {
	what string
	// instead is what is wrong where there is nobody to ask, and no what was not done where they say no.
	instead, no string
}

// agreed asks the person at the terminal whether something shall be done; any answer but yes is an error, and so is that there is none.
func (a *app) agreed(ctx context.Context, q question) error {
	if !a.Interactive {
		return &usageError{q.instead}
	}
	_, _ = fmt.Fprintf(a.Stderr, "%s [y/N] ", q.what)
	answer, err := a.readLine(ctx)
	if err != nil {
		return err
	}
	switch strings.ToLower(answer) {
	case "y", "yes":
		return nil
	}
	return errors.New(q.no)
}

// readLine reads what a person types, until they interrupt it.
func (a *app) readLine(ctx context.Context) (string, error) {
	type typed struct {
		line string
		err  error
	}
	read := make(chan typed, 1)
	go func() {
		line, err := bufio.NewReader(a.Stdin).ReadString('\n')
		read <- typed{line, err}
	}()
	select {
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case t := <-read:
		if t.err != nil && !errors.Is(t.err, io.EOF) {
			return "", t.err
		}
		return strings.TrimSpace(t.line), nil
	}
}
