package cli

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/render"
	"slipway/requests"
)

func TestDeadLetter_DropAsksFirst(t *testing.T) {
	t.Parallel()
	ask := func(ctx context.Context, interactive bool, in io.Reader) (asked string, err error) {
		var out strings.Builder
		a := &app{Env: Env{Interactive: interactive, Stdin: in, Stderr: &out}}
		err = a.confirmDrop(ctx, 3)
		return out.String(), err
	}
	for _, answer := range []string{"y\n", "YES\n"} {
		asked, err := ask(t.Context(), true, strings.NewReader(answer))
		require.NoError(t, err)
		require.Equal(t, "delete 3 dead letters? [y/N] ", asked)
	}
	for _, answer := range []string{"\n", "n\n", "", "yesterday\n"} {
		_, err := ask(t.Context(), true, strings.NewReader(answer))
		require.ErrorContains(t, err, "nothing was deleted")
	}
	_, err := ask(t.Context(), false, strings.NewReader("y\n"))
	var usage *usageError
	require.ErrorAs(t, err, &usage)

	// Ctrl-C ends the question, although nobody has typed anything.
	interrupted := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(interrupted)
	typed, keyboard := io.Pipe()
	t.Cleanup(func() { _ = keyboard.Close() })
	_, err = ask(ctx, true, typed)
	require.ErrorIs(t, err, interrupted)
}

func TestDeadLetter_WhatIsNotThereHasNoRow(t *testing.T) {
	t.Parallel()
	missing := requests.LetterResult{Sequence: 1, Result: requests.LetterFailed}
	require.Empty(t, letterResults([]requests.LetterResult{missing}, render.Style{}))
	text := letterResults([]requests.LetterResult{missing, {Sequence: 17, Result: requests.LetterDropped, Dropped: true}}, render.Style{})
	require.Contains(t, text, "17")
	require.NotContains(t, text, requests.LetterFailed)
	failed := requests.LetterResult{Sequence: 18, Result: requests.LetterFailed, Subject: "slipway.request", ID: "r-1"}
	require.Contains(t, letterResults([]requests.LetterResult{failed}, render.Style{}), "r-1")
}
