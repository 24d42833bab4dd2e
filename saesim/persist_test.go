package saesim

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestPersist_ARestartedSimulatorGoesOnWhereItWas stops a simulator in the middle of a
// release without closing it, as a killed process would.
func TestPersist_ARestartedSimulatorGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "sae.json")
	open := func(at time.Time, seed uint64) *Simulator {
		sim, err := New(Config{Clock: SteppedClock(at), Seed: seed, StateFile: file})
		require.NoError(t, err)
		return sim
	}
	h := &harness{sim: open(start(), 7)}
	h.create(t, 4)
	h.addRules(t)
	h.fault(t, Fault{Operation: "ConfirmPipelineBatch", Kind: FaultError})
	id := h.deploy(t, "2", gray1and2)
	h.settle(t)
	require.Equal(t, statusWaitConfirm, h.order(t, id).Status)

	again := &harness{sim: open(start(), 99), app: h.app}
	require.Equal(t, h.sim.Faults(), again.sim.Faults())
	require.Equal(t, h.sim.Orders(""), again.sim.Orders(""), "time and seed are those of the file")
	again.settle(t)
	o := again.order(t, id)
	require.Equal(t, statusWaitConfirm, o.Status)
	require.Equal(t, codeInternal, again.refused(t, "ConfirmPipelineBatch", "PipelineId", o.Pipelines[1].PipelineID, "Confirm", "true"))
	again.next(t, id)
	again.settle(t)
	again.next(t, id)
	again.settle(t)
	require.Equal(t, statusSuccess, again.order(t, id).Status)
	require.Equal(t, "+r0 -r1 +r2", again.rules(t))
	require.NoError(t, again.sim.Close())

	third := open(start(), 0)
	require.Equal(t, again.sim.Calls(), third.Calls(), "Close keeps even the counts")
	require.False(t, third.Now().Before(again.sim.st.Now), "time does not repeat")
	left, err := os.ReadDir(filepath.Dir(file))
	require.NoError(t, err)
	require.Len(t, left, 1, "no temporary files stay behind")
}

// TestPersist_WhatIsNewerGoesOn: runs of jobs, lanes, traffic of instances and a wave with instances
// above the number are after a restart what they were, and end as they would have.
func TestPersist_WhatIsNewerGoesOn(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "sae.json")
	open := func() *Simulator {
		sim, err := New(Config{Clock: SteppedClock(start()), Seed: 7, StateFile: file})
		require.NoError(t, err)
		return sim
	}
	h := &harness{sim: open()}
	h.create(t, 4)
	job := h.makeJob(t, "BackoffLimit", "2", "ConcurrencyPolicy", "Forbid")
	h.laneIn(t, h.laneGroup(t, "orders", entryApplication, h.app), "g1", paramAppRule, contentRule, "Enable", "true")
	h.must(t, opSuspendTraffic, "InstanceIds", h.instances(t)[0])
	h.fault(t, Fault{Kind: FaultBatchFails, Operation: opExecJob})
	h.must(t, opExecJob, "AppId", job, paramTime, start().Add(24*time.Hour).Format(time.RFC3339))
	h.deploy(t, "2", batch2, "MaxSurgeInstances", "2", "MinReadyInstanceRatio", "100")
	h.step(t, prepare)
	h.must(t, "SuspendJob", "AppId", job, "Suspend", "false")

	again := &harness{sim: open(), app: h.app}
	seen := func(h *harness) []any {
		return []any{
			h.must(t, "DescribeJob", "AppId", job), h.must(t, "DescribeJobHistory", "AppId", job), h.instanceList(t),
			h.lanes(t, "ListAllSwimmingLaneGroups"), h.lanes(t, "ListAllSwimmingLanes"), h.images(t),
		}
	}
	require.Equal(t, "1:4 2:2!", h.images(t))
	for range 3 {
		require.Equal(t, seen(h), seen(again))
		for _, each := range []*harness{h, again} {
			each.step(t, 12*time.Hour)
		}
	}
	require.Equal(t, "2:4", again.images(t))
}

func TestPersist_SnapshotAndRestore(t *testing.T) {
	t.Parallel()
	h := deployed(t, 4)
	snapshot, err := h.sim.Snapshot()
	require.NoError(t, err)
	h.deploy(t, "2", single)
	require.NoError(t, h.sim.Restore(snapshot))
	require.Len(t, h.sim.Orders(""), 1)
	h.deploy(t, "3", single)
	h.settle(t)
	require.Equal(t, "3:4", h.images(t))
	require.NoError(t, h.sim.Reset())
	require.Empty(t, h.sim.Apps())
}

