package fcsim

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"slipway/cloudapi"
	"slipway/internal/loosejson"
	"slipway/internal/simframe"
)

const (
	// maxEvent bounds an event in bytes; no public document of this version gives the number.
	maxEvent = 6 << 20
	// idleInstance is how long an instance that an invocation started stays.
	idleInstance = 5 * time.Minute

	headerType      = "X-Fc-Invocation-Type"
	headerLog       = "X-Fc-Log-Type"
	headerErrorType = "X-Fc-Error-Type"
)

// outcome is how an invocation ended.
type outcome struct {
	// result is how the code behaved.
	result    Result
	body      []byte
	status    int // of a call of an HTTP trigger
	versionID int
	checksum  string
	instance  string
}

// version is the version that ran, as the header names it.
func (o outcome) version() string {
	if o.versionID == 0 {
		return latest
	}
	return strconv.Itoa(o.versionID)
}

// header says what ran and how it went.
func (o outcome) header() http.Header {
	header := http.Header{}
	header.Set("X-Fc-Invocation-Code-Version", o.version())
	header.Set("X-Fc-Code-Checksum", o.checksum)
	header.Set("X-Fc-Instance-Id", o.instance)
	if kind := o.result.errorType(); kind != "" {
		header.Set(headerErrorType, kind)
	}
	return header
}

// invoke runs a function once, in the version that the qualifier and the weights choose.
func (c *call) invoke(event []byte) (outcome, *apiError) {
	v, refused := c.service()
	if refused != nil {
		return outcome{}, refused
	}
	c.st.Invocations++
	stream := simframe.Stream(c.st.Seed, "invocation/"+strconv.FormatUint(c.st.Invocations, 10))
	at, refused := v.view(c.qualifier)
	if a := v.Aliases[c.qualifier]; a != nil {
		at, refused = v.viewVersion(a.choose(stream.Float64()))
	}
	if refused != nil {
		return outcome{}, refused
	}
	f, refused := at.function(c.params["functionName"])
	if refused != nil {
		return outcome{}, refused
	}
	behaviour := c.st.Behaviours[f.runs().Source]
	done := outcome{result: ResultOK, status: http.StatusOK, body: event, versionID: at.versionID(), checksum: f.runs().Checksum}
	if behaviour.happens(stream.Float64()) {
		done.result = behaviour.Result
		done.status = cmp.Or(behaviour.Status, done.status)
		if behaviour.Body != "" {
			done.body = []byte(behaviour.Body)
		}
	}
	if done.result == ResultExited {
		return outcome{}, refuse(codeContainerExited, cmp.Or(behaviour.Body, "the process exited"))
	}
	done.instance = c.takeInstance(v, f.Name, done.versionID)
	return done, nil
}

// choose draws the version of one invocation: each weighted version with its share, else the main
// one. draw is from 0 to below 1.
func (a *alias) choose(draw float64) int {
	for _, id := range slices.Sorted(maps.Keys(a.Weights)) {
		if draw < a.Weights[id] {
			return id
		}
		draw -= a.Weights[id]
	}
	return a.VersionID
}

// idle reports whether an instance that an invocation started was not used for so long that it is gone.
func (i *instance) idle(now time.Time) bool { return now.Sub(i.Used) > idleInstance }

// takeInstance finds the instance that runs an invocation: a provisioned one, one that ran one
// before, or a new one.
func (c *call) takeInstance(v *service, function string, version int) string {
	if p := v.Provisions[provisionKey(c.qualifier, function)]; p != nil {
		for _, i := range p.Instances {
			if i.VersionID == version {
				return i.ID
			}
		}
	}
	for _, i := range v.OnDemand {
		if i.Function == function && i.Qualifier == c.qualifier && i.VersionID == version && !i.idle(c.now) {
			i.Used = c.now
			return i.ID
		}
	}
	started := &instance{ID: c.st.Draw("instance"), Function: function, Qualifier: c.qualifier, VersionID: version, Used: c.now}
	v.OnDemand = append(v.OnDemand, started)
	return started.ID
}

