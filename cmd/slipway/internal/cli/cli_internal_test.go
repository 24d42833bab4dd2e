package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/render"
	"slipway/release"
	"slipway/releases"
)

const id = "r-abcdefghijklmnop"

func TestCLI_ExitCodes(t *testing.T) {
	t.Parallel()
	refused := &releases.RefusedError{ID: id, Reason: "batch 2 does not wait"}
	cases := []struct {
		name string
		err  error
		code int
		said string
	}{
		{"done", nil, 0, ""},
		{"error", errors.New("connection refused"), 1, "slipway: connection refused\n"},
		{"usage", &usageError{"missing argument ID"}, 2, "slipway: missing argument ID\nSee \"slipway --help\".\n"},
		{"setting", &config.Error{Setting: "sae-region", Source: "default", Problem: "is not set", Remedy: "set it"}, 2, "slipway: setting sae-region (default): is not set; set it\n"},
		{"release file", fmt.Errorf("x.yaml cannot be released:\n%w", release.Problems{{Field: "a", Message: "b"}, {Field: "c", Message: "d"}}), 2, "slipway: x.yaml cannot be released:\n  a: b\n  c: d\n"},
		{"unknown release", &releases.NotFoundError{ID: id}, 1, "slipway: there is no release \"" + id + "\"; its request may still wait for slipway starter; list them with: slipway release list\n"},
		{"refused", refused, 7, "slipway: " + refused.Error() + "\n"},
		{"untaken", &releases.UntakenError{ID: "scaling/sae/cn-hangzhou/app-1"}, 8, ""},
		{"unanswered", &releases.UnansweredError{ID: id, Waited: time.Second}, 8, ""},
		{"time is up", fmt.Errorf("release: %w", &timeoutError{time.Minute}), 8, "slipway: release: not done within 1m0s\n"},
		{"Succeeded", byOutcome(release.PhaseSucceeded), 0, ""},
		{"RolledBack", byOutcome(release.PhaseRolledBack), 3, ""},
		{"Aborted", byOutcome(release.PhaseAborted), 4, ""},
		{"Failed", byOutcome(release.PhaseFailed), 5, ""},
		{"NeedsAttention", byOutcome(release.PhaseNeedsAttention), 6, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var said bytes.Buffer
			a := &app{Env: Env{Stderr: &said}}
			require.Equal(t, c.code, a.exit(t.Context(), &cobra.Command{Use: "slipway"}, c.err))
			if c.code != exitTimeout || c.said != "" {
				require.Equal(t, c.said, said.String())
			}
			if c.code != exitOK {
				require.Contains(t, exitCodes, fmt.Sprintf("\n  %-3d  ", c.code))
			}
		})
	}
}

func TestCLI_RefusalsTellTheirMomentsWhereTheyAreRead(t *testing.T) {
	t.Parallel()
	err := &releases.RefusedError{ID: id, Reason: "the lane is held since 2026-11-22T19:00:00Z by mei"}
	for name, c := range map[string]struct {
		utc  bool
		want string
	}{
		"local": {false, "held since 2026-11-23T03:00:00+08:00 by mei\n"}, "with --utc": {true, "held since 2026-11-22T19:00:00Z by mei\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var said bytes.Buffer
			a := &app{Env: Env{Stderr: &said, Zone: time.FixedZone("", 8*60*60)}, utc: c.utc}
			require.Equal(t, exitRefused, a.exit(t.Context(), &cobra.Command{Use: "slipway"}, err))
			require.Contains(t, said.String(), c.want)
		})
	}
}

func TestCLI_EveryPhaseHasACode(t *testing.T) {
	t.Parallel()
	seen := map[int]release.Phase{}
	for _, p := range release.Phases() {
		code := outcomeCode(p)
		if !p.Ended() {
			require.Equal(t, exitError, code, p)
			continue
		}
		require.NotContains(t, seen, code, "%s and %s have one code", p, seen[code])
		seen[code] = p
	}
	require.Len(t, seen, 5)
}

