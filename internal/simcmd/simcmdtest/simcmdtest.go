// Package simcmdtest runs commands of simulators in tests.
package simcmdtest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/internal/simcmd"
)

// A Program is what [simcmd.Program] is for any simulator.
type Program interface {
	Run(ctx context.Context, process simcmd.Process) int
}

// In is a program in an environment.
func In(env map[string]string, p Program) Program { return surrounded{p, env} }

type surrounded struct {
	Program

	env map[string]string
}

// Run runs the program.
func (s surrounded) Run(ctx context.Context, process simcmd.Process) int {
	process.Getenv = func(name string) string { return s.env[name] }
	return s.Program.Run(ctx, process)
}

// Running is a program that runs until it is stopped.
type Running struct {
	// Stop ends the program and returns its exit code.
	Stop func() int
}

// Start runs a program on a free port until the test ends, and decodes its line of JSON into ready.
func Start(t *testing.T, p Program, ready any, args ...string) Running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	stdout, feed := io.Pipe()
	stderr := new(lockedBuffer)
	code := make(chan int, 1)
	go func() {
		exit := p.Run(ctx, simcmd.Process{
			Args: append([]string{"-o", "json", "--addr", "127.0.0.1:0"}, args...), Getenv: func(string) string { return "" }, Stdout: feed, Stderr: stderr,
		})
		_ = feed.CloseWithError(errors.New("the program ended: " + stderr.String()))
		code <- exit
	}()
	running := Running{Stop: sync.OnceValue(func() int {
		cancel()
		return <-code
	})}
	t.Cleanup(func() { running.Stop() })
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(line, ready))
	return running
}

// Output runs a program to its end, and returns what it wrote with its exit code.
func Output(ctx context.Context, p Program, env map[string]string, args ...string) (code int, stdout, stderr string) {
	var out, log bytes.Buffer
	code = p.Run(ctx, simcmd.Process{Args: args, Getenv: func(name string) string { return env[name] }, Stdout: &out, Stderr: &log})
	return code, out.String(), log.String()
}

// A Refusal is a command line, the exit code that it leads to and what is said about it.
type Refusal struct {
	Args []string
	Code int
	Says string
}

// Refused runs a program with command lines that it refuses, each in one of its own: a program keeps what
// its flags say.
func Refused[P Program](t *testing.T, program func() P, refusals map[string]Refusal) {
	t.Helper()
	for name, tt := range refusals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := Output(t.Context(), program(), nil, tt.Args...)
			require.Equal(t, tt.Code, code)
			require.Contains(t, stderr, tt.Says)
			require.Empty(t, stdout)
		})
	}
}

// Helps requires texts of a program's help.
func Helps(t *testing.T, p Program, texts ...string) {
	t.Helper()
	code, stdout, stderr := Output(t.Context(), p, nil, "--help")
	require.Equal(t, simcmd.ExitOK, code)
	require.Empty(t, stderr)
	for _, text := range texts {
		require.Contains(t, stdout, text)
	}
}

// UntilLogged runs a program until it has said something on stderr, and returns what it wrote.
func UntilLogged(t *testing.T, p Program, until string, args ...string) (stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	log := &untilSaid{text: until, said: cancel}
	code := p.Run(ctx, simcmd.Process{Args: args, Getenv: func(string) string { return "" }, Stdout: &out, Stderr: log})
	require.Equal(t, simcmd.ExitOK, code, log.String())
	return out.String(), log.String()
}

// lockedBuffer can be read while the program writes.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// untilSaid stops the program when it says something.
type untilSaid struct {
	lockedBuffer

	text string
	said func()
}

func (u *untilSaid) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(u.text)) {
		u.said()
	}
	return u.lockedBuffer.Write(p)
}
