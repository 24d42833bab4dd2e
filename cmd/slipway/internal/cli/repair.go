package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"slipway/cmd/slipway/internal/doctor"
	"slipway/cmd/slipway/internal/reconcile"
	"slipway/ledger"
	"slipway/release"
)

// repairTime bounds the looking and the healing of a repair, each, unless --timeout says otherwise.
const repairTime = time.Minute

// repair heals what Temporal, the ledger and platforms say differently of releases, once somebody has agreed.
func (a *app) repair(ctx context.Context, call *call, yes bool) error {
	limit := repairTime
	if call.cmd.Flag(flagTimeout).Changed {
		limit = call.timeout
	}
	sources, closeSources, err := a.sources(ctx, call, limit)
	if err != nil {
		return err
	}
	defer closeSources()
	found, heals, err := look(ctx, sources, limit)
	if err != nil {
		return err
	}
	if len(heals) > 0 && !yes {
		if err := a.askToHeal(ctx, heals); err != nil {
			return err
		}
	}
	healing, cancel := within(ctx, limit)
	defer cancel()
	for _, d := range heals {
		done, err := sources.Heal(healing, d)
		found = append(found, doctor.Repaired(d, done, err))
	}
	if err := a.writeFindings(call, found); err != nil {
		return err
	}
	switch {
	case doctor.Count(found, doctor.Failed) > 0:
		return fmt.Errorf("%d of %d differences could not be healed", doctor.Count(found, doctor.Failed), len(heals))
	case doctor.Count(found, doctor.Warning) > 0:
		return &outcomeError{release.PhaseNeedsAttention}
	}
	return nil
}

// sources connects what is compared.
func (a *app) sources(ctx context.Context, call *call, limit time.Duration) (s reconcile.Sources, closeSources func(), err error) {
	ctx, cancel := within(ctx, limit)
	defer cancel()
	client, closeClient, err := a.releases(ctx, call.values)
	if err != nil {
		return s, nil, err
	}
	js, closeNATS, err := a.jetStream(ctx, call.values, "slipway doctor")
	if err != nil {
		closeClient()
		return s, nil, err
	}
	return reconcile.Sources{Releases: client, Ledger: ledger.New(js)}, func() { closeNATS(); closeClient() }, nil
}

// look finds what differs: heals is what can be healed, and found has all else.
func look(ctx context.Context, s reconcile.Sources, limit time.Duration) (found []doctor.Finding, heals []reconcile.Difference, err error) {
	ctx, cancel := within(ctx, limit)
	defer cancel()
	compared, err := s.Compare(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, context.Cause(ctx))
	}
	onPlatforms, unread := s.Applications(ctx, compared)
	for _, d := range slices.Concat(compared.Differences, onPlatforms) {
		if d.Heals != "" {
			heals = append(heals, d)
			continue
		}
		found = append(found, doctor.Differences([]reconcile.Difference{d})...)
	}
	return slices.Concat(doctor.JudgeReleases(compared), found, doctor.Unread(unread)), heals, nil
}

// askToHeal says what would be done, and asks whether it shall be.
func (a *app) askToHeal(ctx context.Context, heals []reconcile.Difference) error {
	for _, d := range heals {
		a.infof("%s: %s. A repair does this: %s", d.Subject, d.Found, d.Heals)
	}
	return a.agreed(ctx, question{
		what:    fmt.Sprintf("heal %d differences?", len(heals)),
		instead: fmt.Sprintf("%d differences would be healed; say so with --yes", len(heals)),
		no:      "nothing was changed",
	})
}
