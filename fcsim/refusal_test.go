package fcsim

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// frozen is the state without what every request counts.
func (h *harness) frozen(t tester) string {
	t.Helper()
	snapshot, err := h.sim.Snapshot()
	require.NoError(t, err)
	st, err := h.sim.store.Decode(snapshot)
	require.NoError(t, err)
	st.Requests, st.Calls, st.Invocations = 0, nil, 0
	text, err := json.Marshal(st)
	require.NoError(t, err)
	return string(text)
}

// actions is the body of a provision config with n actions of different names.
func actions(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`{"name":"a%d","target":1,"scheduleExpression":"cron(0 0 8 * * *)"}`, i))
	}
	return `{"target":1,"scheduledActions":[` + strings.Join(list, ",") + `]}`
}

func TestRefusals_ChangeNothingAndSayWhat(t *testing.T) {
	t.Parallel()
	const (
		function  = "/services/shop/functions/web"
		provision = "PUT /services/shop.live/functions/web/provision-config"
	)
	for name, tt := range map[string]struct {
		line, body string
		headers    []string
		code       string
		says       string
	}{
		"an unknown path":          {line: "GET /nothing", code: codePathNotSupported, says: "'GET' against '/2016-08-15/nothing' is not supported"},
		"another method":           {line: "DELETE /services", code: codePathNotSupported},
		"an empty segment":         {line: "GET /services//functions", code: codePathNotSupported},
		"a body that is no JSON":   {line: "POST /services", body: "{", code: codeInvalidArgument, says: "the body must be a JSON object"},
		"a body that is a list":    {line: "POST /services", body: "[]", code: codeInvalidArgument, says: "the body must be a JSON object"},
		"a qualifier for a change": {line: "PUT /services/shop.live", body: "{}", code: codeInvalidArgument, says: "UpdateService takes no qualifier"},

		"a service without a name":      {line: "POST /services", body: "{}", code: codeInvalidArgument, says: "serviceName must be 1 to 128"},
		"a name of 200 characters":      {line: "POST /services", body: `{"serviceName":"` + strings.Repeat("é", 100) + `"}`, code: codeInvalidArgument, says: strings.Repeat("é", 20) + `…"`},
		"a service named by a digit":    {line: "POST /services", body: `{"serviceName":"1shop"}`, code: codeInvalidArgument, says: `it is "1shop"`},
		"a member that there is not":    {line: "POST /services", body: `{"serviceName":"s","replicas":2}`, code: codeInvalidArgument, says: `"replicas" is no member of the body of CreateService`},
		"the same member twice":         {line: "POST /services", body: `{"serviceName":"s","ServiceName":"s"}`, code: codeInvalidArgument, says: "are the same member"},
		"a member of another type":      {line: "POST /services", body: `{"serviceName":"s","internetAccess":"yes"}`, code: codeInvalidArgument, says: "internetAccess must not be a string"},
		"a setting of another shape":    {line: "PUT /services/shop", body: `{"vpcConfig":[]}`, code: codeInvalidArgument, says: "vpcConfig must be an object"},
		"a setting wrong inside":        {line: "PUT /services/shop", body: `{"VpcConfig":{"vSwitchIds":"v"}}`, code: codeInvalidArgument, says: "vpcConfig.vSwitchIds must be a list"},
		"a log rule that there is not":  {line: "PUT /services/shop", body: `{"logConfig":{"logBeginRule":"Line"}}`, code: codeInvalidArgument, says: "must be None or DefaultRegex"},
		"a log rule without a store":    {line: "PUT /services/shop", body: `{"logConfig":{"logBeginRule":"DefaultRegex"}}`, code: codeInvalidArgument, says: "needs a logstore"},
		"a service that exists":         {line: "POST /services", body: `{"serviceName":"shop"}`, code: codeServiceExists, says: "service 'shop' already exists"},
		"no such service":               {line: "GET /services/other", code: codeServiceNotFound, says: "service 'other' does not exist"},
		"a service that was changed":    {line: "PUT /services/shop", body: `{}`, headers: []string{"If-Match", "old"}, code: codePrecondition, says: "the resource being modified has been changed"},
		"a deletion of a changed one":   {line: "DELETE /services/shop", headers: []string{"If-Match", "old"}, code: codePrecondition},
		"a service that is not empty":   {line: "DELETE /services/shop", code: codeServiceNotEmpty, says: "1 functions and 2 versions"},
		"a limit of 0":                  {line: "GET /services?limit=0", code: codeInvalidArgument, says: "limit must be a number from 1 to 100"},
		"a limit of 101":                {line: "GET /services?limit=101", code: codeInvalidArgument},
		"everything wrong with a name":  {line: "POST " + "/services/shop/functions", body: `{"functionName":"-","memorySize":100}`, code: codeInvalidArgument, says: "handler must be given; runtime must be given; memorySize must be a multiple of 64"},
		"two unknown members":           {line: "POST /services", body: `{"a":1,"b":2}`, code: codeInvalidArgument, says: `"a" is no member of the body of CreateService; "b" is no member`},
		"no such alias":                 {line: "GET /services/shop.prod", code: codeAliasNotFound, says: "alias 'prod' of service 'shop' does not exist"},
		"no such version":               {line: "GET /services/shop.7", code: codeVersionNotFound, says: "version '7' of service 'shop' does not exist"},
		"no such function":              {line: "GET /services/shop/functions/other", code: codeFunctionNotFound, says: "function 'other' does not exist in service 'shop'"},
		"no such function of a version": {line: "GET /services/shop.1/functions/other/code", code: codeFunctionNotFound},

		"a function that exists":             {line: "POST /services/shop/functions", body: image("web", "i"), code: codeFunctionExists, says: "function 'web' already exists in service 'shop'"},
		"a function without code":            {line: "POST /services/shop/functions", body: `{"functionName":"f","runtime":"python3","handler":"h"}`, code: codeInvalidArgument, says: "code must be given"},
		"a container without an image":       {line: "POST /services/shop/functions", body: `{"functionName":"f","runtime":"custom-container","handler":"h"}`, code: codeInvalidArgument, says: "customContainerConfig must be given"},
		"a runtime that there is not":        {line: "PUT " + function, body: `{"runtime":"cobol"}`, code: codeInvalidArgument, says: "runtime must be one of nodejs6"},
		"a runtime that has no code":         {line: "PUT " + function, body: `{"runtime":"python3"}`, code: codeInvalidArgument, says: "code must be given"},
		"two sources of code":                {line: "PUT " + function, body: `{"code":{"zipFile":"eA==","ossBucketName":"b","ossObjectName":"o"}}`, code: codeInvalidArgument, says: "code must have either zipFile"},
		"half an object":                     {line: "PUT " + function, body: `{"code":{"ossBucketName":"b"}}`, code: codeInvalidArgument, says: "must be given together"},
		"a package that is not base64":       {line: "PUT " + function, body: `{"code":{"zipFile":"%"}}`, code: codeInvalidArgument, says: "must be base64"},
		"another checksum than the package":  {line: "PUT " + function, body: `{"code":{"zipFile":"eA=="}}`, headers: []string{"X-Fc-Code-Checksum", "1"}, code: codeInvalidArgument, says: "X-Fc-Code-Checksum is 1, the checksum of code.zipFile is"},
		"a timeout of 0":                     {line: "PUT " + function, body: `{"timeout":0}`, code: codeInvalidArgument, says: "timeout must be from 1 to 86400, is 0"},
		"a timeout that is no number":        {line: "PUT " + function, body: `{"timeout":"soon"}`, code: codeInvalidArgument, says: "timeout: must be a whole number"},
		"an initialization of 301 seconds":   {line: "PUT " + function, body: `{"initializationTimeout":301}`, code: codeInvalidArgument},
		"arguments that are no list":         {line: "PUT " + function, body: `{"customContainerConfig":{"image":"i","args":"-v"}}`, code: codeInvalidArgument, says: "customContainerConfig.args must be a JSON array"},
		"an acceleration that there is not":  {line: "PUT " + function, body: `{"customContainerConfig":{"image":"i","accelerationType":"Fast"}}`, code: codeInvalidArgument, says: "must be Default or None"},
		"a container without its image":      {line: "PUT " + function, body: `{"customContainerConfig":{}}`, code: codeInvalidArgument, says: "image must not be empty"},
		"a function that was changed":        {line: "PUT " + function, body: `{}`, headers: []string{"If-Match", "old"}, code: codePrecondition},
		"a deletion of a changed function":   {line: "DELETE " + function, headers: []string{"If-Match", "old"}, code: codePrecondition},
		"a member of the code there is not":  {line: "PUT " + function, body: `{"code":{"url":"u"}}`, code: codeInvalidArgument, says: `code: unknown field "url"`},
		"publishing what has not changed":    {line: "POST /services/shop/versions", code: codeVersionPublish, says: "can not publish version for service 'shop', detail: 'No changes were made since last publish'"},
		"publishing what somebody changed":   {line: "POST /services/shop/versions", headers: []string{"If-Match", "old"}, code: codePrecondition},
		"deleting a version there is not":    {line: "DELETE /services/shop/versions/3", code: codeVersionNotFound},
		"deleting a version that is no name": {line: "DELETE /services/shop/versions/01", code: codeVersionNotFound},
		"a direction that there is not":      {line: "GET /services/shop/versions?direction=UP", code: codeInvalidArgument, says: "direction must be FORWARD or BACKWARD"},
		"a start that is no version":         {line: "GET /services/shop/versions?startKey=a", code: codeInvalidArgument, says: "startKey must be the number of a version"},

		"an alias named by a digit":         {line: "POST /services/shop/aliases", body: `{"aliasName":"1","versionId":"1"}`, code: codeInvalidArgument, says: "aliasName must be"},
		"an alias named LATEST":             {line: "POST /services/shop/aliases", body: `{"aliasName":"LATEST","versionId":"1"}`, code: codeInvalidArgument},
		"an alias without a version":        {line: "POST /services/shop/aliases", body: `{"aliasName":"a"}`, code: codeInvalidArgument, says: "versionId must be given"},
		"an alias of an alias":              {line: "POST /services/shop/aliases", body: `{"aliasName":"a","versionId":"live"}`, code: codeInvalidArgument, says: "must be the number of a published version"},
		"an alias of no version":            {line: "POST /services/shop/aliases", body: `{"aliasName":"a","versionId":"3"}`, code: codeVersionNotFound},
		"an alias that exists":              {line: "POST /services/shop/aliases", body: `{"aliasName":"live","versionId":"1"}`, code: codeAliasExists, says: "alias 'live' of service 'shop' already exists"},
		"two gray versions":                 {line: "PUT /services/shop/aliases/live", body: `{"additionalVersionWeight":{"1":0.1,"2":0.1}}`, code: codeInvalidArgument, says: "must have one version at most, has 2"},
		"a weight above 1":                  {line: "PUT /services/shop/aliases/live", body: `{"additionalVersionWeight":{"2":1.1}}`, code: codeInvalidArgument, says: "must be from 0 to 1, is 1.1"},
		"a weight of no version":            {line: "PUT /services/shop/aliases/live", body: `{"versionId":"2","additionalVersionWeight":{"3":0.1}}`, code: codeVersionNotFound},
		"a weight of what is no version":    {line: "PUT /services/shop/aliases/live", body: `{"additionalVersionWeight":{"two":0.1}}`, code: codeInvalidArgument, says: `"two" is not the number of a version`},
		"a move to no version":              {line: "PUT /services/shop/aliases/live", body: `{"description":"d","versionId":"3"}`, code: codeVersionNotFound},
		"an alias that was changed":         {line: "PUT /services/shop/aliases/live", body: `{"versionId":"2"}`, headers: []string{"If-Match", "old"}, code: codePrecondition},
		"a deletion of a changed alias":     {line: "DELETE /services/shop/aliases/live", headers: []string{"If-Match", "old"}, code: codePrecondition},
		"an alias that there is not":        {line: "GET /services/shop/aliases/prod", code: codeAliasNotFound},
		"invoking in another way":           {line: "POST " + function + "/invocations", headers: []string{"X-Fc-Invocation-Type", "Later"}, code: codeInvalidArgument, says: "must be Sync or Async"},
		"a log in another way":              {line: "POST " + function + "/invocations", headers: []string{"X-Fc-Log-Type", "All"}, code: codeInvalidArgument, says: "must be None or Tail"},
		"invoking what there is not":        {line: "POST /services/shop.live/functions/other/invocations", code: codeFunctionNotFound},
		"invoking by an alias there is not": {line: "POST /services/shop.prod/functions/web/invocations", code: codeAliasNotFound},
		"an event that is too large":        {line: "POST " + function + "/invocations", body: strings.Repeat("x", maxEvent+1), code: codeEntityTooLarge, says: "(6291456 bytes)"},
		"an HTTP trigger that there is not": {line: "GET /proxy/shop/web/", code: codeTriggerNotFound},
		"a call of no function":             {line: "GET /proxy/shop", code: codePathNotSupported},
		"instances of LATEST":               {line: "PUT " + function + "/provision-config", body: `{"target":1}`, code: codeInvalidArgument, says: "the path must name an alias"},
		"instances of a version":            {line: "PUT /services/shop.1/functions/web/provision-config", body: `{"target":1}`, code: codeInvalidArgument, says: `"1" is none`},
		"instances without a number":        {line: provision, body: `{}`, code: codeInvalidArgument, says: "target must be given"},
		"less than no instances":            {line: provision, body: `{"target":-1}`, code: codeInvalidArgument, says: "target must be from 0 to 10000, is -1"},
		"instances of what there is not":    {line: "PUT /services/shop.live/functions/other/provision-config", body: `{"target":1}`, code: codeFunctionNotFound},
		"instances that somebody changed":   {line: provision, body: `{"target":1}`, headers: []string{"If-Match", "old"}, code: codePrecondition},
		"two actions of one name":           {line: provision, body: `{"target":1,"scheduledActions":[{"name":"a","target":1,"scheduleExpression":"at(2026-11-02T10:00:00Z)"},{"name":"a","target":1,"scheduleExpression":"at(2026-11-02T10:00:00Z)"}]}`, code: codeInvalidArgument, says: "Duplicate action name 'a' in ScheduledActions is not allowed"},
		"101 actions":                       {line: provision, body: actions(101), code: codeInvalidArgument, says: "ScheduledActions contains too many values (max: 100, actual: 101)"},
		"a schedule of five fields":         {line: provision, body: `{"target":1,"scheduledActions":[{"name":"a","target":1,"scheduleExpression":"cron(0 8 * * *)"}]}`, code: codeInvalidArgument, says: "with six fields"},
		"a schedule with a zone":            {line: provision, body: `{"target":1,"scheduledActions":[{"name":"a","target":1,"scheduleExpression":"cron(TZ=UTC 0 8 * * *)"}]}`, code: codeInvalidArgument, says: "with six fields"},
		"a schedule of no hour":             {line: provision, body: `{"target":1,"scheduledActions":[{"name":"a","target":1,"scheduleExpression":"cron(0 0 25 * * *)"}]}`, code: codeInvalidArgument, says: "scheduledActions[0]"},
		"a schedule of no form":             {line: provision, body: `{"target":1,"scheduledActions":[{"name":"a","target":1,"scheduleExpression":"daily"}]}`, code: codeInvalidArgument, says: "scheduleExpression must be at("},
		"a time with a zone":                {line: provision, body: `{"target":1,"scheduledActions":[{"name":"a","target":1,"startTime":"2026-11-02T10:00:00+08:00","scheduleExpression":"cron(0 0 8 * * *)"}]}`, code: codeInvalidArgument, says: "startTime must be a time in UTC"},
		"an end before the beginning":       {line: provision, body: `{"target":1,"scheduledActions":[{"name":"a","target":1,"startTime":"2026-11-02T10:00:00Z","endTime":"2026-11-02T10:00:00Z","scheduleExpression":"cron(0 0 8 * * *)"}]}`, code: codeInvalidArgument, says: "endTime must be after startTime"},
		"a policy of another metric":        {line: provision, body: `{"target":1,"targetTrackingPolicies":[{"name":"p","metricType":"CPU","metricTarget":2,"minCapacity":3,"maxCapacity":2}]}`, code: codeInvalidArgument, says: "metricType must be ProvisionedConcurrencyUtilization"},
		"a list by a qualifier alone":       {line: "GET /provision-configs?qualifier=live", code: codeInvalidArgument, says: "qualifier needs serviceName"},
		"too many instances at once":        {line: "GET " + function + "/instances?limit=1001", code: codeInvalidArgument, says: "from 1 to 1000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := published(t)
			before := h.frozen(t)
			g := h.send(t, tt.line, tt.body, tt.headers...)
			require.Contains(t, g.refusedBy(t, tt.code), tt.says)
			require.JSONEq(t, before, h.frozen(t), "a refusal changes nothing")
		})
	}
}

