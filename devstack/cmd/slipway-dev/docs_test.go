package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/internal/markdown"
)

// The pages whose commands are run; translations have the same ones.
const (
	gettingStarted  = "../../../docs/getting-started.md"
	functionCompute = "../../../docs/function-compute.md"
	serviceStage    = "../../../docs/servicestage.md"
)

// comments above the blocks of the page. Whoever reads the page does not see them.
const (
	firstShell = "first shell"           // starts everything, or starts it again
	repeated   = "repeated"              // is repeated until it shows what stands below
	exits      = "exits "                // the last command exits with this code
	unverified = "unverified: needs the" // is not run
)

// TestDocuments_WhatIsShownIsTrue runs every command of the pages that go step by step, in order, and compares
// what they print with the block below. Everything is real but the ports, and the simulators' time
// passes faster.
func TestDocuments_WhatIsShownIsTrue(t *testing.T) {
	t.Parallel()
	for _, page := range []string{gettingStarted, functionCompute, serviceStage} {
		t.Run(filepath.Base(page), func(t *testing.T) {
			t.Parallel()
			requireTrue(t, page)
		})
	}
}

// requireTrue runs the commands of a page.
func requireTrue(t *testing.T, page string) {
	t.Helper()
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	blocks := markdown.Blocks(string(text))
	r := newReader(t)
	ran := 0
	for i, block := range blocks {
		if block.Info != "sh" || strings.HasPrefix(block.Comment, unverified) {
			continue
		}
		var want string
		if i+1 < len(blocks) && blocks[i+1].Info == "text" {
			want = blocks[i+1].Text
		}
		where := fmt.Sprintf("%s:%d", filepath.Base(page), block.Line)
		ran++
		if block.Comment == firstShell {
			require.True(t, shows(r.start(block.Text), want), where)
			continue
		}
		code, other := strings.CutPrefix(block.Comment, exits)
		if !other {
			code = "0"
		}
		deadline := time.Now().Add(patience)
		for {
			got, exited := r.shell(block.Text)
			if exited == code && shows(got, want) {
				break
			}
			require.True(t, block.Comment == repeated && time.Now().Before(deadline), "%s exited with %s and printed\n%s\nThe page says\n%s", where, exited, got, want)
			require.NoError(t, r.ctx.Err())
			<-time.After(200 * time.Millisecond)
		}
	}
	require.Greater(t, ran, 12)
	r.stop()
}

// TestDocuments_TranslationsHaveTheSameCommands so that what was run for one page is true for the other.
func TestDocuments_TranslationsHaveTheSameCommands(t *testing.T) {
	t.Parallel()
	for original, translation := range map[string]string{
		gettingStarted:             "../../../docs/getting-started.zh-CN.md",
		"../../../README.md":       "../../../README.zh-CN.md",
		"../../../docs/console.md": "../../../docs/console.zh-CN.md",
	} {
		code := func(path string) (found []string) {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			for _, block := range markdown.Blocks(string(text)) {
				found = append(found, block.Comment+"\n"+regexp.MustCompile(`(?m) +# .*$`).ReplaceAllString(block.Text, ""))
			}
			return found
		}
		require.Equal(t, code(original), code(translation), translation)
	}
}

// shows reports whether the output has every line of what is wanted, in their order. An ellipsis
// stands for anything, also several lines; IDs, times and the number of blanks do not count.
func shows(got, want string) bool {
	got = plain(got)
	for line := range strings.Lines(want) {
		for part := range strings.SplitSeq(line, "…") {
			part = strings.TrimSpace(plain(part))
			at := strings.Index(got, part)
			if at < 0 {
				return false
			}
			got = got[at+len(part):]
		}
	}
	return true
}

