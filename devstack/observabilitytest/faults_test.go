package observabilitytest_test

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"slipway/devstack/scenario"
	"slipway/internal/simframe"
	"slipway/release"
	"slipway/releases"
	"slipway/wire"
)

// lasting is something that goes wrong and stays so.
type lasting struct {
	name string
	// begin has it go wrong, and end puts it right; a nil end is where it is over by itself, or the last of a house.
	begin, end func()
	// shows is what the roles serve once all have noticed: series and their values, or more where they are not 0.
	shows page
	// unserved is where no worker takes from any task queue meanwhile.
	unserved bool
	// goesOn happens time and again while it lasts; nil is where nothing does.
	goesOn func()
	// lasts is how long it does, pages how often it is looked at meanwhile, 5 times where that is 0, and fires are the alerts that fire then.
	lasts time.Duration
	pages int
	fires []string
}

// allIsWell is how long Prometheus has watched when something goes wrong.
const allIsWell = 40

// suffers has things go wrong one after the other. When one lasts, its alerts fire and no others; before it none do.
func (h *house) suffers(faults []lasting) {
	h.t.Helper()
	asked := metricsOf(h.t, ruleExpressions(h.t))
	for _, f := range faults {
		began := time.Now()
		spans := []span{{allIsWell, h.noticed(lasting{})}}
		f.begin()
		pages := cmp.Or(f.pages, 5)
		for i := range pages {
			if i > 0 && f.goesOn != nil {
				f.goesOn()
			}
			spans = append(spans, span{int(f.lasts.Minutes()) / pages, h.noticed(f)})
		}
		for _, s := range spans { // Prometheus takes its time with all of them
			maps.DeleteFunc(s.page, func(name string, _ float64) bool { return !slices.Contains(asked, metricOf(name)) })
		}
		seen := time.Now()
		e := evaluate(h.t, history(spans...))
		require.Empty(h.t, e.within(0, allIsWell), "before %s", f.name)
		require.Equal(h.t, f.fires, e.within(allIsWell, allIsWell+int(f.lasts.Minutes())), f.name)
		judged := time.Now()
		if f.end != nil {
			f.end()
		}
		h.t.Logf("%s: seen after %v, judged after %v, over after %v", f.name, seen.Sub(began), judged.Sub(began), time.Since(began))
	}
}

// within are the alerts that fire at some minute of a span.
func (e *evaluation) within(first, end int) (fired []string) {
	for minute := first; minute < end; minute++ {
		fired = append(fired, names(e.until(time.Duration(minute)*time.Minute))...)
	}
	slices.Sort(fired)
	return slices.Compact(fired)
}

// noticed waits until the roles serve what a fault shows. Of the checks none fails but those that it names.
func (h *house) noticed(f lasting) page {
	h.t.Helper()
	const ready, pollers = "slipway_check_ready", "temporal_num_pollers"
	metrics := []string{ready, pollers}
	for name := range f.shows {
		metrics = append(metrics, metricOf(name))
	}
	return h.until(func(p page) bool {
		for name, want := range f.shows {
			if got, served := p[name]; !served || got < want || want == 0 && got > 0 {
				return false
			}
		}
		taken := map[string]float64{} // by task queue
		for name, got := range p {
			_, named := f.shows[name]
			switch metricOf(name) {
			case ready:
				if !named && got == 0 {
					return false
				}
			case pollers:
				queue := taskQueue.FindString(name)
				taken[queue] = max(taken[queue], got)
			}
		}
		for _, most := range taken {
			if (most == 0) != f.unserved {
				return false
			}
		}
		return true
	}, metrics...)
}

// taskQueue is the label of a series that names a task queue.
var taskQueue = regexp.MustCompile(`task_queue="[^"]*"`)

// anew starts the starter again: what it reads seldom it reads at once.
func (h *house) anew() {
	h.t.Helper()
	require.NoError(h.t, h.roles[roleStarter].Stop())
	h.launch(roleStarter)
}

// What people and programs ask for in vain, and what waits for people.
func TestRules_OfFaultsOfRequests(t *testing.T) {
	t.Parallel()
	h := start(t, roleWorker, roleStarter, roleConsole, roleCodec)
	h.goesWell("first")
	h.suffers(h.faultsOfRequests())
}

