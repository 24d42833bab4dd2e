package release

import (
	"regexp"
	"slices"
)

// StepUnit is what a batch of a gray release is measured in.
type StepUnit string

// The units.
const (
	// StepInstances replaces instances, batch by batch.
	StepInstances StepUnit = "instances"
	// StepWeight shifts traffic from the version before to the new one, by percentages.
	StepWeight StepUnit = "weight"
)

// Pauses are the batches of a release after which the platform waits for a word, so that something can happen
// before the next one.
type Pauses string

// The batches.
const (
	// PausesEvery: it waits after every batch but the last.
	PausesEvery Pauses = "every"
	// PausesGray: it waits after the gray batch alone, and runs through all others.
	PausesGray Pauses = "gray"
)

// ScalingWay is how a platform disables a scaling rule.
type ScalingWay string

// The ways.
const (
	// ScalingNone: it has no scaling rules.
	ScalingNone ScalingWay = ""
	// ScalingSwitch: each rule has a switch.
	ScalingSwitch ScalingWay = "switch"
	// ScalingTakeAway: a rule is taken away, and put back as it was kept.
	ScalingTakeAway ScalingWay = "take-away"
)

// Traits are what a platform can do: what it cannot is refused before anything begins.
type Traits struct {
	// Platform is the one that has them, and Name is its name in sentences.
	Platform Platform
	Name     string
	// ChangeWords say what a change is that has an ID of the platform.
	ChangeWords func(id string) string
	// Rollouts are the strategies of a release, and Rollbacks those of a rollback.
	Rollouts, Rollbacks []StrategyType
	// Step is what a batch of a gray release is measured in.
	Step StepUnit
	// Weights is how many percentages of the traffic a gray release can give to the new version before its last
	// batch: 0 where it shifts none.
	Weights int
	// GrayAtMost is the largest gray batch, in percent of the instances; 0 where no batch has instances.
	GrayAtMost int
	// LargerFirst tells that instances which cannot be divided evenly make the first batches the larger ones; else
	// these are the last.
	LargerFirst bool
	// Pauses are the batches after which the platform waits.
	Pauses Pauses
	// Restart, Rescale, Job and Adopt tell that there is such an operation.
	Restart, Rescale, Job, Adopt bool
	// FirstRelease tells that a release may bring the first version of an application.
	FirstRelease bool
	// ReturnsFailed tells that the platform may return to the version before by itself, when a change has
	// failed.
	ReturnsFailed bool
	// Approval tells that a change may wait for an approval of the platform's own.
	Approval bool
	// Scaling is how a scaling rule is disabled, and Suspends whether a release does so unless it says
	// otherwise.
	Scaling  ScalingWay
	Suspends bool
	// TrafficApart tells that the traffic rules of a release are set before its change and removed after it;
	// else they are a part of the change, and end with it: see [BeginRolloutInput].
	TrafficApart bool
	// Packages are the schemes of the addresses of code packages.
	Packages []string
	// AppID and VersionID are the patterns of its IDs of applications and of versions, and AppWords and
	// VersionWords say them in words.
	AppID, VersionID       *regexp.Regexp
	AppWords, VersionWords string
	// NamespaceWords and NameWords say what a namespace and a name are by which an application document says which
	// application it means; the first is empty where there are no namespaces. NameIsID tells that what is called so
	// has that as its ID.
	NamespaceWords, NameWords string
	NameIsID                  bool
	// VersionLength is how many characters an ID of a version has at most; 0 where only [MaxID] bounds it.
	VersionLength int
	// Qualifier is the default of app.qualifier, QualifierID the pattern of one, and QualifierWords say it in
	// words; empty where an application has no qualifiers.
	Qualifier, QualifierWords string
	QualifierID               *regexp.Regexp
	// PartID is the pattern of a part of an application (artifact.part), and PartWords say it in words;
	// empty where it has none.
	PartID    *regexp.Regexp
	PartWords string
	// Unsupported are the fields of a release file, and the values of fields, that mean nothing on the platform.
	Unsupported []Unsupported
	// Parameters are all that a release could set of an application, by the platform's own names: those of
	// the operations that deploy.
	Parameters func() []Parameter

	// size checks the resources of one instance, and key the key of a config map or a secret.
	size func(v *validator, field string, r Resources)
	// holder checks the ID of a config map or a secret, and key a key of one that is mounted.
	holder, key func(v *validator, field, text string)
	// showApp says how a person looks at an application, and changeSteps how at a change, and how it is ended; nil where only the
	// console does.
	showApp     func(p Progress, s *NextStep)
	changeSteps func(p Progress, id string, look, end *NextStep)
}

