package saetest

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	springRules = `[{"path":"/orders","condition":"OR","items":[{"type":"cookie","name":"canary","cond":"==","operator":"rawvalue","value":"true"}]}]`
	dubboRules  = `[{"serviceName":"com.test.Orders","group":"DUBBO","version":"1.0.0","methodName":"place","condition":"AND",` +
		`"items":[{"index":0,"expr":".name","cond":"==","operator":"rawvalue","value":"test"}]}]`
	listener = `[{"port":18080,"targetPort":8080,"protocol":"TCP"}]`
)

// route sends requests to gray instances, by the rules of either framework and of gateways.
func (s *suite) route(t *testing.T) {
	t.Helper()
	kinds := map[string]string{"ScRules": springRules, "DubboRules": dubboRules}
	if s.Have.AnySetting {
		kinds["AlbRules"] = s.example("CreateGreyTagRoute", "AlbRules")
	}
	for name, rules := range kinds {
		made := s.call(t, "CreateGreyTagRoute", "AppId", s.world.app, "Name", "canary", "Description", "test", name, rules).data()
		route := []string{"GreyTagRouteId", made.text("GreyTagRouteId")}
		s.lookAtRouting(t, s.world.app)
		s.call(t, "UpdateGreyTagRoute", append(route, "Description", "changed", name, rules)...)
		described := s.call(t, "DescribeGreyTagRoute", route...).data()
		require.Equal(t, "changed", described.text("Description"))
		require.Len(t, described.list(name), 1)
		s.refused(t, "CreateGreyTagRoute", "InvalidParameter.WithMessage", "AppId", s.world.app, "Name", "second", name, rules)
		s.call(t, "DeleteGreyTagRoute", route...)
		s.refused(t, "DescribeGreyTagRoute", "InvalidParameter.WithMessage", route...)
	}
}

// changeInstances restarts instances and changes their number and size.
func (s *suite) changeInstances(t *testing.T) {
	t.Helper()
	id := []string{"AppId", s.world.app}
	one := func() string { return s.instances(t, s.world.app)[0].text("InstanceId") }
	require.Equal(t, "CoRestartApplication", s.done(t, "RestartApplication", append(id, "MinReadyInstances", "1")...).CoTypeCode)
	require.Equal(t, "CoRestartInstances", s.done(t, "RestartInstances", append(id, "InstanceIds", one())...).CoTypeCode)
	require.Equal(t, "CoScaleOut", s.done(t, "RescaleApplication", append(id, "Replicas", "4")...).CoTypeCode)
	require.Len(t, s.instances(t, s.world.app), 4)
	s.done(t, "ReduceApplicationCapacityByInstanceIds", append(id, "InstanceIds", one())...)
	require.Equal(t, "CoScaleIn", s.done(t, "RescaleApplication", append(id, "Replicas", "2")...).CoTypeCode)
	require.Len(t, s.instances(t, s.world.app), 2)
	size := map[string]string{"Cpu": "1000", "Memory": "2048"}
	if s.Have.AnySetting {
		size["DiskSize"], size["ResourceType"], size["VSwitchId"] = "20", "default", s.Have.VSwitch
	}
	s.done(t, "RescaleApplicationVertically", slices.Concat(id, pairs(size), []string{
		"Deploy", "true", "minReadyInstances", "1", "minReadyInstanceRatio", "-1", "autoEnableApplicationScalingRule", "true",
	})...)
	requireSettings(t, s.configuration(t), size)
	if s.Have.SecurityGroup != "" {
		s.call(t, "UpdateAppSecurityGroup", append(id, "SecurityGroupId", s.Have.SecurityGroup)...)
		require.Equal(t, s.Have.SecurityGroup, s.configuration(t).text("SecurityGroupId"))
	}
	s.lookAtOrders(t, s.world.app)
	s.lookAtApplication(t, s.world.app)
}

// balance binds a load balancer, and routes through it.
func (s *suite) balance(t *testing.T) {
	t.Helper()
	if s.Have.SLB == "" {
		return
	}
	s.bind(t)
	backend := `{"appId":"` + s.world.app + `","containerPort":8080}`
	front := []string{
		"NamespaceId", s.world.space, "SlbId", s.Have.SLB, "ListenerPort", "18081", "DefaultRule", backend, "Description", "front",
		"Rules", `[{"appId":"` + s.world.app + `","containerPort":8080,"domain":"orders.test","path":"/orders"}]`,
	}
	ingress := []string{"IngressId", s.call(t, "CreateIngress", front...).data().text("IngressId")}
	s.refused(t, "CreateIngress", "SlbListenerPort.NotAvailable", front...)
	s.lookAtNamespace(t, s.world.space, true)
	s.call(t, "ListIngresses", "NamespaceId", s.world.space, "AppId", s.world.app)
	s.call(t, "UpdateIngress", append(ingress, "Description", "back")...)
	described := s.call(t, "DescribeIngress", ingress...).data()
	require.Equal(t, "back", described.text("Description"))
	require.Equal(t, "orders.test", described.list("Rules")[0].text("Domain"))
	s.refused(t, "UpdateIngress", "SSLCert.NotFound", append(ingress, "CertId", "none")...)
	if s.Have.Certificate != "" {
		s.call(t, "UpdateIngress", append(ingress, "CertId", s.Have.Certificate, "ListenerProtocol", "HTTPS")...)
		s.lookAtNamespace(t, s.world.space, true)
	}
	s.call(t, "DeleteIngress", ingress...)
	s.secure(t, front)
	require.Empty(t, s.call(t, "ListIngresses", "NamespaceId", s.world.space).data().list("IngressList"))
}

