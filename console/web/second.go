package web

import (
	"net/http"

	"github.com/google/uuid"

	"slipway/console/problem"
)

// second is the second look at something that somebody is about to do: what will happen, and to what exactly.
type second struct {
	// Label is what is done, and Does what comes of it.
	Label, Does string
	// Stops tells that it ends or holds up something.
	Stops bool
	// Action is where the form is sent, and Back the page from which somebody came.
	Action, Back string
	// Key makes it count once, however often it is sent.
	Key   string
	Facts []fact
	// Bound are values of the form that nobody changes: what it is bound to.
	Bound  []fact
	Fields []field
	// Problem is why it was refused.
	Problem *problem.Problem
}

// fact is a value with its name.
type fact struct{ Name, Value string }

// field is a part of a form.
type field struct {
	// Name is that of the parameter, and Label what people read.
	Name, Label, Value string
	// Check tells that it is true or nothing.
	Check, Required bool
}

// showSecond answers with a second look, or with why what it was about was refused.
func (p *page) showSecond(title string, s second) error {
	status := http.StatusOK
	if s.Problem != nil {
		status = s.Problem.Status
	}
	s.Key = p.key(s.Problem)
	return p.answer(status, "second", frame{Title: title, Body: s})
}

// key is the one that the form of a page has: a new one, unless nobody knows what became of the form that was sent. Sent again, that counts
// once with the key that it had.
func (p *page) key(why *problem.Problem) string {
	if had := p.PostFormValue("key"); had != "" && why != nil && why.Status >= http.StatusInternalServerError {
		return had
	}
	return uuid.NewString()
}

// given is a field of a form with what was filled in.
func (p *page) given(f field) field {
	f.Value = p.PostFormValue(f.Name)
	return f
}
