package health_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"slipway/health"
)

// failing is what fails at the moment, and the log of it.
type failing struct {
	mu          sync.Mutex
	log         bytes.Buffer
	asked       int
	nats, cloud error
}

func (f *failing) Write(line []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.log.Write(line)
}

func (f *failing) set(nats, cloud error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.nats, f.cloud = nats, cloud
}

func (f *failing) checks() map[string]health.Check {
	return map[string]health.Check{
		"nats": func(context.Context) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			return f.nats
		},
		"cloud": func(context.Context) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.asked++
			if f.cloud == nil {
				return nil
			}
			return fmt.Errorf("%w, request 4F1C2D3E-0000-%04d", f.cloud, f.asked)
		},
	}
}

// lines are those of five more examinations.
func (f *failing) lines() []string {
	time.Sleep(5 * time.Second) //nolint:forbidigo // the clock of the bubble
	synctest.Wait()             // for the examination of this very moment
	f.mu.Lock()
	defer f.mu.Unlock()
	defer f.log.Reset()
	if f.log.Len() == 0 {
		return nil
	}
	return strings.Split(strings.TrimSpace(f.log.String()), "\n")
}

func TestFollow_LogsEachChangeOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		missing := errors.New("stream X does not exist; create it with: slipway setup")
		f := &failing{nats: missing}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			health.Follow(ctx, f.checks(), zerolog.New(f), time.Second)
		}()
		require.Equal(t, []string{`{"level":"warn","check":"nats","error":"stream X does not exist; create it with: slipway setup","message":"not ready"}`}, f.lines())
		require.Empty(t, f.lines(), "nothing has changed")
		f.set(missing, errors.New("denied"))
		require.Len(t, f.lines(), 2)
		require.Empty(t, f.lines(), "another request was denied for the same reason")
		f.set(nil, nil)
		require.Equal(t, []string{`{"level":"info","message":"ready"}`}, f.lines())
		f.set(missing, nil)
		require.Len(t, f.lines(), 1, "it is missing again")
		cancel()
		<-done
	})
}