// Unsupported is what a platform has no counterpart for.
type Unsupported struct {
	// Field is the path of a field of a spec, with [] for any place of a list; all that stands within it
	// is meant, too. Value is the one value that is meant; empty means all.
	Field, Value string
	// Why says why there is none, and what to do instead.
	Why string
}

// Platforms lists the traits of all platforms that are served.
func Platforms() []Traits { return []Traits{traitsOfSAE(), traitsOfFC(), traitsOfServiceStage()} }

// TraitsOf returns the traits of a platform; false where it is not served.
func TraitsOf(p Platform) (Traits, bool) {
	switch p { // one, not [Platforms]: a workflow asks often, and they are made anew each time
	case PlatformSAE:
		return traitsOfSAE(), true
	case PlatformFC:
		return traitsOfFC(), true
	case PlatformServiceStage:
		return traitsOfServiceStage(), true
	}
	return Traits{}, false
}

// Does reports whether there is an operation on the platform.
func (t Traits) Does(op Operation) bool {
	switch op {
	case OperationRestart:
		return t.Restart
	case OperationRescale:
		return t.Rescale
	case OperationJob:
		return t.Job
	case OperationRelease, OperationRollback:
	}
	return true
}

// Strategies are those of an operation that has a choice.
func (t Traits) Strategies(op Operation) []StrategyType {
	if op == OperationRollback {
		return t.Rollbacks
	}
	return t.Rollouts
}

// PausesAfter reports whether the platform waits after a batch of a strategy that is not its last.
func (t Traits) PausesAfter(s StrategyType, batch int) bool {
	return t.Pauses == PausesEvery && s != StrategyAll || s == StrategyGray && batch == 1
}

// IsVersion reports whether a text can be the ID of a version.
func (t Traits) IsVersion(id string) bool {
	return matches(t.VersionID, id) && (t.VersionLength == 0 || len(id) <= t.VersionLength)
}

// TakesRulesAway reports whether a scaling rule is disabled by being taken away: one that is off does not
// exist, and what it was has to be kept.
func (t Traits) TakesRulesAway() bool { return t.Scaling == ScalingTakeAway }

// Takes reports whether a field of a release file, by its path, means something on the platform.
func (t Traits) Takes(field string) bool { return t.why(field, "") == "" }

// Why says why a field of a release file means nothing on the platform, and what to do instead; empty where it means
// something.
func (t Traits) Why(field string) string { return t.why(field, "") }

// Sets reports whether a release may set a parameter of the platform by its own name.
func (t Traits) Sets(name string) bool {
	return slices.ContainsFunc(t.Parameters(), func(p Parameter) bool { return p.Name == name && p.Field == "" && p.Why == "" })
}

// why returns why a field, or a value of one, means nothing on the platform; empty where it does.
func (t Traits) why(field, value string) string {
	for _, l := range t.Unsupported {
		if l.Field == field && l.Value == value {
			return l.Why
		}
	}
	return ""
}

