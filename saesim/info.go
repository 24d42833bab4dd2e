package saesim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/internal/acs"
	"slipway/internal/simframe"
	"slipway/saeclient"
)

const codeComponentType = "InvalidComponentType.NotFound"

// infoHandlers are the operations that tell about an application or about what the
// platform offers it (SAE API reference ch. 10).
func infoHandlers() map[string]handler {
	return map[string]handler{
		"DescribeInstanceLog":      describeInstanceLog,
		"DescribeComponents":       describeComponents,
		"DescribeEdasContainers":   describeContainers,
		"DescribeApplicationImage": describeImage,
		"ListLogConfigs":           listLogConfigs,
		"ListAppEvents":            listEvents,
		"QueryResourceStatics":     queryResources,
	}
}

// describeInstanceLog serves DescribeInstanceLog (SAE API reference ch. 10.3). The
// log tells what the instance went through, in lines that end with a newline; the
// sample shows a backslash and an n instead. The log before the last restart is the same,
// as only a broken instance restarts, again and again. No code for an unknown instance is
// listed (reading).
func describeInstanceLog(c *call) (any, *apiError) {
	for _, app := range c.st.applications() {
		for _, i := range app.Instances {
			if i.ID == c.arg("InstanceId") {
				if c.arg("Previous") == "true" && i.Restarts == 0 {
					return "", nil // it never ran before
				}
				return app.log(i), nil
			}
		}
	}
	return nil, refuse(codeObviously, "InstanceId")
}

func (a *application) log(i *instance) string {
	var b strings.Builder
	line := func(at time.Time, text string) {
		fmt.Fprintf(&b, "%s %s\n", at.UTC().Format(time.RFC3339), text)
	}
	artifact := i.VersionID
	if v := a.version(i.VersionID); v != nil {
		artifact = describeVersion(v)
	}
	line(i.CreatedAt, fmt.Sprintf("%s starts. %s", a.Name, artifact))
	for _, e := range a.Events {
		if e.Object == i.ID && e.Reason != "Created" {
			line(e.At, e.Message)
		}
	}
	return b.String()
}

type componentData struct {
	Type                 string
	ComponentKey         string
	ComponentDescription string
	Expired              bool
}

// describeComponents serves DescribeComponents (SAE API reference ch. 10.4): the
// versions that are known of what CreateApplication takes, today's among them.
func describeComponents(c *call) (any, *apiError) {
	if c.arg("AppId") != "" {
		if _, refused := c.app(); refused != nil {
			return nil, refused
		}
	}
	kind, parameter := "JDK", paramJDK
	if c.arg("Type") == "TOMCAT" {
		kind, parameter = "TOMCAT", paramTomcat
	}
	create, _ := saeclient.LookupOperation(opCreate)
	versions, _ := create.Param(parameter)
	list := make([]componentData, len(versions.Enum))
	for n, version := range versions.Enum {
		list[n] = componentData{Type: kind, ComponentKey: version, ComponentDescription: version}
	}
	return list, nil
}

type containerData struct {
	Disabled             bool
	EdasContainerVersion string
}

// describeContainers serves DescribeEdasContainers (SAE API reference ch. 10.5),
// with the one version that the reference names.
func describeContainers(_ *call) (any, *apiError) {
	return []containerData{{EdasContainerVersion: presentContainer}}, nil
}

type imageData struct {
	Logo           string
	RepoOriginType string
	CrURL          string `json:"CrUrl"`
	RepoTag        string
	RepoType       string
	RepoName       string
	RepoNamespace  string
	RegionID       string `json:"RegionId"`
}

// describeImage serves DescribeApplicationImage (SAE API reference ch. 10.6), from
// the image's address alone. Logo, CrUrl and RepoType are reserved and empty.
func describeImage(c *call) (any, *apiError) {
	if _, refused := c.app(); refused != nil {
		return nil, refused
	}
	repository, tag, digested := strings.Cut(c.arg("ImageUrl"), "@")
	parts := strings.Split(repository, "/")
	last := len(parts) - 1
	if name, text, tagged := strings.Cut(parts[last], ":"); tagged {
		parts[last] = name
		if !digested {
			tag = text
		}
	} else if !digested {
		tag = "latest"
	}
	if slices.Contains(parts, "") || tag == "" {
		return nil, invalidParameter("ImageUrl", "it is not the address of an image")
	}
	data := imageData{RepoOriginType: "ALI_HUB", RepoTag: tag, RepoName: parts[last], RegionID: c.region}
	if last > 0 {
		data.RepoNamespace = parts[last-1]
	}
	for label := range strings.SplitSeq(parts[0], ".") {
		if last > 1 && acs.IsRegion(label) {
			data.RegionID = label
		}
	}
	return data, nil
}

type logConfigData struct {
	ConfigName  string
	LogDir      string
	SlsLogStore string
	CreateTime  string
	StoreType   string
	SlsProject  string
	LogType     string
	RegionID    string `json:"RegionId"`
}

type logConfigsData struct {
	LogConfigs  []logConfigData
	CurrentPage int
	TotalSize   int
	PageSize    int
}

// listLogConfigs serves ListLogConfigs (SAE API reference ch. 10.10): the entries of
// SlsConfigs that collect files, as only file_log exists in the answer. Projects and
// logstores that the platform makes have names that begin with sae-.
func listLogConfigs(c *call) (any, *apiError) {
	app, refused := c.app()
	if refused != nil {
		return nil, refused
	}
	since := app.CreatedAt
	if v := app.current(); v != nil {
		since = v.CreatedAt
	}
	list := []logConfigData{}
	for _, entry := range logConfigs(app.settings()) {
		if entry.LogDir == "" {
			continue
		}
		made := "sae-" + strings.ReplaceAll(simframe.UUID(0, "log/"+app.ID+entry.LogDir), "-", "")
		data := logConfigData{
			ConfigName: made, LogDir: entry.LogDir, SlsLogStore: made, CreateTime: dateTime(since), StoreType: "sls",
			SlsProject: "sae-" + app.ID, LogType: "file_log", RegionID: c.region,
		}
		if entry.ProjectName != "" {
			data.SlsProject, data.SlsLogStore = entry.ProjectName, entry.LogstoreName
		}
		if entry.LogtailName != "" {
			data.ConfigName = entry.LogtailName
		}
		list = append(list, data)
	}
	p := c.page(defaultPageSize)
	return logConfigsData{LogConfigs: cut(list, p), CurrentPage: p.Number, TotalSize: len(list), PageSize: p.Size}, nil
}

type (
	resourceData struct {
		CPU    float64 `json:"Cpu"`
		Memory float64
	}

	resourcesData struct {
		Summary     resourceData
		RealTimeRes resourceData
	}
)

// queryResources serves QueryResourceStatics (SAE API reference ch. 10.13): core and
// GiB minutes of this month, and the cores and GiB in use now.
func queryResources(c *call) (any, *apiError) {
	app, refused := c.app()
	if refused != nil {
		return nil, refused
	}
	used := app.usedUntil(c.now)
	cpu, memory := app.size()
	return resourcesData{Summary: resourceData{CPU: used.CPU, Memory: used.Memory}, RealTimeRes: resourceData{CPU: cpu, Memory: memory}}, nil
}
