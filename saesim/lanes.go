package saesim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"slipway/internal/simframe"
)

const (
	opSetLane      = "CreateOrUpdateSwimmingLane"
	opSetLaneGroup = "CreateOrUpdateSwimmingLaneGroup"

	paramLane      = "LaneId"
	paramLaneTag   = "LaneTag"
	paramLaneGroup = "GroupId"
	paramBaseApp   = "BaseAppId"
	paramEntryType = "EntryAppType"
	paramEntryApp  = "EntryAppId"

	// laneTagKey is the key of a tag that is sent as its value alone.
	laneTagKey = "alicloud.service.tag"

	// entryApplication is an entry that is an application; the other kinds are gateways.
	entryApplication = "mse"

	// microserviceNamespace is where the microservices of a namespace are registered: one of
	// the names that the texts print.
	microserviceNamespace = "default"
)

// laneHandlers are the operations on swimming lanes, which only today's service has. No
// source has their error codes; they are those of gray rules (reading). None deletes a
// single lane.
func laneHandlers() map[string]handler {
	return map[string]handler{
		opSetLaneGroup:                      setLaneGroup,
		"DeleteSwimmingLaneGroup":           deleteLaneGroup,
		"ListAllSwimmingLaneGroups":         listLaneGroups,
		"ListSwimmingLaneGroupTags":         listLaneTags,
		"ListSwimmingLaneGatewayRoutes":     listGatewayRoutes,
		"ListApplicationsForSwimmingLane":   listLaneApplications,
		opSetLane:                           setLane,
		"DescribeSwimmingLane":              describeLane,
		"ListAllSwimmingLanes":              listLanes,
		"UpdateSwimmingLaneEnableAttribute": enableLane,
	}
}

// laneGroup is the lanes behind one entry, and the applications that traffic of no lane
// goes to.
type laneGroup struct {
	ID          int64    `json:"id"`
	NamespaceID string   `json:"namespaceId"`
	Name        string   `json:"name"`
	EntryType   string   `json:"entryType"`
	EntryID     string   `json:"entryId"`
	AppIDs      []string `json:"appIds"`
	Version     string   `json:"version"`
	Lanes       []*lane  `json:"lanes"` // oldest first
}

// lane is one lane of a group: a tag, and which traffic goes to the instances that have it.
type lane struct {
	ID      int64   `json:"id"`
	Name    string  `json:"name"`
	Tag     laneTag `json:"tag"`
	Enabled bool    `json:"enabled,omitempty"`
	// Model is 0 for traffic by its content, 1 for a percentage.
	Model int `json:"model,omitempty"`
	// Rule is nil for a lane that no traffic goes to.
	Rule *laneRule `json:"rule,omitempty"`
}

type laneTag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// text is the tag as JSON text of one member.
func (t laneTag) text() string {
	text, err := json.Marshal(map[string]string{t.Key: t.Value})
	if err != nil {
		return t.Value
	}
	return string(text)
}

// parseLaneTag reads a tag: its value, or JSON text of one member.
func parseLaneTag(text string) (laneTag, bool) {
	if !strings.HasPrefix(text, "{") {
		return laneTag{Key: laneTagKey, Value: text}, true
	}
	var pair map[string]string
	if json.Unmarshal([]byte(text), &pair) != nil || len(pair) != 1 {
		return laneTag{}, false
	}
	for key, value := range pair {
		return laneTag{Key: key, Value: value}, key != "" && value != ""
	}
	return laneTag{}, false
}

// serviceTags are the gray tags of an application.
func (a *application) serviceTags() map[string]string {
	var tags map[string]string
	if json.Unmarshal([]byte(a.settings()["ServiceTags"]), &tags) != nil {
		return nil
	}
	return tags
}

func (a *application) has(tag laneTag) bool {
	value, there := a.serviceTags()[tag.Key]
	return there && value == tag.Value
}

// takesPart reports whether an application, or the one that it is a gray twin of, is one of
// the group's.
func (g *laneGroup) takesPart(a *application) bool {
	return slices.Contains(g.AppIDs, a.ID) || slices.Contains(g.AppIDs, a.Config[paramBaseApp])
}

// laneGroupsOf lists the groups of a namespace in the order they were made.
func (s *state) laneGroupsOf(namespaceID string) []*laneGroup {
	list := slices.SortedFunc(maps.Values(s.LaneGroups), func(a, b *laneGroup) int { return cmp.Compare(a.ID, b.ID) })
	return slices.DeleteFunc(list, func(g *laneGroup) bool { return g.NamespaceID != namespaceID })
}

