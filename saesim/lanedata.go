package saesim

import (
	"slices"
	"strconv"
	"strings"
)

// laneAppData is an application of a lane. DescribeSwimmingLane has one member in another
// spelling; see describeLane.
type laneAppData struct {
	AppID                string `json:"AppId"`
	AppName              string
	MseAppID             string `json:"MseAppId"`
	MseAppName           string
	MseNamespaceID       string `json:"MseNamespaceId,omitempty"`
	MseNamespaceIDInLane string `json:"mseNamespaceId,omitempty"`
}

func (a *application) inLane() laneAppData {
	return laneAppData{
		AppID: a.ID, AppName: a.Name, MseAppID: microserviceID(a.ID), MseAppName: a.Name, MseNamespaceID: microserviceNamespace,
	}
}

type entryAppData struct {
	laneAppData

	AppType string
}

type laneGroupData struct {
	AppIDs         []string `json:"AppIds"`
	Apps           []laneAppData
	CanaryModel    int
	EntryApp       *entryAppData `json:",omitempty"`
	EntryAppID     string        `json:"EntryAppId"`
	EntryAppType   string
	GroupID        int64 `json:"GroupId"`
	GroupName      string
	MseNamespaceID string `json:"MseNamespaceId"`
	NamespaceID    string `json:"NamespaceId"`
	SwimVersion    string
}

// listLaneGroups serves ListAllSwimmingLaneGroups, in the order the groups were made. A
// group's model is 1 when it has a lane by percentage (reading). A gateway is no application
// of SAE, so it has no EntryApp.
func listLaneGroups(c *call) (any, *apiError) {
	ns, refused := c.laneNamespace()
	if refused != nil {
		return nil, refused
	}
	list := []laneGroupData{}
	for _, g := range c.st.laneGroupsOf(ns.ID) {
		data := laneGroupData{
			AppIDs: append([]string{}, g.AppIDs...), Apps: []laneAppData{}, EntryAppID: g.EntryID, EntryAppType: g.EntryType, GroupID: g.ID,
			GroupName: g.Name, MseNamespaceID: microserviceNamespace, NamespaceID: g.NamespaceID, SwimVersion: g.Version,
		}
		for _, id := range g.AppIDs {
			if app := c.st.application(id); app != nil {
				data.Apps = append(data.Apps, app.inLane())
			}
		}
		for _, l := range g.Lanes {
			data.CanaryModel = max(data.CanaryModel, l.Model)
		}
		if entry := c.st.application(g.EntryID); g.byApplication() && entry != nil {
			data.EntryApp = &entryAppData{laneAppData: entry.inLane(), AppType: entry.PackageType}
		}
		list = append(list, data)
	}
	return list, nil
}

type laneData struct {
	AppEntryRule        *appEntryRuleData `json:",omitempty"`
	Apps                []laneAppData
	CanaryModel         int
	Enable              bool
	EnableRules         bool
	LaneID              int64 `json:"LaneId"`
	LaneName            string
	LaneTag             string
	MseGatewayEntryRule *gatewayEntryRuleData `json:",omitempty"`
}

type appEntryRuleData struct {
	ConditionJoiner             string `json:",omitempty"`
	Conditions                  []laneCondition
	IndependentPercentageEnable bool
	Paths                       []string
	Percentage                  int
	PercentageByPath            map[string]int
}

type gatewayEntryRuleData struct {
	ConditionJoiner             string `json:",omitempty"`
	Conditions                  []laneCondition
	IndependentPercentageEnable bool
	Percentage                  int
	PercentageByRoute           map[string]int
	RouteIDs                    []int64 `json:"RouteIds"`
	Routes                      []gatewayRouteData
}

