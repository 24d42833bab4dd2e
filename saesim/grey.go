package saesim

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"unicode/utf8"

	"slipway/internal/simframe"
)

// The rules of a gray traffic rule as they are sent (SAE API reference ch. 19.1;
// albRules only on the ListGreyTagRoute page).
type (
	scRule struct {
		Path      string     `json:"path"`
		Condition string     `json:"condition"`
		Items     []greyItem `json:"items"`
	}

	dubboRule struct {
		ServiceName string     `json:"serviceName"`
		Group       string     `json:"group"`
		Version     string     `json:"version"`
		MethodName  string     `json:"methodName"`
		Condition   string     `json:"condition"`
		Items       []greyItem `json:"items"`
	}

	// albRule names its requests by the ID of a gateway route, as answers do, or by the
	// path, as the example of a request does. One answer has serviceName and the other
	// serviceId.
	albRule struct {
		IngressID   string     `json:"ingressId,omitempty"`
		ServiceID   string     `json:"serviceId,omitempty"`
		ServiceName string     `json:"serviceName,omitempty"`
		Path        string     `json:"path,omitempty"`
		Condition   string     `json:"condition"`
		Items       []greyItem `json:"items"`
	}

	// greyItem is one comparison. Spring Cloud and ALB items use type and name,
	// Dubbo items index and expr; answers print N/A for what an item does not use.
	greyItem struct {
		Type     string `json:"type"`
		Name     string `json:"name"`
		Index    int    `json:"index"`
		Expr     string `json:"expr"`
		Operator string `json:"operator"`
		Value    string `json:"value"`
		Cond     string `json:"cond"`
	}
)

const notUsed = "N/A"

type greyRules struct {
	sc    []scRule
	dubbo []dubboRule
	alb   []albRule
}

// greyRules reads the rules of a call, of one kind or of several. The English
// reference says that ScRules and DubboRules exclude each other; the Chinese one only
// that an application of one framework does not need the other, and real clients send
// and read back both.
func (c *call) greyRules() (greyRules, *apiError) {
	var rules greyRules
	for name, into := range map[string]any{"ScRules": &rules.sc, "DubboRules": &rules.dubbo, "AlbRules": &rules.alb} {
		text := c.arg(name)
		if text == "" {
			continue
		}
		if json.Unmarshal([]byte(text), into) != nil {
			return rules, invalidParameter(name, "it is not a list of rules in JSON")
		}
	}
	return rules, rules.check()
}

func (r *greyRules) empty() bool { return len(r.sc)+len(r.dubbo)+len(r.alb) == 0 }

func (r *greyRules) check() *apiError {
	for _, rule := range r.sc {
		if refused := checkItems("ScRules", rule.Condition, rule.Items, []string{"param", "cookie", "header"}); refused != nil {
			return refused
		}
		markUnused(rule.Items, false)
	}
	for _, rule := range r.dubbo {
		if rule.ServiceName == "" || rule.MethodName == "" {
			return invalidParameter("DubboRules", "a rule needs serviceName and methodName")
		}
		if refused := checkItems("DubboRules", rule.Condition, rule.Items, nil); refused != nil {
			return refused
		}
		markUnused(rule.Items, true)
	}
	for i := range r.alb {
		rule := &r.alb[i]
		if refused := rule.check(); refused != nil {
			return refused
		}
		rule.settle()
		markUnused(rule.Items, false)
	}
	return nil
}

func (r *albRule) check() *apiError {
	if r.IngressID == "" && r.Path == "" || r.Condition != "AND" {
		return invalidParameter("AlbRules", "a rule needs ingressId or path, and the condition AND")
	}
	if r.Path != "" && r.IngressID != "" && r.IngressID != routeOfPath(r.Path) || r.ServiceID != "" && r.ServiceName != "" && r.ServiceID != r.ServiceName {
		return invalidParameter("AlbRules", "ingressId and path, or serviceId and serviceName, say two things")
	}
	for _, item := range r.Items {
		if item.Operator != "rawvalue" || item.Cond != "==" {
			return invalidParameter("AlbRules", "operator must be rawvalue and cond ==")
		}
	}
	return checkItems("AlbRules", r.Condition, r.Items, []string{"sourceIp", "cookie", "header"})
}

