package servicestagesim

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"slipway/internal/simframe"
)

// Codes of refusals of the operations on engines. Their statuses and texts are in the client's catalogue.
const (
	codeEngineTypeBlank   = "SVCSTG.00501134"
	codeEngineExists      = "SVCSTG.00501111"
	codeEnginePayment     = "SVCSTG.00501103"
	codeEngineFlavor      = "SVCSTG.00501104"
	codeEngineZones       = "SVCSTG.00501105"
	codeEngineName        = "SVCSTG.00501201"
	codeEngineNotNow      = "SVCSTG.00501117"
	codeEngineNotFound    = "SVCSTG.00501116"
	codeEngineTaskFormat  = "SVCSTG.00501152"
	codeEngineTaskUnknown = "SVCSTG.00501153"
	codeEngineInvalid     = "SVCSTG.00400100"
)

// engineHandlers are the operations on engines.
func engineHandlers() map[string]handler {
	return map[string]handler{
		"ImportCseConfigs":          importItems,
		"ExportCseConfigs":          exportItems,
		"ListEngineFlavors":         listEngineFlavors,
		"ListEngines":               listEngines,
		"CreateEngine":              createEngine,
		"GetEngine":                 getEngine,
		"DeleteEngine":              deleteEngine,
		"GetEngineJob":              getEngineJob,
		"GetConfigurationItems":     getConfigurationItems,
		"ReportMicroserviceMetrics": reportMicroserviceMetrics,
	}
}

// The account of engines with security authentication, which each has.
const engineAccount = "root"

// Statuses of engines. The reference has Creating and Available in its examples; Deleting is a choice of this simulator.
const (
	engineCreating  = "Creating"
	engineAvailable = "Available"
	engineDeleting  = "Deleting"
)

// Statuses of jobs of engines.
const (
	engineJobInit      = "Init"
	engineJobExecuting = "Executing"
	engineJobFinished  = "Finished"
)

// What engines are like that no request decides.
const (
	engineVersion       = "2.3.3"
	engineInstanceLimit = 200
	engineFirstJob      = 10000
)

// engineState is what the operations on engines know.
type engineState struct {
	// Engines are those that exist, by ID.
	Engines map[string]*cseEngine `json:"engines"`
	// Jobs are those of all engines that ever were, by number.
	Jobs map[int]*engineJob `json:"jobs"`
	// Reports counts the metrics that microservices reported, by their names.
	Reports map[string]int `json:"reports"`
}

func (s *engineState) fillMaps() {
	simframe.FillMap(&s.Engines)
	simframe.FillMap(&s.Jobs)
	simframe.FillMap(&s.Reports)
}

func (s *engineState) consistent() error {
	for id, e := range s.Engines {
		if e == nil || e.ID != id || s.Jobs[e.Job] == nil {
			return fmt.Errorf("engine %s is null, filed under another ID or without its job", id)
		}
	}
	for number, j := range s.Jobs {
		if j == nil || j.Number != number {
			return fmt.Errorf("engine job %d is null or filed under another number", number)
		}
	}
	return nil
}

// cseEngine is a microservice engine.
type cseEngine struct {
	ID       string      `json:"id"`
	Created  time.Time   `json:"created"`
	Creator  string      `json:"creator"`
	Settings engineInput `json:"settings"`
	// Password is the SHA-256 of that of the account root; empty without security authentication.
	Password string `json:"password,omitempty"`
	Status   string `json:"status"`
	// Job is the number of its last job.
	Job int `json:"job"`
	// EnterpriseProject is the one of the header of that name.
	EnterpriseProject string `json:"enterpriseProject"`
}

// engineInput is the body of createEngine without the password.
type engineInput struct {
	Name        string            `json:"name"`
	Description string            `json:"description"`
	Payment     string            `json:"payment"`
	Flavor      string            `json:"flavor"`
	AZList      []string          `json:"azList"`
	AuthType    string            `json:"authType"`
	AuthConfig  *engineAuth       `json:"authConfig,omitempty"`
	VPC         string            `json:"vpc"`
	VPCID       string            `json:"vpcId"`
	NetworkID   string            `json:"networkId"`
	SubnetCIDR  string            `json:"subnetCidr"`
	PublicIPID  *string           `json:"publicIpId"`
	SpecType    string            `json:"specType"`
	Inputs      map[string]string `json:"inputs,omitempty"`
}

// engineAuth says which of an engine's interfaces ask for a token.
type engineAuth struct {
	Console bool `json:"consoleAuthEnabled"`
	SDK     bool `json:"sdkAuthEnabled"`
}

// engineJob is a job of an engine. Its steps run one after the other, each as long as a task of a deployment.
type engineJob struct {
	Number   int       `json:"number"`
	EngineID string    `json:"engineId"`
	Engine   string    `json:"engine"`
	Type     string    `json:"type"`
	User     string    `json:"user"`
	Start    time.Time `json:"start"`
	// Step is how long each step takes.
	Step time.Duration `json:"step"`
}

