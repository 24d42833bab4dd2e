package simframe_test

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/internal/simframe"
)

// shelf is the state of a simulator of toys.
type shelf struct {
	simframe.Common

	Toys []string `json:"toys"`
}

// shop is a simulator that has nothing but a state and the controls.
type shop struct {
	controls

	mu    sync.Mutex
	st    *shelf
	store *simframe.Store[*shelf]
}

type controls = simframe.Controller[*shelf]

func open(t *testing.T, file string, seed uint64) (*shop, error) {
	t.Helper()
	s := new(shop)
	s.store = &simframe.Store[*shelf]{
		Lock: &s.mu, State: &s.st, File: file, Clock: simframe.SteppedClock(time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC)),
		Kind: simframe.Kind[*shelf]{
			Name: "toysim", Version: 3, New: func() *shelf { return &shelf{Toys: []string{}} },
			Complete: func(st *shelf) error {
				if len(st.Toys) > 9 {
					return errors.New("the shelf is full")
				}
				return nil
			},
			Advance:    func(st *shelf, now time.Time) { st.Now = now },
			CheckFault: toyRules().Check, NoSuchFault: errNoSuchFault,
		},
	}
	s.controls = simframe.NewController(s.store)
	return s, s.store.Open(seed)
}

func TestStore_GoesOnWhereTheFileWasLeft(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "toys.json")
	s, err := open(t, file, 7)
	require.NoError(t, err)
	s.st.Toys = append(s.st.Toys, s.st.Draw("toy"))
	s.st.Count("Do")
	s.st.Unserved, s.st.Ignored = map[string]int{"Do colour": 1}, map[string]int{"Do size": 2}
	_, err = s.AddFault(simframe.Fault{Kind: simframe.FaultError, Count: -1})
	require.NoError(t, err)
	now, err := s.Advance(time.Hour)
	require.NoError(t, err)
	require.Equal(t, s.Now(), now)

	again, err := open(t, file, 8)
	require.NoError(t, err)
	require.Equal(t, now, again.Now(), "no time repeats")
	require.Equal(t, s.st, again.st, "the seed is the file's")
	require.Equal(t, simframe.CallCounts{
		Total: 1, Operations: map[string]int{"Do": 1}, Unserved: map[string]int{"Do colour": 1}, Ignored: map[string]int{"Do size": 2},
	}, again.Calls())
	require.NotNil(t, again.st.Faults.Take(again.st.Target("Do", ""), simframe.FaultError))
	again.ResetCalls()
	require.Equal(t, simframe.CallCounts{Operations: map[string]int{}, Unserved: map[string]int{}, Ignored: map[string]int{}}, again.Calls())

	require.NoError(t, again.Reset())
	require.Empty(t, again.st.Toys)
	require.Equal(t, uint64(7), again.st.Seed)
	require.NoError(t, again.Close())
}

func TestStore_RequestsHaveIDsOfTheirOwn(t *testing.T) {
	t.Parallel()
	s, err := open(t, "", 7)
	require.NoError(t, err)
	first, second := s.store.NextRequest("Do"), s.store.NextRequest("")
	require.NotEqual(t, first, second)
	require.Equal(t, simframe.UUID(7, "request/1"), first)
	require.Equal(t, map[string]int{"Do": 1}, s.Calls().Operations, "what calls no operation counts for none")
}

func TestStore_TakesTheFaultsOfACall(t *testing.T) {
	t.Parallel()
	s, err := open(t, "", 7)
	require.NoError(t, err)
	_, err = s.AddFault(simframe.Fault{Kind: simframe.FaultError, Operation: "Do", AppID: "shop"})
	require.NoError(t, err)
	none := simframe.CallFaults{}
	require.Equal(t, none, s.store.TakeFaults("Do", "another"))
	require.NotEqual(t, none, s.store.TakeFaults("Do", "shop"))
	require.Equal(t, none, s.store.TakeFaults("Do", "shop"), "it happens once")
}

func TestStore_WhatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	s, err := open(t, "", 1)
	require.NoError(t, err)
	snapshot, err := s.Snapshot()
	require.NoError(t, err)
	for text, says := range map[string]string{
		`{`: "unexpected", `{}`: "it has version 0, this simulator reads version 3", `{"version":3,"faults":{"arranged":[null]}}`: "null",
		`{"version":3,"faults":{"arranged":[{"id":4,"kind":"error","status":7}]}}`: "fault 4: status: must be an error status",
		`{"version":3,"now":"9999-12-31T00:00:00Z"}`:                               "ends with the year 8999",
		`{"version":3,"toys":["","","","","","","","","",""]}`:                     "the shelf is full",
	} {
		require.ErrorContains(t, s.Restore([]byte(text)), says)
		file := filepath.Join(t.TempDir(), "toys.json")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		_, err := open(t, file, 1)
		require.ErrorContains(t, err, says)
		require.ErrorContains(t, err, file)
	}
	require.NoError(t, s.Restore(snapshot))
	_, err = s.Advance(-1)
	require.ErrorContains(t, err, "toysim: the simulated time only moves forward")
	_, err = s.AddFault(simframe.Fault{Kind: "none"})
	require.ErrorContains(t, err, "toysim: fault: kind")
	require.ErrorIs(t, s.RemoveFault(1), errNoSuchFault)
}

func TestCheckSpeed(t *testing.T) {
	t.Parallel()
	clock := simframe.SteppedClock(time.Time{})
	require.Empty(t, simframe.CheckSpeed(clock, 0))
	require.Empty(t, simframe.CheckSpeed(nil, 10))
	for _, tt := range []struct {
		clock *simframe.Clock
		speed float64
		says  string
	}{{clock, 1, "together with Clock"}, {nil, -1, "positive"}, {nil, 2_000_000, "at most"}} {
		require.Contains(t, simframe.CheckSpeed(tt.clock, tt.speed), tt.says)
	}
}

// The controls are all that an admin API needs.
var _ simframe.Controls = (*shop)(nil)

func TestAdmin_ServesItsOwnPaths(t *testing.T) {
	t.Parallel()
	admin := simframe.Admin{Name: "toysim"}
	require.True(t, admin.Serves("/_toysim/clock"))
	require.True(t, admin.Serves("/healthz"))
	require.False(t, admin.Serves("/toys"))
}
