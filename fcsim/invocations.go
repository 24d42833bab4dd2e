package fcsim

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"slipway/internal/simframe"
)

// States of asynchronous invocations.
const (
	invocationRunning   = "Running"
	invocationStopping  = "Stopping"
	invocationStopped   = "Stopped"
	invocationSucceeded = "Succeeded"
	invocationFailed    = "Failed"
	invocationInvalid   = "Invalid"
	invocationExpired   = "Expired"
)

const (
	// invocationTime is how long an asynchronous invocation runs, and how long it takes to stop one.
	invocationTime = time.Second
	// retryDelay is how long after a failure the next attempt begins.
	retryDelay = time.Minute
	// keptInvocations is how many records of invocations that are over a service keeps.
	keptInvocations = 1000

	headerInvocation = "X-Fc-Stateful-Async-Invocation-Id"
	headerStateful   = "X-Fc-Stateful-Async-Invocation-Enable"
)

// invocation is an asynchronous invocation.
type invocation struct {
	ID        string    `json:"id"`
	RequestID string    `json:"requestId"`
	Function  string    `json:"function"`
	Qualifier string    `json:"qualifier"` // empty is LATEST
	Payload   []byte    `json:"payload"`
	Status    string    `json:"status"`
	Started   time.Time `json:"started"`
	Ended     time.Time `json:"ended,omitzero"`
	// Due is when it goes on: an attempt begins or ends, or it has stopped. Zero when it is over.
	Due time.Time `json:"due,omitzero"`
	// Attempting tells that the function runs until Due.
	Attempting bool `json:"attempting"`
	// Retried is how often it was tried again.
	Retried int `json:"retried"`
	// Error is what the last attempt failed with.
	Error string `json:"error"`
	// Delivered is how sending the record somewhere went; empty where it went nowhere.
	Delivered string `json:"delivered"`
	// Settings are those that were in force when it was accepted. A stateful one has a record for callers.
	Settings asyncSettings `json:"settings"`
}

// invokeAsync serves InvokeFunction with the type Async: the event is accepted, and the function runs with it when the
// clock goes on.
func invokeAsync(c *call) (reply, *apiError) {
	at, f, refused := c.function()
	if refused != nil {
		return reply{}, refused
	}
	v := at.service
	settings := v.asyncSettings(c.qualifier, f.Name)
	settings.StatefulInvocation = settings.StatefulInvocation || strings.EqualFold(c.header.Get(headerStateful), "true")
	id := c.header.Get(headerInvocation)
	var k checker
	if id != "" {
		k.name("the header "+headerInvocation, id, 128)
		k.check(settings.StatefulInvocation, "the header %s needs an asynchronous configuration with statefulInvocation true", headerInvocation)
		k.check(v.invocation(c.qualifier, f.Name, id) == nil, "the header %s: there is an invocation %q already", headerInvocation, simframe.Shorten(id))
	}
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	i := &invocation{
		ID: cmp.Or(id, c.st.Draw("invocation")), RequestID: c.requestID, Function: f.Name, Qualifier: c.qualifier, Payload: c.body,
		Status: invocationRunning, Started: c.now, Due: c.now, Settings: settings,
	}
	if held := c.st.Faults.Take(c.st.Target(c.op.Name, v.Name), FaultQueued); held != nil {
		i.Due = c.now.Add(held.Delay)
	}
	v.Invocations = append(v.Invocations, i)
	header := http.Header{}
	if settings.StatefulInvocation {
		header.Set(headerInvocation, i.ID)
	}
	return reply{status: http.StatusAccepted, header: header}, nil
}

// nextInvocation is when an asynchronous invocation of the service goes on; zero when none does.
func (v *service) nextInvocation() time.Time {
	var next time.Time
	for _, i := range v.Invocations {
		if !i.Due.IsZero() && (next.IsZero() || i.Due.Before(next)) {
			next = i.Due
		}
	}
	return next
}

// runInvocations lets the asynchronous invocations of a service that are due at a moment go on by one step.
func (s *state) runInvocations(config *Config, v *service, at time.Time) {
	for _, i := range v.Invocations {
		if !i.Due.IsZero() && !i.Due.After(at) {
			s.step(config, v, i)
		}
	}
	over := 0
	for _, i := range v.Invocations {
		if i.Due.IsZero() && i.Settings.StatefulInvocation {
			over++
		}
	}
	v.Invocations = slices.DeleteFunc(v.Invocations, func(i *invocation) bool {
		if !i.Due.IsZero() || !i.Settings.StatefulInvocation {
			return i.Due.IsZero()
		}
		over--
		return over >= keptInvocations
	})
}

