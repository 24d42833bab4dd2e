package session

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func begin() time.Time { return time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC) }

// A session is remembered for some seconds from when it was asked for.
func TestCache_find(t *testing.T) {
	t.Parallel()
	c := newCache()
	_, known := c.find("a", begin())
	require.False(t, known)
	require.True(t, c.keep("a", stored{Identity: "ann"}, begin()))
	found, known := c.find("a", begin().Add(cacheTime-1))
	require.True(t, known)
	require.Equal(t, "ann", found.session.Identity)
	_, known = c.find("a", begin().Add(cacheTime))
	require.False(t, known)
}

// Who has read a session of the bucket just before it ended does not bring it back.
func TestCache_end(t *testing.T) {
	t.Parallel()
	c := newCache()
	require.True(t, c.keep("a", stored{Identity: "ann"}, begin()))
	c.end("a", begin())
	late := begin().Add(cacheTime + answerTime - 1)
	require.False(t, c.keep("a", stored{Identity: "ann"}, late))
	found, known := c.find("a", late)
	require.True(t, known)
	require.True(t, found.ended)
}

// So many sessions are remembered and no more, but every end.
func TestCache_isBounded(t *testing.T) {
	t.Parallel()
	c := newCache()
	for i := range maxCached + 10 {
		require.True(t, c.keep(strconv.Itoa(i), stored{}, begin()))
	}
	require.Len(t, c.entries, maxCached)
	c.end("x", begin())
	_, known := c.find("x", begin())
	require.True(t, known)
	later := begin().Add(cacheTime + answerTime)
	require.True(t, c.keep("y", stored{}, later))
	require.Len(t, c.entries, 1)
}
