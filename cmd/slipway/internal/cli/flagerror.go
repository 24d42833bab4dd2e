package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"slipway/cmd/slipway/internal/config"
)

// flagError says what is wrong with the flags of a command: which flag, what was given and what
// is accepted. The errors of the flag package quote those of Go's parsers.
func flagError(cmd *cobra.Command, err error) error {
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		return &usageError{unknownFlag(cmd, unknown)}
	}
	if missing, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		if what := accepted(missing.GetFlag()); what != "" {
			return &usageError{named(missing.GetFlag()) + " needs a value: " + what}
		}
		return &usageError{named(missing.GetFlag()) + " needs a value: " + missing.GetFlag().Usage}
	}
	if bad, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		flag := bad.GetFlag()
		if what := accepted(flag); what != "" {
			return &usageError{fmt.Sprintf("%s %q: must be %s", named(flag), bad.GetValue(), what)}
		}
		return &usageError{fmt.Sprintf("%s %q: %v", named(flag), bad.GetValue(), bad.Unwrap())}
	}
	if bad, ok := errors.AsType[*pflag.InvalidSyntaxError](err); ok {
		return &usageError{fmt.Sprintf("%q is no flag; write --name, or --name=value", bad.GetSpecifiedFlag())}
	}
	return &usageError{err.Error()}
}

// unknownFlag names a flag that there is not. A number such as -1 is read as one, too.
func unknownFlag(cmd *cobra.Command, e *pflag.NotExistError) string {
	group := e.GetSpecifiedShortnames()
	switch {
	case group == "" && (e.GetSpecifiedName() == config.Identity || e.GetSpecifiedName() == config.SignKey) && onlyTemporal(cmd) != "":
		return fmt.Sprintf("--%s has no meaning here, where NATS alone is not enough: %s; leave it out, and reach Temporal", e.GetSpecifiedName(), onlyTemporal(cmd))
	case group == "":
		return "unknown flag: --" + e.GetSpecifiedName()
	case group[0] < '0' || group[0] > '9':
		return "unknown flag: -" + e.GetSpecifiedName()
	}
	if argument := argumentOf(cmd); argument != "" {
		return fmt.Sprintf("-%s is neither a flag nor a value for %s, which does not begin with a hyphen", group, argument)
	}
	return fmt.Sprintf("-%s is no flag, and there is nothing else here that a number could be", group)
}

// onlyTemporal says why a command cannot do with NATS alone, where somebody could think that it does; else it is empty.
func onlyTemporal(cmd *cobra.Command) string {
	for at := cmd; at != nil; at = at.Parent() {
		switch at.Name() {
		case "lane":
			return "Temporal alone has the lines of applications"
		case "plan":
			return "a plan is made by a worker, which is asked through Temporal"
		case "waiting", "top":
			return "what stands still, and which lanes are held, workers tell through Temporal"
		}
	}
	return ""
}

// argumentOf is the name of the first argument of a command, as its usage has it; empty where it
// takes none.
func argumentOf(cmd *cobra.Command) string {
	_, rest, _ := strings.Cut(cmd.Use, " ")
	name, _, _ := strings.Cut(strings.TrimLeft(rest, "["), " ")
	name = strings.TrimRight(name, "].")
	if strings.HasPrefix(name, "-") || strings.HasPrefix(name, "(") {
		return ""
	}
	return name
}

func named(flag *pflag.Flag) string { return "--" + flag.Name }

// accepted says what values the kind of a flag has; empty where its own error says that.
func accepted(flag *pflag.Flag) string {
	switch flag.Value.Type() {
	case "duration":
		return "a duration, such as 90s, 5m or 24h"
	case "int", "int64":
		return "a whole number, such as 3"
	case "uint", "uint64":
		return "a whole number of 0 or more, such as 3"
	case "bool":
		return "true or false, or left out, which is true"
	}
	return ""
}
