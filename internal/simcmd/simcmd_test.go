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
	Keys, Tokens, Env    map[string]string
}

func program() simcmd.Program[*toy] {
	var zone string
	return simcmd.Program[*toy]{
		Name: "toysim", AddrEnv: "TOYSIM_ADDR", Addr: "127.0.0.1:8399", Short: "Toys on loopback", Long: "toysim serves toys.",
		Example: "  toysim --demo", Demo: "begin with a toy", Keys: simcmd.AlibabaCloud("toy-id", "toy-secret"),
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
				Line: line{
					URL: url, Zone: sim.zone, StateFile: o.StateFile, Seed: o.Seed, Speed: o.Speed, Demo: sim.seeded, Hosts: o.Hosts,
					Keys: o.Key.Keys(), Tokens: o.Key.Tokens(), Env: o.Key.AddTo(map[string]string{"TOYS": "all"}),
				},
				AccessKeyID: o.Key.ID, AccessKeySecret: o.Key.Shown(), Has: []string{"a toy"},
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
	require.Equal(t, line{
		Zone: "there", StateFile: "f", Seed: 7, Speed: 3, Demo: true, Hosts: []string{"a.test", "b.test"},
		Keys: map[string]string{"toy-id": "toy-secret"},
		Env:  map[string]string{"TOYS": "all", "ALIBABA_CLOUD_ACCESS_KEY_ID": "toy-id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "toy-secret"},
	}, ready)
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

// A key pair of the environment may be good for more than a simulator: its secret is told to nobody.
func TestRun_TheKeyPairOfTheEnvironment(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"ALIBABA_CLOUD_ACCESS_KEY_ID": "own-id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "own-secret", "ALIBABA_CLOUD_SECURITY_TOKEN": "own-token",
	}
	var ready line
	simcmdtest.Start(t, simcmdtest.In(env, program()), &ready)
	require.Equal(t, map[string]string{"own-id": "own-secret"}, ready.Keys)
	require.Equal(t, map[string]string{"own-id": "own-token"}, ready.Tokens)
	require.Equal(t, map[string]string{"TOYS": "all", "ALIBABA_CLOUD_ACCESS_KEY_ID": "own-id"}, ready.Env, "who reads it has the rest in the environment")

	_, stderr := simcmdtest.UntilLogged(t, simcmdtest.In(env, program()), "a toy", "--addr", "127.0.0.1:0")
	require.Contains(t, stderr, "accessKeyId=own-id accessKeySecret=$ALIBABA_CLOUD_ACCESS_KEY_SECRET")
	require.NotContains(t, stderr, "own-secret")
	code, stdout, _ := simcmdtest.Output(t.Context(), program(), env, "--help")
	require.Equal(t, simcmd.ExitOK, code)
	require.NotContains(t, stdout, "own-")
}

func TestRun_HalfAKeyPairIsRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"} {
		code, stdout, stderr := simcmdtest.Output(t.Context(), program(), map[string]string{name: "own-half"})
		require.Equal(t, simcmd.ExitUsage, code)
		require.Contains(t, stderr, "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET belong together")
		require.Empty(t, stdout)
		require.NotContains(t, stderr, "own-half")
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
	simcmdtest.Helps(t, simcmdtest.In(map[string]string{"TOYSIM_ADDR": "127.0.0.1:7777"}, program()), "toysim serves toys.", "Exit codes:", "Examples:",
		"--demo", "--zone", "127.0.0.1:7777", "$TOYSIM_ADDR", "toy-id / toy-secret", "$ALIBABA_CLOUD_ACCESS_KEY_ID")
	code, stdout, _ := simcmdtest.Output(t.Context(), program(), nil, "--version")
	require.Equal(t, simcmd.ExitOK, code)
	require.Regexp(t, `^toysim \S+ .*go1\.[0-9.]+ \w+/\w+\n$`, stdout)
}
