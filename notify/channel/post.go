package channel

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"slipway/internal/redact"
	"slipway/internal/secretfile"
	"slipway/notify"
)

const (
	// attemptTimeout is how long an attempt may take.
	attemptTimeout = 15 * time.Second
	// mostAnswer is how much of an answer is read, in bytes, and mostQuoted how much of it is told, in characters.
	mostAnswer = 4 << 10
	mostQuoted = 300
)

// robot is what is particular about a service that takes messages by HTTP.
type robot interface {
	// compose makes the request of a message, which is readable.
	compose(m notify.Message, at time.Time, k keys) (outgoing, error)
	// judge says what an answer means.
	judge(a answer) error
}

// keys are what the files of a channel hold.
type keys struct {
	channel notify.Channel
	address *url.URL
	secret  string
}

// outgoing is one request to a robot.
type outgoing struct {
	to     *url.URL
	header http.Header
	body   []byte
}

// answer is what a robot has answered.
type answer struct {
	keys   keys
	now    time.Time
	status int
	header http.Header
	body   []byte
}

// poster is the sender of all channels that take HTTP requests.
type poster struct {
	channel notify.Channel
	robot   robot
	now     func() time.Time
	client  *http.Client
}

func newPoster(c notify.Channel, d Deps, r robot) *poster {
	return &poster{channel: c, robot: r, now: d.Now, client: &http.Client{
		Timeout: attemptTimeout,
		// An address to which another one refers is none that somebody has entrusted messages to.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: d.Roots},
			ForceAttemptHTTP2:      true,
			MaxResponseHeaderBytes: 64 << 10,
			// Messages are rare, and one that is lost on a connection that was closed meanwhile would be sent twice.
			DisableKeepAlives: true,
		},
	}}
}

func (p *poster) Send(ctx context.Context, m notify.Message) error {
	k, err := readKeys(p.channel)
	if err != nil {
		return err
	}
	out, err := p.robot.compose(m, p.now(), k)
	if err != nil {
		return err
	}
	a, err := p.post(ctx, out)
	if err != nil {
		return k.failed(err)
	}
	a.keys, a.now = k, p.now()
	return p.robot.judge(a)
}

func (p *poster) post(ctx context.Context, out outgoing) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, out.to.String(), bytes.NewReader(out.body))
	if err != nil {
		return answer{}, err
	}
	maps.Copy(req.Header, out.header)
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "slipway-notifier")
	resp, err := p.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	if err != nil && resp.StatusCode/100 != 2 {
		body = nil // its status says enough
	} else if err != nil {
		return answer{}, err
	}
	return answer{status: resp.StatusCode, header: resp.Header, body: body}, nil
}

// readKeys reads the files of a channel.
func readKeys(c notify.Channel) (keys, error) {
	k := keys{channel: c}
	text, err := readSecret(c, "urlFile", c.URLFile)
	if err != nil {
		return k, err
	}
	if c.SecretFile != "" {
		if k.secret, err = readSecret(c, "secretFile", c.SecretFile); err != nil {
			return k, err
		}
	}
	k.address, err = url.Parse(text)
	if err != nil || k.address.Host == "" || k.address.Scheme != "https" && (k.address.Scheme != "http" || !isLoopback(k.address.Hostname())) {
		return k, fmt.Errorf("channel %s: urlFile: %s holds no address that begins with https:// (http:// is taken for loopback addresses alone); "+
			"write the address of the channel into it, and nothing else", c.Name, c.URLFile)
	}
	return k, nil
}

func readSecret(c notify.Channel, field, path string) (string, error) {
	content, err := secretfile.Read(path)
	if err != nil {
		return "", fmt.Errorf("channel %s: %s: %w", c.Name, field, err)
	}
	text := strings.TrimSpace(string(content))
	if text == "" {
		return "", fmt.Errorf("channel %s: %s: %s is empty; write the secret into it", c.Name, field, path)
	}
	return text, nil
}

// isLoopback reports whether a host is this machine.
func isLoopback(host string) bool {
	at, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && at.IsLoopback()
}

