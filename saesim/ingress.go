package saesim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

const (
	maxIngressRules = 40 // SAE API reference ch. 9.9

	balancerClassic     = "clb"
	balancerApplication = "alb"
	protocolHTTP        = "HTTP"
	protocolHTTPS       = "HTTPS"
	protocolTCP         = "TCP"

	networkInternet = "internet"

	paramIngress     = "IngressId"
	paramDefaultRule = "DefaultRule"
	paramRules       = "Rules"
	paramListener    = "ListenerPort"
)

// ingress is one set of routing rules on a listener (SAE API reference ch. 9.9).
type ingress struct {
	ID           int64         `json:"id"`
	NamespaceID  string        `json:"namespaceId"`
	Description  string        `json:"description,omitempty"`
	SLBID        string        `json:"slbId"`
	ListenerPort int           `json:"listenerPort"`
	Protocol     string        `json:"protocol"`
	CertID       string        `json:"certId,omitempty"`
	Balancer     string        `json:"balancer"`
	DefaultRule  ingressRule   `json:"defaultRule"`
	Rules        []ingressRule `json:"rules"`

	Options listenerOptions `json:"options,omitzero"`
}

// listenerOptions are settings that today's service has of a listener, as answers have
// them. They are kept and read back: nothing here answers requests by them.
type listenerOptions struct {
	// CertIDs are the certificates of an application load balancer.
	CertIDs                          string          `json:"CertIds,omitempty"`
	CorsConfig                       json.RawMessage `json:",omitempty"`
	EnableGzip                       *bool           `json:",omitempty"`
	EnableXForwardedFor              *bool           `json:",omitempty"`
	EnableXForwardedForClientSrcPort *bool           `json:",omitempty"`
	EnableXForwardedForProto         *bool           `json:",omitempty"`
	EnableXForwardedForSLBID         *bool           `json:"EnableXForwardedForSlbId,omitempty"`
	EnableXForwardedForSLBPort       *bool           `json:"EnableXForwardedForSlbPort,omitempty"`
	IdleTimeout                      *int            `json:",omitempty"`
	RequestTimeout                   *int            `json:",omitempty"`
	SecurityPolicyID                 string          `json:"SecurityPolicyId,omitempty"`
}

// readOptions fills in the settings of a listener that a call sends.
func (c *call) readOptions(o *listenerOptions) {
	o.CertIDs = cmp.Or(c.arg("CertIds"), o.CertIDs)
	o.SecurityPolicyID = cmp.Or(c.arg("SecurityPolicyId"), o.SecurityPolicyID)
	if text := c.arg("CorsConfig"); text != "" {
		o.CorsConfig = json.RawMessage(text)
	}
	for name, option := range map[string]**bool{
		"EnableGzip": &o.EnableGzip, "EnableXForwardedFor": &o.EnableXForwardedFor,
		"EnableXForwardedForClientSrcPort": &o.EnableXForwardedForClientSrcPort, "EnableXForwardedForProto": &o.EnableXForwardedForProto,
		"EnableXForwardedForSlbId": &o.EnableXForwardedForSLBID, "EnableXForwardedForSlbPort": &o.EnableXForwardedForSLBPort,
	} {
		if c.arg(name) != "" {
			*option = new(c.boolean(name, false))
		}
	}
	for name, option := range map[string]**int{"IdleTimeout": &o.IdleTimeout, "RequestTimeout": &o.RequestTimeout} {
		if n := c.integer(name); n != nil {
			*option = n
		}
	}
}

// ingressRule sends requests to one port of an application's containers.
type ingressRule struct {
	AppID         string `json:"appId"`
	ContainerPort int    `json:"containerPort"`
	Domain        string `json:"domain,omitempty"`
	Path          string `json:"path,omitempty"`
	// BackendProtocol and RewritePath are empty where they were not sent.
	BackendProtocol string `json:"backendProtocol,omitempty"`
	RewritePath     string `json:"rewritePath,omitempty"`
}

// apps lists the applications that an ingress sends requests to.
func (i *ingress) apps() []string {
	ids := []string{i.DefaultRule.AppID}
	for _, rule := range i.Rules {
		ids = append(ids, rule.AppID)
	}
	return ids
}

