package simframe_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/internal/simframe"
)

func TestOddsCount(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		odds  simframe.Odds
		fired int
		want  bool
	}{
		"once, not yet":     {simframe.Odds{}, 0, false},
		"once, done":        {simframe.Odds{}, 1, true},
		"twice, half":       {simframe.Odds{Count: 2}, 1, false},
		"twice, done":       {simframe.Odds{Count: 2}, 2, true},
		"without end, long": {simframe.Odds{Count: -1}, 1000, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, tt.odds.Spent(tt.fired))
		})
	}
}

func TestOddsAreDrawnFromTheSeed(t *testing.T) {
	t.Parallel()
	odds := simframe.Odds{ID: 3, Probability: 0.25}
	fired := 0
	for try := range 1000 {
		require.Equal(t, odds.Fires(1, try), odds.Fires(1, try))
		require.True(t, simframe.Odds{ID: 3}.Fires(1, try))
		require.True(t, simframe.Odds{ID: 3, Probability: 1}.Fires(1, try))
		if odds.Fires(1, try) {
			fired++
		}
	}
	require.InDelta(t, 250, fired, 60)
}

func TestOdds_StatusPageTakesNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	sim := &toy{clock: simframe.SteppedClock(time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC)), calls: 2}
	sim.faults.Add(simframe.Fault{Kind: simframe.FaultError, AppID: "<i>"})
	view := any(map[string]string{"Region": "<b>"})
	simframe.Admin{Name: "toysim"}.HandlePage(mux, "<p>{{.Region}}</p>", sim, func() simframe.Page {
		return simframe.Page{Title: "here", About: "A toy.", Sections: view}
	})
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
		return w
	}
	w := get("/_toysim/")
	for _, want := range []string{"<p>&lt;b&gt;</p>", "&lt;i&gt;", "toysim here", "A toy.", "2026-11-02T08:00:00Z", "it stands until it is advanced", "<td>Do</td><td>2</td>"} {
		require.Contains(t, w.Body.String(), want)
	}
	require.NotRegexp(t, `(src|href)=`, w.Body.String())
	require.Equal(t, "default-src 'none'; style-src 'unsafe-inline'", w.Header().Get("Content-Security-Policy"))
	require.Equal(t, http.StatusNotFound, get("/_toysim/other").Code)
	view = 1
	require.Equal(t, http.StatusInternalServerError, get("/_toysim/").Code)
}
