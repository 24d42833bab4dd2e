package simframe_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/internal/simframe"
)

// errBusy is an error of the simulator's own.
var errBusy = errors.New("toysim: busy")

// toy is a simulator that has nothing but the frame.
type toy struct {
	clock *simframe.Clock
	state string
	calls int
	err   error
}

func (s *toy) Clock() *simframe.Clock                     { return s.clock }
func (s *toy) Advance(d time.Duration) (time.Time, error) { return s.clock.Advance(d) }
func (s *toy) Reset() error                               { s.state = `""`; return s.err }
func (s *toy) Snapshot() ([]byte, error)                  { return []byte(s.state), s.err }
func (s *toy) Restore(snapshot []byte) error              { s.state = string(snapshot); return s.err }
func (s *toy) ResetCalls()                                { s.calls = 0 }

func TestFrame_TheFrameServesASimulatorOfAnyPlatform(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC)
	sim := &toy{clock: simframe.SteppedClock(began), state: `"a"`, calls: 3}
	admin := simframe.Admin{Name: "toysim", StatusOf: func(err error) int {
		if errors.Is(err, errBusy) {
			return http.StatusConflict
		}
		return 0
	}}
	mux := http.NewServeMux()
	admin.Handle(mux, sim)
	server := httptest.NewServer(admin.Guard(mux))
	t.Cleanup(server.Close)
	client := simframe.AdminClient{Client: "toyadmin", Name: "toysim", URL: server.URL, HTTP: server.Client()}
	ctx := t.Context()

	var reading simframe.ClockReading
	require.NoError(t, client.Do(ctx, http.MethodPost, "clock/advance", simframe.Bodies{Sent: simframe.ClockAdvance{Duration: "1m"}, Received: &reading}))
	require.Equal(t, simframe.ClockReading{Now: began.Add(time.Minute)}, reading)
	require.NoError(t, client.Do(ctx, http.MethodDelete, "calls", simframe.Bodies{}))
	require.Zero(t, sim.calls)
	require.NoError(t, client.Do(ctx, http.MethodPut, "state", simframe.Bodies{Sent: "b"}))
	var state string
	require.NoError(t, client.Do(ctx, http.MethodGet, "state", simframe.Bodies{Received: &state}))
	require.Equal(t, "b", state)

	sim.err = errBusy
	err := client.Do(ctx, http.MethodPost, "reset", simframe.Bodies{})
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
	require.ErrorContains(t, simframe.SaveFile(filepath.Join(path, "below"), nil), "state file")
}

func TestFrame_IdentifiersComeFromTheSeed(t *testing.T) {
	t.Parallel()
	require.Equal(t, simframe.UUID(1, "a"), simframe.UUID(1, "a"))
	require.NotEqual(t, simframe.UUID(1, "a"), simframe.UUID(2, "a"))
	require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, simframe.UUID(1, "a"))
}
