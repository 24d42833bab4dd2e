package fcclient_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/fcclient"
)

// validated is every Input.
type validated interface{ Validate() error }

// problemsOf lists what is wrong with an Input.
func problemsOf(t *testing.T, in validated) []string {
	t.Helper()
	err := in.Validate()
	if err == nil {
		return nil
	}
	invalid, ok := errors.AsType[*cloudapi.ValidationError](err)
	require.True(t, ok, "%v", err)
	var problems []string
	for _, p := range invalid.Problems {
		problems = append(problems, p.String())
	}
	return problems
}

func TestValidate_Rules(t *testing.T) {
	t.Parallel()
	function := func(change func(*fcclient.CreateFunctionInput)) *fcclient.CreateFunctionInput {
		in := &fcclient.CreateFunctionInput{ServiceName: "shop", FunctionName: "order", Handler: "index.handler"}
		change(in)
		return in
	}
	rules := func(actions []fcclient.ScheduledAction, policies []fcclient.TargetTrackingPolicy) *fcclient.PutProvisionConfigInput {
		return &fcclient.PutProvisionConfigInput{
			ServiceName: "shop", Qualifier: "live", FunctionName: "order", ScheduledActions: actions, TargetTrackingPolicies: policies,
		}
	}
	action := fcclient.ScheduledAction{Name: "a", Target: new(int64(1)), ScheduleExpression: "cron(0 30 8 * * *)", StartTime: "2020-10-10T10:10:10Z", EndTime: "2020-12-10T10:10:10Z"}
	changed := func(change func(*fcclient.ScheduledAction)) []fcclient.ScheduledAction {
		a := action
		change(&a)
		return []fcclient.ScheduledAction{a}
	}
	trigger := func(kind, config string) *fcclient.CreateTriggerInput {
		return &fcclient.CreateTriggerInput{ServiceName: "shop", FunctionName: "order", TriggerName: "t", TriggerType: kind, TriggerConfig: json.RawMessage(config)}
	}
	for name, c := range map[string]struct {
		in   validated
		want []string
	}{
		"nothing given": {new(fcclient.CreateAliasInput), []string{"serviceName is required", "aliasName is required", "versionId is required"}},
		"a name": {
			&fcclient.GetServiceInput{ServiceName: "1/x"}, []string{"serviceName must match ^[_a-zA-Z][-_a-zA-Z0-9]*$"},
		},
		"a long name":           {&fcclient.DeleteServiceInput{ServiceName: strings.Repeat("a", 129)}, []string{"serviceName must have at most 128 characters"}},
		"a limit":               {&fcclient.ListServicesInput{Limit: new(101)}, []string{"limit must be at most 100"}},
		"a direction":           {&fcclient.ListServiceVersionsInput{ServiceName: "shop", Direction: new("UP")}, []string{`direction must be one of ["FORWARD" "BACKWARD"]`}},
		"a runtime that is new": {function(func(in *fcclient.CreateFunctionInput) { in.Runtime = new("nodejs99") }), nil},
		"code by an object": {function(func(in *fcclient.CreateFunctionInput) {
			in.Code = &fcclient.Code{OSSBucketName: "b", OSSObjectName: "o"}
		}), nil},
		"code in the request":           {function(func(in *fcclient.CreateFunctionInput) { in.Code = fcclient.ZipCode([]byte("zip")) }), nil},
		"code from nowhere":             {function(func(in *fcclient.CreateFunctionInput) { in.Code = &fcclient.Code{} }), []string{"code needs ossBucketName and ossObjectName, or zipFile"}},
		"half an object":                {function(func(in *fcclient.CreateFunctionInput) { in.Code = &fcclient.Code{OSSBucketName: "b"} }), []string{"code.ossObjectName is required with ossBucketName"}},
		"the other half":                {&fcclient.PublishLayerVersionInput{LayerName: "l", Code: &fcclient.Code{OSSObjectName: "o"}}, []string{"code.ossBucketName is required with ossObjectName"}},
		"two sources":                   {function(func(in *fcclient.CreateFunctionInput) { in.Code = &fcclient.Code{OSSBucketName: "b", ZipFile: "AA=="} }), []string{"code has two sources: an OSS object and zipFile"}},
		"no base64":                     {function(func(in *fcclient.CreateFunctionInput) { in.Code = &fcclient.Code{ZipFile: "?"} }), []string{"code.zipFile must be base64"}},
		"memory":                        {function(func(in *fcclient.CreateFunctionInput) { in.MemorySize = new(100) }), []string{"memorySize must be a multiple of 64"}},
		"a container without an image":  {function(func(in *fcclient.CreateFunctionInput) { in.Runtime = new("custom-container") }), []string{"customContainerConfig.image is required for the runtime custom-container"}},
		"a timeout":                     {&fcclient.UpdateFunctionInput{ServiceName: "shop", FunctionName: "order", Timeout: new(0)}, []string{"timeout must be at least 1"}},
		"logs without a place":          {&fcclient.CreateServiceInput{ServiceName: "shop", LogConfig: &fcclient.LogConfig{LogBeginRule: "DefaultRegex"}}, []string{"logConfig.logstore is required for logBeginRule DefaultRegex"}},
		"half a place for logs":         {&fcclient.UpdateServiceInput{ServiceName: "shop", LogConfig: &fcclient.LogConfig{Project: "p"}}, []string{"logConfig needs project and logstore, or neither"}},
		"no logs":                       {&fcclient.UpdateServiceInput{ServiceName: "shop", LogConfig: &fcclient.LogConfig{}}, nil},
		"a reserved alias":              {&fcclient.CreateAliasInput{ServiceName: "shop", AliasName: "LATEST", VersionID: "1"}, []string{"aliasName is reserved"}},
		"a gray version":                {&fcclient.UpdateAliasInput{ServiceName: "shop", AliasName: "live", VersionID: new("1"), AdditionalVersionWeight: map[string]float64{"2": 1}}, nil},
		"two gray versions":             {&fcclient.UpdateAliasInput{ServiceName: "shop", AliasName: "live", AdditionalVersionWeight: map[string]float64{"2": 0.1, "3": 0.1}}, []string{"additionalVersionWeight has 2 versions, at most 1 is allowed"}},
		"the main version as gray":      {&fcclient.UpdateAliasInput{ServiceName: "shop", AliasName: "live", VersionID: new("2"), AdditionalVersionWeight: map[string]float64{"2": 0.1}}, []string{"additionalVersionWeight holds the main version, which gets what the other one leaves"}},
		"a weight of percents":          {&fcclient.UpdateAliasInput{ServiceName: "shop", AliasName: "live", AdditionalVersionWeight: map[string]float64{"2": 5}}, []string{"additionalVersionWeight.2 must be at most 1"}},
		"a weight of an alias":          {&fcclient.UpdateAliasInput{ServiceName: "shop", AliasName: "live", AdditionalVersionWeight: map[string]float64{"gray": 0.5}}, []string{"additionalVersionWeight has a key that is not a version ID"}},
		"rules":                         {rules([]fcclient.ScheduledAction{action}, []fcclient.TargetTrackingPolicy{{Name: "a", MetricTarget: new(0.6), MinCapacity: new(int64(1)), MaxCapacity: new(int64(2))}}), nil},
		"rules taken away":              {rules([]fcclient.ScheduledAction{}, []fcclient.TargetTrackingPolicy{}), nil},
		"a rule twice":                  {rules([]fcclient.ScheduledAction{action, action}, nil), []string{"scheduledActions[1].name is that of another rule of the list"}},
		"a rule without a name":         {rules(changed(func(a *fcclient.ScheduledAction) { a.Name = "" }), nil), []string{"scheduledActions[0].name is required"}},
		"a rule without a target":       {rules(changed(func(a *fcclient.ScheduledAction) { a.Target = nil }), nil), []string{"scheduledActions[0].target is required"}},
		"an expression":                 {rules(changed(func(a *fcclient.ScheduledAction) { a.ScheduleExpression = "30 8 * * *" }), nil), []string{"scheduledActions[0].scheduleExpression must be at(yyyy-mm-ddThh:mm:ssZ) or cron(…) with six fields, seconds first"}},
		"a time":                        {rules(changed(func(a *fcclient.ScheduledAction) { a.StartTime = "2020-10-10" }), nil), []string{"scheduledActions[0].startTime must be a time in UTC such as 2020-10-10T10:10:10Z"}},
		"an end before the start":       {rules(changed(func(a *fcclient.ScheduledAction) { a.EndTime = a.StartTime }), nil), []string{"scheduledActions[0].endTime must be after startTime"}},
		"many actions":                  {rules(manyActions(action, 101), nil), []string{"scheduledActions has 101 actions, at most 100 are allowed"}},
		"a policy":                      {rules(nil, []fcclient.TargetTrackingPolicy{{Name: "p", MetricTarget: new(60.0), MinCapacity: new(int64(3)), MaxCapacity: new(int64(2))}}), []string{"targetTrackingPolicies[0].metricTarget must be at most 1", "targetTrackingPolicies[0].minCapacity must not be above maxCapacity"}},
		"a qualifier of no service":     {&fcclient.ListProvisionConfigsInput{Qualifier: new("live")}, []string{"serviceName is required with qualifier"}},
		"no tags":                       {&fcclient.TagResourceInput{ResourceARN: "services/shop", Tags: map[string]string{}}, []string{"tags must have 1 to 20 tags"}},
		"no tag keys":                   {&fcclient.UntagResourceInput{ResourceARN: "services/shop", TagKeys: []string{}}, []string{"tagKeys must not be empty unless all is true"}},
		"all tags":                      {&fcclient.UntagResourceInput{ResourceARN: "services/shop", TagKeys: []string{}, All: new(true)}, nil},
		"many tag keys":                 {&fcclient.UntagResourceInput{ResourceARN: "services/shop", TagKeys: make([]string, 21)}, []string{"tagKeys must have at most 20 keys"}},
		"a trigger of a bucket":         {trigger("oss", `{}`), []string{"sourceArn is required for a trigger of type oss"}},
		"a trigger by HTTP":             {trigger("http", `{"authType":"anonymous"}`), nil},
		"a trigger that is told a text": {trigger("timer", `"true"`), []string{"triggerConfig must be a JSON object"}},
		"an update of a trigger":        {&fcclient.UpdateTriggerInput{ServiceName: "s", FunctionName: "f", TriggerName: "t", TriggerConfig: json.RawMessage(`null`)}, []string{"triggerConfig must be a JSON object"}},
		"a time that runs backwards":    {&fcclient.ListStatefulAsyncInvocationsInput{ServiceName: "s", FunctionName: "f", StartedTimeBegin: new(int64(2)), StartedTimeEnd: new(int64(1))}, []string{"startedTimeEnd must not be before startedTimeBegin"}},
		"an event that is no JSON":      {&fcclient.InvokeFunctionInput{ServiceName: "s", FunctionName: "f", ContentType: new("application/json"), Payload: []byte("x")}, []string{"payload must be JSON, as Content-Type says"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, problemsOf(t, c.in))
		})
	}
}

