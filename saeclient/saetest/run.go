package saetest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/saeclient"
)

// Run tells the story at a target and fails the test where the target is not what the reference
// documents. It returns what was seen. The steps of the story build on each other: the first
// that fails ends the run.
func Run(t *testing.T, target Target) Report {
	t.Helper()
	require.NoError(t, target.validate())
	facts, err := readFacts()
	require.NoError(t, err)
	s := &suite{
		Target: target.withDefaults(), facts: facts,
		report: newReport(),
		seen:   map[string]bool{},
	}
	if s.Write {
		s.write(t)
	} else {
		s.step(t, "what there is", s.lookAtWhatThereIs)
		s.step(t, "refusals", s.refuseReads)
	}
	for _, op := range Operations() {
		if s.report.Answered[op.Name] > 0 {
			s.report.Unseen = append(s.report.Unseen, s.unseen(op.Name)...)
		} else if s.Write || !op.Mutates {
			t.Logf("not called: %s", op.Name)
		}
	}
	s.report.Seen = sortedKeys(s.seen)
	return s.report
}

// suite is one run.
type suite struct {
	Target

	facts  map[string]fact
	report Report
	seen   map[string]bool
	world  world
}

// lenient is the same run where values are taken that are stated nowhere.
func (s *suite) lenient() *suite {
	other := *s
	other.Strict = false
	return &other
}

// unseen lists the documented members that no answer of an operation had.
func (s *suite) unseen(operation string) []string {
	return slices.DeleteFunc(places(operation, s.facts[operation].Response), func(place string) bool { return s.seen[place] })
}

// step is a part of the story; what follows builds on it.
func (s *suite) step(t *testing.T, name string, part func(t *testing.T)) {
	t.Helper()
	if !t.Run(name, part) {
		t.FailNow()
	}
}

// answer is an answer, or an object in it.
type answer map[string]any

// call carries out an operation that has to succeed, and compares the answer with the
// reference. Parameters are given as names and values in turn; those without a value are left
// out.
func (s *suite) call(t *testing.T, operation string, params ...string) answer {
	t.Helper()
	require.False(t, s.lacks(operation), "%s cannot be called: %s", operation, s.Without[operation])
	text, err := s.Caller.Call(t.Context(), operation, given(params))
	require.NoError(t, err, "%s %v", operation, params)
	object := decode(t, text)
	found := s.facts[operation].compare(object)
	require.Empty(t, found.wrong, "%s", text)
	if s.Strict {
		require.Empty(t, found.newer, "%s", text)
	}
	for _, what := range found.newer {
		t.Log(what)
	}
	for _, place := range found.seen {
		s.seen[place] = true
	}
	s.report.answered(operation, given(params))
	return object
}

// lacks reports whether an operation cannot be called.
func (s *suite) lacks(operation string) bool { _, lacks := s.Without[operation]; return lacks }

// given makes a map of names and values in turn, without empty values.
func given(params []string) map[string]string {
	out := make(map[string]string, len(params)/2)
	for i := 0; i+1 < len(params); i += 2 {
		if params[i+1] != "" {
			out[params[i]] = params[i+1]
		}
	}
	return out
}

func decode(t *testing.T, text json.RawMessage) answer {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	object := answer{}
	require.NoError(t, dec.Decode(&object), "%s", text)
	return object
}

// refused carries out an operation that has to be refused with a code that the reference
// documents for it. The first code is that of the rule in question; a target that is not held
// to it strictly may have another documented one.
func (s *suite) refused(t *testing.T, operation, code string, params ...string) {
	t.Helper()
	s.refusedBy(t, s.Caller, operation, code, params...)
}

//nolint:revive // the caller and the code are what differs; the rest are parameters in turn
func (s *suite) refusedBy(t *testing.T, caller Caller, operation, code string, params ...string) {
	t.Helper()
	if s.lacks(operation) {
		return
	}
	_, err := caller.Call(t.Context(), operation, given(params))
	require.Error(t, err, "%s %v", operation, params)
	refusal, ok := errors.AsType[*RefusedError](err)
	require.True(t, ok, "%s %v: %v", operation, params, err)
	if s.Strict {
		require.Equal(t, code, refusal.Code, "%s %v: %v", operation, params, refusal)
	}
	requireDocumented(t, operation, refusal)
	require.NotEmpty(t, refusal.RequestID, "%s: %v", operation, refusal)
	if codes := s.report.Refused[operation]; !slices.Contains(codes, refusal.Code) {
		s.report.Refused[operation] = append(codes, refusal.Code)
	}
}

