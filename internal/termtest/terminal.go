package termtest

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
)

// Keys as a terminal sends them. A letter is its own key.
const (
	KeyEnter     = "\r"
	KeyEsc       = "\x1b"
	KeyBackspace = "\x7f"
	KeyCtrlC     = "\x03"
	KeyUp        = "\x1b[A"
	KeyDown      = "\x1b[B"
)

// Terminal is a program that runs in a pseudo terminal.
type Terminal struct {
	t *testing.T
	// patience is done when no wait lasts any longer.
	patience <-chan struct{}

	cmd *exec.Cmd
	pty *os.File

	mu       sync.Mutex
	emulator *vt.Emulator
	size     Size
	// changed is closed, and made anew, whenever the screen may have changed.
	changed chan struct{}
	// ended is closed once the program has ended and all that it has written is on the screen.
	ended chan struct{}
}

// Start starts a program in a pseudo terminal. A wait that is not over when ctx ends fails the
// test with the screen as it is then. The program is killed at the end of the test where it still
// runs. TERM is set unless the command has it in its environment.
func Start(ctx context.Context, t *testing.T, cmd *exec.Cmd, size Size) *Terminal {
	t.Helper()
	if !slices.ContainsFunc(cmd.Env, func(entry string) bool { return strings.HasPrefix(entry, "TERM=") }) {
		cmd.Env = append(cmd.Env, "TERM=xterm-256color")
	}
	file, err := pty.StartWithSize(cmd, size.window())
	require.NoError(t, err)
	term := &Terminal{
		t: t, patience: ctx.Done(), cmd: cmd, pty: file, size: size,
		emulator: vt.NewEmulator(size.Columns, size.Rows), changed: make(chan struct{}), ended: make(chan struct{}),
	}
	var work sync.WaitGroup
	work.Go(term.read)
	work.Go(term.reply)
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		<-term.ended
		_ = cmd.Wait() // it may have been waited for
		_ = file.Close()
		work.Wait()
	})
	return term
}

// read brings what the program writes to the screen. Once nobody has the terminal open, reading
// it fails: that is the end of the program.
func (t *Terminal) read() {
	defer close(t.ended)
	defer t.endReplies()
	buffer := make([]byte, 32<<10)
	for {
		n, err := t.pty.Read(buffer)
		t.mu.Lock()
		_, _ = t.emulator.Write(buffer[:n]) // it is in memory, and never closed
		close(t.changed)
		t.changed = make(chan struct{})
		t.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// reply brings the answers of the terminal to the program, which asks for its abilities.
func (t *Terminal) reply() {
	_, _ = io.Copy(t.pty, t.emulator)      // the program may have ended
	_, _ = io.Copy(io.Discard, t.emulator) // the terminal stands still until its answer is read
}

func (t *Terminal) endReplies() {
	if pipe, ok := t.emulator.InputPipe().(io.Closer); ok {
		_ = pipe.Close() // in memory
	}
}

// Screen is what the terminal shows now.
func (t *Terminal) Screen() Screen {
	t.mu.Lock()
	defer t.mu.Unlock()
	return screenOf(t.emulator, t.size)
}

// Until waits until the screen is as it shall be, and returns it. The wait fails when the program
// ends without that, or the context does. What names the condition in the message.
func (t *Terminal) Until(what string, ok func(Screen) bool) Screen {
	t.t.Helper()
	for {
		t.mu.Lock()
		screen, changed := screenOf(t.emulator, t.size), t.changed
		t.mu.Unlock()
		if ok(screen) {
			return screen
		}
		select {
		case <-changed:
		case <-t.ended:
			if screen = t.Screen(); ok(screen) {
				return screen
			}
			require.Fail(t.t, "the program has ended before the screen showed "+what, "%s", screen)
		case <-t.patience:
			require.Fail(t.t, "the screen does not show "+what, "%s", t.Screen())
		}
	}
}

// Shows waits until the screen shows all the texts, each within one line.
func (t *Terminal) Shows(texts ...string) Screen {
	t.t.Helper()
	return t.Until(strings.Join(texts, ", "), func(s Screen) bool { return s.Shows(texts...) })
}

// Send types keys.
func (t *Terminal) Send(keys ...string) {
	t.t.Helper()
	_, err := io.WriteString(t.pty, strings.Join(keys, ""))
	require.NoError(t.t, err)
}

// Resize gives the window another size, which the program is told by a signal.
func (t *Terminal) Resize(size Size) {
	t.t.Helper()
	t.mu.Lock()
	t.size = size
	t.emulator.Resize(size.Columns, size.Rows)
	t.mu.Unlock()
	require.NoError(t.t, pty.Setsize(t.pty, size.window()))
}

// Wait waits for the end of the program and returns its exit code.
func (t *Terminal) Wait() int {
	t.t.Helper()
	select {
	case <-t.ended:
	case <-t.patience:
		require.Fail(t.t, "the program does not end", "%s", t.Screen())
	}
	err := t.cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	require.NoError(t.t, err)
	return 0
}