// manyActions are actions with different names.
func manyActions(like fcclient.ScheduledAction, n int) []fcclient.ScheduledAction {
	actions := slices.Repeat([]fcclient.ScheduledAction{like}, n)
	for i := range actions {
		actions[i].Name = "a" + strconv.Itoa(i)
	}
	return actions
}

func TestValidate_ACallWithAProblemIsNotSent(t *testing.T) {
	t.Parallel()
	refusing := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a request went out") })
	in := &fcclient.UpdateAliasInput{ServiceName: "shop", AliasName: "live", AdditionalVersionWeight: map[string]float64{"2": 5, "3": -1}}
	_, err := refusing.UpdateAlias(t.Context(), in)
	require.ErrorIs(t, err, cloudapi.ErrInvalid)
	for _, problem := range problemsOf(t, in) {
		require.ErrorContains(t, err, problem)
	}
	client, last := recorder(t, answerWith(http.StatusOK, `{}`))
	_, err = client.Unchecked().UpdateAlias(t.Context(), in)
	require.NoError(t, err)
	require.JSONEq(t, `{"additionalVersionWeight":{"2":5,"3":-1}}`, string(last().body))
}

// Every limit of the table of parameters is kept: the value beyond it is refused.
func TestValidate_EveryLimitOfTheTable(t *testing.T) {
	t.Parallel()
	limits := 0
	for _, op := range fcclient.Operations() {
		for _, p := range slices.Concat(op.Params, op.Extra) {
			bad := map[string]string{}
			if p.MaxLength > 0 {
				bad["length"] = strings.Repeat("a", p.MaxLength+1)
			}
			if p.Min != nil {
				bad["min"] = strconv.FormatInt(*p.Min-1, 10)
			}
			if p.Max != nil {
				bad["max"] = strconv.FormatInt(*p.Max+1, 10)
			}
			if len(p.Enum) > 0 && !p.Open {
				bad["enum"] = "no such value"
			}
			if p.Pattern != "" {
				require.NotPanics(t, func() { regexp.MustCompile(p.Pattern) })
				bad["pattern"] = "/"
			}
			if p.Kind == cloudapi.KindNumber {
				bad["kind"] = "many"
			}
			for rule, value := range bad {
				require.Error(t, p.Check(value), "%s.%s: %s", op.Name, p.Name, rule)
				limits++
			}
			if p.Example != "" {
				require.NoError(t, p.Check(strings.ReplaceAll(p.Example, "*", "0")), "%s.%s: the example of the reference, which masks digits", op.Name, p.Name)
			}
		}
	}
	require.Greater(t, limits, 100)
}

