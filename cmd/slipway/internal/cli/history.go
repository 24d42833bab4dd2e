package cli

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/releases"
	"slipway/cmd/slipway/internal/render"
	"slipway/ledger"
	"slipway/release"
)

func (a *app) history() *cobra.Command {
	var limit int
	cmd := drawing(printing(settings(&cobra.Command{
		Use:   "history APP",
		Short: "What an application was released with, also what Temporal has forgotten",
		Long: `What an application was released with, the latest first: when it was asked for, the artifact,
the operation, how it ended, who asked for it, and why it ended so. It is read from the
ledger of releases on NATS, which keeps it for 400 days unless setup was told otherwise, and
needs no Temporal. ` + namesApp,
		Example: `  slipway history sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe
  slipway history sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe --limit 100 -o json`,
		GroupID:           groupReleases,
		Args:              arguments("APP"),
		ValidArgsFunction: a.completeRecorded,
	}, config.NATS())))
	cmd.Flags().IntVar(&limit, "limit", defaultLimit, "show at most so many")
	timeout := cmd.Flags().Duration(flagTimeout, answerTime, "give up after this time")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		f, err := format(cmd)
		if err != nil {
			return err
		}
		app, err := parseApp(args[0])
		if err != nil {
			return err
		}
		if limit < 1 {
			return &usageError{"--limit must be at least 1"}
		}
		ctx, cancel := within(cmd.Context(), *timeout)
		defer cancel()
		return a.runHistory(ctx, cmd, f, ledger.Filter{App: app, Limit: limit})
	}
	return cmd
}

func (a *app) runHistory(ctx context.Context, cmd *cobra.Command, f render.Format, which ledger.Filter) error {
	known, closeLedger, err := a.ledger(cmd)
	if err != nil {
		return err
	}
	defer closeLedger()
	found, err := known.All(ctx, which)
	if err != nil {
		return err
	}
	switch {
	case len(found) == 0 && f == render.FormatTable:
		a.talk("the ledger has no release of this application")
		return nil
	case len(found) == 0:
		found = []ledger.Record{}
	case len(found) == which.Limit:
		a.talk("there may be more; use --limit")
	}
	return f.Write(a.Stdout, found, func() string { return render.History(found, a.screen(cmd).style()) })
}

// ledger connects a command to the ledger; the returned function closes the connection.
func (a *app) ledger(cmd *cobra.Command) (*ledger.Ledger, func(), error) {
	v, err := a.values(cmd)
	if err != nil {
		return nil, nil, err
	}
	js, closeNATS, err := a.jetStream(v, "slipway ledger")
	if err != nil {
		return nil, nil, err
	}
	return ledger.New(js), closeNATS, nil
}

// recorded answers what the ledger knows of a release that Temporal does not.
func (a *app) recorded(ctx context.Context, cmd *cobra.Command, id string, missing *releases.NotFoundError) (release.Progress, error) {
	r, err := remember(a, cmd, missing, func(known *ledger.Ledger) (ledger.Record, error) { return known.Get(ctx, id) })
	if err != nil {
		return release.Progress{}, err
	}
	a.talkRecorded("release", r.Accepted, r.Asked(), r.UpdatedAt)
	return progressOf(r), nil
}

// recordedSet answers what the ledger knows of a set that Temporal does not.
func (a *app) recordedSet(ctx context.Context, cmd *cobra.Command, id string, missing *releases.NotFoundError) (release.SetProgress, error) {
	s, err := remember(a, cmd, missing, func(known *ledger.Ledger) (ledger.Set, error) { return known.GetSet(ctx, id) })
	if err != nil {
		return release.SetProgress{}, err
	}
	a.talkRecorded("set", s.Accepted, s.RequestedAt, s.UpdatedAt)
	if s.Progress.SetID == "" {
		return release.SetProgress{SetID: s.SetID, RequestedBy: s.RequestedBy}, nil
	}
	return s.Progress, nil
}

// remember asks the ledger for what Temporal does not know. Its error is the one that Temporal's
// answer was, where the ledger does not know better.
func remember[T any](a *app, cmd *cobra.Command, missing *releases.NotFoundError, get func(*ledger.Ledger) (T, error)) (none T, err error) {
	known, closeLedger, err := a.ledger(cmd)
	if err != nil {
		a.talk("the ledger could not be asked: %v", err)
		return none, missing
	}
	defer closeLedger()
	found, err := get(known)
	_, malformed := errors.AsType[release.Problem](err)
	switch {
	case err == nil:
		return found, nil
	case errors.Is(err, ledger.ErrNotFound), malformed:
	default:
		a.talk("the ledger could not be asked: %v", err)
	}
	return none, missing
}

func (a *app) talkRecorded(what string, accepted bool, asked, updated time.Time) {
	if !accepted {
		a.talk("the request is in the ledger since %s, but it has not been accepted yet", asked.UTC().Format(time.RFC3339))
		return
	}
	a.talk("Temporal has forgotten the %s; shown is what the ledger has, as of %s", what, updated.Format(time.RFC3339))
}

// progressOf is the progress of a record; one that has none yet knows what was asked for.
func progressOf(r ledger.Record) release.Progress {
	if r.Progress.ReleaseID != "" {
		return r.Progress
	}
	return release.Progress{ReleaseID: r.ReleaseID, App: r.App, Artifact: r.Artifact, RequestedBy: r.RequestedBy, Outcome: r.Outcome, Phase: r.Outcome}
}

// completeTimeBack is how far back completion looks for applications: the whole ledger may
// be large.
const completeTimeBack = 30 * 24 * time.Hour

// completeRecorded completes the first argument with applications that were released lately.
func (a *app) completeRecorded(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completeTime)
	defer cancel()
	quiet := &app{World: World{Getenv: a.Getenv, Stdin: a.Stdin, Stdout: io.Discard, Stderr: io.Discard}}
	known, closeLedger, err := quiet.ledger(cmd)
	if err != nil {
		return cobra.AppendActiveHelp(nil, err.Error()), cobra.ShellCompDirectiveNoFileComp
	}
	defer closeLedger()
	found, err := known.All(ctx, ledger.Filter{Since: time.Now().Add(-completeTimeBack)})
	if err != nil {
		return cobra.AppendActiveHelp(nil, err.Error()), cobra.ShellCompDirectiveNoFileComp
	}
	var out []cobra.Completion
	for _, r := range found {
		if name := r.App.SearchValue(); !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}
