package saesim

import (
	"fmt"
	"time"

	"slipway/saeclient"
)

// App names an application of the simulator.
type App struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Apps lists the applications in the order they were made.
func (s *Simulator) Apps() []App {
	s.mu.Lock()
	defer s.mu.Unlock()
	apps := []App{}
	for _, a := range s.st.applications() {
		apps = append(apps, App{ID: a.ID, Name: a.Name})
	}
	return apps
}

// The IDs of the applications of [Simulator.SeedDemo], the same for every seed, so that release
// files can name them.
const (
	DemoShop      = "f80db7f6-0d46-4563-bd41-99f11e3a2eb4"
	DemoInventory = "765baf30-4f13-4e5f-8c5b-b4220dee0cc6"
	DemoOrders    = "7171a6ca-d1cd-4928-8642-7d5cfe69cafe"
	// DemoMigrate is a job template.
	DemoMigrate = "2fb095fd-8d0f-4cec-bf61-47b67e83cafe"
)

// SeedDemo makes three applications to play with, deployed an hour ago: shop with four instances
// and two scaling rules, one of them enabled; inventory with three instances, whose service shop
// calls; and orders with six instances, which runs a code package; and the job template migrate.
// A simulator that already has applications is left alone.
func (s *Simulator) SeedDemo() error {
	if len(s.Apps()) > 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.look()
	for _, app := range demoApps() {
		if err := s.seedApp(now.Add(-time.Hour), app); err != nil {
			return err
		}
	}
	migrate := args{
		"AppName": "migrate", "AppDescription": "Migrates the database of orders.", "PackageType": packageImage, "Replicas": "1", "Workload": "job",
		"ImageUrl": "registry.example/migrate:1.4.1", "Envs": `[{"name":"DATABASE","value":"orders"}]`, "ConcurrencyPolicy": concurrencyForbid,
	}
	if _, err := s.seedAs(now.Add(-time.Hour), opCreateJob, migrate, DemoMigrate); err != nil {
		return err
	}
	stock := Service{Name: "inventory"}.withDefaults()
	s.st.Apps[DemoInventory].Services = []Service{stock}
	stock.Consumed = true
	s.st.Apps[DemoShop].Services = []Service{stock}
	s.st.wake = time.Time{}
	s.engine.advance(s.st, now)
	// The hours of the rule are as far from now as they can be, so that what is shown does not depend on the time of day.
	full, few := now.In(gmt8()).Add(11*time.Hour).Format("15:04"), now.In(gmt8()).Add(23*time.Hour).Format("15:04")
	rules := []args{
		{
			"ScalingRuleName": "office-hours", "ScalingRuleType": ruleTiming, "ScalingRuleEnable": "true",
			"ScalingRuleTimer": fmt.Sprintf(`{"period":"* * Mon,Tue,Wed,Thu,Fri","schedules":[{"atTime":%q,"targetReplicas":6},{"atTime":%q,"targetReplicas":3}]}`, full, few),
		},
		{
			"ScalingRuleName": "cpu-load", "ScalingRuleType": ruleOnMetric, "ScalingRuleEnable": "false",
			"ScalingRuleMetric": `{"minReplicas":2,"maxReplicas":8,"metrics":[{"metricType":"CPU","metricTargetAverageUtilization":60}]}`,
		},
	}
	for _, rule := range rules {
		rule["AppId"] = DemoShop
		if _, err := s.seed(now, "CreateApplicationScalingRule", rule); err != nil {
			return err
		}
	}
	s.st.wake = time.Time{}
	return s.save()
}

// demoApps are the applications of the demo, by what creates them.
func demoApps() []args {
	return []args{
		{
			"AppId": DemoShop, "AppName": "shop", "AppDescription": "The web shop.", "PackageType": packageImage, "Replicas": "4",
			"ImageUrl": "registry.example/shop:1.4.1", "Cpu": "1000", "Memory": "2048",
		},
		{
			"AppId": DemoInventory, "AppName": "inventory", "AppDescription": "What is in stock.", "PackageType": packageImage, "Replicas": "3",
			"ImageUrl": "registry.example/inventory:2.0.0", "Cpu": "500", "Memory": "1024",
		},
		{
			"AppId": DemoOrders, "AppName": "orders", "AppDescription": "Takes orders.", "PackageType": "FatJar", "Replicas": "6",
			"PackageUrl": "https://packages.example/orders/orders-1.4.1.jar", "PackageVersion": "1.4.1", "Jdk": "Open JDK 8", "Cpu": "1000", "Memory": "2048",
		},
	}
}

// seedApp creates an application with the ID of its parameters, which the operation has not.
func (s *Simulator) seedApp(at time.Time, parameters args) error {
	id := parameters["AppId"]
	delete(parameters, "AppId")
	_, err := s.seedAs(at, opCreate, parameters, id)
	return err
}

// seed carries out an operation as a call of an earlier time would have. The caller
// holds the lock.
func (s *Simulator) seed(at time.Time, name string, parameters args) (any, error) {
	return s.seedAs(at, name, parameters, "")
}

// seedAs is seed, with the ID of an application that is created.
func (s *Simulator) seedAs(at time.Time, name string, parameters args, appID string) (any, error) {
	spec, _ := saeclient.LookupOperation(name)
	if refused := parameters.check(spec); refused != nil {
		return nil, fmt.Errorf("saesim: demo: %s: %w", name, refused)
	}
	c := &call{engine: s.engine, op: spec, args: parameters, st: s.st, now: at, region: s.config.Region, appID: appID}
	result, refused := handlers()[name](c)
	if refused != nil {
		return nil, fmt.Errorf("saesim: demo: %s: %w", name, refused)
	}
	return result, nil
}
