package simcmd_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"slipway/internal/simcmd"
	"slipway/internal/simcmd/simcmdtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// toy is a simulator that answers "toy" to everything.
type toy struct {
	options simcmd.Options
	zone    string
	seeded  bool
	closed  error
}

func (s *toy) ServeHTTP(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "toy") }
func (s *toy) Close() error                                     { return s.closed }
func (s *toy) SeedDemo() error                                  { s.seeded = true; return nil }

// line is what the toy prints.
type line struct {
	URL, Zone, StateFile string
	Seed                 uint64
	Speed                float64
	Demo                 bool
	Hosts                []string
}

func program() simcmd.Program[*toy] {
	var zone string
	return simcmd.Program[*toy]{
		Name: "toysim", AddrEnv: "TOYSIM_ADDR", Addr: "127.0.0.1:8399", Short: "Toys on loopback", Long: "toysim serves toys.",
		Example: "  toysim --demo", Demo: "begin with a toy",
		Flags: func(f *pflag.FlagSet) { f.StringVar(&zone, "zone", "here", "zone to serve") },
		Begin: func(o simcmd.Options) (*toy, error) {
			switch zone {
			case "nowhere":
				return nil, fmt.Errorf("%w: no such zone", simcmd.ErrUsage)
			case "broken":
				return nil, errors.New("toysim: broken")
			case "leaky":
				return &toy{closed: errors.New("toysim: state lost")}, nil
			}
			return &toy{options: o, zone: zone}, nil
		},
		Ready: func(sim *toy, url string) simcmd.Ready {
			o := sim.options
			return simcmd.Ready{
				Line:        line{URL: url, Zone: sim.zone, StateFile: o.StateFile, Seed: o.Seed, Speed: o.Speed, Demo: sim.seeded, Hosts: o.Hosts},
				AccessKeyID: "toy-id", AccessKeySecret: "toy-secret", Has: []string{"a toy"},
			}
		},
	}
}

func TestRun_TheReadyLineComesWhenItServes(t *testing.T) {
	t.Parallel()
	var ready line
	running := simcmdtest.Start(t, program(), &ready,
		"--zone", "there", "--seed", "7", "--speed", "3", "--demo", "--state-file", "f", "--host", "a.test,b.test")
	url := ready.URL
	ready.URL = ""
	require.Equal(t, line{Zone: "there", StateFile: "f", Seed: 7, Speed: 3, Demo: true, Hosts: []string{"a.test", "b.test"}}, ready)
	client := new(http.Client)
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	response, err := client.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)

	code, _, stderr := simcmdtest.Output(t.Context(), program(), nil, "--addr", strings.TrimPrefix(url, "http://"))
	require.Equal(t, simcmd.ExitFailed, code)
	require.Contains(t, stderr, "in use")
	require.Equal(t, simcmd.ExitOK, running.Stop())
}

func TestRun_WithoutJSONTheLogGoesToStderr(t *testing.T) {
	t.Parallel()
	stdout, stderr := simcmdtest.UntilLogged(t, program(), "a toy", "--addr", "127.0.0.1:0")
	require.Empty(t, stdout)
	for _, want := range []string{"ready", "url=http://127.0.0.1:", "/_toysim/", "toy-secret", "a toy", "stopping"} {
		require.Contains(t, stderr, want)
	}
}

func TestRun_ExitCodes(t *testing.T) {
	t.Parallel()
	simcmdtest.Refused(t, program, map[string]simcmdtest.Refusal{
		"unknown flag": {Args: []string{"--fast"}, Code: simcmd.ExitUsage, Says: "unknown flag"},
		"argument":     {Args: []string{"up"}, Code: simcmd.ExitUsage, Says: `unexpected argument "up"`},
		"bad output":   {Args: []string{"-o", "yaml"}, Code: simcmd.ExitUsage, Says: "yaml"},
		"bad value":    {Args: []string{"--zone", "nowhere"}, Code: simcmd.ExitUsage, Says: "Try toysim --help."},
		"cannot begin": {Args: []string{"--zone", "broken"}, Code: simcmd.ExitFailed, Says: "toysim: broken"},
		"not closed":   {Args: []string{"--zone", "leaky", "--addr", "x"}, Code: simcmd.ExitFailed, Says: "toysim: state lost"},
	})
}

func TestRun_HelpAndVersion(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := simcmdtest.Output(t.Context(), program(), map[string]string{"TOYSIM_ADDR": "127.0.0.1:7777"}, "--help")
	require.Equal(t, simcmd.ExitOK, code)
	require.Empty(t, stderr)
	for _, text := range []string{"toysim serves toys.", "Exit codes:", "Examples:", "--demo", "--zone", "127.0.0.1:7777", "$TOYSIM_ADDR"} {
		require.Contains(t, stdout, text)
	}
	code, stdout, _ = simcmdtest.Output(t.Context(), program(), nil, "--version")
	require.Equal(t, simcmd.ExitOK, code)
	require.Regexp(t, `^toysim \S+ .*go1\.[0-9.]+ \w+/\w+\n$`, stdout)
}