func TestCLI_InterruptedWinsOverWhatItCaused(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var said bytes.Buffer
	a := &app{Env: Env{Stderr: &said}}
	require.Equal(t, exitInterrupted, a.exit(ctx, &cobra.Command{}, errors.New("connection closed")))
	require.Equal(t, "slipway: interrupted\n", said.String())
	said.Reset()
	require.Equal(t, exitInterrupted, a.exit(ctx, &cobra.Command{}, fmt.Errorf("watch: %w", &interruptedError{"the release is Queued and goes on"})))
	require.Equal(t, "slipway: interrupted; the release is Queued and goes on\n", said.String())
	require.Equal(t, exitOK, a.exit(ctx, &cobra.Command{}, nil), "a role that stopped as told has done its work")
}

func TestCLI_Actor(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, want string
		args       []string
		env        map[string]string
	}{
		{"flag", "li", []string{"--by", "li"}, map[string]string{"SLIPWAY_BY": "ci", "USER": "mei"}},
		{"setting", "ci", nil, map[string]string{"SLIPWAY_BY": "ci", "USER": "mei"}},
		{"user", "mei", nil, map[string]string{"USER": "mei"}},
		{"user of Windows", "mei", nil, map[string]string{"USERNAME": "mei"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := &app{Env: Env{Getenv: func(key string) string { return c.env[key] }}}
			cmd := withSettings(&cobra.Command{}, config.Actor())
			require.NoError(t, cmd.ParseFlags(c.args))
			v, err := config.Load(cmd.Flags(), a.Getenv)
			require.NoError(t, err)
			require.Equal(t, c.want, a.actor(v))
		})
	}
}

// TestCLI_WhoSpeaks: as an identity nobody speaks for somebody else, and a command that has no such flag does
// not take it from the environment.
func TestCLI_WhoSpeaks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args         []string
		env          map[string]string
		without      bool
		by, identity string
		fault        string
	}{
		"nobody in particular":      {env: map[string]string{"USER": "mei"}, by: "mei"},
		"an identity":               {args: []string{"--identity", "ann@ops"}, env: map[string]string{"USER": "mei"}, by: "ann@ops", identity: "ann@ops"},
		"of the environment":        {env: map[string]string{"SLIPWAY_IDENTITY": "ann", "USER": "mei"}, by: "ann", identity: "ann"},
		"the same name":             {args: []string{"--identity", "ann", "--by", "ann"}, by: "ann", identity: "ann"},
		"another name":              {args: []string{"--identity", "ann"}, env: map[string]string{"SLIPWAY_BY": "li"}, fault: "leave it out"},
		"what cannot be verified":   {args: []string{"--identity", "ann@example.com"}, fault: "cannot stand in a subject"},
		"a command that knows none": {env: map[string]string{"SLIPWAY_IDENTITY": "ann", "USER": "mei"}, without: true, by: "mei"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := &app{Env: Env{Getenv: func(key string) string { return c.env[key] }}}
			cmd := withSettings(&cobra.Command{}, config.Actor())
			if !c.without {
				withSettings(cmd, config.AsIdentity())
			}
			require.NoError(t, cmd.ParseFlags(c.args))
			v, err := config.Load(cmd.Flags(), a.Getenv)
			require.NoError(t, err)
			by, identity, err := a.speaks(cmd, v)
			if c.fault != "" {
				require.ErrorContains(t, err, c.fault)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.by, by)
			require.Equal(t, c.identity, identity)
		})
	}
}

func progress(phase release.Phase) release.Progress {
	return release.Progress{ReleaseID: id, Phase: phase}
}

// watchEvents are those of a release that waits for its starter, rolls out, loses its worker and ends.
func watchEvents() []releases.WatchEvent[release.Progress] {
	return []releases.WatchEvent[release.Progress]{
		{Warning: "not accepted yet"},
		{Warning: "not accepted yet"},
		{Progress: progress(release.PhaseRollingOut)},
		{Progress: progress(release.PhaseRollingOut)},
		{Progress: progress(release.PhaseRollingOut), Warning: "no worker answers"},
		{Progress: progress(release.PhaseSucceeded)},
	}
}

