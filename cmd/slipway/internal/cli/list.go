package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/releases"
	"slipway/cmd/slipway/internal/render"
	"slipway/release"
)

// defaultLimit is how many releases are listed unless more are asked for.
const defaultLimit = 20

func (a *app) list() *cobra.Command {
	var app, phase, outcome, operation, requestedBy, set string
	var limit int
	var all bool
	cmd := drawing(printing(settings(&cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List releases",
		Long:    `List releases: those under way first, then the latest ended.`,
		Example: `  slipway release list
  slipway release list --phase AwaitingConfirm
  slipway release list --outcome RolledBack --requested-by ann@example.com
  slipway release list --app sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe --all -o json`,
		Args: arguments(),
	}, config.Temporal())))
	flags := cmd.Flags()
	flags.StringVar(&app, "app", "", "only of this application: platform/region/id")
	flags.StringVar(&phase, "phase", "", "only in this phase")
	flags.StringVar(&outcome, "outcome", "", "only what ended so")
	flags.StringVar(&operation, "operation", "", "only what does this: release, rollback, restart or rescale")
	flags.StringVar(&requestedBy, "requested-by", "", "only what this person or system asked for")
	flags.StringVar(&set, "set", "", "only of the set with this ID")
	flags.IntVar(&limit, "limit", defaultLimit, "list at most so many")
	flags.BoolVar(&all, "all", false, "list all")
	timeout := flags.Duration(flagTimeout, answerTime, "give up after this time")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		f, err := format(cmd)
		if err != nil {
			return err
		}
		filter, err := newFilter(app, phase)
		if err != nil {
			return err
		}
		if filter.Outcome, err = outcomeOf(outcome); err != nil {
			return err
		}
		if filter.Operation, err = operationOf(operation); err != nil {
			return err
		}
		filter.RequestedBy, filter.Set = requestedBy, set
		if limit < 1 {
			return &usageError{"--limit must be at least 1; use --all for all"}
		}
		if filter.Limit = limit; all {
			filter.Limit = 0
		}
		return a.runList(cmd, f, filter, *timeout)
	}
	cmd = completing(cmd, "outcome", outcomes()...)
	cmd = completing(cmd, "operation", operations()...)
	return completing(cmd, "phase", phases()...)
}

func outcomes() []string {
	var names []string
	for _, p := range release.Phases() {
		if _, ended := p.Outcome(); ended {
			names = append(names, string(p))
		}
	}
	return names
}

// outcomeOf is the phase of a name in which a release ends.
func outcomeOf(name string) (release.Phase, error) {
	for _, known := range outcomes() {
		if strings.EqualFold(known, name) {
			return release.Phase(known), nil
		}
	}
	if name == "" {
		return "", nil
	}
	return "", &usageError{fmt.Sprintf("--outcome %q is no outcome; there are %s", name, strings.Join(outcomes(), ", "))}
}

func operations() []string {
	return []string{
		string(release.OperationRelease), string(release.OperationRollback), string(release.OperationRestart), string(release.OperationRescale),
	}
}

func operationOf(name string) (release.Operation, error) {
	if name != "" && !slices.Contains(operations(), name) {
		return "", &usageError{fmt.Sprintf("--operation %q is no operation; there are %s", name, strings.Join(operations(), ", "))}
	}
	return release.Operation(name), nil
}

func phases() []string {
	var names []string
	for _, p := range release.Phases() {
		names = append(names, string(p))
	}
	return names
}

// newFilter checks what the person asks for.
func newFilter(app, phase string) (releases.Filter, error) {
	filter := releases.Filter{App: app}
	if app != "" && strings.Count(app, "/") != 2 {
		return filter, &usageError{fmt.Sprintf("--app %q is not of the form platform/region/id, for example sae/cn-hangzhou/7171a6ca", app)}
	}
	if phase == "" {
		return filter, nil
	}
	for _, p := range release.Phases() {
		if strings.EqualFold(string(p), phase) {
			filter.Phase = p
			return filter, nil
		}
	}
	return filter, &usageError{fmt.Sprintf("--phase %q is no phase; there are %s", phase, strings.Join(phases(), ", "))}
}

func (a *app) runList(cmd *cobra.Command, f render.Format, filter releases.Filter, limit time.Duration) error {
	v, err := a.values(cmd)
	if err != nil {
		return err
	}
	ctx, cancel := within(cmd.Context(), limit)
	defer cancel()
	client, closeClient, err := a.releases(ctx, v)
	if err != nil {
		return err
	}
	defer closeClient()
	found, more, err := client.List(ctx, filter)
	if err != nil {
		return err
	}
	switch {
	case more:
		a.talk("there are more; use --all or --limit")
	case len(found) == 0 && f == render.FormatTable:
		a.talk("there are no such releases")
		return nil
	case len(found) == 0:
		found = []releases.Listed{}
	}
	return f.Write(a.Stdout, found, func() string { return render.Releases(rows(found), time.Now(), a.screen(cmd).style()) })
}

func rows(found []releases.Listed) []render.Row {
	out := make([]render.Row, len(found))
	for i, l := range found {
		out[i] = render.Row{ID: l.ID, Kind: l.Kind, App: l.App, Phase: l.Phase, Stopped: l.Stopped, StartedAt: l.StartedAt, EndedAt: l.EndedAt}
	}
	return out
}
