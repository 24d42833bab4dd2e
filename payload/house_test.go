package payload_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"

	"slipway/payload"
)

// keyring is a key management service of one line.
type keyring struct {
	current string
	keys    map[string][]byte
}

func (k keyring) Current() string { return k.current }

func (k keyring) Key(id string) ([]byte, error) {
	if key, ok := k.keys[id]; ok {
		return key, nil
	}
	return nil, fmt.Errorf("ask the service for %s", id)
}

// key is one that every test knows by its seed.
func key(seed byte) []byte { return bytes.Repeat([]byte{seed, 0xff - seed}, payload.KeySize/2) }

func codec(tb testing.TB, keys payload.Keys) *payload.Codec {
	tb.Helper()
	c, err := payload.NewCodec(keys)
	require.NoError(tb, err)
	return c
}

// autumn encrypts with one key and knows an older one.
func autumn() keyring {
	return keyring{"autumn", map[string][]byte{"autumn": key(1), "summer": key(2)}}
}

// plain is a payload as Temporal's own converter writes it.
func plain(tb testing.TB, value any) *commonpb.Payload {
	tb.Helper()
	p, err := converter.GetDefaultDataConverter().ToPayload(value)
	require.NoError(tb, err)
	return p
}

func encode(tb testing.TB, c converter.PayloadCodec, p *commonpb.Payload) *commonpb.Payload {
	tb.Helper()
	out, err := c.Encode([]*commonpb.Payload{p})
	require.NoError(tb, err)
	require.Len(tb, out, 1)
	return out[0]
}

// decode decodes one payload.
func decode(c converter.PayloadCodec, p *commonpb.Payload) (*commonpb.Payload, error) {
	out, err := c.Decode([]*commonpb.Payload{p})
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// write lays a key file into a directory.
func write(t *testing.T, dir, name string, content []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
}
