package gates

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"

	"slipway/release"
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
		{
			"10.0.0.1",
			[]string{"http://10.0.0.1:9090", "http://[::ffff:10.0.0.1]", "http://[::ffff:a00:1]"},
			[]string{"http://10.0.0.10", "http://167772161", "http://10.1", "http://012.0.0.1", "http://0xa.0.0.1", "http://10.0.0.1.", "http://１０.0.0.1", "http://[::10.0.0.1]"},
		},
		{"::1", []string{"http://[::1]", "http://[0:0::1]:9090"}, []string{"http://[::2]", "http://[::1%25lo]", "http://127.0.0.1"}},
		{"[::1]:9090", []string{"http://[::1]:9090"}, []string{"http://[::1]"}},
		{"[::1]", []string{"http://[::1]:9090"}, nil},
		{"::ffff:10.0.0.1", []string{"http://10.0.0.1"}, nil},
		{"10.0.0.0/8", []string{"http://10.255.0.1:9090", "http://[::ffff:10.2.3.4]"}, []string{"http://11.0.0.1", "http://10", "http://shop.10.0.0.1", "http://[::a00:1]"}},
		{"10.0.0.0/8:9090", []string{"http://10.1.2.3:9090"}, []string{"http://10.1.2.3"}},
		{"2001:db8::/32", []string{"http://[2001:db8::7]:9090"}, []string{"http://[2001:db9::7]"}},
		{"[2001:db8::/32]:9090", []string{"http://[2001:db8::7]:9090"}, []string{"http://[2001:db8::7]"}},
		{"0.0.0.0/0", []string{"http://10.0.0.1"}, []string{"http://127.0.0.1", "http://0.0.0.0", "http://169.254.169.254", "http://[2001:db8::7]", "http://shop.example"}},
		{"::/0", []string{"http://[2001:db8::7]"}, []string{"http://[::1]", "http://[64:ff9b::7f00:1]", "http://[2002:a9fe:a9fe::]", "http://10.0.0.1"}},
		{"127.0.0.0/8", []string{"http://127.0.0.1", "http://127.1.2.3:80"}, []string{"http://localhost", "http://[::1]"}},
		{"localhost", []string{"http://localhost:9090"}, []string{"http://127.0.0.1", "http://[::1]"}},
		{" prometheus ", []string{"http://prometheus:9090"}, []string{"http://prometheus.evil.example"}},
	} {
		t.Run(c.entry, func(t *testing.T) {
			t.Parallel()
			list, err := parseAllowList([]string{"other.example", c.entry})
			require.NoError(t, err)
			for _, address := range c.has {
				require.NoError(t, checkOf(t, list, http.MethodGet, address))
				require.NoError(t, checkOf(t, list, http.MethodHead, address))
				require.Error(t, checkOf(t, list, http.MethodPost, address))
			}
			for _, address := range c.not {
				require.Error(t, checkOf(t, list, http.MethodGet, address), address)
			}
		})
	}
}

// checkOf checks an address; one that is no URL is refused before any list is asked.
func checkOf(t *testing.T, list allowList, method, address string) error {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	return list.check(method, u)
}

// TestAllow_NoAddressIsAName asks for loopback in every spelling that some client understands,
// with a name around it or not, where only names are allowed.
func TestAllow_NoAddressIsAName(t *testing.T) {
	t.Parallel()
	list, err := parseAllowList([]string{"*.shop.internal", "*.internal:28205", "shop.example", "localhost"})
	require.NoError(t, err)
	for _, host := range []string{
		"[::1%25.shop.internal]:28205", "[::1%25a.shop.internal]", "[fe80::1%25.shop.internal]", "[::ffff:127.0.0.1%25.shop.internal]",
		"[::1]", "[::]", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "127.0.0.1", "127.0.0.1.", "127.1", "127.0.1", "2130706433", "0", "0x7f000001",
		"0x7f.1", "0X7F.0.0.1", "0177.0.0.1", "017700000001", "1.shop.0x7f", "a.0x", "127。0。0。1", "１２７.0.0.1", "①②⑦.0.0.1", "127.0.0.1%2e",
		"127.0.0.1%00.shop.internal", "a%25.shop.internal", "shop.example%20", "ⓢhop.example", "a.shop.internaⓛ", "shop.examp\u212ae",
	} {
		u, err := url.Parse("http://" + host + "/internal")
		if err != nil {
			continue // and so is no gate
		}
		require.Error(t, list.check(http.MethodGet, u), host)
	}
}

