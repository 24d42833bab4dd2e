package saesim

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	packageImage  = "Image"
	packageFatJar = "FatJar"
	packageWar    = "War"

	// maxReplicas is the instance count that needs no quota ticket (SAE API
	// reference ch. 11.1).
	maxReplicas = 50
)

type createData struct {
	ChangeOrderID string `json:"ChangeOrderId,omitempty"`
	AppID         string `json:"AppId"`
}

// createApplication serves CreateApplication (SAE API reference ch. 12.1). With
// Deploy=false no change order is made and the application has no version yet; the
// reference does not say (reading).
func createApplication(c *call) (any, *apiError) {
	if refused := c.sameAsKnown(nil); refused != nil {
		return nil, refused
	}
	app, refused := c.newApp("Replicas", "Deploy")
	if refused != nil {
		return nil, refused
	}
	app.Replicas = *c.integer("Replicas")
	data := createData{AppID: app.ID}
	if c.boolean("Deploy", true) {
		target := c.addVersion(app, app.Config)
		p := plan{Target: target.ID, Batches: [][]int{slotsNotOn(app, target.ID, app.Replicas)}, Unavailable: app.Replicas}
		data.ChangeOrderID = c.accept(app, newOrder{
			Type: typeCreate, Description: describeVersion(target), Plan: p,
		}).ID
	}
	return data, nil
}

// newApp makes what a call asks for, without a version. Its settings are the parameters
// of the call but the named ones.
func (c *call) newApp(except ...string) (*application, *apiError) {
	packageType := c.arg("PackageType")
	config := c.settings(append(except, "AppName", "NamespaceId", "PackageType", paramAutoConfig)...)
	for name, value := range map[string]string{"Cpu": "1000", "Memory": "2048", "Timezone": "Asia/Shanghai", "TerminationGracePeriodSeconds": "30"} {
		if config[name] == "" {
			config[name] = value
		}
	}
	if refused := cmp.Or(c.readKafka(config), c.checkCreate(packageType, config)); refused != nil {
		return nil, refused
	}
	app := &application{
		ID: cmp.Or(c.appID, c.st.Draw("app")), Sequence: c.st.Drawn, GroupID: c.st.Draw("group"),
		Name: c.arg("AppName"), NamespaceID: c.defaultNamespace(), PackageType: packageType, CreatedAt: c.now, Config: config,
	}
	c.bindNetwork(app)
	c.st.Apps[app.ID] = app
	return app, nil
}

func (c *call) checkCreate(packageType string, config map[string]string) *apiError {
	namespace := c.arg("NamespaceId")
	switch replicas := *c.integer("Replicas"); {
	case replicas < 1:
		return invalidParameter("Replicas", "it must be at least 1")
	case replicas > maxReplicas:
		return refuse(codeAppQuota, maxReplicas)
	case namespace != strings.ToLower(namespace):
		return refuse(codeNamespaceUppercase)
	case namespace != "" && !namespacePattern().MatchString(namespace):
		return invalidParameter("NamespaceId", "it must be <RegionId>:<suffix>")
	case !specSupported(config["Cpu"], config["Memory"]):
		return refuse(codeInstanceSpec, config["Cpu"], config["Memory"])
	}
	if refused := c.checkReferences(c.defaultNamespace(), config); refused != nil {
		return refused
	}
	if base := config[paramBaseApp]; base != "" && c.appIn(c.defaultNamespace(), base) == nil {
		return invalidParameter(paramBaseApp, "the namespace has no such application")
	}
	if refused := checkPackage(packageType, config); refused != nil {
		return refused
	}
	return checkSettings(config)
}

