package saesim

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"slipway/internal/simframe"
)

// Frameworks of microservices (SAE API reference ch. 16.3).
const (
	FrameworkSpringCloud = "springCloud"
	FrameworkDubbo       = "dubbo"
)

const paramServiceName = "ServiceName"

// A Service is a microservice that an application publishes or consumes. SAE learns
// of them from the running code; a simulated application has those that it is given.
type Service struct {
	Name string `json:"name"`
	// Framework is springCloud or dubbo; empty means springCloud.
	Framework string `json:"framework,omitempty"`
	// Group is empty for the framework's own name, as in the reference's samples.
	Group string `json:"group,omitempty"`
	// Version is empty for 1.0.0.
	Version string `json:"version,omitempty"`
	// Consumed tells that the application calls the service, not that it offers it.
	Consumed bool `json:"consumed,omitempty"`
	// Methods are shown by DescribeAppServiceDetail.
	Methods []ServiceMethod `json:"methods,omitempty"`
}

// A ServiceMethod is one method of a service.
type ServiceMethod struct {
	Name       string `json:"name"`
	Controller string `json:"controller,omitempty"`
	ReturnType string `json:"returnType,omitempty"`
	// ParameterTypes are the types of the parameters, in order.
	ParameterTypes []string `json:"parameterTypes,omitempty"`
	Paths          []string `json:"paths,omitempty"`
	// RequestMethods are HTTP methods; empty means ALL.
	RequestMethods []string `json:"requestMethods,omitempty"`
}

// withDefaults fills in what is empty.
func (s Service) withDefaults() Service {
	s.Framework = cmp.Or(s.Framework, FrameworkSpringCloud)
	s.Group = cmp.Or(s.Group, s.Framework)
	s.Version = cmp.Or(s.Version, "1.0.0")
	return s
}

// SetServices says which microservices an application publishes and consumes, in
// place of those it had.
func (s *Simulator) SetServices(appID string, services []Service) error {
	var problems []error
	list := make([]Service, len(services))
	for i, service := range services {
		list[i] = service.withDefaults()
		if service.Name == "" {
			problems = append(problems, fmt.Errorf("saesim: services[%d]: name is empty", i))
		}
		if f := list[i].Framework; f != FrameworkSpringCloud && f != FrameworkDubbo {
			problems = append(problems, fmt.Errorf("saesim: services[%d]: framework must be %s or %s", i, FrameworkSpringCloud, FrameworkDubbo))
		}
	}
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	return s.withApp(appID, func(app *application) error {
		app.Services = list
		return s.save()
	})
}

// Services lists the microservices of an application.
func (s *Simulator) Services(appID string) ([]Service, error) {
	services := []Service{}
	err := s.withApp(appID, func(app *application) error {
		services = append(services, app.Services...)
		return nil
	})
	return services, err
}

// handleServices adds the admin API for microservices.
func (s *Simulator) handleServices(mux *http.ServeMux) {
	mux.HandleFunc("GET "+s.admin().Prefix()+"apps/{id}/services", func(w http.ResponseWriter, r *http.Request) {
		services, err := s.Services(r.PathValue("id"))
		if err != nil {
			s.admin().WriteDone(w, err)
			return
		}
		simframe.WriteJSON(w, http.StatusOK, services)
	})
	mux.HandleFunc("PUT "+s.admin().Prefix()+"apps/{id}/services", func(w http.ResponseWriter, r *http.Request) {
		var services []Service
		if s.admin().ReadJSON(w, r, &services) {
			s.admin().WriteDone(w, s.SetServices(r.PathValue("id"), services))
		}
	})
}

// services lists those that an application publishes, or consumes.
func (a *application) services(consumed bool) []Service {
	return slices.DeleteFunc(slices.Clone(a.Services), func(s Service) bool { return s.Consumed != consumed })
}

func (a *application) addresses() []string {
	ips := []string{}
	for _, i := range a.Instances {
		if i.Status == instanceRunning {
			ips = append(ips, i.IP)
		}
	}
	return ips
}

type serviceData struct {
	Type     string
	Groups   []string
	Version  string
	AppID    string   `json:"AppId"`
	Group2IP string   `json:"Group2Ip"`
	IPs      []string `json:"Ips"`
	Name     string
}

// showService shows a service with the addresses it is offered at. The reference
// prints RPC as the type of a Dubbo or HSF service; a Spring Cloud service shows its
// framework (reading).
func (a *application) showService(s Service, ips []string) serviceData {
	kind := s.Framework
	if kind == FrameworkDubbo {
		kind = "RPC"
	}
	return serviceData{
		Type: kind, Groups: []string{s.Group}, Version: s.Version, AppID: a.ID, Group2IP: "{}", IPs: ips, Name: s.Name,
	}
}