// secure makes an ingress that has its certificate from the beginning. Where any setting is allowed,
// it is on another kind of balancer, which rewrites, and has settings of its listener.
func (s *suite) secure(t *testing.T, front []string) {
	t.Helper()
	if s.Have.Certificate == "" {
		return
	}
	settings := map[string]string{"CertIds": s.Have.Certificate}
	if s.Have.AnySetting {
		settings = additionExamples("CreateIngress")
		settings["CertIds"] = s.Have.Certificate
		backend := `{"appId":"` + s.world.app + `","containerPort":8080,"backendProtocol":"https"`
		front = append(front, "LoadBalanceType", "alb", "SlbId", "alb-saetest", "DefaultRule", backend+`}`,
			"Rules", `[`+backend+`,"domain":"orders.test","path":"/orders","rewritePath":"/${1}"}]`)
	}
	made := s.call(t, "CreateIngress", slices.Concat(front, pairs(settings), []string{"ListenerProtocol", "HTTPS"})...).data()
	ingress := []string{"IngressId", made.text("IngressId")}
	s.call(t, "UpdateIngress", append(ingress, pairs(settings)...)...)
	described := s.call(t, "DescribeIngress", ingress...).data()
	require.Equal(t, "HTTPS", described.text("ListenerProtocol"))
	requireSettings(t, described, settings)
	s.lookAtNamespace(t, s.world.space, true)
	s.call(t, "DeleteIngress", ingress...)
}

// bind binds load balancers, and unbinds them. Where any setting is allowed, there are two, and how
// they are paid is said.
func (s *suite) bind(t *testing.T) {
	t.Helper()
	id := []string{"AppId", s.world.app}
	listeners := map[string]string{"Internet": listener, "InternetSlbId": s.Have.SLB}
	paid := map[string]string{}
	if s.Have.AnySetting {
		listeners["Intranet"], listeners["IntranetSlbId"] = listener, "lb-intranet"
		paid = additionExamples("BindSlb")
	}
	s.done(t, "BindSlb", slices.Concat(id, pairs(listeners), pairs(paid))...)
	bound := s.call(t, "DescribeApplicationSlbs", id...).data()
	require.Equal(t, "18080", bound.list("Internet")[0].text("Port"))
	requireSettings(t, bound, paid)
	for _, network := range []string{"Internet", "Intranet"} {
		if listeners[network] != "" {
			s.done(t, "UnbindSlb", append(id, network, "true")...)
			require.Empty(t, s.call(t, "DescribeApplicationSlbs", id...).data().list(network))
		}
	}
}

// stopAndStart stops and starts one application, and then all of the namespace.
func (s *suite) stopAndStart(t *testing.T) {
	t.Helper()
	id := []string{"AppId", s.world.app}
	require.Equal(t, "CoStop", s.done(t, "StopApplication", id...).CoTypeCode)
	require.Equal(t, "STOPPED", s.status(t).text("CurrentStatus"))
	const wrong = "Application.InvalidStatus"
	s.refused(t, "StopApplication", wrong, id...)
	s.refused(t, "RestartApplication", wrong, id...)
	s.refused(t, "RescaleApplication", wrong, append(id, "Replicas", "3")...)
	s.refused(t, "RescaleApplicationVertically", wrong, append(id, "Cpu", "2000", "Memory", "4096")...)
	require.Equal(t, "CoStart", s.done(t, "StartApplication", id...).CoTypeCode)
	s.refused(t, "StartApplication", wrong, id...)
	for _, operation := range []string{"BatchStopApplications", "BatchStartApplications"} {
		s.changeAll(t, operation)
	}
	s.lenient().changeAll(t, "BatchRestartApplications") // the type of its order is stated nowhere
	require.Equal(t, "RUNNING", s.status(t).text("CurrentStatus"))
}

// changeAll does something to all applications of the namespace that run.
func (s *suite) changeAll(t *testing.T, operation string) {
	t.Helper()
	space := []string{"NamespaceId", s.world.space}
	s.done(t, operation, append(space, "AppIds", s.world.app)...)
	orders := s.call(t, "ListNamespaceChangeOrders", append(space, "CurrentPage", "1", "PageSize", "10")...).data().list("ChangeOrderList")
	require.NotEmpty(t, orders)
	s.call(t, "DescribeNamespaceResources", space...)
}

// endIt deletes everything.
func (s *suite) endIt(t *testing.T) {
	t.Helper()
	s.call(t, "DeleteApplicationScalingRule", "AppId", s.world.app, "ScalingRuleName", ruleName)
	for _, app := range []string{s.world.idle, s.world.app} {
		s.done(t, "DeleteApplication", "AppId", app)
	}
	s.refused(t, "DescribeApplicationStatus", "InvalidApplication.NotFound", "AppId", s.world.app)
	for _, operation := range []string{"BatchStartApplications", "BatchStopApplications"} {
		s.refused(t, operation, "Mamespace.Have.No.Applications", "NamespaceId", s.world.space)
	}
	for _, config := range []string{s.world.config, s.world.spare} {
		s.call(t, "DeleteConfigMap", "ConfigMapId", config)
		s.refused(t, "DescribeConfigMap", "NotFound.ConfigMap", "ConfigMapId", config)
	}
	for _, secret := range []string{s.world.pull, s.world.mounted} {
		id := []string{"NamespaceId", s.world.space, "SecretId", secret}
		s.call(t, "DeleteSecret", id...)
		s.refused(t, "DescribeSecret", noSecret, id...)
	}
	s.call(t, "DeleteNamespace", "NamespaceId", s.world.space)
	s.refused(t, "DescribeNamespace", "InvalidNamespaceId.NotFound", "NamespaceId", s.world.space)
	s.world = world{name: s.world.name}
}
