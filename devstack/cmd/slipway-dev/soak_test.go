package main

import (
	"bytes"
	"encoding/json"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/devstack/soak"
)

// verdicts are of a soak whose worker has grown by as much as told.
func verdicts(growth float64) soak.Report {
	return soak.Report{Parked: 2, Active: 1, Verdicts: []soak.Verdict{
		{Quantity: "worker, heap", Unit: "MiB", Median: 100, PerHour: 100 * growth, Growth: growth, Most: 0.1, Flat: growth <= 0.1},
	}}
}

func TestSoak_ExitsByWhatWasFound(t *testing.T) {
	t.Parallel()
	for _, output := range []string{"", "json"} {
		require.NoError(t, conclude(io.Discard, verdicts(0), output))
		require.Equal(t, exitFound, exitCode(conclude(io.Discard, verdicts(0.5), output)))
		report := verdicts(0)
		report.Problems = []string{"r-1 was to stay parked and has ended"}
		require.Equal(t, exitFound, exitCode(conclude(io.Discard, report, output)))
	}
	require.Equal(t, 1, exitCode(io.ErrUnexpectedEOF))
}

func TestSoak_PrintsWhatWasFound(t *testing.T) {
	t.Parallel()
	report := verdicts(0.5)
	report.Problems = []string{"r-1 was to stay parked and has ended"}
	var text, coded bytes.Buffer
	require.Error(t, conclude(&text, report, ""))
	require.Regexp(t, `(?m)^worker, heap +100\.0 MiB +\+50\.00 +\+50\.0 % +10 % +not flat$`, text.String())
	require.Contains(t, text.String(), "r-1 was to stay parked and has ended\n")
	require.Error(t, conclude(&coded, report, "json"))
	var again soak.Report
	require.NoError(t, json.Unmarshal(coded.Bytes(), &again))
	require.Equal(t, report, again)
}

func TestSoak_PrintsALineForEachSample(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	tell := lines(&text)
	tell(soak.Sample{Seconds: 90, Worker: soak.Memory{Resident: 100, Heap: 50}, HistoryEvents: 41, Calls: 30, Ended: 7, NATS: 2, Temporal: 3})
	require.Regexp(t, `(?m)^ +1\.5 +100\.0 +50\.0 +0\.0 +0\.0 +41\.0 +30\.0 +7 +2\.0 +3\.0$`, text.String())
}

func TestSoak_RefusesWhatItCannotDo(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		`--output: "xml" is unknown`:             {"soak", "-o", "xml"},
		"soak: Parked is 0; it must be from 1":   {"soak", "--parked", "0"},
		"For is 1m0s; it must be 8 times Every":  {"soak", "--minutes", "1"},
		"Slipway is missing: name the slipway b": {"soak", "--slipway", ""},
	} {
		var stderr bytes.Buffer
		require.Equal(t, 1, run(t.Context(), args, io.Discard, &stderr))
		require.Contains(t, stderr.String(), want)
	}
}
