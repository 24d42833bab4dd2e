package cli

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/render"
	"slipway/ledger"
	"slipway/release"
	"slipway/releases"
)

// defaultLimit is how many releases are listed unless more are asked for.
const defaultLimit = 20

func (a *app) list() *cobra.Command {
	var chosen listChoice
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List releases",
		Long: `List releases: those under way first, then the latest ended. Of those of an application that wait
for their turn the first three are listed, and the others counted, unless --all, --phase,
--outcome or --forgotten is given. With --forgotten they are followed by those that Temporal has
forgotten, as the ledger of releases on NATS has them.

With --identity or --sign-key all are listed as the ledger has them, those that Temporal has forgotten
among them, and Temporal is not asked.`,
		Example: `  slipway release list
  slipway release list --phase AwaitingConfirm
  slipway release list -w
  slipway release list --app shop/production
  slipway release list --application shop
  slipway release list --app-name orders
  slipway release list --outcome RolledBack --requested-by ann@example.com
  slipway release list --app sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe --all -o json
  slipway release list --app sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe --forgotten`,
		Args: arguments(),
	}
	a.choosesReleases(cmd, &chosen)
	limit := limits(cmd)
	var filter releases.Filter
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) (err error) {
		if chosen.forgotten && watched(cmd) {
			return &usageError{"--forgotten has no meaning with --watch: what Temporal has forgotten changes no more"}
		}
		if filter, err = chosen.filter(); err != nil {
			return err
		}
		filter.Limit, err = limit()
		return err
	}
	return a.command(withWatch(cmd), watchable(slices.Concat(config.Temporal(), config.NATS(), config.AsIdentity(), config.Signing())),
		withReleases(func(ctx context.Context, call *call) (err error) {
			if filter.App, err = call.appOfFlag(ctx, chosen.app); err != nil {
				return err
			}
			filter.Artifacts = call.format != render.FormatTable
			return listOf(kindRelease, render.Releases, func(ctx context.Context) (found[releases.Listed], error) {
				if call.onNATS != nil {
					return recordedList(ctx, call.onNATS.Ledger(), filter)
				}
				if filter.Limit > 0 && filter.Phase == "" && filter.Outcome == "" && !chosen.forgotten {
					return shortList(ctx, call, filter)
				}
				items, more, err := call.client.List(ctx, filter)
				if err == nil && chosen.forgotten {
					items, more, err = withForgotten(ctx, call, filter, items)
				}
				return found[releases.Listed]{items: items, notes: moreNote(more)}, err
			}).print(ctx, call)
		}))
}

// listChoice is which releases are to be listed, as flags say it.
type listChoice struct {
	app, name, application, phase, outcome, operation, requestedBy, set string
	// forgotten tells to list also what Temporal has forgotten.
	forgotten bool
}

// choosesReleases adds the flags of a choice.
func (a *app) choosesReleases(cmd *cobra.Command, c *listChoice) {
	flags := cmd.Flags()
	flags.StringVar(&c.app, "app", "", appUsage)
	flags.StringVar(&c.application, "application", "", "only what was asked for by this name: application, or application/environment")
	flags.StringVar(&c.name, "app-name", "", "only of applications that their platform calls so")
	flags.StringVar(&c.phase, "phase", "", "only in this phase")
	flags.StringVar(&c.outcome, "outcome", "", "only what ended so")
	flags.StringVar(&c.operation, "operation", "", "only what does this: release, rollback, restart, rescale or job")
	flags.StringVar(&c.requestedBy, "requested-by", "", "only what this person or system asked for")
	flags.StringVar(&c.set, "set", "", "only of the set with this ID")
	flags.BoolVar(&c.forgotten, "forgotten", false, "list also what Temporal has forgotten, from the ledger")
	a.completeFlag(cmd, "app", findNamesAnd(findApps()))
	a.completeFlag(cmd, "application", completeNames)
	a.completeFlag(cmd, "set", findSets(releases.Filter{}))
	completing(cmd, "outcome", outcomes()...)
	completing(cmd, "operation", operations()...)
	completing(cmd, "phase", phases()...)
}

