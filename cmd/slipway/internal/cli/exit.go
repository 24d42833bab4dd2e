package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slipway/apps"
	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/connect"
	"slipway/cmd/slipway/internal/render"
	"slipway/internal/documents"
	"slipway/internal/redact"
	"slipway/ledger"
	"slipway/release"
	"slipway/releases"
)

// The exit codes. They are part of the contract with scripts.
const (
	exitOK          = 0
	exitError       = 1
	exitUsage       = 2
	exitRolledBack  = 3
	exitAborted     = 4
	exitFailed      = 5
	exitAttention   = 6
	exitRefused     = 7
	exitTimeout     = 8
	exitInterrupted = 130
)

// exitCodes explains the codes in the help.
const exitCodes = `  0    done; a watched release has Succeeded
  1    error: a server did not answer, there is no such release, ...
  2    usage: an argument, a setting or the release file is wrong and nothing was sent, or the
       same event was used before with another content; of a plan, also that the release
       would be refused as it is
  3    the watched release has RolledBack: the old version runs again; of a set, also what had
       succeeded before
  4    the watched release was Aborted: the old version runs; of a set, what had succeeded stays
  5    the watched release has Failed; of a set, one of its releases has not succeeded
  6    the watched release or set NeedsAttention: a person must look at it
  7    refused: the command does not apply to the release, the lane or the rules, or what
       is asked for would be refused; nothing was changed
  8    timeout: the time given by --timeout is up, or no worker answers; the release itself
       goes on
  130  interrupted`

func exitCodesTopic() *cobra.Command {
	return &cobra.Command{Use: "exit-codes", Short: "Exit codes and what they mean", Long: "Exit codes:\n\n" + exitCodes}
}

// usageError is a command line that cannot be meant.
type usageError struct{ message string }

func (e *usageError) Error() string { return e.message }

// timeoutError says that the time given by --timeout is up. It is set as the cause of the
// context that the time bounds.
type timeoutError struct{ after time.Duration }

func (e *timeoutError) Error() string { return fmt.Sprintf("not done within %s", e.after) }

// unknownError says that a command was not sent, because no worker answers for what it is about.
type unknownError struct{ message string }

func (e *unknownError) Error() string { return e.message }

// outcomeError ends a command with the code of a release's outcome. The outcome has been
// shown already, so that there is nothing to say.
type outcomeError struct{ outcome release.Phase }

func (e *outcomeError) Error() string { return "the release ended " + string(e.outcome) }

// byOutcome returns the error that stands for the end of a release or a set.
func byOutcome(p release.Phase) error {
	if p == release.PhaseSucceeded {
		return nil
	}
	return &outcomeError{p}
}

// interruptedError says what goes on although the person at the command line has stopped it.
type interruptedError struct{ left string }

func (e *interruptedError) Error() string { return "interrupted; " + e.left }

// within bounds a context by the time given; 0 is no bound.
func within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if limit <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, limit, &timeoutError{limit})
}

// exit tells an error and chooses the exit code.
func (a *app) exit(ctx context.Context, cmd *cobra.Command, err error) int {
	code := exitCode(err)
	if err != nil && ctx.Err() != nil {
		code = exitInterrupted
		if left, ok := errors.AsType[*interruptedError](err); ok {
			err = left
		} else {
			err = errors.New("interrupted")
		}
	}
	if silent, ok := errors.AsType[*outcomeError](err); err == nil || ok && silent != nil {
		return code
	}
	_, _ = fmt.Fprintln(a.Stderr, render.Prose("slipway: "+release.InZone(message(err), a.zone()), a.stderrWidth()))
	if _, ok := errors.AsType[*usageError](err); ok {
		_, _ = fmt.Fprintf(a.Stderr, "See \"%s --help\".\n", cmd.CommandPath())
	}
	return code
}

func exitCode(err error) int {
	var (
		usage      *usageError
		setting    *config.Error
		problems   release.Problems
		outcome    *outcomeError
		refused    *releases.RefusedError
		unanswered *releases.UnansweredError
		timeout    *timeoutError
		unknown    *unknownError
		letters    *lettersRefusedError
		noWorker   *releases.NoWorkerError
		untaken    *releases.UntakenError
		planned    *planRefusedError
		outdated   *documents.OutdatedError
		taken      *apps.TakenError
		conflict   *ledger.ConflictError
		may        release.Refusal
	)
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage), errors.As(err, &setting), errors.As(err, &problems), errors.As(err, &planned), errors.As(err, &taken), errors.As(err, &conflict):
		return exitUsage
	case errors.As(err, &outcome):
		return outcomeCode(outcome.outcome)
	case errors.As(err, &refused), errors.As(err, &letters), errors.As(err, &outdated), errors.As(err, &may):
		return exitRefused
	case errors.As(err, &unanswered), errors.As(err, &unknown), errors.As(err, &noWorker), errors.As(err, &untaken), errors.As(err, &timeout), errors.Is(err, context.DeadlineExceeded):
		return exitTimeout
	}
	return exitError
}

func outcomeCode(p release.Phase) int {
	switch p {
	case release.PhaseSucceeded:
		return exitOK
	case release.PhaseRolledBack:
		return exitRolledBack
	case release.PhaseAborted:
		return exitAborted
	case release.PhaseFailed:
		return exitFailed
	case release.PhaseNeedsAttention:
		return exitAttention
	case release.PhaseQueued, release.PhasePreparing, release.PhaseAwaitingApproval, release.PhaseRollingOut, release.PhaseAwaitingConfirm,
		release.PhaseAwaitingPlatformApproval, release.PhasePaused, release.PhaseRunning, release.PhaseFinalizing, release.PhaseWatching, release.PhaseRollingBack:
	}
	return exitError
}

// message is the text of an error for people. It indents the lines after the first, such as the
// problems of a release file.
func message(err error) string {
	text := strings.TrimSpace(connect.Explain(err))
	if problems, ok := errors.AsType[release.Problems](err); ok {
		if before, after, quoted := strings.Cut(text, problems.Error()); quoted {
			return indented(clean(before) + cleanProblems(problems) + clean(after))
		}
	}
	return indented(clean(text))
}

func indented(text string) string { return strings.ReplaceAll(text, "\n", "\n  ") }

func clean(text string) string {
	out, _ := redact.New().Text(text)
	return out
}

// cleanProblems cleans the field and the message of each problem for themselves: a field that is
// called like a secret is not one, and nor is what is said of it.
func cleanProblems(all release.Problems) string {
	out := make(release.Problems, len(all))
	for i, p := range all {
		out[i] = release.Problem{Field: clean(p.Field), Message: clean(p.Message)}
	}
	return out.Error()
}
