package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"slipway/console/problem"
	"slipway/release"
	"slipway/wire"
)

// act is something that may be done from a page. It leads to a second look, which says what will happen.
type act struct {
	// Kind is the command, and Label its name.
	Kind  release.CommandKind
	Label string
	// Does says what comes of it.
	Does string
	// All tells that a confirmation is of every batch.
	All bool
	// Needed tells that nothing goes on without it or another that is, and Stops that it ends what is under way.
	Needed, Stops bool
	Page          string
}

// actOf is the command of a step; false where none of a release or a set is.
func actOf(verb release.NextVerb) (kind release.CommandKind, label string, is bool) {
	switch verb { //nolint:exhaustive // the others are no commands to what is under way
	case release.NextConfirm:
		return release.CommandConfirm, "Confirm", true
	case release.NextConfirmAll:
		return release.CommandConfirm, "Confirm all", true
	case release.NextApprove:
		return release.CommandApprove, "Approve", true
	case release.NextReject:
		return release.CommandReject, "Reject", true
	case release.NextResume:
		return release.CommandResume, "Resume", true
	case release.NextOverride:
		return release.CommandOverride, "Override the freeze", true
	case release.NextPause:
		return release.CommandPause, "Pause", true
	case release.NextAbort:
		return release.CommandAbort, "Abort", true
	case release.NextRollback:
		return release.CommandRollback, "Roll back", true
	}
	return "", "", false
}

// collection is where releases or sets are, on the pages and in the API.
type collection string

const (
	ofReleases collection = "releases"
	ofSets     collection = "sets"
)

// collectionOf is where something is that has an ID.
func collectionOf(id string) collection {
	if release.IsSetID(id) {
		return ofSets
	}
	return ofReleases
}

// page is where something is shown.
func (c collection) page(id string) string { return "/" + string(c) + "/" + pathOf(id) }

// actsOf divides what may be done next into what the pages do, and what is done elsewhere.
func actsOf(id string, steps []release.NextStep) (acts []act, others []release.NextStep) {
	for _, s := range steps {
		kind, label, is := actOf(s.Verb)
		if !is {
			others = append(others, s)
			continue
		}
		a := act{Kind: kind, Label: label, Does: s.Does, Needed: s.Needed, Page: collectionOf(id).page(id) + "/commands/" + string(kind)}
		if a.All = s.Verb == release.NextConfirmAll; a.All {
			a.Page += "?all=true"
		}
		a.Stops = slices.Contains([]release.CommandKind{release.CommandAbort, release.CommandRollback, release.CommandReject}, kind)
		acts = append(acts, a)
	}
	return acts, others
}

// commanded is a release or a set to which a command is sent.
type commanded struct {
	collection

	id, title, brings string
	state             release.Phase
	acts              []act
	// changing tells that it has begun a change, which has batches.
	changing bool
	// batch says which batch or wave is the one of a number, and bound to what exactly a command is.
	batch func(n int) string
	bound func(a act) (release.Command, error)
}

// commandPage is the second look at a command to a release, and setCommandPage at one to a set.
func commandPage(p *page) error    { return p.showCommand((*page).commandedRelease) }
func setCommandPage(p *page) error { return p.showCommand((*page).commandedSet) }

// sendCommand sends a command to a release that had its second look, and sendSetCommand one to a set.
func sendCommand(p *page) error    { return p.send((*page).commandedRelease) }
func sendSetCommand(p *page) error { return p.send((*page).commandedSet) }

func (p *page) commandedRelease() (commanded, error) {
	r, err := p.release(p.PathValue("id"))
	return commanded{
		collection: ofReleases, id: r.ReleaseID, title: r.Title, brings: r.Brings, state: r.State(), acts: r.Acts, changing: r.ChangeID != "", batch: r.BatchText,
		bound: func(a act) (release.Command, error) {
			switch {
			case a.All:
				return r.ConfirmingAll()
			case a.Kind == release.CommandConfirm:
				return r.Confirming()
			case a.Kind == release.CommandApprove, a.Kind == release.CommandReject:
				return r.Deciding(a.Kind), nil
			}
			return release.Command{Kind: a.Kind}, nil
		},
	}, err
}

func (p *page) commandedSet() (commanded, error) {
	s, err := p.set(p.PathValue("id"))
	return commanded{
		collection: ofSets, id: s.SetID, title: s.Title(), state: s.State(), acts: s.Acts,
		batch: func(n int) string { return strconv.Itoa(n) + " / " + strconv.Itoa(len(s.Waves)) },
		bound: func(a act) (release.Command, error) {
			if a.Kind == release.CommandConfirm {
				return s.Confirming()
			}
			return release.Command{Kind: a.Kind}, nil
		},
	}, err
}

