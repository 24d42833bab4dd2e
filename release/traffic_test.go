package release_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// item is a comparison that nothing is wrong with, but for what change does.
func item(change func(*release.TrafficItem)) []release.TrafficItem {
	i := release.TrafficItem{Type: "header", Name: "x-canary", Operator: "rawvalue", Cond: "==", Value: "1"}
	if change != nil {
		change(&i)
	}
	return []release.TrafficItem{i}
}

func springCloud(change func(*release.TrafficRule)) *release.Traffic {
	r := release.TrafficRule{Path: "/orders", Condition: "OR", Items: item(nil)}
	change(&r)
	return &release.Traffic{SpringCloud: []release.TrafficRule{r}}
}

func springCloudItem(change func(*release.TrafficItem)) *release.Traffic {
	return springCloud(func(r *release.TrafficRule) { r.Items = item(change) })
}

func dubbo(change func(*release.DubboTrafficRule)) *release.Traffic {
	r := release.DubboTrafficRule{
		ServiceName: "com.shop.Orders", MethodName: "place", Condition: "AND",
		Items: []release.DubboTrafficItem{{Index: 1, Expr: ".key", Operator: "mod", Cond: "<", Value: "40"}},
	}
	change(&r)
	return &release.Traffic{Dubbo: []release.DubboTrafficRule{r}}
}

func alb(change func(*release.ALBTrafficRule)) *release.Traffic {
	r := release.ALBTrafficRule{
		IngressID: 23, ServiceName: "s-1", Condition: "AND",
		Items: []release.TrafficItem{{Type: "sourceIp", Operator: "rawvalue", Cond: "==", Value: "192.0.2.1"}},
	}
	change(&r)
	return &release.Traffic{ALB: []release.ALBTrafficRule{r}}
}

// headers are rules by headers that nothing is wrong with, but for what change does.
func headers(change func(*release.HeaderTraffic)) *release.Traffic {
	h := release.HeaderTraffic{Match: "any", Rules: []release.HeaderRule{
		{Name: "x-canary", Op: "equal", Value: "1"}, {Name: "x-user", Op: "match", Value: "^a.*"}, {Name: "x-region", Op: "in", Value: "north, south"},
	}}
	if change != nil {
		change(&h)
	}
	return &release.Traffic{Headers: &h}
}

// problemsOf are the fields that a gray release with these rules has problems with.
func problemsOf(t *testing.T, s release.Spec) []string {
	t.Helper()
	err := s.WithDefaults().Validate()
	if err == nil {
		return nil
	}
	var problems release.Problems
	require.ErrorAs(t, err, &problems)
	var fields []string
	for _, p := range problems {
		fields = append(fields, p.Field)
	}
	return fields
}

func graySpec(t *release.Traffic) release.Spec {
	s := validSpec()
	s.Strategy.Type, s.Traffic = release.StrategyGray, t
	return s
}

