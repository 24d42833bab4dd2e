package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slipway/apps"
	"slipway/audit"
	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/render"
	"slipway/release"
)

// followPause is how long "slipway audit --follow" waits before it asks for more.
const followPause = time.Second

// auditFlags choose what is shown of the audit.
type auditFlags struct {
	since, until, who, on string
	actions               []string
	limit                 int
	follow, diff          bool
}

func (a *app) audit() *cobra.Command {
	var flags auditFlags
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Who asked, decided, overrode and changed what",
		Long: `Show who asked for releases, who confirmed, approved, paused, aborted and overrode, what was refused, who
held lanes, changed freezes and documents, and how releases ended: the newest last. It is read from the
stream SLIPWAY_AUDIT, which nobody writes to and from which nothing can be deleted; NATS keeps it for 400
days unless setup was told otherwise.

IDENTITY says what proves who has done it, a subject or a key, or that they only claim it. A document is
changed by who may write its bucket: BY is what they have said. With --diff the fields are shown that were
changed of a document, and with -o json each entry has the documents before and after it. --follow goes on until it is
interrupted; with -o json each entry is a line then.`,
		Example: `  slipway audit
  slipway audit --since 7d --who li
  slipway audit --app shop/production --action approve,reject,override
  slipway audit --action apply,delete,freeze --since 30d --diff
  slipway audit --follow -o json`,
		GroupID: groupMaintenance,
		Args:    arguments(),
	}
	f := cmd.Flags()
	f.StringVar(&flags.since, "since", "24h", "from this time on: 24h or 7d ago, or a time such as 2026-07-01T09:00:00Z")
	f.StringVar(&flags.until, "until", "", "until this time: 24h or 7d ago, or a time such as 2026-07-01T09:00:00Z (default now)")
	f.StringVar(&flags.who, "who", "", "only what this person or pipeline has done")
	f.StringVar(&flags.on, "app", "", "only on this: application, application/environment, platform/region/id, set/name, or the ID of a release or a set")
	f.StringSliceVar(&flags.actions, "action", nil, "only these: "+joined(audit.Actions()))
	f.IntVar(&flags.limit, "limit", defaultLimit, "show at most so many, the newest")
	f.BoolVarP(&flags.follow, "follow", "f", false, "go on and show what comes")
	f.BoolVar(&flags.diff, "diff", false, "show what was changed of documents")
	var actions []string
	for _, each := range audit.Actions() {
		actions = append(actions, string(each))
	}
	completing(cmd, "action", actions...)
	a.completeFlag(cmd, "app", completeNames)
	return a.command(cmd, frame{settings: config.NATS(), draws: true, timeout: answerTime, limit: func(cmd *cobra.Command, timeout time.Duration) time.Duration {
		if flags.follow && !cmd.Flag(flagTimeout).Changed {
			return 0
		}
		return timeout
	}}, func(ctx context.Context, call *call) error { return a.showAudit(ctx, call, flags) })
}

func (a *app) showAudit(ctx context.Context, call *call, flags auditFlags) error {
	filter, err := flags.filter(time.Now())
	if err != nil {
		return err
	}
	js, closeNATS, err := a.jetStream(ctx, call.values, "slipway audit")
	if err != nil {
		return err
	}
	defer closeNATS()
	if flags.on != "" {
		filter.On = on(ctx, apps.NewStore(js), flags.on)
	}
	shown := auditView{call: call, log: audit.NewLog(js), diff: flags.diff}
	if flags.follow {
		return shown.follow(ctx, filter)
	}
	return shown.list(ctx, filter, flags.limit)
}

// filter reads the flags.
func (f auditFlags) filter(now time.Time) (out audit.Filter, err error) {
	out.By = f.who
	for _, each := range f.actions {
		action := audit.Action(strings.TrimSpace(each))
		if !slices.Contains(audit.Actions(), action) {
			return out, &usageError{fmt.Sprintf("--action %q is none of %s", each, joined(audit.Actions()))}
		}
		out.Actions = append(out.Actions, action)
	}
	if f.limit < 1 {
		return out, &usageError{"--limit must be at least 1"}
	}
	if out.Since, err = timeBack("since", f.since, now); err != nil || f.until == "" {
		return out, err
	}
	if f.follow {
		return out, &usageError{"--until says where the audit ends, and --follow that it does not; give one of them"}
	}
	if out.Until, err = timeBack("until", f.until, now); err == nil && !out.Until.After(out.Since) {
		err = &usageError{fmt.Sprintf("--until %s is not after --since %s", f.until, f.since)}
	}
	return out, err
}

// on is what an application is called: its name, and what its document says that its environments are. One without a
// document is looked for by what was given: it may have had one.
func on(ctx context.Context, documents *apps.Store, text string) []string {
	out := []string{text}
	ref, err := release.ParseApp(text)
	if err != nil || !ref.ByName() {
		return out
	}
	d, err := documents.Get(ctx, ref.Application)
	if err != nil {
		return out
	}
	for _, e := range d.Spec.Environments {
		if ref.Environment == "" || ref.Environment == e.Name {
			out = append(out, e.App.App().SearchValue())
		}
	}
	return out
}

// auditView shows the audit in one run of the command.
type auditView struct {
	call *call
	log  *audit.Log
	diff bool
}

// documents looks up the documents before changes, where these are shown.
func (v auditView) documents(ctx context.Context, e audit.Entry) (audit.Entry, error) {
	if !v.diff && v.call.format.ForPeople() {
		return e, nil
	}
	return v.log.Before(ctx, e)
}

func (v auditView) list(ctx context.Context, filter audit.Filter, limit int) error {
	app := v.call.app
	found, more, err := v.log.List(ctx, filter, limit)
	if err != nil {
		return err
	}
	for i := range found {
		if found[i], err = v.documents(ctx, found[i]); err != nil {
			return err
		}
	}
	if found == nil {
		found = []audit.Entry{}
	}
	if more {
		app.infof("there are more; use --limit, --since, --who, --app or --action")
	}
	v.tellLags(ctx)
	if len(found) == 0 && v.call.format.ForPeople() {
		app.infof("nobody has done anything like that since %s", v.call.style.Time(filter.Since))
		return nil
	}
	return v.call.format.Write(app.Stdout, found, func() string { return render.Audit(found, v.diff, v.call.style) })
}

// tellLags says what NATS has not copied yet.
func (v auditView) tellLags(ctx context.Context) {
	lags, err := v.log.Lags(ctx)
	if err != nil {
		return // the list itself was read
	}
	for _, l := range lags {
		v.call.app.infof("%d messages of %s are not in the audit yet", l.Missing, l.Stream)
	}
}

func (v auditView) follow(ctx context.Context, filter audit.Filter) error {
	return v.log.Follow(ctx, filter, followPause, func(e audit.Entry) error {
		e, err := v.documents(ctx, e)
		if err != nil {
			return err
		}
		return v.call.format.Stream(v.call.app.Stdout, e, func() string { return render.AuditLine(e, v.diff, v.call.style) })
	})
}
