package simframe_test

import (
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/internal/simframe"
)

// A control that is spelled wrong must not become one with fewer conditions.
func TestAdmin_BodiesAreReadStrictly(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	shop, err := open(t, "", 1)
	require.NoError(t, err)
	simframe.Admin{Name: "toysim", StatusOf: func(error) int { return 0 }}.Handle(mux, shop)
	for body, says := range map[string]string{
		`{"kind":"error","opration":"Do"}`:  `unknown field \"opration\"`,
		`{"kind":"error"} {"kind":"error"}`: "something follows",
		`{"kind":"error"`:                   "unexpected",
		`[]`:                                "cannot unmarshal array",
	} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/_toysim/faults", strings.NewReader(body)))
		require.Equal(t, http.StatusBadRequest, w.Code, body)
		require.Contains(t, w.Body.String(), says)
	}
	require.Empty(t, shop.Faults())
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/_toysim/clock/advance", strings.NewReader(`{"duration":"1h","by":2}`)))
	require.Equal(t, http.StatusBadRequest, w.Code)
}

func TestWriteJSON_WhatCannotBeWrittenIsNoSuccess(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	simframe.WriteJSON(w, http.StatusOK, math.NaN())
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.Contains(t, w.Body.String(), "NaN")
}
