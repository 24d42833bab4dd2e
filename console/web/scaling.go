package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"slipway/console/api"
	"slipway/console/problem"
	"slipway/release"
	"slipway/releases"
)

// ruleShown is a scaling rule as its platform has it just now.
type ruleShown struct {
	Name    string             `json:"name"`
	Enabled bool               `json:"enabled"`
	Held    *releases.RuleHold `json:"held"`
}

// scalingShown are the scaling rules of an application.
type scalingShown struct {
	listed[ruleShown]

	App release.App
	// Back is the path of the lane, and At that of the page.
	Back, At string
}

// The commands to scaling rules, as the API has them.
const (
	ruleEnable  = "enable"
	ruleDisable = "disable"
	ruleRestore = "restore"
)

// ForATime tells that some are switched for a time, and can be switched back before.
func (s scalingShown) ForATime() bool {
	return slices.ContainsFunc(s.Items, func(r ruleShown) bool { return r.Held != nil && r.Held.ReleaseID == "" && !r.Held.Until.IsZero() })
}

// Switch is the page on which a rule is switched.
func (s scalingShown) Switch(r ruleShown) string {
	kind := ruleEnable
	if r.Enabled {
		kind = ruleDisable
	}
	return s.At + "/commands/" + kind + "?" + url.Values{"name": {r.Name}}.Encode()
}

// scalingOf reads the scaling rules that a page is of.
func (p *page) scalingOf() (scalingShown, error) {
	shown := scalingShown{
		App:  release.App{Platform: release.Platform(p.PathValue("platform")), Region: p.PathValue("region"), ID: p.PathValue("id")},
		Back: "/" + p.laneOf(), At: "/" + p.laneOf() + "/scaling",
	}
	return shown, p.get(p.rulesPath(), nil, &shown.listed)
}

// rulesPath is where the API has the rules that a page is of.
func (p *page) rulesPath() string {
	return "scaling/" + pathOf(p.PathValue("platform"), p.PathValue("region"), p.PathValue("id"))
}

// scalingPage shows scaling rules. It asks the platform, and so is a page of its own that nothing reads anew by itself.
func scalingPage(p *page) error {
	shown, err := p.scalingOf()
	if err != nil {
		return err
	}
	return p.show("scaling", p.t("Scaling rules"), shown, live{})
}

// scalingCommandPage is the second look at switching scaling rules.
func scalingCommandPage(p *page) error {
	title, s, err := p.lookAtScaling(p.URL.Query().Get("name"))
	if err != nil {
		return err
	}
	return p.showSecond(title, s)
}

// lookAtScaling is the second look at switching the rule of a name, or all where it is empty.
func (p *page) lookAtScaling(name string) (title string, s second, err error) {
	shown, err := p.scalingOf()
	if err != nil {
		return "", s, err
	}
	kind, names := p.PathValue("kind"), []string{}
	for _, r := range shown.Items {
		if name == "" || r.Name == name {
			names = append(names, r.Name)
		}
	}
	if len(names) == 0 {
		return "", s, problem.New(http.StatusConflict, "the application has no such rule any more")
	}
	s = second{
		Action: shown.At + "/commands/" + pathOf(kind), Back: shown.At, Facts: []fact{{"Application", shown.App.SearchValue()}, {"Scaling rules", strings.Join(names, ", ")}},
		Fields: []field{p.given(field{Name: "reason", Label: "Reason"}), p.given(field{Name: "for", Label: "For how long, such as 2h (until somebody switches them, unless it is said)"})},
	}
	if name != "" {
		s.Bound = []fact{{"name", name}}
	}
	switch kind {
	case ruleEnable:
		s.Label, s.Does = "Enable", p.t("The rules are switched on: the platform changes the number of instances by them from then on.")
	case ruleDisable:
		s.Label, s.Does, s.Stops = "Disable", p.t("The rules are switched off: the number of instances stays as it is, whatever the load."), true
	case ruleRestore:
		s.Label, s.Does, s.Fields = "Switch back now", p.t("What was switched for a time is switched back at once."), nil
	default:
		return "", s, problem.New(http.StatusNotFound, "there is no such command")
	}
	return p.t(s.Label) + ": " + shown.App.SearchValue(), s, nil
}

// sendScalingCommand begins to switch scaling rules.
func sendScalingCommand(p *page) error {
	if err := p.form(); err != nil {
		return err
	}
	body, name := api.ScalingBody{Reason: p.PostFormValue("reason")}, p.PostFormValue("name")
	if name != "" {
		body.Names = []string{name}
	}
	err := error(nil)
	if lasting := strings.TrimSpace(p.PostFormValue("for")); lasting != "" && body.For.UnmarshalText([]byte(lasting)) != nil {
		err = invalid(release.Problems{{Field: "for", Message: "must be a duration such as 2h or 30m"}})
	}
	if err == nil {
		err = p.post(p.rulesPath()+"/commands/"+pathOf(p.PathValue("kind")), "", body, nil)
	}
	if err == nil {
		return p.redirect("/" + p.laneOf() + "/scaling")
	}
	why := p.problemOf(err)
	title, s, again := p.lookAtScaling(name)
	if again != nil {
		return why
	}
	s.Problem = &why
	return p.showSecond(title, s)
}