// readRules fills in the rules that a call sends and checks them.
func (c *call) readRules(i *ingress) *apiError {
	if text := c.arg(paramDefaultRule); text != "" {
		i.DefaultRule = ingressRule{}
		if json.Unmarshal([]byte(text), &i.DefaultRule) != nil {
			return invalidParameter(paramDefaultRule, "it is not a rule in JSON")
		}
		if refused := c.checkRule(paramDefaultRule, i.NamespaceID, i.DefaultRule); refused != nil {
			return refused
		}
	}
	text := c.arg(paramRules)
	if text == "" {
		return nil
	}
	i.Rules = nil
	if json.Unmarshal([]byte(text), &i.Rules) != nil {
		return invalidParameter(paramRules, "it is not a list of rules in JSON")
	}
	if len(i.Rules) > maxIngressRules {
		return refuse(codeIngressRules)
	}
	taken := map[string]bool{}
	for _, rule := range i.Rules {
		if refused := c.checkRule(paramRules, i.NamespaceID, rule); refused != nil {
			return refused
		}
		place := rule.Domain + " " + rule.Path
		switch {
		case rule.Domain == "" && rule.Path == "":
			return invalidParameter(paramRules, "a rule needs a domain or a path")
		case rule.Path != "" && !strings.HasPrefix(rule.Path, "/"):
			return invalidParameter(paramRules, "a path begins with /")
		case taken[place]:
			return invalidParameter(paramRules, "two rules have the same domain and path")
		}
		taken[place] = true
	}
	return nil
}

// checkRule checks the application and port of a rule: rules cannot cross
// namespaces (SAE API reference ch. 9.9).
func (c *call) checkRule(parameter, namespaceID string, rule ingressRule) *apiError {
	app := c.st.application(rule.AppID)
	switch {
	case app == nil:
		return invalidParameter(parameter, "there is no such application")
	case app.NamespaceID != namespaceID:
		return invalidParameter(parameter, "the application is in another namespace")
	case !validPort(rule.ContainerPort):
		return invalidParameter(parameter, "containerPort must be from 1 to 65535")
	}
	return nil
}

// readListener fills in the listener that a call sends and checks it.
func (c *call) readListener(i *ingress) *apiError {
	if text := c.arg(paramListener); text != "" {
		port, err := strconv.Atoi(text)
		if err != nil || !validPort(port) {
			return refuse(codeObviously, paramListener)
		}
		i.ListenerPort = port
	}
	i.CertID = cmp.Or(c.arg("CertId"), i.CertID)
	c.readOptions(&i.Options)
	i.Balancer = cmp.Or(c.arg("LoadBalanceType"), i.Balancer, balancerClassic)
	i.Protocol = cmp.Or(c.arg("ListenerProtocol"), i.Protocol)
	if i.Protocol == "" {
		i.Protocol = protocolHTTP
		if i.CertID != "" || i.Options.CertIDs != "" {
			i.Protocol = protocolHTTPS
		}
	}
	switch {
	case i.CertID != "" && !certificateExists(i.CertID) || i.Options.CertIDs != "" && !certificatesExist(i.Options.CertIDs):
		return refuse(codeCertNotFound)
	case i.Protocol == protocolHTTPS && i.CertID == "" && i.Options.CertIDs == "":
		return missingParameter("CertId")
	case c.st.portTaken(i):
		return refuse(codeListenerTaken, i.SLBID, i.ListenerPort)
	}
	return nil
}

// portTaken reports whether something else uses the listener of an ingress.
func (s *state) portTaken(i *ingress) bool {
	for _, other := range s.Ingresses {
		if other.ID != i.ID && other.SLBID == i.SLBID && other.ListenerPort == i.ListenerPort {
			return true
		}
	}
	return slices.ContainsFunc(s.applications(), func(a *application) bool {
		return slices.ContainsFunc(s.listenersOn(a, i.SLBID), func(l slbListener) bool { return l.Port == i.ListenerPort })
	})
}

type ingressIDData struct {
	IngressID int64 `json:"IngressId"`
}

// createIngress serves CreateIngress (SAE API reference ch. 9.9). Without a
// ListenerProtocol a certificate means HTTPS (reading).
func createIngress(c *call) (any, *apiError) {
	ns, refused := c.existingNamespace()
	if refused != nil {
		return nil, refused
	}
	i := &ingress{NamespaceID: ns.ID, SLBID: c.arg("SlbId"), Description: c.arg("Description")}
	if i.SLBID == "" { // today's service makes one then, which is not simulated
		return nil, missingParameter("SlbId")
	}
	if !balancerExists(c.arg("LoadBalanceType"), i.SLBID) {
		return nil, refuse(codeSLBNotFound, i.SLBID)
	}
	if refused := c.readListener(i); refused != nil {
		return nil, refused
	}
	if refused := c.readRules(i); refused != nil {
		return nil, refused
	}
	c.st.NextIngress++
	i.ID = c.st.NextIngress
	c.st.Ingresses[i.ID] = i
	return ingressIDData{IngressID: i.ID}, nil
}

// ingress returns the ingress a call names. Real clients see a deletion by the code.
func (c *call) ingress() (*ingress, *apiError) {
	id, _ := strconv.ParseInt(c.arg(paramIngress), 10, 64)
	if i := c.st.Ingresses[id]; i != nil {
		return i, nil
	}
	return nil, invalidParameter(paramIngress, "there is no such ingress")
}

// deleteIngress serves DeleteIngress (SAE API reference ch. 9.10).
func deleteIngress(c *call) (any, *apiError) {
	i, refused := c.ingress()
	if refused != nil {
		return nil, refused
	}
	delete(c.st.Ingresses, i.ID)
	return ingressIDData{IngressID: i.ID}, nil
}

