package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/render"
	"slipway/release"
	"slipway/releases"
)

const flagConfigDigest = "config-digest"

func (a *app) approve() *cobra.Command {
	var note string
	cmd := a.decision(&cobra.Command{
		Use:   "approve ID",
		Short: "Approve a release, or its finished batch, that asks for approval",
		Long: `Approve a release that waits for approval before it changes anything, or the finished batch
that waits for it. The release says who may, and how many must; each person counts once, and
whoever asked for the release may be left out. The approval is for the artifact and the
configuration that the release shows just now, that of a batch also for its change; it is
refused once the release has gone on.

A name that is given with --by is claimed, not verified: where a release wants verified
identities, say who you are on NATS with --identity, or sign with a registered key with
--sign-key.` + bindings,
		Example: `  slipway release approve r-abcdefghijklmnop --note "tested in staging"
  slipway release approve r-abcdefghijklmnop --artifact registry.example/shop:1.4.2
  slipway release approve r-abcdefghijklmnop --batch 1`,
	}, release.CommandApprove, &note)
	cmd.Flags().StringVar(&note, flagNote, "", "why")
	return cmd
}

func (a *app) reject() *cobra.Command {
	var reason string
	cmd := a.decision(&cobra.Command{
		Use:   "reject ID --reason REASON",
		Short: "Refuse the approval of a release, or of its finished batch, which ends it",
		Long: `Refuse the approval that a release waits for. One rejection is enough: the release ends
Aborted. Before anything was changed, nothing is; of a finished batch the release returns to
the version that ran before.` + bindings,
		Example: `  slipway release reject r-abcdefghijklmnop --reason "the migration is not reviewed"
  slipway release reject r-abcdefghijklmnop --batch 1 --reason "orders are lost"`,
	}, release.CommandReject, &reason)
	cmd.Flags().StringVar(&reason, flagReason, "", "why (required)")
	check := cmd.PreRunE
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		if strings.TrimSpace(reason) == "" {
			return &usageError{"missing --reason: say why it is rejected"}
		}
		return check(cmd, args)
	}
	return cmd
}

// decision makes the command that approves or rejects, with its words.
func (a *app) decision(cmd *cobra.Command, kind release.CommandKind, words *string) *cobra.Command {
	var batch int
	var config string
	cmd = a.releaseCommand(cmd, func(ctx context.Context, call *call) (release.Command, error) {
		c, err := a.askedAbout(ctx, call, kind)
		if cmd.Flag(flagBatch).Changed {
			c.Batch = batch
		}
		c.Config, c.Reason = cmp.Or(config, c.Config), *words
		return c, err
	})
	cmd.Flags().IntVar(&batch, flagBatch, 0, "only if it is this batch, counted from 1 (default what the release asks about)")
	cmd.Flags().StringVar(&config, flagConfigDigest, "", "only if the release brings the configuration of this digest")
	completing(cmd, flagConfigDigest)
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		if cmd.Flag(flagBatch).Changed && batch < 1 {
			return &usageError{"--batch counts from 1, the gray batch first; leave it out for the release"}
		}
		return nil
	}
	return cmd
}

// askedAbout is the decision about what the release asks for approval of just now, and says what that is.
func (a *app) askedAbout(ctx context.Context, call *call, kind release.CommandKind) (release.Command, error) {
	id := call.args[0]
	status, err := call.get(ctx, id)
	if err != nil {
		return release.Command{}, err
	}
	p := status.Progress
	switch s := p.Approval; {
	case p.Phase.Ended():
		return release.Command{}, &releases.RefusedError{ID: id, Reason: "it has ended: " + string(p.Phase)}
	case status.Partial.Reason != releases.PartialNone:
		return release.Command{}, &unknownError{fmt.Sprintf("cannot tell what of release %s waits for approval: %s; start slipway worker", id, status.Partial.Message)}
	case s == nil:
		return release.Command{}, &releases.RefusedError{ID: id, Reason: "it asks for no approval: " + render.Line(p, call.style.Zone)}
	case s.Batch > 0:
		a.infof("batch %s of %s; approval by %s", p.BatchText(s.Batch), p.Artifact.Public(), s.Approval.Text())
	default:
		a.infof("release of %s; approval by %s", p.Artifact.Public(), s.Approval.Text())
	}
	return p.Deciding(kind), nil
}
