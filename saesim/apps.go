package saesim

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"slipway/internal/simframe"
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

// describeConfig serves DescribeApplicationConfig (SAE API reference ch. 10.1).
func describeConfig(c *call) (any, *apiError) {
	app, refused := c.app()
	if refused != nil {
		return nil, refused
	}
	config := app.settings()
	if id := c.arg("VersionId"); id != "" {
		v := app.version(id)
		if v == nil {
			return nil, refuse(codeObviously, "VersionId")
		}
		config = v.Config
	}
	replicas := app.Replicas
	if v := app.version(c.arg("VersionId")); v != nil && v.ID != app.CurrentVersion {
		replicas = v.Replicas
	}
	data := map[string]any{}
	for _, name := range []string{
		"VpcId", "VSwitchId", "SecurityGroupId", "Jdk", "WebContainer", "ImageUrl", "PackageUrl", "PackageVersion",
		"SlsConfigs", "Liveness", "Readiness", "PreStop", "PostStart", "JarStartArgs", "JarStartOptions", "UpdateStrategy",
		"PhpConfig", "PhpConfigLocation", "PhpArmsConfigLocation", "CommandArgs", "Command", "MountHost", "NasId",
		"TomcatConfig", "Envs", "EnableAhas", "CustomHostAlias", "WarStartOptions", "OssAkId", "OssAkSecret",
		"EdasContainerVersion", "Timezone", "AcrAssumeRoleArn", "AppDescription", paramKafka,
	} {
		if value := config[name]; value != "" {
			data[name] = value
		}
	}
	for _, name := range []string{"MountDesc", paramMaps, "OssMountDescs"} {
		if list := listSetting(name, config[name]); list != nil {
			data[name] = list
			c.st.nameMounts(list)
		}
	}
	for _, name := range []string{"Cpu", "Memory", "BatchWaitTime", "MinReadyInstances", "MinReadyInstanceRatio", "TerminationGracePeriodSeconds"} {
		if n := args(config).integer(name); n != nil {
			data[name] = *n
		}
	}
	c.st.showNewerSettings(config, data)
	for name, value := range shownByDefault(app) {
		if _, there := data[name]; !there {
			data[name] = value
		}
	}
	data["EnableGreyTagRoute"] = config["EnableGreyTagRoute"] == "true"
	data["AssociateEip"] = config["AssociateEip"] == "true"
	data["Tags"] = app.showTags()
	data["AppId"], data["AppName"], data["NamespaceId"] = app.ID, app.Name, app.NamespaceID
	data["RegionId"], data["PackageType"], data["Replicas"] = c.region, app.PackageType, replicas
	return data, nil
}

// showNewerSettings adds the settings that today's service has beyond the API reference,
// as its answers have them: as the texts they were sent as, or read from those.
func (s *state) showNewerSettings(config map[string]string, data map[string]any) {
	for _, name := range []string{
		"AcrInstanceId", "AgentVersion", "AlbIngressReadinessGate", "AppSource", paramBaseApp, "CustomImageNetworkType", "Dotnet", "EnableCpuBurst", "Html",
		"ImagePullSecrets", "LokiConfigs", "MicroRegistration", "MicroRegistrationConfig", "MicroserviceEngineConfig", "NasConfigs",
		"NewSaeVersion", "OidcRoleName", "Php", "ProgrammingLanguage", "Python", "PythonModules", "ResourceType", "SlsLogEnvTags", "StartupProbe",
	} {
		if value := config[name]; value != "" {
			data[name] = value
		}
	}
	for _, name := range []string{"HeadlessPvtzDiscovery", "PvtzDiscovery", "SwimlanePvtzDiscovery"} {
		if value := config[name+"Svc"]; value != "" { // answered under a name of its own
			data[name] = value
		}
	}
	for _, name := range []string{"DiskSize", "MaxSurgeInstanceRatio", "MaxSurgeInstances"} {
		if n := args(config).integer(name); n != nil {
			data[name] = *n
		}
	}
	for _, name := range []string{"EnableNamespaceAgentVersion", "EnableNewArms", "EnablePrometheus", "IsStateful"} {
		if value := config[name]; value != "" {
			data[name] = value == "true"
		}
	}
	for _, name := range []string{"EmptyDirDesc", "InitContainersConfig", "SecretMountDesc", "SidecarContainersConfig"} {
		if list := listSetting(name, config[name]); list != nil {
			data[name] = list
			s.nameMounts(list)
		}
	}
	for _, name := range []string{"Labels", "ServiceTags"} {
		var tags map[string]any
		if json.Unmarshal([]byte(config[name]), &tags) == nil {
			data[name] = tags
		}
	}
	// One protection is sent, and a list of them answered.
	if list := listSetting("RaspConfig", "["+config["RaspConfig"]+"]"); len(list) > 0 {
		data["RaspConfig"] = list
	}
}