// engineSteps are the steps of a job of an engine, by its type.
func engineSteps(kind string) []string {
	if kind == "Delete" {
		return []string{"instanceDelete", "resourceRelease"}
	}
	return []string{"resourcePrepare", "instanceCreate", "entrypointCreate"}
}

// end is when the job is over.
func (j *engineJob) end() time.Time {
	return j.Start.Add(j.Step * time.Duration(len(engineSteps(j.Type))))
}

// status is that of a step that runs from a time to another.
func engineStatus(start, end, now time.Time) string {
	switch {
	case now.Before(start):
		return engineJobInit
	case now.Before(end):
		return engineJobExecuting
	default:
		return engineJobFinished
	}
}

// advance ends the jobs that are over by now.
func (s *engineState) advance(now time.Time) {
	for id, e := range s.Engines {
		switch job := s.Jobs[e.Job]; {
		case now.Before(job.end()):
		case job.Type == "Delete":
			delete(s.Engines, id)
		default:
			e.Status = engineAvailable
		}
	}
}

// secured reports whether there is an engine whose interfaces for programs ask for a token.
func (s *engineState) secured() bool {
	for _, e := range s.Engines {
		if e.Settings.secured() && e.Status == engineAvailable {
			return true
		}
	}
	return false
}

// secured reports whether an engine asks programs for a token: one with security authentication, unless it says that
// programs need none.
func (in engineInput) secured() bool {
	return in.AuthType == "RBAC" && (in.AuthConfig == nil || in.AuthConfig.SDK)
}

// admits reports whether an account and its password are those of an engine.
func (s *engineState) admits(account, password string) bool {
	for _, e := range s.Engines {
		if e.Password != "" && account == engineAccount && e.Password == hexDigest(password) {
			return true
		}
	}
	return false
}

// begin starts a job of an engine.
func (c *call) beginEngineJob(e *cseEngine, kind string) {
	j := &engineJob{
		Number: engineFirstJob + len(c.st.Engines.Jobs), EngineID: e.ID, Engine: e.Settings.Name, Type: kind, User: c.user,
		Start: c.now, Step: c.config.TaskTime,
	}
	c.st.Engines.Jobs[j.Number], e.Job = j, j.Number
}

// cseEngine finds the engine with an ID.
func (c *call) cseEngine(id string) (*cseEngine, *apiError) {
	if e := c.st.Engines.Engines[id]; e != nil {
		return e, nil
	}
	return nil, refusef(codeEngineNotFound, "%q", simframe.Shorten(id))
}

// headerEngine refuses a call whose header x-engine-id names no engine.
func (c *call) headerEngine() *apiError {
	id := c.header.Get("X-Engine-Id")
	k := c.checker()
	k.check(id != "", "the header x-engine-id must name an engine")
	if refused := k.refusal(); refused != nil {
		return refused
	}
	_, refused := c.cseEngine(id)
	return refused
}

// engineFlavors are the flavors of engines with what they are made for.
func engineFlavors() [][2]string {
	return [][2]string{
		{"cse.s1.small2", "100 instances"},
		{"cse.s1.medium2", "200 instances"},
		{"cse.s1.large2", "500 instances"},
		{"cse.s1.xlarge2", "2000 instances"},
	}
}

// listEngineFlavors serves the operation of that name.
func listEngineFlavors(c *call) (reply, *apiError) {
	k := c.checker()
	k.oneOf("the parameter specType", c.query.Get("specType"), engineSpecs())
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	type flavor struct {
		Flavor      string `json:"flavor"`
		Description string `json:"description"`
	}
	var data []flavor
	for _, f := range engineFlavors() {
		data = append(data, flavor{f[0], f[1]})
	}
	return reply{body: struct {
		Total int      `json:"total"`
		Data  []flavor `json:"data"`
	}{len(data), data}}, nil
}

func engineSpecs() []string { return []string{"CSE", "CSE2"} }

// A problem of an engine has a code of its own.
type engineProblem struct {
	wrong bool
	code  string
	text  string
}

