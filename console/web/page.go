package web

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"slipway/console/problem"
)

// page is the answer to one request for a page.
type page struct {
	*Web
	*http.Request

	w http.ResponseWriter
	// by is who has signed in; empty on the pages for everybody.
	by       string
	language language
	now      time.Time
}

// frame is what the layout of all pages shows around one.
type frame struct {
	// Title is that of the page, in the language of who reads it.
	Title string
	// By is who has signed in.
	By string
	// Lang is the language, and Languages are all.
	Lang      string
	Languages []language
	// Path is that of the page, with its query, and Section its first part.
	Path, Section string
	// Live is the path of server-sent events after each of which the page is read anew, and Every how many seconds pass without
	// one before it is; neither is done where they are zero.
	Live  string
	Every int
	// Unbound is who has signed in where the authority document has nothing for them; nil of everybody else.
	Unbound *me
	// Again is after how many seconds a browser asks once more by itself, where something is away; zero is never.
	Again int
	Now   time.Time
	// Body is what the page itself shows.
	Body any
}

// live says how a page is kept up to date: by which events, and after how many seconds without one.
type live struct {
	events string
	every  int
}

// everySeconds is after how long without an event a page is read anew: not all that it shows is told by one.
const everySeconds = 10

// everything keeps a page up to date that anything may concern.
func everything() live { return live{events: apiPrefix + "events", every: everySeconds} }

// show answers with a page.
func (p *page) show(name, title string, body any, l live) error {
	return p.answer(http.StatusOK, name, frame{Title: title, Body: body, Live: l.events, Every: l.every})
}

// me is who has signed in, as the API tells it.
type me struct {
	Identity string   `json:"identity"`
	Open     bool     `json:"open"`
	Bindings []string `json:"bindings"`
	Admins   []string `json:"admins"`
}

// showList answers with a page of what who has signed in may look at. Where that is nothing, it says whether they may look at anything.
func (p *page) showList(name, title string, body any, has int) error {
	shown := frame{Title: title, Body: body, Live: everything().events, Every: everything().every}
	if has == 0 {
		var who me
		if err := p.get("me", nil, &who); err != nil {
			return err
		}
		if !who.Open && len(who.Bindings) == 0 {
			shown.Unbound = &who
		}
	}
	return p.answer(http.StatusOK, name, shown)
}

func (p *page) answer(status int, name string, f frame) error {
	f.By, f.Now, f.Lang, f.Languages = p.by, p.now, p.language.Code, p.languages
	f.Path, f.Section = p.URL.RequestURI(), sectionOf(p.URL.Path)
	var out bytes.Buffer
	t, known := p.pages[p.language.Code][name]
	if !known {
		return fmt.Errorf("there is no template %s", name)
	}
	if err := t.ExecuteTemplate(&out, "layout", f); err != nil {
		return fmt.Errorf("show %s: %w", name, err)
	}
	h := p.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", p.language.Code)
	h.Set("Content-Length", strconv.Itoa(out.Len()))
	h.Set("Vary", "Cookie, Accept-Language")
	p.w.WriteHeader(status)
	_, _ = p.w.Write(out.Bytes()) // who has asked may be gone
	return nil
}

// fail answers with what went wrong, unless who has asked is gone.
func (p *page) fail(err error) {
	if p.Context().Err() != nil {
		return
	}
	why := p.problemOf(err)
	shown := frame{Title: p.t(http.StatusText(why.Status)), Body: why}
	if again := int(math.Ceil(why.RetryAfter.Seconds())); again > 0 {
		p.w.Header().Set("Retry-After", strconv.Itoa(again))
		if p.Method == http.MethodGet {
			shown.Again = again
		}
	}
	if err := p.answer(why.Status, "failure", shown); err != nil {
		p.cfg.Logger.Error().Err(err).Msg("a page cannot be shown")
		why.Write(p.w)
	}
}

// problemOf is what people are told of an error.
func (p *page) problemOf(err error) problem.Problem {
	why, is := errors.AsType[problem.Problem](err)
	if !is {
		p.cfg.Logger.Error().Err(err).Str("path", p.Pattern).Msg("a page cannot be shown")
		why = problem.New(http.StatusInternalServerError, "the log of the console says why")
	}
	return why
}

// redirect sends a browser to a page of the console, with GET.
func (p *page) redirect(path string) error {
	http.Redirect(p.w, p.Request, path, http.StatusSeeOther)
	return nil
}

// t is a text in the language of who reads it.
func (p *page) t(text string, args ...any) string { return p.language.text(text, args...) }

// sectionOf is the first part of a path.
func sectionOf(path string) string {
	for i := 1; i < len(path); i++ {
		if path[i] == '/' {
			return path[1:i]
		}
	}
	return path[min(1, len(path)):]
}
