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

// outcomeMeans says what the outcomes of a release and of a set mean.
func outcomeMeans(kind string) map[int]string {
	if kind == kindSet {
		return map[int]string{
			exitOK:         "Succeeded: all of its releases have",
			exitRolledBack: "RolledBack: a release has not succeeded, and what had was rolled back",
			exitAborted:    "Aborted: nothing further begins; what had succeeded stays",
			exitFailed:     "Failed: a release has not succeeded; what had succeeded stays",
			exitAttention:  "NeedsAttention: a person must look at a release or its rollback",
		}
	}
	return map[int]string{exitOK: "Succeeded", exitRolledBack: "RolledBack", exitAborted: "Aborted", exitFailed: "Failed", exitAttention: "NeedsAttention"}
}

// exitsByOutcome notes that a command ends with the outcome of the release or the set that it
// follows; with is when it follows it, where it does not always.
func exitsByOutcome(cmd *cobra.Command, kind, with string) *cobra.Command {
	for code, means := range outcomeMeans(kind) {
		if code != exitOK || with == "" {
			exits(cmd, code, with+means)
		}
	}
	return cmd
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
	group := cmd.HasSubCommands() && cmd.Flag(flagTimeout) == nil // which does nothing by itself
	if !cmd.Runnable() || group || cmd.Hidden {
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
