package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The page says what the traits say.
func TestPlatforms_PageIsUpToDate(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../../docs/platforms.md")
	require.NoError(t, err)
	want, err := fill(string(page))
	require.NoError(t, err)
	require.Equal(t, want, string(page), "docs/platforms.md: run make generate")
}

func TestPlatforms_WhatStandsAroundTheTablesStays(t *testing.T) {
	t.Parallel()
	got, err := fill("before\n" + tablesBegin + "what was there\n" + tablesEnd + "after\n")
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(got, "before\n"+tablesBegin+"\n| |"), got)
	require.True(t, strings.HasSuffix(got, tablesEnd+"after\n"), got)
	require.NotContains(t, got, "what was there")
	_, err = fill("before\nafter\n")
	require.ErrorContains(t, err, "the lines are missing")
}
