package config

import (
	"cmp"
	"fmt"
	"io"

	"github.com/rs/zerolog"

	"slipway/internal/redact"
)

// LogDefaults are the level and format of the log when nobody says otherwise.
type LogDefaults struct{ Level, Format string }

// ForRole logs for machines to collect.
func ForRole() LogDefaults { return LogDefaults{Level: "info", Format: "json"} }

// ForPerson logs little, for a person to read beside the output.
func ForPerson() LogDefaults { return LogDefaults{Level: "warn", Format: "console"} }

// Logger returns the log that the settings ask for.
func (v *Values) Logger(w io.Writer, defaults LogDefaults) (zerolog.Logger, error) {
	name := cmp.Or(v.String(LogLevel), defaults.Level)
	level, err := zerolog.ParseLevel(name)
	if err != nil || level < zerolog.TraceLevel || level > zerolog.ErrorLevel {
		return zerolog.Nop(), v.Bad(LogLevel, fmt.Sprintf("%q is not a level", name), "use trace, debug, info, warn or error")
	}
	switch format := cmp.Or(v.String(LogFormat), defaults.Format); format {
	case "json":
	case "console":
		w = zerolog.ConsoleWriter{Out: w, NoColor: true, TimeFormat: "15:04:05"}
	default:
		return zerolog.Nop(), v.Bad(LogFormat, fmt.Sprintf("%q is not a format", format), "use json or console")
	}
	return zerolog.New(withoutSecrets{to: w, redactor: redact.New()}).Level(level).With().Timestamp().Logger(), nil
}

// withoutSecrets cuts secrets out of each line: an error can quote what somebody else has written.
type withoutSecrets struct {
	to       io.Writer
	redactor *redact.Redactor
}

// Write implements io.Writer.
func (w withoutSecrets) Write(line []byte) (int, error) {
	out, _ := w.redactor.Bytes(line)
	_, err := w.to.Write(out)
	return len(line), err
}