func (h *house) faultsOfRequests() []lasting {
	const tries, webhooks = 150, 6
	held, stopped := of(roleStarter, "slipway_lanes_held", "by", "person"), of(roleStarter, "slipway_freezes_active", "kind", "stop")
	triesTokens := func() { h.triesTokens(tries) }
	sendsWebhooks := func() {
		for range webhooks {
			h.sends(roleConsole, "webhooks are taken", "/hooks/"+pathSecret+"/harbor", http.StatusUnauthorized)
		}
	}
	unknown := func() {
		begun, err := h.Client.ExecuteWorkflow(h.ctx, client.StartWorkflowOptions{TaskQueue: release.WorkflowTaskQueue}, "Unknown")
		require.NoError(h.t, err)
		h.rises("temporal_workflow_task_execution_failed_total")
		require.NoError(h.t, h.Client.TerminateWorkflow(h.ctx, begun.GetID(), "", "nobody knows it"))
	}
	decodes := func() { h.sends(roleCodec, "payloads are decoded", "/decode", http.StatusForbidden) }
	return []lasting{
		{
			name: "a message that nobody understands", lasts: 20 * time.Minute, fires: []string{"SlipwayDeadLetters"},
			begin: func() { h.publish("slipway.request.sae.shop", "nonsense") },
			shows: page{of(roleStarter, "slipway_starter_dead_letters_total", "kind", "request"): 1},
		},
		{
			name: "somebody tries tokens", lasts: 20 * time.Minute, fires: []string{"SlipwayConsoleRefuses"},
			begin: triesTokens, goesOn: triesTokens,
			shows: page{of(roleConsole, "slipway_console_requests_total", "route", "/api/", "status", "429"): tries},
		},
		{
			name: "a registry whose token is wrong", lasts: 20 * time.Minute, fires: []string{"SlipwayWebhooksRefused"},
			begin: sendsWebhooks, goesOn: sendsWebhooks,
			shows: page{of(roleConsole, "slipway_hooks_requests_total", "sender", "harbor", "result", "unauthorized"): webhooks},
		},
		{
			name: "a UI that asks without its namespace", lasts: 40 * time.Minute, fires: []string{"SlipwayCodecServerFails"},
			begin: decodes, goesOn: decodes,
			shows: page{of(roleCodec, "slipway_codec_requests_total", "path", "/decode", "status", "403"): 1},
		},
		{
			name: "a workflow that no worker knows", lasts: 40 * time.Minute, fires: []string{"SlipwayWorkflowTasksFail"},
			begin: unknown, goesOn: unknown,
		},
		{
			name: "a lane that somebody holds", lasts: 14 * time.Hour, fires: []string{"SlipwayLaneHeld"}, shows: page{held: 1},
			begin: func() { h.lane(release.UpdateHold); h.anew() },
			end:   func() { h.lane(release.UpdateResume); h.anew(); h.shows(held, 0) },
		},
		{
			name: "a stop that is forgotten", lasts: 26 * time.Hour, fires: []string{"SlipwayStopForgotten"}, shows: page{stopped: 1},
			begin: func() {
				h.calendar("stop", func(c release.Calendar) release.Calendar { return c.WithStop(stop()) })
				h.anew()
			},
			end: func() {
				h.calendar("lift", func(c release.Calendar) release.Calendar { c, _ = c.WithoutStop(stop().Name); return c })
				h.anew()
				h.shows(stopped, 0)
			},
		},
		{
			name: "a release that is lost between two batches", lasts: 40 * time.Minute, fires: []string{"SlipwayDebts", "SlipwayReleaseNeedsAttention"},
			begin: func() {
				id := h.asksFor("lost")
				require.NoError(h.t, h.Client.TerminateWorkflow(h.ctx, release.WorkflowID(id), "", "by mistake"))
				h.reaches(id, release.EventAttention)
				h.anew()
			},
			shows: page{of(roleStarter, "slipway_lanes_held", "by", "release"): 1, of(roleStarter, "slipway_debts", "kind", "scaling-rules"): 1},
		},
	}
}

