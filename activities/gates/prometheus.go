package gates

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"slipway/release"
)

// queryTimeout bounds one query, the server's work on it included.
const queryTimeout = 15 * time.Second

// prometheusMeter asks a Prometheus server. A server that gives no result is a missed
// sample, whose verdict is noData, that of the gate.
type prometheusMeter struct {
	gates  *Gates
	ask    release.PrometheusGate
	noData release.Verdict
}

func (m prometheusMeter) allowed() error {
	return m.gates.allowed.checkAddress(http.MethodGet, m.ask.Address)
}

func (m prometheusMeter) measure(ctx context.Context) (release.Sample, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	client, err := api.NewClient(api.Config{
		Address: m.ask.Address, Client: m.gates.client(limited{m.gates.transport}, nil),
	})
	if err != nil {
		return release.Sample{}, errors.New("the address cannot be asked")
	}
	asks := &asker{Client: client, allowed: m.gates.allowed}
	// No time is given: the server's own clock says what is now.
	value, warnings, _, err := v1.NewAPI(asks).Query(ctx, m.ask.Query, time.Time{}, v1.WithTimeout(queryTimeout))
	if err == nil && value == nil {
		err = &v1.Error{Type: v1.ErrBadResponse}
	}
	if err != nil {
		return m.missed(err, asks.status)
	}
	s, err := m.read(value)
	if len(warnings) > 0 {
		s.Note = strings.Join(append(nonEmpty(s.Note), fmt.Sprintf("warnings of the server: %d", len(warnings))), "; ")
	}
	return s, err
}

// asker asks a Prometheus server with GET where the operator does not allow POST, which
// the client of Prometheus would try first.
type asker struct {
	api.Client

	allowed allowList
	// status is that of the latest answer, 0 for none.
	status int
}

// Do implements api.Client.
func (a *asker) Do(ctx context.Context, r *http.Request) (*http.Response, []byte, error) {
	if r.Method == http.MethodPost && a.allowed.check(r.Method, r.URL) != nil {
		form, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, nil, err
		}
		u := *r.URL
		u.RawQuery = string(form)
		if r, err = http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody); err != nil {
			return nil, nil, err
		}
	}
	resp, body, err := a.Client.Do(ctx, r)
	a.status = 0
	if resp != nil {
		a.status = resp.StatusCode
	}
	return resp, body, err
}

// missed tells a query that can never succeed from a server that gives no result now. Of
// what the server says only words that Prometheus documents are repeated.
func (m prometheusMeter) missed(err error, status int) (release.Sample, error) {
	if refused, ok := errors.AsType[*refusedError](err); ok {
		return release.Sample{}, refused
	}
	s := release.Sample{Verdict: m.noData, Missed: true}
	said, ok := errors.AsType[*v1.Error](err)
	switch {
	case !ok:
		s.Note = why(err)
	case said.Type == v1.ErrBadData:
		return release.Sample{}, errors.New("the server refuses the query as bad_data; ask the server itself to see what is wrong with it")
	case slices.Contains(errorTypes(), said.Type):
		s.Note = fmt.Sprintf("the server gave no result: %s, status %d", said.Type, status)
	case status/100 == 2:
		s.Note = "the server gave no result: what it answers is none of a query"
	case status/100 == 3:
		s.Note = fmt.Sprintf("the server gave no result: status %d; the redirect was not followed", status)
	default:
		s.Note = fmt.Sprintf("the server gave no result: status %d", status)
	}
	return s, nil
}

// errorTypes are the kinds of errors that the API of Prometheus has, apart from bad_data.
func errorTypes() []v1.ErrorType {
	return []v1.ErrorType{
		v1.ErrTimeout, v1.ErrCanceled, v1.ErrExec, "internal", "unavailable", "not_found", "not_acceptable", "too_many_requests",
	}
}

// number is one number of a result.
type number struct {
	// series orders several.
	series string
	value  float64
}

// read judges a result; of several numbers the worst.
func (m prometheusMeter) read(value model.Value) (release.Sample, error) {
	numbers, err := numbersOf(value)
	if err != nil {
		return release.Sample{}, err
	}
	if len(numbers) == 0 {
		return release.Sample{Verdict: m.noData, Note: "the query found no series"}, nil
	}
	samples := make([]release.Sample, len(numbers))
	for i, n := range numbers {
		samples[i] = m.judge(n)
		if len(numbers) > 1 {
			samples[i].Note = fmt.Sprintf("worst of %d series", len(numbers))
		}
	}
	return slices.MinFunc(samples, func(a, b release.Sample) int {
		return cmp.Compare(rank(a.Verdict), rank(b.Verdict))
	}), nil
}

// judge judges one number. NaN is no data: it is what a division of nothing gives.
func (m prometheusMeter) judge(n number) release.Sample {
	s := release.Sample{Value: strconv.FormatFloat(n.value, 'g', -1, 64)}
	if s.Verdict = m.noData; !math.IsNaN(n.value) {
		s.Verdict = m.ask.Verdict(n.value)
	}
	return s
}

// rank orders verdicts, the worst first.
func rank(v release.Verdict) int {
	switch v {
	case release.VerdictFail:
		return 0
	case release.VerdictInconclusive:
		return 1
	case release.VerdictPass:
		return 2
	}
	return 1
}

// numbersOf takes a result apart, in an order that does not depend on the server's.
func numbersOf(value model.Value) ([]number, error) {
	switch v := value.(type) {
	case *model.Scalar:
		return []number{{value: float64(v.Value)}}, nil
	case model.Vector:
		numbers := make([]number, 0, len(v))
		for _, s := range v {
			if s.Histogram != nil {
				return nil, errors.New("the query gives a histogram; it must give numbers")
			}
			numbers = append(numbers, number{series: s.Metric.String(), value: float64(s.Value)})
		}
		slices.SortFunc(numbers, func(a, b number) int { return strings.Compare(a.series, b.series) })
		return numbers, nil
	default:
		return nil, fmt.Errorf("the query gives a %s; it must give a scalar or an instant vector", value.Type())
	}
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}
