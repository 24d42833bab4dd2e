package servicestagesim

import (
	"net/http"

	"slipway/internal/simframe"
)

// addonHandlers are the operations of add-ons [4.7].
func addonHandlers() map[string]handler {
	return map[string]handler{
		"CreateAddon":       createAddon,
		"ListAddons":        listAddons,
		"ListAddonMetadata": listAddonMetadata,
		"GetAddon":          getAddon,
		"AddonAction":       addonAction,
		"DeleteAddon":       deleteAddon,
	}
}

// The one add-on that there is.
const (
	addonSermant        = "sermantInjector"
	addonSermantVersion = "1.3.1.0"
)

// addonSucceeded is the status of an add-on that works; the others are those of components.
const addonSucceeded = "SUCCEEDED"

// addon is an add-on in a cluster of an environment.
type addon struct {
	thing

	EnvironmentID string `json:"environmentId"`
	CCE           string `json:"cce"`
	CSE           string `json:"cse"`
	Status        string `json:"status"`
	JobID         string `json:"jobId"`
}

// addonView is an add-on in an answer.
type addonView struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	Version       string `json:"version"`
	CCE           string `json:"cce_id"`
	CSE           string `json:"cse_id"`
	JobID         string `json:"job_id"`
	EnvironmentID string `json:"environment_id"`
	Status        string `json:"status"`
}

func (a *addon) show() addonView {
	return addonView{a.ID, a.Name, addonSermantVersion, a.CCE, a.CSE, a.JobID, a.EnvironmentID, a.Status}
}

// begin starts a job of an add-on.
func (c *call) begin(a *addon, p purpose, status string) {
	kind := typeProvision
	if p == forAddonDelete {
		kind = typeDeprovision
	}
	a.Status = status
	a.JobID = c.start(jobPlan{purpose: p, kind: kind, subject: a.ID, tasks: []*task{{Name: "SEPARATOR_ADDON", Do: taskAct}}}).ID
}

// createAddon serves CreateAddon. A cluster has an add-on once.
func createAddon(c *call) (reply, *apiError) {
	e, refused := c.environment()
	if refused != nil {
		return reply{}, refused
	}
	var in struct {
		Name string `json:"name"`
		CCE  string `json:"cce_id"`
		CSE  string `json:"cse_id"`
	}
	var k checker
	c.read(&k, &in, bodyRule{})
	k.check(in.CSE != "", "cse_id must be given for %s", addonSermant)
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	for _, other := range c.st.Addons {
		if other.EnvironmentID == e.ID && other.Name == in.Name && other.CCE == in.CCE {
			return reply{}, refuse(codeNameExists, "add-on "+in.Name+" is in the cluster")
		}
	}
	a := &addon{thing: c.newThing("addon", in.Name, ""), EnvironmentID: e.ID, CCE: in.CCE, CSE: in.CSE}
	c.st.Addons[a.ID] = a
	c.begin(a, forAddon, statusInitializing)
	return reply{body: map[string]string{"job_id": a.JobID, "id": a.ID}}, nil
}

// listAddons serves ListAddons.
func listAddons(c *call) (reply, *apiError) {
	e, refused := c.environment()
	if refused != nil {
		return reply{}, refused
	}
	found := wanted(c.st.Addons, func(a *addon) bool { return a.EnvironmentID == e.ID })
	sortThings(c, found)
	return reply{body: map[string]any{"addons": views(found, (*addon).show)}}, nil
}

// listAddonMetadata serves ListAddonMetadata.
func listAddonMetadata(c *call) (reply, *apiError) {
	if _, refused := c.environment(); refused != nil {
		return reply{}, refused
	}
	return reply{body: map[string]any{"addons": []map[string]string{{"name": addonSermant, "latest_version": addonSermantVersion}}}}, nil
}

// addon finds the add-on that the path names.
func (c *call) addon() (*addon, *apiError) {
	e, refused := c.environment()
	if refused != nil {
		return nil, refused
	}
	id := c.params["addon_id"]
	if a := c.st.Addons[id]; a != nil && a.EnvironmentID == e.ID {
		return a, nil
	}
	return nil, refuse(codeNotFound, simframe.Shorten(id))
}

// idleAddon finds the add-on that the path names, if nothing goes on with it.
func (c *call) idleAddon() (*addon, *apiError) {
	a, refused := c.addon()
	if refused == nil && a.Status != addonSucceeded && a.Status != statusFailed {
		return nil, refuse(codeWrongStatus, "the add-on is "+a.Status)
	}
	return a, refused
}

// getAddon serves GetAddon.
func getAddon(c *call) (reply, *apiError) {
	a, refused := c.addon()
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: a.show()}, nil
}

// addonAction serves AddonAction.
func addonAction(c *call) (reply, *apiError) {
	var in struct {
		Action string `json:"action"`
	}
	if refused := c.decode(&in, bodyRule{}); refused != nil {
		return reply{}, refused
	}
	a, refused := c.idleAddon()
	if refused != nil {
		return reply{}, refused
	}
	c.begin(a, forAddon, statusUpgrading)
	return reply{body: map[string]string{"job_id": a.JobID}}, nil
}

// deleteAddon serves DeleteAddon. The add-on is gone when its job has ended.
func deleteAddon(c *call) (reply, *apiError) {
	a, refused := c.idleAddon()
	if refused != nil {
		return reply{}, refused
	}
	c.begin(a, forAddonDelete, statusDeleting)
	return reply{status: http.StatusOK, body: map[string]string{"job_id": a.JobID}}, nil
}

// endAddonJob draws the consequences of a job's end for its add-on.
func (s *state) endAddonJob(j *job, status string) {
	a := s.Addons[j.Subject]
	switch {
	case a == nil:
	case status != jobSucceeded:
		a.Status = statusFailed
	case j.Purpose == forAddonDelete:
		delete(s.Addons, a.ID)
	default:
		a.Status = addonSucceeded
	}
}
