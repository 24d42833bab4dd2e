package web

import (
	"net/http"

	"slipway/console/access"
	"slipway/console/problem"
	"slipway/console/session"
)

// signInPath is where people sign in.
const signInPath = "/sign-in"

// signInShown is the page on which people sign in.
type signInShown struct {
	// Next is the page that was asked for.
	Next string
	// Problem is why somebody was not let in.
	Problem *problem.Problem
}

func signInPage(p *page) error {
	return p.show("sign-in", p.t("Sign in"), signInShown{Next: within(p.URL.Query().Get("next"))}, live{})
}

// signIn begins a session with a token, and goes on to the page that was asked for.
func signIn(p *page) error {
	shown := signInShown{Next: within(p.PostFormValue("next"))}
	err := p.cfg.SignIn(p.w, p.Request, p.PostFormValue("token"))
	if err == nil {
		return p.redirect(shown.Next)
	}
	shown.Problem = new(p.problemOf(err))
	return p.answer(shown.Problem.Status, "sign-in", frame{Title: p.t("Sign in"), Body: shown})
}

func signOut(p *page) error {
	if err := p.cfg.SignOut(p.w, p.Request); err != nil {
		return err
	}
	return p.redirect(signInPath)
}

// SignInWith returns [Config.SignIn] for the tokens of a door and a bucket of sessions.
func SignInWith(door *access.Door, sessions *session.Manager) func(http.ResponseWriter, *http.Request, string) error {
	return func(w http.ResponseWriter, r *http.Request, token string) error {
		who, err := door.Attempt(r, token)
		if err != nil {
			return err
		}
		return sessions.Begin(r.Context(), w, who, session.ByToken(token))
	}
}

// SignOutOf returns [Config.SignOut] for a bucket of sessions.
func SignOutOf(sessions *session.Manager) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error { return sessions.End(r.Context(), w, r) }
}
