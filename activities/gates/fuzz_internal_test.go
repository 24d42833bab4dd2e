package gates

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/idna"

	"slipway/release"
)

// FuzzParseAllowed: an entry that is taken is about names or about addresses, never both, and
// reads as it is written.
func FuzzParseAllowed(f *testing.F) {
	for _, entry := range []string{
		"shop.example", "Shop.Example.:8080", "*.shop.internal:443", "10.0.0.7", "[2001:db8::7]:9090", "10.0.0.0/8:9090", "[2001:db8::/32]:9090", "::ffff:10.0.0.1",
		"POST shop.example:8080/checks/run", "POST *.shop.internal/checks/", "POST [::1]:80/", "POST a/b../c", "POST 10.0.0.0/8", "::1%.shop.internal", "*.127.1", "0x7f.1", "0b0", "１２７.0.0.1", "*.", "a b",
	} {
		f.Add(entry)
	}
	f.Fuzz(func(t *testing.T, entry string) {
		a, err := parseAllowed(entry)
		if err != nil {
			return
		}
		require.NotEqual(t, a.name != "", a.prefix.IsValid(), "either a name or addresses")
		require.False(t, a.below && a.prefix.IsValid())
		if a.name != "" {
			_, is := addressIn(a.name)
			require.False(t, is, "%q is an address", a.name)
			require.Equal(t, strings.ToLower(a.name), a.name)
		} else if a.prefix.IsSingleIP() {
			require.False(t, refusedByTable(a.prefix.Addr()), "%s", a.prefix)
		}
		if a.post != "" {
			require.Equal(t, a.post, (&url.URL{Path: a.post}).EscapedPath())
			require.NotContains(t, a.post, "..")
		}
		again, err := parseAllowed(written(a))
		require.NoError(t, err)
		require.Equal(t, a, again)
	})
}

// written is an entry in its usual form.
func written(a allowed) string {
	text := a.name
	switch {
	case a.below:
		text = "*." + a.name
	case a.prefix.IsSingleIP():
		text = a.prefix.Addr().String()
	case a.prefix.IsValid():
		text = a.prefix.String()
	}
	if strings.Contains(text, ":") {
		text = "[" + text + "]"
	}
	if a.port != 0 {
		text += ":" + strconv.Itoa(int(a.port))
	}
	if a.post != "" {
		text = "POST " + text + a.post
	}
	return text
}

// FuzzAllowed: whatever a gate names, what is asked is a name below an allowed one, or an
// address where addresses are allowed and not one that is never asked; and POST goes to
// allowed paths.
func FuzzAllowed(f *testing.F) {
	for _, address := range []string{
		"http://a.shop.internal/", "http://[::1%25.shop.internal]:28205/internal", "http://shop.example:8080/checks/run", "http://shop.example/checks/../-/quit", "http://shop.example/checks/%2e%2e/quit",
		"http://127.1", "http://2130706433", "http://0x7f.0.0.1", "http://0177.1.shop.internal", "http://１２７.0.0.1", "http://127。0。0。1", "http://10.0.0.1:9090", "http://[::ffff:169.254.169.254]", "http://[64:ff9b::a9fe:a9fe]",
		"http://[2002:7f00:1::]", "http://[2001:0:a00:1::5601:5601]", "http://[64:ff9b:1:a9:fe:a9fe::]", "https://shop.example@[::1]/", "http://shop.internal.:80", "http:shop.example", "//shop.example", "http://a.shop.internaⓛ",
	} {
		f.Add(address, true)
		f.Add(address, false)
	}
	names := listOf(f, "*.shop.internal", "shop.example", "localhost", "POST *.shop.internal/checks/", "POST shop.example/checks/run")
	addresses := listOf(f, "0.0.0.0/0", "::/0", "127.0.0.7")
	f.Fuzz(func(t *testing.T, address string, post bool) {
		u, err := url.Parse(address)
		if err != nil {
			return
		}
		method := http.MethodGet
		if post {
			method = http.MethodPost
		}
		if names.check(method, u) == nil {
			requireName(t, method, u)
		}
		if addresses.check(method, u) == nil {
			require.False(t, post, "without an entry for it there is no POST")
			requireAddress(t, u.Hostname())
			require.NoError(t, addresses.refuseResolved(net.JoinHostPort(u.Hostname(), "80")), "a connection is judged in the same way")
		}
	})
}

