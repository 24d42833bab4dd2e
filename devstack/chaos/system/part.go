package system

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"slipway/devstack/scenario"
)

// Kind is what a part is.
type Kind string

// The kinds of parts.
const (
	KindNATS      Kind = "nats"
	KindTemporal  Kind = "temporal"
	KindSimulator Kind = "simulator"
	KindWorker    Kind = "worker"
	KindStarter   Kind = "starter"
	KindNotifier  Kind = "notifier"
	KindConsole   Kind = "console"
)

// pollInterval is how often a part is asked whether it is ready, and againInterval how long after its end one that has
// ended by itself is started again.
const (
	pollInterval  = 100 * time.Millisecond
	againInterval = time.Second
)

// A Part is one process of the system. It keeps its address and its data, however often it is started.
type Part struct {
	Name string
	Kind Kind

	launch scenario.Launch
	// ready asks the part whether it can do its work.
	ready func(context.Context) error
	log   *os.File

	// life is that of the system.
	life context.Context //nolint:containedctx // a process lives as long as the system, not as long as the call that starts it
	// watching are those that wait for the end of a process.
	watching sync.WaitGroup

	mu      sync.Mutex
	process *scenario.Process
	// meant is the process whose end is meant.
	meant *scenario.Process
	ends  []End
}

// An End is that of a process which ended by itself, though nobody killed it.
type End struct {
	Part string    `json:"part"`
	At   time.Time `json:"at"`
	// Last are its last lines.
	Last string `json:"last"`
}

// Start starts the process, unless it runs, and starts it again whenever it ends by itself.
func (p *Part) Start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.process != nil {
		return nil
	}
	process, err := p.launch.Start(p.life)
	if err != nil {
		return fmt.Errorf("system: %s: %w", p.Name, err)
	}
	p.process = process
	p.watching.Go(func() { p.watch(process) })
	return nil
}

// watch notes the end of a process that nobody meant, and starts it again.
func (p *Part) watch(process *scenario.Process) {
	<-process.Ended()
	p.mu.Lock()
	meant := p.meant == process || p.life.Err() != nil
	p.process = nil
	if !meant {
		p.ends = append(p.ends, End{Part: p.Name, At: time.Now(), Last: process.Last()})
	}
	p.mu.Unlock()
	if meant {
		return
	}
	select {
	case <-p.life.Done():
		return
	case <-time.After(againInterval):
	}
	if err := p.Start(); err != nil && p.life.Err() == nil {
		p.mu.Lock()
		p.ends = append(p.ends, End{Part: p.Name, At: time.Now(), Last: err.Error()})
		p.mu.Unlock()
	}
}

// Kill ends the process with SIGKILL, if it runs, and leaves the part away until it is started.
func (p *Part) Kill() error {
	p.mu.Lock()
	process := p.process
	p.meant = process
	p.mu.Unlock()
	if process == nil {
		return nil
	}
	select {
	case <-process.Ended():
		return nil
	default:
	}
	if err := process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("system: %s: %w", p.Name, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.process == process {
		p.process = nil
	}
	return nil
}

// Pause stops the process with SIGSTOP. It keeps its connections, and says nothing on them.
func (p *Part) Pause() error { return p.signal((*scenario.Process).Pause) }

// Continue lets a paused process go on.
func (p *Part) Continue() error { return p.signal((*scenario.Process).Continue) }

// signal sends a signal to the process; one that does not run needs none.
func (p *Part) signal(send func(*scenario.Process) error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.process == nil {
		return nil
	}
	if err := send(p.process); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("system: %s: %w", p.Name, err)
	}
	return nil
}

// AwaitReady returns once the part can do its work.
func (p *Part) AwaitReady(ctx context.Context) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		err := p.ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("system: %s is not ready: %w (last answer: %w); its last lines:\n%s", p.Name, context.Cause(ctx), err, p.last())
		case <-tick.C:
		}
	}
}

// last are the last lines of the part, of the process that runs or of the one that has ended.
func (p *Part) last() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.process != nil {
		return p.process.Last()
	}
	if len(p.ends) > 0 {
		return p.ends[len(p.ends)-1].Last
	}
	return ""
}

// Ends are the ends of the part that nobody meant.
func (p *Part) Ends() []End {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]End{}, p.ends...)
}

// close waits for the process, which ends with the system.
func (p *Part) close() error {
	p.watching.Wait()
	return p.log.Close()
}

// answers is a part's ready by a page that answers 200.
func answers(url string) func(context.Context) error {
	client := &http.Client{Timeout: askTimeout, Transport: &http.Transport{DisableKeepAlives: true}}
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer func() { _ = response.Body.Close() }()
		if response.StatusCode != http.StatusOK {
			text, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10))
			return fmt.Errorf("%s: %s: %s", url, response.Status, text)
		}
		return nil
	}
}

// askTimeout bounds one question to a part.
const askTimeout = 5 * time.Second
