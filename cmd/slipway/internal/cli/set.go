package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"slipway/apps"
	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/render"
	"slipway/internal/documents"
	"slipway/manifest"
	"slipway/release"
	"slipway/releases"
	"slipway/requests"
	"slipway/wire"
)

func (a *app) set() *cobra.Command {
	return a.group(&cobra.Command{
		Use:     "set",
		Aliases: []string{"sets"},
		Short:   "Release several applications as one",
		Long: `Release several applications as one: in waves, with one confirmation for a wave, and with
a way back in reverse order. Each release of a set is a release like any other: it can be
watched, confirmed and aborted with "slipway release".

Exit codes:
` + exitCodes,
		Example: `  slipway set submit -f set.yaml --wait
  slipway set watch s-abcdefghijklmnop
  slipway set confirm s-abcdefghijklmnop --note "stock looks right"`,
		GroupID: groupReleases,
	}, a.setSubmit(), a.setList(), a.setGet(), a.setWatch(), a.setConfirm(), a.setAbort())
}

func (a *app) setSubmit() *cobra.Command {
	var file string
	var over manifest.Overrides
	cmd := &cobra.Command{
		Use:   "submit -f FILE",
		Short: "Ask for a set of releases by an event on NATS",
		Long: `Ask for the set that a file describes, by an event on NATS JetStream, and print the set ID.
The file is YAML or JSON: apiVersion: slipway.dev/v1, kind: ReleaseSet, spec.

Its name and the source and ID of the event are the identity of the set. The spec of each of its
releases has app, or application and environment: names of an application document, "slipway app
list".

With --wait the set is followed like "slipway set watch" does.`,
		Example: `  slipway set submit -f examples/set.yaml
  slipway set submit -f set.yaml --wait --timeout 4h
  slipway set submit -f examples/set-by-name.yaml --plan
  slipway set submit -f - --dry-run < set.yaml`,
		Args: arguments(),
	}
	flags := cmd.Flags()
	flags.VarP(&oneFile{path: &file}, "file", "f", "file of the set; - reads standard input (required)")
	flags.StringVar(&over.Note, flagNote, "", "note in place of the file's")
	flags.StringVar(&over.RequestedBy, "requested-by", "", "who asks, in place of the file's (default --by)")
	_ = cmd.MarkFlagFilename("file", "yaml", "yml", "json")
	return a.onSubmit(cmd, kindSet, func(ctx context.Context, call *call) (asked, error) {
		over.AskedBy = call.by
		it, err := readWith(a, file, over, manifest.ReadSet)
		if err != nil {
			return asked{}, err
		}
		whole, err := call.resolvedSet(ctx, it)
		if err != nil {
			return asked{}, err
		}
		return a.askedSet(it, whole)
	})
}

// askedSet is a set as something to ask for. The starter resolves the names in it, with the documents as they are
// by then; what they are resolved to here, the lanes are asked about.
func (a *app) askedSet(it wire.AskedSet, whole wholeSet) (asked, error) {
	request, err := requests.OfSet(it)
	return asked{
		Request: request, what: kindSet, watch: setTarget().watch, digest: request.Digest(),
		brings: specsOf(whole.set), document: manifest.Document{Set: &it},
	}, err
}

// wholeSet is a set with its names resolved, and by which of them its releases are asked for.
type wholeSet struct {
	set   release.Set
	names map[string]release.ByName
}

// resolvedSet is what a set asks for, whole: releases that name their applications with what the documents say.
func (c *call) resolvedSet(ctx context.Context, it wire.AskedSet) (whole wholeSet, err error) {
	if len(it.Named) == 0 {
		return wholeSet{set: it.Set}, nil
	}
	js, closeNATS, err := c.app.jetStream(ctx, c.values, "slipway set")
	if err != nil {
		return whole, err
	}
	defer closeNATS()
	store, found := apps.NewStore(js), map[string]apps.Document{}
	whole.set, whole.names, err = it.Resolve(func(n wire.Named) (wire.Resolved, error) {
		document, known := found[n.Application]
		if !known {
			var err error
			document, err = store.Get(ctx, n.Application)
			if unknown, is := errors.AsType[*documents.UnknownError](err); is {
				return wire.Resolved{}, release.Problem{Field: "application", Message: unknown.Error()}
			}
			if err != nil {
				return wire.Resolved{}, err
			}
			found[n.Application] = document
		}
		return document.Spec.ResolveAt(document.Revision, n)
	})
	if problems, ok := errors.AsType[release.Problems](err); ok {
		return whole, fmt.Errorf("set %s cannot be released so:\n%w", it.Set.Name, problems)
	}
	return whole, err
}

