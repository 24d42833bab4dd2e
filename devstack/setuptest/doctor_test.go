package setuptest_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/setup"
	"slipway/wire"
)

// finding is what `slipway doctor -o json` prints of a check.
type finding struct{ Check, Result, Found, Remedy string }

// doctor runs the command, which must end with the code, and returns what it has found.
func doctor(t *testing.T, env []string, code int, args ...string) map[string]finding {
	t.Helper()
	binary := os.Getenv("SLIPWAY_BIN") //nolint:forbidigo // the build says where the binary is
	require.NotEmpty(t, binary, "SLIPWAY_BIN must name a slipway binary; run `make test-system`")
	cmd := exec.CommandContext(t.Context(), binary, append([]string{"doctor", "-o", "json"}, args...)...)
	var out, errs bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr = env, &out, &errs
	_ = cmd.Run()
	require.Equal(t, code, cmd.ProcessState.ExitCode(), "%s\n%s", out.String(), errs.String())
	var all []finding
	require.NoError(t, json.Unmarshal(out.Bytes(), &all))
	found := map[string]finding{}
	for _, f := range all {
		found[f.Check] = f
	}
	require.Len(t, found, len(all), "each check is told once")
	return found
}

// results are the checks with one of the results.
func results(found map[string]finding, result string) []string {
	names := []string{}
	for name, f := range found {
		if f.Result == result {
			names = append(names, name)
		}
	}
	return names
}

func house(t *testing.T, c stack.Config) *stack.Stack {
	t.Helper()
	c.Log = zerolog.Nop()
	s, err := stack.Start(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, s.Close())
		require.Empty(t, s.Sim().Calls().Ignored, "parameters that the simulator took and that did nothing")
	})
	return s
}

// environ is what a process needs to join a house.
func environ(s *stack.Stack) []string { return scenario.Environ(s.Env()) }

// deadLetter stores one.
func deadLetter(t *testing.T, js jetstream.JetStream) {
	t.Helper()
	_, err := js.Publish(t.Context(), wire.DeadLetterSubject("slipway.command.r-x"), nil)
	require.NoError(t, err)
}

func TestDoctor_AHouseThatWorks(t *testing.T) {
	t.Parallel()
	s := house(t, stack.Config{})
	require.Eventually(t, func() bool {
		_, err := s.JetStream.Consumer(t.Context(), wire.StreamIn, wire.ConsumerCommands)
		return err == nil
	}, time.Minute, 50*time.Millisecond)
	found := doctor(t, environ(s), 0)
	require.Len(t, results(found, "ok"), len(found), "%+v", found)
	for check, want := range map[string]string{
		"NATS": "(environment variable NATS_URL)", "Temporal": "127.0.0.1:", "namespace": "default, which keeps histories for 30d",
		"workers, sae/cn-hangzhou": "1 on slipway-sae-cn-hangzhou", "dead letters": "none",
		"workers, fc/cn-hangzhou": "1 on slipway-fc-cn-hangzhou", "SAE, cn-hangzhou": "takes these credentials", "Function Compute, cn-hangzhou": "takes these credentials",
		"workers, servicestage/cn-north-4": "1 on slipway-servicestage-cn-north-4", "ServiceStage, cn-north-4": "takes these credentials",
		"starter, requests": "starters wait for messages", "bucket slipway-ledger": "as setup makes it",
	} {
		require.Contains(t, found[check].Found, want, check)
	}

	// Another region has no worker, wrong keys are refused, and a message that cannot be taken is a warning.
	_, err := s.JetStream.Publish(t.Context(), "slipway.command.r-x", []byte("garbage"))
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		dead, err := s.JetStream.Stream(t.Context(), wire.StreamDeadLetter)
		return err == nil && dead.CachedInfo().State.Msgs == 1
	}, time.Minute, 50*time.Millisecond)
	found = doctor(t, append(environ(s), "ALIBABA_CLOUD_ACCESS_KEY_SECRET=wrong"), 1, "--region", "sae/cn-beijing")
	require.ElementsMatch(t, []string{"workers, sae/cn-beijing", "SAE, cn-hangzhou", "Function Compute, cn-hangzhou"}, results(found, "failed"))
	require.ElementsMatch(t, []string{"dead letters"}, results(found, "warning"))
	require.Equal(t, finding{
		"workers, sae/cn-beijing", "failed", "no worker takes task queue slipway-sae-cn-beijing", "start one for it: SLIPWAY_SAE_REGION=cn-beijing slipway worker",
	}, found["workers, sae/cn-beijing"])
	require.Contains(t, found["dead letters"].Found, "1 in the last day")
}