// shownByDefault is what DescribeApplicationConfig shows of settings that were never
// sent: real clients want these members after each creation, and skip counts of 0. A
// security group belongs to the namespace.
func shownByDefault(app *application) map[string]any {
	return map[string]any{
		"BatchWaitTime": 0, "MinReadyInstances": systemMinimum, "MinReadyInstanceRatio": systemMinimum, "Envs": "[]",
		"SecurityGroupId": "sg-" + strings.ReplaceAll(simframe.UUID(0, "security group/"+app.NamespaceID), "-", "")[:20],
	}
}

// systemMinimum stands for the platform's own minimum of ready instances.
const systemMinimum = -1

// listSetting turns a setting that is sent as JSON text into the list it is
// answered as. Two of the three come back with upper-case keys (ch. 10.1).
func listSetting(name, text string) []map[string]any {
	var sent []map[string]any
	if json.Unmarshal([]byte(text), &sent) != nil {
		return nil
	}
	if name == "OssMountDescs" {
		return sent
	}
	list := make([]map[string]any, len(sent))
	for i, entry := range sent {
		list[i] = map[string]any{}
		for key, value := range entry {
			if key != "" {
				key = strings.ToUpper(key[:1]) + key[1:]
				list[i][key] = answered(key, value)
			}
		}
	}
	return list
}

// answered is a member of a mount or of a container as answers have it: an identifier is
// a number, though clients send it as a text, too, and the mounts of a container, which
// are sent as a text, are a list.
func answered(key string, value any) any {
	text, isText := value.(string)
	if !isText {
		return value
	}
	switch key {
	case paramConfigMap, paramSecret:
		if id, err := strconv.ParseInt(text, 10, 64); err == nil {
			return float64(id)
		}
	case paramMaps, "EmptyDirDesc", "SecretMountDesc":
		if list := listSetting(key, text); list != nil {
			return list
		}
	}
	return value
}

// nameMounts adds the names of config maps and secrets to a list of mounts, or of
// containers that have such lists; what was deleted since has none.
func (s *state) nameMounts(mounts []map[string]any) {
	for _, mount := range mounts {
		id, _ := mount[paramConfigMap].(float64)
		if m := s.ConfigMaps[int64(id)]; m != nil {
			mount["ConfigMapName"] = m.Name
		}
		id, _ = mount[paramSecret].(float64)
		if kept := s.Secrets[int64(id)]; kept != nil {
			mount["SecretName"] = kept.Name
		}
		for _, name := range []string{paramMaps, "SecretMountDesc"} {
			if inner, nested := mount[name].([]map[string]any); nested {
				s.nameMounts(inner)
			}
		}
	}
}

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
			CreateTimeStamp: millis(i.CreatedAt), VSwitchID: app.vSwitchOf(i), TrafficStatus: i.Traffic,
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
	if by := c.arg("OrderBy"); by != "" {
		slices.SortStableFunc(apps, func(a, b *application) int {
			order := cmp.Compare(a.running(), b.running())
			if by == "instances" {
				order = cmp.Compare(a.Replicas, b.Replicas)
			}
			if !c.boolean("Reverse", false) {
				return -order // here Reverse means ascending
			}
			return order
		})
	}
	p := c.page(defaultPageSize)
	data := applicationsData{CurrentPage: p.Number, TotalSize: len(apps), PageSize: p.Size, Applications: []applicationData{}}
	for _, a := range cut(apps, p) {
		data.Applications = append(data.Applications, c.showApplication(a))
	}
	return reply{data: data, paging: &paging{CurrentPage: p.Number, TotalSize: len(apps), PageSize: p.Size}}, nil
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