func TestOperations_AreTheFacts(t *testing.T) {
	t.Parallel()
	facts := readFacts(t)
	require.Len(t, fcclient.Operations(), len(facts.Operations))
	client := reflect.TypeFor[*fcclient.Client]()
	for _, fact := range facts.Operations {
		op, ok := fcclient.LookupOperation(fact.Name)
		require.True(t, ok, fact.Name)
		require.Equal(t, fact.Method, op.Method)
		require.Equal(t, fact.Path, op.Path)
		require.Equal(t, fact.Mutates, op.Mutates)
		require.NotEmpty(t, op.Chapter)
		require.NotEmpty(t, op.Summary)
		require.Contains(t, op.AnswerHeaders, "X-Fc-Request-Id")
		for _, p := range fact.Params {
			got, ok := op.Param(p.Name)
			require.True(t, ok, "%s.%s", fact.Name, p.Name)
			require.Equal(t, cloudapi.Position(p.In), got.In)
			require.Equal(t, p.Required, got.Required)
			require.Equal(t, p.Extra, slices.ContainsFunc(op.Extra, func(e cloudapi.Param) bool { return e.Name == p.Name }))
		}
		method, ok := client.MethodByName(op.Name)
		require.True(t, ok)
		require.True(t, method.Type.In(2).Implements(reflect.TypeFor[validated]()), "what slipway api needs")
		for part := range strings.SplitSeq(op.Path, "{") {
			if name, _, found := strings.Cut(part, "}"); found {
				p, ok := op.Param(strings.TrimPrefix(name, "."))
				require.True(t, ok, op.Path)
				require.Equal(t, cloudapi.InPath, p.In)
				require.Equal(t, !strings.HasPrefix(name, "."), p.Required, "%s: what may be left out begins with a period", op.Path)
			}
		}
	}
	_, ok := fcclient.LookupOperation("getservice")
	require.False(t, ok, "names are exact")
}
