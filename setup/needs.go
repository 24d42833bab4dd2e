package setup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway/apps"
	"slipway/authority"
	"slipway/authority/people"
	"slipway/ledger"
	"slipway/policy"
	"slipway/wire"
)

// Needs is what a role needs of NATS. A right to publish is tried once for each connection,
// with a message that no stream stores.
type Needs struct {
	js   jetstream.JetStream
	list []need

	mu sync.Mutex
	// proven are the rights that were seen to be there since NATS was last connected, which
	// reconnects counts.
	proven     map[string]bool
	reconnects uint64
}

// need is a stream or a bucket, and what is done with it.
type need struct {
	// name is that of the stream or the bucket, stream what it is called among streams.
	kind, name, stream string
	// reads is the API subject of a read, with its payload; writes a subject on which nobody
	// else publishes; consumers are those whose messages are acknowledged.
	reads, payload string
	writes         string
	consumers      []string
}

// StarterNeeds is what a starter needs.
func StarterNeeds(js jetstream.JetStream) *Needs {
	return &Needs{js: js, list: []need{
		{
			kind: "stream", name: wire.StreamIn, stream: wire.StreamIn,
			reads: "DIRECT.GET." + wire.StreamIn, payload: `{"seq":1}`, consumers: []string{wire.ConsumerRequests, wire.ConsumerCommands, wire.ConsumerPushes},
		},
		{
			kind: "stream", name: wire.StreamEvents, stream: wire.StreamEvents,
			reads: "DIRECT.GET." + wire.StreamEvents, payload: `{"seq":1}`, writes: strings.TrimSuffix(wire.AllPushEvents, ">") + "probe",
		},
		readOnly(apps.Bucket),
		{kind: "stream", name: wire.StreamDeadLetter, stream: wire.StreamDeadLetter, writes: wire.DeadLetterSubject("probe")},
		ledgerNeed(),
		readNeed(authority.Bucket, authority.Key),
		readOnly(people.Bucket),
		readOnly(policy.Bucket),
	}}
}

// WorkerNeeds is what a worker needs.
func WorkerNeeds(js jetstream.JetStream) *Needs {
	return &Needs{js: js, list: []need{
		{kind: "stream", name: wire.StreamEvents, stream: wire.StreamEvents, writes: strings.TrimSuffix(wire.AllEvents, ">") + "probe"},
		readNeed(wire.CalendarBucket, "calendar"),
		readOnly(apps.Bucket), // freezes of names
		ledgerNeed(),
	}}
}

// ConsoleNeeds is what a console needs that publishes as an identity; empty is as nobody in particular.
func ConsoleNeeds(identity string) func(jetstream.JetStream) *Needs {
	subject := wire.ArtifactSubject("probe")
	if identity != "" {
		subject = wire.VerifiedArtifactSubject(identity, "probe")
	}
	return func(js jetstream.JetStream) *Needs {
		return &Needs{js: js, list: []need{{kind: "stream", name: wire.StreamIn, stream: wire.StreamIn, writes: subject}}}
	}
}

// NotifierNeeds is what a notifier needs, besides the subjects of its channels on NATS.
func NotifierNeeds(js jetstream.JetStream) *Needs {
	ofChannels := wire.ConsumerOf("probe") // whatever its channels are called
	return &Needs{js: js, list: []need{
		{
			kind: "stream", name: wire.StreamEvents, stream: wire.StreamEvents,
			reads: "DIRECT.GET." + wire.StreamEvents, payload: `{"seq":1}`, consumers: []string{wire.ConsumerNotifier},
		},
		{
			kind: "stream", name: wire.StreamNotify, stream: wire.StreamNotify,
			writes: strings.TrimSuffix(wire.AllNotificationsNow, ">") + "probe", consumers: []string{wire.ConsumerLater, ofChannels},
		},
		{kind: "stream", name: wire.StreamNotify, stream: wire.StreamNotify, writes: strings.TrimSuffix(wire.AllNotificationsLater, ">") + "probe"},
		{kind: "stream", name: wire.StreamDeadLetter, stream: wire.StreamDeadLetter, writes: wire.DeadLetterSubject(strings.TrimSuffix(wire.AllNotificationsNow, ">") + "probe")},
		readOnly(apps.Bucket), readOnly(ledger.Bucket),
	}}
}

// WorkerCDEventsNeeds is what a worker needs that publishes CDEvents, too.
func WorkerCDEventsNeeds(js jetstream.JetStream) *Needs {
	n := WorkerNeeds(js)
	n.list = append(n.list, need{kind: "stream", name: wire.StreamEvents, stream: wire.StreamEvents, writes: strings.TrimSuffix(wire.AllCDEvents, ">") + "probe"})
	return n
}

// readOnly is a bucket from which documents are read by any key.
func readOnly(bucket string) need {
	n := keyValue(bucket)
	n.writes = ""
	return n
}

// readNeed is a bucket with one key, which is only read.
func readNeed(bucket, key string) need {
	n := keyValue(bucket)
	n.reads, n.payload, n.writes = "DIRECT.GET."+n.stream+".$KV."+bucket+"."+key, "", ""
	return n
}

