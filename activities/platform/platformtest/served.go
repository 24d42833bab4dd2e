package platformtest

import (
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/activities/platform"
)

// Simulator is a simulator of any platform.
type Simulator interface {
	http.Handler
	Clock
}

// Client is a client of any platform.
type Client interface{ CloseIdleConnections() }

// Callers say how those are made that call a simulator.
type Callers[C Client] struct {
	// Secret is that of the key which the simulator accepts.
	Secret string
	// Client makes a client that signs with that key and a secret.
	Client func(address, secret string, transport http.RoundTripper) (C, error)
	Driver func(client C, c Connection) (platform.Driver, error)
}

// Served is a simulator that is reached over HTTP, with those who call it. A world embeds it.
type Served[C Client] struct {
	// Client calls the simulator past the driver, and Address is where it is.
	Client  C
	Address string

	t                T
	clock            Clock
	driver, stranger platform.Driver
}

// Serve serves a simulator until the test ends.
func Serve[C Client](t T, sim Simulator, c Connection, by Callers[C]) Served[C] {
	t.Helper()
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	client := func(secret string, transport http.RoundTripper) C {
		made, err := by.Client(server.URL, secret, transport)
		require.NoError(t, err)
		t.Cleanup(made.CloseIdleConnections)
		return made
	}
	driver := func(secret string) platform.Driver {
		made, err := by.Driver(client(secret, c.Transport), c)
		require.NoError(t, err)
		return made
	}
	return Served[C]{
		Client: client(by.Secret, http.DefaultTransport), Address: server.URL,
		t: t, clock: sim, driver: driver(by.Secret), stranger: driver(Secret),
	}
}

// Driver reaches the simulator through the connection of the world, as Stranger does.
func (s *Served[C]) Driver() platform.Driver { return s.driver }

// Stranger signs with a secret that is not that of its key.
func (s *Served[C]) Stranger() platform.Driver { return s.stranger }

// Pass lets time go by on the platform.
func (s *Served[C]) Pass(d time.Duration) {
	s.t.Helper()
	_, err := s.clock.Advance(d)
	require.NoError(s.t, err)
}
