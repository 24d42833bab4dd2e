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

// SeedDemo makes two applications to play with, deployed an hour ago: shop with
// four instances and two scaling rules, one of them enabled, and inventory with
// three instances, whose service shop calls. A simulator that already has applications is left alone.
func (s *Simulator) SeedDemo() error {
	if len(s.Apps()) > 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.look()
	shop, err := s.seedApp(now.Add(-time.Hour), args{
		"AppName": "shop", "AppDescription": "The web shop.", "PackageType": packageImage, "Replicas": "4",
		"ImageUrl": "registry.example/shop:1.4.1", "Cpu": "1000", "Memory": "2048",
	})
	if err != nil {
		return err
	}
	inventory, err := s.seedApp(now.Add(-time.Hour), args{
		"AppName": "inventory", "AppDescription": "What is in stock.", "PackageType": packageImage, "Replicas": "3",
		"ImageUrl": "registry.example/inventory:2.0.0", "Cpu": "500", "Memory": "1024",
	})
	if err != nil {
		return err
	}
	stock := Service{Name: "inventory"}.withDefaults()
	s.st.Apps[inventory].Services = []Service{stock}
	stock.Consumed = true
	s.st.Apps[shop].Services = []Service{stock}
	s.st.wake = time.Time{}
	s.engine.advance(s.st, now)
	rules := []args{
		{
			"ScalingRuleName": "office-hours", "ScalingRuleType": ruleTiming, "ScalingRuleEnable": "true",
			"ScalingRuleTimer": `{"period":"* * Mon,Tue,Wed,Thu,Fri","schedules":[{"atTime":"08:00","targetReplicas":6},{"atTime":"20:00","targetReplicas":3}]}`,
		},
		{
			"ScalingRuleName": "cpu-load", "ScalingRuleType": ruleOnMetric, "ScalingRuleEnable": "false",
			"ScalingRuleMetric": `{"minReplicas":2,"maxReplicas":8,"metrics":[{"metricType":"CPU","metricTargetAverageUtilization":60}]}`,
		},
	}
	for _, rule := range rules {
		rule["AppId"] = shop
		if _, err := s.seed(now, "CreateApplicationScalingRule", rule); err != nil {
			return err
		}
	}
	s.st.wake = time.Time{}
	return s.save()
}

func (s *Simulator) seedApp(at time.Time, parameters args) (string, error) {
	result, err := s.seed(at, opCreate, parameters)
	data, _ := result.(createData)
	return data.AppID, err
}

// seed carries out an operation as a call of an earlier time would have. The caller
// holds the lock.
func (s *Simulator) seed(at time.Time, name string, parameters args) (any, error) {
	spec, _ := saeclient.LookupOperation(name)
	if refused := parameters.check(spec); refused != nil {
		return nil, fmt.Errorf("saesim: demo: %s: %w", name, refused)
	}
	c := &call{engine: s.engine, op: spec, args: parameters, st: s.st, now: at, region: s.config.Region}
	result, refused := handlers()[name](c)
	if refused != nil {
		return nil, fmt.Errorf("saesim: demo: %s: %w", name, refused)
	}
	return result, nil
}
