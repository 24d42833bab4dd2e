package servicestagetest

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/internal/conformance"
	"slipway/servicestageclient"
	"slipway/servicestageclient/build"
	"slipway/servicestageclient/catalog"
	"slipway/servicestageclient/cse"
	"slipway/servicestageclient/git"
	"slipway/servicestageclient/servicecomb"
	"slipway/servicestageclient/v2"
)

// Target is something that claims to be ServiceStage.
type Target struct {
	// Config says how it is reached. Its Transport may be nil.
	Config servicestageclient.Config
	// World is what there is outside of ServiceStage.
	World World
	// Strict fails on members that the reference does not document, and on other codes than that of the
	// rule in question. Without it they are logged, as a service may be newer than its reference.
	Strict bool
	// Pass lets time pass at the target while something is awaited there. Nil waits by the wall
	// clock; a simulator may move its own.
	Pass func(ctx context.Context, d time.Duration) error
	// Patience is how long a job may take, in the time of Pass. Zero means twenty minutes.
	Patience time.Duration
}

// World is what there is outside of ServiceStage.
type World struct {
	// VPC and Cluster are the IDs of a VPC and of a CCE cluster in it. They are required.
	VPC, Cluster string
	// Images are addresses of two images, with which components are made and released. They are required.
	Images [2]string
	// GitHost is the page of an account of GitHub, and GitToken a token of it. Without them the operations on repositories are not
	// called.
	GitHost, GitToken string
	// Code is the address of a repository from which a component can be built. Without it there are no builds.
	Code string
	// Engine is the address of the engine whose registry and configuration center are called; empty means that of Config.
	Engine string
	// Engines says that engines may be made, which takes long and costs most of all.
	Engines bool
}

// Simulated is a world that a simulator takes to exist.
func Simulated() World {
	return World{
		VPC: "servicestagetest-vpc", Cluster: "servicestagetest-cluster", Images: [2]string{"swr.test/team/shop:1", "swr.test/team/shop:2"},
		GitHost: "https://github.com/servicestagetest", GitToken: "servicestagetest-token", Code: "https://github.com/servicestagetest/shop.git", Engines: true,
	}
}

// withDefaults fills in what is not set.
func (target Target) withDefaults() Target {
	if target.Pass == nil {
		target.Pass = cloudapi.Sleep
	}
	if target.Patience == 0 {
		target.Patience = 20 * time.Minute
	}
	return target
}

// Report is what a run of the suite has seen, by operation.
type Report struct {
	// Answered counts the answers in the documented shape.
	Answered map[string]int
	// Refused lists the documented error codes that were provoked.
	Refused map[string][]string
}

// Log tells what was called as attributes of a test, for tools that read them: operations that were
// answered, and operations that were refused, each with the code.
func (r Report) Log(t *testing.T) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(r.Answered)) {
		t.Attr("servicestage-simulated", name)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Refused)) {
		for _, code := range r.Refused[name] {
			t.Attr("servicestage-refused", name+" "+code)
		}
	}
}

// Missing names the operations that were not answered.
func (r Report) Missing() []string {
	var names []string
	for _, op := range catalog.Operations() {
		if r.Answered[op.Name] == 0 {
			names = append(names, op.Name)
		}
	}
	return names
}

// Run tells the story at a target and fails the test where the target is not what the reference
// documents. It returns what was seen. The steps of the story build on each other: the first that
// fails ends the run.
func Run(t *testing.T, target Target) Report {
	t.Helper()
	require.NotEmpty(t, target.World.VPC, "the story needs a VPC")
	require.NotEmpty(t, target.World.Cluster, "the story needs a cluster")
	s := &suite{Target: target.withDefaults(), report: Report{Answered: map[string]int{}, Refused: map[string][]string{}}}
	s.client, s.heard = connect(t, s.Config)
	wrong := s.Config
	wrong.Credential = servicestageclient.Keys{AccessKey: "servicestagetest-nobody", SecretKey: "servicestagetest-nothing"}
	s.stranger, _ = connect(t, wrong)
	engine := s.client
	if s.World.Engine != "" {
		var err error
		engine, err = s.client.At(s.World.Engine)
		require.NoError(t, err)
	}
	s.second, s.code, s.engines, s.builds = v2.New(s.client), git.New(s.client), cse.New(s.client), build.New(s.client)
	s.registry, s.center = servicecomb.New(engine), cse.New(engine)
	s.tell(t)
	return s.report
}