// filter is the choice, checked; of which application, the call finds out.
func (c listChoice) filter() (releases.Filter, error) {
	f, err := newFilter(c.app, c.phase)
	if err != nil {
		return f, err
	}
	f.AppName, f.RequestedBy, f.Set, f.Application = c.name, c.requestedBy, c.set, c.application
	return checkFilter(f, c.outcome, c.operation)
}

// checkFilter reads the names of an outcome and an operation, and checks what else is chosen by.
func checkFilter(filter releases.Filter, outcome, operation string) (checked releases.Filter, err error) {
	if filter.Outcome, err = outcomeOf(outcome); err != nil {
		return filter, err
	}
	if filter.Operation, err = operationOf(operation); err != nil {
		return filter, err
	}
	if filter.Set != "" && !release.IsSetID(filter.Set) {
		return filter, &usageError{"--set " + filter.Set + " is no ID of a set, which begins with s-; list them with: slipway set list"}
	}
	if ref, err := release.ParseApp(filter.Application); filter.Application != "" && (err != nil || !ref.ByName()) {
		return filter, &usageError{fmt.Sprintf("--application %q is not of the form application or application/environment, as slipway app list shows it", filter.Application)}
	}
	return filter, nil
}

// shortList lists releases without letting a queue hide the others.
func shortList(ctx context.Context, call *call, filter releases.Filter) (found[releases.Listed], error) {
	o, err := call.client.Overview(ctx, filter)
	return found[releases.Listed]{items: o.Found, notes: append(moreNote(o.More), queueNotes(o.Queues)...)}, err
}

// mostQueues is how many queues are named each by itself.
const mostQueues = 3

// queueNotes say which releases wait for their turn that are not listed, the longest queue first.
func queueNotes(queues []releases.Queue) []string {
	var notes []string
	rest := 0
	for i, q := range queues {
		if i >= mostQueues {
			rest += q.Unlisted
			continue
		}
		notes = append(notes, fmt.Sprintf("%d more of %s wait for their turn; list them with: slipway release list --phase Queued --app %s", q.Unlisted, cmp.Or(q.AppName, q.App), q.App))
	}
	if rest > 0 {
		notes = append(notes, fmt.Sprintf("%d more of other applications wait for their turn; list them with: slipway release list --phase Queued", rest))
	}
	return notes
}

// limits gives a command the flags --limit and --all, and returns what bounds its list: 0 is no
// bound.
func limits(cmd *cobra.Command) func() (int, error) {
	limit := cmd.Flags().Int("limit", defaultLimit, "list at most so many")
	all := cmd.Flags().Bool(flagAll, false, "list all")
	return func() (int, error) {
		switch {
		case *limit < 1:
			return 0, &usageError{"--limit must be at least 1; use --all for all"}
		case *all && cmd.Flags().Changed("limit"):
			return 0, &usageError{"--all and --limit exclude each other: --all lists all, --limit so many"}
		case *all:
			return 0, nil
		}
		return *limit, nil
	}
}

