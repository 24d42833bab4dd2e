package servicestagesim

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// model is what a component should be, without replicas and tasks: what is said of versions and records alone.
type model struct {
	status, version, serving, previous string
	replica                            int
	// used are all versions, newest first; promoted those that were in service.
	used     []string
	promoted map[string]bool
	// then is what a running job leads to; nil when none runs.
	then func()
}

// step is what somebody asks for: a request, whether the model allows it, and what follows.
type modelStep struct {
	line, body string
	code       string
	begin      func()
}

func (m *model) busy() string {
	switch m.status {
	case statusUpgrading, statusGraying:
		return codeReleasing
	case statusStarting, statusStopping:
		return codeWrongStatus
	}
	return ""
}

// settled is the code that refuses unless the status is one of some.
func (m *model) settled(statuses ...string) string {
	if code := m.busy(); code != "" {
		return code
	}
	if !slices.Contains(statuses, m.status) {
		return codeWrongStatus
	}
	return ""
}

func (m *model) release(w world, version string, gray bool) modelStep {
	more := ""
	if gray {
		more = grayBy(10, 1, 1)
	}
	s := modelStep{line: w.about("PUT", ""), body: update(version, more), code: m.busy()}
	if s.code == "" && slices.Contains(m.used, version) {
		s.code = codeVersionUsed
	}
	if s.code == "" {
		s.code = m.settled(statusRunning)
	}
	if gray && m.replica < leastGray {
		s.code = codeInvalid
	}
	s.begin = func() {
		m.status, m.previous, m.version = statusUpgrading, m.serving, version
		m.used = append([]string{version}, m.used...)
		m.then = func() { m.promote(version) }
		if gray {
			m.then = func() { m.status = statusGraying }
		}
	}
	return s
}

func (m *model) promote(version string) {
	m.status, m.serving, m.promoted[version] = statusRunning, version, true
}

func (m *model) rollback(w world, version, current string) modelStep {
	s := modelStep{line: w.about("POST", "/action"), body: acting("rollback", fmt.Sprintf(`{"version":%q}`, version))}
	if current != "" {
		s.body, version = acting(current, ""), m.previous
	}
	if m.status != statusGraying {
		s.code = m.settled(statusRunning)
	}
	switch {
	case s.code != "":
	case version == "":
		s.code = codeWrongStatus
	case !slices.Contains(m.used, version):
		s.code = codeNoSnapshot
	case !m.promoted[version]:
		s.code = codeWrongStatus
	case current == "" && m.version == version:
		s.code = codeWrongStatus
	}
	s.begin = func() {
		m.status, m.version = statusUpgrading, version
		m.then = func() {
			m.promote(version)
			m.previous = ""
		}
	}
	return s
}

func (m *model) action(w world, name string) modelStep {
	s := modelStep{line: w.about("POST", "/action"), body: acting(name, "")}
	switch name {
	case "continue_deploy":
		if m.status != statusGraying {
			s.code = codeWrongStatus
		}
		s.begin = func() {
			version := m.version
			m.status, m.then = statusUpgrading, func() { m.promote(version) }
		}
	case "stop":
		s.code = m.settled(statusRunning)
		s.begin = func() { m.status, m.then = statusStopping, func() { m.status = statusStopped } }
	case "start":
		s.code = m.settled(statusStopped)
		s.begin = func() { m.status, m.then = statusStarting, func() { m.status = statusRunning } }
	}
	return s
}

func (m *model) scale(w world, replica int) modelStep {
	return modelStep{
		line: w.about("POST", "/action"), body: acting("scale", fmt.Sprintf(`{"replica":%d}`, replica)), code: m.settled(statusRunning),
		begin: func() {
			m.status, m.then = statusUpgrading, func() { m.status, m.replica = statusRunning, replica }
		},
	}
}

