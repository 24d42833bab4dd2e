package doctor

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"slipway/cmd/slipway/internal/connect"
	"slipway/cmd/slipway/internal/reconcile"
	"slipway/ledger"
	"slipway/release"
	"slipway/releases"
)

// remedyRepair is the remedy for what a repair heals.
const remedyRepair = "slipway doctor --repair"

// Releases checks that Temporal and the ledger say the same of releases. It must run after both connections were checked.
func Releases(b *Bus, e *Engine) Check {
	return b.several("releases", func(ctx context.Context, js jetstream.JetStream) []Finding {
		c := e.client.Load()
		if c == nil {
			return []Finding{skipped("Temporal is not connected")}
		}
		compared, err := reconcile.Sources{Releases: releases.NewWith(*c, e.Options.DataConverter), Ledger: ledger.New(js)}.Compare(ctx)
		if err != nil {
			return []Finding{skipped("Temporal and the ledger cannot be compared: %s", connect.Explain(because(ctx, err)))}
		}
		return append(JudgeReleases(compared), Differences(compared.Differences)...)
	})
}

// JudgeReleases says how many releases were compared, and how many of them differ.
func JudgeReleases(c reconcile.Comparison) []Finding {
	f := ok("Temporal and the ledger agree about %d", c.Releases-len(c.Differences))
	f.Check = "releases"
	if c.More {
		f.Found += fmt.Sprintf("; only the %d latest were compared, and there are more", c.Releases)
	}
	return []Finding{f}
}

// Differences are the findings of what Temporal, the ledger and platforms say differently. What a repair heals has failed, and what
// only a person can put right is a warning.
func Differences(all []reconcile.Difference) []Finding {
	found := make([]Finding, len(all))
	for i, d := range all {
		if found[i] = warning(d.Found, d.Remedy); d.Heals != "" {
			found[i] = failed(d.Found, remedyRepair)
		}
		found[i].Check = d.Subject
	}
	return found
}

// Repaired are the findings of what a repair did: done says so of each difference that it heals, or the error does.
func Repaired(d reconcile.Difference, done string, err error) Finding {
	f := Finding{Check: d.Subject, Result: Healed, Found: d.Found + "; healed: " + done}
	if err != nil {
		f = failed(d.Found+"; not healed: "+connect.Explain(err), "say it again once that is put right: "+remedyRepair)
		f.Check = d.Subject
	}
	return f
}

// Unread are the findings of applications that could not be looked at.
func Unread(all map[release.App]error) []Finding {
	var found []Finding
	for app, err := range all {
		f := skipped("could not be looked at: %s", connect.Explain(err))
		f.Check = "application " + app.SearchValue()
		found = append(found, f)
	}
	return found
}
