package saesim

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"slipway/internal/acs"
	"slipway/internal/simframe"
)

const (
	opCreateNamespace = "CreateNamespace"

	paramNamespace = "NamespaceId"
	paramShortID   = "NameSpaceShortId"

	// maxNamespaceID is the length that error texts give (SAE API reference ch. 9.1).
	maxNamespaceID = 32
	// maxNamespaces is how many namespaces an account can make; the reference gives
	// no number (reading).
	maxNamespaces = 100
)

// namespace is a namespace with its network (SAE API reference ch. 9). The default
// one, whose ID is the region's, is kept only once something is known of it.
type namespace struct {
	ID              string    `json:"id"`
	Name            string    `json:"name"`
	Description     string    `json:"description,omitempty"`
	VPCID           string    `json:"vpcId,omitempty"`
	VSwitchID       string    `json:"vSwitchId,omitempty"`
	SecurityGroupID string    `json:"securityGroupId,omitempty"`
	CreatedAt       time.Time `json:"createdAt,omitzero"`
	// NoRegistry tells that the built-in registry is off.
	NoRegistry bool `json:"noRegistry,omitempty"`
}

// namespace returns a namespace, or nil. Each region has a default one.
func (c *call) namespace(id string) *namespace {
	if ns := c.st.Namespaces[id]; ns != nil {
		return ns
	}
	if id == c.region {
		return &namespace{ID: id, Name: "Default"}
	}
	return nil
}

// namespaces lists all namespaces, the default one first, then as they were made.
func (c *call) namespaces() []*namespace {
	list := slices.SortedFunc(maps.Values(c.st.Namespaces), func(a, b *namespace) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), strings.Compare(a.ID, b.ID))
	})
	list = slices.DeleteFunc(list, func(ns *namespace) bool { return ns.ID == c.region })
	return slices.Insert(list, 0, c.namespace(c.region))
}

// namedNamespace is the ID that a call names a namespace by: the whole one, or else the
// short one, which leaves out the region.
func (c *call) namedNamespace() (string, *apiError) {
	id, short := c.arg(paramNamespace), c.arg(paramShortID)
	switch {
	case id != "":
		return id, nil
	case short != "":
		return c.region + ":" + short, nil
	}
	return "", missingParameter(paramNamespace)
}

// existingNamespace refuses a namespace that does not exist with the code that the
// operation's table lists.
func (c *call) existingNamespace() (*namespace, *apiError) {
	id, refused := c.namedNamespace()
	if refused != nil {
		return nil, refused
	}
	if ns := c.namespace(id); ns != nil {
		return ns, nil
	}
	return nil, c.missingCode(codeNamespaceNotFound, codeObviously, paramNamespace)
}

// customNamespace returns the namespace that a call names and that is not the
// default one, which can neither be read alone nor changed nor deleted (SAE API
// reference ch. 9.5). The code for it is a reading.
func (c *call) customNamespace() (*namespace, *apiError) {
	id, refused := c.namedNamespace()
	if refused != nil {
		return nil, refused
	}
	if ns := c.st.Namespaces[id]; ns != nil && id != c.region {
		return ns, nil
	}
	return nil, refuse(codeNamespaceNotFound)
}

// checkNewNamespace applies the rules for the ID of a new namespace. The table, the
// error texts and the samples differ about the suffix; lower-case letters, digits
// and hyphens are taken (reading).
func checkNewNamespace(id string) *apiError {
	region, suffix, found := strings.Cut(id, ":")
	switch {
	case id != strings.ToLower(id):
		return refuse(codeNamespaceUppercase)
	case !found || !acs.IsRegion(region) || utf8.RuneCountInString(id) > maxNamespaceID:
		return refuse(codeNamespaceFormat)
	case !regexp.MustCompile(`^[a-z0-9-]+$`).MatchString(suffix):
		return refuse(codeNamespaceSuffix)
	}
	return nil
}

// inNamespace lists the applications of a namespace.
func (s *state) inNamespace(id string) []*application {
	return slices.DeleteFunc(s.applications(), func(a *application) bool { return a.NamespaceID != id })
}

type namespaceData struct {
	NamespaceDescription string
	NamespaceID          string `json:"NamespaceId"`
	NamespaceName        string
	RegionID             string `json:"RegionId"`
	ShortID              string `json:"NameSpaceShortId"`
}

