package saetest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/internal/acskeys"
	"slipway/saeclient"
	"slipway/saesim"
)

// TestCleanup_AStoryThatIsCutShortLeavesNothing ends a story in the middle of a release that
// waits for somebody.
func TestCleanup_AStoryThatIsCutShortLeavesNothing(t *testing.T) {
	t.Parallel()
	sim, err := saesim.New(saesim.Config{Clock: saesim.SteppedClock(time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC))})
	require.NoError(t, err)
	require.NoError(t, sim.SeedDemo())
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	credential, err := acskeys.Pair(saesim.TestAccessKeyID, saesim.TestAccessKeySecret)
	require.NoError(t, err)
	typed, err := Typed(saeclient.Config{Region: saesim.DefaultRegion, Endpoint: server.URL, Credential: credential})
	require.NoError(t, err)
	t.Cleanup(typed.Close)
	facts, err := readFacts()
	require.NoError(t, err)
	s := &suite{
		Target: Target{
			Caller: typed, Region: saesim.DefaultRegion, Write: true, Have: Resources{Image: "a/b:1", NextImage: "a/b:2"},
			Pass: func(_ context.Context, d time.Duration) error { _, err := sim.Advance(d); return err },
		}.withDefaults(),
		facts: facts, seen: map[string]bool{}, report: newReport(),
		world: world{name: "saetestcut", space: saesim.DefaultRegion + ":saetestcut"},
	}
	before := sim.Apps()
	s.makeNamespace(t)
	s.makeConfigMaps(t)
	s.makeSecrets(t)
	s.makeApplication(t)
	s.makeIdleApplication(t)
	s.makeJob(t)
	s.await(t, s.begin(t, "a/b:2", grayThenOne), saeclient.ChangeOrderWaitBatchConfirm)
	require.Len(t, sim.Apps(), len(before)+2)
	s.cleanUp(t)
	require.Len(t, sim.Apps(), len(before), "those that were there before")
	s.refused(t, "DescribeNamespace", noSpace, "NamespaceId", s.world.space)
	s.refused(t, "DescribeConfigMap", "NotFound.ConfigMap", "ConfigMapId", s.world.config)
	s.refused(t, "DescribeSecret", noSpace, "NamespaceId", s.world.space, "SecretId", s.world.pull)
	s.refused(t, "DescribeJob", noAppID, "AppId", s.world.job)
}

func TestCleanup_OnlyWhatIsGoneIsNoError(t *testing.T) {
	t.Parallel()
	require.NoError(t, existing(nil))
	require.NoError(t, existing(&RefusedError{Status: http.StatusBadRequest, Code: noApp}))
	running := &RefusedError{Status: http.StatusBadRequest, Code: "Application.ChangerOrderRunning"}
	require.ErrorIs(t, existing(running), running)
	lost := errors.New("connection reset")
	require.ErrorIs(t, existing(lost), lost)
}