// listOf is a list of releases or sets.
func listOf(kind string, table func([]render.Row, time.Time, render.Style) string, read func(context.Context) (found[releases.Listed], error)) list[releases.Listed] {
	return list[releases.Listed]{
		none: "there are no such " + kind + "s",
		key:  func(l releases.Listed) string { return l.ID },
		table: func(items []releases.Listed, now time.Time, style render.Style) string {
			return table(rows(items), now, style)
		},
		read: read,
	}
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
		string(release.OperationJob),
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
	if app != "" {
		if _, err := readApp("--app", app); err != nil {
			return filter, err
		}
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

// withForgotten adds to the listed releases those that only the ledger remembers.
func withForgotten(ctx context.Context, call *call, f releases.Filter, found []releases.Listed) (all []releases.Listed, more bool, err error) {
	which, err := recordsOf(f, found)
	if err != nil {
		return nil, false, err
	}
	records, err := readLedger(ctx, call, func(known *ledger.Ledger) ([]ledger.Record, error) { return known.All(ctx, which) })
	if err != nil {
		return nil, false, err
	}
	for _, r := range records {
		found = append(found, listedRecord(r))
	}
	all, more = atMost(f.Limit, found)
	return all, more, nil
}

// recordsOf chooses the records of releases that a filter chooses and that are not listed already, the latest so many
// that one more than the limit is known of.
func recordsOf(f releases.Filter, listed []releases.Listed) (ledger.Filter, error) {
	which := ledger.Filter{Outcome: f.Outcome, SetID: f.Set, Limit: f.Limit + 1}
	if f.Limit == 0 {
		which.Limit = math.MaxInt
	}
	if f.App != "" {
		ref, err := release.ParseApp(f.App)
		if err != nil {
			return which, err
		}
		which.App = ref.App
	}
	which.Chooses = func(r ledger.Record) bool {
		return f.Chooses(listedRecord(r)) && !slices.ContainsFunc(listed, func(l releases.Listed) bool { return l.ID == r.ReleaseID })
	}
	return which, nil
}

// atMost bounds a list, and reports whether there are more; 0 is no bound.
func atMost(limit int, found []releases.Listed) (some []releases.Listed, more bool) {
	if limit > 0 && len(found) > limit {
		return found[:limit], true
	}
	return found, false
}

// recordedList lists releases as the ledger has them: those under way first, then the latest ended. A request that no
// lane has taken is none yet.
func recordedList(ctx context.Context, known *ledger.Ledger, f releases.Filter) (found[releases.Listed], error) {
	which, err := recordsOf(f, nil)
	if err != nil {
		return found[releases.Listed]{}, err
	}
	chosen := which.Chooses
	which.Chooses = func(r ledger.Record) bool { return (r.Accepted || r.Ended()) && chosen(r) }
	which.Limit = math.MaxInt // what ended last is not what was asked for last
	records, err := known.All(ctx, which)
	if err != nil {
		return found[releases.Listed]{}, err
	}
	items, more := atMost(f.Limit, latestEnded(records))
	return found[releases.Listed]{items: items, notes: moreNote(more)}, nil
}

// latestEnded puts releases in the order of a list, of records of which the one asked for latest comes first.
func latestEnded(records []ledger.Record) []releases.Listed {
	found := make([]releases.Listed, len(records))
	for i, r := range records {
		found[i] = listedRecord(r)
	}
	slices.SortStableFunc(found, func(a, b releases.Listed) int {
		switch {
		case a.EndedAt.IsZero() == b.EndedAt.IsZero():
			return b.EndedAt.Compare(a.EndedAt)
		case a.EndedAt.IsZero():
			return -1
		}
		return 1
	})
	return found
}

// nameOf is application/environment of a release that was asked for so.
func nameOf(r ledger.Record) string {
	if r.ByName == nil {
		return ""
	}
	return r.ByName.String()
}

// listedRecord is a release as the ledger has it.
func listedRecord(r ledger.Record) releases.Listed {
	p := r.Latest()
	artifact := ""
	if r.Artifact != (release.Artifact{}) {
		artifact = r.Artifact.String()
	}
	return releases.Listed{
		Artifact: artifact,
		ID:       r.ReleaseID, Kind: release.Spec{Operation: p.Operation, Strategy: p.Strategy}.Workflow(), App: r.App.SearchValue(), AppName: p.AppName, Application: nameOf(r), Phase: p.Phase,
		Outcome: r.Outcome, Operation: cmp.Or(p.Operation, release.OperationRelease), Strategy: p.Strategy.Of(cmp.Or(p.Operation, release.OperationRelease)), RequestedBy: r.RequestedBy, Set: r.SetID,
		CreatedAt: r.Asked(), EndedAt: r.EndedAt,
	}
}

func rows(found []releases.Listed) []render.Row {
	out := make([]render.Row, len(found))
	for i, l := range found {
		out[i] = render.Row{
			ID: l.ID, Name: l.Name, Operation: l.Operation, Strategy: l.Strategy, App: l.App, AppName: l.CalledName(), Phase: l.Phase, Stopped: l.Stopped,
			Artifact: l.Artifact, RequestedBy: l.RequestedBy, Set: l.Set, CreatedAt: l.CreatedAt, EndedAt: l.EndedAt,
		}
	}
	return out
}
