package cli

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/render"
	"slipway/releases"
)

// thing is something in a list.
type thing struct {
	Name  string `json:"name"`
	State string `json:"state"`
}

// things is a list that is read several times, with an answer each; behind the last one the
// context ends.
func thingsList(end context.CancelCauseFunc, reads ...any) list[thing] {
	return list[thing]{
		none: "there are no things",
		key:  func(t thing) string { return t.Name },
		table: func(items []thing, _ time.Time, _ render.Style) string {
			lines := "NAME STATE\n"
			for _, t := range items {
				lines += t.Name + " " + t.State + "\n"
			}
			return lines
		},
		read: readsOf[thing](end, reads...),
	}
}

// readsOf are answers, one a read; behind the last one the context ends.
func readsOf[T any](end context.CancelCauseFunc, reads ...any) func(context.Context) (found[T], error) {
	return func(context.Context) (found[T], error) {
		if len(reads) == 0 {
			end(&timeoutError{time.Minute})
			return found[T]{}, context.Canceled
		}
		next := reads[0]
		reads = reads[1:]
		if err, failed := next.(error); failed {
			return found[T]{}, err
		}
		return found[T]{items: next.([]T)}, nil
	}
}

func listCall(f render.Format) (c *call, out, told *bytes.Buffer) {
	out, told = &bytes.Buffer{}, &bytes.Buffer{}
	a := &app{Env: Env{Getenv: func(string) string { return "" }, Stdout: out, Stderr: told}}
	return &call{app: a, cmd: &cobra.Command{}, format: f}, out, told
}

func TestWatchList_Lines(t *testing.T) {
	t.Parallel()
	reads := []any{
		[]thing{{"a", "waits"}, {"b", "moves"}},
		[]thing{{"a", "waits"}, {"b", "moves"}},
		&releases.UnreachableError{Cause: errors.New("refused")},
		&releases.UnreachableError{Cause: errors.New("refused")},
		[]thing{{"c", "new"}, {"a", "moves"}},
	}
	for f, want := range map[render.Format]string{
		render.FormatTable: "NAME STATE\na waits\nb moves\nc new\na moves\nb is not in the list any more\n",
		render.FormatJSON: `{"name":"a","state":"waits"}` + "\n" + `{"name":"b","state":"moves"}` + "\n" +
			`{"name":"c","state":"new"}` + "\n" + `{"name":"a","state":"moves"}` + "\n" + `{"gone":"b"}` + "\n",
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, end := context.WithCancelCause(t.Context())
			defer end(nil)
			c, out, told := listCall(f)
			require.NoError(t, thingsList(end, reads...).watch(ctx, c), "that the time is up is no error")
			require.Equal(t, want, out.String())
			require.Equal(t, 1, strings.Count(told.String(), "Temporal does not answer"), told.String())
		})
	}
}

func TestWatchList_Ends(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancelCause(t.Context())
		c, _, _ := listCall(render.FormatTable)
		unreachable := &releases.UnreachableError{Cause: errors.New("refused")}
		require.ErrorIs(t, thingsList(end, unreachable).watch(ctx, c), unreachable, "nothing was read before")
		broken := errors.New("not permitted")
		require.ErrorIs(t, thingsList(end, []thing{}, broken).watch(ctx, c), broken)
		end(context.Canceled)
		require.ErrorIs(t, thingsList(end, []thing{}).watch(ctx, c), context.Canceled, "an interrupt is told")
	})
}

// A list for which many workflows are asked is read less often.
func TestWatchList_Pace(t *testing.T) {
	t.Parallel()
	for asked, want := range map[int]time.Duration{0: listPace, 40: listPace, 600: 30 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			ctx, end := context.WithCancelCause(t.Context())
			defer end(nil)
			c, _, _ := listCall(render.FormatTable)
			things := thingsList(end, []thing{})
			read := things.read
			things.read = func(ctx context.Context) (found[thing], error) {
				now, err := read(ctx)
				now.asked = asked
				return now, err
			}
			began := time.Now()
			require.NoError(t, things.watch(ctx, c))
			require.Equal(t, want, time.Since(began))
		})
	}
}

func TestWatchList_Picture(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, out, _ := listCall(render.FormatTable)
		w := listWatch[thing]{list: thingsList(nil), call: c, screen: &screen{out: out, fd: 1 << 20}}
		require.NoError(t, w.update(found[thing]{}, nil))
		require.Equal(t, "\x1b[Jthere are no things\n", out.String())
		out.Reset()
		require.NoError(t, w.update(found[thing]{items: []thing{{"a", "waits"}}}, nil))
		require.Equal(t, "\x1b[1A\x1b[JNAME STATE\na waits\n", out.String())
		out.Reset()
		require.NoError(t, w.update(found[thing]{}, &releases.UnreachableError{Cause: errors.New("refused")}))
		require.True(t, strings.HasPrefix(out.String(), "\x1b[2A\x1b[J⚠ Temporal does not answer: refused"), out.String())
		require.Contains(t, out.String(), "shown is what was read before\n\nNAME STATE\na waits\n")
	})
}

func TestWatchList_Once(t *testing.T) {
	t.Parallel()
	data, printed, _ := listCall(render.FormatJSON)
	require.NoError(t, thingsList(nil, []thing(nil)).print(t.Context(), data))
	require.Equal(t, "[]\n", printed.String())
	c, out, told := listCall(render.FormatTable)
	require.NoError(t, thingsList(nil, []thing(nil)).print(t.Context(), c))
	require.Empty(t, out.String())
	require.Equal(t, "there are no things\n", told.String())
}

func TestWatchList_NoBoundUnlessAsked(t *testing.T) {
	t.Parallel()
	cmd := withWatch(&cobra.Command{})
	limit := watchable(nil).limit
	require.Equal(t, answerTime, limit(cmd, 0))
	require.Equal(t, time.Minute, limit(cmd, time.Minute))
	require.NoError(t, cmd.Flags().Set(flagWatch, "true"))
	require.Zero(t, limit(cmd, 0))
	require.Equal(t, time.Minute, limit(cmd, time.Minute))
}
