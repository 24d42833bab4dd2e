package saesim

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"slipway/saeclient"
)

const groupName = "_DEFAULT_GROUP"

type statusData struct {
	ArmsAdvancedEnabled    string
	LastChangeOrderID      string `json:"LastChangeOrderId"`
	CreateTime             string
	CurrentStatus          string
	AppID                  string `json:"AppId"`
	LastChangeOrderRunning bool
	RunningInstances       int
	LastChangeOrderStatus  string `json:",omitempty"`
	SubStatus              string
	EnableAgent            bool
	FileSizeLimit          int
}

// describeStatus serves DescribeApplicationStatus (SAE API reference ch. 12.4).
func describeStatus(c *call) (any, *apiError) {
	app, refused := c.app()
	if refused != nil {
		return nil, refused
	}
	data := statusData{
		ArmsAdvancedEnabled: "false",
		CreateTime:          millisText(app.CreatedAt),
		CurrentStatus:       app.runState(),
		AppID:               app.ID,
		RunningInstances:    app.running(),
		SubStatus:           "NORMAL",
		FileSizeLimit:       10240,
	}
	if len(app.OrderIDs) > 0 {
		last := c.st.Orders[app.OrderIDs[len(app.OrderIDs)-1]]
		status, sub := last.status()
		if c.st.found(last) {
			data.LastChangeOrderID, data.LastChangeOrderStatus = last.ID, statusWord(status)
		}
		data.LastChangeOrderRunning = !finished(status)
		if sub == 1 {
			data.SubStatus = "RUNNING_BUT_HAS_ERROR"
		}
	}
	return data, nil
}

// runState is the application's CurrentStatus: UNKNOWN before its first deployment.
func (a *application) runState() string {
	switch {
	case a.CurrentVersion == "":
		return "UNKNOWN"
	case a.Stopped:
		return "STOPPED"
	}
	return "RUNNING"
}

// systemMinimum stands for the platform's own minimum of ready instances.
const systemMinimum = -1

type instanceData struct {
	CreateTimeStamp           int64
	VSwitchID                 string `json:"VSwitchId"`
	InstanceContainerStatus   string
	InstanceHealthStatus      string
	InstanceContainerRestarts int64
	GroupID                   string `json:"GroupId"`
	InstanceContainerIP       string `json:"InstanceContainerIp"`
	InstanceID                string `json:"InstanceId"`
	ImageURL                  string `json:"ImageUrl,omitempty"`
	PackageVersion            string
	TrafficStatus             string `json:",omitempty"`
	UnhealthyMessage          string `json:",omitempty"`
}

type instancesData struct {
	CurrentPage int
	TotalSize   int
	PageSize    int
	Instances   []instanceData
}

// describeInstances serves DescribeApplicationInstances (SAE API reference ch. 10.7).
// An instance belongs to the pipeline that made it.
func describeInstances(c *call) (any, *apiError) {
	app, refused := c.app()
	if refused != nil {
		return nil, refused
	}
	if c.arg("GroupId") != app.GroupID {
		return nil, refuse(codeObviously, "GroupId")
	}
	instances := slices.DeleteFunc(slices.Clone(app.Instances), func(i *instance) bool {
		id, pipeline := c.arg("InstanceId"), c.arg("PipelineId")
		return id != "" && id != i.ID || pipeline != "" && pipeline != i.PipelineID
	})
	slices.SortFunc(instances, func(a, b *instance) int {
		order := cmp.Or(cmp.Compare(stateRank(a.Status), stateRank(b.Status)), cmp.Compare(a.ID, b.ID))
		if c.boolean("Reverse", false) {
			return -order
		}
		return order
	})
	p := c.page(10)
	data := instancesData{CurrentPage: p.Number, TotalSize: len(instances), PageSize: p.Size, Instances: []instanceData{}}
	for _, i := range cut(instances, p) {
		config := map[string]string{}
		if v := app.version(i.VersionID); v != nil {
			config = v.Config
		}
		data.Instances = append(data.Instances, instanceData{
			CreateTimeStamp: millis(i.CreatedAt), VSwitchID: app.vSwitchOf(i), TrafficStatus: i.Traffic, UnhealthyMessage: i.Unhealthy,
			InstanceContainerStatus: i.Status, InstanceHealthStatus: i.Health, InstanceContainerRestarts: i.Restarts,
			GroupID: app.GroupID, InstanceContainerIP: i.IP, InstanceID: i.ID,
			ImageURL: config["ImageUrl"], PackageVersion: config["PackageVersion"],
		})
	}
	return data, nil
}