// listPublished serves ListPublishedServices (SAE API reference ch. 16.2).
func listPublished(c *call) (any, *apiError) {
	app, refused := c.app()
	if refused != nil {
		return nil, refused
	}
	list := []serviceData{}
	for _, s := range app.services(false) {
		list = append(list, app.showService(s, app.addresses()))
	}
	return list, nil
}

// listConsumed serves ListConsumedServices (SAE API reference ch. 16.1). The
// addresses are those of the applications of the namespace that publish the service
// (reading).
func listConsumed(c *call) (any, *apiError) {
	app, refused := c.app()
	if refused != nil {
		return nil, refused
	}
	list := []serviceData{}
	for _, s := range app.services(true) {
		ips := []string{}
		for _, provider := range c.st.inNamespace(app.NamespaceID) {
			if slices.ContainsFunc(provider.services(false), s.same) {
				ips = append(ips, provider.addresses()...)
			}
		}
		list = append(list, app.showService(s, ips))
	}
	return list, nil
}

// same reports whether two applications mean the same service.
func (s Service) same(other Service) bool {
	return s.Name == other.Name && s.Framework == other.Framework && s.Group == other.Group && s.Version == other.Version
}

type pagedServiceData struct {
	EdasAppName string
	Version     string
	InstanceNum int64
	EdasAppID   string `json:"EdasAppId"`
	ServiceName string
	Group       string
}

type servicePageData struct {
	CurrentPage string
	TotalSize   string
	PageNumber  string
	PageSize    string
	Result      []pagedServiceData
}

// serviceApp returns the application whose services a call asks for; the parameter
// is optional in the reference and cannot be left out (reading).
func (c *call) serviceApp() (*application, *apiError) {
	if c.arg("AppId") == "" {
		return nil, refuse(codeObviously, "AppId")
	}
	return c.app()
}

// listServicesPage serves ListAppServicesPage (SAE API reference ch. 16.3): services
// that the application publishes, in one page object inside a list, numbers as
// texts. The text calls TotalSize the number of pages; it counts services as
// everywhere else (reading). An application without services of the framework gets
// the documented error.
func listServicesPage(c *call) (any, *apiError) {
	app, refused := c.serviceApp()
	if refused != nil {
		return nil, refused
	}
	services := slices.DeleteFunc(app.services(false), func(s Service) bool {
		return c.arg("ServiceType") != "" && s.Framework != c.arg("ServiceType")
	})
	if len(services) == 0 {
		return nil, refuse(codeServiceNotFound, app.Name)
	}
	c.args.add("CurrentPage", c.arg("PageNumber"))
	p := c.page(defaultPageSize)
	number := strconv.Itoa(p.Number)
	data := servicePageData{
		CurrentPage: number, PageNumber: number, PageSize: strconv.Itoa(p.Size), TotalSize: strconv.Itoa(len(services)),
		Result: []pagedServiceData{},
	}
	for _, s := range cut(services, p) {
		data.Result = append(data.Result, pagedServiceData{
			EdasAppName: app.Name, Version: s.Version, InstanceNum: int64(app.running()), EdasAppID: app.ID, ServiceName: s.Name, Group: s.Group,
		})
	}
	return []servicePageData{data}, nil
}

type parameterData struct {
	Type        string
	Description string
	Name        string
}

type methodData struct {
	MethodController     string
	ReturnType           string
	ReturnDetails        string
	Name                 string
	NameDetail           string
	ParameterDetails     []string
	RequestMethods       []string
	ParameterTypes       []string
	Paths                []string
	ParameterDefinitions []parameterData
}

type serviceDetailData struct {
	Group                 string
	ServiceName           string
	Version               string
	ServiceType           string
	EdasAppName           string
	SpringApplicationName string `json:",omitempty"`
	DubboApplicationName  string `json:",omitempty"`
	Methods               []methodData
	Metadata              map[string]string
}

// describeService serves DescribeAppServiceDetail (SAE API reference ch. 16.4): the
// first published service that has everything the call names.
func describeService(c *call) (any, *apiError) {
	app, refused := c.serviceApp()
	if refused != nil {
		return nil, refused
	}
	if c.arg(paramServiceName) == "" {
		return nil, refuse(codeObviously, paramServiceName)
	}
	wanted := func(parameter, value string) bool { return c.arg(parameter) == "" || c.arg(parameter) == value }
	for _, s := range app.services(false) {
		if wanted(paramServiceName, s.Name) && wanted("ServiceType", s.Framework) &&
			wanted("ServiceGroup", s.Group) && wanted("ServiceVersion", s.Version) {
			return app.showServiceDetail(s), nil
		}
	}
	return nil, refuse(codeMetadataNotFound, c.arg(paramServiceName))
}