// showCommand shows what a command will do.
func (p *page) showCommand(find func(*page) (commanded, error)) error {
	title, s, err := p.lookAt(find, p.URL.Query().Get("all") == "true")
	if err != nil {
		return err
	}
	return p.showSecond(title, s)
}

// lookAt is the second look at the command that the path names. It reads anew what the command is for, and refuses one that is not
// taken as things stand.
func (p *page) lookAt(find func(*page) (commanded, error), all bool) (title string, s second, err error) {
	kind := release.CommandKind(p.PathValue("kind"))
	if !slices.Contains(release.CommandKinds(), kind) {
		return "", s, problem.New(http.StatusNotFound, "there is no such command")
	}
	on, err := find(p)
	if err != nil {
		return "", s, err
	}
	at := slices.IndexFunc(on.acts, func(a act) bool { return a.Kind == kind && a.All == all })
	if at < 0 {
		return "", s, problem.New(http.StatusConflict, "as it stands, %s takes no %s: it is %s", on.id, kind, on.state)
	}
	a := on.acts[at]
	c, err := on.bound(a)
	if why, refused := errors.AsType[release.Refusal](err); refused {
		return "", s, problem.New(http.StatusConflict, "%s", why.Error())
	}
	if err != nil {
		return "", s, err
	}
	s = second{
		Label: a.Label, Does: a.Does, Stops: a.Stops, Action: on.page(on.id) + "/commands/" + string(kind), Back: on.page(on.id),
		Facts: []fact{{"ID", on.id}, {"State", p.t(string(on.state))}, {"Brings", on.brings}, {"Change", c.ChangeID}},
		Bound: []fact{{"artifact", c.Artifact}, {"changeId", c.ChangeID}, {"config", c.Config}},
	}
	if c.Batch > 0 {
		s.Facts = append(s.Facts, fact{"Batch", on.batch(c.Batch)})
		s.Bound = append(s.Bound, fact{"batch", strconv.Itoa(c.Batch)})
	}
	if c.All {
		s.Bound = append(s.Bound, fact{"all", "true"})
	}
	s.Fields = []field{p.given(field{Name: "note", Label: "Note"})}
	if a.Stops {
		s.Fields = []field{p.given(field{Name: "reason", Label: "Reason", Required: true})}
	}
	switch {
	case kind == release.CommandAbort && on.changing:
		s.Fields = append(s.Fields, p.given(field{Name: "atSafePoint", Label: "Only once no batch is in progress", Check: true}))
	case kind == release.CommandRollback:
		s.Fields = append(s.Fields, p.given(field{Name: "version", Label: "Version (the one before, unless another is named)"}))
	}
	return p.t(a.Label) + ": " + on.title, s, nil
}

// send sends a command. One that is refused is shown again with the reason.
func (p *page) send(find func(*page) (commanded, error)) error {
	given, err := p.command()
	if err != nil {
		return err
	}
	kind, id := p.PathValue("kind"), p.PathValue("id")
	of := collectionOf(id)
	var after decided
	err = p.post(string(of)+"/"+pathOf(id, "commands", kind), p.PostFormValue("key"), given, &after)
	if err == nil {
		p.remember(of.page(id), after.of(release.CommandKind(kind), given, p.by))
		return p.redirect(of.page(id))
	}
	why := p.problemOf(err)
	title, s, again := p.lookAt(find, given.All)
	if again != nil {
		return why
	}
	s.Problem = &why
	return p.showSecond(title, s)
}

// command reads the form of a second look.
func (p *page) command() (c wire.CommandData, err error) {
	if err := p.form(); err != nil {
		return c, err
	}
	c = wire.CommandData{
		Artifact: p.PostFormValue("artifact"), ChangeID: p.PostFormValue("changeId"), Config: p.PostFormValue("config"), Version: p.PostFormValue("version"),
		All: p.PostFormValue("all") == "true", AtSafePoint: p.PostFormValue("atSafePoint") == "true",
		By: p.by, Note: p.PostFormValue("note"), Reason: p.PostFormValue("reason"),
	}
	if batch := p.PostFormValue("batch"); batch != "" {
		if c.Batch, err = strconv.Atoi(batch); err != nil {
			return c, problem.New(http.StatusUnprocessableEntity, "batch must be a number")
		}
	}
	return c, nil
}

// form reads what was filled in.
func (p *page) form() error {
	if err := p.ParseForm(); err != nil {
		return problem.New(http.StatusBadRequest, "the form cannot be read")
	}
	return nil
}
