package scenario

import (
	"bytes"
	"context"
	"encoding/json"
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
	cmd   *exec.Cmd
	ended chan struct{}
	// err is how the process has ended, once ended is closed.
	err error
	log *tail
}

// Launch says what to start: `<Binary> <Role> <Args>` with exactly the given environment.
type Launch struct {
	Binary, Role string
	Args         []string
	Env          map[string]string
	// Log receives the lines of the process; nil is nobody.
	Log io.Writer
}

// raceEnv has the options of the race detector.
const raceEnv = "GORACE"

// Environ is the environment of a process as package os/exec has it. What the race detector of this process is told, that of the other one
// is told, too.
func Environ(env map[string]string) []string {
	var all []string
	for key, value := range env {
		all = append(all, key+"="+value)
	}
	if race, has := os.LookupEnv(raceEnv); has { //nolint:forbidigo // no setting of ours
		all = append(all, raceEnv+"="+race)
	}
	return all
}

// Start starts the process. It is killed when ctx ends.
func (l Launch) Start(ctx context.Context) (*Process, error) {
	p := &Process{ended: make(chan struct{}), log: &tail{to: l.Log, began: make(chan struct{}), served: map[string]string{}, serves: make(chan struct{})}}
	var args []string
	if l.Role != "" {
		args = append(args, l.Role)
	}
	p.cmd = exec.CommandContext(ctx, l.Binary, append(args, l.Args...)...)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	p.cmd.Env = []string{"SLIPWAY_HTTP_ADDR=127.0.0.1:0", "SLIPWAY_LOG_FORMAT=json"}
	p.cmd.Env = append(p.cmd.Env, Environ(l.Env)...)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("scenario: start %s %s: %w", l.Binary, l.Role, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// Ended is closed once the process has ended, for whatever reason.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Last are the last lines of the process.
func (p *Process) Last() string { return p.log.String() }

// Pause stops the process with SIGSTOP: it stands still, and its connections stay open. Continue lets it go on.
func (p *Process) Pause() error { return p.signal("pause", syscall.SIGSTOP) }

// Continue lets a paused process go on.
func (p *Process) Continue() error { return p.signal("continue", syscall.SIGCONT) }

func (p *Process) signal(what string, s syscall.Signal) error {
	if err := p.cmd.Process.Signal(s); err != nil {
		return fmt.Errorf("scenario: %s: %w", what, err)
	}
	return nil
}

// PID is the process ID.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// The messages with which roles log that they listen, for [Process.Addr].
const (
	ServesHealth  = "health and metrics are served"
	ServesConsole = "the console is served"
)

// Addr waits until the process has logged that it listens, with a message, and returns the address.
func (p *Process) Addr(ctx context.Context, message string) (string, error) {
	for {
		addr, serves := p.log.addr(message)
		if addr != "" {
			return addr, nil
		}
		select {
		case <-serves:
		case <-ctx.Done():
			return "", fmt.Errorf("scenario: the process has not logged %q: %w; last lines:\n%s", message, context.Cause(ctx), p.log)
		}
	}
}

// Kill ends the process with SIGKILL: it learns nothing of it.
func (p *Process) Kill() error {
	if err := p.cmd.Process.Kill(); err != nil {
		return fmt.Errorf("scenario: kill: %w", err)
	}
	<-p.ended
	exit, ok := errors.AsType[*exec.ExitError](p.err)
	if status, isUnix := exitStatus(exit, ok); !isUnix || status.Signal() != syscall.SIGKILL {
		return fmt.Errorf("scenario: the process ended before it was killed: %w; last lines:\n%s", p.err, p.log)
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
	case <-p.ended:
		return fmt.Errorf("scenario: the process ended before it was stopped: %w; last lines:\n%s", p.err, p.log)
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("scenario: stop: %w", err)
	}
	<-p.ended
	if p.err != nil {
		return fmt.Errorf("scenario: the process did not end well: %w; last lines:\n%s", p.err, p.log)
	}
	return nil
}

// tailSize is how much of a process's lines is kept for an error.
const tailSize = 4 << 10

// tail passes lines on, keeps the last of them, and notes at which addresses they say that something is served.
type tail struct {
	to    io.Writer
	began chan struct{} // closed with the first line
	once  sync.Once
	mu    sync.Mutex
	last  bytes.Buffer
	// line is the beginning of one that has not ended yet.
	line []byte
	// served are addresses by the message of their line, and serves is closed when there is another one.
	served map[string]string
	serves chan struct{}
}

func (t *tail) Write(text []byte) (int, error) {
	t.once.Do(func() { close(t.began) })
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last.Write(text)
	if over := t.last.Len() - tailSize; over > 0 {
		t.last.Next(over)
	}
	t.line = append(t.line, text...)
	for {
		line, rest, ended := bytes.Cut(t.line, []byte("\n"))
		if !ended {
			break
		}
		t.note(line)
		t.line = rest
	}
	if t.to == nil {
		return len(text), nil
	}
	return t.to.Write(text)
}

// note keeps the address of a line that has one.
func (t *tail) note(line []byte) {
	var said struct{ Addr, Message string }
	if !bytes.Contains(line, []byte(`"addr"`)) || json.Unmarshal(line, &said) != nil || said.Addr == "" {
		return
	}
	t.served[said.Message] = said.Addr
	close(t.serves)
	t.serves = make(chan struct{})
}

func (t *tail) addr(message string) (addr string, serves <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.served[message], t.serves
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last.String()
}