// step takes an invocation over what it is due for.
func (s *state) step(config *Config, v *service, i *invocation) {
	switch {
	case i.Status == invocationStopping:
		i.end(invocationStopped, "")
	case i.Attempting:
		s.attempted(config, v, i)
	case i.Due.Sub(i.Started) > i.Settings.age():
		i.end(invocationExpired, fmt.Sprintf("the invocation is older than %s", i.Settings.age()))
	case !v.hasFunction(i.Qualifier, i.Function):
		i.end(invocationInvalid, "the function does not exist")
	default:
		i.Attempting, i.Due = true, i.Due.Add(invocationTime)
	}
}

// attempted carries an attempt out whose time is over.
func (s *state) attempted(config *Config, v *service, i *invocation) {
	c := &call{
		config: config, st: s, now: i.Due, qualifier: i.Qualifier, requestID: i.RequestID,
		params: map[string]string{"serviceName": v.Name, "functionName": i.Function},
	}
	done, refused := c.invoke(i.Payload)
	i.Attempting = false
	switch {
	case refused != nil:
		i.Error = refused.Message
	case done.result != ResultOK:
		i.Error = done.result.errorType()
	default:
		i.end(invocationSucceeded, "")
		return
	}
	if i.Retried >= i.Settings.retries() {
		i.end(invocationFailed, i.Error)
		return
	}
	i.Retried++
	i.Due = i.Due.Add(retryDelay)
}

// end ends an invocation at the moment it is due.
func (i *invocation) end(status, message string) {
	i.Status, i.Error, i.Attempting, i.Ended, i.Due = status, message, false, i.Due, time.Time{}
	if status != invocationStopped && i.Settings.delivers(status == invocationSucceeded) {
		i.Delivered = invocationSucceeded
	}
}

// hasFunction reports whether a function is there under a qualifier.
func (v *service) hasFunction(qualifier, function string) bool {
	at, refused := v.view(qualifier)
	return refused == nil && at.functions[function] != nil
}

// invocation finds a stateful invocation; nil when there is none.
func (v *service) invocation(qualifier, function, id string) *invocation {
	for _, i := range v.recorded(qualifier, function) {
		if i.ID == id {
			return i
		}
	}
	return nil
}

// recorded are the stateful invocations of a function under a qualifier, oldest first.
func (v *service) recorded(qualifier, function string) []*invocation {
	var found []*invocation
	for _, i := range v.Invocations {
		if i.Settings.StatefulInvocation && i.Function == function && i.Qualifier == qualifier {
			found = append(found, i)
		}
	}
	return found
}

// invocationBody is an asynchronous invocation in an answer. Times are milliseconds since 1970.
type invocationBody struct {
	ServiceName            string  `json:"serviceName"`
	FunctionName           string  `json:"functionName"`
	Qualifier              string  `json:"qualifier"`
	InvocationID           string  `json:"invocationId"`
	RequestID              string  `json:"requestId"`
	Status                 string  `json:"status"`
	StartedTime            int64   `json:"startedTime"`
	EndTime                *int64  `json:"endTime,omitempty"`
	DestinationStatus      string  `json:"destinationStatus"`
	InvocationErrorMessage string  `json:"invocationErrorMessage"`
	InvocationPayload      *string `json:"invocationPayload,omitempty"`
	AlreadyRetriedTimes    int     `json:"alreadyRetriedTimes"`
}

func (i *invocation) body(v *service, payload bool) invocationBody {
	body := invocationBody{
		ServiceName: v.Name, FunctionName: i.Function, Qualifier: cmp.Or(i.Qualifier, latest), InvocationID: i.ID, RequestID: i.RequestID,
		Status: i.Status, StartedTime: i.Started.UnixMilli(), DestinationStatus: i.Delivered, InvocationErrorMessage: i.Error,
		AlreadyRetriedTimes: i.Retried,
	}
	if !i.Ended.IsZero() {
		ended := i.Ended.UnixMilli()
		body.EndTime = &ended
	}
	if payload {
		text := strings.ToValidUTF8(string(i.Payload), "\uFFFD")
		body.InvocationPayload = &text
	}
	return body
}

// recordedHere finds the service and the records that the path names.
func (c *call) recordedHere() (*service, []*invocation, *apiError) {
	at, f, refused := c.function()
	if refused != nil {
		return nil, nil, refused
	}
	return at.service, at.service.recorded(c.qualifier, f.Name), nil
}

