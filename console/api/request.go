package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"slipway/authority"
	"slipway/release"
)

// request is one request of somebody who has signed in.
type request struct {
	*http.Request

	w   http.ResponseWriter
	api *api
	// by is who asks.
	by    string
	query parameters
	// document is who may do what, and who the question of who asks, once they were asked for.
	document *authority.Current
	who      authority.Question
}

// reply answers with JSON.
func (r *request) reply(status int, body any) error {
	var out bytes.Buffer
	if err := json.NewEncoder(&out).Encode(body); err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	r.w.Header().Set("Content-Type", "application/json")
	r.w.Header().Set("Content-Length", strconv.Itoa(out.Len()))
	r.w.WriteHeader(status)
	if _, err := r.w.Write(out.Bytes()); err != nil {
		return nil //nolint:nilerr // who has asked is gone
	}
	return nil
}

// authorityTime bounds the question who may do what.
const authorityTime = 5 * time.Second

// judges is the document that says who may do what, asked once for a request.
func (r *request) judges(ctx context.Context) (authority.Current, error) {
	if r.document == nil {
		ctx, cancel := context.WithTimeout(ctx, authorityTime)
		defer cancel()
		document, err := r.api.authority.Load(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			return document, fmt.Errorf("authority: %w", errNATSAway)
		}
		if err != nil {
			return document, fmt.Errorf("authority: %w", err)
		}
		// As starters have it, who know who asks by name alone: what was said at the last sign-in counts, at whichever console.
		r.who, err = r.api.people.Question(ctx, document.Document, authority.Question{Identity: r.by, Verified: true}, time.Now())
		if errors.Is(err, context.DeadlineExceeded) {
			return document, fmt.Errorf("people: %w", errNATSAway)
		}
		if err != nil {
			return document, err
		}
		r.document = &document
	}
	return *r.document, nil
}

// asks is whether who asks may do something, once it was asked who that is.
func (r *request) asks(action authority.Action, on string) authority.Question {
	q := r.who
	q.Action, q.On = action, on
	return q
}

// may refuses what who asks may not do to an application or a set. Without a document everybody may do everything, as
// starters have it.
func (r *request) may(ctx context.Context, action authority.Action, on string) error {
	document, err := r.judges(ctx)
	if err != nil || !document.Exists() {
		return err
	}
	verdict := document.Judge(r.asks(action, on))
	if why := verdict.Err(); why != nil {
		return kindForbidden.is("%s", why.Error())
	}
	return nil
}

// views returns which applications and sets who asks may look at, and whether that is all of them.
func (r *request) views(ctx context.Context) (may func(on string) bool, all bool, err error) {
	document, err := r.judges(ctx)
	if err != nil {
		return nil, false, err
	}
	look := func(on string) bool {
		return document.Judge(r.asks(authority.ActionView, on)).Allowed
	}
	if !document.Exists() || look(everything) {
		return func(string) bool { return true }, true, nil
	}
	known := map[string]bool{}
	return func(on string) bool {
		allowed, asked := known[on]
		if !asked {
			allowed = look(on)
			known[on] = allowed
		}
		return allowed
	}, false, nil
}

// everything is what a scope for all applications and sets covers, and no other.
const everything = "*"

// parameters are those of a query, each given once at most.
type parameters map[string]string

// readQuery reads a query. All that is wrong with it is told at once.
func readQuery(raw string, known []string) (parameters, error) {
	given, err := url.ParseQuery(raw)
	if err != nil {
		return nil, kindMalformed.is("the query of the address cannot be read: %s", strings.TrimPrefix(err.Error(), "invalid "))
	}
	out, wrong := parameters{}, release.Problems{}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		switch values := given[name]; {
		case !slices.Contains(known, name):
			wrong = append(wrong, release.Problem{Field: release.ShortenTo(name, release.MaxID), Message: "is no parameter here" + areKnown(known)})
		case len(values) > 1:
			wrong = append(wrong, release.Problem{Field: name, Message: "is given more than once"})
		default:
			out[name] = values[0]
		}
		if len(wrong) == mostProblems {
			break
		}
	}
	if len(wrong) > 0 {
		return nil, wrong
	}
	return out, nil
}

// mostProblems is how many problems of a query are told.
const mostProblems = 20

func areKnown(known []string) string {
	if len(known) == 0 {
		return ""
	}
	return "; there are " + strings.Join(known, ", ")
}

// reader reads parameters, and keeps what is wrong with them.
type reader struct {
	parameters

	wrong release.Problems
}

func (r *reader) refuse(name, format string, args ...any) {
	r.wrong = append(r.wrong, release.Problem{Field: name, Message: fmt.Sprintf(format, args...)})
}

// flag reads true or false.
func (r *reader) flag(name string) bool {
	switch r.parameters[name] {
	case "true":
		return true
	case "", "false":
	default:
		r.refuse(name, "must be true or false")
	}
	return false
}

// one reads one of several names, in any case of its letters.
func (r *reader) one(name string, of []string) string {
	text := r.parameters[name]
	for _, known := range of {
		if strings.EqualFold(known, text) {
			return known
		}
	}
	if text != "" {
		r.refuse(name, "must be one of %s", strings.Join(of, ", "))
	}
	return ""
}

// limit reads how many are wanted at most.
func (r *reader) limit() int {
	text, given := r.parameters[paramLimit]
	if !given {
		return defaultLimit
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > mostListed {
		r.refuse(paramLimit, "must be a whole number from 1 to %d", mostListed)
	}
	return n
}

// moment reads a time, or a duration which is so long ago.
func (r *reader) moment(name string, now time.Time) time.Time {
	text, given := r.parameters[name]
	if !given {
		return time.Time{}
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at
	}
	var ago release.Duration
	if err := ago.UnmarshalText([]byte(text)); err != nil || ago <= 0 {
		r.refuse(name, "must be a time such as 2026-11-30T08:00:00Z, or how long ago that was, such as 24h")
	}
	return now.Add(-time.Duration(ago))
}

// duration reads a duration up to a bound; 0 where none is given.
func (r *reader) duration(name string, most time.Duration) time.Duration {
	text, given := r.parameters[name]
	if !given {
		return 0
	}
	var d release.Duration
	if err := d.UnmarshalText([]byte(text)); err != nil || d < 0 || time.Duration(d) > most {
		r.refuse(name, "must be a duration of at most %s, such as 90s", release.Duration(most))
	}
	return time.Duration(d)
}

// problems are all that were found, as an error; nil where there are none.
func (r *reader) problems() error {
	if len(r.wrong) == 0 {
		return nil
	}
	return r.wrong
}
