package saesim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/simframe"
)

const (
	opBindSLB = "BindSlb"

	typeBindSLB   = "CoBindSlb"
	typeUnbindSLB = "CoUnbindSlb"
)

// slbBinding is an SLB instance that an application is reached through (SAE API
// reference ch. 15).
type slbBinding struct {
	SLBID string `json:"slbId"`
	IP    string `json:"ip"`
	// ChargeType is how the instance is paid, if a call said so.
	ChargeType string        `json:"chargeType,omitempty"`
	Listeners  []slbListener `json:"listeners"`
}

// slbListener is one listener, as it is sent.
type slbListener struct {
	Port        int    `json:"port"`
	TargetPort  int    `json:"targetPort"`
	Protocol    string `json:"protocol"`
	HTTPSCertID string `json:"httpsCertId"`
}

// networks are the kinds of SLB instances with the parameters for each.
func networks() []string { return []string{"Internet", "Intranet"} }

// sharedBalancer reports whether an SLB instance is one of shared performance, which
// cannot be bound. There is no SLB service here: these are told by their ID (reading).
func sharedBalancer(id string) bool { return strings.HasPrefix(id, "lb-shared") }

// bindSLB serves BindSlb (SAE API reference ch. 15.1). What is bound replaces what
// was on the same network, once the change order has succeeded; without an SLB ID
// the platform buys an instance, or keeps the one that is bound (reading).
func bindSLB(c *call) (any, *apiError) {
	app, refused := c.deployedApp()
	if refused != nil {
		return nil, refused
	}
	bind := map[string]*slbBinding{}
	for _, network := range networks() {
		if c.arg(network) == "" {
			if c.arg(network+"SlbId") != "" || c.arg(network+"SlbChargeType") != "" {
				return nil, missingParameter(network) // its listeners
			}
			continue
		}
		if bind[network], refused = c.readBinding(app, network); refused != nil {
			return nil, refused
		}
	}
	switch {
	case len(bind) == 0:
		return nil, missingParameter(networks()[0])
	case len(bind) == 2 && bind["Internet"].SLBID != "" && bind["Internet"].SLBID == bind["Intranet"].SLBID:
		return nil, refuse(codeSLBType)
	case app.running() == 0:
		return nil, refuse(codeNoInstance)
	}
	for _, network := range networks() {
		if b := bind[network]; b != nil {
			c.provide(app, network, b)
		}
	}
	return c.changeSLB(app, typeBindSLB, bind), nil
}

// changeSLB begins the change order that binds or unbinds.
func (c *call) changeSLB(app *application, kind string, bind map[string]*slbBinding) orderData {
	order := c.accept(app, newOrder{
		Type: kind, Description: typeLabel(kind), Plan: plan{Batches: [][]int{{}}, Unavailable: 1, Bind: bind},
	})
	return orderData{ChangeOrderID: order.ID}
}

// provide gives a binding its SLB instance and address.
func (c *call) provide(app *application, network string, b *slbBinding) {
	if before := app.SLB[network]; before != nil {
		b.SLBID = cmp.Or(b.SLBID, before.SLBID)
		if b.SLBID == before.SLBID {
			b.ChargeType = cmp.Or(b.ChargeType, before.ChargeType)
		}
	}
	if b.SLBID == "" {
		b.SLBID = "lb-" + strings.ReplaceAll(c.st.Draw("slb"), "-", "")[:20]
	}
	r := simframe.Stream(0, b.SLBID)
	b.IP = fmt.Sprintf("203.0.113.%d", 1+r.IntN(254)) // from the range for documentation
	if network == "Intranet" {
		b.IP = fmt.Sprintf("192.168.%d.%d", r.IntN(256), 1+r.IntN(254))
	}
}

// readBinding reads and checks what a call wants to bind on one network.
func (c *call) readBinding(app *application, network string) (*slbBinding, *apiError) {
	b := &slbBinding{SLBID: c.arg(network + "SlbId"), ChargeType: c.arg(network + "SlbChargeType")}
	if json.Unmarshal([]byte(c.arg(network)), &b.Listeners) != nil || len(b.Listeners) == 0 {
		return nil, refuse(codeObviously, network)
	}
	if refused := b.checkListeners(network); refused != nil {
		return nil, refused
	}
	if b.SLBID == "" {
		return b, nil
	}
	switch {
	case !balancerExists(balancerClassic, b.SLBID):
		return nil, refuse(codeSLBNotFound, b.SLBID)
	case sharedBalancer(b.SLBID):
		return nil, refuse(codeSLBSpec)
	}
	for other, bound := range app.SLB {
		if bound != nil && bound.SLBID == b.SLBID && other != network {
			return nil, refuse(codeSLBType)
		}
	}
	if user := c.st.balancerUser(b.SLBID, app); user != "" {
		return nil, refuse(codeSLBTaken, user)
	}
	return b, nil
}

