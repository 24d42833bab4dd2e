package gates

import (
	"fmt"
	"net/netip"
	"slices"
)

// refusedError is the error of an address that is not asked, whatever name leads to it.
type refusedError struct {
	address netip.Addr
	why     string
}

// Error implements error.
func (e *refusedError) Error() string {
	return fmt.Sprintf("address %s is %s", e.address, e.why)
}

// neverAsked says why an address is not asked even where it is allowed; empty for one that
// may be. The forms in which others carry it count as the address.
func neverAsked(addr netip.Addr) string {
	for _, ip := range readings(addr) {
		switch {
		case ip.IsUnspecified():
			return "never asked: it is unspecified"
		case ip.IsLinkLocalUnicast():
			return "never asked: it is link-local"
		case ip.IsMulticast(), ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
			return "never asked: it is multicast or broadcast"
		case slices.Contains(metadataServices(), ip):
			return "never asked: it is that of a metadata service"
		}
	}
	return ""
}

// metadataServices are the addresses of metadata services that are not link-local: Alibaba
// Cloud's, Azure's, Oracle's, and those of Amazon and Google for IPv6.
func metadataServices() []netip.Addr {
	return []netip.Addr{
		netip.MustParseAddr("100.100.100.200"), netip.MustParseAddr("168.63.129.16"), netip.MustParseAddr("192.0.0.192"),
		netip.MustParseAddr("fd00:ec2::254"), netip.MustParseAddr("fd00:ec2::23"), netip.MustParseAddr("fd20:ce::254"),
	}
}

// carrier is a prefix of IPv6 addresses that a translator, a tunnel or a kernel turns into
// the IPv4 address that they carry.
type carrier struct {
	prefix netip.Prefix
	// at are the bytes of the IPv4 address; several where the network decides between them.
	at [][4]int
	// inverted tells that the last of them is carried with every bit inverted.
	inverted bool
}

func carriers() []carrier {
	last := [4]int{12, 13, 14, 15}
	return []carrier{
		{prefix: netip.MustParsePrefix("::/96"), at: [][4]int{last}},             // IPv4-compatible, RFC 4291
		{prefix: netip.MustParsePrefix("::ffff:0:0:0/96"), at: [][4]int{last}},   // IPv4-translated, RFC 2765
		{prefix: netip.MustParsePrefix("64:ff9b::/96"), at: [][4]int{last}},      // NAT64, RFC 6052
		{prefix: netip.MustParsePrefix("2002::/16"), at: [][4]int{{2, 3, 4, 5}}}, // 6to4, RFC 3056
		// NAT64 of a network's own: the prefix may have 48, 56, 64 or 96 bits, RFC 8215.
		{prefix: netip.MustParsePrefix("64:ff9b:1::/48"), at: [][4]int{{6, 7, 9, 10}, {7, 9, 10, 11}, {9, 10, 11, 12}, last}},
		// Teredo: the server's and, inverted, the client's, RFC 4380.
		{prefix: netip.MustParsePrefix("2001::/32"), at: [][4]int{{4, 5, 6, 7}, last}, inverted: true},
	}
}

// readings are an address without zone, and the IPv4 addresses that it may be turned into.
func readings(addr netip.Addr) []netip.Addr {
	ip := addr.Unmap().WithZone("")
	out := []netip.Addr{ip}
	if ip.Is4() {
		return out
	}
	for _, c := range carriers() {
		if c.prefix.Contains(ip) {
			out = append(out, c.carried(ip.As16())...)
		}
	}
	return out
}

func (c carrier) carried(b [16]byte) []netip.Addr {
	var out []netip.Addr
	for i, at := range c.at {
		v4 := [4]byte{b[at[0]], b[at[1]], b[at[2]], b[at[3]]}
		if c.inverted && i == len(c.at)-1 {
			v4 = [4]byte{^v4[0], ^v4[1], ^v4[2], ^v4[3]}
		}
		// Zeros are what stands there when the address is carried in another place.
		if v4 != [4]byte{} {
			out = append(out, netip.AddrFrom4(v4))
		}
	}
	if len(out) == 0 {
		return []netip.Addr{netip.IPv4Unspecified()}
	}
	return out
}