// A body of some megabytes can have more problems than anybody wants to read.
func TestRefusals_AreBounded(t *testing.T) {
	t.Parallel()
	h := published(t)
	var body, actions strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&body, "%q:1,", fmt.Sprint("m", i))
	}
	for range 99 {
		actions.WriteString(`{"name":"","target":1,"scheduleExpression":"daily"},`)
	}
	for name, tt := range map[string]struct{ line, body, says string }{
		"many unknown members":    {"POST /services", "{" + strings.TrimSuffix(body.String(), ",") + "}", "; and 19980 more"},
		"a member of a long name": {"POST /services", `{"` + strings.Repeat("n", 1<<20) + `":1}`, "…"},
		"a long number":           {"PUT /services/shop/functions/web", `{"timeout":` + strings.Repeat("1", 1<<20) + `}`, "…"},
		"a long unknown setting":  {"PUT /services/shop/functions/web", `{"code":{"` + strings.Repeat("n", 1<<20) + `":1}}`, "…"},
		"many wrong actions":      {"PUT /services/shop.live/functions/web/provision-config", `{"target":1,"scheduledActions":[` + strings.TrimSuffix(actions.String(), ",") + `]}`, " more"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := h.send(t, tt.line, tt.body)
			require.Contains(t, g.refusedBy(t, codeInvalidArgument), tt.says)
			require.Less(t, len(g.raw), 12_000)
		})
	}
}