func listOf(tb testing.TB, entries ...string) allowList {
	tb.Helper()
	list, err := parseAllowList(entries)
	require.NoError(tb, err)
	return list
}

func requireName(t *testing.T, method string, u *url.URL) {
	t.Helper()
	host := u.Hostname()
	_, is := addressIn(host)
	require.False(t, is, "an address is allowed as a name: %q", host)
	require.Regexp(t, `^([a-z0-9_-]+\.)+shop\.internal\.?$|^shop\.example\.?$|^localhost\.?$`, strings.ToLower(host))
	if method == http.MethodPost {
		require.Regexp(t, `^/checks/`, u.EscapedPath())
		require.Equal(t, strings.TrimSuffix(u.EscapedPath(), "/"), path.Clean(u.Path))
	}
}

func requireAddress(t *testing.T, host string) {
	t.Helper()
	addr, err := netip.ParseAddr(host)
	require.NoError(t, err, "what is no address is allowed as one: %q", host)
	require.Empty(t, addr.Zone())
	require.False(t, refusedByTable(addr), "%s", addr)
	if addr.Unmap().IsLoopback() {
		require.Equal(t, "127.0.0.7", addr.Unmap().String())
	}
}

// refusedByTable tells from prefixes alone that an address is never asked.
func refusedByTable(addr netip.Addr) bool {
	for _, refused := range []string{
		"169.254.0.0/16", "224.0.0.0/4", "255.255.255.255/32", "0.0.0.0/32", "100.100.100.200/32", "fe80::/10", "ff00::/8", "::/128", "fd00:ec2::254/128",
		"64:ff9b::a9fe:0/112", "64:ff9b::6464:64c8/128", "64:ff9b:1::a9fe:0/112", "64:ff9b:1:a9fe::/64", "2002:a9fe::/32", "2002:6464:64c8::/48", "2002:e000::/20", "2001:0:a9fe::/48", "::a9fe:0/112", "::ffff:0:a9fe:0/112",
	} {
		if netip.MustParsePrefix(refused).Contains(addr.Unmap().WithZone("")) {
			return true
		}
	}
	return false
}

// addressIn reads an address in every spelling that a client, a resolver or a browser takes
// for one: with a zone, with other digits, and in the forms of inet_aton.
func addressIn(host string) (netip.Addr, bool) {
	host, _, _ = strings.Cut(host, "%")
	if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		host = ascii
	}
	if ip := net.ParseIP(strings.Trim(host, "[]")); ip != nil {
		addr, ok := netip.AddrFromSlice(ip)
		return addr, ok
	}
	return inetAton(strings.TrimSuffix(host, "."))
}

// inetAton reads one to four numbers, each decimal, octal or hexadecimal; the last fills
// what is left.
func inetAton(text string) (netip.Addr, bool) {
	parts := strings.Split(text, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var whole uint64
	for i, part := range parts {
		bits := 8
		if i == len(parts)-1 {
			bits = 8 * (4 - i)
		}
		n, err := strconv.ParseUint(part, 0, bits)
		if err != nil || strings.Contains(part, "_") {
			return netip.Addr{}, false
		}
		whole = whole<<bits | n
	}
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, uint32(whole)))), true
}

func TestFuzz_SpellingsOfAddresses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.1", "１２７.0.0.1", "127.0.0.1.", "::ffff:7f00:1%x"} {
		addr, is := addressIn(text)
		require.True(t, is, text)
		require.Equal(t, "127.0.0.1", addr.Unmap().String())
	}
	for _, text := range []string{"shop.example", "a.1.2.3.4.5", "1.2.3.256", ""} {
		_, is := addressIn(text)
		require.False(t, is, text)
	}
}

// canned answers every request with the same bytes.
type canned []byte

// RoundTrip implements http.RoundTripper.
func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return http.ReadResponse(bufio.NewReader(bytes.NewReader(c)), r)
}