func ledgerNeed() need { return keyValue(ledger.Bucket) }

func keyValue(bucket string) need {
	return need{
		kind: "bucket", name: bucket, stream: "KV_" + bucket,
		reads: "DIRECT.GET.KV_" + bucket, payload: `{"seq":1}`, writes: "$KV." + bucket + ".probe",
	}
}

// examineTime bounds all checks together.
const examineTime = 2 * time.Second

// Missing names all that is not there, with the remedy; nil when nothing is missing.
func (n *Needs) Missing(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, examineTime)
	defer cancel()
	n.mu.Lock()
	defer n.mu.Unlock()
	if now := n.js.Conn().Stats().Reconnects; n.proven == nil || now != n.reconnects {
		n.proven, n.reconnects = map[string]bool{}, now
	}
	var problems []error
	for _, each := range n.list {
		if err := n.examine(ctx, each); err != nil {
			problems = append(problems, fmt.Errorf("%s %s %w", each.kind, each.name, err))
		}
	}
	return errors.Join(problems...)
}

// examine checks that a stream exists, and then the rights to it.
func (n *Needs) examine(ctx context.Context, what need) error {
	if err := n.exists(ctx, what.stream); err != nil {
		return err
	}
	var problems []error
	if what.reads != "" {
		_, err := n.request(ctx, &nats.Msg{Subject: n.api() + what.reads, Data: []byte(what.payload)})
		problems = append(problems, err)
	}
	if what.writes != "" && !n.proven[what.writes] {
		subject := what.writes
		if what.kind == "bucket" && n.api() != jetstream.DefaultAPIPrefix {
			subject = n.api() + subject
		}
		// The stream refuses a message that was meant for another one.
		_, err := n.request(ctx, &nats.Msg{Subject: subject, Header: nats.Header{jetstream.ExpectedStreamHeader: {"none: slipway tries its right to publish"}}})
		n.proven[what.writes] = err == nil
		problems = append(problems, err)
	}
	for _, each := range what.consumers {
		// Work in progress, on no message.
		problems = append(problems, n.publish(ctx, &nats.Msg{Subject: "$JS.ACK." + what.stream + "." + each + ".probe", Data: []byte("+WPI")}))
	}
	return errors.Join(problems...)
}

// exists checks that a stream exists.
func (n *Needs) exists(ctx context.Context, stream string) error {
	reply, err := n.request(ctx, &nats.Msg{Subject: n.api() + "STREAM.INFO." + stream})
	if err != nil {
		return err
	}
	var info struct {
		Error *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(reply.Data, &info); err != nil {
		return fmt.Errorf("sends a reply that cannot be read: %w", err)
	}
	switch {
	case info.Error == nil:
		return nil
	case info.Error.ErrorCode == jetstream.JSErrCodeStreamNotFound:
		return errors.New("does not exist; create it with: slipway setup")
	}
	return fmt.Errorf("cannot be used: %w", info.Error)
}

// api is what the subjects of JetStream's own requests begin with.
func (n *Needs) api() string {
	o := n.js.Options()
	switch {
	case o.APIPrefix != "":
		return strings.TrimSuffix(o.APIPrefix, ".") + "."
	case o.Domain != "":
		return "$JS." + o.Domain + ".API."
	}
	return jetstream.DefaultAPIPrefix
}

// publish publishes a message, and returns an error when the server refuses it.
func (n *Needs) publish(ctx context.Context, m *nats.Msg) error {
	conn := n.js.Conn()
	before := conn.LastError()
	if err := conn.PublishMsg(m); err != nil {
		return err
	}
	// The server has refused it before it answers the flush.
	if err := conn.FlushWithContext(ctx); err != nil {
		return fmt.Errorf("cannot be checked: NATS does not answer: %w", err)
	}
	if now := conn.LastError(); now != before && errors.Is(now, nats.ErrPermissionViolation) { //nolint:errorlint // each refusal is an error of its own, also with equal words
		return fmt.Errorf("is not permitted to this user (%w); allow what the page operations lists under permissions", now)
	}
	return nil
}

// request publishes a request and returns the reply.
func (n *Needs) request(ctx context.Context, m *nats.Msg) (*nats.Msg, error) {
	conn := n.js.Conn()
	m.Reply = conn.NewInbox()
	replies, err := conn.SubscribeSync(m.Reply)
	if err != nil {
		return nil, err
	}
	defer func() { _ = replies.Unsubscribe() }() // a connection that has closed meanwhile has no subscriptions
	if err := n.publish(ctx, m); err != nil {
		return nil, err
	}
	reply, err := replies.NextMsgWithContext(ctx)
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return nil, fmt.Errorf("does not answer: no responders on %s; is JetStream enabled, and was slipway setup run?", m.Subject)
	case err != nil:
		return nil, fmt.Errorf("does not answer on %s: %w", m.Subject, err)
	}
	return reply, nil
}
