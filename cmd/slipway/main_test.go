package main

import (
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"slipway": main})
}

func TestMain_Scripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			// Nothing listens there, so that no script meets a server of the machine.
			env.Setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
			env.Setenv("NATS_URL", "nats://127.0.0.1:1")
			env.Setenv("USER", "mei")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// exits runs slipway and checks its exit code: exits CODE ARGS...
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: exits code args...")
	}
	got := "0"
	err := ts.Exec("slipway", args[1:]...)
	if coded, ok := err.(interface{ ExitCode() int }); ok {
		got = strconv.Itoa(coded.ExitCode())
	} else if err != nil {
		ts.Fatalf("slipway: %v", err)
	}
	if got != args[0] {
		ts.Fatalf("slipway exited with %s, want %s", got, args[0])
	}
}
