package payload_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"

	"slipway/payload"
)

func TestCodec_EveryPayloadComesBack(t *testing.T) {
	t.Parallel()
	c := codec(t, autumn())
	require.True(t, c.Encrypts())
	for name, p := range map[string]*commonpb.Payload{
		"JSON":            plain(t, map[string]string{"image": "registry.example/shop:2.0"}),
		"bytes":           plain(t, []byte{0, 1, 2}),
		"nothing":         plain(t, nil),
		"empty":           {},
		"large":           plain(t, strings.Repeat("x", 1<<20)),
		"encrypted twice": encode(t, c, plain(t, "twice")),
		"metadata":        {Metadata: map[string][]byte{"encoding": []byte("binary/own"), "note": []byte("kept")}, Data: []byte("x")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sealed := encode(t, c, p)
			require.Equal(t, "binary/encrypted", string(sealed.GetMetadata()["encoding"]))
			require.Equal(t, "autumn", string(sealed.GetMetadata()["encryption-key-id"]))
			require.Len(t, sealed.GetMetadata(), 2, "nothing of the payload's own metadata is readable")
			back, err := decode(c, sealed)
			require.NoError(t, err)
			require.True(t, proto.Equal(p, back))
		})
	}
}

func TestCodec_ThePayloadIsNotReadable(t *testing.T) {
	t.Parallel()
	c := codec(t, autumn())
	p := plain(t, "registry.example/shop:2.0")
	first, second := encode(t, c, p), encode(t, c, p)
	require.NotContains(t, string(first.GetData()), "shop")
	require.NotContains(t, string(first.GetData()), "json/plain")
	require.NotEqual(t, first.GetData(), second.GetData(), "equal payloads do not look equal")
	require.True(t, proto.Equal(p, plain(t, "registry.example/shop:2.0")), "what was encoded is not changed")
}

func TestCodec_WhatIsNotEncryptedStaysAsItIs(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string]payload.Keys{"with keys": autumn(), "without": payload.NoKeys()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := codec(t, keys)
			for _, p := range []*commonpb.Payload{plain(t, "x"), {}, {Metadata: map[string][]byte{"encoding": []byte("binary/zlib")}}} {
				back, err := decode(c, p)
				require.NoError(t, err)
				require.Same(t, p, back)
			}
		})
	}
}

// Each bit of what is sealed counts, and so does the ID of the key beside it.
func TestCodec_AChangeOfAnyByteIsNoticed(t *testing.T) {
	t.Parallel()
	c := codec(t, autumn())
	sealed := encode(t, c, plain(t, "registry.example/shop:2.0"))
	for i := range sealed.GetData() {
		changed := slices.Clone(sealed.GetData())
		changed[i] ^= 1
		_, err := decode(c, &commonpb.Payload{Metadata: sealed.GetMetadata(), Data: changed})
		require.ErrorContains(t, err, `payload of key "autumn": it does not open`, "byte %d", i)
	}
	for _, length := range []int{0, 1, 11, 12, 27, 28, len(sealed.GetData()) - 1} {
		_, err := decode(c, &commonpb.Payload{Metadata: sealed.GetMetadata(), Data: sealed.GetData()[:length]})
		require.ErrorContains(t, err, "it does not open", "%d bytes", length)
	}
}

func TestCodec_TheKeyIDIsBound(t *testing.T) {
	t.Parallel()
	keys := autumn()
	keys.keys["same"] = keys.keys["autumn"]
	c := codec(t, keys)
	sealed := encode(t, c, plain(t, "x"))
	for id, want := range map[string]string{
		"summer":                "it does not open",
		"same":                  "it does not open", // the very key by another name
		"winter":                "ask the service for winter",
		"":                      "is no ID of a key",
		"../autumn":             "is no ID of a key",
		".autumn":               "is no ID of a key",
		"autumn\n":              "is no ID of a key",
		strings.Repeat("a", 65): "is no ID of a key",
	} {
		_, err := decode(c, &commonpb.Payload{
			Metadata: map[string][]byte{"encoding": []byte(payload.Encoding), payload.MetadataKeyID: []byte(id)}, Data: sealed.GetData(),
		})
		require.ErrorContains(t, err, want, "%q", id)
		failed, ok := errors.AsType[*payload.KeyError](err)
		require.True(t, ok)
		require.Equal(t, id, failed.KeyID)
	}
}

