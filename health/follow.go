package health

import (
	"context"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"slipway/internal/failtext"
)

// FollowEvery is how often a role examines its own readiness: rarely, because the probes of
// /readyz run the same checks.
const FollowEvery = 30 * time.Second

// Follow examines the checks at each interval until ctx is done, and logs what has changed: what
// is missing and its remedy once, not at each examination.
func Follow(ctx context.Context, checks map[string]Check, log zerolog.Logger, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	logged := "unknown"
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		report := Examine(ctx, checks)
		now := report.fixed()
		if ctx.Err() != nil || now == logged {
			continue
		}
		logged = now
		if report.Ready {
			log.Info().Msg("ready")
			continue
		}
		for _, f := range report.Failing {
			log.Warn().Str("check", f.Name).Str("error", f.Error).Msg("not ready")
		}
	}
}

// fixed is what fails, without what is changing from one examination to the next.
func (r Report) fixed() string {
	var text strings.Builder
	for _, f := range r.Failing {
		text.WriteString(f.Name + ": " + failtext.Fixed(f.Error) + "\n")
	}
	return text.String()
}