type oneNamespaceData struct {
	namespaceData

	EnableMicroRegistration bool
}

// showOne is what the operations on one namespace answer.
func (c *call) showOne(ns *namespace) oneNamespaceData {
	return oneNamespaceData{namespaceData: c.showNamespace(ns), EnableMicroRegistration: !ns.NoRegistry}
}

func (c *call) showNamespace(ns *namespace) namespaceData {
	return namespaceData{NamespaceDescription: ns.Description, NamespaceID: ns.ID, NamespaceName: ns.Name, RegionID: c.region, ShortID: ns.shortID()}
}

// shortID is the ID without the region; the default namespace has none.
func (ns *namespace) shortID() string {
	_, short, _ := strings.Cut(ns.ID, ":")
	return short
}

// createNamespace serves CreateNamespace (SAE API reference ch. 9.1). A namespace of
// another region is refused as a wrong ID (reading).
func createNamespace(c *call) (any, *apiError) {
	id, refused := c.namedNamespace()
	if refused != nil {
		return nil, refused
	}
	if refused := checkNewNamespace(id); refused != nil {
		return nil, refused
	}
	switch {
	case !strings.HasPrefix(id, c.region+":"):
		return nil, refuse(codeNamespaceFormat)
	case c.st.Namespaces[id] != nil:
		return nil, refuse(codeNamespaceExists)
	case len(c.st.Namespaces) >= maxNamespaces:
		return nil, refuse(codeNamespaceQuota)
	}
	ns := &namespace{ID: id, Name: c.arg("NamespaceName"), Description: c.arg("NamespaceDescription"), CreatedAt: c.now, NoRegistry: !c.boolean("EnableMicroRegistration", true)}
	c.st.Namespaces[id] = ns
	return c.showOne(ns), nil
}

// deleteNamespace serves DeleteNamespace (SAE API reference ch. 9.2). Ingresses
// forbid it with a code that is listed elsewhere and speaks of deletion; config maps,
// secrets and lane groups go with the namespace (reading).
func deleteNamespace(c *call) (any, *apiError) {
	ns, refused := c.customNamespace()
	if refused == nil {
		refused = c.emptyNamespace(ns)
	}
	if refused != nil {
		return nil, refused
	}
	delete(c.st.Namespaces, ns.ID)
	maps.DeleteFunc(c.st.ConfigMaps, func(_ int64, m *configMap) bool { return m.NamespaceID == ns.ID })
	maps.DeleteFunc(c.st.Secrets, func(_ int64, s *secret) bool { return s.NamespaceID == ns.ID })
	maps.DeleteFunc(c.st.LaneGroups, func(_ int64, g *laneGroup) bool { return g.NamespaceID == ns.ID })
	return nil, nil //nolint:nilnil // an answer without data
}

// emptyNamespace refuses a namespace that has ingresses or applications.
func (c *call) emptyNamespace(ns *namespace) *apiError {
	for _, i := range c.st.Ingresses {
		if i.NamespaceID == ns.ID {
			return refuse(codeNamespaceIngress)
		}
	}
	if slices.ContainsFunc(c.st.workloads(), func(a *application) bool { return a.NamespaceID == ns.ID }) {
		return refuse(codeNamespaceInUse)
	}
	return nil
}

// updateNamespace serves UpdateNamespace (SAE API reference ch. 9.3).
func updateNamespace(c *call) (any, *apiError) {
	if id := c.arg(paramNamespace); id != "" && !namespacePattern().MatchString(id) {
		return nil, refuse(codeNamespaceFormat)
	}
	ns, refused := c.customNamespace()
	if refused != nil {
		return nil, refused
	}
	if !c.boolean("EnableMicroRegistration", true) && !ns.NoRegistry {
		return nil, invalidParameter("EnableMicroRegistration", "the registry cannot be switched off later")
	}
	if c.arg("EnableMicroRegistration") == "true" {
		ns.NoRegistry = false
	}
	ns.Name = c.arg("NamespaceName")
	if text, sent := c.sent("NamespaceDescription"); sent {
		ns.Description = text
	}
	return c.showOne(ns), nil
}