// checkListeners checks ports, protocols and certificates. The reference contradicts
// itself about protocols; TCP, HTTP and HTTPS are taken (reading).
func (b *slbBinding) checkListeners(network string) *apiError {
	ports, certificate := map[int]bool{}, ""
	for i := range b.Listeners {
		l := &b.Listeners[i]
		l.Protocol = cmp.Or(l.Protocol, protocolTCP)
		switch {
		case !validPort(l.Port) || !validPort(l.TargetPort):
			return refuse(codeObviously, network)
		case !slices.Contains([]string{protocolTCP, protocolHTTP, protocolHTTPS}, l.Protocol):
			return refuse(codeListenerType)
		case ports[l.Port]:
			return refuse(codeListenerTaken, b.SLBID, l.Port)
		}
		ports[l.Port] = true
		if l.Protocol != protocolHTTPS {
			continue
		}
		switch {
		case l.HTTPSCertID == "":
			return refuse(codeHTTPSNoCert)
		case !certificateExists(l.HTTPSCertID):
			return refuse(codeCertNotFound)
		case certificate != "" && certificate != l.HTTPSCertID:
			return refuse(codeHTTPSCerts)
		}
		certificate = l.HTTPSCertID
	}
	return nil
}

// balancerUser names what else than an application uses an SLB instance, or is about
// to use it.
func (s *state) balancerUser(id string, except *application) string {
	for _, app := range s.applications() {
		if app != except && len(s.listenersOn(app, id)) > 0 {
			return app.Name
		}
	}
	for _, i := range s.Ingresses {
		if i.SLBID == id {
			return i.show().Name
		}
	}
	return ""
}

// listenersOn lists the listeners that an application has on an SLB instance or that
// its unfinished order brings.
func (s *state) listenersOn(app *application, id string) []slbListener {
	bindings := []*slbBinding{}
	for _, network := range networks() {
		bindings = append(bindings, app.SLB[network])
		if order := s.active(app); order != nil {
			bindings = append(bindings, order.Plan.Bind[network])
		}
	}
	var listeners []slbListener
	for _, b := range bindings {
		if b != nil && b.SLBID == id {
			listeners = append(listeners, b.Listeners...)
		}
	}
	return listeners
}

// bind puts a finished order's bindings into effect; nil unbinds.
func (a *application) bind(bindings map[string]*slbBinding) {
	for network, b := range bindings {
		if a.SLB == nil {
			a.SLB = map[string]*slbBinding{}
		}
		a.SLB[network] = b
		if b == nil {
			delete(a.SLB, network)
		}
	}
}

// reachedAt reports whether an application is reached through one of some addresses.
func (a *application) reachedAt(ips []string) bool {
	for _, b := range a.SLB {
		if b != nil && slices.Contains(ips, b.IP) {
			return true
		}
	}
	return false
}

// unbindSLB serves UnbindSlb (SAE API reference ch. 15.2). A network on which nothing
// is bound is refused (reading).
func unbindSLB(c *call) (any, *apiError) {
	app, refused := c.deployedApp()
	if refused != nil {
		return nil, refused
	}
	bind := map[string]*slbBinding{}
	for _, network := range networks() {
		if !c.boolean(network, false) {
			continue
		}
		if app.SLB[network] == nil {
			return nil, invalidParameter(network, "no SLB instance is bound")
		}
		bind[network] = nil
	}
	if len(bind) == 0 {
		return nil, missingParameter(networks()[0])
	}
	return c.changeSLB(app, typeUnbindSLB, bind), nil
}

type slbListenerData struct {
	HTTPSCertID string `json:"HttpsCertId,omitempty"`
	Protocol    string
	TargetPort  int
	Port        int
}

type slbsData struct {
	Intranet      []slbListenerData
	InternetIP    string `json:"InternetIp,omitempty"`
	InternetSLBID string `json:"InternetSlbId,omitempty"`
	Internet      []slbListenerData
	IntranetSLBID string `json:"IntranetSlbId,omitempty"`
	IntranetIP    string `json:"IntranetIp,omitempty"`
	AppID         string `json:"AppId"`
	AppName       string

	InternetSLBChargeType string `json:"InternetSlbChargeType,omitempty"`
	IntranetSLBChargeType string `json:"IntranetSlbChargeType,omitempty"`
}

// describeSLBs serves DescribeApplicationSlbs (SAE API reference ch. 15.3).
func describeSLBs(c *call) (any, *apiError) {
	app, refused := c.app()
	if refused != nil {
		return nil, refused
	}
	data := slbsData{AppID: app.ID, AppName: app.Name}
	data.InternetSLBID, data.InternetIP, data.Internet = app.SLB["Internet"].show()
	data.IntranetSLBID, data.IntranetIP, data.Intranet = app.SLB["Intranet"].show()
	data.InternetSLBChargeType, data.IntranetSLBChargeType = app.SLB["Internet"].chargeType(), app.SLB["Intranet"].chargeType()
	return data, nil
}

func (b *slbBinding) chargeType() string {
	if b == nil {
		return ""
	}
	return b.ChargeType
}

func (b *slbBinding) show() (id, ip string, listeners []slbListenerData) {
	listeners = []slbListenerData{}
	if b == nil {
		return "", "", listeners
	}
	for _, l := range b.Listeners {
		listeners = append(listeners, slbListenerData{
			HTTPSCertID: l.HTTPSCertID, Protocol: l.Protocol, TargetPort: l.TargetPort, Port: l.Port,
		})
	}
	return b.SLBID, b.IP, listeners
}