func TestDoctor_AHouseWithoutAnybodyInIt(t *testing.T) {
	t.Parallel()
	s := house(t, stack.Config{WithoutWorker: true, WithoutStarter: true})
	found := doctor(t, environ(s), 1)
	require.ElementsMatch(t, []string{"workers, workflows", "workers, sae/cn-hangzhou", "workers, fc/cn-hangzhou", "workers, servicestage/cn-north-4", "starter, requests", "starter, commands", "starter, pushes"}, results(found, "failed"))
	require.Contains(t, found["starter, requests"].Found, "no starter has ever run")

	in, err := s.JetStream.Stream(t.Context(), wire.StreamIn)
	require.NoError(t, err)
	changed := in.CachedInfo().Config
	changed.Duplicates = time.Minute
	_, err = s.JetStream.UpdateStream(t.Context(), changed)
	require.NoError(t, err)
	require.NoError(t, s.JetStream.DeleteStream(t.Context(), wire.StreamEvents))
	require.NoError(t, s.JetStream.DeleteKeyValue(t.Context(), wire.CalendarBucket))
	found = doctor(t, environ(s), 1)
	require.Contains(t, found["stream SLIPWAY_IN"].Found, "duplicate_window is 1m0s and must be 24h0m0s")
	for _, missing := range []string{"stream SLIPWAY_EVENTS", "bucket slipway-calendar"} {
		require.Equal(t, finding{missing, "failed", "does not exist", "slipway setup"}, found[missing])
	}
	for _, rights := range []string{"rights of a worker", "rights of a starter"} {
		require.Equal(t, "skipped", found[rights].Result, "what is missing is told once")
	}
	_, err = setup.NATS(t.Context(), s.JetStream, setup.Config{})
	require.NoError(t, err)
	require.Equal(t, "ok", doctor(t, environ(s), 1)["stream SLIPWAY_IN"].Result, "setup does what the doctor says")
}

func TestDoctor_ARightThatIsDeniedIsNamed(t *testing.T) {
	t.Parallel()
	all, limited := bus(t, "slipway.deadletter.>")
	deadLetter(t, all)
	env := []string{"NATS_URL=" + limited.Conn().ConnectedUrl(), "NATS_USER=limited", "NATS_PASSWORD=limited", "TEMPORAL_ADDRESS=127.0.0.1:1"}
	begun := time.Now()
	found := doctor(t, env, 1)
	require.Less(t, time.Since(begun), 15*time.Second, "what is away does not take the time of the others")
	require.Equal(t, "warning", found["rights of a starter"].Result)
	require.Contains(t, found["rights of a starter"].Found, `Publish to "slipway.deadletter.probe"`)
	require.Equal(t, "ok", found["rights of a worker"].Result)
	require.Contains(t, found["dead letters"].Found, `Publish to "$JS.API.DIRECT.GET.SLIPWAY_DEADLETTER"`, "no role needs it")
	require.Contains(t, found["Temporal"].Found, "127.0.0.1:1")
	require.Equal(t, "skipped", found["search attributes"].Result)
	for _, stream := range wire.Streams() {
		s, err := all.Stream(t.Context(), stream.Name)
		require.NoError(t, err)
		require.Equal(t, stream.Name == wire.StreamDeadLetter, s.CachedInfo().State.LastSeq == 1, "nothing is stored")
	}
}

// The rights of a console are those of the user that it is on NATS.
func TestDoctor_TheRightsOfAConsole(t *testing.T) {
	t.Parallel()
	_, limited := bus(t, "slipway.by.slipway-console.>")
	env := []string{"NATS_URL=" + limited.Conn().ConnectedUrl(), "NATS_USER=limited", "NATS_PASSWORD=limited", "TEMPORAL_ADDRESS=127.0.0.1:1"}
	const row = "rights of a console"
	require.Equal(t, "ok", doctor(t, env, 1)[row].Result)
	denied := doctor(t, env, 1, "--identity", "slipway-console")[row]
	require.Equal(t, "warning", denied.Result)
	require.Contains(t, denied.Found, `Publish to "slipway.by.slipway-console.artifact.probe`)
}

// A user of NATS with the rights that the page operations lists for the doctor learns all but the
// rights of the roles.
func TestDoctor_ItsRightsAreEnough(t *testing.T) {
	t.Parallel()
	all, _ := bus(t, "")
	deadLetter(t, all)
	_, err := all.CreateOrUpdateConsumer(t.Context(), wire.StreamIn, jetstream.ConsumerConfig{Durable: wire.ConsumerRequests, FilterSubject: wire.AllRequests, AckPolicy: jetstream.AckExplicitPolicy})
	require.NoError(t, err)
	found := doctor(t, []string{"NATS_URL=" + all.Conn().ConnectedUrl(), "NATS_USER=reader", "NATS_PASSWORD=reader", "TEMPORAL_ADDRESS=127.0.0.1:1"}, 1)
	for name, f := range found {
		if strings.HasPrefix(name, "stream ") || strings.HasPrefix(name, "bucket ") || name == "clock" || name == "JetStream" {
			require.Equal(t, "ok", f.Result, "%+v", f)
		}
	}
	require.Contains(t, found["starter, requests"].Found, "no starter asks for messages")
	require.Contains(t, found["dead letters"].Found, "1 in the last day")
	require.Equal(t, "warning", found["rights of a worker"].Result)
}

func TestDoctor_WithoutJetStream(t *testing.T) {
	t.Parallel()
	found := doctor(t, []string{"NATS_URL=" + serve(t, server.Options{}).ClientURL(), "TEMPORAL_ADDRESS=127.0.0.1:1"}, 1)
	require.ElementsMatch(t, []string{"JetStream", "Temporal"}, results(found, "failed"), "%+v", found)
	require.Contains(t, found["JetStream"].Remedy, "nats-server with -js")
}
