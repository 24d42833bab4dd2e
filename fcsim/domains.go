package fcsim

import (
	"regexp"
	"strings"
	"time"

	"slipway/internal/simframe"
)

// customDomain maps a name to functions by path.
type customDomain struct {
	Name     string         `json:"name"`
	Created  time.Time      `json:"created"`
	Modified time.Time      `json:"modified"`
	Settings domainSettings `json:"settings"`
}

// domainSettings are what UpdateCustomDomain can change.
type domainSettings struct {
	Protocol    *string      `json:"protocol,omitempty"`
	CertConfig  *certConfig  `json:"certConfig,omitempty"`
	RouteConfig *routeConfig `json:"routeConfig,omitempty"`
	TLSConfig   document     `json:"tlsConfig,omitempty"`
	WAFConfig   document     `json:"wafConfig,omitempty"`
}

// certConfig is a certificate as it was given, which is answered.
type certConfig struct {
	CertName    string `json:"certName,omitempty"`
	Certificate string `json:"certificate,omitempty"`
	PrivateKey  string `json:"privateKey,omitempty"`
}

type routeConfig struct {
	Routes []pathConfig `json:"routes"`
}

// pathConfig leads a path to a function, which need not exist.
type pathConfig struct {
	Path          string   `json:"path"`
	ServiceName   string   `json:"serviceName"`
	FunctionName  string   `json:"functionName"`
	Qualifier     string   `json:"qualifier,omitempty"`
	Methods       []string `json:"methods,omitempty"`
	RewriteConfig document `json:"rewriteConfig,omitempty"`
}

func (s *domainSettings) overlay(given domainSettings) {
	keep(&s.Protocol, given.Protocol)
	keep(&s.CertConfig, given.CertConfig)
	keep(&s.RouteConfig, given.RouteConfig)
	keepDocument(&s.TLSConfig, given.TLSConfig)
	keepDocument(&s.WAFConfig, given.WAFConfig)
}

func (s domainSettings) check(k *checker) {
	if s.Protocol != nil {
		p := *s.Protocol
		k.check(p == "HTTP" || p == "HTTPS" || p == "HTTP,HTTPS", "protocol must be HTTP, HTTPS or HTTP,HTTPS, is %q", simframe.Shorten(p))
	}
	if s.RouteConfig == nil {
		return
	}
	taken := map[string]bool{}
	for i, route := range s.RouteConfig.Routes {
		k.check(strings.HasPrefix(route.Path, "/"), "routeConfig.routes[%d].path must begin with /, is %q", i, simframe.Shorten(route.Path))
		k.check(!taken[route.Path], "routeConfig.routes[%d].path %q is that of another route", i, simframe.Shorten(route.Path))
		taken[route.Path] = true
		k.check(isName(route.ServiceName), "routeConfig.routes[%d].serviceName %q is no name of a service", i, simframe.Shorten(route.ServiceName))
		k.check(isName(route.FunctionName), "routeConfig.routes[%d].functionName %q is no name of a function", i, simframe.Shorten(route.FunctionName))
	}
}

// domainBody is a custom domain in an answer.
type domainBody struct {
	DomainName       string `json:"domainName"`
	AccountID        string `json:"accountId"`
	APIVersion       string `json:"apiVersion"`
	CreatedTime      string `json:"createdTime"`
	LastModifiedTime string `json:"lastModifiedTime"`
	domainSettings
}

func (c *call) domainBody(d *customDomain) domainBody {
	return domainBody{
		DomainName: d.Name, AccountID: c.config.AccountID, APIVersion: apiVersion,
		CreatedTime: stamp(d.Created), LastModifiedTime: stamp(d.Modified), domainSettings: d.Settings,
	}
}

// domain finds the custom domain that the path names.
func (c *call) domain() (*customDomain, *apiError) {
	name := c.params["domainName"]
	if d := c.st.Domains[strings.ToLower(name)]; d != nil {
		return d, nil
	}
	return nil, refuse(codeDomainNotFound, name)
}

// domainInput is the body of both CreateCustomDomain and UpdateCustomDomain.
type domainInput struct {
	DomainName string `json:"domainName"`
	domainSettings
}

// createCustomDomain serves CreateCustomDomain. Whether the name resolves to the platform is not asked.
func createCustomDomain(c *call) (reply, *apiError) {
	var in domainInput
	if refused := c.decode(&in); refused != nil {
		return reply{}, refused
	}
	name := strings.ToLower(in.DomainName)
	var k checker
	k.check(len(name) <= 253 && regexp.MustCompile(`^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`).MatchString(name),
		"domainName must be the name of a host with a dot, is %q", simframe.Shorten(in.DomainName))
	in.check(&k)
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	if c.st.Domains[name] != nil {
		return reply{}, refuse(codeDomainExists, name)
	}
	protocol := "HTTP"
	d := &customDomain{Name: name, Created: c.now, Modified: c.now, Settings: domainSettings{Protocol: &protocol}}
	d.Settings.overlay(in.domainSettings)
	c.st.Domains[name] = d
	return reply{body: c.domainBody(d)}, nil
}

// updateCustomDomain serves UpdateCustomDomain. What is absent or null stays as it is.
func updateCustomDomain(c *call) (reply, *apiError) {
	d, refused := c.domain()
	if refused != nil {
		return reply{}, refused
	}
	var in domainInput
	if refused := c.decode(&in); refused != nil {
		return reply{}, refused
	}
	var k checker
	k.check(in.DomainName == "" || strings.EqualFold(in.DomainName, d.Name), "domainName cannot change: the path names %q, the body %q", d.Name, simframe.Shorten(in.DomainName))
	in.check(&k)
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	d.Settings.overlay(in.domainSettings)
	d.Modified = c.now
	return reply{body: c.domainBody(d)}, nil
}

// deleteCustomDomain serves DeleteCustomDomain.
func deleteCustomDomain(c *call) (reply, *apiError) {
	d, refused := c.domain()
	if refused != nil {
		return reply{}, refused
	}
	delete(c.st.Domains, d.Name)
	return reply{}, nil
}

// getCustomDomain serves GetCustomDomain.
func getCustomDomain(c *call) (reply, *apiError) {
	d, refused := c.domain()
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: c.domainBody(d)}, nil
}

// listCustomDomains serves ListCustomDomains.
func listCustomDomains(c *call) (reply, *apiError) {
	list, refused := page(c, simframe.SortedValues(c.st.Domains), func(d *customDomain) string { return d.Name }, byName)
	if refused != nil {
		return reply{}, refused
	}
	bodies := make([]domainBody, len(list.items))
	for i, d := range list.items {
		bodies[i] = c.domainBody(d)
	}
	return reply{body: struct {
		CustomDomains []domainBody `json:"customDomains"`
		NextToken     *string      `json:"nextToken"`
	}{bodies, list.next}}, nil
}