// TrafficKinds are the kinds of traffic rules that the platform takes, by their fields within traffic.
func (t Traits) TrafficKinds() (kinds []string) {
	if !t.Takes("traffic") {
		return nil
	}
	for _, kind := range []string{"springCloud", "dubbo", "alb", "headers"} {
		if t.Takes("traffic." + kind) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// servedPlatforms names the platforms that are served, for people.
func servedPlatforms() string {
	var names []Platform
	for _, t := range Platforms() {
		names = append(names, t.Platform)
	}
	return alternatives(names)
}

// alternatives lists words, for people, of which one can be chosen.
func alternatives[T ~string](words []T) string {
	if len(words) < 2 {
		return joined(words, "")
	}
	last := len(words) - 1
	return joined(words[:last], ", ") + " or " + string(words[last])
}

// matchesAny reports whether a text has the pattern of any platform.
func matchesAny(pattern func(Traits) *regexp.Regexp, text string) bool {
	return onAny(func(t Traits) bool { return matches(pattern(t), text) })
}

// onAny reports whether something holds on any platform.
func onAny(holds func(Traits) bool) bool { return slices.ContainsFunc(Platforms(), holds) }

// traitsFor returns the traits by which a spec is checked and completed: where its platform is not
// served, those of one that takes everything.
func traitsFor(p Platform) Traits {
	if t, served := TraitsOf(p); served {
		return t
	}
	return Traits{
		Rollouts: everyStrategy(), Rollbacks: everyStrategy(), Step: StepInstances, Weights: maxWeights, GrayAtMost: 100, Pauses: PausesEvery,
		Restart: true, Rescale: true, Job: true, Adopt: true, FirstRelease: true, Approval: true, Scaling: ScalingSwitch, Suspends: true, TrafficApart: true,
		Packages: []string{"http", "https", "oss"}, AppID: idPattern, AppWords: idWords, VersionID: idPattern, VersionWords: idWords,
		QualifierID: idPattern, QualifierWords: idWords, PartID: idPattern, PartWords: idWords, Parameters: func() []Parameter { return nil },
		ChangeWords: func(string) string { return "" },
	}
}

func everyStrategy() []StrategyType { return []StrategyType{StrategyAll, StrategyBatch, StrategyGray} }

// idWords say [idPattern] in words.
const idWords = "1-128 letters, digits, hyphens or underscores"

// traitsOfSAE are those of Serverless App Engine.
func traitsOfSAE() Traits {
	const one = "has no meaning on Serverless App Engine, where an application has one version that is configured; leave it out"
	return Traits{
		Platform: PlatformSAE, Name: "Serverless App Engine",
		Rollouts: everyStrategy(), Rollbacks: everyStrategy(), Step: StepInstances, GrayAtMost: 50, Pauses: PausesEvery,
		Restart: true, Rescale: true, Job: true, Adopt: true,
		ReturnsFailed: true, Approval: true, Scaling: ScalingSwitch, Suspends: true, TrafficApart: true,
		ChangeWords: func(string) string { return "change order" },
		Packages:    []string{"http", "https"},
		AppID:       idPattern, AppWords: idWords, VersionID: idPattern, VersionWords: idWords,
		NamespaceWords: "the ID of a namespace, such as cn-hangzhou:test", NameWords: "the name of an application",
		Unsupported: []Unsupported{
			{Field: "app.qualifier", Why: one},
			{Field: "artifact.part", Why: "has no meaning on Serverless App Engine, where an application has no parts; leave it out"},
			{Field: "strategy.weights", Why: "have no meaning on Serverless App Engine, which replaces instances; use gray and batches"},
			{Field: "traffic.headers", Why: "has no meaning on Serverless App Engine, whose rules name a path, a method or a gateway route, too; use traffic.springCloud or traffic.alb, with items of type header"},
		},
		Parameters: parametersOfSAE,
		size:       (*validator).sizeOfSAE, holder: (*validator).holderOfSAE, key: (*validator).wholeOfSAE,
		showApp: Progress.showAppOnSAE, changeSteps: Progress.changeStepsOnSAE,
	}
}

// The patterns of the IDs of Function Compute: of a service or an alias, of a function, and of a version of a service.
var (
	nameOfFC     = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,127}$`)
	functionOfFC = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,63}$`)
	versionOfFC  = regexp.MustCompile(`^[1-9][0-9]{0,18}$`)
)

