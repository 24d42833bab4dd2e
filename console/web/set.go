package web

import (
	"cmp"
	"net/url"

	"slipway/release"
	"slipway/releases"
)

// setShown is a set as its page shows it.
type setShown struct {
	releases.ShownSet

	Partial string `json:"partial"`

	told

	Acts   []act
	Steps  []release.NextStep
	Awaits string
	Done   *done
}

// Title is what people call it.
func (s setShown) Title() string { return cmp.Or(s.Name, s.SetID) }

// State is the phase in which it is, or has ended.
func (s setShown) State() release.Phase { return cmp.Or(s.Outcome, s.Phase) }

// Standing is where a release of the set stands.
func (s setShown) Standing(of release.SetStanding) release.Phase {
	if p, answers := s.UnderWay[of.Run.ReleaseID]; answers {
		return p.Phase
	}
	return of.Run.Outcome
}

// Called is what people call the application of a release of the set.
func (s setShown) Called(of release.SetStanding) string {
	if of.ByName != nil {
		return of.ByName.String()
	}
	return cmp.Or(s.UnderWay[of.Run.ReleaseID].AppName, of.App.SearchValue())
}

func (p *page) set(id string) (setShown, error) {
	var s setShown
	if err := p.get(string(ofSets)+"/"+pathOf(id), nil, &s); err != nil {
		return s, err
	}
	s.Acts, s.Steps = actsOf(s.SetID, release.NextOfSet(s.SetProgress))
	s.Awaits = s.Awaiting.Text(release.UnitWave, nil)
	return s, nil
}

func setPage(p *page) error {
	id := p.PathValue("id")
	s, err := p.set(id)
	if err != nil {
		return err
	}
	s.Done, s.told = p.done(), p.told(ofSets, id)
	return p.show("set", p.t("Set")+" "+s.Title(), s, s.live(ofSets, id, s.State()))
}

func setsPage(p *page) error {
	var found listed[item]
	if err := p.get(string(ofSets), url.Values{"limit": {"100"}}, &found); err != nil {
		return err
	}
	return p.showList("sets", p.t("Sets"), found, len(found.Items))
}

// approvalsPage shows what waits for an approval.
func approvalsPage(p *page) error {
	var found listed[waiting]
	if err := p.get("approvals", nil, &found); err != nil {
		return err
	}
	return p.showList("approvals", p.t("Approvals"), found, len(found.Items))
}
