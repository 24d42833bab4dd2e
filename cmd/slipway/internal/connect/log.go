package connect

import (
	"context"
	"log/slog"
	"slices"
	"strings"

	"github.com/rs/zerolog"
	sdklog "go.temporal.io/sdk/log"

	"slipway/release"
)

// temporalLog is the log of Temporal's client and workers.
func temporalLog(to zerolog.Logger) sdklog.Logger {
	return sdklog.NewStructuredLogger(slog.New(named{zerolog.NewSlogHandler(to)}))
}

// named says of what is said of a workflow which release it is, by the name that all logs of Slipway have.
type named struct{ slog.Handler }

const attributeWorkflowID = "WorkflowID"

// WithAttrs adds what the attributes mean.
func (n named) WithAttrs(of []slog.Attr) slog.Handler {
	for _, a := range of {
		if more, ok := meaning(a); ok {
			of = append(slices.Clip(of), more)
		}
	}
	return named{n.Handler.WithAttrs(of)}
}

// WithGroup keeps the names in groups.
func (n named) WithGroup(name string) slog.Handler { return named{n.Handler.WithGroup(name)} }

// Handle adds what the attributes of an entry mean.
func (n named) Handle(ctx context.Context, r slog.Record) error {
	var found []slog.Attr
	r.Attrs(func(a slog.Attr) bool {
		if more, ok := meaning(a); ok {
			found = append(found, more)
		}
		return true
	})
	if len(found) > 0 {
		r = r.Clone()
		r.AddAttrs(found...)
	}
	return n.Handler.Handle(ctx, r)
}

func meaning(a slog.Attr) (slog.Attr, bool) {
	if a.Key != attributeWorkflowID || a.Value.Kind() != slog.KindString {
		return slog.Attr{}, false
	}
	if id, ok := strings.CutPrefix(a.Value.String(), release.WorkflowID("")); ok {
		return slog.String("release", id), true
	}
	return slog.Attr{}, false
}
