package gates

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"slipway/release"
)

// httpMeter probes an address. No answer fails: what does not answer is the thing being
// probed.
type httpMeter struct {
	gates  *Gates
	ask    release.HTTPGate
	client *http.Client
}

func (m httpMeter) allowed() error { return m.gates.allowed.checkAddress(m.ask.Method, m.ask.URL) }

func (m httpMeter) measure(ctx context.Context) (release.Sample, error) {
	ctx, cancel := context.WithTimeout(ctx, m.ask.Timeout.Std())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, m.ask.Method, m.ask.URL, http.NoBody)
	if err != nil {
		return release.Sample{}, errors.New("the address cannot be asked")
	}
	req.Header.Set("User-Agent", "slipway-gate")
	resp, err := m.client.Do(req)
	if refused, ok := errors.AsType[*refusedError](err); ok {
		return release.Sample{}, refused
	}
	if err != nil {
		return release.Sample{Verdict: release.VerdictFail, Note: why(err)}, nil
	}
	defer func() { _ = resp.Body.Close() }()
	s := release.Sample{Verdict: release.VerdictPass, Value: strconv.Itoa(resp.StatusCode)}
	if s.Note = unlike(m.ask, resp); s.Note != "" {
		s.Verdict = release.VerdictFail
	}
	return s, nil
}

// unlike says what is wrong with an answer; empty when it is as wanted.
func unlike(h release.HTTPGate, resp *http.Response) string {
	if !statusWanted(h, resp.StatusCode) {
		if location := resp.Header.Get("Location"); location != "" {
			return "the status is not as wanted; the redirect was not followed"
		}
		return "the status is not as wanted"
	}
	if h.BodyContains == "" {
		return ""
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	switch {
	case strings.Contains(string(body), h.BodyContains):
		return ""
	case err != nil:
		return brokeOff(err)
	default:
		return "the text is not in the answer"
	}
}

func statusWanted(h release.HTTPGate, status int) bool {
	if len(h.Status) == 0 {
		return status/100 == 2
	}
	return slices.Contains(h.Status, status)
}