// connect makes a client, and what keeps its answers.
func connect(t *testing.T, config servicestageclient.Config) (*servicestageclient.Client, *conformance.Keeper) {
	t.Helper()
	if config.Transport == nil {
		transport := &http.Transport{Proxy: http.ProxyFromEnvironment}
		t.Cleanup(transport.CloseIdleConnections)
		config.Transport = transport
	}
	heard := &conformance.Keeper{Under: config.Transport}
	config.Transport = heard
	client, err := servicestageclient.New(config)
	require.NoError(t, err)
	return client, heard
}

// suite is one run.
type suite struct {
	Target

	client  *servicestageclient.Client
	second  *v2.Client
	code    *git.Client
	engines *cse.Client
	builds  *build.Client
	// registry and center are those of an engine.
	registry *servicecomb.Client
	center   *cse.Client
	// stranger signs with keys that nobody knows.
	stranger *servicestageclient.Client
	// heard has the last answer to client.
	heard  *conformance.Keeper
	report Report
	world  made
}

// step is a part of the story; what follows builds on it.
func (s *suite) step(t *testing.T, name string, part func(t *testing.T)) {
	t.Helper()
	if !t.Run(name, part) {
		t.FailNow()
	}
}

// method is a typed method of a client.
type method[I, O any] func(ctx context.Context, in *I) (*O, error)

// call carries out an operation that has to succeed, and compares the answer with what is documented.
func call[I, O any](t *testing.T, s *suite, do method[I, O], in *I) *O {
	t.Helper()
	operation := conformance.OperationOf[I]()
	out, err := do(t.Context(), in)
	require.NoError(t, err, "%v", in)
	s.compare(t, operation, out)
	s.report.Answered[operation]++
	return out
}

// compare holds an answer as it came against what is documented.
func (s *suite) compare(t *testing.T, operation string, out any) {
	t.Helper()
	status, header, body := s.heard.Last()
	if status == http.StatusNoContent {
		return // the reference prints it for operations that answer something, too
	}
	found := formOf(operation).Compare(out, header, body)
	require.Empty(t, found.Wrong, "%s: %s", operation, body)
	newer := slices.DeleteFunc(found.Newer, func(what string) bool { return expected(operation, what) })
	if s.Strict {
		require.Empty(t, newer, "%s: %s", operation, body)
	}
	for _, what := range newer {
		t.Logf("%s: %s", operation, what)
	}
}

// asked is a call that is to be refused.
type asked struct {
	operation string
	do        func(ctx context.Context) error
}

func ask[I, O any](do method[I, O], in *I) asked {
	return asked{conformance.OperationOf[I](), func(ctx context.Context) error {
		_, err := do(ctx, in)
		return err
	}}
}

// refused carries out an operation that has to be refused, with one of the codes that fit.
func (s *suite) refused(t *testing.T, call asked, codes ...string) {
	t.Helper()
	s.requireRefusal(t, call.operation, call.do(t.Context()), codes...)
}

// requireRefusal holds a refusal against the documented codes. A target that is not held to it
// strictly may have another one.
func (s *suite) requireRefusal(t *testing.T, operation string, err error, codes ...string) {
	t.Helper()
	refusal, ok := errors.AsType[*cloudapi.Error](err)
	require.True(t, ok, "%s: want %s, have %v", operation, codes, err)
	if !strings.HasPrefix(refusal.Code, "APIGW.") {
		_, ok = servicestageclient.LookupErrorCode(refusal.Code)
		require.True(t, ok, "%s is refused with a code that the reference does not know: %v", operation, err)
	}
	if s.Strict {
		require.Contains(t, codes, refusal.Code, "%s: %v", operation, err)
	}
	if seen := s.report.Refused[operation]; !slices.Contains(seen, refusal.Code) {
		s.report.Refused[operation] = append(seen, refusal.Code)
	}
}

// pace is the time between two looks at what is awaited.
const pace = time.Second

// await looks until it is as wanted.
func (s *suite) await(t *testing.T, what string, look func() bool) {
	t.Helper()
	for waited := time.Duration(0); !look(); waited += pace {
		require.Less(t, waited, s.Patience, "%s", what)
		require.NoError(t, s.Pass(t.Context(), pace))
	}
}
