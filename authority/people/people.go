// Package people keeps what a sign-in service has said of who signs in: of which groups they are, and for how long that counts. A
// console records it at each sign-in, as starters judge what it publishes in somebody's name and know the name alone.
//
// Who may write the bucket says who is in which group of the authority document that goes by groups of a sign-in service.
package people

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"slipway/authority"
	"slipway/internal/bucketdoc"
	"slipway/wire"
)

// Bucket is the key-value bucket that holds a [Person] for each who has signed in.
const Bucket = "slipway-people"

// keptFor is how long a person is remembered after the last sign-in, which is longer than that counts: so that a refusal can say
// what has ended.
const keptFor = 7 * 24 * time.Hour

// maxValue is the size of the largest value in bytes.
const maxValue = 512 << 10

// Ensure creates the bucket when it does not exist: kept by one server, or by as many as replicas says where it is not 0. One
// that exists stays as the operator has it, replicas excepted where they are said.
func Ensure(ctx context.Context, js bucketdoc.Manager, replicas int) error {
	return bucketdoc.Ensure(ctx, js, jetstream.KeyValueConfig{
		Bucket: Bucket, Description: "Slipway: groups of who has signed in", MaxValueSize: maxValue, History: 1, TTL: keptFor,
		Storage: jetstream.FileStorage, Replicas: cmp.Or(replicas, 1),
	}, func(have jetstream.StreamConfig) (jetstream.StreamConfig, error) {
		have.Replicas = cmp.Or(replicas, have.Replicas)
		return have, nil
	})
}

// Person is what was said of somebody who has signed in.
type Person struct {
	// Identity is who that is.
	Identity string `json:"identity"`
	// Groups are those of the sign-in service.
	Groups []string `json:"groups"`
	// At is when they signed in, and Until when what was said then ends.
	At    time.Time `json:"at"`
	Until time.Time `json:"until"`
}

// Ask returns a question about the person with the groups that counted at a time.
func (p Person) Ask(q authority.Question, at time.Time) authority.Question {
	q.Groups, q.GroupsEnded = p.Groups, time.Time{}
	if !at.Before(p.Until) {
		q.Groups, q.GroupsEnded = nil, p.Until
	}
	return q
}

// Store reads and records people. Its methods may be called concurrently.
type Store struct{ bucket bucketdoc.Bucket[Person] }

// NewStore returns the people in the bucket of a JetStream; see [Ensure].
func NewStore(js jetstream.JetStream) *Store {
	return &Store{bucketdoc.Bucket[Person]{JetStream: bucketdoc.NewOpened(js), Name: Bucket, Decode: decode}}
}

// Record notes what was said of who has just signed in, in the place of what was said before.
func (s *Store) Record(ctx context.Context, p Person) error {
	if err := wire.IdentityFault(p.Identity); err != nil {
		return fmt.Errorf("people: %w", err)
	}
	_, err := s.bucket.Edit(ctx, key(p.Identity), func(bucketdoc.Document[Person]) (Person, error) { return p, nil })
	return err
}

// Of returns what was said of somebody; zero where they have not signed in, or not for a long time. Without the bucket the error
// is [jetstream.ErrBucketNotFound]. It costs one request, or two at first.
func (s *Store) Of(ctx context.Context, identity string) (Person, error) {
	have, err := s.bucket.Get(ctx, key(identity))
	return have.Value, err
}

// Question returns a question with the groups that counted at a time of who asks, where the document goes by them and who asks is
// verified. Where it cannot be known of which groups that is, the error says so.
func (s *Store) Question(ctx context.Context, d authority.Document, q authority.Question, at time.Time) (authority.Question, error) {
	if !q.Verified || !d.GoesByClaims() {
		return q, nil
	}
	p, err := s.Of(ctx, q.Identity)
	if err != nil {
		return q, fmt.Errorf("groups of %s: %w", q.Identity, err)
	}
	return p.Ask(q, at), nil
}

// key is where a person stands: identities have characters that a key cannot have.
func key(identity string) string { return base64.RawURLEncoding.EncodeToString([]byte(identity)) }

func decode(at string, r bucketdoc.Revision) (p Person, err error) {
	if err := bucketdoc.Strict(r.Raw, &p); err != nil {
		return p, fmt.Errorf("people: the record %s cannot be read: %w", at, err)
	}
	if key(p.Identity) != at {
		return Person{}, fmt.Errorf("people: the record %s is of somebody else", at)
	}
	return p, nil
}