func TestAllow_POSTIsAllowedForAHostAndAPath(t *testing.T) {
	t.Parallel()
	for entry, c := range map[string]struct{ has, not []string }{
		"POST shop.example:8080/checks/run": {
			[]string{"http://shop.example:8080/checks/run", "http://shop.example:8080/checks/run?deep=1"},
			[]string{"http://shop.example/checks/run", "http://shop.example:8080/checks/run/", "http://shop.example:8080/checks/running", "http://shop.example:8080/CHECKS/run", "http://shop.example:8080", "http://shop.example:8080/x?/checks/run", "http://shop.example:8080/checks/%72un"},
		},
		"POST shop.example/checks/": {
			[]string{"http://shop.example/checks/", "http://shop.example/checks/a/b", "https://shop.example:1/checks/a"},
			[]string{
				"http://shop.example/checks", "http://shop.example/-/quit", "http://shop.example/checks/../-/quit", "http://shop.example/checks/%2e%2e/-/quit", "http://shop.example/checks/..%2f-/quit",
				"http://shop.example/checks/./a", "http://shop.example/checks//a", "http://shop.example//checks/a", "http://shop.example/checks/..;/quit", "http://shop.example/checks/a;b", "http://shop.example/checks/a%5c..",
				"http://shop.example/checks/é", "http://shop.example/checks/..\\quit",
			},
		},
		"POST shop.example/":                   {[]string{"http://shop.example", "http://shop.example/a"}, []string{"http://other.example/"}},
		"POST *.shop.example/run":              {[]string{"http://a.shop.example/run"}, []string{"http://shop.example/run", "http://[::1%25.shop.example]/run"}},
		"POST [2001:db8::7]:9090/api/v1/query": {[]string{"http://[2001:db8::7]:9090/api/v1/query"}, []string{"http://[2001:db8::7]:9090/api/v1/admin/tsdb/delete_series"}},
		"shop.example":                         {nil, []string{"http://shop.example/-/quit"}},
	} {
		list, err := parseAllowList([]string{entry, "other.example"})
		require.NoError(t, err)
		for _, address := range c.has {
			require.NoError(t, checkOf(t, list, http.MethodPost, address), address)
			require.Error(t, checkOf(t, list, http.MethodGet, address), "an entry for POST allows POST alone")
			require.Error(t, checkOf(t, list, http.MethodDelete, address))
		}
		for _, address := range c.not {
			err := checkOf(t, list, http.MethodPost, address)
			require.Error(t, err, address)
			require.NotContains(t, err.Error(), "quit")
		}
	}
	list, err := parseAllowList([]string{"shop.example"})
	require.NoError(t, err)
	require.EqualError(t, checkOf(t, list, http.MethodPost, "http://shop.example:8080/secret?token=hush"),
		"method POST is not allowed for this path of host \"shop.example:8080\"; use GET or HEAD, or let the operator of the workers add POST shop.example:8080 and the path to SLIPWAY_GATES_ALLOW")
}

