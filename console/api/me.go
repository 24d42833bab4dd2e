package api

import "net/http"

// me is who asks, and what the authority document has of them.
type me struct {
	Identity string `json:"identity"`
	// Open tells that there is no authority document: everybody may do everything.
	Open bool `json:"open,omitempty"`
	// Groups are those of the document that who asks is of, and Bindings the names of the bindings for them.
	Groups   []string `json:"groups,omitempty"`
	Bindings []string `json:"bindings,omitempty"`
	// Admins are the identities and the groups that may have the document changed for everything.
	Admins []string `json:"admins,omitempty"`
}

// showMe tells who asks that the console takes them for, and by which bindings they may do what.
func (a *api) showMe(r *request) error {
	document, err := r.judges(r.Context())
	if err != nil {
		return err
	}
	if !document.Exists() {
		return r.reply(http.StatusOK, me{Identity: r.by, Open: true})
	}
	return r.reply(http.StatusOK, me{
		Identity: r.by, Groups: document.GroupsOf(r.who), Bindings: document.BindingsOf(r.who), Admins: document.Admins(),
	})
}