// invocation finds the invocation that the path names.
func (c *call) invocation() (*service, *invocation, *apiError) {
	v, records, refused := c.recordedHere()
	if refused != nil {
		return nil, nil, refused
	}
	id := c.params["statefulAsyncInvocationId"]
	for _, i := range records {
		if i.ID == id {
			return v, i, nil
		}
	}
	return nil, nil, refuse(codeInvocationNotFound, id)
}

// getInvocation serves GetStatefulAsyncInvocation.
func getInvocation(c *call) (reply, *apiError) {
	v, i, refused := c.invocation()
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: i.body(v, true)}, nil
}

// stopInvocation serves StopStatefulAsyncInvocation.
func stopInvocation(c *call) (reply, *apiError) {
	v, i, refused := c.invocation()
	if refused != nil {
		return reply{}, refused
	}
	switch i.Status {
	case invocationRunning:
		i.Status, i.Due = invocationStopping, c.now.Add(invocationTime)
		return reply{status: http.StatusOK}, nil
	case invocationStopping, invocationStopped:
		return reply{}, refuse(codeAsyncStopped, v.Name, i.Function, i.ID)
	}
	return reply{}, refuse(codeInvalidArgument, fmt.Sprintf("invocation '%s' is over: %s", i.ID, i.Status))
}

// listInvocations serves ListStatefulAsyncInvocations, newest first unless sortOrderByTime is asc.
func listInvocations(c *call) (reply, *apiError) {
	v, records, refused := c.recordedHere()
	if refused != nil {
		return reply{}, refused
	}
	filter, refused := c.invocationFilter()
	if refused != nil {
		return reply{}, refused
	}
	records = slices.DeleteFunc(records, func(i *invocation) bool { return !filter.fits(i) })
	if !filter.ascending {
		slices.Reverse(records)
	}
	if token := c.parameter("nextToken"); token != "" {
		from := slices.IndexFunc(records, func(i *invocation) bool { return i.ID == token })
		if from < 0 {
			return reply{}, refuse(codeInvalidArgument, "nextToken '"+simframe.Shorten(token)+"' is none that a page of this list has named")
		}
		records = records[from:]
	}
	body := struct {
		Invocations []invocationBody `json:"invocations"`
		NextToken   *string          `json:"nextToken"`
	}{Invocations: []invocationBody{}}
	for _, i := range records {
		if len(body.Invocations) == filter.limit {
			body.NextToken = &i.ID
			break
		}
		body.Invocations = append(body.Invocations, i.body(v, filter.payload))
	}
	return reply{body: body}, nil
}

// invocationFilter says which invocations a list has.
type invocationFilter struct {
	prefix, status     string
	begin, end         int64 // milliseconds since 1970; 0 is no bound
	limit              int
	ascending, payload bool
}

func (f invocationFilter) fits(i *invocation) bool {
	started := i.Started.UnixMilli()
	return strings.HasPrefix(i.ID, f.prefix) && (f.status == "" || i.Status == f.status) &&
		(f.begin == 0 || started >= f.begin) && (f.end == 0 || started <= f.end)
}

// defaultInvocations is how many invocations a page has by default.
const defaultInvocations = 50

// invocationFilter reads the query of a list of invocations.
func (c *call) invocationFilter() (invocationFilter, *apiError) {
	limit, refused := c.limit(defaultInvocations, maxLimit)
	if refused != nil {
		return invocationFilter{}, refused
	}
	f := invocationFilter{prefix: c.parameter("invocationIdPrefix"), status: c.parameter("status"), limit: limit}
	var k checker
	f.begin, f.end = c.milliseconds(&k, "startedTimeBegin"), c.milliseconds(&k, "startedTimeEnd")
	order := strings.ToLower(cmp.Or(c.parameter("sortOrderByTime"), "desc"))
	k.check(order == "asc" || order == "desc", "sortOrderByTime must be asc or desc, is %q", simframe.Shorten(order))
	f.ascending = order == "asc"
	if text := c.parameter("includePayload"); text != "" {
		include, err := strconv.ParseBool(text)
		k.check(err == nil, "includePayload must be true or false, is %q", simframe.Shorten(text))
		f.payload = include
	}
	states := []string{
		invocationRunning, invocationStopping, invocationStopped, invocationSucceeded, invocationFailed, invocationInvalid, invocationExpired,
	}
	k.check(f.status == "" || slices.Contains(states, f.status), "status %q is none of %v", simframe.Shorten(f.status), states)
	return f, k.refusal()
}

// milliseconds reads a time of the query in milliseconds since 1970; 0 when there is none.
func (c *call) milliseconds(k *checker, name string) int64 {
	text := c.parameter(name)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	k.check(err == nil && n >= 0, "%s must be milliseconds since 1970, is %q", name, simframe.Shorten(text))
	return n
}
