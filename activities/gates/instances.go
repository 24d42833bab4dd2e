package gates

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.temporal.io/sdk/temporal"
	"golang.org/x/sync/errgroup"

	"slipway/release"
)

// Instances finds the instances of applications of one platform: its driver does. Their errors
// and texts hold no secrets.
type Instances interface {
	// Instances lists the instances that run what a change brings.
	Instances(ctx context.Context, in release.InstancesInput) ([]release.Instance, error)
	// InstanceLog is what an instance has logged last, in one line; empty where there is nothing.
	InstanceLog(ctx context.Context, in release.InstanceLogInput) (string, error)
}

const (
	// asksAtOnce is how many instances are asked at the same time.
	asksAtOnce = 64
	// These bound the parts of a sample: listing the instances, asking them, reading a log. With
	// them it ends before [release.SampleLimit].
	listLimit, askLimit, logLimit = 15 * time.Second, 32 * time.Second, 8 * time.Second
	// maxTrouble and maxLog bound what a sample repeats of the platform, in bytes.
	maxTrouble, maxLog = 200, 400
)

// instanceMeter asks each instance that runs what a change brings. They are listed anew for every
// sample, because they come and go meanwhile.
type instanceMeter struct {
	gates *Gates
	in    release.MeasureInput
	ask   release.HTTPGate
}

// allowed implements meter. Which addresses the instances will have is not known yet.
func (m instanceMeter) allowed() error { return m.gates.allowed.checkPort(m.ask.Port) }

func (m instanceMeter) measure(ctx context.Context) (release.Sample, error) {
	if m.gates.instances == nil {
		return release.Sample{}, errors.New("instances are asked by workers of their platform alone")
	}
	found, err := m.list(ctx)
	switch {
	case err != nil:
		return m.missed("the platform did not list the instances: " + said(err)), nil
	case len(found) == 0:
		return m.missed("there is no instance yet"), nil
	}
	slices.SortFunc(found, func(a, b release.Instance) int { return cmp.Compare(a.ID, b.ID) })
	samples, err := m.askAll(ctx, found)
	if err != nil {
		return release.Sample{}, err
	}
	return m.judge(ctx, found, samples), nil
}

func (m instanceMeter) list(ctx context.Context) ([]release.Instance, error) {
	ctx, cancel := context.WithTimeout(ctx, listLimit)
	defer cancel()
	return m.gates.instances.Instances(ctx, release.InstancesInput{App: m.in.App, ChangeID: m.in.ChangeID})
}

// missed is the sample of a time at which nothing could be asked.
func (m instanceMeter) missed(note string) release.Sample {
	return release.Sample{Verdict: m.in.Gate.NoData, Missed: true, Note: note}
}

// askAll asks all instances, each at its own address. Its error tells that one must not be asked.
func (m instanceMeter) askAll(ctx context.Context, found []release.Instance) ([]release.Sample, error) {
	asking, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	samples := make([]release.Sample, len(found))
	var group errgroup.Group
	group.SetLimit(asksAtOnce)
	for i, each := range found {
		group.Go(func() error {
			s, err := m.askOne(asking, each)
			if err != nil {
				return fmt.Errorf("instance %s: %w", each.ID, err)
			}
			samples[i] = s
			return nil
		})
	}
	return samples, group.Wait()
}

func (m instanceMeter) askOne(ctx context.Context, i release.Instance) (release.Sample, error) {
	if i.Address == "" {
		return m.missed("it has no address yet"), nil
	}
	u, err := url.ParseRequestURI(m.ask.Path)
	if err != nil {
		return release.Sample{}, errors.New("the path cannot be read")
	}
	u.Scheme, u.Host = m.ask.Scheme, net.JoinHostPort(i.Address, strconv.Itoa(m.ask.Port))
	if err := m.gates.allowed.check(m.ask.Method, u); err != nil {
		return release.Sample{}, err
	}
	ask := m.ask
	ask.URL = u.String()
	return httpMeter{gates: m.gates, ask: ask, client: m.gates.direct()}.measure(ctx)
}

// judge makes one sample of those of all instances: the worst.
func (m instanceMeter) judge(ctx context.Context, found []release.Instance, samples []release.Sample) release.Sample {
	at := 0
	alike := map[release.Verdict]int{}
	asked := false
	for i, s := range samples {
		if rank(s.Verdict) < rank(samples[at].Verdict) {
			at = i
		}
		alike[s.Verdict]++
		asked = asked || !s.Missed
	}
	worst, of := samples[at], found[at]
	s := release.Sample{Verdict: worst.Verdict, Value: worst.Value, Missed: !asked}
	if worst.Verdict == release.VerdictPass && asked {
		s.Note = counted(len(found))
		return s
	}
	name := "instance " + of.ID
	if of.Address != "" {
		name += " at " + of.Address
	}
	notes := []string{name, worst.Note}
	if len(found) > 1 {
		notes = slices.Insert(notes, 0, fmt.Sprintf("%d of %s", alike[worst.Verdict], counted(len(found))))
	}
	if of.Trouble != "" {
		notes = append(notes, "the platform says: "+release.ShortenLine(of.Trouble, maxTrouble))
	}
	if worst.Verdict == release.VerdictFail {
		notes = append(notes, m.lastLog(ctx, of.ID))
	}
	s.Note = strings.Join(slices.DeleteFunc(notes, func(n string) bool { return n == "" }), "; ")
	return s
}

// lastLog is what an instance has logged last. A log that cannot be read changes no verdict.
func (m instanceMeter) lastLog(ctx context.Context, id string) string {
	ctx, cancel := context.WithTimeout(ctx, logLimit)
	defer cancel()
	log, err := m.gates.instances.InstanceLog(ctx, release.InstanceLogInput{App: m.in.App, InstanceID: id})
	switch {
	case err != nil:
		return "its log could not be read"
	case log == "":
		return "its log is empty"
	default:
		return "its log ends: " + lineEnd(log, maxLog)
	}
}

func counted(n int) string {
	if n == 1 {
		return "1 instance"
	}
	return fmt.Sprintf("%d instances", n)
}

// said is what the platform's driver says in an error, which holds no secret.
func said(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer in time"
	}
	text := err.Error()
	if app, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		text = app.Message()
	}
	return release.ShortenLine(text, maxTrouble)
}

// lineEnd is the end of a text, in one line: of a log the end says most.
func lineEnd(text string, most int) string {
	text = release.OneLine(text)
	if len(text) <= most {
		return text
	}
	from := len(text) - most
	for !utf8.RuneStart(text[from]) {
		from++
	}
	return "…" + text[from:]
}

// direct returns a client that asks one instance and nobody else: a redirect, wherever it leads,
// is its answer.
func (g *Gates) direct() *http.Client {
	return &http.Client{
		Transport:     g.unnamed,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