func TestTrafficRules(t *testing.T) {
	t.Parallel()
	value := func(operator, v string) *release.Traffic {
		return springCloudItem(func(i *release.TrafficItem) { i.Operator, i.Value = operator, v })
	}
	const first = "traffic.springCloud[0]"
	tests := map[string]struct {
		traffic *release.Traffic
		wrong   []string
	}{
		"header":     {springCloudItem(nil), nil},
		"cookie":     {springCloudItem(func(i *release.TrafficItem) { i.Type = "cookie" }), nil},
		"param":      {springCloudItem(func(i *release.TrafficItem) { i.Type = "param" }), nil},
		"all items":  {springCloud(func(r *release.TrafficRule) { r.Condition = "AND" }), nil},
		"list":       {value("list", "a, b,c"), nil},
		"mod":        {value("mod", "100"), nil},
		"percent":    {value("percent", "12.5"), nil},
		"long word":  {value("deterministic_proportional_steaming_division", "0"), nil},
		"dubbo":      {dubbo(func(*release.DubboTrafficRule) {}), nil},
		"source IP":  {alb(func(*release.ALBTrafficRule) {}), nil},
		"ALB header": {alb(func(r *release.ALBTrafficRule) { r.Items = item(nil) }), nil},

		"nothing": {&release.Traffic{}, []string{"traffic"}},
		"two kinds": {&release.Traffic{
			SpringCloud: springCloudItem(nil).SpringCloud, ALB: alb(func(*release.ALBTrafficRule) {}).ALB,
		}, []string{"traffic"}},
		"no path":      {springCloud(func(r *release.TrafficRule) { r.Path = "" }), []string{first + ".path"}},
		"bare path":    {springCloud(func(r *release.TrafficRule) { r.Path = "orders" }), []string{first + ".path"}},
		"long path":    {springCloud(func(r *release.TrafficRule) { r.Path = "/" + strings.Repeat("x", 256) }), []string{first + ".path"}},
		"condition":    {springCloud(func(r *release.TrafficRule) { r.Condition = "or" }), []string{first + ".condition"}},
		"no items":     {springCloud(func(r *release.TrafficRule) { r.Items = nil }), []string{first + ".items"}},
		"many items":   {springCloud(func(r *release.TrafficRule) { r.Items = slices.Repeat(item(nil), 21) }), []string{first + ".items"}},
		"source IP SC": {springCloudItem(func(i *release.TrafficItem) { i.Type, i.Name = "sourceIp", "" }), []string{first + ".items[0].type"}},
		"no name":      {springCloudItem(func(i *release.TrafficItem) { i.Name = " " }), []string{first + ".items[0].name"}},
		"operator":     {springCloudItem(func(i *release.TrafficItem) { i.Operator = "regex" }), []string{first + ".items[0].operator"}},
		"cond":         {springCloudItem(func(i *release.TrafficItem) { i.Cond = "=" }), []string{first + ".items[0].cond"}},
		"no value":     {value("rawvalue", ""), []string{first + ".items[0].value"}},
		"long value":   {value("rawvalue", strings.Repeat("x", 1025)), []string{first + ".items[0].value"}},
		"empty list":   {value("list", ""), []string{first + ".items[0].value"}},
		"hole in list": {value("list", "a,,b"), []string{first + ".items[0].value"}},
		"mod 101":      {value("mod", "101"), []string{first + ".items[0].value"}},
		"mod -1":       {value("mod", "-1"), []string{first + ".items[0].value"}},
		"percent word": {value("percent", "half"), []string{first + ".items[0].value"}},
		"percent hex":  {value("percent", "0x10"), []string{first + ".items[0].value"}},
		"percent sign": {value("percent", "5%"), []string{first + ".items[0].value"}},

		"dubbo service": {dubbo(func(r *release.DubboTrafficRule) { r.ServiceName = "" }), []string{"traffic.dubbo[0].serviceName"}},
		"dubbo method":  {dubbo(func(r *release.DubboTrafficRule) { r.MethodName = "" }), []string{"traffic.dubbo[0].methodName"}},
		"dubbo index":   {dubbo(func(r *release.DubboTrafficRule) { r.Items[0].Index = -1 }), []string{"traffic.dubbo[0].items[0].index"}},
		"dubbo items":   {dubbo(func(r *release.DubboTrafficRule) { r.Items = nil }), []string{"traffic.dubbo[0].items"}},
		"dubbo cond":    {dubbo(func(r *release.DubboTrafficRule) { r.Items[0].Cond = "" }), []string{"traffic.dubbo[0].items[0].cond"}},

		"ALB ingress":   {alb(func(r *release.ALBTrafficRule) { r.IngressID = 0 }), []string{"traffic.alb[0].ingressId"}},
		"ALB service":   {alb(func(r *release.ALBTrafficRule) { r.ServiceName = "" }), []string{"traffic.alb[0].serviceName"}},
		"ALB condition": {alb(func(r *release.ALBTrafficRule) { r.Condition = "OR" }), []string{"traffic.alb[0].condition"}},
		"ALB param":     {alb(func(r *release.ALBTrafficRule) { r.Items[0].Type, r.Items[0].Name = "param", "x" }), []string{"traffic.alb[0].items[0].type"}},
		"ALB operator":  {alb(func(r *release.ALBTrafficRule) { r.Items[0].Operator = "list" }), []string{"traffic.alb[0].items[0].operator"}},
		"ALB cond":      {alb(func(r *release.ALBTrafficRule) { r.Items[0].Cond = "!=" }), []string{"traffic.alb[0].items[0].cond"}},
		"ALB name":      {alb(func(r *release.ALBTrafficRule) { r.Items[0].Name = "x" }), []string{"traffic.alb[0].items[0].name"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.wrong, problemsOf(t, graySpec(tt.traffic)))
		})
	}
}