// updateNamespaceVPC serves UpdateNamespaceVpc (SAE API reference ch. 9.4).
func updateNamespaceVPC(c *call) (any, *apiError) {
	ns, refused := c.existingNamespace()
	if refused != nil {
		return nil, refused
	}
	vpc := c.arg("VpcId")
	if !vpcExists(vpc) {
		return nil, refuse(codeVPCNotFound)
	}
	if refused := c.emptyNamespace(ns); refused != nil {
		return nil, refused
	}
	if ns.VPCID != vpc {
		ns.VPCID, ns.VSwitchID, ns.SecurityGroupID = vpc, "", ""
	}
	c.st.Namespaces[ns.ID] = ns
	return nil, nil //nolint:nilnil // an answer without data
}

// vpcExists reports whether the account has a VPC: all whose ID has the form of those
// in the samples. There is no VPC service here (reading).
func vpcExists(id string) bool { return regexp.MustCompile(`^vpc-[0-9a-z*-]+$`).MatchString(id) }

func vSwitchExists(id string) bool { return regexp.MustCompile(`^vsw-[0-9a-z*-]+$`).MatchString(id) }

// defaultNamespace is the namespace of a new application: with AutoConfig, or when it names none,
// the default one (SAE API reference ch. 12.1).
func (c *call) defaultNamespace() string {
	if c.boolean(paramAutoConfig, false) {
		return c.region
	}
	return cmp.Or(c.arg(paramNamespace), c.region)
}

// checkReferences checks what a new application finds around it: its namespace,
// the network and the config maps. A namespace has one VPC, which its first
// application binds (SAE API reference ch. 12.1).
func (c *call) checkReferences(namespaceID string, config map[string]string) *apiError {
	ns, vpc := c.namespace(namespaceID), c.arg("VpcId")
	if c.boolean(paramAutoConfig, false) {
		vpc = ""
	}
	switch {
	case ns == nil:
		return refuse(codeNamespaceNotFound)
	case vpc != "" && !vpcExists(vpc):
		return refuse(codeVPCNotFound)
	case vpc != "" && c.arg("VSwitchId") != "" && !vSwitchExists(c.arg("VSwitchId")):
		return refuse(codeVSwitchNotFound)
	case vpc != "" && ns.VPCID != "" && ns.VPCID != vpc:
		return invalidParameter("VpcId", "the namespace is bound to %s", ns.VPCID)
	}
	return c.checkMounts(namespaceID, config)
}

// bindNetwork gives the namespace of a new application its network, or the
// application that of its namespace.
func (c *call) bindNetwork(app *application) {
	if c.boolean(paramAutoConfig, false) {
		for _, name := range []string{"VpcId", "VSwitchId", "SecurityGroupId"} {
			delete(app.Config, name)
		}
	}
	ns := c.namespace(app.NamespaceID)
	if ns == nil {
		return
	}
	for name, bound := range map[string]*string{
		"VpcId": &ns.VPCID, "VSwitchId": &ns.VSwitchID, "SecurityGroupId": &ns.SecurityGroupID,
	} {
		if *bound == "" {
			*bound = app.Config[name]
		}
		if *bound != "" && app.Config[name] == "" {
			app.Config[name] = *bound
		}
	}
	if ns.VPCID != "" {
		c.st.Namespaces[ns.ID] = ns
	}
}

// describeNamespace serves DescribeNamespace (SAE API reference ch. 9.5).
func describeNamespace(c *call) (any, *apiError) {
	ns, refused := c.customNamespace()
	if refused != nil {
		return nil, refused
	}
	return c.showOne(ns), nil
}

type listedNamespaceData struct {
	namespaceData

	AccessKey string
	SecretKey string
	TenantID  string `json:"TenantId"`
}

type namespacesData struct {
	CurrentPage int
	TotalSize   int
	PageSize    int
	Namespaces  []listedNamespaceData
}

// describeNamespaces serves DescribeNamespaces (SAE API reference ch. 9.6). The keys
// of the configuration service are made up and open nothing.
func describeNamespaces(c *call) (any, *apiError) {
	list := c.namespaces()
	p := c.page(defaultPageSize)
	data := namespacesData{CurrentPage: p.Number, TotalSize: len(list), PageSize: p.Size, Namespaces: []listedNamespaceData{}}
	for _, ns := range cut(list, p) {
		data.Namespaces = append(data.Namespaces, listedNamespaceData{
			namespaceData: c.showNamespace(ns), TenantID: c.tenant(ns),
			AccessKey: strings.ReplaceAll(simframe.UUID(c.st.Seed, "access/"+ns.ID), "-", ""),
			SecretKey: strings.ReplaceAll(simframe.UUID(c.st.Seed, "secret/"+ns.ID), "-", ""),
		})
	}
	return data, nil
}