// stateRank sorts instance states as the reference lists them.
func stateRank(status string) int {
	return slices.Index([]string{
		"Error", instanceCrashing, "ErrImagePull", "ImagePullBackOff", "Pending", "Unknown", instanceTerminating,
		"NotFound", instanceStarting, "Init:0/1", instanceRunning,
	}, status)
}

type groupData struct {
	Jdk                  string `json:",omitempty"`
	ImageURL             string `json:"ImageUrl,omitempty"`
	PackageURL           string `json:"PackageUrl,omitempty"`
	PackageType          string
	PackageVersion       string
	GroupName            string
	GroupID              string `json:"GroupId"`
	WebContainer         string `json:",omitempty"`
	Replicas             int
	EdasContainerVersion string `json:",omitempty"`
	RunningInstances     int
	GroupType            int
}

// describeGroups serves DescribeApplicationGroups (SAE API reference ch. 10.8). An
// application has one group, the default one.
func describeGroups(c *call) (any, *apiError) {
	app, refused := c.app()
	if refused != nil {
		return nil, refused
	}
	config := app.settings()
	group := groupData{
		Jdk: config["Jdk"], ImageURL: config["ImageUrl"], PackageURL: config["PackageUrl"], PackageType: app.PackageType,
		PackageVersion: config["PackageVersion"], GroupName: groupName, GroupID: app.GroupID,
		WebContainer: config["WebContainer"], Replicas: app.Replicas,
		EdasContainerVersion: config["EdasContainerVersion"], RunningInstances: app.running(),
	}
	return cut([]groupData{group}, c.page(10)), nil
}

type applicationData struct {
	AppName           string
	NamespaceID       string `json:"NamespaceId"`
	AppDeletingStatus bool
	AppID             string `json:"AppId"`
	RunningInstances  int
	Instances         int
	RegionID          string `json:"RegionId"`
	AppDescription    string `json:",omitempty"`
	Tags              []tagData

	// These are of today's service.
	NamespaceName       string `json:",omitempty"`
	VPCID               string `json:"VpcId,omitempty"`
	ImageURL            string `json:"ImageUrl,omitempty"`
	PackageURL          string `json:"PackageUrl,omitempty"`
	CPU                 int    `json:"Cpu"`
	Mem                 int
	ProgrammingLanguage string `json:",omitempty"`
	BaseAppID           string `json:"BaseAppId,omitempty"`
	DiskSize            int    `json:",omitempty"`
	IsStateful          bool
	Labels              map[string]string `json:",omitempty"`
	NewSaeVersion       string            `json:",omitempty"`
	ResourceType        string            `json:",omitempty"`
}

type applicationsData struct {
	CurrentPage  int
	TotalSize    int
	PageSize     int
	Applications []applicationData
}

// listApplications serves ListApplications (SAE API reference ch. 10.9).
func listApplications(c *call) (any, *apiError) {
	c.applies("NamespaceId", "AppName", "FieldType", "FieldValue", "OrderBy", "Reverse")
	c.applies(kindFilters()...)
	tags, refused := c.tags(true)
	if refused != nil {
		return nil, invalidParameter(paramTags, "%s", refused.Message)
	}
	apps := c.st.applications()
	apps = slices.DeleteFunc(apps, func(a *application) bool { return !a.carries(tags) || !c.listed(a) })
	c.sortListed(apps, (*application).running, func(a *application) int { return a.Replicas })
	p := c.page(defaultPageSize)
	data := applicationsData{CurrentPage: p.Number, TotalSize: len(apps), PageSize: p.Size, Applications: []applicationData{}}
	for _, a := range cut(apps, p) {
		data.Applications = append(data.Applications, c.showApplication(a))
	}
	return reply{data: data, paging: &paging{CurrentPage: p.Number, TotalSize: len(apps), PageSize: p.Size}}, nil
}

// sortListed sorts a list as OrderBy asks: by the instances that run, or by those that are wanted.
func (c *call) sortListed(apps []*application, running, instances func(*application) int) {
	by := c.arg("OrderBy")
	if by == "" {
		return
	}
	key := running
	if by == "instances" {
		key = instances
	}
	slices.SortStableFunc(apps, func(a, b *application) int { return cmp.Compare(key(b), key(a)) })
	if c.boolean("Reverse", false) { // here it means ascending
		slices.SortStableFunc(apps, func(a, b *application) int { return cmp.Compare(key(a), key(b)) })
	}
}

