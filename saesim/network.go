package saesim

import (
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/netip"
	"slices"

	"slipway/internal/simframe"
)

// A Network is where the instances of an application have their addresses.
type Network struct {
	// Prefix holds them, for example 192.168.0.0/16, which is the default, or 127.9.0.0/16, whose
	// addresses a test can serve by itself.
	Prefix netip.Prefix `json:"prefix"`
}

// Validate tells what is wrong with the network.
func (n Network) Validate() error {
	switch {
	case !n.Prefix.IsValid():
		return errors.New("prefix: it is missing")
	case n.Prefix != n.Prefix.Masked():
		return fmt.Errorf("prefix: it would be %s", n.Prefix.Masked())
	}
	return nil
}

// defaultNetwork is that of an application for which nobody has chosen one.
func defaultNetwork() netip.Prefix { return netip.MustParsePrefix("192.168.0.0/16") }

// SetNetwork gives the instances of an application addresses of a network, those that are there
// and those that are to come. Where it has fewer addresses than the application has instances,
// some have the same.
func (s *Simulator) SetNetwork(appID string, n Network) error {
	if err := n.Validate(); err != nil {
		return fmt.Errorf("saesim: network: %w", err)
	}
	return s.withApp(appID, func(app *application) error {
		app.Network = n.Prefix
		for _, i := range app.Instances {
			i.IP = app.address(i)
		}
		return s.save()
	})
}

func (s *Simulator) adminNetwork(w http.ResponseWriter, r *http.Request) {
	var n Network
	if s.admin().ReadJSON(w, r, &n) {
		s.admin().WriteDone(w, s.SetNetwork(r.PathValue("id"), n))
	}
}

// addressTries is how often an address is drawn that no other instance has.
const addressTries = 100

// address draws the address of an instance, which no other of its application has.
func (a *application) address(i *instance) string {
	network := a.Network
	if !network.IsValid() {
		network = defaultNetwork()
	}
	r := simframe.Stream(0, i.ID)
	var drawn string
	for range addressTries {
		drawn = hostOf(network, r.Uint64()).String()
		if !slices.ContainsFunc(a.Instances, func(other *instance) bool { return other != i && other.IP == drawn }) {
			break
		}
	}
	return drawn
}

// hostOf is the address of a network with a number, but for its first and its last one where it
// has more than these.
func hostOf(network netip.Prefix, number uint64) netip.Addr {
	bits := min(network.Addr().BitLen()-network.Bits(), 63)
	size := uint64(1) << bits
	n := number % size
	if size > 2 {
		n = 1 + number%(size-2)
	}
	first := network.Masked().Addr().AsSlice()
	sum := new(big.Int).Add(new(big.Int).SetBytes(first), new(big.Int).SetUint64(n))
	at, _ := netip.AddrFromSlice(sum.FillBytes(make([]byte, len(first))))
	return at
}