// specsOf are the releases of a set.
func specsOf(set release.Set) (specs []release.Spec) {
	for _, w := range set.Waves {
		for _, r := range w.Releases {
			specs = append(specs, r.Spec)
		}
	}
	return specs
}

// setTarget is a set as something to get and watch.
func setTarget() watchTarget[render.Set] {
	return watchTarget[render.Set]{
		name: kindSet, get: getSet, tree: render.SetTree, diff: render.SetDiff, inLedger: setInLedger, inStream: storedSet, heldBy: heldBy, search: storedRequest,
		facts: func(p render.Set) facts { return facts{p.Phase, p.Digest} },
	}
}

// getSet reads the status of a set, and where its releases under way stand.
func getSet(ctx context.Context, call *call, id string) (releases.Status[render.Set], error) {
	if call.client != nil {
		return call.client.ShowSet(ctx, id)
	}
	status, err := call.getSet(ctx, id)
	if err != nil {
		return releases.Status[render.Set]{}, err
	}
	return releases.Status[render.Set]{Progress: render.Set{SetProgress: status.Progress}, Closed: status.Closed, Partial: status.Partial}, nil
}

func (a *app) setWatch() *cobra.Command {
	return a.onWatch(&cobra.Command{
		Use:     "watch ID",
		Aliases: []string{"status"},
		Short:   "Follow a set to its end",
		Long: `Follow a set to its end. On a terminal the picture is redrawn; otherwise each change is one
line. With -o json each change is one line of JSON, the whole progress of the set. One that
Temporal has forgotten is shown as the ledger knows it.`,
		Example: `  slipway set watch s-abcdefghijklmnop
  slipway set watch s-abcdefghijklmnop --timeout 60s -o json`,
		Args: idOf(kindSet), ValidArgsFunction: a.completeSets(releases.Filter{}),
	}, kindSet, setTarget().watchGiven)
}

func (a *app) setGet() *cobra.Command {
	return a.onGet(&cobra.Command{
		Use:   "get ID",
		Short: "Show one set",
		Long: `Show one set: its waves, where each release stands and what it waits for, and the decisions. One that Temporal has
forgotten is shown as the ledger knows it.`,
		Example: `  slipway set get s-abcdefghijklmnop
  slipway set get s-abcdefghijklmnop -o json`,
		Args: idOf(kindSet), ValidArgsFunction: a.completeSets(releases.Filter{}),
		Annotations: map[string]string{exitNote + "0": "done, whatever its outcome"},
	}, frame{timeout: answerTime}, setTarget().show)
}

func (a *app) setList() *cobra.Command {
	var phase string
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List sets",
		Long:    `List sets: those under way first, then the latest ended.`,
		Example: `  slipway set list
  slipway set list -w
  slipway set list --phase AwaitingConfirm -o json`,
		Args: arguments(),
	}
	cmd.Flags().StringVar(&phase, "phase", "", "only in this phase")
	limit := limits(cmd)
	var filter releases.Filter
	cmd.PreRunE = func(*cobra.Command, []string) (err error) {
		if filter, err = newFilter("", phase); err != nil {
			return err
		}
		filter.Limit, err = limit()
		return err
	}
	completing(cmd, "phase", phases()...)
	return a.command(withWatch(cmd), watchable(config.Temporal()), withTemporal(func(ctx context.Context, call *call) error {
		return listOf(kindSet, render.Sets, func(ctx context.Context) (found[releases.Listed], error) {
			items, more, err := call.client.ListSets(ctx, filter)
			return found[releases.Listed]{items: items, notes: moreNote(more)}, err
		}).print(ctx, call)
	}))
}