// FuzzAnswers: whatever is answered, what is recorded of it is a number and words of ours.
func FuzzAnswers(f *testing.F) {
	for _, answer := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nUP", "HTTP/1.1 302 hush\r\nLocation: http://hush.example/?token=hush\r\n\r\n", "HTTP/1.1 302 x\r\nLocation: :hush\r\n\r\n", "HTTP/1.1 hush", "hush", "",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhush\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhush", "HTTP/1.1 307 hush\r\nLocation: /hush\r\n\r\n",
		"HTTP/1.1 422 x\r\n\r\n" + `{"status":"error","errorType":"execution","error":"hush","warnings":["hush"]}`, "HTTP/1.1 400 x\r\n\r\n" + `{"status":"error","errorType":"hush","error":"hush"}`,
		"HTTP/1.1 200 x\r\n\r\n" + `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"hush":"hush"},"value":[1,"0.5"]},{"metric":{},"value":[1,"NaN"]}]},"warnings":["hush"]}`,
		"HTTP/1.1 200 x\r\n\r\n" + `{"status":"success","data":{"resultType":"scalar","result":[1,"hush"]}}`, "HTTP/1.1 200 x\r\n\r\n" + `{"status":"success","data":{"resultType":"hush","result":[]}}`,
		"HTTP/1.1 200 x\r\n\r\n" + `{"status":"success","data":{"resultType":"string","result":[1,"hush"]}}`, "HTTP/1.1 400 x\r\n\r\n" + `{"status":"error","errorType":"bad_data","error":"hush"}`,
	} {
		f.Add([]byte(answer))
	}
	probe := release.Gate{HTTP: &release.HTTPGate{URL: "http://shop.example/?probe=hush", BodyContains: "UP"}}.WithDefaults()
	query := release.Gate{Prometheus: &release.PrometheusGate{Address: "http://shop.example", Query: "up", Pass: "> 0"}}.WithDefaults()
	words := ourWords{ourNotes(), ourErrors()}
	f.Fuzz(func(t *testing.T, answer []byte) {
		g, err := New(Config{Allow: []string{"shop.example", "*.shop.example"}, Transport: canned(answer)})
		require.NoError(t, err)
		s, err := g.sample(t.Context(), release.MeasureInput{Gate: probe})
		words.require(t, s, err)
		s, err = g.sample(context.WithoutCancel(t.Context()), release.MeasureInput{Gate: query})
		words.require(t, s, err)
	})
}

// ourWords are all that may be said.
type ourWords struct{ notes, errors *regexp.Regexp }

func (w ourWords) require(t *testing.T, s release.Sample, err error) {
	t.Helper()
	if err != nil {
		require.Regexp(t, w.errors, err.Error())
		return
	}
	require.Contains(t, []release.Verdict{release.VerdictPass, release.VerdictFail, release.VerdictInconclusive}, s.Verdict)
	require.Regexp(t, w.notes, s.Note)
	if s.Value != "" {
		_, err := strconv.ParseFloat(s.Value, 64)
		require.NoError(t, err, "a value is a number")
	}
}

// ourNotes are all notes that there may be.
func ourNotes() *regexp.Regexp {
	return regexp.MustCompile(`^(` + strings.Join([]string{
		"", `the status is not as wanted(; the redirect was not followed)?`, `the text is not in the answer`, `the answer broke off(: it did not end in time)?`,
		`no answer in time`, `the answer is larger than 64 KiB`, `no answer: (what came cannot be read as an answer, or its header is larger than 64 KiB|the connection was closed|[a-zA-Z ]+)`,
		`the server gave no result: (what it answers is none of a query|status \d+(; the redirect was not followed)?|[a-z_]+, status \d+)`,
		`(the query found no series|worst of \d+ series)?(; )?(warnings of the server: \d+)?`,
	}, "|") + `)$`)
}

func ourErrors() *regexp.Regexp {
	return regexp.MustCompile(`^(the server refuses the query as bad_data; ask the server itself to see what is wrong with it|` +
		`the query gives a (histogram; it must give numbers|(matrix|string); it must give a scalar or an instant vector))$`)
}
