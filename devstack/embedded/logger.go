package embedded

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"

	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/log/tag"
)

// serverLog is a server's way to the caller's logger. Unless the caller chose a
// level, it passes on errors while the server starts, warnings and errors while
// it runs and nothing while it stops: a server that comes up or goes down part
// by part warns of every part that is not there yet or no longer there.
type serverLog struct {
	*slog.Logger

	phase *slog.LevelVar
}

// silent is above every level that is ever logged.
const silent = slog.LevelError + 100

func newServerLog(logger *slog.Logger, chosen slog.Leveler, component string) serverLog {
	if logger == nil {
		return serverLog{Logger: slog.New(slog.DiscardHandler), phase: new(slog.LevelVar)}
	}
	phase := new(slog.LevelVar)
	phase.Set(slog.LevelError)
	level := slog.Leveler(phase)
	if chosen != nil {
		level = chosen
	}
	limited := slog.New(levelHandler{Handler: logger.Handler(), level: level})
	return serverLog{Logger: limited.With("component", component), phase: phase}
}

func (l serverLog) running()  { l.phase.Set(slog.LevelWarn) }
func (l serverLog) stopping() { l.phase.Set(silent) }

// levelHandler raises the level of the handler it wraps.
type levelHandler struct {
	slog.Handler

	level slog.Leveler
}

func (h levelHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= h.level.Level() && h.Handler.Enabled(ctx, level)
}

func (h levelHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return levelHandler{Handler: h.Handler.WithAttrs(attrs), level: h.level}
}

func (h levelHandler) WithGroup(name string) slog.Handler {
	return levelHandler{Handler: h.Handler.WithGroup(name), level: h.level}
}

// temporalLogger hands the Temporal server's log lines to slog. The server
// expects Panic and Fatal to end the process; here they are errors, because
// this process is not the server's to end.
type temporalLogger struct{ slog *slog.Logger }

var (
	_ log.Logger      = temporalLogger{}
	_ log.WithLogger  = temporalLogger{}
	_ log.SLogWrapper = temporalLogger{}
)

func (l temporalLogger) Debug(msg string, tags ...tag.Tag)  { l.slog.Debug(msg, attrs(tags)...) }
func (l temporalLogger) Info(msg string, tags ...tag.Tag)   { l.slog.Info(msg, attrs(tags)...) }
func (l temporalLogger) Warn(msg string, tags ...tag.Tag)   { l.slog.Warn(msg, attrs(tags)...) }
func (l temporalLogger) Error(msg string, tags ...tag.Tag)  { l.slog.Error(msg, attrs(tags)...) }
func (l temporalLogger) DPanic(msg string, tags ...tag.Tag) { l.slog.Error(msg, attrs(tags)...) }
func (l temporalLogger) Panic(msg string, tags ...tag.Tag)  { l.slog.Error(msg, attrs(tags)...) }
func (l temporalLogger) Fatal(msg string, tags ...tag.Tag)  { l.slog.Error(msg, attrs(tags)...) }

// With returns a logger that adds tags to every line.
func (l temporalLogger) With(tags ...tag.Tag) log.Logger {
	return temporalLogger{slog: l.slog.With(attrs(tags)...)}
}

// SLog gives the server's slog users the same handler.
func (l temporalLogger) SLog() *slog.Logger { return l.slog }

func attrs(tags []tag.Tag) []any {
	out := make([]any, len(tags))
	for i, t := range tags {
		out[i] = slog.Any(t.Key(), t.Value())
	}
	return out
}

// natsLogger hands the NATS server's log lines to slog and remembers the first
// fatal one: the server only logs why it could not start.
type natsLogger struct {
	slog  *slog.Logger
	fatal atomic.Pointer[string]
}

// Noticef logs what the NATS server calls a notice.
func (l *natsLogger) Noticef(format string, v ...any) { l.slog.Info(fmt.Sprintf(format, v...)) }

// Warnf logs a warning.
func (l *natsLogger) Warnf(format string, v ...any) { l.slog.Warn(fmt.Sprintf(format, v...)) }

// Errorf logs an error.
func (l *natsLogger) Errorf(format string, v ...any) { l.slog.Error(fmt.Sprintf(format, v...)) }

// Debugf logs details.
func (l *natsLogger) Debugf(format string, v ...any) { l.slog.Debug(fmt.Sprintf(format, v...)) }

// Tracef logs more details than Debugf.
func (l *natsLogger) Tracef(format string, v ...any) { l.slog.Debug(fmt.Sprintf(format, v...)) }

// Fatalf logs why the server gave up.
func (l *natsLogger) Fatalf(format string, v ...any) {
	message := fmt.Sprintf(format, v...)
	l.fatal.CompareAndSwap(nil, &message)
	l.slog.Error(message)
}
