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

	"slipway/ledger"
	"slipway/wire"
)

// Needs is what a role needs of NATS. A right to publish is tried once for each connection,
// with a message that no stream takes.
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
	// reads is what reading it is asked for by, with the question; writes a subject on which
	// nobody else publishes; consumers are those whose messages are acknowledged.
	reads, question string
	writes          string
	consumers       []string
}

// StarterNeeds is what a starter needs.
func StarterNeeds(js jetstream.JetStream) *Needs {
	return &Needs{js: js, list: []need{
		{
			kind: "stream", name: wire.StreamIn, stream: wire.StreamIn,
			reads: "DIRECT.GET." + wire.StreamIn, question: `{"seq":1}`, consumers: []string{wire.ConsumerRequests, wire.ConsumerCommands},
		},
		{kind: "stream", name: wire.StreamDeadLetter, stream: wire.StreamDeadLetter, writes: wire.DeadLetterSubject("probe")},
		ledgerNeed(),
	}}
}

// WorkerNeeds is what a worker needs.
func WorkerNeeds(js jetstream.JetStream) *Needs {
	calendar := keyValue(wire.CalendarBucket)
	calendar.reads, calendar.question = "DIRECT.GET."+calendar.stream+".$KV."+wire.CalendarBucket+".calendar", ""
	calendar.writes = ""
	return &Needs{js: js, list: []need{
		{kind: "stream", name: wire.StreamEvents, stream: wire.StreamEvents, writes: strings.TrimSuffix(wire.AllEvents, ">") + "probe"},
		calendar,
		ledgerNeed(),
	}}
}

func ledgerNeed() need { return keyValue(ledger.Bucket) }

func keyValue(bucket string) need {
	return need{
		kind: "bucket", name: bucket, stream: "KV_" + bucket,
		reads: "DIRECT.GET.KV_" + bucket, question: `{"seq":1}`, writes: "$KV." + bucket + ".probe",
	}
}

// examineTime bounds all questions together.
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

// examine asks whether a stream is there, and then for the rights to it.
func (n *Needs) examine(ctx context.Context, what need) error {
	if err := n.exists(ctx, what.stream); err != nil {
		return err
	}
	var problems []error
	if what.reads != "" {
		_, err := n.ask(ctx, &nats.Msg{Subject: n.api() + what.reads, Data: []byte(what.question)})
		problems = append(problems, err)
	}
	if what.writes != "" && !n.proven[what.writes] {
		subject := what.writes
		if what.kind == "bucket" && n.api() != jetstream.DefaultAPIPrefix {
			subject = n.api() + subject
		}
		// The stream refuses a message that was meant for another one.
		_, err := n.ask(ctx, &nats.Msg{Subject: subject, Header: nats.Header{jetstream.ExpectedStreamHeader: {"none: slipway tries its right to publish"}}})
		n.proven[what.writes] = err == nil
		problems = append(problems, err)
	}
	for _, each := range what.consumers {
		// Work in progress, on no message.
		problems = append(problems, n.say(ctx, &nats.Msg{Subject: "$JS.ACK." + what.stream + "." + each + ".probe", Data: []byte("+WPI")}))
	}
	return errors.Join(problems...)
}

// exists asks for a stream.
func (n *Needs) exists(ctx context.Context, stream string) error {
	reply, err := n.ask(ctx, &nats.Msg{Subject: n.api() + "STREAM.INFO." + stream})
	if err != nil {
		return err
	}
	var answer struct {
		Error *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(reply.Data, &answer); err != nil {
		return fmt.Errorf("gives an answer that cannot be read: %w", err)
	}
	switch {
	case answer.Error == nil:
		return nil
	case answer.Error.ErrorCode == jetstream.JSErrCodeStreamNotFound:
		return errors.New("does not exist; create it with: slipway setup")
	}
	return fmt.Errorf("cannot be used: %w", answer.Error)
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

// say publishes a message, and returns an error when the server refuses it.
func (n *Needs) say(ctx context.Context, m *nats.Msg) error {
	conn := n.js.Conn()
	before := conn.LastError()
	if err := conn.PublishMsg(m); err != nil {
		return err
	}
	// The server has refused it before it answers the flush.
	if err := conn.FlushWithContext(ctx); err != nil {
		return fmt.Errorf("cannot be asked for: NATS does not answer: %w", err)
	}
	if now := conn.LastError(); now != before && errors.Is(now, nats.ErrPermissionViolation) { //nolint:errorlint // each refusal is an error of its own, also with equal words
		return fmt.Errorf("is not for this user (%w); allow what the page operations lists under permissions", now)
	}
	return nil
}

// ask publishes a question and returns the answer.
func (n *Needs) ask(ctx context.Context, m *nats.Msg) (*nats.Msg, error) {
	conn := n.js.Conn()
	m.Reply = conn.NewInbox()
	answers, err := conn.SubscribeSync(m.Reply)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answers.Unsubscribe() }() // a connection that has closed meanwhile has no subscriptions
	if err := n.say(ctx, m); err != nil {
		return nil, err
	}
	reply, err := answers.NextMsgWithContext(ctx)
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return nil, fmt.Errorf("does not answer: nobody listens on %s; is JetStream enabled, and was slipway setup run?", m.Subject)
	case err != nil:
		return nil, fmt.Errorf("does not answer on %s: %w", m.Subject, err)
	}
	return reply, nil
}
