package simframe_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/internal/simframe"
)

// TestFaults_OfCalls breaks a call in every way, over a connection, and tells whether it was carried out.
func TestFaults_OfCalls(t *testing.T) {
	t.Parallel()
	const whole = "done and done"
	for name, tt := range map[string]struct {
		kind    simframe.FaultKind
		body    string
		carried int
		status  int // 0 for no answer
		answer  string
	}{
		"none":             {"", whole, 1, 200, whole},
		"dropped before":   {simframe.FaultDropBefore, whole, 0, 0, ""},
		"dropped after":    {simframe.FaultDropAfter, whole, 1, 0, ""},
		"arrives late":     {simframe.FaultArrivesLate, whole, 1, 0, ""},
		"error":            {simframe.FaultError, whole, 0, 409, "refused"},
		"error after":      {simframe.FaultErrorAfter, whole, 1, 409, "refused"},
		"cut":              {simframe.FaultTruncate, whole, 1, 200, ""},
		"cut without body": {simframe.FaultTruncate, "", 1, 0, ""},
		"delayed":          {simframe.FaultDelay, whole, 1, 200, whole},
		"answered late":    {simframe.FaultDelayAfter, whole, 1, 200, whole},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var faults simframe.Faults
			if tt.kind != "" {
				faults.Add(simframe.Fault{Kind: tt.kind, Operation: "Do", AppID: "a", Delay: 1})
			}
			require.Equal(t, simframe.CallFaults{}, faults.TakeCall(simframe.Target{Operation: "Undo", AppID: "a"}), "meant for another operation")
			require.Equal(t, simframe.CallFaults{}, faults.TakeCall(simframe.Target{Operation: "Do", AppID: "b"}), "meant for another application")
			carried := make(chan struct{}, 2)
			var handled sync.WaitGroup
			handled.Add(1)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer handled.Done()
				faults.TakeCall(simframe.Target{Operation: "Do", AppID: "a"}).Serve(w, r, simframe.Call{
					CarryOut: func() simframe.Answer {
						carried <- struct{}{}
						return simframe.Answer{Status: http.StatusOK, Header: http.Header{"X-Toy": {"1"}}, Body: []byte(tt.body)}
					},
					Refuse: func(simframe.Fault) simframe.Answer {
						return simframe.Answer{Status: http.StatusConflict, Body: []byte("refused")}
					},
				})
			}))
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, http.NoBody)
			require.NoError(t, err)
			response, err := server.Client().Do(request)
			if tt.status == 0 {
				require.Error(t, err)
			} else {
				require.NoError(t, err)
				body, err := io.ReadAll(response.Body)
				require.NoError(t, response.Body.Close())
				require.Equal(t, tt.status, response.StatusCode)
				if tt.answer == "" {
					require.ErrorIs(t, err, io.ErrUnexpectedEOF)
				} else {
					require.Equal(t, tt.answer, string(body))
				}
			}
			server.Close()
			handled.Wait() // a call that arrives late outlives its connection
			require.Len(t, carried, tt.carried)
		})
	}
}

func TestFaults_HitBatches(t *testing.T) {
	t.Parallel()
	var faults simframe.Faults
	for _, f := range []simframe.Fault{{Kind: "melt", Batch: 2}, {Kind: "melt", Batch: 2}, {Kind: "freeze"}, {Kind: "melt", Batch: 9}, {Kind: "burn"}} {
		faults.Add(f)
	}
	taken := faults.TakeBatches(simframe.Target{}, 3, "melt", "freeze")
	require.Len(t, taken, 2)
	require.Equal(t, 1, taken[2].ID)
	require.Equal(t, 3, taken[1].ID)
	require.Equal(t, 2, faults.TakeBatches(simframe.Target{}, 3, "melt")[2].ID, "one a batch; the next change has the next")
	require.Empty(t, faults.TakeBatches(simframe.Target{}, 3, "melt"))
	require.Equal(t, 5, faults.Take(simframe.Target{}, "burn").ID)
	require.Nil(t, faults.Take(simframe.Target{}, "burn"), "it is spent")
}

func TestFaults_AStateHoldsNoNull(t *testing.T) {
	t.Parallel()
	faults := simframe.Faults{Arranged: []*simframe.Fault{nil}}
	require.Error(t, faults.Validate())
}
