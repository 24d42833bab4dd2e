package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"slipway/console/api"
	"slipway/console/problem"
	"slipway/release"
	"slipway/releases"
)

// laneListed is a lane of a list.
type laneListed struct {
	releases.LaneStatus

	Partial string `json:"partial"`
}

// Name is what people call its application.
func (l laneListed) Name() string { return cmp.Or(l.AppName, l.App) }

// Waiting is how many releases wait in it.
func (l laneListed) Waiting() int {
	if l.State == nil {
		return 0
	}
	return len(l.State.Waiting)
}

func lanesPage(p *page) error {
	var found listed[laneListed]
	if err := p.get("lanes", url.Values{"limit": {"200"}}, &found); err != nil {
		return err
	}
	return p.showList("lanes", p.t("Lanes"), found, len(found.Items))
}

// laneShown is the lane of an application, with what there is to know of the application by its ID.
type laneShown struct {
	releases.ShownLane

	// At is the path of its page, Cloud where the application is in the console of its cloud, and Freezes are those that hold the application now.
	At, Cloud string
	Freezes   listed[freezeShown]
	// History are the newest releases of the application.
	History listedReleases
	// Failed is why something of it is not known.
	Failed *problem.Problem
}

// Name is what people call the application.
func (l laneShown) Name() string { return cmp.Or(l.AppName, l.App.SearchValue()) }

// Acts are the commands that the lane takes as it stands.
func (l laneShown) Acts() []act {
	if l.Unknown != "" {
		return nil
	}
	if l.Held != nil {
		return []act{{Label: "Resume the lane", Does: "what waits goes on", Needed: true, Page: l.At + "/commands/" + release.UpdateResume}}
	}
	return []act{{Label: "Hold the lane", Does: "nothing new begins until somebody resumes it", Stops: true, Page: l.At + "/commands/" + release.UpdateHold}}
}

// Drop is the page on which a release that waits is dropped, and Allow the one on which what was rolled back is allowed again.
func (l laneShown) Drop(id string) string {
	return l.At + "/commands/" + release.UpdateDrop + "?" + url.Values{"releaseId": {id}}.Encode()
}

// Allow is the page on which an artifact that was rolled back is allowed again.
func (l laneShown) Allow(d release.Denial) string {
	return l.At + "/commands/" + release.UpdateAllow + "?" + url.Values{"artifact": {d.Subject()}}.Encode()
}

// laneOf is the path of the lane that the page is of, in the API and on the pages.
func (p *page) laneOf() string {
	return "lanes/" + pathOf(p.PathValue("platform"), p.PathValue("region"), p.PathValue("id"))
}

func (p *page) lane() (laneShown, error) {
	shown := laneShown{At: "/" + p.laneOf()}
	err := p.get(p.laneOf(), nil, &shown.ShownLane)
	shown.Cloud = p.cfg.Links.cloud(shown.App)
	return shown, err
}

func lanePageOf(p *page) error {
	shown, err := p.lane()
	if err != nil {
		return err
	}
	app := url.Values{"app": {shown.App.SearchValue()}}
	failed := p.get("freezes", app, &shown.Freezes)
	if failed == nil {
		failed = p.get("releases", url.Values{"app": app["app"], "limit": {"20"}}, &shown.History)
	}
	if failed != nil {
		shown.Failed = new(p.problemOf(failed))
	}
	return p.show("lane", p.t("Lane")+" "+shown.Name(), shown, everything())
}

// laneCommandPage is the second look at a command to a lane.
func laneCommandPage(p *page) error {
	title, s, err := p.lookAtLane()
	if err != nil {
		return err
	}
	return p.showSecond(title, s)
}

// lookAtLane is the second look at the command to a lane that the path names.
func (p *page) lookAtLane() (title string, s second, err error) {
	shown, err := p.lane()
	if err != nil {
		return "", s, err
	}
	kind := p.PathValue("kind")
	s = second{
		Action: shown.At + "/commands/" + pathOf(kind), Back: shown.At, Facts: []fact{{"Application", shown.Name()}},
		Fields: []field{p.given(field{Name: "reason", Label: "Reason", Required: kind == release.UpdateHold})},
	}
	of := func(name string) string { return cmp.Or(p.PostFormValue(name), p.URL.Query().Get(name)) }
	switch kind {
	case release.UpdateHold:
		s.Label, s.Does, s.Stops = "Hold the lane", p.t("Nothing new begins in the lane until somebody resumes it. What runs goes on."), true
		s.Fields = append(s.Fields, p.given(field{Name: "force", Label: "Also where the application was never released (force)", Check: true}))
	case release.UpdateResume:
		s.Label, s.Does = "Resume the lane", p.t("What waits goes on: %s.", strconv.Itoa(len(shown.Waiting)))
		if shown.Held != nil {
			s.Facts = append(s.Facts, fact{"Held by", shown.Held.By}, fact{"Reason", shown.Held.Reason})
		}
	case release.UpdateDrop:
		id := of("releaseId")
		if !slices.ContainsFunc(shown.Waiting, func(e release.LaneEntry) bool { return e.ReleaseID == id }) {
			return "", s, problem.New(http.StatusConflict, "the release does not wait in this lane any more")
		}
		s.Label, s.Does, s.Stops = "Drop", p.t("The release is taken out of the lane. Nothing was changed for it."), true
		s.Facts, s.Bound = append(s.Facts, fact{"Release", id}), []fact{{"releaseId", id}}
	case release.UpdateAllow:
		artifact := of("artifact")
		if !slices.ContainsFunc(shown.Denied, func(d release.Denial) bool { return d.Subject() == artifact }) {
			return "", s, problem.New(http.StatusConflict, "the lane denies nothing of this name any more")
		}
		s.Label, s.Does = "Allow", p.t("What was rolled back may be released again.")
		s.Facts, s.Bound = append(s.Facts, fact{"Artifact", artifact}), []fact{{"artifact", artifact}}
	default:
		return "", s, problem.New(http.StatusNotFound, "there is no such command")
	}
	return p.t(s.Label) + ": " + shown.Name(), s, nil
}

func sendLaneCommand(p *page) error {
	if err := p.form(); err != nil {
		return err
	}
	c := api.LaneBody{
		Reason: p.PostFormValue("reason"), ReleaseID: p.PostFormValue("releaseId"), Artifact: p.PostFormValue("artifact"), Force: p.PostFormValue("force") == "true",
	}
	err := p.post(p.laneOf()+"/commands/"+pathOf(p.PathValue("kind")), p.PostFormValue("key"), c, nil)
	if err == nil {
		return p.redirect("/" + p.laneOf())
	}
	why := p.problemOf(err)
	title, s, again := p.lookAtLane()
	if again != nil {
		return why
	}
	s.Problem = &why
	return p.showSecond(title, s)
}
