package web

import (
	"net/http"
	"net/url"
	"slices"

	"slipway/apps"
	"slipway/console/problem"
	"slipway/ledger"
	"slipway/promotion"
	"slipway/release"
)

func applicationsPage(p *page) error {
	found, err := p.applications()
	if err != nil {
		return err
	}
	return p.showList("applications", p.t("Applications"), found, len(found))
}

// applications are the documents of applications that who has signed in may look at.
func (p *page) applications() ([]apps.Document, error) {
	var found listed[apps.Document]
	err := p.get("applications", nil, &found)
	return slices.DeleteFunc(found.Items, func(d apps.Document) bool { return d.Spec == nil }), err
}

// pastRelease is a release of an application as the ledger has it.
type pastRelease struct {
	ledger.Record

	Environment string `json:"environment"`
}

// State is the phase in which it is, or has ended.
func (r pastRelease) State() release.Phase { return r.Record.Latest().Phase }

// Operation is what was done.
func (r pastRelease) Operation() release.Operation { return r.Progress.Operation }

// environmentShown is an environment of an application.
type environmentShown struct {
	promotion.Standing

	// Lane is where its lane is shown, and Deploy where a release to it is asked for.
	Lane, Deploy string
	// Promote is where what runs before it is promoted to it; empty where that is not to be promoted.
	Promote string
}

// applicationShown is an application: its environments in a row, what pushes release, and what it was released with.
type applicationShown struct {
	Name         string
	Document     apps.Document
	Environments []environmentShown
	History      listed[pastRelease]
	Failed       *problem.Problem
}

func applicationPage(p *page) error {
	name := p.PathValue("name")
	shown := applicationShown{Name: name}
	at := "applications/" + pathOf(name)
	if err := p.get(at, nil, &shown.Document); err != nil {
		return err
	}
	var standings listed[promotion.Standing]
	failed := p.get(at+"/status", nil, &standings)
	if failed == nil {
		failed = p.get(at+"/history", url.Values{"limit": {"30"}}, &shown.History)
	}
	if failed != nil {
		shown.Failed = new(p.problemOf(failed))
	}
	for _, s := range standings.Items {
		e := environmentShown{Standing: s, Lane: lanePage(s.App), Deploy: "/deploy?" + url.Values{"app": {name + "/" + s.Environment}}.Encode()}
		if s.Promotion != nil && promotable(*s.Promotion) {
			e.Promote = "/applications/" + pathOf(name, "promote", s.Environment)
		}
		shown.Environments = append(shown.Environments, e)
	}
	return p.show("application", name, shown, everything())
}

// promotable reports whether somebody may promote: once the bake time is over, or with a reason before.
func promotable(v promotion.Verdict) bool {
	return v.State == promotion.Ready || v.State == promotion.Baking
}

// promotePage is the second look at a promotion.
func promotePage(p *page) error {
	title, s, err := p.lookAtPromotion()
	if err != nil {
		return err
	}
	return p.showSecond(title, s)
}

func (p *page) lookAtPromotion() (title string, s second, err error) {
	name, to := p.PathValue("name"), p.PathValue("environment")
	var standings listed[promotion.Standing]
	if err := p.get("applications/"+pathOf(name)+"/status", nil, &standings); err != nil {
		return "", s, err
	}
	at := slices.IndexFunc(standings.Items, func(s promotion.Standing) bool { return s.Environment == to && s.Promotion != nil })
	if at < 0 {
		return "", s, problem.New(http.StatusNotFound, "nothing is promoted to this environment")
	}
	v := *standings.Items[at].Promotion
	if !promotable(v) {
		return "", s, problem.New(http.StatusConflict, "%s", v.Reason)
	}
	s = second{
		Label: "Promote", Does: p.t("What runs in %s is released in %s.", v.From, v.To), Back: "/applications/" + pathOf(name), Action: "/applications/" + pathOf(name, "promote", to),
		Facts:  []fact{{"Application", name}, {"From", v.From}, {"To", v.To}, {"Artifact", v.Artifact.String()}, {"Release", v.Source}, {"Reason", v.Reason}},
		Bound:  []fact{{"release", v.Source}},
		Fields: []field{p.given(field{Name: "note", Label: "Note"})},
	}
	if v.State == promotion.Baking {
		s.Fields = append(s.Fields, p.given(field{Name: "now", Label: "Why it is not to bake any longer", Required: true}))
	}
	return p.t(s.Label) + ": " + name + "/" + to, s, nil
}

func promote(p *page) error {
	if err := p.form(); err != nil {
		return err
	}
	from := map[string]string{"release": p.PostFormValue("release")}
	if now := p.PostFormValue("now"); now != "" {
		from["now"] = now
	}
	body := map[string]any{"application": p.PathValue("name"), "environment": p.PathValue("environment"), "promotedFrom": from}
	if note := p.PostFormValue("note"); note != "" {
		body["note"] = note
	}
	id, err := p.submit(body, p.PostFormValue("key"))
	if err == nil {
		return p.redirect(ofReleases.page(id))
	}
	title, s, again := p.lookAtPromotion()
	if again != nil {
		return err
	}
	s.Problem = new(p.problemOf(err))
	return p.showSecond(title, s)
}

// submit asks for a release, and waits a moment for whether it is refused.
func (p *page) submit(body any, key string) (id string, err error) {
	var receipt struct {
		ReleaseID string `json:"releaseId"`
	}
	err = p.post("releases?"+url.Values{"wait": {"10s"}}.Encode(), key, body, &receipt)
	return receipt.ReleaseID, err
}
