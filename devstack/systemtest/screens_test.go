package systemtest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rogpeppe/go-internal/testscript"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/internal/termtest"
	"slipway/saesim"
)

// TestScreens compares what people see of the commands in terminals of several widths with the
// golden screens in testdata/screens.txtar. UPDATE_GOLDEN=1 writes them anew.
func TestScreens(t *testing.T) {
	t.Parallel()
	runScreens(t, "testdata")
}

// TestScreens_Promotion does so with testdata/promotion, whose applications nobody else releases to.
func TestScreens_Promotion(t *testing.T) {
	t.Parallel()
	runScreens(t, filepath.Join("testdata", "promotion"))
}

// runScreens runs the scripts of a folder on one stack.
func runScreens(t *testing.T, dir string) {
	t.Helper()
	h := start(t, stack.Config{Demo: true, Seed: 1})
	s := &screens{house: h, binary: slipwayBinary(t)}
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_GOLDEN") != "", //nolint:forbidigo // a switch of this test alone
		Setup:               s.setup,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"screen": s.screen, "until": s.until, "publish": s.publish},
	})
}

// screens are the commands of scripts that need a stack.
type screens struct {
	*house
	binary string
}

// ofScript is the key of the command line of a script, which runs in the folder of the script.
type ofScript struct{}

func (s *screens) of(ts *testscript.TestScript) *commandLine {
	return ts.Value(ofScript{}).(*commandLine)
}

// setup gives a script the environment of the stack, its applications, and slipway.
func (s *screens) setup(env *testscript.Env) error {
	env.Vars = append(env.Vars, scenario.Environ(s.Env())...)
	for name, id := range map[string]string{"SHOP": saesim.DemoShop, "INVENTORY": saesim.DemoInventory, "ORDERS": saesim.DemoOrders, "MIGRATE": saesim.DemoMigrate} {
		env.Setenv(name, "sae/"+saesim.DefaultRegion+"/"+id)
	}
	env.Setenv("SLIPWAY_BY", "ann")
	// The patience of a script begins with it: it may have waited for other tests of the package.
	own := *s.house
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	env.Defer(cancel)
	own.ctx = ctx
	env.Values[ofScript{}] = &commandLine{house: &own, binary: s.binary, dir: env.WorkDir}
	bin := filepath.Join(env.WorkDir, "bin")
	env.Setenv("PATH", bin+string(os.PathListSeparator)+env.Getenv("PATH"))
	if err := os.Mkdir(bin, 0o700); err != nil {
		return err
	}
	return os.Symlink(s.binary, filepath.Join(bin, "slipway"))
}

// tall is a height that no screen of a script needs.
const tall = 150

// screen runs a command in a terminal of each width and writes what it shows to stdout, without
// what differs from run to run: screen COLUMNS[,COLUMNS...] COMMAND ARGS...
func (s *screens) screen(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: screen columns[,columns...] command args...")
	}
	c, widths := s.of(ts), strings.Split(args[0], ",")
	seen := make([]string, len(widths))
	var all sync.WaitGroup
	for i, width := range widths {
		columns, err := strconv.Atoi(width)
		ts.Check(err)
		all.Go(func() { seen[i] = s.shown(c, columns, args[1:]) })
	}
	all.Wait()
	_, err := fmt.Fprint(ts.Stdout(), strings.Join(seen, "\n"))
	ts.Check(err)
}

// late is what a command says of a server or of workflows that a busy machine has kept from answering. What it shows is right and not
// whole: it is asked again.
var late = regexp.MustCompile(`answer\s+in\s+time`)

// shown is the screen of a terminal once a command has ended in it, below the command line.
func (s *screens) shown(c *commandLine, columns int, args []string) string {
	for {
		terminal := c.terminal(termtest.Size{Columns: columns, Rows: tall}, args[1:]...)
		code := terminal.Wait()
		screen := terminal.Screen().String()
		if late.MatchString(screen) && c.ctx.Err() == nil {
			continue
		}
		text := fmt.Sprintf("%d columns $ %s\n%s", columns, strings.Join(args, " "), screen)
		if code != 0 {
			text += fmt.Sprintf("exits with %d\n", code)
		}
		return scrub(text)
	}
}

// until runs a command until it prints a text: until TEXT COMMAND ARGS...
func (s *screens) until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until text command args...")
	}
	c := s.of(ts)
	for {
		out, err := c.command(args[2:]...).CombinedOutput()
		if strings.Contains(string(out), args[0]) {
			return
		}
		select {
		case <-c.ctx.Done():
			ts.Fatalf("%v never prints %q, but: %s %v", args[1:], args[0], out, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// publish stores an event in the stream, whatever it is: publish SUBJECT ID DATA.
func (s *screens) publish(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: publish subject id data")
	}
	_, err := s.JetStream.PublishMsg(s.of(ts).ctx, &nats.Msg{Subject: args[0], Header: nats.Header{nats.MsgIdHdr: {args[1]}}, Data: []byte(args[2])})
	ts.Check(err)
}

// span is how long something has taken or will take, as pictures show it.
const span = `(\d+d\d+h|\d+h\d+m|\d+m\d+s|\d+s)`

// scrub puts the same text, as wide, in the place of what differs from run to run.
func scrub(screen string) string {
	for differs, same := range map[string]string{
		`\d{4}-\d\d-\d\dT`:         "2026-11-22T",
		`\d\d:\d\d:\d\d\+08:00`:    "20:00:00+08:00",
		`\d\d:\d\d:\d\dZ`:          "12:00:00Z",
		`127\.0\.0\.1:\d{5}`:       "127.0.0.1:12345",
		`\(` + span + `( left)?\)`: "(5m0s$2)",
	} {
		screen = regexp.MustCompile(differs).ReplaceAllString(screen, same)
	}
	cell := regexp.MustCompile(`([^(\w])` + span + `( *)`)
	screen = cell.ReplaceAllStringFunc(screen, func(found string) string {
		m := cell.FindStringSubmatch(found)
		return m[1] + "5s" + strings.Repeat(" ", max(0, len(m[2]+m[3])-len("5s")))
	})
	return regexp.MustCompile(`(?m) +$`).ReplaceAllString(screen, "")
}
