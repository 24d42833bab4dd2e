package payload

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"sync"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

// What an encrypted payload says of itself; the names are those of Temporal's samples.
const (
	// Encoding is the value of the metadata "encoding".
	Encoding = "binary/encrypted"
	// MetadataKeyID names the metadata with the ID of the key.
	MetadataKeyID = "encryption-key-id"
)

// Codec encrypts payloads with the current key, and decrypts those of every key.
type Codec struct {
	keys Keys
	// sealers holds a [cipher.AEAD] for each ID of a key that was used. What a key is never
	// changes.
	sealers sync.Map
}

var _ converter.PayloadCodec = (*Codec)(nil)

// NewCodec returns a codec with these keys. It fails when the current key cannot be had.
func NewCodec(keys Keys) (*Codec, error) {
	c := &Codec{keys: keys}
	if id := keys.Current(); id != "" {
		if _, err := c.sealer(id); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Encrypts reports whether the codec encrypts what it encodes.
func (c *Codec) Encrypts() bool { return c.keys.Current() != "" }

// Encode implements [converter.PayloadCodec].
func (c *Codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	id := c.keys.Current()
	if id == "" {
		return payloads, nil
	}
	return each(payloads, func(p *commonpb.Payload) (*commonpb.Payload, error) { return c.encrypt(id, p) })
}

// Decode implements [converter.PayloadCodec]. What is not encrypted stays as it is.
func (c *Codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	return each(payloads, func(p *commonpb.Payload) (*commonpb.Payload, error) {
		if string(p.GetMetadata()[converter.MetadataEncoding]) != Encoding {
			return p, nil
		}
		return c.decrypt(p)
	})
}

// each applies a function to each payload. Nothing is returned beside an error: half of the
// payloads would be taken for all.
func each(payloads []*commonpb.Payload, do func(*commonpb.Payload) (*commonpb.Payload, error)) ([]*commonpb.Payload, error) {
	out := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		var err error
		if out[i], err = do(p); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (c *Codec) encrypt(id string, p *commonpb.Payload) (*commonpb.Payload, error) {
	sealer, err := c.sealer(id)
	if err != nil {
		return nil, err
	}
	plain, err := proto.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("payload: %w", err)
	}
	return &commonpb.Payload{
		Metadata: map[string][]byte{converter.MetadataEncoding: []byte(Encoding), MetadataKeyID: []byte(id)},
		Data:     sealer.Seal(nil, nil, plain, authenticated(id)),
	}, nil
}

func (c *Codec) decrypt(p *commonpb.Payload) (*commonpb.Payload, error) {
	id := string(p.GetMetadata()[MetadataKeyID])
	if err := checkKeyID(id); err != nil {
		return nil, &KeyError{KeyID: id, Cause: err}
	}
	sealer, err := c.sealer(id)
	if err != nil {
		return nil, err
	}
	plain, err := sealer.Open(nil, nil, p.GetData(), authenticated(id))
	if err != nil {
		return nil, &KeyError{KeyID: id, Cause: errors.New("it does not open: it was changed, " +
			"or the key here is another one of the same name; compare the key with the one where it was encrypted")}
	}
	out := &commonpb.Payload{}
	if err := proto.Unmarshal(plain, out); err != nil {
		return nil, &KeyError{KeyID: id, Cause: errors.New("it opens and holds no payload; it was encrypted by another program")}
	}
	return out, nil
}

// authenticated is what is authenticated beside a payload: its form and its key, so that
// neither can be given another meaning.
func authenticated(id string) []byte { return []byte(Encoding + "\x00" + id) }

// sealer returns the cipher of a key, from memory when the key was used before.
func (c *Codec) sealer(id string) (cipher.AEAD, error) {
	if known, ok := c.sealers.Load(id); ok {
		if sealer, ok := known.(cipher.AEAD); ok {
			return sealer, nil
		}
	}
	key, err := c.keys.Key(id)
	if err != nil {
		return nil, &KeyError{KeyID: id, Cause: err}
	}
	if len(key) != KeySize {
		return nil, &KeyError{KeyID: id, Cause: fmt.Errorf("the key has %d bytes and must have %d", len(key), KeySize)}
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, &KeyError{KeyID: id, Cause: err}
	}
	sealer, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, &KeyError{KeyID: id, Cause: err}
	}
	c.sealers.Store(id, sealer)
	return sealer, nil
}
