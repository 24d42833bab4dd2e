package saesim

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
)

// stream gives the random numbers that belong to a name. The same seed and name
// give the same numbers, whatever else happened before.
func stream(seed uint64, name string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// uuid gives the identifier that belongs to a name.
func uuid(seed uint64, name string) string {
	var b [16]byte
	r := stream(seed, name)
	binary.BigEndian.PutUint64(b[:8], r.Uint64())
	binary.BigEndian.PutUint64(b[8:], r.Uint64())
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	text := hex.EncodeToString(b[:])
	return strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-")
}

// draw makes a new identifier, one that this state has not given out before.
func (s *state) draw(kind string) string {
	s.Drawn++
	return uuid(s.Seed, fmt.Sprintf("%s/%d", kind, s.Drawn))
}
