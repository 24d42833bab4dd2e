package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"slipway/release"
	"slipway/releases"
)

func (a *app) retry() *cobra.Command {
	var note string
	cmd := &cobra.Command{
		Use:   "retry ID",
		Short: "Ask again for what a release that has ended asked for",
		Long: `Ask again for what a release that has ended asked for, whatever its outcome was. It becomes a new
release, with an ID of its own, which names the one that it repeats. A release that has not
ended is not repeated.

All that the release was asked for with is asked for again, also --freeze-override and the
place in the lane, but: who asks is whoever retries; a change that was taken over (adopt) is
not again, because it has ended; and a release of a set is repeated by itself. Commands that
were sent to it, such as confirm or override, are not repeated. An artifact that was rolled
back is refused until it is allowed: "slipway lane allow". SAE takes each version of a package
once: one whose change had begun is submitted again with a new version.

Temporal keeps what was asked for as long as it remembers the release; after that, submit the
release file again.`,
		Example: `  slipway release retry r-abcdefghijklmnop
  slipway release retry r-abcdefghijklmnop --wait --reason "the registry is back"
  slipway release retry r-abcdefghijklmnop --dry-run -o yaml`,
		Args: idOf(kindRelease),
	}
	cmd.Flags().StringVar(&note, flagReason, "", "why, in place of the note of the release")
	a.onSubmit(cmd, kindRelease, func(call *call) (asked, error) {
		spec, err := call.retried()
		if err != nil {
			return asked{}, err
		}
		spec.RequestedBy = call.by
		if note != "" {
			spec.Note = note
		}
		spec = spec.WithDefaults()
		err = spec.Validate()
		if problems, ok := errors.AsType[release.Problems](err); ok {
			return asked{}, fmt.Errorf("release %s cannot be repeated as it is; submit a corrected release file:\n%w", call.args[0], problems)
		}
		if why := spec.Freeze.Override; why != "" {
			a.infof("it passes over freezes, as release %s was to: %s", spec.RetryOf, why)
		}
		return a.askedRelease(spec), err
	})
	cmd.ValidArgsFunction = a.completeReleases(releases.Filter{})
	return exits(cmd, exitRefused, "the release has not ended")
}

// retried asks Temporal what the release that is named was asked for with.
func (c *call) retried() (spec release.Spec, err error) {
	id := c.args[0]
	ctx, cancel := within(c.cmd.Context(), answerTime)
	defer cancel()
	err = withTemporal(func(ctx context.Context, c *call) (err error) {
		spec, err = c.client.Retry(ctx, id)
		return err
	})(ctx, c)
	if _, missing := errors.AsType[*releases.NotFoundError](err); missing {
		return spec, fmt.Errorf("release %s is not known to Temporal, or forgotten, and with it what was asked for; "+
			"submit its file again: slipway release submit -f FILE", id)
	}
	return spec, err
}