func (a *application) showServiceDetail(s Service) serviceDetailData {
	data := serviceDetailData{
		Group: s.Group, ServiceName: s.Name, Version: s.Version, ServiceType: s.Framework, EdasAppName: a.Name,
		SpringApplicationName: a.Name, Methods: []methodData{}, Metadata: map[string]string{"side": "provider"},
	}
	if s.Framework == FrameworkDubbo {
		data.SpringApplicationName, data.DubboApplicationName = "", a.Name
	}
	for _, m := range s.Methods {
		data.Methods = append(data.Methods, m.show())
	}
	return data
}

func (m ServiceMethod) show() methodData {
	data := methodData{
		MethodController: m.Controller, ReturnType: m.ReturnType, Name: m.Name,
		ParameterDetails: []string{}, RequestMethods: m.RequestMethods, ParameterTypes: append([]string{}, m.ParameterTypes...),
		Paths: append([]string{}, m.Paths...), ParameterDefinitions: []parameterData{},
	}
	if len(data.RequestMethods) == 0 {
		data.RequestMethods = []string{"ALL"}
	}
	for i, kind := range m.ParameterTypes {
		data.ParameterDefinitions = append(data.ParameterDefinitions, parameterData{Type: kind, Name: fmt.Sprintf("arg%d", i)})
	}
	return data
}

// Kinds of registries of ListAppServices. The services of simulated applications are in the
// built-in one; there are no others here.
const (
	registryBuiltIn = "0"
	registryNacos   = "2"
)

type listedServiceData struct {
	AppID           string `json:"AppId"`
	AppName         string
	InstanceCount   string
	NamespaceID     string `json:"NamespaceId"`
	NamespaceName   string `json:",omitempty"`
	RegistryType    string
	SecurityGroupID string `json:"SecurityGroupId,omitempty"`
	ServiceGroup    string
	ServiceName     string
	ServiceType     string
	ServiceVersion  string
}

// listServices serves ListAppServices, which only today's service has: the services that
// the applications of a VPC or a namespace publish, or one application. Ports and protocols
// are not answered, as nothing says what they are.
func listServices(c *call) (any, *apiError) {
	c.applies("ServiceType")
	apps, refused := c.servingApps()
	if refused != nil {
		return nil, refused
	}
	registry := cmp.Or(c.arg("RegistryType"), registryBuiltIn)
	if registry == registryNacos {
		return nil, missingParameter("NacosInstanceId") // which is not simulated
	}
	list := []listedServiceData{}
	for _, app := range apps {
		for _, s := range app.services(false) {
			if wanted := c.arg("ServiceType"); registry == registryBuiltIn && (wanted == "" || wanted == s.Framework) {
				list = append(list, c.showListedService(app, s))
			}
		}
	}
	c.args.add("CurrentPage", c.arg("PageNumber"))
	return cut(list, c.page(defaultPageSize)), nil
}

func (c *call) showListedService(app *application, s Service) listedServiceData {
	return listedServiceData{
		AppID: app.ID, AppName: app.Name, InstanceCount: strconv.Itoa(app.running()), NamespaceID: app.NamespaceID,
		NamespaceName: c.nameOf(app.NamespaceID), RegistryType: registryBuiltIn, SecurityGroupID: app.settings()["SecurityGroupId"],
		ServiceGroup: s.Group, ServiceName: s.Name, ServiceType: s.Framework, ServiceVersion: s.Version,
	}
}

// servingApps are the applications whose services a call asks for, by exactly one of three
// parameters.
func (c *call) servingApps() ([]*application, *apiError) {
	id, namespaceID, vpc := c.arg("AppId"), c.arg(paramNamespace), c.arg("VpcId")
	switch {
	case id != "" && namespaceID == "" && vpc == "":
		app, refused := c.app()
		return []*application{app}, refused
	case id == "" && namespaceID != "" && vpc == "":
		ns, refused := c.existingNamespace()
		if refused != nil {
			return nil, refused
		}
		return c.st.inNamespace(ns.ID), nil
	case id == "" && namespaceID == "" && vpc != "":
		if !vpcExists(vpc) {
			return nil, refuse(codeVPCNotFound)
		}
		return slices.DeleteFunc(c.st.applications(), func(a *application) bool { return a.settings()["VpcId"] != vpc }), nil
	}
	return nil, invalidParameter("AppId", "exactly one of VpcId, NamespaceId and AppId is needed")
}