// problems tells what is wrong with an engine that is to be made. The first problem decides the code.
func (in engineInput) problems(password string) []engineProblem {
	flavorKnown := slices.ContainsFunc(engineFlavors(), func(f [2]string) bool { return f[0] == in.Flavor })
	nameFits := regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]$`).MatchString(in.Name) && in.Name != "default"
	authFits := in.AuthConfig == nil || in.AuthConfig.Console || !in.AuthConfig.SDK
	secret := in.AuthType != "RBAC" || password != ""
	return []engineProblem{
		{!nameFits, codeEngineName, "name is " + strconv.Quote(simframe.Shorten(in.Name))},
		{in.SpecType == "", codeEngineTypeBlank, "specType must be given"},
		{in.SpecType != "" && !slices.Contains(engineSpecs(), in.SpecType), codeEngineInvalid, "specType must be CSE or CSE2"},
		{in.Payment != "1", codeEnginePayment, `payment must be "1"`},
		{!flavorKnown, codeEngineFlavor, "flavor is " + strconv.Quote(simframe.Shorten(in.Flavor))},
		{len(in.AZList) == 0 || slices.Contains(in.AZList, ""), codeEngineZones, "azList must name availability zones"},
		{in.AuthType != "RBAC" && in.AuthType != "NONE", codeEngineInvalid, "authType must be RBAC or NONE"},
		{!authFits, codeEngineInvalid, "authConfig.sdkAuthEnabled needs consoleAuthEnabled"},
		{!secret, codeEngineInvalid, "auth_cred.pwd must be given where authType is RBAC"},
		{in.VPC == "" || in.VPCID == "" || len(in.VPCID) > 64, codeEngineInvalid, "vpc and vpcId must be given"},
		{in.NetworkID == "" || in.SubnetCIDR == "", codeEngineInvalid, "networkId and subnetCidr must be given"},
		{len(in.Description) > 255, codeEngineInvalid, "description must have 255 characters at most"},
	}
}

// codedEngineMembers are the members of an engine that have codes of their own.
func codedEngineMembers() []string {
	return []string{"name", "payment", "flavor", "azList", "authType", "specType"}
}

// createEngine serves the operation of that name.
func createEngine(c *call) (reply, *apiError) {
	var in struct {
		engineInput

		Credential *struct {
			Password string `json:"pwd"`
		} `json:"auth_cred"`
	}
	if refused := c.decode(&in, bodyRule{optional: codedEngineMembers(), free: codedEngineMembers()}); refused != nil {
		return reply{}, refused
	}
	password := ""
	if in.Credential != nil {
		password = in.Credential.Password
	}
	code := ""
	var texts []string
	for _, p := range in.problems(password) {
		if p.wrong {
			texts = append(texts, p.text)
			if code == "" {
				code = p.code
			}
		}
	}
	if code != "" {
		return reply{}, refuse(code, strings.Join(texts, "; "))
	}
	for _, e := range c.st.Engines.Engines {
		if e.Settings.Name == in.Name {
			return reply{}, refuse(codeEngineExists, in.Name)
		}
	}
	e := &cseEngine{
		ID: c.st.Draw("engine"), Created: c.now, Creator: c.user, Settings: in.engineInput, Status: engineCreating,
		EnterpriseProject: c.header.Get("X-Enterprise-Project-Id"),
	}
	if in.AuthType == "RBAC" {
		e.Password = hexDigest(password)
	}
	c.st.Engines.Engines[e.ID] = e
	c.beginEngineJob(e, "Create")
	return reply{body: e.begun()}, nil
}

// engineBegun is the answer of an operation that begins a job.
type engineBegun struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	JobID int    `json:"jobId"`
}

func (e *cseEngine) begun() engineBegun { return engineBegun{e.ID, e.Settings.Name, e.Job} }

// deleteEngine serves the operation of that name.
func deleteEngine(c *call) (reply, *apiError) {
	e, refused := c.cseEngine(c.params["engine_id"])
	if refused != nil {
		return reply{}, refused
	}
	if e.Status != engineAvailable {
		return reply{}, refuse(codeEngineNotNow, "it is "+e.Status)
	}
	e.Status = engineDeleting
	c.beginEngineJob(e, "Delete")
	return reply{body: e.begun()}, nil
}

// getEngine serves the operation of that name.
func getEngine(c *call) (reply, *apiError) {
	e, refused := c.cseEngine(c.params["engine_id"])
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: c.engineDetail(e)}, nil
}

// listEngines serves the operation of that name.
func listEngines(c *call) (reply, *apiError) {
	k := c.checker()
	k.oneOf("the parameter type", c.query.Get("type"), []string{engineType, "CSE_SHARE"})
	limit := c.number(k, "limit", numberRange{otherwise: maxLimit, most: maxLimit})
	offset := c.number(k, "offset", numberRange{most: maxOffset})
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	data := []engineRow{}
	for _, e := range c.st.Engines.sorted() {
		if c.asked("type", engineType) {
			data = append(data, c.engineRow(e))
		}
	}
	from := min(offset, len(data))
	return reply{body: struct {
		Total int         `json:"total"`
		Data  []engineRow `json:"data"`
	}{len(data), data[from:min(from+limit, len(data))]}}, nil
}

// sorted are the engines, the newest first.
func (s *engineState) sorted() []*cseEngine {
	all := simframe.SortedValues(s.Engines)
	slices.SortStableFunc(all, func(a, b *cseEngine) int { return b.Created.Compare(a.Created) })
	return all
}

// reportMicroserviceMetrics serves the operation of that name. Nothing reads what was reported; it is counted.
func reportMicroserviceMetrics(c *call) (reply, *apiError) {
	k := c.checker()
	k.check(c.header.Get("X-Domain-Name") != "", "the header x-domain-name must be given")
	var in struct {
		Name string `json:"name"`
	}
	c.read(k, &in, bodyRule{open: true})
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	if _, counted := c.st.Engines.Reports[in.Name]; counted || len(c.st.Engines.Reports) < maxReporters {
		c.st.Engines.Reports[in.Name]++
	}
	return reply{status: http.StatusOK}, nil
}

// maxReporters bounds how many names of services reports are counted for.
const maxReporters = 1000