// What a platform does to releases, and to the workers that call it.
func TestRules_OfFaultsOfPlatforms(t *testing.T) {
	t.Parallel()
	h := start(t, roleWorker, roleStarter)
	h.goesWell("first")
	h.suffers(h.faultsOfPlatforms())
}

func (h *house) faultsOfPlatforms() []lasting {
	refused, stalled := of(roleWorker, "slipway_check_ready", "check", "worker"), of(roleStarter, "slipway_waiting_for_people", "need", "help")
	calls := func() { h.rises("slipway_platform_calls_total") }
	var ends func()
	var known release.App
	fails := func() { // each release of it does, at once
		h.reaches(h.request(known, strings.ToLower(rand.Text()), release.Strategy{Type: release.StrategyAll}), release.EventFailed)
	}
	return []lasting{
		{ // a release that begins meanwhile fails at once, and so none stands still
			name: "a platform that refuses the key", lasts: 40 * time.Minute, fires: []string{"SlipwayNoWorker", "SlipwayNotReady", "SlipwayPlatformRefuses"},
			begin: func() {
				known = h.app("known")
				h.platformFails("InvalidAccessKeyId.NotFound", http.StatusNotFound)
				fails()
			},
			goesOn: fails, shows: page{refused: 0},
			end: func() { h.platformRecovers(); h.shows(refused, 1) },
		},
		{
			name: "a platform that throttles", lasts: 40 * time.Minute, fires: []string{"SlipwayPlatformThrottles", "SlipwayReleaseStalled"},
			begin: func() { ends = h.stalls("Throttling.User", http.StatusBadRequest) }, goesOn: calls,
			shows: page{stalled: 1},
			end:   func() { ends(); h.shows(stalled, 0) },
		},
		{
			name: "a platform that is away", lasts: 40 * time.Minute,
			fires: []string{"SlipwayNoWorker", "SlipwayNotReady", "SlipwayPlatformUnreliable", "SlipwayReleaseStalled"},
			begin: func() { ends = h.stalls("ServiceUnavailable", http.StatusServiceUnavailable) }, goesOn: calls,
			shows: page{stalled: 1, refused: 0},
			end:   func() { ends(); h.shows(stalled, 0); h.shows(refused, 1) },
		},
	}
}

// Servers and roles that are away, and a channel that does not take what it is told.
func TestRules_OfFaultsOfServers(t *testing.T) {
	t.Parallel()
	h := start(t, roleWorker, roleStarter, roleConsole, roleNotifier)
	h.goesWell("first")
	h.suffers(h.faultsOfServers())
}