// namespacePattern also takes a bare region ID, which the samples use for the
// default namespace.
func namespacePattern() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9-]+(:[a-z0-9-]+)?$`) }

// checkPackage applies the rules between a package type and the other settings
// (SAE API reference ch. 12.1, 12.3).
func checkPackage(packageType string, config map[string]string) *apiError {
	if packageType == packageImage {
		// The reference says that an image brings its own JDK; real clients send one all
		// the same, and it is kept.
		switch {
		case config["ImageUrl"] == "":
			return missingParameter("ImageUrl")
		case config[paramTomcat] != "":
			return invalidParameter(paramTomcat, "an image brings its own")
		}
		return nil
	}
	pandora := config[paramContainer] != ""
	switch {
	case config["PackageUrl"] == "":
		return missingParameter("PackageUrl")
	case config["PackageVersion"] == "":
		return missingParameter("PackageVersion")
	case config["ImageUrl"] != "":
		return invalidParameter("ImageUrl", "the package type is %s", packageType)
	case pandora && config[paramJDK] == "":
		return refuse(codePandoraNoJDK)
	case pandora && config[paramTomcat] != "":
		return refuse(codePandoraOnlyJDK)
	case packageType == packageFatJar && config[paramJDK] == "":
		return refuse(codeJarMissingJDK)
	case packageType == packageWar && !pandora && (config[paramJDK] == "" || config[paramTomcat] == ""):
		return refuse(codeWarMissing)
	}
	return nil
}

// settings are the parameters of a call that belong into an application's
// configuration: all that the operation has except the named ones.
func (c *call) settings(except ...string) map[string]string {
	config := map[string]string{}
	for _, p := range slices.Concat(c.op.Params, c.op.Extra) {
		if slices.Contains(except, p.Name) {
			continue
		}
		if value, sent := c.sent(p.Name); sent {
			config[p.Name] = value
		}
	}
	return config
}

// addVersion records a new version with a configuration. An image whose version is not
// sent gets one made up by the platform (SAE API reference ch. 10.8).
func (c *call) addVersion(app *application, config map[string]string) *version {
	v := &version{ID: c.st.Draw("version"), CreatedAt: c.now, Config: map[string]string{}, Replicas: app.Replicas}
	maps.Copy(v.Config, config)
	if app.PackageType == packageImage && c.arg("PackageVersion") == "" {
		v.Config["PackageVersion"] = millisText(c.now)
	}
	app.Versions = append(app.Versions, v)
	return v
}

// describeVersion is the description of an order that was given none.
func describeVersion(v *version) string {
	text := "Version: " + v.Config["PackageVersion"]
	if image := v.Config["ImageUrl"]; image != "" {
		text += " | Image: " + image
	}
	return text
}

type releaseData struct {
	ChangeOrderID  string `json:"ChangeOrderId"`
	AppID          string `json:"AppId,omitempty"`
	IsNeedApproval bool
}

// deployApplication serves DeployApplication (SAE API reference ch. 12.3). Settings
// that are not sent stay as they are; an empty text clears one. A stopped application
// is started, unless Deploy is false: then its settings are stored and no order is
// made.
func deployApplication(c *call) (any, *apiError) {
	app, refused := c.idleApp()
	if refused != nil {
		return nil, refused
	}
	if refused := c.sameAsKnown(app); refused != nil {
		return nil, refused
	}
	config := map[string]string{}
	maps.Copy(config, app.settings())
	maps.Copy(config, c.settings("AppId", "ChangeOrderDesc", "AutoEnableApplicationScalingRule", "Replicas", "Deploy"))
	if refused := cmp.Or(c.readKafka(config), c.checkDeploy(app, config)); refused != nil {
		return nil, refused
	}
	replicas := c.integerOr("Replicas", app.Replicas)
	wanted, refused := c.release(app, "", replicas)
	if refused != nil {
		return nil, refused
	}
	target := c.addVersion(app, config)
	target.Replicas = replicas
	if start := c.boolean("Deploy", true); app.Stopped && !start {
		app.CurrentVersion, app.Replicas = target.ID, replicas
		return releaseData{AppID: app.ID}, nil
	}
	wanted.Plan.Target = target.ID
	wanted.Type, wanted.Description = typeDeploy, describeVersion(target)
	if text := c.arg("ChangeOrderDesc"); text != "" {
		wanted.Description = text
	}
	order := c.accept(app, wanted)
	return releaseData{ChangeOrderID: order.ID, AppID: app.ID, IsNeedApproval: order.ApprovalID != ""}, nil
}

// checkDeploy applies the rules of a deployment to the configuration it would bring.
func (c *call) checkDeploy(app *application, config map[string]string) *apiError {
	replicas := c.integerOr("Replicas", app.Replicas)
	switch {
	case replicas < 1 && c.arg("Replicas") != "":
		return invalidParameter("Replicas", "it must be at least 1")
	case config["PackageType"] != "" && config["PackageType"] != app.PackageType:
		return invalidParameter("PackageType", "the application is of type %s", app.PackageType)
	case replicas > maxReplicas:
		return refuse(codeAppQuota, maxReplicas)
	case !specSupported(config["Cpu"], config["Memory"]):
		return refuse(codeInstanceSpec, config["Cpu"], config["Memory"])
	}
	if refused := checkPackage(app.PackageType, config); refused != nil {
		return refused
	}
	if refused := checkSettings(config); refused != nil {
		return refused
	}
	if refused := c.checkMounts(app.NamespaceID, config); refused != nil {
		return refused
	}
	if app.PackageType != packageImage && app.hasPackage(config["PackageVersion"]) {
		return refuse(codeVersionExists)
	}
	return nil
}

// hasPackage reports whether a package version was used before.
func (a *application) hasPackage(packageVersion string) bool {
	return slices.ContainsFunc(a.Versions, func(v *version) bool { return v.Config["PackageVersion"] == packageVersion })
}

// rollbackApplication serves RollbackApplication (SAE API reference ch. 12.12). No
// version is added: the application goes back to one it has. The code for an
// unknown version is a reading.
func rollbackApplication(c *call) (any, *apiError) {
	app, refused := c.idleApp()
	if refused != nil {
		return nil, refused
	}
	if app.CurrentVersion == "" {
		return nil, refuse(codeNotDeployYet)
	}
	target := app.version(c.arg("VersionId"))
	if target == nil {
		return nil, refuse(codeObviously, "VersionId")
	}
	if refused := c.checkMounts(app.NamespaceID, target.Config); refused != nil {
		return nil, refused
	}
	wanted, refused := c.release(app, target.ID, app.Replicas)
	if refused != nil {
		return nil, refused
	}
	wanted.Type, wanted.Description = typeRollback, describeVersion(target)
	order := c.accept(app, wanted)
	return releaseData{ChangeOrderID: order.ID, IsNeedApproval: order.ApprovalID != ""}, nil
}

// release reads the rollout parameters that deploy and rollback share and plans
// the order, which ends with the given number of instances. BatchWaitTime is in seconds
// and means two things: in a deployment the pause inside a batch, in a rollback the one
// between automatic batches (reading).
func (c *call) release(app *application, target string, replicas int) (newOrder, *apiError) {
	how, refused := parseStrategy(c.arg(paramUpdateStrategy))
	if refused != nil {
		return newOrder{}, refused
	}
	seconds := c.integerOr("BatchWaitTime", 0)
	if seconds < 0 || seconds > maxWait {
		return newOrder{}, invalidParameter("BatchWaitTime", "it must not be below zero nor above %d", maxWait)
	}
	inside, between := time.Duration(seconds)*time.Second, time.Duration(0)
	if c.op.Name == opRollback {
		inside, between = between, inside
	}
	unavailable, refused := c.minReady().unavailable(replicas)
	if refused != nil {
		return newOrder{}, refused
	}
	surge, refused := c.surge(replicas)
	if refused != nil {
		return newOrder{}, refused
	}
	if surge > 0 && c.minReady().all() {
		unavailable = 0
	}
	p, refused := planRelease(app, destination{version: target, replicas: replicas}, how, unavailable+surge)
	if refused != nil {
		return newOrder{}, refused
	}
	p.Surge = surge
	if how != nil {
		p.Wait, p.Strategy = how.wait(between), c.arg(paramUpdateStrategy)
	}
	p.Pause = inside
	p.Restore = c.restoresRules()
	return newOrder{Plan: p, MayNeedApproval: true}, nil
}

func (c *call) minReady() minReady {
	return minReady{instances: c.integer("MinReadyInstances"), ratio: c.integer("MinReadyInstanceRatio")}
}

// surge is how many of n instances may be there above their number while a release goes on:
// MaxSurgeInstanceRatio of them, or MaxSurgeInstances, of which -1 is a share of its own.
// Shares are rounded up; none is sent means none (readings).
func (c *call) surge(n int) (int, *apiError) {
	count, ratio := c.integer("MaxSurgeInstances"), c.integer("MaxSurgeInstanceRatio")
	var surge int
	switch {
	case ratio != nil && *ratio >= 0:
		surge = share(n, *ratio)
	case ratio != nil || count != nil && *count < 0:
		surge = share(n, surgeByDefault)
	case count != nil:
		surge = min(*count, n)
	default:
		return 0, nil
	}
	if surge == 0 && c.minReady().all() {
		return 0, invalidParameter("MaxSurgeInstances", "it must not be 0 when all instances must stay ready")
	}
	return surge, nil
}

// surgeByDefault is the share that -1 stands for, in percent.
const surgeByDefault = 30

// share is a percentage of n, at most all, rounded up.
func share(n, percent int) int { return (n*min(percent, 100) + 99) / 100 }

// restoresRules reads AutoEnableApplicationScalingRule. Its default is not stated;
// the reading is true.
func (c *call) restoresRules() bool { return c.boolean("AutoEnableApplicationScalingRule", true) }

type orderData struct {
	ChangeOrderID string `json:"ChangeOrderId"`
}

// restartApplication serves RestartApplication (SAE API reference ch. 12.10).
func restartApplication(c *call) (any, *apiError) {
	app, refused := c.runningApp()
	if refused != nil {
		return nil, refused
	}
	unavailable, refused := c.minReady().unavailable(app.Replicas)
	if refused != nil {
		return nil, refused
	}
	order := c.accept(app, newOrder{
		Type: typeRestart, Description: "Restart application",
		Plan: plan{Batches: [][]int{app.slots()}, Unavailable: unavailable, DisableRules: true, Restore: c.restoresRules()},
	})
	return orderData{ChangeOrderID: order.ID}, nil
}

// deployedApp is idleApp for operations that need a deployed application.
func (c *call) deployedApp() (*application, *apiError) {
	app, refused := c.idleApp()
	if refused != nil {
		return nil, refused
	}
	if app.CurrentVersion == "" {
		return nil, refuse(codeNotDeployYet)
	}
	return app, nil
}

// rescaleApplication serves RescaleApplication (SAE API reference ch. 12.13). The
// last instances go first.
func rescaleApplication(c *call) (any, *apiError) {
	app, refused := c.runningApp()
	if refused != nil {
		return nil, refused
	}
	replicas := *c.integer("Replicas")
	switch {
	case replicas < 1:
		return nil, invalidParameter("Replicas", "it must be at least 1")
	case replicas > maxReplicas:
		return nil, refuse(codeAppQuota, maxReplicas)
	}
	if _, refused := c.minReady().unavailable(replicas); refused != nil {
		return nil, refused
	}
	restore := c.restoresRules()
	if replicas == app.Replicas {
		return orderData{}, nil // there is nothing to do, and no rule to switch off for it
	}
	kind, slots := typeScaleOut, []int{}
	for slot := app.Replicas; slot < replicas; slot++ {
		slots = append(slots, slot)
	}
	if replicas < app.Replicas {
		kind = typeScaleIn
		for slot := app.Replicas - 1; slot >= replicas; slot-- {
			slots = append(slots, slot)
		}
	}
	order := c.accept(app, newOrder{
		Type: kind, Description: typeLabel(kind),
		Plan: plan{
			Batches: [][]int{slots}, Unavailable: max(len(slots), 1), Replicas: replicas,
			DisableRules: true, Restore: restore,
		},
	})
	return orderData{ChangeOrderID: order.ID}, nil
}