// updateIngress serves UpdateIngress (SAE API reference ch. 9.11). What is not sent
// stays as it is.
func updateIngress(c *call) (any, *apiError) {
	before, refused := c.ingress()
	if refused != nil {
		return nil, refused
	}
	i := new(*before)
	if text, sent := c.sent("Description"); sent {
		i.Description = text
	}
	if refused := c.readListener(i); refused != nil {
		return nil, refused
	}
	if refused := c.readRules(i); refused != nil {
		return nil, refused
	}
	c.st.Ingresses[i.ID] = i
	return ingressIDData{IngressID: i.ID}, nil
}

// ingressData is what both answers about an ingress have.
type ingressData struct {
	SLBID            string `json:"SlbId"`
	NamespaceID      string `json:"NamespaceId"`
	Description      string
	SLBType          string `json:"SlbType"`
	CertID           string `json:"CertId,omitempty"`
	Name             string
	ID               int64 `json:"Id"`
	LoadBalanceType  string
	ListenerProtocol string
}

// show leaves out the port, whose type differs. The description is the rule's name
// (SAE API reference ch. 9.9); which network an SLB is on is not known, and answered
// as internet (reading).
func (i *ingress) show() ingressData {
	return ingressData{
		SLBID: i.SLBID, NamespaceID: i.NamespaceID, Description: i.Description, SLBType: networkInternet, CertID: i.CertID,
		Name: cmp.Or(i.Description, fmt.Sprintf("ingress-%d", i.ID)), ID: i.ID, LoadBalanceType: i.Balancer, ListenerProtocol: i.Protocol,
	}
}

type ingressDefaultRuleData struct {
	ContainerPort   int
	AppName         string
	AppID           string `json:"AppId"`
	BackendProtocol string `json:",omitempty"`
}

type ingressRuleData struct {
	ingressDefaultRuleData

	Domain      string
	Path        string
	RewritePath string `json:",omitempty"`
}

// ingressRulesData is where an ingress sends requests to.
type ingressRulesData struct {
	DefaultRule ingressDefaultRuleData
	Rules       []ingressRuleData
}

type ingressFullData struct {
	ingressData
	listenerOptions
	ingressRulesData

	ListenerPort int
}

func (s *state) showBackend(rule ingressRule) ingressDefaultRuleData {
	data := ingressDefaultRuleData{ContainerPort: rule.ContainerPort, AppID: rule.AppID, BackendProtocol: rule.BackendProtocol}
	if app := s.application(rule.AppID); app != nil {
		data.AppName = app.Name
	}
	return data
}

// describeIngress serves DescribeIngress (SAE API reference ch. 9.12).
func describeIngress(c *call) (any, *apiError) {
	i, refused := c.ingress()
	if refused != nil {
		return nil, refused
	}
	return ingressFullData{
		ingressData: i.show(), listenerOptions: i.Options, ingressRulesData: c.st.showRules(i), ListenerPort: i.ListenerPort,
	}, nil
}

func (s *state) showRules(i *ingress) ingressRulesData {
	data := ingressRulesData{DefaultRule: s.showBackend(i.DefaultRule), Rules: []ingressRuleData{}}
	for _, rule := range i.Rules {
		data.Rules = append(data.Rules, ingressRuleData{
			ingressDefaultRuleData: s.showBackend(rule), Domain: rule.Domain, Path: rule.Path, RewritePath: rule.RewritePath,
		})
	}
	return data
}

type listedIngressData struct {
	ingressData
	ingressRulesData

	ListenerPort string
	CertIDs      string `json:"CertIds,omitempty"`
}

type ingressesData struct {
	IngressList []listedIngressData

	// These are of today's service.
	CurrentPage int
	PageSize    int
	TotalSize   int
}

// listIngresses serves ListIngresses (SAE API reference ch. 9.13), where the port is
// a text. The reference has no pages: without a size all are on the first (reading).
func listIngresses(c *call) (any, *apiError) {
	ns, refused := c.existingNamespace()
	if refused != nil {
		return nil, refused
	}
	c.applies("AppId")
	all := []listedIngressData{}
	for _, id := range slices.Sorted(maps.Keys(c.st.Ingresses)) {
		i, app := c.st.Ingresses[id], c.arg("AppId")
		if i.NamespaceID != ns.ID || app != "" && !slices.Contains(i.apps(), app) {
			continue
		}
		all = append(all, listedIngressData{
			ingressData: i.show(), ingressRulesData: c.st.showRules(i), ListenerPort: strconv.Itoa(i.ListenerPort), CertIDs: i.Options.CertIDs,
		})
	}
	p := c.page(max(len(all), defaultPageSize)) // who asks for no page wants all, as before there were any
	return ingressesData{IngressList: cut(all, p), CurrentPage: p.Number, PageSize: p.Size, TotalSize: len(all)}, nil
}
