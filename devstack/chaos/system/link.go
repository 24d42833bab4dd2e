package system

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// A Link is the way from one part to another. All that is said on it goes over a proxy, which can spoil it.
type Link struct {
	// From is the part that opens connections, To the one that takes them.
	From, To string

	proxy *toxiproxy.Proxy
	mu    sync.Mutex
	// spoiled are the names of what the proxy does to the link now.
	spoiled []string
}

// Name is how people are told of the link.
func (l *Link) Name() string { return l.From + " → " + l.To }

// NewLink opens a way to an address. It listens until it is closed: a fault never gives its port to somebody else.
func NewLink(from, to, address string) (*Link, error) {
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	l := &Link{From: from, To: to, proxy: toxiproxy.NewProxy(server, from+"-"+to, "127.0.0.1:0", address)}
	if err := l.proxy.Start(); err != nil {
		return nil, fmt.Errorf("system: proxy %s: %w", l.Name(), err)
	}
	return l, nil
}

// Addr is the host:port at which From reaches To.
func (l *Link) Addr() string { return l.proxy.Listen }

// Cut lets nothing through in either direction. Connections stay open, and what is sent on them is lost; they end when
// the link is healed.
func (l *Link) Cut() error {
	return l.spoil("timeout", `{"timeout":0}`)
}

// Delay lets everything through later, in each direction.
func (l *Link) Delay(by time.Duration) error {
	return l.spoil("latency", fmt.Sprintf(`{"latency":%d}`, by.Milliseconds()))
}

// Reset ends every connection as soon as something is sent on it, those that are opened later as well.
func (l *Link) Reset() error {
	return l.spoil("reset_peer", `{"timeout":0}`)
}

func (l *Link) spoil(kind, attributes string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, stream := range []string{"upstream", "downstream"} {
		name := kind + "-" + stream
		text := fmt.Sprintf(`{"name":%q,"type":%q,"stream":%q,"attributes":%s}`, name, kind, stream, attributes)
		if _, err := l.proxy.Toxics.AddToxicJson(strings.NewReader(text)); err != nil {
			return fmt.Errorf("system: %s of %s: %w", kind, l.Name(), err)
		}
		l.spoiled = append(l.spoiled, name)
	}
	return nil
}

// Heal lets everything through again. A link that nothing spoils stays as it is.
func (l *Link) Heal(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var problems []error
	for _, name := range l.spoiled {
		problems = append(problems, l.proxy.Toxics.RemoveToxic(ctx, name))
	}
	l.spoiled = nil
	return errors.Join(problems...)
}

// Close ends the way, and all connections on it.
func (l *Link) Close() error {
	l.proxy.Stop()
	return nil
}
