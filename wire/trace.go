package wire

import (
	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/nats-io/nats.go"
)

// The attributes of the distributed tracing extension of CloudEvents.
const (
	extensionTraceParent = "traceparent"
	extensionTraceState  = "tracestate"
)

// maxTrace is the longest value of those attributes that is taken, in bytes: what W3C has tracestate be at least, with room.
const maxTrace = 1024

// Trace is the context of a trace of W3C that an event belongs to, as its attributes traceparent and tracestate have it.
// What it says is not validated.
type Trace struct{ Parent, State string }

// TraceOf is the trace that an event says it belongs to; the zero value where it says none, or is no event.
func TraceOf(msg *nats.Msg) Trace {
	raw, bad := readEvent(msg)
	t := Trace{Parent: raw.attributes[extensionTraceParent], State: raw.attributes[extensionTraceState]}
	if bad != nil || len(t.Parent) > maxTrace || len(t.State) > maxTrace {
		return Trace{}
	}
	return t
}

// set writes the attributes that there are.
func (t Trace) set(ev *event.Event) {
	if t.Parent == "" {
		return
	}
	ev.SetExtension(extensionTraceParent, t.Parent)
	if t.State != "" {
		ev.SetExtension(extensionTraceState, t.State)
	}
}