// settle makes a rule that is sent what lists answer: a path is that of one gateway route
// (reading).
func (r *albRule) settle() {
	if r.IngressID == "" {
		r.IngressID = routeOfPath(r.Path)
	}
	r.ServiceName = cmp.Or(r.ServiceName, r.ServiceID)
	r.ServiceID, r.Path = "", ""
}

// routeOfPath is the ID of the gateway route of a path.
func routeOfPath(path string) string { return simframe.UUID(0, "gateway route/"+path) }

// markUnused fills in what answers print for the fields an item does not use.
func markUnused(items []greyItem, byIndex bool) {
	for i := range items {
		if byIndex {
			items[i].Type, items[i].Name = notUsed, notUsed
		} else {
			items[i].Expr = notUsed
		}
	}
}

// checkItems checks the comparisons of one rule; types nil means that items have
// an argument index instead of a type.
func checkItems(parameter, condition string, items []greyItem, types []string) *apiError {
	if condition != "AND" && condition != "OR" {
		return invalidParameter(parameter, "condition must be AND or OR")
	}
	if len(items) == 0 {
		return invalidParameter(parameter, "items is empty")
	}
	for _, item := range items {
		switch {
		case types != nil && !slices.Contains(types, item.Type):
			return invalidParameter(parameter, "type must be one of %v", types)
		case types != nil && item.Name == "" && item.Type != "sourceIp":
			return invalidParameter(parameter, "an item needs a name")
		case types == nil && item.Index < 0:
			return invalidParameter(parameter, "index counts from 0")
		case !slices.Contains([]string{"rawvalue", "list", "mod", "deterministic_proportional_steaming_division"}, item.Operator):
			return invalidParameter(parameter, "operator %q is unknown", item.Operator)
		case !slices.Contains([]string{">", "<", ">=", "<=", "==", "!="}, item.Cond):
			return invalidParameter(parameter, "cond %q is unknown", item.Cond)
		}
	}
	return nil
}

func (c *call) checkRouteText() *apiError {
	if utf8.RuneCountInString(c.arg("Description")) > 64 {
		return invalidParameter("Description", "it must have at most 64 characters")
	}
	return nil
}

type routeIDData struct {
	GreyTagRouteID int64 `json:"GreyTagRouteId"`
}

// createRoute serves CreateGreyTagRoute (SAE API reference ch. 19.1). No code for a
// second rule of an application is listed; this one is a reading.
func createRoute(c *call) (any, *apiError) {
	app, refused := c.idleApp()
	if refused != nil {
		return nil, refused
	}
	rules, refused := c.greyRules()
	if refused != nil {
		return nil, refused
	}
	if rules.empty() {
		return nil, missingParameter("ScRules")
	}
	if c.st.routeOf(app.ID) != nil {
		return nil, invalidParameter("AppId", "the application has a gray rule already")
	}
	if refused := c.checkRouteText(); refused != nil {
		return nil, refused
	}
	c.st.NextRoute++
	r := &greyRoute{
		ID: c.st.NextRoute, AppID: app.ID, Name: c.arg("Name"), Description: c.arg("Description"),
		ScRules: rules.sc, DubboRules: rules.dubbo, AlbRules: rules.alb, CreatedAt: c.now, UpdatedAt: c.now,
	}
	c.st.GreyRoutes[r.ID] = r
	return routeIDData{GreyTagRouteID: r.ID}, nil
}

func (s *state) routeOf(appID string) *greyRoute {
	for _, r := range s.GreyRoutes {
		if r.AppID == appID {
			return r
		}
	}
	return nil
}