func TestCLI_ViewWithoutTerminal(t *testing.T) {
	t.Parallel()
	cases := []struct {
		format render.Format
		want   []string
	}{
		{render.FormatTable, []string{id + " ◌ RollingOut", id + " ✔ Succeeded"}},
		{render.FormatJSON, []string{`"phase":"RollingOut"`, `"phase":"Succeeded"`}},
	}
	for _, c := range cases {
		t.Run(string(c.format), func(t *testing.T) {
			t.Parallel()
			var out, talk bytes.Buffer
			a := &app{Env: Env{Stdout: &out, Stderr: &talk, Getenv: func(string) string { return "" }}}
			v := releaseTarget().view(&call{app: a, cmd: &cobra.Command{}, format: c.format})
			for _, s := range watchEvents() {
				require.NoError(t, v.show(s))
			}
			lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
			require.Len(t, lines, len(c.want))
			for i, want := range c.want {
				require.Contains(t, lines[i], want)
			}
			require.Equal(t, "not accepted yet\nno worker answers\n", talk.String())
			require.NotContains(t, out.String(), "\x1b")
		})
	}
}

// A watch tells in one line each that a stall begins, changes and ends, and goes on.
func TestCLI_WatchTellsOfAStall(t *testing.T) {
	t.Parallel()
	stalled := func(f release.Fault) releases.WatchEvent[release.Progress] {
		p := progress(release.PhasePreparing)
		p.Stalled = &release.Stall{Doing: string(release.VerbSnapshot), Fault: f, Failure: "away", Since: time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)}
		return releases.WatchEvent[release.Progress]{Progress: p}
	}
	var out, talk bytes.Buffer
	a := &app{Env: Env{Stdout: &out, Stderr: &talk, Getenv: func(string) string { return "" }}}
	v := releaseTarget().view(&call{app: a, cmd: &cobra.Command{}, format: render.FormatTable})
	for _, s := range []releases.WatchEvent[release.Progress]{
		{Progress: progress(release.PhasePreparing)},
		stalled(release.FaultNoWorker), stalled(release.FaultNoWorker), stalled(release.FaultThrottled),
		{Progress: progress(release.PhasePreparing)},
		{Progress: progress(release.PhaseSucceeded)},
	} {
		require.NoError(t, v.show(s))
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	want := []string{
		"Preparing", "⚠ stalled since 2026-11-22T20:00:00Z, reading the application: no worker has taken it: away",
		"⚠ stalled since 2026-11-22T20:00:00Z, reading the application: could not ask: away",
		"◌ moves again, after a stall of ", "✔ Succeeded",
	}
	require.Len(t, lines, len(want))
	for i, line := range lines {
		require.Contains(t, line, want[i])
	}
	require.Empty(t, talk.String())
}

// A screen's file descriptor that is none has no size, so that nothing is cut.
const anyTerminal = 1 << 20

func TestCLI_ViewOnATerminalRedraws(t *testing.T) {
	t.Parallel()
	var out, talk bytes.Buffer
	a := &app{Env: Env{Stdout: &out, Stderr: &talk, Getenv: func(string) string { return "" }}}
	v := releaseTarget().view(&call{app: a, cmd: &cobra.Command{}, format: render.FormatTable})
	v.screen = &screen{out: &out, fd: anyTerminal}
	for _, s := range watchEvents() {
		require.NoError(t, v.show(s))
	}
	pictures := strings.Split(out.String(), "\x1b[J")
	require.Len(t, pictures, len(watchEvents())+1)
	require.Contains(t, pictures[5], "◌ RollingOut")
	require.Contains(t, pictures[5], "no worker answers")
	// Each picture goes up as many lines as the one before has.
	for i, picture := range pictures[1 : len(pictures)-1] {
		text, up, _ := strings.Cut(picture, "\x1b[")
		require.Equal(t, fmt.Sprintf("%dA", strings.Count(text, "\n")), up, "after picture %d", i)
	}
	require.Contains(t, pictures[6], "✔ Succeeded")
	require.NotContains(t, pictures[6], "no worker answers")
	require.Empty(t, talk.String())
}