func (h *house) faultsOfServers() []lasting {
	goesOn := func() {
		require.GreaterOrEqual(h.t, h.asks(h.token), http.StatusInternalServerError)
		h.rises("slipway_overview_failures_total")
	}
	late, oldest := of(roleStarter, "slipway_event_deliveries_late"), of(roleStarter, ageOfMessages, "kind", "request")
	var parked string
	return []lasting{
		{
			name: "a channel that refuses a message", lasts: 20 * time.Minute, fires: []string{"SlipwayNotificationsLost"},
			begin: func() { h.channel.Store(http.StatusBadRequest); h.goesWell("refused") },
			shows: page{of(roleNotifier, "slipway_notifications_total", "channel", "team", "result", "refused"): 1},
			end:   func() { h.channel.Store(http.StatusNoContent) },
		},
		{
			name: "NATS is away", lasts: 20 * time.Minute,
			fires: []string{"SlipwayEventsLate", "SlipwayNATSAway", "SlipwayNoStarter", "SlipwayNotReady"},
			begin: func() {
				parked = h.asksFor("parked")
				h.cut(toNATS)
				_, err := releases.New(h.Client).SendCommand(h.ctx, parked, release.Command{Kind: release.CommandAbort, ID: "abort", By: "ann", Reason: "NATS is away"})
				require.NoError(h.t, err)
			},
			end: func() { h.heal(toNATS); h.reaches(parked, release.EventAborted); h.shows(late, 0) },
			shows: page{
				of(roleWorker, "slipway_check_ready", "check", "nats"): 0, of(roleStarter, "slipway_check_ready", "check", "nats"): 0,
				of(roleConsole, "slipway_check_ready", "check", "nats"): 0, of(roleNotifier, "slipway_check_ready", "check", "nats"): 0,
				of(roleStarter, "slipway_check_ready", "check", "starter"): 0, of(roleNotifier, "slipway_check_ready", "check", "notifier"): 0,
				late: 1,
			},
		},
		{
			name: "Temporal is away", lasts: time.Hour, pages: 3, unserved: true,
			fires: []string{
				"SlipwayConsoleFails", "SlipwayGaugesMissing", "SlipwayMessagesWait", "SlipwayNoStarter", "SlipwayNotReady",
				"SlipwayTaskQueueUnserved", "SlipwayTemporalAway",
			},
			begin: func() {
				app := h.app("waits")
				h.cut(toTemporal)
				h.request(app, "waits", release.Strategy{Type: release.StrategyAll})
				goesOn()
			},
			goesOn: goesOn, end: func() { h.heal(toTemporal); h.shows(oldest, 0) },
			shows: page{
				of(roleWorker, "slipway_check_ready", "check", "temporal"): 0, of(roleStarter, "slipway_check_ready", "check", "temporal"): 0,
				of(roleConsole, "slipway_check_ready", "check", "temporal"): 0, of(roleStarter, "slipway_check_ready", "check", "starter"): 0,
				oldest: 1,
			},
		},
		{
			name: "no starter", lasts: 20 * time.Minute, fires: []string{"SlipwayNoStarter"},
			begin: func() { h.kill(roleStarter) }, end: func() { h.launch(roleStarter) },
		},
		{ // the last: a channel that was away is tried again after ever longer times
			name: "a channel that is away", lasts: 40 * time.Minute, fires: []string{"SlipwayChannelDown"},
			begin: func() { h.channel.Store(http.StatusServiceUnavailable); h.goesWell("untold") },
			shows: page{of(roleNotifier, "slipway_notifications_waiting", "channel", "team"): 1},
		},
	}
}

// firesOfSeriesAlone is what no fault of running roles shows here: a panic of an activity is a defect, and steps that wait for a worker do so for minutes
// until enough of each kind have been measured.
func firesOfSeriesAlone() []string { return []string{"SlipwayActivitiesBroken", "SlipwayCallsPaced"} }

// Each alert is shown by a fault of running roles, or is named as one that is shown by made-up series alone.
func TestRules_EachHasAFaultOfRunningRoles(t *testing.T) {
	t.Parallel()
	shown := slices.Concat(firesOfWaiting(), firesOfDeath())
	var none house // faults are not begun here
	for _, f := range slices.Concat(none.faultsOfRequests(), none.faultsOfPlatforms(), none.faultsOfServers()) {
		shown = append(shown, f.fires...)
	}
	slices.Sort(shown)
	shown = slices.Compact(shown)
	var alerts []string
	for _, rule := range evaluate(t, nil).rules() {
		alerts = append(alerts, rule.Name())
	}
	require.ElementsMatch(t, alerts, slices.Concat(shown, firesOfSeriesAlone()))
}

// app is an application with scaling rules.
func (h *house) app(name string) release.App {
	h.t.Helper()
	sae, err := h.SAEClient()
	require.NoError(h.t, err)
	app, err := scenario.CreateApp(h.ctx, sae, name)
	require.NoError(h.t, err)
	return app
}

func (h *house) request(app release.App, event string, strategy release.Strategy) (id string) {
	h.t.Helper()
	id, err := scenario.Request(h.ctx, h.JetStream, event, release.Spec{
		App: app, Artifact: release.Artifact{Image: "registry.example/" + event + ":1.1.0"}, Strategy: strategy, RequestedBy: "ci",
	})
	require.NoError(h.t, err)
	return id
}

// reaches waits for an event of a release.
func (h *house) reaches(id string, kind release.EventKind) {
	h.t.Helper()
	events, err := scenario.Follow(h.ctx, h.JetStream, id)
	require.NoError(h.t, err)
	defer events.Stop()
	_, err = events.Until(h.ctx, kind, 0)
	require.NoError(h.t, err)
}