// routeByID is the gray rule a call names by its number, or nil.
func (c *call) routeByID() *greyRoute {
	id, err := strconv.ParseInt(c.arg("GreyTagRouteId"), 10, 64)
	if err != nil {
		return nil
	}
	return c.st.GreyRoutes[id]
}

func (c *call) route() (*greyRoute, *apiError) {
	if r := c.routeByID(); r != nil {
		return r, nil
	}
	return nil, invalidParameter("GreyTagRouteId", "there is no such gray rule")
}

// deleteRoute serves DeleteGreyTagRoute (SAE API reference ch. 19.2), which is
// allowed while a change order runs.
func deleteRoute(c *call) (any, *apiError) {
	r, refused := c.route()
	if refused != nil {
		return nil, refused
	}
	delete(c.st.GreyRoutes, r.ID)
	return routeIDData{GreyTagRouteID: r.ID}, nil
}

// updateRoute serves UpdateGreyTagRoute (SAE API reference ch. 19.3). Rules that are
// sent, of whatever kinds, take the place of all (reading: real clients send every kind
// with each update); without any they stay as they are.
func updateRoute(c *call) (any, *apiError) {
	r, refused := c.route()
	if refused != nil {
		return nil, refused
	}
	if refused := c.st.requireIdle(c.st.Apps[r.AppID]); refused != nil {
		return nil, refused
	}
	rules, refused := c.greyRules()
	if refused != nil {
		return nil, refused
	}
	if refused := c.checkRouteText(); refused != nil {
		return nil, refused
	}
	if !rules.empty() {
		r.ScRules, r.DubboRules, r.AlbRules = rules.sc, rules.dubbo, rules.alb
	}
	if text, sent := c.sent("Description"); sent {
		r.Description = text
	}
	r.UpdatedAt = c.now
	return routeIDData{GreyTagRouteID: r.ID}, nil
}

type routeData struct {
	GreyTagRouteID int64 `json:"GreyTagRouteId"`
	Name           string
	Description    string
	ScRules        []scRule    `json:",omitempty"`
	DubboRules     []dubboRule `json:",omitempty"`
	AlbRules       []albRule   `json:",omitempty"`
	CreateTime     int64
	UpdateTime     int64
	AppID          string `json:"AppId,omitempty"`
}

func (r *greyRoute) show() routeData {
	return routeData{
		GreyTagRouteID: r.ID, Name: r.Name, Description: r.Description, ScRules: r.ScRules, DubboRules: r.DubboRules,
		AlbRules: r.AlbRules, CreateTime: millis(r.CreatedAt), UpdateTime: millis(r.UpdatedAt),
	}
}

type routesData struct {
	CurrentPage int
	PageSize    int
	TotalSize   int
	Result      []routeData
}

// listRoutes serves ListGreyTagRoute (SAE API reference ch. 19.4). An application
// has at most one rule; pages have the size 1 unless told otherwise.
func listRoutes(c *call) (any, *apiError) {
	app, refused := c.app()
	if refused != nil {
		return nil, refused
	}
	var routes []*greyRoute
	if r := c.st.routeOf(app.ID); r != nil {
		routes = append(routes, r)
	}
	p := c.page(1)
	data := routesData{CurrentPage: p.Number, PageSize: p.Size, TotalSize: len(routes), Result: []routeData{}}
	for _, r := range cut(routes, p) {
		data.Result = append(data.Result, r.show())
	}
	return data, nil
}

// describeRoute serves DescribeGreyTagRoute (SAE API reference ch. 19.5).
func describeRoute(c *call) (any, *apiError) {
	r, refused := c.route()
	if refused != nil {
		return nil, refused
	}
	data := r.show()
	data.AppID, data.AlbRules = r.AppID, slices.Clone(data.AlbRules)
	for i, rule := range data.AlbRules {
		data.AlbRules[i].ServiceID, data.AlbRules[i].ServiceName = rule.ServiceName, ""
	}
	return data, nil
}