func TestAllow_EntriesThatAreNoHost(t *testing.T) {
	t.Parallel()
	entries := []string{
		"", "*", "*.", "https://shop.example", "shop.example/x", "shop.example:http", "shop.example:0", "shop.example:70000", "a.*.example", "*.10.0.0.1", "*.0.0.1", "167772161", "a b", "me@shop.example",
		"0x7f.1", "127.1", "0177.0.0.1", "a.0x7f", "::1%lo", "[::1%lo]:80", "fe80::1%.shop.internal", "*.[::1]", "*.::1", "１２７.0.0.1", "shöp.example",
		"10.0.0.7/8", "10.0.0.0/33", "::ffff:10.0.0.0/104", "10.0.0.0/8/9", "*.10.0.0.0/8", "shop.example/8", "fe80::/10%lo",
		"169.254.169.254", "100.100.100.200:80", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "0.0.0.0", "::", "224.0.0.1",
		"POST", "POST shop.example", "POST shop.example:8080", "POST /checks", "post shop.example/a", "GET shop.example/a", "POST 10.0.0.0/8", "POST http://shop.example/a",
		"POST shop.example/a/../b", "POST shop.example/./a", "POST shop.example//a", "POST shop.example/%61", "POST shop.example/a?b", "POST shop.example/a#b", "POST shop.example/a;b", "POST shop.example/a\\b", "POST shop.example/a b", "POST shop.example/é",
	}
	_, err := New(Config{Allow: append(entries, "shop.example")})
	require.Error(t, err)
	for _, entry := range entries {
		_, one := New(Config{Allow: []string{entry}})
		require.Error(t, one, "%q", entry)
		require.ErrorContains(t, err, one.Error(), "every entry is named")
	}
}

func TestAllow_RefusedAddresses(t *testing.T) {
	t.Parallel()
	list, err := parseAllowList([]string{"0.0.0.0/0", "::/0", "shop.example"})
	require.NoError(t, err)
	for address, refused := range map[string]bool{
		"169.254.169.254:80": true, "169.254.0.1:80": true, "100.100.100.200:80": true, "168.63.129.16:80": true, "192.0.0.192:80": true,
		"224.0.0.1:80": true, "255.255.255.255:80": true, "0.0.0.0:80": true, "127.0.0.1:80": true, "127.255.0.1:80": true,
		"[::]:80": true, "[::1]:80": true, "[::1%lo]:80": true, "[fe80::1%eth0]:80": true, "[febf::1]:80": true, "[ff02::1]:80": true, "[fd00:ec2::254]:80": true, "[fd20:ce::254]:80": true,
		"[::ffff:100.100.100.200]:80": true, "[::ffff:169.254.169.254]:80": true, "[::ffff:127.0.0.1]:80": true,
		// IPv4-compatible and IPv4-translated.
		"[::169.254.169.254]:80": true, "[::127.0.0.1]:80": true, "[::ffff:0:169.254.169.254]:80": true, "[::ffff:0:127.0.0.1]:80": true, "[::10.0.0.1]:80": false,
		// NAT64, in each of the places where the address may stand.
		"[64:ff9b::169.254.169.254]:80": true, "[64:ff9b::127.0.0.1]:80": true, "[64:ff9b::0.0.0.0]:80": true, "[64:ff9b::10.0.0.1]:80": false,
		"[64:ff9b:1::169.254.169.254]:80": true, "[64:ff9b:1:ffff::100.100.100.200]:80": true, "[64:ff9b:1:a9fe:a9:fe00::]:80": true,
		"[64:ff9b:1:aa:fe:a9fe::]:80": false, "[64:ff9b:1:a9:fe:a9fe::]:80": true, "[64:ff9b:1:0:a9:fea9:fe00:0]:80": true, "[64:ff9b:1::]:80": true, "[64:ff9b:1::10.0.0.1]:80": false, "[64:ff9b:1:7f00:0:100::]:80": true,
		// 6to4 and Teredo, whose client is inverted.
		"[2002:a9fe:a9fe::1]:80": true, "[2002:7f00:1::]:80": true, "[2002:a00:1::1]:80": false,
		"[2001:0:a9fe:a9fe::]:80": true, "[2001:0:0a00:1::5601:5601]:80": true, "[2001:0:0a00:1::80ff:fffe]:80": true, "[2001:0:0a00:1::f5ff:fffe]:80": false,
		"no address": true, "100.100.100.201:80": false, "10.0.0.1:9090": false, "[2001:db8::1]:443": false,
	} {
		require.Equal(t, refused, list.refuseResolved(address) != nil, address)
		if at, err := netip.ParseAddrPort(address); err == nil && at.Addr().Zone() == "" {
			require.Equal(t, refused, checkOf(t, list, http.MethodGet, "http://"+address) != nil, address)
		}
	}
}

