package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/connect"
	"slipway/cmd/slipway/internal/doctor"
	"slipway/cmd/slipway/internal/render"
	"slipway/release"
	"slipway/worker"
)

// checkTime bounds one check.
const checkTime = 5 * time.Second

func (a *app) doctor() *cobra.Command {
	var regions []string
	var repair, yes bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check whether Slipway can work, and say what helps where it cannot",
		Long: `Check all that Slipway needs, from where this command runs and with its settings: NATS, its
streams and buckets beside what setup would make of them, the rights of a starter, a worker
and a console, starters and what waits for them, dead letters of the last day, Temporal, its
namespace and search attributes, the encoding of payloads, workers and their versions, for
the regions of the latest releases and those of --region, and each platform where
SLIPWAY_SAE_REGION, SLIPWAY_FC_REGION or SLIPWAY_SERVICESTAGE_REGION is set. Of a console that
tells of pushes as a user of NATS, --identity names that user.

The releases that were changed within the last 30 days are held against each other as Temporal
and the ledger have them: they differ after one of both was restored from a backup, or both were.

With --repair nothing else is checked, and what differs is healed: a release that Temporal does not
know any more is looked after by a watchdog, as "slipway scaling recover" begins it, one that
has ended and runs again is terminated with its lane, and what the ledger lacks is recorded. The
applications of the latest releases are looked at on their platforms, too, and what only a person can put
right is named. It asks before it changes anything; --yes answers that. Repeating it is harmless.

Without --repair nothing is changed, and no stream stores anything: a right to publish is tried with a
message that is addressed to no stream. Checks run side by side, each for --timeout at most. What has failed
comes first, then warnings, then what could not be checked, then what is well.`,
		Example: `  slipway doctor
  slipway doctor --region sae/cn-hangzhou --region fc/cn-shanghai
  slipway doctor --timeout 20s -o json
  slipway doctor --repair`,
		GroupID: groupMaintenance,
		Args:    arguments(),
	}
	exits(cmd, exitOK, "nothing has failed; there may be warnings; with --repair: nothing differs any more, or heals by itself from now on")
	exits(cmd, exitError, "a check has failed, also one without an answer within --timeout; with --repair: something could not be healed")
	exits(cmd, exitAttention, "with --repair: what could be healed is, and a person must put right the rest")
	cmd.Flags().BoolVar(&repair, "repair", false, "heal what Temporal, the ledger and platforms say differently of releases")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask before a repair")
	cmd.Flags().StringSliceVar(&regions, "region", nil, "a region of a platform for which a worker is expected, such as sae/cn-hangzhou; may be given more than once")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		switch {
		case yes && !repair:
			return &usageError{"--yes answers what --repair asks; name both"}
		case repair && len(regions) > 0:
			return &usageError{"--region is for the checks, which --repair does not do"}
		}
		for _, region := range regions {
			platform, in, _ := strings.Cut(region, "/")
			if err := release.InRegion(release.Platform(platform), in); err != nil {
				return &usageError{fmt.Sprintf("--region %q is no region of a platform, for example sae/cn-hangzhou", region)}
			}
		}
		return nil
	}
	return a.command(cmd, frame{
		settings: slices.Concat(config.Temporal(), config.NATS(), config.Platforms(), config.HooksIdentity()), draws: true,
		timeout: checkTime, usage: "how long each check may take", limit: func(*cobra.Command, time.Duration) time.Duration { return 0 },
	}, func(ctx context.Context, call *call) error {
		if call.timeout <= 0 {
			return &usageError{"--timeout must be more than 0"}
		}
		if repair {
			return a.repair(ctx, call, yes)
		}
		return a.runDoctor(ctx, call, regions)
	})
}

func (a *app) runDoctor(ctx context.Context, call *call, regions []string) error {
	log, err := call.values.Logger(a.Stderr, config.ForPerson())
	if err != nil {
		return err
	}
	natsOptions, err := connect.NATSSettings(call.values, a.Getenv)
	if err != nil {
		return err
	}
	platforms, own, err := platformChecks(call.values)
	if err != nil {
		return err
	}
	regions = append(regions, own...)
	identity, err := connect.ConsoleIdentity(call.values)
	if err != nil {
		return err
	}
	bus := &doctor.Bus{Options: natsOptions, ConsoleIdentity: identity}
	engine := &doctor.Engine{Regions: regions, Dial: func(ctx context.Context, o client.Options) (client.Client, error) {
		return connect.Temporal(ctx, o, log)
	}}
	engine.Options, engine.OptionsErr = connect.TemporalOptions(call.values, a.Getenv)
	defer engine.Close()

	first := doctor.Run(ctx, []doctor.Check{bus.Connection(), engine.Connection()}, call.timeout)
	found := append(first, doctor.Run(ctx, slices.Concat(bus.Checks(), engine.Checks(), []doctor.Check{doctor.Releases(bus, engine)}, platforms), call.timeout)...)
	if err := a.writeFindings(call, found); err != nil {
		return err
	}
	if n := doctor.Count(found, doctor.Failed); n > 0 {
		return fmt.Errorf("%d of %d checks have failed", n, len(found))
	}
	return nil
}

// writeFindings prints what was found, with what a person must act on first.
func (a *app) writeFindings(call *call, found []doctor.Finding) error {
	doctor.Sort(found)
	return call.format.Write(a.Stdout, found, func() string { return render.Doctor(checked(found), call.style) })
}

// platformChecks check the platforms that this shell names regions of, and returns these regions.
func platformChecks(v *config.Values) (checks []doctor.Check, regions []string, err error) {
	for _, s := range allSettings() {
		named, err := s.regions(v)
		if err != nil {
			return nil, nil, err
		}
		if len(named) == 0 {
			checks = append(checks, doctor.NoPlatform(s.product(), s.place[0].Env))
		}
		for _, region := range named {
			regions = append(regions, string(s.platform)+"/"+region)
			checks = append(checks, doctor.Platform(s.product()+", "+region, func() (worker.Platform, error) { return s.serve(v, region, nil) }))
		}
	}
	return checks, regions, nil
}

func checked(found []doctor.Finding) []render.Checked {
	out := make([]render.Checked, len(found))
	for i, f := range found {
		out[i] = render.Checked{Name: f.Check, State: string(f.Result), Found: f.Found, Remedy: f.Remedy}
	}
	return out
}
