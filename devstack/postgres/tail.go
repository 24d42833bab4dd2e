package postgres

import (
	"bytes"
	"sync"
)

// tailSize is how much of what a server says is kept for an error.
const tailSize = 4 << 10

// tail keeps the last lines of a server.
type tail struct {
	mu   sync.Mutex
	last bytes.Buffer
}

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last.Write(p)
	if over := t.last.Len() - tailSize; over > 0 {
		t.last.Next(over)
	}
	return len(p), nil
}

// String returns the last lines.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last.String()
}
