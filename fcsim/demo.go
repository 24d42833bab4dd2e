package fcsim

import (
	"fmt"
	"strings"
	"time"

	"slipway/internal/simframe"
)

// What [Simulator.SeedDemo] makes.
const (
	// DemoService is the service of the demo.
	DemoService = "shop"
	// DemoAlias is the alias that its callers name.
	DemoAlias = "live"
	// DemoWeb is the function that answers HTTP requests: a container.
	DemoWeb = "web"
	// DemoMailer is the function that is invoked asynchronously: a code package.
	DemoMailer = "mailer"
)

// demoCall is one call that makes the demo; the service may have a qualifier.
type demoCall struct{ operation, service, function, body string }

// SeedDemo makes a service to play with, which was deployed an hour ago: two functions, two
// versions, an alias live on the newest of them with provisioned instances, a schedule and a policy
// that change their number, an HTTP trigger, a custom domain and an asynchronous configuration, all
// of which name the alias. A simulator that already has services is left alone.
func (s *Simulator) SeedDemo() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.look()
	if len(s.st.Services) > 0 {
		return nil
	}
	for _, d := range demoCalls(now) {
		if err := s.seed(now.Add(-time.Hour), d); err != nil {
			return err
		}
	}
	s.st.wake = time.Time{}
	s.look()
	return s.save()
}

// demoCalls are the calls that make the demo at a moment.
func demoCalls(now time.Time) []demoCall {
	const (
		web = `{"functionName":"web","runtime":"custom-container","handler":"-","memorySize":512,"caPort":9000,` +
			`"environmentVariables":{"GREETING":"hello"},"customContainerConfig":{"image":"registry.example/shop:%s"}}`
		mailer = `{"functionName":"mailer","runtime":"nodejs14","handler":"index.handler","code":{"ossBucketName":"packages","ossObjectName":"mailer-%s.zip"}}`
		years  = 10
	)
	live := DemoService + "." + DemoAlias
	within := `"startTime":"` + stamp(now.Add(-time.Hour)) + `","endTime":"` + stamp(now.AddDate(years, 0, 0)) + `"`
	scaling := `{"target":3,"scheduledActions":[` +
		`{"name":"web.morning",` + within + `,"target":5,"scheduleExpression":"cron(0 0 9 * * *)"},` +
		`{"name":"web.evening",` + within + `,"target":3,"scheduleExpression":"cron(0 0 20 * * *)"}],"targetTrackingPolicies":[` +
		`{"name":"web.busy",` + within + `,"metricType":"ProvisionedConcurrencyUtilization","metricTarget":0.6,"minCapacity":2,"maxCapacity":10}]}`
	return []demoCall{
		{"CreateService", "", "", `{"serviceName":"shop","description":"The web shop.","logConfig":{"project":"shop","logstore":"functions","enableInstanceMetrics":true}}`},
		{"CreateFunction", DemoService, "", fmt.Sprintf(web, "1.4.0")},
		{"CreateFunction", DemoService, "", fmt.Sprintf(mailer, "2.0.0")},
		{"PublishServiceVersion", DemoService, "", `{"description":"web 1.4.0, mailer 2.0.0"}`},
		{"UpdateFunction", DemoService, DemoWeb, `{"customContainerConfig":{"image":"registry.example/shop:1.4.1"}}`},
		{"PublishServiceVersion", DemoService, "", `{"description":"web 1.4.1, mailer 2.0.0"}`},
		{"CreateAlias", DemoService, "", `{"aliasName":"live","versionId":"2","description":"What customers see."}`},
		{"PutProvisionConfig", live, DemoWeb, scaling},
		{"CreateTrigger", DemoService, DemoWeb, `{"triggerName":"front","triggerType":"http","qualifier":"live","triggerConfig":{"authType":"anonymous","methods":["GET","POST"]}}`},
		{"CreateCustomDomain", "", "", `{"domainName":"shop.example.com","routeConfig":{"routes":[{"path":"/*","serviceName":"shop","functionName":"web","qualifier":"live"}]}}`},
		{"PutFunctionAsyncInvokeConfig", live, DemoMailer, `{"maxAsyncRetryAttempts":2,"statefulInvocation":true}`},
	}
}

// seed carries out an operation as a call of an earlier time would have. The caller holds the lock.
func (s *Simulator) seed(at time.Time, d demoCall) error {
	for i := range s.operations {
		op := &s.operations[i]
		if op.Name != d.operation {
			continue
		}
		c := &call{
			config: &s.config, op: op, params: map[string]string{"serviceName": d.service, "functionName": d.function},
			body: []byte(d.body), st: s.st, now: at,
		}
		refused := c.qualify()
		if refused == nil {
			_, refused = op.serve(c)
		}
		if refused != nil {
			return fmt.Errorf("fcsim: demo: %s: %w", d.operation, refused)
		}
		return nil
	}
	return fmt.Errorf("fcsim: demo: there is no operation %s", d.operation)
}

// Services lists the services by name, each with its aliases, for example "shop (live)".
func (s *Simulator) Services() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, v := range simframe.SortedValues(s.st.Services) {
		name := v.Name
		if len(v.Aliases) > 0 {
			name += " (" + strings.Join(simframe.SortedKeys(v.Aliases), ", ") + ")"
		}
		names = append(names, name)
	}
	return names
}