// failed is the error of a request that got no answer. The address is no part of it: who has it can write to the channel.
func (k keys) failed(err error) error {
	if at, ok := errors.AsType[*url.Error](err); ok {
		err = at.Err
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return fmt.Errorf("channel %s: no answer in time: %s", k.channel.Name, k.clean(err.Error()))
	}
	return fmt.Errorf("channel %s: %s", k.channel.Name, k.clean(err.Error()))
}

// clean is a text of others on one line, of a bounded length, without the address and the secret of the channel.
func (k keys) clean(text string) string {
	secrets := []string{k.secret}
	if k.address != nil {
		secrets = append(secrets, k.address.String(), k.address.RequestURI(), k.address.Path)
		for _, values := range k.address.Query() {
			secrets = append(secrets, values...)
		}
		secrets = append(secrets, strings.Split(k.address.Path, "/")...)
		if password, ok := k.address.User.Password(); ok {
			secrets = append(secrets, password)
		}
	}
	return scrub(text, secrets...)
}

// shortestSecret is the length of what is taken for a secret where it is a part of an address: a shorter part is a word
// such as "services".
const shortestSecret = 10

func scrub(text string, secrets ...string) string {
	for _, secret := range secrets {
		if len(secret) >= shortestSecret {
			text = strings.ReplaceAll(text, secret, redact.Mark)
		}
	}
	text, _ = redact.New().Text(oneLine(text))
	return cut(text, mostQuoted)
}

// said is what an answer says, for errors.
func (a answer) said() string {
	if text := a.keys.clean(string(a.body)); text != "" {
		return fmt.Sprintf("it answers %d: %s", a.status, text)
	}
	return fmt.Sprintf("it answers %d", a.status)
}

// byStatus judges an answer by its status alone.
func (a answer) byStatus() error {
	name := a.keys.channel.Name
	after, told := a.retryAfter()
	switch {
	case a.status/100 == 2:
		return nil
	case told && (a.status == http.StatusTooManyRequests || a.status/100 == 5):
		return later(name, a.said(), after)
	case a.status/100 == 3:
		return fmt.Errorf("channel %s: it answers %d, a redirect, which is not followed; "+
			"write the address to which it leads into urlFile", name, a.status)
	case a.status == http.StatusTooManyRequests, a.status == http.StatusRequestTimeout, a.status == http.StatusTooEarly, a.status/100 != 4:
		return fmt.Errorf("channel %s: %s", name, a.said())
	case a.status == http.StatusNotFound || a.status == http.StatusGone:
		return &RefusedError{Channel: name, Reason: a.said(), Remedy: "the address is not, or no longer, in use: write the present one into urlFile, or take the channel out"}
	case a.status == http.StatusUnauthorized || a.status == http.StatusForbidden:
		return &RefusedError{Channel: name, Reason: a.said(), Remedy: "see whether urlFile and secretFile hold what the receiver has, and what it allows"}
	}
	return &RefusedError{Channel: name, Reason: a.said()}
}

// retryAfter is how long an answer asks to wait, in seconds or until a date (RFC 9110), or in the header of Feishu:
// https://open.feishu.cn/document/server-docs/api-call-guide/frequency-control
func (a answer) retryAfter() (time.Duration, bool) {
	for _, name := range []string{"Retry-After", "X-Ogw-Ratelimit-Reset"} {
		value := a.header.Get(name)
		if seconds, err := strconv.ParseInt(value, 10, 32); err == nil && seconds >= 0 {
			return time.Duration(seconds) * time.Second, true
		}
		if at, err := http.ParseTime(value); err == nil {
			return at.Sub(a.now), true
		}
	}
	return 0, false
}

// encode is the JSON of a value without the escapes by which JSON is put into HTML, which would count against the limits.
func encode(value any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// encodedWithin is the JSON that render makes of a message, which is shortened until that has so many bytes at most.
func encodedWithin(m notify.Message, most int, render func(notify.Message) any) ([]byte, error) {
	m = shorten(m, most, func(m notify.Message) int {
		body, err := encode(render(m))
		if err != nil {
			return 0 // it fails below
		}
		return len(body)
	})
	return encode(render(m))
}
