package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"slipway/internal/documents"
	"slipway/release"
	"slipway/releases"
	"slipway/wire"
)

func (a *app) retry() *cobra.Command {
	var over retryFlags
	cmd := &cobra.Command{
		Use:   "retry ID",
		Short: "Ask again for what a release that has ended asked for",
		Long: `Ask again for what a release that has ended asked for, whatever its outcome was. It becomes a new
release, with an ID of its own, which names the one that it repeats. A release that has not
ended is not repeated.

One that was asked for by name is asked for by name again, and locked fields hold as its document has them now.

All that the release was asked for with is asked for again, its configuration, too, and --freeze-override and the
place in the lane unless they are given here, but: who asks is whoever retries; a change that was taken over (adopt) is
not again, because it has ended; and a release of a set is repeated by itself. Commands that
were sent to it, such as confirm or override, are not repeated. An artifact that was rolled
back is refused until it is allowed: "slipway lane allow". SAE takes each version of a package
once: one whose change had begun is submitted again with a new version.

Temporal keeps what was asked for as long as it remembers the release; after that, submit the
release file again.`,
		Example: `  slipway release retry r-abcdefghijklmnop
  slipway release retry r-abcdefghijklmnop --wait --reason "the registry is back"
  slipway release retry r-abcdefghijklmnop --preempt --freeze-override "orders are lost until this is out"
  slipway release retry r-abcdefghijklmnop --dry-run -o yaml`,
		Args: idOf(kindRelease),
	}
	cmd.Flags().StringVar(&over.note, flagReason, "", "why, in place of the note of the release")
	withLane(cmd, &over.lane, &over.freeze)
	a.onSubmit(cmd, kindRelease, func(ctx context.Context, call *call) (asked, error) {
		spec, name, err := call.retried(ctx)
		if err != nil {
			return asked{}, err
		}
		if call.cmd.Flag("preempt").Changed {
			over.preempt = &over.lane.Preempt
		}
		spec = over.over(spec, call.by)
		err = wire.Validate(spec)
		if problems, ok := errors.AsType[release.Problems](err); ok {
			return asked{}, fmt.Errorf("release %s cannot be repeated as it is; submit a corrected release file:\n%w", call.args[0], problems)
		}
		if why := spec.Freeze.Override; why != "" && over.freeze.Override == "" {
			a.infof("it passes over freezes, as release %s was to: %s", spec.RetryOf, why)
		}
		if p := spec.Policy; len(p.Override) > 0 {
			a.infof("it passes over the policies %s, as release %s was to: %s", joined(p.Override), spec.RetryOf, p.Reason)
		}
		if name != nil && err == nil {
			return call.retriedByName(ctx, *name, spec)
		}
		return a.askedRelease(spec), err
	})
	cmd.ValidArgsFunction = a.completeReleases(releases.Filter{Closed: true})
	return exits(cmd, exitRefused, "the release has not ended, or its lane denies the artifact, which was rolled back")
}

// retryFlags are what is asked for otherwise than the release before did; what is empty stays.
type retryFlags struct {
	note    string
	lane    release.Lane
	preempt *bool
	freeze  release.FreezePolicy
}

// over is the spec of the new release, which by asks for.
func (r retryFlags) over(spec release.Spec, by string) release.Spec {
	spec.RequestedBy = by
	spec.Note = cmp.Or(r.note, spec.Note)
	spec.Lane.Policy = cmp.Or(r.lane.Policy, spec.Lane.Policy)
	spec.Freeze.Override = cmp.Or(r.freeze.Override, spec.Freeze.Override)
	if r.preempt != nil {
		spec.Lane.Preempt = *r.preempt
	}
	return spec.WithDefaults()
}

// retried asks Temporal what the release that is named was asked for with.
func (c *call) retried(ctx context.Context) (spec release.Spec, name *release.ByName, err error) {
	id := c.args[0]
	ctx, cancel := within(ctx, answerTime)
	defer cancel()
	err = withTemporal(func(ctx context.Context, c *call) (err error) {
		spec, name, err = c.client.Retry(ctx, id)
		if _, missing := errors.AsType[*releases.NotFoundError](err); missing {
			return cmp.Or(c.unaccepted(ctx, id), err)
		}
		return err
	})(ctx, c)
	if _, missing := errors.AsType[*releases.NotFoundError](err); missing {
		return spec, nil, fmt.Errorf("release %s is not known to Temporal, or forgotten, and with it what was asked for; "+
			"submit its file again: slipway release submit -f FILE", id)
	}
	return spec, name, err
}

// retriedByName asks for a spec by the name that the release was asked for by: with what its document says no
// more than needs be. One whose document is gone is asked for without a name.
func (c *call) retriedByName(ctx context.Context, name release.ByName, spec release.Spec) (asked, error) {
	n, err := c.named(ctx, name.String(), "")
	if _, gone := errors.AsType[*documents.UnknownError](err); gone {
		c.app.infof("application %s has no document any more: the release is repeated without a name", name.Application)
		return c.app.askedRelease(spec), nil
	}
	if err != nil {
		return asked{}, err
	}
	request, err := n.document.Spec.Request(n.environment.Name, spec)
	if err != nil {
		return asked{}, fmt.Errorf("release %s cannot be repeated as %s, as its document is now; ask for it anew: slipway deploy %s\n%w", c.args[0], n, n, err)
	}
	return c.app.askedByName(request, spec)
}
