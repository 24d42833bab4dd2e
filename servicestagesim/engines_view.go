package servicestagesim

import (
	"strconv"
	"strings"
	"time"

	"slipway/internal/simframe"
)

// engineType is the type of exclusive engines, the only ones that can be created.
const engineType = "CSE"

// engineEntry is where a part of an engine is reached.
type engineEntry struct {
	Master     string  `json:"masterEntrypoint"`
	MasterIPv6 *string `json:"masterEntrypointIpv6"`
	Slave      *string `json:"slaveEntrypoint"`
	SlaveIPv6  *string `json:"slaveEntrypointIpv6"`
	Type       string  `json:"type"`
}

// engineEndpoint is where an engine is reached: all have the address of the simulator.
type engineEndpoint struct {
	KIE           engineEntry `json:"kie"`
	ServiceCenter engineEntry `json:"serviceCenter"`
}

func (c *call) engineEndpoint() engineEndpoint {
	entry := engineEntry{Master: "http://" + c.host, Type: "REGISTRY"}
	return engineEndpoint{entry, entry}
}

// engineReference is where an engine lies.
type engineReference struct {
	VPC           string            `json:"vpc"`
	VPCID         string            `json:"vpcId"`
	AZList        []string          `json:"azList"`
	NetworkID     string            `json:"networkId"`
	SubnetCIDR    string            `json:"subnetCidr"`
	PublicIPID    *string           `json:"publicIpId"`
	ServiceLimit  int               `json:"serviceLimit"`
	InstanceLimit int               `json:"instanceLimit"`
	Inputs        map[string]string `json:"inputs"`
}

// engineBody is what both views of an engine have.
type engineBody struct {
	ID                    string          `json:"id"`
	Name                  string          `json:"name"`
	EnterpriseProjectID   string          `json:"enterpriseProjectId"`
	EnterpriseProjectName string          `json:"enterpriseProjectName"`
	Type                  string          `json:"type"`
	Description           string          `json:"description"`
	Flavor                string          `json:"flavor"`
	Payment               string          `json:"payment"`
	AuthType              string          `json:"authType"`
	Status                string          `json:"status"`
	PublicAddress         string          `json:"publicAddress"`
	Version               string          `json:"version"`
	LatestVersion         string          `json:"latestVersion"`
	CreateTime            int64           `json:"createTime"`
	LatestJobID           int             `json:"latestJobId"`
	Actions               []string        `json:"engineAdditionalActions"`
	SpecType              string          `json:"specType"`
	Reference             engineReference `json:"reference"`
}

func (c *call) engineBody(e *cseEngine) engineBody {
	in := e.Settings
	body := engineBody{
		ID: e.ID, Name: in.Name, EnterpriseProjectID: "0", EnterpriseProjectName: "default", Type: engineType, Description: in.Description,
		Flavor: in.Flavor, Payment: in.Payment, AuthType: in.AuthType, Status: e.Status, Version: engineVersion, LatestVersion: engineVersion,
		CreateTime: millis(e.Created), LatestJobID: e.Job, Actions: []string{}, SpecType: in.SpecType,
		Reference: engineReference{
			VPC: in.VPC, VPCID: in.VPCID, AZList: in.AZList, NetworkID: in.NetworkID, SubnetCIDR: in.SubnetCIDR, PublicIPID: in.PublicIPID,
			ServiceLimit: engineInstanceLimit, InstanceLimit: engineInstanceLimit, Inputs: in.Inputs,
		},
	}
	if e.EnterpriseProject != "" && e.EnterpriseProject != "0" {
		body.EnterpriseProjectID, body.EnterpriseProjectName = e.EnterpriseProject, e.EnterpriseProject
	}
	if e.Status == engineAvailable {
		body.Actions = []string{"Delete"}
	}
	return body
}

// engineRow is an engine in a list.
type engineRow struct {
	engineBody

	ExternalAddress       string         `json:"externalAddress"`
	ServiceEndpoint       engineEndpoint `json:"serviceEndpoint"`
	PublicServiceEndpoint engineEndpoint `json:"publicServiceEndpoint"`
	TotalInstance         int            `json:"totalInstance"`
	UsedInstance          int            `json:"usedInstance"`
	AvailableInstance     int            `json:"availableInstance"`
}

func (c *call) engineRow(e *cseEngine) engineRow {
	used := 0
	for _, m := range c.st.Registry.Services {
		used += len(m.Instances)
	}
	return engineRow{
		engineBody: c.engineBody(e), ExternalAddress: c.host, ServiceEndpoint: c.engineEndpoint(),
		TotalInstance: engineInstanceLimit, UsedInstance: used, AvailableInstance: max(0, engineInstanceLimit-used),
	}
}

// engineDetail is an engine that is read alone.
type engineDetail struct {
	engineBody

	ProjectID          string          `json:"projectId"`
	BeDefault          bool            `json:"beDefault"`
	AuthConfig         engineAuth      `json:"authConfig"`
	CCESpec            engineSpec      `json:"cceSpec"`
	ExternalEntrypoint engineEntryInfo `json:"externalEntrypoint"`
	CreateUser         string          `json:"createUser"`
	VMIDs              []string        `json:"vmIds"`
}

// engineSpec is the cluster of an engine, which is taken to exist.
type engineSpec struct {
	EngineID string `json:"engineId"`
	SpecType string `json:"specType"`
	Flavor   string `json:"flavor"`
	Region   string `json:"region"`
	Version  string `json:"version"`
}

