package cli

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// exitNote is the prefix of the annotations in which a command keeps its exit codes, each with
// what it means there.
const exitNote = "exit/"

// exits notes that a command ends with a code, and when; its help and the reference show it.
func exits(cmd *cobra.Command, code int, when string) *cobra.Command {
	if cmd.Annotations == nil {
		cmd.Annotations = map[string]string{}
	}
	cmd.Annotations[exitNote+strconv.Itoa(code)] = when
	return cmd
}

// exitsByOutcome notes that a command ends with the outcome of what it follows; with is when it
// follows it, where it does not always.
func exitsByOutcome(cmd *cobra.Command, with string) *cobra.Command {
	if with == "" {
		exits(cmd, exitOK, "Succeeded")
	}
	exits(cmd, exitRolledBack, with+"RolledBack")
	exits(cmd, exitAborted, with+"Aborted")
	exits(cmd, exitFailed, with+"Failed")
	return exits(cmd, exitAttention, with+"NeedsAttention")
}

// refusable notes that a command may be refused by what it is sent to.
func refusable(cmd *cobra.Command, when string) {
	exits(cmd, exitRefused, when)
	exits(cmd, exitTimeout, "no worker answers within --timeout")
}

// explainExits ends the help of every command with its exit codes.
func explainExits(cmd *cobra.Command) {
	for _, child := range cmd.Commands() {
		explainExits(child)
	}
	if !cmd.Runnable() || cmd.HasSubCommands() || cmd.Hidden {
		return
	}
	codes := map[int]string{exitOK: "done", exitError: "error", exitUsage: "usage: an argument, a setting or a file is wrong", exitInterrupted: "interrupted"}
	if cmd.Flag(flagTimeout) != nil {
		codes[exitTimeout] = "not done within --timeout"
	}
	for name, when := range cmd.Annotations {
		if code, err := strconv.Atoi(strings.TrimPrefix(name, exitNote)); err == nil {
			codes[code] = when
		}
	}
	var text strings.Builder
	text.WriteString(strings.TrimSpace(cmp.Or(cmd.Long, cmd.Short)) + "\n\nExit codes:\n")
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		fmt.Fprintf(&text, "  %-3d  %s\n", code, codes[code])
	}
	cmd.Long = strings.TrimRight(text.String(), "\n")
}