// invokeFunction serves InvokeFunction.
func invokeFunction(c *call) (reply, *apiError) {
	kind, log := cmp.Or(c.header.Get(headerType), "Sync"), cmp.Or(c.header.Get(headerLog), "None")
	var k checker
	k.check(kind == "Sync" || kind == "Async", "the header %s must be Sync or Async, is %q", headerType, simframe.Shorten(kind))
	k.check(log == "None" || log == "Tail", "the header %s must be None or Tail, is %q", headerLog, simframe.Shorten(log))
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	if refused := c.checkEvent(); refused != nil {
		return reply{}, refused
	}
	if kind == "Async" {
		return invokeAsync(c)
	}
	done, refused := c.invoke(c.body)
	if refused != nil {
		return reply{}, refused
	}
	header := done.header()
	if log == "Tail" {
		text := fmt.Sprintf("FC Invoke Start RequestId: %s\nversion %s: %s\nFC Invoke End RequestId: %s\n", c.requestID, done.version(), done.result, c.requestID)
		header.Set("X-Fc-Log-Result", base64.StdEncoding.EncodeToString([]byte(text)))
	}
	return answerOf(http.StatusOK, header, done.output()), nil
}

// checkEvent refuses an event that is too large.
func (c *call) checkEvent() *apiError {
	if len(c.body) > maxEvent {
		return refuse(codeEntityTooLarge, strconv.Itoa(maxEvent))
	}
	return nil
}

// answerOf answers what code gave; without any there is no type.
func answerOf(status int, header http.Header, output []byte) reply {
	if len(output) > 0 && header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/octet-stream")
	}
	return reply{status: status, header: header, raw: output}
}

// output is what the caller gets: what the handler returned, or what it failed with.
func (o outcome) output() []byte {
	if o.result == ResultOK {
		return o.body
	}
	text, err := loosejson.Encode(map[string]string{"errorMessage": cmp.Or(string(o.body), "the function failed"), "errorType": "Error"})
	if err != nil {
		return nil // texts can always be encoded
	}
	return text
}

// routeTrigger reads the path of a call of an HTTP trigger: the service with its qualifier, the
// function, and what follows is the function's own.
func (s *Simulator) routeTrigger(method, escaped string) (*call, *apiError) {
	segments, ok := split(strings.TrimSuffix(escaped, "/"))
	if !ok || len(segments) < 3 {
		return nil, refuse(codePathNotSupported, method, escaped)
	}
	c := &call{
		config: &s.config,
		op:     &operation{Operation: cloudapi.Operation{Name: opTrigger, Method: method, Mutates: true}, qualified: mayQualify, serve: callTrigger},
		params: map[string]string{"serviceName": segments[1], "functionName": segments[2]},
	}
	return c, c.qualify()
}

// anonymous reports whether a call of an HTTP trigger needs no signature.
func (s *Simulator) anonymous(c *call) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.st.Services[c.params["serviceName"]]
	if v == nil {
		return false
	}
	config, found := v.httpTrigger(c.params["functionName"], c.qualifier)
	return found && config.AuthType == "anonymous"
}

// callTrigger serves a call of an HTTP trigger.
func callTrigger(c *call) (reply, *apiError) {
	v, refused := c.service()
	if refused != nil {
		return reply{}, refused
	}
	config, found := v.httpTrigger(c.params["functionName"], c.qualifier)
	if !found {
		return reply{}, refuse(codeTriggerNotFound, triggerHTTP, v.Name, c.params["functionName"])
	}
	if len(config.Methods) > 0 && !slices.Contains(config.Methods, c.op.Method) {
		return reply{}, refuse(codeInvalidArgument, fmt.Sprintf("the trigger takes %s, not %s", strings.Join(config.Methods, ", "), c.op.Method))
	}
	if refused := c.checkEvent(); refused != nil {
		return reply{}, refused
	}
	done, refused := c.invoke(c.body)
	if refused != nil {
		return reply{}, refused
	}
	header, status := done.header(), done.status
	if done.result != ResultOK {
		status = http.StatusBadGateway
		header.Set("Content-Type", contentJSON)
	}
	return answerOf(status, header, done.output()), nil
}