func (a *app) setConfirm() *cobra.Command {
	var wave int
	var note string
	cmd := &cobra.Command{
		Use:     "confirm ID",
		Aliases: []string{"promote"},
		Short:   "Let the wave begin that waits for a person",
		Long: `Let the wave begin that waits for a person. Without --wave it is the wave that waits just
now; with it, nothing but that wave is confirmed, however late the word comes. Confirming the
same wave twice is one confirmation.`,
		Example: `  slipway set confirm s-abcdefghijklmnop
  slipway set confirm s-abcdefghijklmnop --wave 2 --note "stock looks right"`,
		Args: idOf(kindSet), ValidArgsFunction: a.completeSets(releases.Filter{Phase: release.PhaseAwaitingConfirm, Open: true}),
	}
	cmd.Flags().IntVar(&wave, "wave", 0, "confirm this wave only, counted from 1 (default the one that waits)")
	cmd.Flags().StringVar(&note, flagNote, "", "why it may begin")
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		if wave < 1 && cmd.Flag("wave").Changed {
			return &usageError{"--wave counts from 1"}
		}
		return nil
	}
	refusable(cmd, "the set refuses, with the reason; nothing was changed")
	return a.onReleases(cmd, func(ctx context.Context, call *call) error {
		if wave == 0 {
			status, err := call.getSet(ctx, call.args[0])
			if err != nil {
				return call.orNotBegun(ctx, err)
			}
			if wave, err = call.waitingWave(status); err != nil {
				return err
			}
		}
		if status, err := call.getSet(ctx, call.args[0]); err == nil && waveWaits(status.Progress, wave) && call.client != nil {
			if undoes := releases.Undoes(call.client.Since(ctx, status.Progress)); undoes != "" {
				a.infof("should this wave fail, %s", undoes)
			}
		}
		return a.sendSetCommand(ctx, call, release.Command{Kind: release.CommandConfirm, Batch: wave, Note: note})
	})
}

// waveWaits reports whether it is this wave that waits for a confirmation: another one is refused, and
// none of a set that has ended can fail.
func waveWaits(p release.SetProgress, wave int) bool {
	return p.Awaiting != nil && p.Awaiting.Kind == release.AwaitConfirm && p.Awaiting.Batch == wave && !p.Phase.Ended()
}

// waitingWave is the wave that waits for a person.
func (c *call) waitingWave(status releases.Status[release.SetProgress]) (int, error) {
	id := c.args[0]
	if status.Partial.Reason != releases.PartialNone {
		return 0, &unknownError{fmt.Sprintf("cannot tell which wave of set %s waits: %s; start slipway worker, or name the wave with --wave", id, status.Partial.Message)}
	}
	confirmation, err := status.Progress.Confirming()
	if err != nil {
		return 0, &releases.RefusedError{ID: id, Reason: err.Error()}
	}
	return confirmation.Batch, nil
}

func (a *app) setAbort() *cobra.Command {
	var reason string
	var atSafePoint bool
	cmd := &cobra.Command{
		Use:   "abort ID",
		Short: "Abort the releases of a set that are under way, and begin no other",
		Long: `Abort the releases of a set that are under way, and begin no other. What has succeeded
before stays. With --at-safe-point batches in progress are finished first.`,
		Example: `  slipway set abort s-abcdefghijklmnop --reason "wrong price list"`,
		Args:    idOf(kindSet), ValidArgsFunction: a.completeSets(releases.Filter{Open: true}),
	}
	cmd.Flags().StringVar(&reason, flagReason, "", "why")
	cmd.Flags().BoolVar(&atSafePoint, "at-safe-point", false, "let each release wait until no batch is in progress")
	refusable(cmd, "the set refuses, with the reason; nothing was changed")
	return a.onReleases(cmd, func(ctx context.Context, call *call) error {
		return a.sendSetCommand(ctx, call, release.Command{Kind: release.CommandAbort, Reason: reason, AtSafePoint: atSafePoint})
	})
}

// sendSetCommand sends a command to a set and reports what it did.
func (a *app) sendSetCommand(ctx context.Context, call *call, c release.Command) error {
	c, p, err := call.sendSetCommand(ctx, call.args[0], c)
	if err != nil {
		return call.orNotBegun(ctx, err)
	}
	a.infof("%s", c.Acknowledgement(p.Decisions, release.UnitWave, call.style.Zone))
	return call.format.Write(a.Stdout, p, func() string { return render.SetLine(p, call.style.Zone) + "\n" })
}