// changeOfFC says what a change on Function Compute is: a version that was published, or else a number of
// provisioned instances.
func changeOfFC(id string) string {
	if matches(versionOfFC, id) {
		return "published version"
	}
	return "provisioned instances"
}

// traitsOfFC are those of Function Compute 2.0. A release moves an alias of a service from one
// published version to the next.
func traitsOfFC() Traits {
	const words = " letters, digits, hyphens or underscores, the first no digit and no hyphen"
	return Traits{
		Platform: PlatformFC, Name: "Function Compute",
		Rollouts: []StrategyType{StrategyAll, StrategyGray}, Rollbacks: []StrategyType{StrategyAll},
		Step: StepWeight, Weights: maxWeights, Pauses: PausesEvery,
		Rescale: true, FirstRelease: true, Scaling: ScalingTakeAway,
		Packages: []string{"oss"},
		AppID:    nameOfFC, AppWords: "the name of a service: 1-128" + words,
		NameWords: "the name of a service, which is its ID", NameIsID: true,
		VersionID: versionOfFC, VersionWords: "a whole number, such as 7",
		Qualifier: "live", QualifierID: nameOfFC, QualifierWords: "the name of an alias: 1-128" + words,
		PartID: functionOfFC, PartWords: "the name of a function: 1-64" + words,
		ChangeWords: changeOfFC,
		Unsupported: slices.Concat(unsupportedOnFC(), unsupportedConfigOfFC()),
		Parameters:  parametersOfFC,
		size:        (*validator).sizeOfFC,
		showApp:     Progress.showAppOnFC, changeSteps: Progress.changeStepsOnFC,
	}
}

// unsupportedOnFC is what means nothing on Function Compute, but for configuration.
func unsupportedOnFC() []Unsupported {
	const (
		shifts = "on Function Compute, which shifts traffic and replaces no instances; "
		pace   = "has no meaning " + shifts + "leave it out"
		target = "has no meaning on Function Compute, whose instances have no addresses; give url, the address of an HTTP trigger or a domain that names the alias"
	)
	return []Unsupported{
		{Field: "operation", Value: string(OperationRestart), Why: "there is nothing to restart on Function Compute, whose instances come and go with the requests; release the version again"},
		{Field: "operation", Value: string(OperationJob), Why: "there are no jobs on Function Compute; release the function, and invoke it"},
		{Field: "strategy.type", Value: string(StrategyBatch), Why: "there are no batches of instances on Function Compute, which shifts traffic; use gray with weights, or all"},
		{Field: "strategy.gray", Why: "has no meaning " + shifts + "use weights"},
		{Field: "strategy.batches", Why: "has no meaning " + shifts + "use weights"},
		{Field: "strategy.minReadyInstances", Why: pace},
		{Field: "strategy.minReadyRatio", Why: pace},
		{Field: "strategy.maxSurge", Why: pace},
		{Field: "strategy.maxSurgeRatio", Why: pace},
		{Field: "strategy.gates[].http.target", Why: target},
		{Field: "strategy.watch.gates[].http.target", Why: target},
		{Field: "traffic", Why: "has no meaning on Function Compute, where an alias divides the traffic by weights alone; use strategy.weights"},
		{Field: "adopt", Why: "has no meaning on Function Compute, whose changes are done at once: there is none that could be taken over; leave it out"},
		{Field: "job", Why: "has no meaning on Function Compute, which has no jobs; leave it out"},
		{Field: "artifact.registry", Why: "cannot be changed by a release on Function Compute, which keeps the registry that the function has; change it at the function itself"},
		{Field: "limits.platformApproval", Why: "has no meaning on Function Compute, which asks for no approval; leave it out"},
	}
}