// engineEntryInfo is where an engine is reached.
type engineEntryInfo struct {
	ExternalAddress       string         `json:"externalAddress"`
	PublicAddress         string         `json:"publicAddress"`
	ServiceEndpoint       engineEndpoint `json:"serviceEndpoint"`
	PublicServiceEndpoint engineEndpoint `json:"publicServiceEndpoint"`
}

func (c *call) engineDetail(e *cseEngine) engineDetail {
	auth := engineAuth{Console: e.Settings.AuthType == "RBAC", SDK: e.Settings.AuthType == "RBAC"}
	if e.Settings.AuthConfig != nil {
		auth = *e.Settings.AuthConfig
	}
	return engineDetail{
		engineBody: c.engineBody(e), ProjectID: c.config.ProjectID, AuthConfig: auth,
		CCESpec:            engineSpec{EngineID: e.ID, SpecType: "CCE", Flavor: e.Settings.Flavor, Region: c.config.Region, Version: engineVersion},
		ExternalEntrypoint: engineEntryInfo{ExternalAddress: c.host, ServiceEndpoint: c.engineEndpoint()},
		CreateUser:         e.Creator, VMIDs: []string{},
	}
}

// engineJobBody is a job of an engine in an answer.
type engineJobBody struct {
	ID          int              `json:"id"`
	EngineID    string           `json:"engineId"`
	Type        string           `json:"type"`
	Description string           `json:"description"`
	Status      string           `json:"status"`
	Scheduling  int              `json:"scheduling"`
	CreateUser  string           `json:"createUser"`
	StartTime   int64            `json:"startTime"`
	EndTime     int64            `json:"endTime"`
	Context     string           `json:"context"`
	Tasks       []engineTaskBody `json:"tasks"`
}

// engineTaskBody is a step of a job.
type engineTaskBody struct {
	TaskName  string            `json:"taskName"`
	TaskNames []string          `json:"taskNames"`
	Status    string            `json:"status"`
	StartTime int64             `json:"startTime"`
	EndTime   int64             `json:"endTime"`
	Brief     engineBrief       `json:"taskExecutorBrief"`
	Tasks     []engineTaskEntry `json:"tasks"`
}

type engineBrief struct {
	// Duration is in milliseconds.
	Duration    int64  `json:"duration"`
	Description string `json:"description"`
}

// engineTaskEntry is what a step consists of.
type engineTaskEntry struct {
	JobID      int         `json:"jobId"`
	ID         int         `json:"id"`
	Type       string      `json:"type"`
	TaskName   string      `json:"taskName"`
	EngineName string      `json:"engineName"`
	TaskOrder  int         `json:"taskOrder"`
	Status     string      `json:"status"`
	StartTime  int64       `json:"startTime"`
	EndTime    int64       `json:"endTime"`
	CreateTime int64       `json:"createTime"`
	UpdateTime int64       `json:"updateTime"`
	Timeout    int         `json:"timeout"`
	Output     string      `json:"output"`
	Brief      engineBrief `json:"taskExecutorBrief"`
}

// getEngineJob serves the operation of that name, also for an engine that was deleted.
func getEngineJob(c *call) (reply, *apiError) {
	number, err := strconv.Atoi(c.params["job_id"])
	if err != nil {
		return reply{}, refusef(codeEngineTaskFormat, "%q", simframe.Shorten(c.params["job_id"]))
	}
	j := c.st.Engines.Jobs[number]
	if j == nil || j.EngineID != c.params["engine_id"] {
		return reply{}, refusef(codeEngineTaskUnknown, "engine %q has no job %d", simframe.Shorten(c.params["engine_id"]), number)
	}
	return reply{body: j.body(c.now)}, nil
}

// sinceEpoch is a time that has come, 0 for one that has not.
func sinceEpoch(t, now time.Time) int64 {
	if now.Before(t) {
		return 0
	}
	return millis(t)
}

func (j *engineJob) body(now time.Time) engineJobBody {
	body := engineJobBody{
		ID: j.Number, EngineID: j.EngineID, Type: j.Type, CreateUser: j.User, StartTime: millis(j.Start), EndTime: sinceEpoch(j.end(), now),
		Status: engineStatus(j.Start, j.end(), now),
	}
	for i, step := range engineSteps(j.Type) {
		start := j.Start.Add(time.Duration(i) * j.Step)
		end := start.Add(j.Step)
		status := engineStatus(start, end, now)
		executor := strings.ToUpper(step[:1]) + step[1:] + "TaskExecutor"
		brief := engineBrief{Duration: j.Step.Milliseconds(), Description: step}
		body.Tasks = append(body.Tasks, engineTaskBody{
			TaskName: step, TaskNames: []string{executor}, Status: status, StartTime: sinceEpoch(start, now), EndTime: sinceEpoch(end, now), Brief: brief,
			Tasks: []engineTaskEntry{{
				JobID: j.Number, ID: j.Number*10 + i, Type: j.Type, TaskName: executor, EngineName: j.Engine, TaskOrder: i, Status: status,
				StartTime: sinceEpoch(start, now), EndTime: sinceEpoch(end, now), CreateTime: millis(j.Start), UpdateTime: millis(now),
				Timeout: -1, Output: "{}", Brief: brief,
			}},
		})
	}
	return body
}
