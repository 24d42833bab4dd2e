package wire_test

import (
	"time"

	"pgregory.net/rapid"

	"slipway/release"
	"slipway/wire"
)

// Generators of valid values.

func apps() *rapid.Generator[release.App] {
	return rapid.Custom(func(t *rapid.T) release.App {
		return release.App{
			Platform: release.PlatformSAE,
			Region:   rapid.StringMatching(`[a-z]{2}-[a-z]{3,9}(-[0-9])?`).Draw(t, "region"),
			ID:       rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9_-]{0,127}`).Draw(t, "app id"),
		}
	})
}

func origins() *rapid.Generator[wire.Origin] {
	return rapid.Custom(func(t *rapid.T) wire.Origin {
		return wire.Origin{
			Source: rapid.StringMatching(`(https://[a-z]{1,9}\.example/)?[a-z0-9-]{1,9}(/[a-z0-9-]{1,9}){0,3}`).Draw(t, "source"),
			ID:     rapid.StringMatching(`[!-~](.{0,60}[!-~])?`).Draw(t, "id"),
			Time:   times().Draw(t, "time"),
		}
	})
}

func times() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "s"), rapid.Int64Range(0, 1e9-1).Draw(t, "ns")).UTC()
	})
}

func durations(most time.Duration) *rapid.Generator[release.Duration] {
	return rapid.Custom(func(t *rapid.T) release.Duration {
		return release.Duration(rapid.Int64Range(1, int64(most/time.Minute)).Draw(t, "minutes") * int64(time.Minute))
	})
}

func specs() *rapid.Generator[release.Spec] {
	return rapid.Custom(func(t *rapid.T) release.Spec {
		return release.Spec{
			App:      apps().Draw(t, "app"),
			Artifact: artifacts().Draw(t, "artifact"),
			Strategy: strategies().Draw(t, "strategy"),
			Scaling:  release.Scaling{Suspend: rapid.Ptr(rapid.Bool(), true).Draw(t, "suspend")},
			Rollback: release.Rollback{OnFailure: rapid.Ptr(rapid.Bool(), true).Draw(t, "onFailure")},
			Limits: release.Limits{
				Confirm:          durations(90*24*time.Hour).Draw(t, "confirm"),
				Approval:         durations(90*24*time.Hour).Draw(t, "approval"),
				Total:            durations(90*24*time.Hour).Draw(t, "total"),
				OnConfirmTimeout: rapid.SampledFrom([]release.TimeoutPolicy{"", release.TimeoutAbort, release.TimeoutPromote, release.TimeoutHold}).Draw(t, "policy"),
			},
			RequestedBy: rapid.StringN(0, 50, -1).Draw(t, "by"),
			Note:        rapid.StringN(0, 1024, -1).Draw(t, "note"),
		}
	})
}

func artifacts() *rapid.Generator[release.Artifact] {
	return rapid.Custom(func(t *rapid.T) release.Artifact {
		if rapid.Bool().Draw(t, "image?") {
			return release.Artifact{Image: rapid.StringMatching(`([a-z]{1,9}\.example/)?[a-z]{1,9}:[0-9]\.[0-9]`).Draw(t, "image")}
		}
		return release.Artifact{Package: &release.Package{
			URL:     rapid.StringMatching(`https?://[a-z]{1,9}\.example/[a-z]{1,9}\.(jar|war|zip)`).Draw(t, "url"),
			Version: rapid.StringMatching(`[!-~]{1,128}`).Draw(t, "version"),
		}}
	})
}

func strategies() *rapid.Generator[release.Strategy] {
	return rapid.Custom(func(t *rapid.T) release.Strategy {
		s := release.Strategy{
			Type:              rapid.SampledFrom([]release.StrategyType{"", release.StrategyAll, release.StrategyBatch, release.StrategyGray}).Draw(t, "type"),
			MinReadyInstances: rapid.Ptr(rapid.IntRange(0, 499), true).Draw(t, "ready"),
		}
		if s.Type == release.StrategyBatch || s.Type == release.StrategyGray {
			s.Batches = rapid.IntRange(2, 500).Draw(t, "batches")
			s.Confirm = rapid.SampledFrom([]release.ConfirmMode{"", release.ConfirmManual, release.ConfirmAuto}).Draw(t, "confirm")
			s.Bake = durations(7*24*time.Hour).Draw(t, "bake")
		}
		if s.Type == release.StrategyGray {
			s.Gray = rapid.IntRange(1, 500).Draw(t, "gray")
		}
		return s
	})
}

func commands() *rapid.Generator[release.Command] {
	return rapid.Custom(func(t *rapid.T) release.Command {
		c := release.Command{
			Kind: rapid.SampledFrom([]release.CommandKind{release.CommandConfirm, release.CommandAbort}).Draw(t, "kind"),
			By:   rapid.StringN(1, 50, -1).Draw(t, "by"),
		}
		if c.Kind == release.CommandConfirm {
			c.Batch = rapid.IntRange(1, 501).Draw(t, "batch")
			c.Note = rapid.StringN(0, 100, -1).Draw(t, "note")
		} else {
			c.Reason = rapid.StringN(0, 100, -1).Draw(t, "reason")
		}
		return c
	})
}
