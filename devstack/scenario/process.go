package scenario

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
)

// Process is a role of Slipway in a process of its own.
type Process struct {
	cmd  *exec.Cmd
	done chan error
	log  *tail
}

// Launch says what to start: `<Binary> <Role>` with exactly the given environment.
type Launch struct {
	Binary, Role string
	Env          map[string]string
	// Log receives the lines of the process.
	Log io.Writer
}

// Start starts the process. It is killed when ctx ends.
func (l Launch) Start(ctx context.Context) (*Process, error) {
	p := &Process{done: make(chan error, 1), log: &tail{to: l.Log, began: make(chan struct{})}}
	p.cmd = exec.CommandContext(ctx, l.Binary, l.Role)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	p.cmd.Env = []string{"SLIPWAY_HTTP_ADDR=127.0.0.1:0", "SLIPWAY_LOG_FORMAT=json"}
	for key, value := range l.Env {
		p.cmd.Env = append(p.cmd.Env, key+"="+value)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("scenario: start %s %s: %w", l.Binary, l.Role, err)
	}
	go func() { p.done <- p.cmd.Wait() }()
	return p, nil
}

// PID is the process ID.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Kill ends the process with SIGKILL: it learns nothing of it.
func (p *Process) Kill() error {
	if err := p.cmd.Process.Kill(); err != nil {
		return fmt.Errorf("scenario: kill: %w", err)
	}
	err := <-p.done
	exit, ok := errors.AsType[*exec.ExitError](err)
	if status, isUnix := exitStatus(exit, ok); !isUnix || status.Signal() != syscall.SIGKILL {
		return fmt.Errorf("scenario: the process ended before it was killed: %w; last lines:\n%s", err, p.log)
	}
	return nil
}

func exitStatus(exit *exec.ExitError, ok bool) (syscall.WaitStatus, bool) {
	if !ok {
		return 0, false
	}
	status, isUnix := exit.Sys().(syscall.WaitStatus)
	return status, isUnix
}

// Stop asks the process to end and waits until it has. A process that has only just been started is
// asked once it has said something: before that, it does not yet listen to signals and would end
// as the operating system ends one that does not.
func (p *Process) Stop() error {
	select {
	case <-p.log.began:
	case err := <-p.done:
		return fmt.Errorf("scenario: the process ended before it was stopped: %w; last lines:\n%s", err, p.log)
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("scenario: stop: %w", err)
	}
	if err := <-p.done; err != nil {
		return fmt.Errorf("scenario: the process did not end well: %w; last lines:\n%s", err, p.log)
	}
	return nil
}

// tailSize is how much of a process's lines is kept for an error.
const tailSize = 4 << 10

// tail passes lines on and keeps the last of them.
type tail struct {
	to    io.Writer
	began chan struct{} // closed with the first line
	once  sync.Once
	mu    sync.Mutex
	last  bytes.Buffer
}

func (t *tail) Write(line []byte) (int, error) {
	t.once.Do(func() { close(t.began) })
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last.Write(line)
	if over := t.last.Len() - tailSize; over > 0 {
		t.last.Next(over)
	}
	return t.to.Write(line)
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last.String()
}
