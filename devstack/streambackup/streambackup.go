// Package streambackup saves the streams of a NATS account and restores them, by the API that the commands `nats account backup` and
// `nats account restore` use. It keeps a backup in memory: it is for tests.
package streambackup

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Backup is what streams had at one moment, each by itself. Buckets are streams.
type Backup []stream

// stream is one of them, with its consumers.
type stream struct {
	name string
	// config and state are what the server says of it.
	config, state json.RawMessage
	// chunks are its content, in the server's own form.
	chunks [][]byte
}

// answer is what the server answers to a request.
type answer struct {
	Config         json.RawMessage `json:"config"`
	State          json.RawMessage `json:"state"`
	DeliverSubject string          `json:"deliver_subject"` //nolint:tagliatelle // the server's name
	Error          *struct {
		Description string `json:"description"`
	} `json:"error"`
}

// Save saves all streams of the account.
func Save(ctx context.Context, js jetstream.JetStream) (Backup, error) {
	var all Backup
	names := js.StreamNames(ctx)
	for name := range names.Name() {
		s, err := save(ctx, js.Conn(), name)
		if err != nil {
			return nil, fmt.Errorf("save stream %s: %w", name, err)
		}
		all = append(all, s)
	}
	return all, names.Err()
}

func save(ctx context.Context, conn *nats.Conn, name string) (stream, error) {
	s := stream{name: name}
	inbox := conn.NewRespInbox()
	content, err := conn.SubscribeSync(inbox)
	if err != nil {
		return s, err
	}
	defer func() { _ = content.Unsubscribe() }() // the connection may have ended
	said, err := ask(ctx, conn, "$JS.API.STREAM.SNAPSHOT."+name, map[string]any{"deliver_subject": inbox})
	if err != nil {
		return s, err
	}
	s.config, s.state = said.Config, said.State
	for {
		chunk, err := content.NextMsgWithContext(ctx)
		if err != nil {
			return s, err
		}
		if len(chunk.Data) == 0 {
			return s, nil
		}
		s.chunks = append(s.chunks, chunk.Data)
		if chunk.Reply == "" {
			continue
		}
		if err := chunk.Respond(nil); err != nil { // the server sends no more than a few that were not taken
			return s, err
		}
	}
}

// Restore creates the streams of a backup, which must not exist.
func (b Backup) Restore(ctx context.Context, conn *nats.Conn) error {
	for _, s := range b {
		if err := s.restore(ctx, conn); err != nil {
			return fmt.Errorf("restore stream %s: %w", s.name, err)
		}
	}
	return nil
}

func (s stream) restore(ctx context.Context, conn *nats.Conn) error {
	said, err := ask(ctx, conn, "$JS.API.STREAM.RESTORE."+s.name, map[string]any{"config": s.config, "state": s.state})
	if err != nil {
		return err
	}
	for _, chunk := range append(s.chunks, nil) { // an empty one is the last
		msg, err := conn.RequestWithContext(ctx, said.DeliverSubject, chunk)
		if err != nil {
			return err
		}
		if _, err := read(msg); err != nil {
			return err
		}
	}
	return nil
}

// ask sends a request to JetStream.
func ask(ctx context.Context, conn *nats.Conn, subject string, request any) (answer, error) {
	body, err := json.Marshal(request)
	if err != nil {
		return answer{}, err
	}
	msg, err := conn.RequestWithContext(ctx, subject, body)
	if err != nil {
		return answer{}, err
	}
	return read(msg)
}

// read reads an answer, which is empty where a chunk was taken.
func read(msg *nats.Msg) (a answer, err error) {
	if len(msg.Data) == 0 {
		return a, nil
	}
	if err := json.Unmarshal(msg.Data, &a); err != nil {
		return a, err
	}
	if a.Error != nil {
		return a, fmt.Errorf("NATS refuses it: %s", a.Error.Description)
	}
	return a, nil
}