// laneNamespace is the namespace that a call names, or the default one.
func (c *call) laneNamespace() (*namespace, *apiError) {
	if ns := c.namespace(c.defaultNamespace()); ns != nil {
		return ns, nil
	}
	return nil, refuse(codeNamespaceNotFound)
}

// laneGroup is the group that a call names, of the namespace that it names.
func (c *call) laneGroup() (*laneGroup, *apiError) {
	ns, refused := c.laneNamespace()
	if refused != nil {
		return nil, refused
	}
	if c.arg(paramLaneGroup) == "" {
		return nil, missingParameter(paramLaneGroup)
	}
	id, _ := strconv.ParseInt(c.arg(paramLaneGroup), 10, 64)
	if g := c.st.LaneGroups[id]; g != nil && g.NamespaceID == ns.ID {
		return g, nil
	}
	return nil, invalidParameter(paramLaneGroup, "there is no such lane group")
}

// laneOf is the lane of a group that a call names.
func (c *call) laneOf(g *laneGroup) (*lane, *apiError) {
	if c.arg(paramLane) == "" {
		return nil, missingParameter(paramLane)
	}
	id, _ := strconv.ParseInt(c.arg(paramLane), 10, 64)
	if i := slices.IndexFunc(g.Lanes, func(l *lane) bool { return l.ID == id }); i >= 0 {
		return g.Lanes[i], nil
	}
	return nil, invalidParameter(paramLane, "the group has no such lane")
}

func (c *call) lane() (*laneGroup, *lane, *apiError) {
	g, refused := c.laneGroup()
	if refused != nil {
		return nil, nil, refused
	}
	l, refused := c.laneOf(g)
	return g, l, refused
}

type laneGroupIDData struct {
	GroupID int64 `json:"GroupId"`
}

// setLaneGroup serves CreateOrUpdateSwimmingLaneGroup. A new group needs a name and an
// entry (reading); what an update does not send stays.
func setLaneGroup(c *call) (any, *apiError) {
	ns, refused := c.laneNamespace()
	if refused != nil {
		return nil, refused
	}
	wanted, there := laneGroup{NamespaceID: ns.ID, Version: "0", AppIDs: []string{}}, &laneGroup{}
	if c.arg(paramLaneGroup) != "" {
		if there, refused = c.laneGroup(); refused != nil {
			return nil, refused
		}
		wanted = *there
	}
	for name, into := range map[string]*string{
		"GroupName": &wanted.Name, paramEntryType: &wanted.EntryType, paramEntryApp: &wanted.EntryID, "SwimVersion": &wanted.Version,
	} {
		*into = cmp.Or(c.arg(name), *into)
	}
	if refused := c.checkLaneGroup(&wanted, there); refused != nil {
		return nil, refused
	}
	if wanted.ID == 0 {
		c.st.NextLaneGroup++
		wanted.ID = c.st.NextLaneGroup
		c.st.LaneGroups[wanted.ID] = there
	}
	*there = wanted
	return laneGroupIDData{GroupID: wanted.ID}, nil
}

// checkLaneGroup checks a group that is about to take the place of another, and reads its
// applications.
func (c *call) checkLaneGroup(wanted, there *laneGroup) *apiError {
	for _, field := range []struct{ name, value string }{
		{"GroupName", wanted.Name}, {paramEntryType, wanted.EntryType}, {paramEntryApp, wanted.EntryID},
	} {
		if field.value == "" {
			return missingParameter(field.name)
		}
	}
	for _, other := range c.st.laneGroupsOf(wanted.NamespaceID) {
		if other.ID != wanted.ID && other.Name == wanted.Name {
			return invalidParameter("GroupName", "the namespace has a lane group of this name")
		}
	}
	if wanted.byApplication() != there.byApplication() && len(there.Lanes) > 0 {
		return invalidParameter(paramEntryType, "the group has lanes with rules for another kind of entry")
	}
	if wanted.byApplication() && c.appIn(wanted.NamespaceID, wanted.EntryID) == nil {
		return refuse(codeAppIDNotFound)
	}
	return c.readLaneApps(wanted)
}

// readLaneApps reads the applications of a group, which stay where none are sent.
func (c *call) readLaneApps(wanted *laneGroup) *apiError {
	text := c.arg("AppIds")
	if text == "" {
		return nil
	}
	var ids []string
	if json.Unmarshal([]byte(text), &ids) != nil {
		return invalidParameter("AppIds", "it must be a JSON array of application IDs")
	}
	wanted.AppIDs = []string{}
	for _, id := range ids {
		if c.appIn(wanted.NamespaceID, id) == nil {
			return refuse(codeAppIDNotFound)
		}
		if !slices.Contains(wanted.AppIDs, id) {
			wanted.AppIDs = append(wanted.AppIDs, id)
		}
	}
	return nil
}