func plain(text string) string {
	text = regexp.MustCompile(`\br-[a-z2-7]{16}\b`).ReplaceAllString(text, "r-ID")
	text = regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z`).ReplaceAllString(text, "TIME")
	return regexp.MustCompile(`[ \t]+`).ReplaceAllString(text, " ")
}

func TestDocuments_OutputsAreCompared(t *testing.T) {
	t.Parallel()
	got := "ID                   PHASE\nr-tsg5pisfgdqngzwl   ✔ Succeeded  at 2026-11-28T18:33:18Z\n"
	require.True(t, shows(got, "r-abcdefghijklmnop ✔ Succeeded at 2026-01-01T00:00:00Z\n"))
	require.True(t, shows(got, "ID … PHASE\n…Succeeded…\n"))
	require.False(t, shows(got, "…Failed…\n"))
	require.False(t, shows(got, "…Succeeded…\nID\n"), "in this order")
}

// reader does what a reader of the page does, in two shells.
type reader struct {
	t    *testing.T
	ctx  context.Context
	data string
	// in and out are those of the second shell.
	in  io.Writer
	out *bufio.Reader

	interrupt context.CancelFunc
	code      chan int
}

func newReader(t *testing.T) *reader {
	t.Helper()
	binary := os.Getenv("SLIPWAY_BIN")
	require.NotEmpty(t, binary, "SLIPWAY_BIN must name a slipway binary; run `make test-system`")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	examples, err := filepath.Abs("../../../examples")
	require.NoError(t, err)
	top := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(top, "bin"), 0o700))
	require.NoError(t, os.Symlink(binary, filepath.Join(top, "bin", "slipway")))
	require.NoError(t, os.Symlink(examples, filepath.Join(top, "examples")))

	cmd := exec.CommandContext(ctx, "bash")
	cmd.Dir, cmd.Env = top, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + top, "USER=ann", "SLIPWAY_BY=ann"}
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	r, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = w, w
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	return &reader{t: t, ctx: ctx, data: filepath.Join(top, "data"), in: in, out: bufio.NewReader(r)}
}

// shell runs commands in the second shell and returns what they print and the last exit code.
func (r *reader) shell(commands string) (printed, exited string) {
	r.t.Helper()
	const mark = "-- the commands have exited with "
	_, err := io.WriteString(r.in, commands+"\necho \""+mark+"$?\"\n")
	require.NoError(r.t, err)
	var text strings.Builder
	for {
		line, err := r.out.ReadString('\n')
		require.NoError(r.t, err, text.String())
		if code, end := strings.CutPrefix(line, mark); end {
			return text.String(), strings.TrimSpace(code)
		}
		text.WriteString(line)
	}
}

// start is `make up` in the first shell, after Ctrl-C where it runs already. The second shell
// gets the ports.
func (r *reader) start(command string) string {
	r.t.Helper()
	require.Equal(r.t, "make up ARGS='--data-dir .slipway'", strings.TrimSpace(command))
	r.stop()
	stdout, stderr := new(firstLines), new(bytes.Buffer)
	var ctx context.Context
	ctx, r.interrupt = context.WithCancel(r.ctx)
	r.code = make(chan int, 1)
	args := append([]string{"up", "--data-dir", r.data, "--speed", "20"}, anywhere()...)
	stdout.ready = make(chan struct{})
	go func() { r.code <- run(ctx, args, stdout, stderr) }()
	select {
	case <-stdout.ready:
	case code := <-r.code:
		require.Fail(r.t, "slipway-dev up has ended", "%d: %s", code, stderr.String())
	case <-ctx.Done():
		require.Fail(r.t, "slipway-dev up does not get ready")
	}
	for line := range strings.Lines(stdout.text) {
		if strings.HasPrefix(line, "export ") {
			_, exited := r.shell(strings.TrimSpace(line))
			require.Equal(r.t, "0", exited)
		}
	}
	return stdout.text
}

// stop is Ctrl-C in the first shell.
func (r *reader) stop() {
	r.t.Helper()
	if r.interrupt == nil {
		return
	}
	r.interrupt()
	require.Equal(r.t, 0, <-r.code)
	r.interrupt = nil
}

// firstLines keeps what `slipway-dev up` writes at once when all is ready.
type firstLines struct {
	text  string
	ready chan struct{}
}

func (f *firstLines) Write(text []byte) (int, error) {
	f.text = string(text)
	close(f.ready)
	return len(text), nil
}