// showApplication is an application as lists have it.
func (c *call) showApplication(a *application) applicationData {
	order, config := c.st.active(a), args(a.settings())
	data := applicationData{
		AppDeletingStatus: order != nil && order.Plan.Ends == endsDeleted,
		AppName:           a.Name, NamespaceID: a.NamespaceID, AppID: a.ID, RunningInstances: a.running(),
		Instances: a.Replicas, RegionID: c.region, AppDescription: a.Config["AppDescription"], Tags: a.showTags(),
		NamespaceName: c.nameOf(a.NamespaceID), VPCID: config["VpcId"], ImageURL: config["ImageUrl"], PackageURL: config["PackageUrl"],
		CPU: config.integerOr("Cpu", 0), Mem: config.integerOr("Memory", 0), ProgrammingLanguage: config["ProgrammingLanguage"],
		DiskSize: config.integerOr("DiskSize", 0), IsStateful: config["IsStateful"] == "true",
		NewSaeVersion: config["NewSaeVersion"], ResourceType: config["ResourceType"], BaseAppID: a.Config[paramBaseApp],
	}
	_ = json.Unmarshal([]byte(config["Labels"]), &data.Labels) // what cannot be read is not shown
	return data
}

// listed applies the other filters of ListApplications. Names match by substring; the
// reference does not say how (reading).
func (c *call) listed(a *application) bool {
	if namespace := c.arg("NamespaceId"); namespace != "" && namespace != a.NamespaceID {
		return false
	}
	if name := c.arg("AppName"); name != "" && !strings.Contains(a.Name, name) {
		return false
	}
	for _, filter := range kindFilters() {
		if wanted := c.arg(filter); wanted != "" && wanted != cmp.Or(a.Config[filter], kindByDefault(filter)) {
			return false
		}
	}
	value := c.arg("FieldValue")
	if value == "" {
		return true
	}
	switch c.arg("FieldType") {
	case "appName":
		return strings.Contains(a.Name, value)
	case "appIds":
		return slices.Contains(strings.Split(value, ","), a.ID)
	case "instanceIps":
		ips := strings.Split(value, ",")
		return slices.ContainsFunc(a.Instances, func(i *instance) bool { return slices.Contains(ips, i.IP) })
	case "slbIps":
		return a.reachedAt(strings.Split(value, ","))
	}
	return true
}

// kindFilters are filters of ListApplications by what an application was created as.
func kindFilters() []string {
	return []string{paramSource, "IsStateful", "NewSaeVersion", "ProgrammingLanguage"}
}

// kindByDefault is what an application is that was created as nothing special (reading).
func kindByDefault(filter string) string {
	switch filter {
	case paramSource:
		return "micro_service"
	case "IsStateful":
		return "false"
	}
	return ""
}

// nameOf is the name of a namespace, or nothing.
func (c *call) nameOf(namespaceID string) string {
	if ns := c.namespace(namespaceID); ns != nil {
		return ns.Name
	}
	return ""
}

// applications lists all applications in the order they were made.
func (s *state) applications() []*application {
	return slices.DeleteFunc(s.workloads(), func(a *application) bool { return a.Template })
}

// workloads lists all applications and job templates in the order they were made.
func (s *state) workloads() []*application {
	apps := make([]*application, 0, len(s.Apps))
	for _, a := range s.Apps {
		if !a.Deleted {
			apps = append(apps, a)
		}
	}
	slices.SortFunc(apps, func(a, b *application) int { return cmp.Compare(a.Sequence, b.Sequence) })
	return apps
}

type versionData struct {
	Type            string
	CreateTime      string
	BuildPackageURL string `json:"BuildPackageUrl,omitempty"`
	WarURL          string `json:"WarUrl,omitempty"`
	ID              string `json:"Id"`
}

// listVersions serves ListAppVersions (SAE API reference ch. 10.12), newest first
// (reading).
func listVersions(c *call) (any, *apiError) {
	app, refused := c.app()
	if refused != nil {
		return nil, refused
	}
	versions := []versionData{}
	for _, v := range slices.Backward(app.Versions) {
		data := versionData{Type: "image", CreateTime: millisText(v.CreatedAt), WarURL: v.Config["ImageUrl"], ID: v.ID}
		if app.PackageType != packageImage {
			data.Type, data.WarURL, data.BuildPackageURL = "url", "", v.Config["PackageUrl"]
		}
		versions = append(versions, data)
	}
	return versions, nil
}

// specSupported reports whether the platform offers instances of this size.
func specSupported(cpu, memory string) bool {
	return slices.ContainsFunc(saeclient.InstanceSpecs(), func(s saeclient.InstanceSpec) bool {
		return strconv.Itoa(s.CPU) == cpu && strconv.Itoa(s.Memory) == memory
	})
}