// The patterns of the IDs of ServiceStage: of a component, and of a version of one.
var (
	componentOfServiceStage = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	versionOfServiceStage   = regexp.MustCompile(`^[0-9]+([.][0-9]+){2,3}$`)
)

// traitsOfServiceStage are those of the third generation of ServiceStage's API. A release gives a component a
// version of its own, see [VersionNumber]. ServiceStage pauses once, after the gray batch (API reference ch. 4.3.8).
func traitsOfServiceStage() Traits {
	return Traits{
		Platform: PlatformServiceStage, Name: "ServiceStage",
		Rollouts: everyStrategy(), Rollbacks: []StrategyType{StrategyAll},
		Step: StepInstances, Weights: 1, GrayAtMost: maxWeight, LargerFirst: true, Pauses: PausesGray,
		Restart: true, Rescale: true, Scaling: ScalingNone,
		Packages: []string{"obs", "https"},
		AppID:    componentOfServiceStage, AppWords: "the ID of a component, such as 4b611997-4acd-4538-a06b-32fd2475e057",
		NamespaceWords: "the name of an environment", NameWords: "the name of a component",
		VersionID: versionOfServiceStage, VersionLength: 32, VersionWords: "three or four numbers with dots between them, such as 1.4.2, of 32 characters at most",
		ChangeWords: func(string) string { return "job" },
		Unsupported: slices.Concat(unsupportedOnServiceStage(), unsupportedConfigOfServiceStage()),
		Parameters:  parametersOfServiceStage,
		holder:      (*validator).holderOfServiceStage,
		showApp:     Progress.showAppOnServiceStage, changeSteps: Progress.changeStepsOnServiceStage,
	}
}

// unsupportedOnServiceStage is what means nothing on ServiceStage, but for configuration.
func unsupportedOnServiceStage() []Unsupported {
	const (
		pace   = "has no meaning on ServiceStage, which decides itself how many instances are replaced at a time within a batch; leave it out"
		target = "has no meaning on ServiceStage, which does not list the instances of a component; give url, an address of the component"
		rules  = "which leads requests by their headers alone; use traffic.headers, or strategy.weights, the share of the traffic that the gray batch gets"
	)
	return []Unsupported{
		{Field: "operation", Value: string(OperationJob), Why: "there are no jobs to run on ServiceStage; release a component instead"},
		{Field: "app.qualifier", Why: "has no meaning on ServiceStage, where a component has one version that is configured; leave it out"},
		{Field: "artifact.part", Why: "has no meaning on ServiceStage, where a component has no parts; leave it out"},
		{Field: "artifact.registry", Why: "has no meaning on ServiceStage, which pulls images with the rights of the component's account; leave it out"},
		{Field: "strategy.minReadyInstances", Why: pace},
		{Field: "strategy.minReadyRatio", Why: pace},
		{Field: "strategy.maxSurge", Why: pace},
		{Field: "strategy.maxSurgeRatio", Why: pace},
		{Field: "strategy.gates[].http.target", Why: target},
		{Field: "strategy.watch.gates[].http.target", Why: target},
		{Field: "traffic.springCloud", Why: "has no meaning on ServiceStage, " + rules},
		{Field: "traffic.dubbo", Why: "has no meaning on ServiceStage, " + rules},
		{Field: "traffic.alb", Why: "has no meaning on ServiceStage, " + rules},
		{Field: "scaling.suspend", Value: "true", Why: "has no meaning on ServiceStage, whose API has no scaling rules; leave it out"},
		{Field: "adopt", Why: "has no meaning on ServiceStage, where nothing tells what a job that was begun elsewhere brings; begin a release instead"},
		{Field: "job", Why: "has no meaning on ServiceStage, which has no jobs to run; leave it out"},
		{Field: "limits.platformApproval", Why: "has no meaning on ServiceStage, which asks for no approval; leave it out"},
	}
}
