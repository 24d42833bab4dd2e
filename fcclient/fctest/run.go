package fctest

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/fcclient"
	"slipway/internal/acskeys"
	"slipway/internal/conformance"
)

// Target is something that claims to be Function Compute.
type Target struct {
	// Config says how it is reached. Its Transport may be nil.
	Config fcclient.Config
	// Strict fails on what the reference does not document: members, other codes than that of the
	// rule in question, other statuses. Without it they are logged, as a service may be newer than
	// its reference.
	Strict bool
	// Pass lets time pass at the target while something is awaited there. Nil waits by the wall
	// clock; a simulator may move its own.
	Pass func(ctx context.Context, d time.Duration) error
	// Patience is how long provisioned instances may take to come and go, in the time of Pass. Zero
	// means five minutes.
	Patience time.Duration
	// Domain is a domain name that the account may map to functions. Without it the operations that
	// need one are not called.
	Domain string
}

// withDefaults fills in what is not set.
func (target Target) withDefaults() Target {
	if target.Pass == nil {
		target.Pass = cloudapi.Sleep
	}
	if target.Patience == 0 {
		target.Patience = 5 * time.Minute
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
		t.Attr("fc-typed", name)
		t.Attr("fc-simulated", name)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Refused)) {
		for _, code := range r.Refused[name] {
			t.Attr("fc-refused", name+" "+code)
		}
	}
}

// Run tells the story at a target and fails the test where the target is not what the reference
// documents. It returns what was seen. The steps of the story build on each other: the first that
// fails ends the run.
func Run(t *testing.T, target Target) Report {
	t.Helper()
	s := &suite{Target: target.withDefaults(), report: Report{Answered: map[string]int{}, Refused: map[string][]string{}}}
	s.client, s.heard = connect(t, s.Config)
	wrong := s.Config
	var err error
	wrong.Credential, err = acskeys.Pair("fctest-nobody", "fctest-nothing")
	require.NoError(t, err)
	s.stranger, _ = connect(t, wrong)
	s.tell(t)
	return s.report
}

// connect makes a client, and what keeps its answers.
func connect(t *testing.T, config fcclient.Config) (*fcclient.Client, *conformance.Keeper) {
	t.Helper()
	if config.Transport == nil {
		transport := &http.Transport{Proxy: http.ProxyFromEnvironment}
		t.Cleanup(transport.CloseIdleConnections)
		config.Transport = transport
	}
	heard := &conformance.Keeper{Under: config.Transport}
	config.Transport = heard
	client, err := fcclient.New(config)
	require.NoError(t, err)
	return client, heard
}

// suite is one run.
type suite struct {
	Target

	client *fcclient.Client
	// stranger signs with keys that nobody knows.
	stranger *fcclient.Client
	// heard has the last answer to client.
	heard  *conformance.Keeper
	report Report
	world  world
}

// step is a part of the story; what follows builds on it.
func (s *suite) step(t *testing.T, name string, part func(t *testing.T)) {
	t.Helper()
	if !t.Run(name, part) {
		t.FailNow()
	}
}

// method is a typed method of the client.
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
	found := form().Compare(out, header, body)
	require.Empty(t, found.Wrong, "%s: %s", operation, body)
	if len(body) == 0 {
		require.Empty(t, header.Get("Content-Type"), "%s: clients parse what is called JSON, be it empty", operation)
	}
	if s.Strict {
		require.Empty(t, found.Newer, "%s: %s", operation, body)
		require.Contains(t, []int{http.StatusOK, http.StatusAccepted, http.StatusNoContent}, status)
	}
	for _, what := range found.Newer {
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

// refused carries out an operation that has to be refused with a code that is documented.
func (s *suite) refused(t *testing.T, call asked, code string) {
	t.Helper()
	s.requireRefusal(t, call.operation, code, call.do(t.Context()))
}

// requireRefusal holds a refusal against the documented codes. A target that is not held to it
// strictly may have another one.
func (s *suite) requireRefusal(t *testing.T, operation, code string, err error) {
	t.Helper()
	refusal, ok := errors.AsType[*cloudapi.Error](err)
	require.True(t, ok, "%s: want %s, have %v", operation, code, err)
	require.NotEmpty(t, refusal.RequestID, "%s: %v", operation, err)
	known, ok := fcclient.LookupErrorCode(refusal.Code)
	require.True(t, ok, "%s is refused with a code that the reference does not know: %v", operation, err)
	if s.Strict {
		require.Equal(t, code, refusal.Code, "%s: %v", operation, err)
		require.Equal(t, known.HTTPStatus, refusal.HTTPStatus, "%s: %v", operation, err)
		require.Len(t, refusal.RequestID, 36, "%s: %v", operation, err)
	}
	if codes := s.report.Refused[operation]; !slices.Contains(codes, refusal.Code) {
		s.report.Refused[operation] = append(codes, refusal.Code)
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