// show shows a lane with the applications that have its tag. Its rules are on as long as the
// lane is (reading).
func (l *lane) show(s *state, g *laneGroup) laneData {
	data := laneData{
		Apps: []laneAppData{}, CanaryModel: l.Model, Enable: l.Enabled, EnableRules: l.Enabled,
		LaneID: l.ID, LaneName: l.Name, LaneTag: l.Tag.Value,
	}
	for _, app := range s.inNamespace(g.NamespaceID) {
		if g.takesPart(app) && app.has(l.Tag) {
			data.Apps = append(data.Apps, app.inLane())
		}
	}
	switch {
	case l.Rule == nil:
	case g.byApplication():
		data.AppEntryRule = l.Rule.showApp()
	default:
		data.MseGatewayEntryRule = l.Rule.showGateway()
	}
	return data
}

func (r *laneRule) showApp() *appEntryRuleData {
	data := &appEntryRuleData{
		ConditionJoiner: r.ConditionJoiner, Conditions: []laneCondition{}, IndependentPercentageEnable: r.IndependentPercentageEnable,
		Paths: append([]string{}, r.Paths...), Percentage: r.Percentage, PercentageByPath: shares(r.PercentageByPath),
	}
	for _, condition := range r.Conditions {
		condition.Values = []string{condition.Value}
		if condition.Condition == "in" {
			condition.Values = strings.Split(condition.Value, ",")
		}
		data.Conditions = append(data.Conditions, condition)
	}
	return data
}

func (r *laneRule) showGateway() *gatewayEntryRuleData {
	data := &gatewayEntryRuleData{
		ConditionJoiner: r.ConditionJoiner, Conditions: append([]laneCondition{}, r.Conditions...),
		IndependentPercentageEnable: r.IndependentPercentageEnable, Percentage: r.Percentage,
		PercentageByRoute: shares(r.PercentageByRoute), RouteIDs: append([]int64{}, r.RouteIDs...), Routes: []gatewayRouteData{},
	}
	for _, id := range r.RouteIDs {
		data.Routes = append(data.Routes, showRoute(id))
	}
	return data
}

// shares is a map of percentages that is never null.
func shares(m map[string]int) map[string]int {
	if m == nil {
		return map[string]int{}
	}
	return m
}

type gatewayRouteData struct {
	RouteID        int64 `json:"RouteId"`
	RouteName      string
	RoutePredicate routePredicateData
}

type routePredicateData struct{ PathPredicate pathPredicateData }

// pathPredicateData has its members in two spellings: ListAllSwimmingLanes answers those in
// lower case.
type pathPredicateData struct {
	Path       string `json:",omitempty"`
	Type       string `json:",omitempty"`
	PathInList string `json:"path,omitempty"`
	TypeInList string `json:"type,omitempty"`
}

// firstRoute is a route that every gateway has.
const firstRoute = 1

// showRoute shows a route of a gateway. There are no gateways here: every route exists and
// takes all paths (reading).
func showRoute(id int64) gatewayRouteData {
	return gatewayRouteData{
		RouteID: id, RouteName: "route-" + strconv.FormatInt(id, 10),
		RoutePredicate: routePredicateData{PathPredicate: pathPredicateData{Path: "/", Type: "Prefix"}},
	}
}

// describeLane serves DescribeSwimmingLane, which answers the tag as JSON text.
func describeLane(c *call) (any, *apiError) {
	g, l, refused := c.lane()
	if refused != nil {
		return nil, refused
	}
	data := l.show(c.st, g)
	data.LaneTag = l.Tag.text()
	for i := range data.Apps {
		app := &data.Apps[i]
		app.MseNamespaceID, app.MseNamespaceIDInLane = "", app.MseNamespaceID
	}
	return data, nil
}

