package payload_test

import (
	"bytes"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"

	"slipway/payload"
)

// vault is a store of keys.
type vault struct {
	current string
	keys    map[string][]byte
}

func (v vault) Current() string { return v.current }

func (v vault) Key(id string) ([]byte, error) {
	key, ok := v.keys[id]
	if !ok {
		return nil, fmt.Errorf("the vault has no key %q", id)
	}
	return key, nil
}

// The key that encrypts is changed; what the old one has encrypted is still read.
func ExampleNewCodec() {
	keys := map[string][]byte{"2026-10": bytes.Repeat([]byte{1}, payload.KeySize), "2026-11": bytes.Repeat([]byte{2}, payload.KeySize)}
	before, err := payload.NewCodec(vault{current: "2026-10", keys: keys})
	fmt.Println(err)
	sealed, err := before.Encode([]*commonpb.Payload{{Data: []byte("registry.example/shop:1.4.2")}})
	fmt.Println(string(sealed[0].GetMetadata()[payload.MetadataKeyID]), bytes.Contains(sealed[0].GetData(), []byte("shop")), err)

	after, err := payload.NewCodec(vault{current: "2026-11", keys: keys})
	fmt.Println(err)
	opened, err := after.Decode(sealed)
	fmt.Println(string(opened[0].GetData()), err)
	_, err = payload.NewCodec(vault{current: "2026-12", keys: keys})
	fmt.Println(err)
	// Output:
	// <nil>
	// 2026-10 false <nil>
	// <nil>
	// registry.example/shop:1.4.2 <nil>
	// payload of key "2026-12": the vault has no key "2026-12"
}