func (c *call) tenant(ns *namespace) string { return simframe.UUID(c.st.Seed, "tenant/"+ns.ID) }

type namespaceNetworkData struct {
	VPCID             string `json:"VpcId"`
	VSwitchID         string `json:"VSwitchId"`
	Custom            bool
	AgentInstall      string
	NamespaceID       string `json:"NamespaceId"`
	HybridCloudEnable bool
	SecurityGroupID   string `json:"SecurityGroupId"`
	Current           bool
	NamespaceName     string
	RegionID          string `json:"RegionId"`
	ShortID           string `json:"NameSpaceShortId"`
}

// describeNamespaceList serves DescribeNamespaceList (SAE API reference ch. 9.7).
// Without ContainCustom it shows the default namespace alone (reading). There are no
// hybrid cloud namespaces to exclude.
func describeNamespaceList(c *call) (any, *apiError) {
	c.applies("HybridCloudExclude", "ContainCustom")
	list := []namespaceNetworkData{}
	for _, ns := range c.namespaces() {
		custom := ns.ID != c.region
		if custom && !c.boolean("ContainCustom", false) {
			continue
		}
		list = append(list, namespaceNetworkData{
			VPCID: ns.VPCID, VSwitchID: ns.VSwitchID, SecurityGroupID: ns.SecurityGroupID, Custom: custom,
			AgentInstall: "http://edas-" + c.region + ".oss-" + c.region + "-internal.aliyuncs.com/install.sh",
			NamespaceID:  ns.ID, NamespaceName: ns.Name, RegionID: c.region, ShortID: ns.shortID(),
		})
	}
	return list, nil
}

type namespaceResourcesData struct {
	VPCID                  string `json:"VpcId"`
	LastChangeOrderID      string `json:"LastChangeOrderId"`
	BelongRegion           string
	NamespaceID            string `json:"NamespaceId"`
	SecurityGroupID        string `json:"SecurityGroupId"`
	UserID                 string `json:"UserId"`
	NamespaceName          string
	LastChangeOrderStatus  string `json:",omitempty"`
	VPCName                string `json:"VpcName"`
	VSwitchID              string `json:"VSwitchId"`
	Description            string
	LastChangeOrderRunning bool
	AppCount               int64
	VSwitchName            string
	NotificationExpired    bool
	TenantID               string `json:"TenantId"`
	JumpServerAppID        string `json:"JumpServerAppId"`
	JumpServerIP           string `json:"JumpServerIp"`
	ShortID                string `json:"NameSpaceShortId"`
}

// describeNamespaceResources serves DescribeNamespaceResources (SAE API reference
// ch. 9.8). Without a NamespaceId it describes the default namespace (reading). The
// names of networks belong to another service and are empty.
func describeNamespaceResources(c *call) (any, *apiError) {
	if c.arg(paramNamespace) == "" && c.arg(paramShortID) == "" {
		c.args.add(paramNamespace, c.region)
	}
	ns, refused := c.existingNamespace()
	if refused != nil {
		return nil, refused
	}
	data := namespaceResourcesData{
		VPCID: ns.VPCID, BelongRegion: c.region, NamespaceID: ns.ID, SecurityGroupID: ns.SecurityGroupID,
		UserID: callerName, NamespaceName: ns.Name, VSwitchID: ns.VSwitchID, Description: ns.Description,
		AppCount: int64(len(c.st.inNamespace(ns.ID))), NotificationExpired: true, TenantID: c.tenant(ns), ShortID: ns.shortID(),
	}
	if last := c.st.lastNamespaceOrder(ns.ID); last != nil {
		status, _ := last.status(c.st)
		data.LastChangeOrderID, data.LastChangeOrderStatus = last.ID, statusWord(status)
		data.LastChangeOrderRunning = !finished(status)
	}
	return data, nil
}
