package gates

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"
)

func TestAllowList(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		entry string
		has   []string
		not   []string
	}{
		{
			"shop.example",
			[]string{"http://shop.example", "https://shop.example:8443/x", "http://SHOP.example."},
			[]string{"http://www.shop.example", "http://shop.example.evil.example", "http://evil-shop.example", "http://shop.example@evil.example"},
		},
		{
			"shop.example:8080",
			[]string{"http://shop.example:8080"},
			[]string{"http://shop.example", "https://shop.example:8081"},
		},
		{"Shop.Example.:443", []string{"https://shop.example", "http://shop.example:443"}, []string{"http://shop.example"}},
		{"shop.example:80", []string{"http://shop.example"}, []string{"https://shop.example"}},
		{
			"*.shop.example",
			[]string{"http://a.shop.example", "http://a.b.shop.example:9090"},
			[]string{"http://shop.example", "http://ashop.example", "http://.evil.example"},
		},
		{"*.shop.example:9090", []string{"http://a.shop.example:9090"}, []string{"http://a.shop.example"}},
		{"10.0.0.1", []string{"http://10.0.0.1:9090", "http://[::ffff:10.0.0.1]"}, []string{"http://10.0.0.10", "http://167772161"}},
		{"::1", []string{"http://[::1]", "http://[0:0::1]:9090"}, []string{"http://[::2]"}},
		{"[::1]:9090", []string{"http://[::1]:9090"}, []string{"http://[::1]"}},
		{" prometheus ", []string{"http://prometheus:9090"}, []string{"http://prometheus.evil.example"}},
	} {
		t.Run(c.entry, func(t *testing.T) {
			t.Parallel()
			list, err := parseAllowList([]string{"other.example", c.entry})
			require.NoError(t, err)
			for _, address := range c.has {
				require.NoError(t, list.check(address))
			}
			for _, address := range c.not {
				require.Error(t, list.check(address), address)
			}
		})
	}
}

func TestEntriesThatAreNoHost(t *testing.T) {
	t.Parallel()
	entries := []string{"", "*", "*.", "https://shop.example", "shop.example/x", "shop.example:http", "shop.example:0", "shop.example:70000", "a.*.example", "*.10.0.0.1", "*.0.0.1", "167772161", "a b", "me@shop.example"}
	_, err := New(Config{Allow: append(entries, "shop.example")})
	require.Error(t, err)
	for _, entry := range entries {
		_, one := New(Config{Allow: []string{entry}})
		require.Error(t, one, "%q", entry)
		require.ErrorContains(t, err, one.Error(), "every entry is named")
	}
}

func TestRefusedAddresses(t *testing.T) {
	t.Parallel()
	for address, refused := range map[string]bool{
		"169.254.169.254:80":          true,
		"169.254.0.1:80":              true,
		"100.100.100.200:80":          true,
		"[::ffff:100.100.100.200]:80": true,
		"[::ffff:169.254.169.254]:80": true,
		"[fe80::1%eth0]:80":           true,
		"[febf::1]:80":                true,
		"[fd00:ec2::254]:80":          true,
		"224.0.0.1:80":                true,
		"no address":                  true,
		"100.100.100.201:80":          false,
		"127.0.0.1:80":                false,
		"10.0.0.1:9090":               false,
		"[2001:db8::1]:443":           false,
	} {
		require.Equal(t, refused, refuse(address) != nil, address)
	}
}

// TestAnAllowedNameThatLeadsToAMetadataServiceIsRefused resolves a name as the
// operator's own name server would, if somebody else had a say in it.
func TestAnAllowedNameThatLeadsToAMetadataServiceIsRefused(t *testing.T) {
	t.Parallel()
	transport := guardedTransport(resolverTo(t, netip.MustParseAddr("100.100.100.200")))
	g, err := New(Config{Allow: []string{"shop.example"}, Transport: transport})
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://shop.example/latest/meta-data/", http.NoBody)
	require.NoError(t, err)
	resp, err := g.client(g.transport, nil).Do(req)
	if err == nil {
		_ = resp.Body.Close()
	}
	var refused *refusedError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "100.100.100.200", refused.address.String())
}

// resolverTo resolves every name to one address.
func resolverTo(t *testing.T, address netip.Addr) *net.Resolver {
	t.Helper()
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go answerName(server, address)
		return client, nil
	}}
}

// answerName answers one question in the form that DNS has on streams.
func answerName(conn net.Conn, address netip.Addr) {
	defer func() { _ = conn.Close() }()
	length := make([]byte, 2)
	if _, err := io.ReadFull(conn, length); err != nil {
		return
	}
	question := make([]byte, binary.BigEndian.Uint16(length))
	if _, err := io.ReadFull(conn, question); err != nil {
		return
	}
	var m dnsmessage.Message
	if err := m.Unpack(question); err != nil {
		return
	}
	m.Response, m.Additionals = true, nil
	if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
			Body:   &dnsmessage.AResource{A: address.As4()},
		}}
	}
	answer, err := m.Pack()
	if err != nil {
		return
	}
	_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
}

func TestAllowListComparesWholeHosts(t *testing.T) {
	t.Parallel()
	list, err := parseAllowList([]string{"shop.example"})
	require.NoError(t, err)
	require.False(t, list.has(&url.URL{Scheme: "http"}))
	require.Error(t, list.check("http://[bad"))
}