func TestTrafficTellsEveryProblemAtOnce(t *testing.T) {
	t.Parallel()
	traffic := springCloud(func(r *release.TrafficRule) { r.Path = "x" })
	traffic.SpringCloud = append(traffic.SpringCloud, release.TrafficRule{
		Path: "/", Condition: "XOR", Items: append(item(nil), release.TrafficItem{Type: "cookie", Name: "c", Operator: "mod", Cond: "~", Value: "many"}),
	})
	require.Equal(t, []string{
		"traffic.springCloud[0].path", "traffic.springCloud[1].condition",
		"traffic.springCloud[1].items[1].cond", "traffic.springCloud[1].items[1].value",
	}, problemsOf(t, graySpec(traffic)))
}

func TestTrafficNeedsAGrayBatch(t *testing.T) {
	t.Parallel()
	for _, s := range []release.Strategy{{}, {Type: release.StrategyBatch}} {
		spec := graySpec(springCloudItem(nil))
		spec.Strategy = s
		require.Equal(t, []string{"traffic"}, problemsOf(t, spec))
	}
	spec := graySpec(springCloudItem(nil))
	spec.Adopt = "order-1"
	require.Equal(t, []string{"traffic"}, problemsOf(t, spec), "a change that runs takes no rule")
}

func TestTrafficHasBoundedNumbersOfRules(t *testing.T) {
	t.Parallel()
	traffic := springCloudItem(nil)
	for range 20 {
		traffic.SpringCloud = append(traffic.SpringCloud, traffic.SpringCloud[0])
	}
	require.Equal(t, []string{"traffic.springCloud"}, problemsOf(t, graySpec(traffic)))
}

func TestHeaderRules(t *testing.T) {
	t.Parallel()
	rule := func(change func(*release.HeaderRule)) *release.Traffic {
		return headers(func(h *release.HeaderTraffic) { change(&h.Rules[0]) })
	}
	const first = "traffic.headers.rules[0]"
	for name, tt := range map[string]struct {
		traffic *release.Traffic
		wrong   []string
	}{
		"any":        {headers(nil), nil},
		"all":        {headers(func(h *release.HeaderTraffic) { h.Match = "all" }), nil},
		"no match":   {headers(func(h *release.HeaderTraffic) { h.Match = "" }), []string{"traffic.headers.match"}},
		"AND":        {headers(func(h *release.HeaderTraffic) { h.Match = "AND" }), []string{"traffic.headers.match"}},
		"no rules":   {headers(func(h *release.HeaderTraffic) { h.Rules = nil }), []string{"traffic.headers.rules"}},
		"many rules": {headers(func(h *release.HeaderTraffic) { h.Rules = slices.Repeat(h.Rules, 7) }), []string{"traffic.headers.rules"}},
		"no name":    {rule(func(r *release.HeaderRule) { r.Name = "" }), []string{first + ".name"}},
		"a space":    {rule(func(r *release.HeaderRule) { r.Name = "x canary" }), []string{first + ".name"}},
		"a colon":    {rule(func(r *release.HeaderRule) { r.Name = "x-canary:" }), []string{first + ".name"}},
		"long name":  {rule(func(r *release.HeaderRule) { r.Name = strings.Repeat("x", 257) }), []string{first + ".name"}},
		"no value":   {rule(func(r *release.HeaderRule) { r.Value = " " }), []string{first + ".value"}},
		"long value": {rule(func(r *release.HeaderRule) { r.Value = strings.Repeat("x", 1025) }), []string{first + ".value"}},
		"a hole":     {rule(func(r *release.HeaderRule) { r.Op, r.Value = "in", "a,,b" }), []string{first + ".value"}},
		"not a list": {rule(func(r *release.HeaderRule) { r.Value = "a,,b" }), nil},
		"prefix":     {rule(func(r *release.HeaderRule) { r.Op = "prefix" }), []string{first + ".op"}},
		"everything": {headers(func(h *release.HeaderTraffic) { h.Match, h.Rules[1] = "one", release.HeaderRule{} }), []string{
			"traffic.headers.match", "traffic.headers.rules[1].name", "traffic.headers.rules[1].op", "traffic.headers.rules[1].value",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := graySpec(tt.traffic)
			spec.App = aComponent().App
			require.Equal(t, tt.wrong, problemsOf(t, spec))
		})
	}
}

func TestHeaderRulesLeadAlone(t *testing.T) {
	t.Parallel()
	spec := graySpec(headers(nil))
	spec.App, spec.Strategy.Weights = aComponent().App, []int{20}
	require.Equal(t, []string{"strategy.weights"}, problemsOf(t, spec), "a weight and rules are two ways")
	spec.Strategy = release.Strategy{Type: release.StrategyBatch}
	require.Equal(t, []string{"traffic"}, problemsOf(t, spec), "there is no gray batch")
}