// TestProperty_VersionsAndRecords draws what somebody might ask of a component, at any time, and compares what is answered and
// shown with the model.
func TestProperty_VersionsAndRecords(t *testing.T) {
	t.Parallel()
	snapshot, ids := modelWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		w := ids
		w.harness = &harness{sim: direct(t).sim, token: ids.token}
		require.NoError(t, w.sim.Restore(snapshot))
		m := &model{
			status: statusRunning, version: "1.0.0", serving: "1.0.0", replica: 4, used: []string{"1.0.0"}, promoted: map[string]bool{"1.0.0": true},
		}
		version := rapid.SampledFrom([]string{"1.0.0", "2.0.0", "3.0.0", "4.0.0"})
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			var s modelStep
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0, 1, 2:
				s = m.release(w, version.Draw(t, "version"), rapid.Bool().Draw(t, "gray"))
			case 3:
				s = m.rollback(w, version.Draw(t, "version"), "")
			case 4:
				s = m.rollback(w, "", "rollback_current")
			case 5:
				s = m.action(w, rapid.SampledFrom([]string{"continue_deploy", "stop", "start"}).Draw(t, "action"))
			case 6:
				s = m.scale(w, rapid.IntRange(0, 5).Draw(t, "replica"))
			default:
				w.advance(t, time.Minute)
				if m.then != nil {
					m.then()
					m.then = nil
				}
				m.compare(t, w)
				continue
			}
			if g := w.send(t, s.line, s.body); s.code != "" {
				g.refusedBy(t, s.code)
			} else {
				require.Equal(t, 200, g.status, string(g.raw))
				s.begin()
			}
			m.compare(t, w)
		}
	})
}

// modelWorld is a state with a component, and where it is.
func modelWorld(t tester) ([]byte, world) {
	w := direct(t).deployed(t)
	snapshot, err := w.sim.Snapshot()
	require.NoError(t, err)
	return snapshot, w
}

// compare compares what is shown with the model.
func (m *model) compare(t tester, w world) {
	t.Helper()
	g := w.read(t)
	require.Equal(t, m.status, g.text("status.component_status"))
	require.Equal(t, m.version, g.text("version"))
	require.Equal(t, m.replica, g.number("status.replica"))
	if m.then == nil && m.status == statusRunning {
		require.Equal(t, m.replica, g.number("status.available_replica"))
	}
	records := w.must(t, w.about("GET", "/records"), "")
	require.Equal(t, m.used, records.texts("records", "version"))
	for i, version := range m.used {
		require.Equal(t, version == m.serving, records.at(fmt.Sprintf("records.%d.current_used", i)), "exactly one record is that in service: %s", records.raw)
	}
}

// TestProperty_LookingMakesNoDifference carries the same requests out on two simulators, of which one is looked at every
// second and is put back from its snapshot in between: both know the same in the end.
func TestProperty_LookingMakesNoDifference(t *testing.T) {
	t.Parallel()
	snapshot, ids := modelWorld(t)
	rapid.Check(t, func(t *rapid.T) {
		often, once := ids, ids
		for _, w := range []*world{&often, &once} {
			w.harness = &harness{sim: direct(t).sim, token: ids.token}
			require.NoError(t, w.sim.Restore(snapshot))
		}
		version := rapid.SampledFrom([]string{"1.0.0", "2.0.0", "3.0.0", "4.0.0"})
		for range rapid.IntRange(1, 10).Draw(t, "steps") {
			line, body := ids.about("POST", "/action"), acting(rapid.SampledFrom([]string{"continue_deploy", "rollback_current", "stop", "start"}).Draw(t, "action"), "")
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				line, body = ids.about("PUT", ""), update(version.Draw(t, "version"), grayBy(10, 1, 2))
			case 1:
				line, body = ids.about("PUT", ""), update(version.Draw(t, "version"), rollingIn(3))
			case 2:
				fault := Fault{Kind: FaultJobFails, Batch: rapid.IntRange(1, 2).Draw(t, "batch"), Probability: 0.5}
				for _, w := range []world{often, once} {
					_, err := w.sim.AddFault(fault)
					require.NoError(t, err)
				}
			}
			require.Equal(t, often.send(t, line, body).body, once.send(t, line, body).body)
			pause := time.Duration(rapid.IntRange(0, 8000).Draw(t, "pause")) * time.Millisecond
			once.advance(t, pause)
			for left := pause; left > 0; left -= time.Second {
				often.advance(t, min(left, time.Second))
				kept, err := often.sim.Snapshot()
				require.NoError(t, err)
				require.NoError(t, often.sim.Restore(kept))
			}
			require.Equal(t, often.read(t).body, once.read(t).body)
		}
		require.JSONEq(t, once.frozen(t), often.frozen(t))
	})
}
