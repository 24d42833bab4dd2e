package release

// StepUnit is what a batch of a gray release is measured in.
type StepUnit string

// The units.
const (
	// StepInstances replaces instances, batch by batch.
	StepInstances StepUnit = "instances"
	// StepWeight shifts traffic from the version before to the new one, by percentages.
	StepWeight StepUnit = "weight"
)

// ScalingWay is how a platform disables a scaling rule.
type ScalingWay string

// The ways.
const (
	// ScalingSwitch: each rule has a switch.
	ScalingSwitch ScalingWay = "switch"
	// ScalingTakeAway: a rule is taken away, and put back as it was kept.
	ScalingTakeAway ScalingWay = "take-away"
)

// Traits are what a platform can do: what it cannot is refused before anything begins.
type Traits struct {
	// Platform is the one that has them, and Name is its name for people.
	Platform Platform
	Name     string
	// Rollouts are the strategies of a release, and Rollbacks those of a rollback.
	Rollouts, Rollbacks []StrategyType
	// Step is what a batch of a gray release is measured in.
	Step StepUnit
	// GrayAtMost is the largest gray batch, in percent of the instances; 0 where no batch has instances.
	GrayAtMost int
	// Pace tells that a change can keep instances ready, or have more of them, while it replaces them
	// (strategy.minReady… and maxSurge…).
	Pace bool
	// Restart, Rescale, Job and Adopt tell that there is such an operation.
	Restart, Rescale, Job, Adopt bool
	// FirstRelease tells that a release may bring the first version of an application.
	FirstRelease bool
	// ReturnsFailed tells that the platform may return to the version before by itself, when a change has
	// failed.
	ReturnsFailed bool
	// Scaling is how a scaling rule is disabled, and Suspends whether a release does so unless it says
	// otherwise.
	Scaling  ScalingWay
	Suspends bool
	// Traffic are the kinds of traffic rules (traffic.…) that a gray release can have.
	Traffic []string
	// Images tells that an artifact can be an image, and Packages are the schemes of the addresses of code
	// packages.
	Images   bool
	Packages []string
	// AppID and VersionID are the patterns of its IDs of applications and of versions, and AppWords and
	// VersionWords say them in words.
	AppID, AppWords         string
	VersionID, VersionWords string
	// Qualifier is the default of app.qualifier; empty where an application has no qualifiers. QualifierID is
	// the pattern of one.
	Qualifier, QualifierID string
	// Part is the pattern of a part of an application (artifact.part); empty where it has none.
	Part string
	// Parameters are all that a release could set of an application, by the platform's own names: those of
	// the operation that deploys.
	Parameters func() []Parameter
}

// Platforms lists the traits of all platforms that are served.
func Platforms() []Traits { return []Traits{traitsOfSAE(), traitsOfFC()} }

// TraitsOf returns the traits of a platform; false where it is not served.
func TraitsOf(p Platform) (Traits, bool) {
	for _, t := range Platforms() {
		if t.Platform == p {
			return t, true
		}
	}
	return Traits{}, false
}

// traitsOfSAE are those of Serverless App Engine.
func traitsOfSAE() Traits {
	every := []StrategyType{StrategyAll, StrategyBatch, StrategyGray}
	return Traits{
		Platform: PlatformSAE, Name: "Alibaba Cloud Serverless App Engine",
		Rollouts: every, Rollbacks: every, Step: StepInstances, GrayAtMost: 50, Pace: true,
		Restart: true, Rescale: true, Job: true, Adopt: true,
		ReturnsFailed: true, Scaling: ScalingSwitch, Suspends: true,
		Traffic: []string{"springCloud", "dubbo", "alb"},
		Images:  true, Packages: []string{"http", "https"},
		AppID: idPattern, AppWords: "1-128 letters, digits, hyphens or underscores",
		VersionID: idPattern, VersionWords: "1-128 letters, digits, hyphens or underscores",
		Parameters: parametersOfSAE,
	}
}

// traitsOfFC are those of Function Compute 2.0. A release moves an alias of a service from one
// published version to the next.
func traitsOfFC() Traits {
	return Traits{
		Platform: PlatformFC, Name: "Alibaba Cloud Function Compute",
		Rollouts: []StrategyType{StrategyAll, StrategyGray}, Rollbacks: []StrategyType{StrategyAll}, Step: StepWeight,
		Rescale: true, FirstRelease: true, Scaling: ScalingTakeAway,
		Images: true, Packages: []string{"oss"},
		AppID: `^[A-Za-z_][A-Za-z0-9_-]{0,127}$`, AppWords: "1-128 letters, digits, hyphens or underscores, the first no digit or hyphen",
		VersionID: `^[1-9][0-9]{0,18}$`, VersionWords: "a whole number such as 7",
		Qualifier: "live", QualifierID: `^[A-Za-z_][A-Za-z0-9_-]{0,127}$`, Part: `^[A-Za-z_][A-Za-z0-9_-]{0,127}$`,
		Parameters: func() []Parameter { return nil },
	}
}
