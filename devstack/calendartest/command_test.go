package calendartest_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/wire"
)

// commandLine runs the slipway binary against one NATS server.
type commandLine struct {
	t           *testing.T
	binary, url string
}

func newCommandLine(t *testing.T) *commandLine {
	t.Helper()
	binary := os.Getenv("SLIPWAY_BIN") //nolint:forbidigo // the build says where the binary is
	require.NotEmpty(t, binary, "SLIPWAY_BIN must name a slipway binary; run `make test-system`")
	s := broker(t)
	require.NoError(t, wire.EnsureCalendar(t.Context(), connect(t, s), 0))
	return &commandLine{t, binary, s.ClientURL()}
}

// run runs a command of freeze that must end with the code.
func (c *commandLine) run(code int, args ...string) (stdout, stderr string) {
	c.t.Helper()
	var out, talk bytes.Buffer
	cmd := exec.CommandContext(c.t.Context(), c.binary, append([]string{"freeze"}, args...)...)
	cmd.Env = []string{"NATS_URL=" + c.url, "USER=mei"}
	cmd.Stdout, cmd.Stderr = &out, &talk
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil {
		require.ErrorAs(c.t, err, &exit)
	}
	require.Equal(c.t, code, cmd.ProcessState.ExitCode(), "%v: %s", args, talk.String())
	return out.String(), talk.String()
}

// list returns what is listed, as it is in JSON.
func (c *commandLine) list(args ...string) (found []map[string]any, talk string) {
	c.t.Helper()
	out, talk := c.run(0, append([]string{"list", "-o", "json"}, args...)...)
	require.NoError(c.t, json.Unmarshal([]byte(out), &found))
	return found, talk
}

func TestCommand_FreezeCommands(t *testing.T) {
	t.Parallel()
	c := newCommandLine(t)
	out, talk := c.run(0, "list")
	require.Empty(t, out)
	require.Contains(t, talk, "there are no such freezes")
	found, _ := c.list()
	require.Empty(t, found)

	add := []string{"add", "festival", "--from", "2020-01-01T00:00", "--to", "2020-01-02T00:00", "--zone", "Asia/Shanghai", "--reason", "shopping"}
	_, talk = c.run(0, add...)
	require.Contains(t, talk, "window festival added by mei; remove it with: slipway freeze remove festival")
	_, talk = c.run(2, add...)
	require.Contains(t, talk, `NAME: "festival" is the name of a window already; choose another name, or replace it with: slipway freeze add festival --replace`)
	_, talk = c.run(2, "stop", "festival", "--reason", "x")
	require.Contains(t, talk, "is the name of a window already")
	c.run(0, append(add, "--replace", "--scope", "sae")...)

	out, _ = c.run(0, "stop", "incident", "--reason", "database on fire", "--by", "li", "--scope", "sae/cn-hangzhou", "-o", "json")
	require.Contains(t, out, `"active": true`)
	_, talk = c.run(2, "stop", "incident", "--reason", "x")
	require.Contains(t, talk, "lift it first with: slipway freeze lift incident")
	_, talk = c.run(2, append([]string{"add", "incident", "--replace"}, add[2:]...)...)
	require.Contains(t, talk, `"incident" is the name of a stop already`)

	found, _ = c.list()
	require.Len(t, found, 2)
	require.Equal(t, map[string]any{"platform": "sae", "region": "cn-hangzhou"}, found[0]["scope"])
	require.Equal(t, "li", found[0]["by"])
	require.Equal(t, map[string]any{
		"kind": "window", "active": false, "name": "festival", "scope": map[string]any{"platform": "sae"}, "reason": "shopping", "by": "mei",
		"from": "2019-12-31T16:00:00Z", "to": "2020-01-01T16:00:00Z", "at": found[1]["at"],
	}, found[1])
	found, talk = c.list("--active", "--app", "sae/cn-hangzhou/shop")
	require.Len(t, found, 1)
	require.Contains(t, talk, "sae/cn-hangzhou/shop is frozen by incident until somebody lifts it: database on fire")
	found, talk = c.list("--active", "--app", "sae/cn-beijing/shop")
	require.Empty(t, found)
	require.Contains(t, talk, "sae/cn-beijing/shop is not frozen")

	_, talk = c.run(1, "remove", "incident")
	require.Contains(t, talk, "it is a stop; lift it with: slipway freeze lift incident")
	_, talk = c.run(1, "lift", "incidant")
	require.Contains(t, talk, `there is no stop "incidant"; list them with: slipway freeze list`)
	out, talk = c.run(0, "lift", "incident", "--reason", "out", "--by", "ann")
	require.Contains(t, talk, "stop incident was lifted by ann")
	require.Regexp(t, `incident +lifted by ann at \S+ +sae/cn-hangzhou +\S+ to \S+ +stop +li`, out)
	out, _ = c.run(0, "remove", "festival", "-o", "yaml")
	require.Contains(t, out, "name: festival")
	found, _ = c.list()
	require.Empty(t, found)

	out, _ = c.run(0, "history")
	require.Regexp(t, `(?s)^AT .*remove +festival +mei\n.*lift +incident +ann +out\n.*stop +incident +li +database on fire\n.*add +festival +mei +shopping\n`, out)
	_, talk = c.run(2, "stop", "x", "--reason", "y", "--scope", "sae/Hangzhou")
	require.Contains(t, talk, "--scope:")
}

func TestCommand_FreezeNamesAreCompleted(t *testing.T) {
	t.Parallel()
	c := newCommandLine(t)
	c.run(0, "stop", "incident", "--reason", "fire")
	c.run(0, "add", "nights", "--start", "22:00", "--end", "06:00", "--zone", "UTC", "--reason", "asleep")
	complete := func(verb string) string {
		cmd := exec.CommandContext(t.Context(), c.binary, "__complete", "freeze", verb, "")
		cmd.Env = []string{"NATS_URL=" + c.url}
		out, err := cmd.Output()
		require.NoError(t, err)
		return string(out)
	}
	require.Contains(t, complete("lift"), "incident\tfire\n")
	require.NotContains(t, complete("lift"), "nights")
	require.Contains(t, complete("remove"), "nights\tasleep\n")
}

func TestCommand_FreezeWithoutSetupSaysWhatToDo(t *testing.T) {
	t.Parallel()
	c := newCommandLine(t)
	c.url = broker(t).ClientURL()
	_, talk := c.run(1, "list")
	require.Contains(t, talk, "create it with: slipway setup")
}