// requireDocumented holds a refusal against the codes of the reference. It has none for operations
// that only today's service has: any will do there.
func requireDocumented(t *testing.T, operation string, refusal *RefusedError) {
	t.Helper()
	spec, _ := saeclient.LookupOperation(operation)
	if spec.Since != "" {
		require.GreaterOrEqual(t, refusal.Status, http.StatusBadRequest, "%s: %v", operation, refusal)
		return
	}
	known, ok := saeclient.LookupErrorCode(refusal.Code)
	require.True(t, ok, "%s is refused with a code that the reference does not know: %v", operation, refusal)
	require.True(t, known.Common || slices.Contains(spec.Errors, refusal.Code), "%s is not documented for %s", refusal.Code, operation)
	require.Equal(t, known.HTTPStatus, refusal.Status, "%s: %v", operation, refusal)
}

// order is what the suite reads of a change order.
type order struct {
	Status            int
	SubStatus         int
	CurrentPipelineID string `json:"CurrentPipelineId"`
	CoTypeCode        string
	Pipelines         []struct {
		PipelineID string `json:"PipelineId"`
	}
}

// after gives the pipeline that follows the current one, which is what a confirmation names
// (SAE API reference ch. 5).
func (o order) after() string {
	for i := range max(len(o.Pipelines)-1, 0) {
		if o.Pipelines[i].PipelineID == o.CurrentPipelineID {
			return o.Pipelines[i+1].PipelineID
		}
	}
	return ""
}

// pace is the time between two looks at what is awaited.
const pace = 5 * time.Second

// await looks at a change order until it is as wanted; an order that ends otherwise fails the test.
func (s *suite) await(t *testing.T, id string, status int) order {
	t.Helper()
	for waited := time.Duration(0); ; waited += pace {
		o := s.order(t, id)
		if o.Status == status {
			return o
		}
		require.False(t, saeclient.ChangeOrderFinished(o.Status), "change order %s ended with %d, not %d", id, o.Status, status)
		require.Less(t, waited, s.Patience, "change order %s is at %d, not %d", id, o.Status, status)
		require.NoError(t, s.Pass(t.Context(), pace))
	}
}

func (s *suite) order(t *testing.T, id string) order {
	t.Helper()
	var o order
	text, err := json.Marshal(s.call(t, "DescribeChangeOrder", "ChangeOrderId", id)["Data"])
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &o))
	return o
}

// done carries out an operation that begins a change order, and waits for its success.
func (s *suite) done(t *testing.T, operation string, params ...string) order {
	t.Helper()
	data := s.call(t, operation, params...).data()
	return s.await(t, data.text("ChangeOrderId"), saeclient.ChangeOrderSuccess)
}

// unless carries out an operation that ends something, unless it is gone already.
func (s *suite) unless(ctx context.Context, operation string, params ...string) error {
	_, err := s.Caller.Call(ctx, operation, given(params))
	return existing(err)
}

// existing leaves out errors that say that what is named does not exist.
func existing(err error) error {
	if refused, ok := errors.AsType[*RefusedError](err); ok {
		if known, _ := saeclient.LookupErrorCode(refused.Code); known.Class == cloudapi.ErrNotFound {
			return nil
		}
	}
	return err
}

// data gives the object Data of the answer, empty when there is none.
func (a answer) data() answer { return a.object("Data") }

func (a answer) object(name string) answer {
	object, _ := a[name].(map[string]any)
	return object
}

// list gives the objects of a list in the answer.
func (a answer) list(name string) []answer {
	elements, _ := a[name].([]any)
	objects := make([]answer, 0, len(elements))
	for _, element := range elements {
		if object, ok := element.(map[string]any); ok {
			objects = append(objects, object)
		}
	}
	return objects
}

// text gives a value in the answer as text, empty when there is none.
func (a answer) text(name string) string {
	if a[name] == nil {
		return ""
	}
	return fmt.Sprint(a[name])
}

// jsonText is the JSON text of a value.
func jsonText(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return string(text)
}
