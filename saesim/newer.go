package saesim

import (
	"cmp"
	"slices"
	"strings"
)

const (
	opBatchRestart   = "BatchRestartApplications"
	opGetApplication = "GetApplication"
	opSuspendTraffic = "SuspendTraffic"
	opResumeTraffic  = "ResumeTraffic"

	// Types of orders of operations that the API reference does not have. Only
	// CoDeleteInstances is printed anywhere; the other is a reading.
	typeDeleteInstances = "CoDeleteInstances"
	typeBatchRestart    = "CoBatchRestartApplication"

	trafficSuspended = "Suspended"
)

// newerHandlers are operations that today's service has and the API reference has not:
// their names, parameters and answers are those of the vendor's SDK. What they do
// beyond the words of their names, and the codes of their refusals, are readings.
func newerHandlers() map[string]handler {
	return map[string]handler{
		opGetApplication:               getApplication,
		"UpdateApplicationDescription": updateDescription,
		opBatchRestart: func(c *call) (any, *apiError) {
			return c.batchOrder(typeBatchRestart, func(a *application) bool { return !a.Stopped }, func(a *application) *changeOrder {
				return c.replace(a, typeRestart, a.slots())
			})
		},
		"DeleteInstances":            deleteInstances,
		opSuspendTraffic:             func(c *call) (any, *apiError) { return c.switchTraffic(trafficSuspended) },
		opResumeTraffic:              func(c *call) (any, *apiError) { return c.switchTraffic("") },
		"UpdateApplicationVswitches": updateVSwitches,
		"ListAppServices":            listServices,

		"CreateSecret":   createSecret,
		"DeleteSecret":   deleteSecret,
		"UpdateSecret":   updateSecret,
		"DescribeSecret": describeSecret,
		"ListSecrets":    listSecrets,
	}
}

type foundApplicationData struct {
	AppName             string
	AppID               string `json:"AppId"`
	NamespaceID         string `json:"NamespaceId"`
	AppDescription      string `json:",omitempty"`
	Instances           int
	RunningInstances    int
	CPU                 int `json:"Cpu"`
	Mem                 int
	ProgrammingLanguage string `json:",omitempty"`
	BaseAppID           string `json:"BaseAppId,omitempty"`
}

// getApplication serves GetApplication: one application by its ID, or by its name and
// namespace, which is the default one where it is not sent.
func getApplication(c *call) (any, *apiError) {
	app, refused := c.namedApp()
	if refused != nil {
		return nil, refused
	}
	config := args(app.settings())
	return reply{application: foundApplicationData{
		AppName: app.Name, AppID: app.ID, NamespaceID: app.NamespaceID, AppDescription: app.Config["AppDescription"],
		Instances: app.Replicas, RunningInstances: app.running(), CPU: config.integerOr("Cpu", 0), Mem: config.integerOr("Memory", 0),
		ProgrammingLanguage: config["ProgrammingLanguage"], BaseAppID: app.Config[paramBaseApp],
	}}, nil
}

// namedApp is app for an operation that also finds an application by its name. Where both
// are sent, the application has to be what both say (reading).
func (c *call) namedApp() (*application, *apiError) {
	name, namespace := c.arg("AppName"), c.defaultNamespace()
	switch {
	case c.arg("AppId") != "":
		app, refused := c.app()
		if refused == nil && (name != "" && app.Name != name || c.arg(paramNamespace) != "" && app.NamespaceID != namespace) {
			return nil, refuse(codeAppIDNotFound)
		}
		return app, refused
	case name == "":
		return nil, missingParameter("AppId")
	}
	apps := c.st.inNamespace(namespace)
	if i := slices.IndexFunc(apps, func(a *application) bool { return a.Name == name }); i >= 0 {
		return apps[i], nil
	}
	return nil, refuse(codeAppIDNotFound)
}

// updateDescription serves UpdateApplicationDescription, which is refused while a change
// order runs, as real clients expect.
func updateDescription(c *call) (any, *apiError) {
	app, refused := c.idleApp()
	if refused != nil {
		return nil, refused
	}
	app.set(map[string]string{"AppDescription": c.arg("AppDescription")})
	return nil, nil //nolint:nilnil // an answer without data
}

// deleteInstances serves DeleteInstances. The count stays, as there is another operation
// that lowers it: others take the place of the instances that are deleted.
func deleteInstances(c *call) (any, *apiError) {
	app, slots, refused := c.instances()
	if refused != nil {
		return nil, refused
	}
	return orderData{ChangeOrderID: c.replace(app, typeDeleteInstances, slots).ID}, nil
}

type switchedData struct {
	Message string `json:"msg"`
	Success bool   `json:"success"`
}

// switchTraffic serves SuspendTraffic and ResumeTraffic, whose answers have Success as a
// text. An instance that takes another's place takes traffic.
func (c *call) switchTraffic(status string) (any, *apiError) {
	app, slots, refused := c.instances()
	if refused != nil {
		return nil, refused
	}
	for _, slot := range slots {
		app.slot(slot).Traffic = status
	}
	return switchedData{Message: "success", Success: true}, nil
}

// updateVSwitches serves UpdateApplicationVswitches. It makes no change order: with
// Deploy, the default, the instances are on the new vSwitches at once, without it those
// that are made from now on.
func updateVSwitches(c *call) (any, *apiError) {
	app, refused := c.idleApp()
	if refused != nil {
		return nil, refused
	}
	if _, refused := c.minReady().unavailable(app.Replicas); refused != nil {
		return nil, refused
	}
	wanted := c.arg("VSwitchId")
	if refused := checkVSwitches(wanted); refused != nil {
		return nil, refused
	}
	atOnce := c.boolean("Deploy", true)
	app.pinInstances()
	for _, i := range app.Instances {
		if atOnce {
			i.VSwitchID = ""
		}
	}
	app.set(map[string]string{"VSwitchId": wanted})
	return nil, nil //nolint:nilnil // an answer without data
}

func checkVSwitches(ids string) *apiError {
	for id := range strings.SplitSeq(ids, ",") {
		if !vSwitchExists(id) {
			return invalidParameter("VSwitchId", "%q is not the ID of a vSwitch", id)
		}
	}
	return nil
}

// pinInstances leaves the instances that there are where they run.
func (a *application) pinInstances() {
	for _, i := range a.Instances {
		i.VSwitchID = a.vSwitchOf(i)
	}
}

// vSwitchOf is where an instance runs: where its version says, unless it was left elsewhere.
func (a *application) vSwitchOf(i *instance) string {
	settings := a.settings()
	if v := a.version(i.VersionID); v != nil {
		settings = v.Config
	}
	return cmp.Or(i.VSwitchID, settings["VSwitchId"])
}