func TestCodec_OlderKeysStillDecrypt(t *testing.T) {
	t.Parallel()
	before := autumn()
	before.current = "summer"
	sealed := encode(t, codec(t, before), plain(t, "x"))
	back, err := decode(codec(t, autumn()), sealed)
	require.NoError(t, err)
	require.True(t, proto.Equal(plain(t, "x"), back))

	// Switched off, everything is still read, and nothing is encrypted.
	off := autumn()
	off.current = ""
	c := codec(t, off)
	require.False(t, c.Encrypts())
	_, err = decode(c, sealed)
	require.NoError(t, err)
	require.Same(t, back, encode(t, c, back))
}

func TestCodec_OneBadPayloadReturnsNone(t *testing.T) {
	t.Parallel()
	c := codec(t, autumn())
	good, bad := encode(t, c, plain(t, "x")), encode(t, c, plain(t, "y"))
	bad.Data[20] ^= 1
	out, err := c.Decode([]*commonpb.Payload{good, bad})
	require.Error(t, err)
	require.Nil(t, out)
}

func TestCodec_WithoutKeysTheRemedyIsNamed(t *testing.T) {
	t.Parallel()
	sealed := encode(t, codec(t, autumn()), plain(t, "x"))
	var value string
	err := payload.Converter(codec(t, payload.NoKeys())).FromPayload(sealed, &value)
	require.ErrorContains(t, err, `payload of key "autumn": this process has no keys; set SLIPWAY_PAYLOAD_KEYS and SLIPWAY_PAYLOAD_KEY`)
	require.Empty(t, value)
}

func TestCodec_ACurrentKeyThatIsMissingOrShortIsRefused(t *testing.T) {
	t.Parallel()
	_, err := payload.NewCodec(keyring{current: "winter"})
	require.ErrorContains(t, err, `payload of key "winter": ask the service for winter`)
	_, err = payload.NewCodec(keyring{"short", map[string][]byte{"short": []byte("hunter2")}})
	require.ErrorContains(t, err, "the key has 7 bytes and must have 32")
	require.NotContains(t, err.Error(), "hunter2")
}

// What an encrypted payload takes more than a plain one: docs/encryption.md says so.
func TestCodec_WhatAPayloadCosts(t *testing.T) {
	t.Parallel()
	c := codec(t, keyring{"2026-11", map[string][]byte{"2026-11": key(1)}})
	for _, size := range []int{10, 100, 1000, 10_000, 100_000} {
		p := plain(t, strings.Repeat("x", size))
		more := proto.Size(encode(t, c, p)) - proto.Size(p)
		require.LessOrEqual(t, more, 100, "%d bytes", size)
		require.GreaterOrEqual(t, more, 85, "%d bytes", size)
	}
}

// FuzzDecode gives a codec payloads that nobody has encrypted: none of them opens.
func FuzzDecode(f *testing.F) {
	c := codec(f, autumn())
	sealed := encode(f, c, plain(f, "x"))
	f.Add("binary/encrypted", "autumn", []byte{})
	f.Add("binary/encrypted", "summer", sealed.GetData())
	f.Add("binary/encrypted", "../../etc/passwd", sealed.GetData())
	f.Add("json/plain", "", []byte(`"x"`))
	f.Fuzz(func(t *testing.T, encoding, id string, data []byte) {
		p := &commonpb.Payload{Metadata: map[string][]byte{converter.MetadataEncoding: []byte(encoding), payload.MetadataKeyID: []byte(id)}, Data: data}
		before := proto.Clone(p)
		back, err := decode(c, p)
		require.True(t, proto.Equal(before, p), "what is decoded is not changed")
		if encoding != payload.Encoding {
			require.NoError(t, err)
			require.Same(t, p, back)
			return
		}
		require.Error(t, err)
		require.Nil(t, back)
	})
}