func TestAllow_LoopbackIsAskedWhereAnEntryNamesIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		entry, address string
		may            bool
	}{
		{"shop.example", "127.0.0.1:80", false},
		{"*.localhost", "127.0.0.1:80", false},
		{"0.0.0.0/0", "127.0.0.1:80", false},
		{"126.0.0.0/7", "127.0.0.1:80", false},
		{"::/0", "[::1]:80", false},
		{"localhost", "127.0.0.1:80", true},
		{"localhost", "[::1]:80", true},
		{"localhost:81", "127.0.0.1:80", false},
		{"127.0.0.1", "127.0.0.1:80", true},
		{"127.0.0.1", "[::ffff:127.0.0.1]:80", true},
		{"127.0.0.1", "[64:ff9b::127.0.0.1]:80", true},
		{"127.0.0.1", "127.0.0.2:80", false},
		{"127.0.0.1", "[::1]:80", false},
		{"127.0.0.1:81", "127.0.0.1:80", false},
		{"127.0.0.0/8", "127.3.2.1:80", true},
		{"::1", "[::1]:80", true},
		{"localhost", "0.0.0.0:80", false},
		{"localhost", "[::]:80", false},
	} {
		list, err := parseAllowList([]string{c.entry})
		require.NoError(t, err)
		require.Equal(t, c.may, list.refuseResolved(c.address) == nil, "%s for %s", c.entry, c.address)
	}
}

// TestAllow_AnAllowedNameIsNotAskedWhereverItLeads resolves a name as the operator's own name
// server would, if somebody else had a say in it.
func TestAllow_AnAllowedNameIsNotAskedWhereverItLeads(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"100.100.100.200", "127.0.0.1", "0.0.0.0", "169.254.169.254"} {
		g := resolving(t, netip.MustParseAddr(address), "shop.example")
		gate := release.Gate{HTTP: &release.HTTPGate{URL: "http://shop.example/latest/meta-data/"}}.WithDefaults()
		_, err := g.sample(t.Context(), release.MeasureInput{Gate: gate})
		var refused *refusedError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, address, refused.address.String())
		gate = release.Gate{Prometheus: &release.PrometheusGate{Address: "http://shop.example", Query: "up", Pass: "> 0"}}.WithDefaults()
		_, err = g.sample(t.Context(), release.MeasureInput{Gate: gate})
		require.ErrorAs(t, err, &refused)
	}
}

func TestAllow_AnAllowedNameThatLeadsToLoopbackIsAskedWhereThatIsAllowed(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	at, err := url.Parse(server.URL)
	require.NoError(t, err)
	for _, entry := range []string{"127.0.0.1", at.Host, "localhost", "127.0.0.0/8"} {
		g := resolving(t, netip.MustParseAddr("127.0.0.1"), "shop.example", entry)
		gate := release.Gate{HTTP: &release.HTTPGate{URL: "http://shop.example:" + at.Port()}}.WithDefaults()
		s, err := g.sample(t.Context(), release.MeasureInput{Gate: gate})
		require.NoError(t, err, entry)
		require.Equal(t, "200", s.Value)
	}
}

// resolving measures with a name server that has one address for every name.
func resolving(t *testing.T, address netip.Addr, allow ...string) *Gates {
	t.Helper()
	list, err := parseAllowList(allow)
	require.NoError(t, err)
	dialer := newDialer(list)
	dialer.Resolver = resolverTo(t, address)
	g, err := New(Config{Allow: allow, Transport: guardedTransport(dialer)})
	require.NoError(t, err)
	return g
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

func TestAllow_WhatIsNoAddressOfHTTPIsNotAsked(t *testing.T) {
	t.Parallel()
	list, err := parseAllowList([]string{"shop.example", "0.0.0.0/0"})
	require.NoError(t, err)
	for _, u := range []url.URL{
		{Scheme: "http"},
		{Scheme: "http", Host: "."},
		{Scheme: "ftp", Host: "shop.example"},
		{Scheme: "http", Opaque: "x", Host: "shop.example"},
		{Scheme: "http", Host: "shop.example:0"},
		{Scheme: "http", Host: "shop.example:65616"},
		{Scheme: "http", Host: "shop..example"},
	} {
		require.Error(t, list.check(http.MethodGet, &u), u.String())
	}
}