func TestCLI_TalkCannotMoveTheCursor(t *testing.T) {
	t.Parallel()
	var talk bytes.Buffer
	a := &app{Env: Env{Stderr: &talk}}
	a.infof("batch confirmed by %s", "mei\x1b[2J\n")
	require.Equal(t, 1, strings.Count(talk.String(), "\n"))
	require.NotContains(t, talk.String(), "\x1b")
}

func TestCLI_ProbeURL(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080/readyz",
		"0.0.0.0:8080":   "http://127.0.0.1:8080/readyz",
		"[::]:9":         "http://127.0.0.1:9/readyz",
		":9":             "http://127.0.0.1:9/readyz",
		"10.0.0.7:9":     "http://10.0.0.7:9/readyz",
	} {
		cmd := withSettings(&cobra.Command{}, config.HTTP(addrWorker))
		require.NoError(t, cmd.ParseFlags([]string{"--http-addr", addr}))
		v, err := config.Load(cmd.Flags(), func(string) string { return "" })
		require.NoError(t, err)
		got, err := probeURL(v, "/readyz")
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestCLI_EveryCommandKindHasACommand(t *testing.T) {
	t.Parallel()
	root := (&app{Env: Env{}}).root()
	for _, kind := range release.CommandKinds() {
		cmd, rest, err := root.Find([]string{"release", string(kind)})
		require.NoError(t, err)
		require.Empty(t, rest, kind)
		require.Equal(t, string(kind), cmd.Name())
		for _, flag := range []string{"artifact", "change", "by", "timeout", "output"} {
			require.NotNil(t, cmd.Flag(flag), "%s --%s", kind, flag)
		}
	}
}

// TestCLI_EveryCommandHasExamples: whoever asks for help sees how it is meant.
func TestCLI_EveryCommandHasExamples(t *testing.T) {
	t.Parallel()
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		if cmd.Runnable() && !cmd.Hidden {
			require.Contains(t, cmd.Example, "  slipway", cmd.CommandPath())
		}
		for _, child := range cmd.Commands() {
			visit(child)
		}
	}
	visit((&app{Env: Env{}}).root())
}

// The commands of a platform's operations, of which there are hundreds, are made for arguments that can name them.
func TestCLI_OperationsAreMadeWhereTheyAreNamed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		args []string // nil stands for any
		want []string
	}{
		"any arguments":        {nil, []string{"fc", "sae", "servicestage"}},
		"none":                 {[]string{}, nil},
		"another command":      {[]string{"version"}, nil},
		"all platforms":        {[]string{"api", "--help"}, nil},
		"a platform":           {[]string{"api", "sae", "--help"}, []string{"sae"}},
		"an operation":         {[]string{"--utc", "api", "fc", "ListServices"}, []string{"fc"}},
		"help of an operation": {[]string{"help", "api", "fc", "ListServices"}, []string{"fc"}},
		"completion":           {[]string{cobra.ShellCompRequestCmd, "api", "sae", "Desc"}, []string{"sae"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api, _, err := (&app{args: tt.args}).root().Find([]string{"api"})
			require.NoError(t, err)
			var made []string
			for _, platform := range api.Commands() {
				require.True(t, platform.IsAvailableCommand(), "the help of api names it")
				if platform.HasSubCommands() {
					made = append(made, platform.Name())
				}
			}
			require.Equal(t, tt.want, made)
		})
	}
}