// listLanes serves ListAllSwimmingLanes: the lanes of a group, or without one those of all
// groups of the namespace.
func listLanes(c *call) (any, *apiError) {
	ns, refused := c.laneNamespace()
	if refused != nil {
		return nil, refused
	}
	groups := c.st.laneGroupsOf(ns.ID)
	if c.arg(paramLaneGroup) != "" {
		g, refused := c.laneGroup()
		if refused != nil {
			return nil, refused
		}
		groups = []*laneGroup{g}
	}
	list := []laneData{}
	for _, g := range groups {
		for _, l := range g.Lanes {
			data := l.show(c.st, g)
			if rule := data.MseGatewayEntryRule; rule != nil {
				for i := range rule.Routes {
					p := &rule.Routes[i].RoutePredicate.PathPredicate
					p.Path, p.Type, p.PathInList, p.TypeInList = "", "", p.Path, p.Type
				}
			}
			list = append(list, data)
		}
	}
	return list, nil
}

// listGatewayRoutes serves ListSwimmingLaneGatewayRoutes: the first route, and those that
// lanes behind the gateway name.
func listGatewayRoutes(c *call) (any, *apiError) {
	ns, refused := c.laneNamespace()
	if refused != nil {
		return nil, refused
	}
	gateway := c.arg("GatewayUniqueId")
	if gateway == "" {
		return nil, missingParameter("GatewayUniqueId")
	}
	ids := []int64{firstRoute}
	for _, g := range c.st.laneGroupsOf(ns.ID) {
		for _, l := range g.Lanes {
			if !g.byApplication() && g.EntryID == gateway && l.Rule != nil {
				ids = append(ids, l.Rule.RouteIDs...)
			}
		}
	}
	slices.Sort(ids)
	list := []gatewayRouteData{}
	for _, id := range slices.Compact(ids) {
		list = append(list, showRoute(id))
	}
	return list, nil
}

type laneTagData struct {
	Metadata string
	Tag      string
}

// listLaneTags serves ListSwimmingLaneGroupTags: the gray tags of the applications that may
// take part in a group, or without one of those of the namespace.
func listLaneTags(c *call) (any, *apiError) {
	apps, refused := c.laneApplications()
	if refused != nil {
		return nil, refused
	}
	list := []laneTagData{}
	for _, app := range apps {
		tags := app.serviceTags()
		for _, key := range sortedKeys(tags) {
			tag := laneTag{Key: key, Value: tags[key]}
			if data := (laneTagData{Metadata: tag.text(), Tag: tag.Value}); !slices.Contains(list, data) {
				list = append(list, data)
			}
		}
	}
	return list, nil
}

// laneApplications lists the applications of a namespace that have gray tags, and with
// GroupId those of them that may take part in it.
func (c *call) laneApplications() ([]*application, *apiError) {
	ns, refused := c.laneNamespace()
	if refused != nil {
		return nil, refused
	}
	tagged := slices.DeleteFunc(c.st.inNamespace(ns.ID), func(a *application) bool { return len(a.serviceTags()) == 0 })
	if c.arg(paramLaneGroup) == "" {
		return tagged, nil
	}
	g, refused := c.laneGroup()
	if refused != nil {
		return nil, refused
	}
	return slices.DeleteFunc(tagged, func(a *application) bool { return !g.takesPart(a) }), nil
}

type laneCandidateData struct {
	laneAppData

	BaseAppID   string `json:"BaseAppId,omitempty"`
	BaseAppName string `json:",omitempty"`
	ServiceTags map[string]string
}

// listLaneApplications serves ListApplicationsForSwimmingLane.
func listLaneApplications(c *call) (any, *apiError) {
	apps, refused := c.laneApplications()
	if refused != nil {
		return nil, refused
	}
	if text := c.arg("Tag"); text != "" {
		tag, good := parseLaneTag(text)
		if !good {
			return nil, invalidParameter("Tag", "it must be a tag, or JSON text of one member")
		}
		apps = slices.DeleteFunc(apps, func(a *application) bool { return !a.has(tag) })
	}
	list := []laneCandidateData{}
	for _, app := range apps {
		data := laneCandidateData{laneAppData: app.inLane(), BaseAppID: app.Config[paramBaseApp], ServiceTags: app.serviceTags()}
		if base := c.st.application(data.BaseAppID); base != nil {
			data.BaseAppName = base.Name
		}
		list = append(list, data)
	}
	return list, nil
}
