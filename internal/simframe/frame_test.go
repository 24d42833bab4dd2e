package simframe_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/internal/simframe"
)

// Errors of the simulator's own.
var (
	errBusy        = errors.New("toysim: busy")
	errNoSuchFault = errors.New("toysim: there is no such fault")
)

// toy is a simulator that has nothing but the frame.
type toy struct {
	clock  *simframe.Clock
	state  string
	calls  int
	faults simframe.Faults
	err    error
}

func (s *toy) Clock() *simframe.Clock                     { return s.clock }
func (s *toy) Advance(d time.Duration) (time.Time, error) { return s.clock.Advance(d) }
func (s *toy) Reset() error                               { s.state = `""`; return s.err }
func (s *toy) Snapshot() ([]byte, error)                  { return []byte(s.state), s.err }
func (s *toy) Restore(snapshot []byte) error              { s.state = string(snapshot); return s.err }
func (s *toy) ResetCalls()                                { s.calls = 0 }
func (s *toy) Calls() simframe.CallCounts {
	return simframe.CallCounts{Total: s.calls, Operations: map[string]int{"Do": s.calls}}
}
func (s *toy) Faults() []simframe.Fault { return s.faults.List() }
func (s *toy) ClearFaults() error       { s.faults.Clear(); return nil }
func (s *toy) AddFault(f simframe.Fault) (simframe.Fault, error) {
	if err := toyRules().Check(f); err != nil {
		return simframe.Fault{}, err
	}
	return s.faults.Add(f), nil
}

func (s *toy) RemoveFault(id int) error {
	if !s.faults.Remove(id) {
		return errNoSuchFault
	}
	return nil
}

func toyRules() simframe.FaultRules {
	return simframe.FaultRules{
		Platform: "Toy", Kinds: []simframe.FaultKind{"melt"}, Delayed: []simframe.FaultKind{"melt"},
		Knows: func(operation string) bool { return operation == "Do" },
	}
}

func TestFrame_TheFrameServesASimulatorOfAnyPlatform(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC)
	sim := &toy{clock: simframe.SteppedClock(began), state: `"a"`, calls: 3}
	admin := simframe.Admin{Name: "toysim", StatusOf: func(err error) int {
		switch {
		case errors.Is(err, errBusy):
			return http.StatusConflict
		case errors.Is(err, errNoSuchFault):
			return http.StatusNotFound
		}
		return 0
	}}
	mux := http.NewServeMux()
	admin.Handle(mux, sim)
	server := httptest.NewServer(admin.Guard(mux))
	t.Cleanup(server.Close)
	client := simframe.AdminClient{Client: "toyadmin", Name: "toysim", URL: server.URL, HTTP: server.Client()}
	ctx := t.Context()

	reading, err := client.Advance(ctx, time.Minute)
	require.NoError(t, err)
	require.Equal(t, simframe.ClockReading{Now: began.Add(time.Minute)}, reading)
	again, err := client.Clock(ctx)
	require.NoError(t, err)
	require.Equal(t, reading, again)
	counts, err := client.Calls(ctx)
	require.NoError(t, err)
	require.Equal(t, sim.Calls(), counts)
	require.NoError(t, client.ResetCalls(ctx))
	require.Zero(t, sim.calls)
	require.NoError(t, client.Restore(ctx, []byte(`"b"`)))
	state, err := client.Snapshot(ctx)
	require.NoError(t, err)
	require.Equal(t, `"b"`, string(state))

	fault, err := client.AddFault(ctx, simframe.Fault{Kind: "melt", Delay: time.Second, Operation: "Do"})
	require.NoError(t, err)
	require.Equal(t, simframe.Fault{ID: 1, Kind: "melt", Delay: time.Second, Operation: "Do"}, fault)
	_, err = client.AddFault(ctx, simframe.Fault{Kind: "melt", Operation: "Undo", Batch: 1, Count: -2})
	for _, field := range []string{"operation: Toy has no operation", "delay:", "batch: changes of Toy have none", "count:"} {
		require.ErrorContains(t, err, field, "every problem at once")
	}
	faults, err := client.Faults(ctx)
	require.NoError(t, err)
	require.Equal(t, []simframe.Fault{fault}, faults)
	require.ErrorIs(t, client.RemoveFault(ctx, 7), errNoSuchFault)
	require.NoError(t, client.RemoveFault(ctx, 1))
	next, err := client.AddFault(ctx, simframe.Fault{Kind: simframe.FaultError})
	require.NoError(t, err)
	require.Equal(t, 2, next.ID, "an ID is given once")
	require.NoError(t, client.ClearFaults(ctx))
	require.Empty(t, sim.Faults())

	sim.err = errBusy
	err = client.Reset(ctx)
	require.ErrorIs(t, err, errBusy)
	require.EqualError(t, err, "toyadmin: HTTP 409: toysim: busy")
	require.ErrorContains(t, client.Do(ctx, http.MethodGet, "nothing", simframe.Bodies{}), "toysim: the admin API has no such endpoint")
}

func TestFrame_StateFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.json")
	text, err := simframe.LoadFile(path)
	require.NoError(t, err)
	require.Nil(t, text, "there is none yet")
	require.NoError(t, simframe.SaveFile(path, []byte("a")))
	require.NoError(t, simframe.SaveFile(path, []byte("b")))
	text, err = simframe.LoadFile(path)
	require.NoError(t, err)
	require.Equal(t, "b", string(text))
	about, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), about.Mode().Perm(), "it holds what clients sent, secrets included")
	require.ErrorContains(t, simframe.SaveFile(filepath.Join(path, "below"), nil), "state file")
}

func TestFrame_IdentifiersComeFromTheSeed(t *testing.T) {
	t.Parallel()
	require.Equal(t, simframe.UUID(1, "a"), simframe.UUID(1, "a"))
	require.NotEqual(t, simframe.UUID(1, "a"), simframe.UUID(2, "a"))
	require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, simframe.UUID(1, "a"))
}