// byApplication reports whether the entry is an application, and no gateway.
func (g *laneGroup) byApplication() bool { return g.EntryType == entryApplication }

// appIn is an application of a namespace, or nil.
func (c *call) appIn(namespaceID, id string) *application {
	if app := c.st.application(id); app != nil && app.NamespaceID == namespaceID {
		return app
	}
	return nil
}

// deleteLaneGroup serves DeleteSwimmingLaneGroup. Its lanes go with it (reading).
func deleteLaneGroup(c *call) (any, *apiError) {
	g, refused := c.laneGroup()
	if refused != nil {
		return nil, refused
	}
	delete(c.st.LaneGroups, g.ID)
	return nil, nil //nolint:nilnil // an answer without data
}

// forgetInLanes removes a deleted application from lane groups, and the groups that it was
// the entry of (reading).
func (s *state) forgetInLanes(app *application) {
	for id, g := range s.LaneGroups {
		if g.byApplication() && g.EntryID == app.ID {
			delete(s.LaneGroups, id)
			continue
		}
		g.AppIDs = slices.DeleteFunc(g.AppIDs, func(id string) bool { return id == app.ID })
	}
}

// wellFormedLanes checks that handlers can rely on what was read from a file.
func (r *resources) wellFormedLanes() error {
	for id, g := range r.LaneGroups {
		if g == nil || g.ID != id || id > r.NextLaneGroup {
			return fmt.Errorf("lane group %d is null, filed under another ID or beyond the last one", id)
		}
		for _, l := range g.Lanes {
			if l == nil || l.ID > r.NextLane {
				return fmt.Errorf("a lane of group %d is null or beyond the last one", id)
			}
		}
	}
	return nil
}

type laneIDData struct {
	LaneID int64 `json:"LaneId"`
}

// setLane serves CreateOrUpdateSwimmingLane. A new lane needs a name, a tag and the rule of
// its group's kind of entry, and is off where Enable is not sent (reading); what an update
// does not send stays.
func setLane(c *call) (any, *apiError) {
	g, refused := c.laneGroup()
	if refused != nil {
		return nil, refused
	}
	there, wanted := &lane{}, lane{}
	if c.arg(paramLane) != "" {
		if there, refused = c.laneOf(g); refused != nil {
			return nil, refused
		}
		wanted = *there
	}
	if refused := c.readLane(g, &wanted); refused != nil {
		return nil, refused
	}
	if wanted.ID == 0 {
		c.st.NextLane++
		wanted.ID = c.st.NextLane
		g.Lanes = append(g.Lanes, there)
	}
	*there = wanted
	return laneIDData{LaneID: wanted.ID}, nil
}

// readLane changes a lane as a call asks for, and checks it.
func (c *call) readLane(g *laneGroup, wanted *lane) *apiError {
	wanted.Name = cmp.Or(c.arg("LaneName"), wanted.Name)
	wanted.Enabled, wanted.Model = c.boolean("Enable", wanted.Enabled), c.integerOr("CanaryModel", wanted.Model)
	if text := c.arg(paramLaneTag); text != "" {
		tag, good := parseLaneTag(text)
		if !good {
			return invalidParameter(paramLaneTag, "it must be a tag, or JSON text of one member")
		}
		wanted.Tag = tag
	}
	switch {
	case wanted.Name == "":
		return missingParameter("LaneName")
	case wanted.Tag.Value == "":
		return missingParameter(paramLaneTag)
	}
	for _, other := range g.Lanes {
		switch {
		case other.ID == wanted.ID:
		case other.Name == wanted.Name:
			return invalidParameter("LaneName", "the group has a lane of this name")
		case other.Tag == wanted.Tag:
			return invalidParameter(paramLaneTag, "the group has a lane of this tag")
		}
	}
	return c.readLaneRule(g, wanted)
}

// enableLane serves UpdateSwimmingLaneEnableAttribute.
func enableLane(c *call) (any, *apiError) {
	_, l, refused := c.lane()
	if refused != nil {
		return nil, refused
	}
	if c.arg("Enable") == "" {
		return nil, missingParameter("Enable")
	}
	l.Enabled = c.boolean("Enable", false)
	return nil, nil //nolint:nilnil // an answer without data
}

// microserviceID is the ID that an application has where microservices are registered.
func microserviceID(appID string) string { return simframe.UUID(0, "microservice/"+appID) }