func TestCLI_ParseApp(t *testing.T) {
	t.Parallel()
	ref, err := readApp(argApp, "sae/cn-hangzhou/app-1")
	require.NoError(t, err)
	require.Equal(t, release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "app-1"}, ref.App)
	for name, want := range map[string]string{
		"Shop":                   `APP "Shop" is not of the form platform/region/id, for example sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe or fc/cn-hangzhou/orders`,
		"r-abcdefghijklmnop":     "commands to a release are under: slipway release",
		"k8s/cn-hangzhou/app-1":  `APP "k8s/cn-hangzhou/app-1": app.platform: "k8s" is not a platform served here`,
		"sae/hangzhou/app 1":     `app.region: "hangzhou" is not a region ID such as cn-hangzhou; app.id: "app 1"`,
		"sae/cn-hangzhou/a/more": "is not of the form",
	} {
		_, err := readApp(argApp, name)
		var usage *usageError
		require.ErrorAs(t, err, &usage, name)
		require.ErrorContains(t, err, want)
	}
}

func TestCLI_Patience(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want time.Duration
	}{
		{nil, answerTime},
		{[]string{"--timeout", "5s"}, 5 * time.Second},
		{[]string{"--wait"}, 0},
		{[]string{"--wait", "--timeout", "5s"}, 5 * time.Second},
		{[]string{"--wait=false"}, answerTime},
	} {
		cmd := &cobra.Command{}
		waits(cmd, "wait")
		timeout := cmd.Flags().Duration(flagTimeout, answerTime, "")
		require.NoError(t, cmd.ParseFlags(c.args))
		require.Equal(t, c.want, patience(cmd, *timeout), c.args)
	}
}

func TestCLI_WaitingWave(t *testing.T) {
	t.Parallel()
	p := release.SetProgress{SetID: "s-1", Phase: release.PhaseAwaitingConfirm, Awaiting: &release.Awaiting{Kind: release.AwaitConfirm, Batch: 2}}
	wave, err := (&call{args: []string{"s-1"}}).waitingWave(releases.Status[release.SetProgress]{Progress: p})
	require.NoError(t, err)
	require.Equal(t, 2, wave)
	_, err = (&call{args: []string{"s-1"}}).waitingWave(releases.Status[release.SetProgress]{Progress: p, Partial: releases.Partial{Reason: releases.PartialNoWorker, Message: "no worker answers"}})
	require.ErrorContains(t, err, "name the wave with --wave")
	_, err = (&call{args: []string{"s-1"}}).waitingWave(releases.Status[release.SetProgress]{Progress: release.SetProgress{SetID: "s-1", Phase: release.PhaseRollingOut}})
	var refused *releases.RefusedError
	require.ErrorAs(t, err, &refused)
	ended := release.SetProgress{SetID: "s-1", Phase: release.PhaseSucceeded, Awaiting: p.Awaiting}
	_, err = (&call{args: []string{"s-1"}}).waitingWave(releases.Status[release.SetProgress]{Progress: ended, Closed: true})
	require.ErrorContains(t, err, "the set has ended: Succeeded")
	require.Equal(t, exitRefused, exitCode(err))
	require.True(t, waveWaits(p, wave))
	require.False(t, waveWaits(p, wave+1), "what is refused needs no warning")
	require.False(t, waveWaits(ended, wave))
	require.False(t, waveWaits(release.SetProgress{}, 0))
}

// What an overview does not list it counts, with the command that lists it.
func TestList_QueueNotes(t *testing.T) {
	t.Parallel()
	require.Empty(t, queueNotes(nil))
	queues := []releases.Queue{{App: "sae/a/1", AppName: "shop", Unlisted: 97}, {App: "sae/a/2", Unlisted: 5}, {App: "sae/a/3", Unlisted: 4}, {App: "sae/a/4", Unlisted: 3}, {App: "sae/a/5", Unlisted: 2}}
	require.Equal(t, []string{
		"97 more of shop wait for their turn; list them with: slipway release list --phase Queued --app sae/a/1",
		"5 more of sae/a/2 wait for their turn; list them with: slipway release list --phase Queued --app sae/a/2",
		"4 more of sae/a/3 wait for their turn; list them with: slipway release list --phase Queued --app sae/a/3",
		"5 more of other applications wait for their turn; list them with: slipway release list --phase Queued",
	}, queueNotes(queues))
}
