package session

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"slipway/console/access"
	"slipway/internal/bucketdoc"
)

// Bucket is the key-value bucket that holds the sessions, each under the SHA-256 of its cookie in hexadecimal digits.
const Bucket = "slipway-sessions"

// MaxTime is how long a session may last at most: the bucket forgets what is older.
const MaxTime = 24 * time.Hour

const (
	// maxValue is the size of the largest session, in bytes: somebody in some hundred groups.
	maxValue = 128 << 10
	// maxBytes is the size of the bucket. While it is full, nobody can sign in.
	maxBytes = 64 << 20
)

// Ensure creates the bucket when it does not exist: in files, kept by one server, or by as many as replicas says where it is not 0. One
// that exists stays as the operator has it, replicas excepted where they are said. The error is a [bucketdoc.AccessError].
func Ensure(ctx context.Context, js bucketdoc.Manager, replicas int) error {
	return bucketdoc.Ensure(ctx, js, jetstream.KeyValueConfig{
		Bucket: Bucket, Description: "Slipway: who has signed in with a browser", History: 1, TTL: MaxTime,
		MaxValueSize: maxValue, MaxBytes: maxBytes, Storage: jetstream.FileStorage, Replicas: cmp.Or(replicas, 1),
	}, func(have jetstream.StreamConfig) (jetstream.StreamConfig, error) {
		have.Replicas = cmp.Or(replicas, have.Replicas)
		return have, nil
	})
}

// by is the way in which somebody has signed in.
type by string

const (
	byToken by = "token"
	byOIDC  by = "oidc"
)

// How says how somebody has signed in: [ByToken] or [ByOIDC].
type How struct {
	by by
	// token is the digest of the token.
	token string
}

// ByToken is a session that was begun with a token, and ends with it.
func ByToken(token string) How { return How{by: byToken, token: access.Digest(token)} }

// ByOIDC is a session that a service for sign-in has vouched for.
func ByOIDC() How { return How{by: byOIDC} }

// stored is a session as the bucket has it.
type stored struct {
	Identity string   `json:"identity"`
	Groups   []string `json:"groups,omitempty"`
	By       by       `json:"by"`
	// Token is the SHA-256 of the token that the session was begun with.
	Token string    `json:"token,omitempty"`
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
}

// decode reads a value of the bucket. One that cannot be read is of nobody: who has it signs in again.
func decode(_ string, r bucketdoc.Revision) (stored, error) {
	var s stored
	if err := bucketdoc.Strict(r.Raw, &s); err != nil {
		return stored{}, fmt.Errorf("%w: it cannot be read: %w", access.ErrEnded, err)
	}
	if err := access.IdentityFault(s.Identity); err != nil {
		return stored{}, fmt.Errorf("%w: %w", access.ErrEnded, err)
	}
	return s, nil
}