// publish stores a message in the stream of requests, whatever it is.
func (h *house) publish(subject, text string) {
	h.t.Helper()
	_, err := h.JetStream.Publish(h.ctx, subject, []byte(text))
	require.NoError(h.t, err)
}

// platformFails lets SAE answer all calls with an error.
func (h *house) platformFails(code string, status int) {
	h.t.Helper()
	_, err := h.Sim().AddFault(simframe.Fault{Kind: simframe.FaultError, Code: code, Status: status, Count: -1})
	require.NoError(h.t, err)
}

func (h *house) platformRecovers() {
	h.t.Helper()
	require.NoError(h.t, h.Sim().ClearFaults())
}

// stalls has a release stand still because SAE answers all calls with an error; what it returns ends that, and waits for the release.
func (h *house) stalls(code string, status int) (ends func()) {
	h.t.Helper()
	name := strings.ToLower(strings.ReplaceAll(code, ".", "-"))
	app := h.app(name)
	h.platformFails(code, status)
	id := h.request(app, name, release.Strategy{Type: release.StrategyAll})
	h.reaches(id, release.EventStalled)
	h.anew()
	return func() {
		h.platformRecovers()
		h.reaches(id, release.EventSucceeded)
		h.anew()
	}
}

// rises waits until the roles have counted more.
func (h *house) rises(metric string) {
	h.t.Helper()
	before := h.scrape().sum(metric)
	h.until(func(p page) bool { return p.sum(metric) > before }, metric)
}

func (h *house) cut(way string) {
	h.t.Helper()
	require.NoError(h.t, h.ways[way].Reset())
}

func (h *house) heal(way string) {
	h.t.Helper()
	require.NoError(h.t, h.ways[way].Heal(h.ctx))
}

// lane does something to the lane of an application that nobody releases to.
func (h *house) lane(update string) {
	h.t.Helper()
	app := release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: stop().Scope.App}
	_, err := releases.New(h.Client).UpdateLane(h.ctx, releases.LaneUpdate{
		App: app, Name: update, ID: update, Command: release.LaneCommand{By: "ann", Reason: "it is looked at"},
	})
	require.NoError(h.t, err)
}

func stop() release.Stop {
	return release.Stop{Name: "sale", Scope: release.Scope{Platform: release.PlatformSAE, Region: "cn-hangzhou", App: "11111111-2222-3333-4444-555555555555"}, Reason: "a sale", By: "ann"}
}

func (h *house) calendar(action string, edit func(release.Calendar) release.Calendar) {
	h.t.Helper()
	change := wire.CalendarChange{Action: action, Name: stop().Name, By: "ann", Reason: stop().Reason, At: time.Now()}
	err := wire.NewCalendars(h.JetStream).Edit(h.ctx, change, func(c release.Calendar) (release.Calendar, error) { return edit(c), nil })
	require.NoError(h.t, err)
}

// triesTokens asks the console with a token that is none until it has refused to judge so many.
func (h *house) triesTokens(times int) {
	h.t.Helper()
	for refused := 0; refused < times; {
		if h.asks("no-token") == http.StatusTooManyRequests {
			refused++
		}
	}
}

// asks asks the console for a list, with a token, and returns the status of the answer.
func (h *house) asks(token string) int {
	h.t.Helper()
	return h.call(http.MethodGet, h.serves(roleConsole, scenario.ServesConsole)+"/api/v1/releases", token)
}

// sends sends a role something that it refuses.
func (h *house) sends(role, where, path string, refused int) {
	h.t.Helper()
	require.Equal(h.t, refused, h.call(http.MethodPost, h.serves(role, where)+path, "no-token"))
}

// serves is the URL of what a role has logged that it serves.
func (h *house) serves(role, where string) string {
	h.t.Helper()
	addr, err := h.roles[role].Addr(h.ctx, where)
	require.NoError(h.t, err)
	return fmt.Sprint("http://", addr)
}

func (h *house) call(method, url, token string) (status int) {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.ctx, method, url, strings.NewReader("{}"))
	require.NoError(h.t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(req)
	require.NoError(h.t, err)
	require.NoError(h.t, answer.Body.Close())
	return answer.StatusCode
}