func TestPersist_StatesThatCannotBeUsedAreRefused(t *testing.T) {
	t.Parallel()
	h := deployed(t, 2)
	h.deploy(t, "2", gray1Of2)
	good, err := h.sim.Snapshot()
	require.NoError(t, err)
	type object = map[string]any
	first := func(state object, list string) object {
		for _, entry := range state[list].(object) {
			return entry.(object)
		}
		return nil
	}
	for name, spoil := range map[string]func(state object){
		"other version":            func(s object) { s["version"] = 99 },
		"orders of nobody":         func(s object) { s["apps"] = object{} },
		"an order that is lost":    func(s object) { first(s, "apps")["activeOrder"] = "lost" },
		"no pipelines":             func(s object) { first(s, "orders")["pipelines"] = nil },
		"a pipeline beyond":        func(s object) { first(s, "orders")["current"] = 9 },
		"a pipeline before":        func(s object) { first(s, "orders")["current"] = -1 },
		"nothing may be down":      func(s object) { first(s, "orders")["plan"].(object)["unavailable"] = 0 },
		"a surge below none":       func(s object) { first(s, "orders")["plan"].(object)["surge"] = -1 },
		"work beyond its slots":    func(s object) { first(s, "orders")["work"] = object{"wave": 5} },
		"work without waves":       func(s object) { order := first(s, "orders"); order["phase"], order["work"] = "running", object{} },
		"an unknown phase":         func(s object) { first(s, "orders")["phase"] = "dreaming" },
		"an order filed elsewhere": func(s object) { first(s, "orders")["id"] = "x" },
		"an app filed elsewhere":   func(s object) { first(s, "apps")["id"] = "x" },
		"too many instances":       func(s object) { first(s, "apps")["replicas"] = 1e9 },
		"not even an object":       nil,
		"an application of null":   func(s object) { s["apps"].(object)["x"] = nil },
		"an order of null":         func(s object) { s["orders"].(object)["x"] = nil },
		"a pipeline of null":       func(s object) { first(s, "orders")["pipelines"] = []any{nil, nil} },
		"an instance of null":      func(s object) { first(s, "apps")["instances"] = []any{nil} },
		"a fault of null":          func(s object) { s["faults"] = []any{nil} },
		"a route of null":          func(s object) { s["greyRoutes"] = object{"1": nil} },
		"a lane group of null":     func(s object) { s["laneGroups"] = object{"1": nil} },
		"a lane of null": func(s object) {
			s["laneGroups"], s["nextLaneGroup"] = object{"1": object{"id": 1, "lanes": []any{nil}}}, 1
		},
		"a lane beyond": func(s object) {
			s["laneGroups"], s["nextLaneGroup"] = object{"1": object{"id": 1, "lanes": []any{object{"id": 9}}}}, 1
		},
		"a run of null": func(s object) { first(s, "apps")["jobs"] = []any{nil} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := []byte("[]")
			if spoil != nil {
				var state object
				require.NoError(t, json.Unmarshal(good, &state))
				spoil(state)
				var err error
				text, err = json.Marshal(state)
				require.NoError(t, err)
			}
			sim, err := New(Config{Clock: SteppedClock(start())})
			require.NoError(t, err)
			require.Error(t, sim.Restore(text))
			file := filepath.Join(t.TempDir(), "sae.json")
			require.NoError(t, os.WriteFile(file, text, 0o600))
			_, err = New(Config{StateFile: file})
			require.ErrorContains(t, err, file)
		})
	}
}

const gray1Of2 = `{"type":"GrayBatchUpdate","batchUpdate":{"batch":1,"releaseType":"manual"},"grayUpdate":{"gray":1}}`

func TestPersist_AStateFileThatCannotBeWrittenIsReported(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "gone")
	require.NoError(t, os.Mkdir(dir, 0o700))
	sim, err := New(Config{StateFile: filepath.Join(dir, "sae.json")})
	require.NoError(t, err)
	require.NoError(t, os.Remove(dir))
	h := &harness{sim: sim}
	g := h.call(t, opCreate, "AppName", "shop", "PackageType", "Image", "ImageUrl", "i:1", "Replicas", "1")
	require.Equal(t, 500, g.status)
	require.Error(t, sim.Close())
}

func TestPersist_ConfigNamesEveryProblem(t *testing.T) {
	t.Parallel()
	_, err := New(Config{Speed: -1, AccessKeys: map[string]string{"id": ""}, Region: "Somewhere", BatchDuration: -1})
	for _, field := range []string{"Speed", "AccessKeys", "Region", "BatchDuration"} {
		require.ErrorContains(t, err, field+": ")
	}
	_, err = New(Config{Speed: 2, Clock: FastClock(1)})
	require.ErrorContains(t, err, "Speed")
	_, err = New(Config{Speed: 2e6})
	require.ErrorContains(t, err, "Speed")
}

func TestPersist_DemoApplicationsAreThereOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	require.NoError(t, h.sim.SeedDemo())
	require.NoError(t, h.sim.SeedDemo())
	apps := h.sim.Apps()
	require.Len(t, apps, 3)
	h.app = apps[0].ID
	require.Equal(t, "1.4.1:4", h.images(t))
	require.Equal(t, "+office-hours -cpu-load", h.rules(t))
	require.Equal(t, "SUCCESS", h.must(t, "DescribeApplicationStatus")["LastChangeOrderStatus"])
	require.Equal(t, "registry.example/migrate:1.4.1", h.must(t, "DescribeJob", "AppId", DemoMigrate)["ImageUrl"])
}
