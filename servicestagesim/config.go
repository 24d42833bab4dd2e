package servicestagesim

import (
	"cmp"
	"maps"
	"regexp"
	"time"

	"slipway/internal/simframe"
)

const (
	// TestAccessKeyID is the access key ID (AK) that a simulator accepts when it is given no keys. It
	// works nowhere else.
	TestAccessKeyID = "servicestagesim-test-key-id"
	// TestAccessKeySecret belongs to TestAccessKeyID. It is no secret: the simulator prints it itself.
	TestAccessKeySecret = "servicestagesim-test-key-secret"
	// TestUser is the IAM user whose password a simulator accepts when it is given no users.
	TestUser = "servicestagesim-test-user"
	// TestPassword belongs to TestUser. It is no secret either.
	TestPassword = "servicestagesim-test-password"

	// DefaultRegion is the region a simulator serves when it is given none. It is the name of the project as well.
	DefaultRegion = "cn-north-4"
	// DefaultProjectID is the project that a simulator serves when it is given none.
	DefaultProjectID = "0123456789abcdef0123456789abcdef"
	// DefaultDomain is the account of the users when a simulator is given none.
	DefaultDomain = "servicestagesim"
	// DefaultTaskTime is the simulated time that a task of a job takes by default.
	DefaultTaskTime = time.Second
	// TokenLifetime is how long a token is valid, in real time [API reference 3.2].
	TokenLifetime = 24 * time.Hour
)

// Config describes a simulator. Its zero value is useful: a real-time simulator of region
// cn-north-4 that accepts the test key pair and the test user, and keeps no file.
type Config struct {
	// Clock is the simulated time. Nil makes a clock from Speed.
	Clock *simframe.Clock
	// Speed is the number of simulated seconds in one second of wall time, used when Clock is nil.
	// 0 means 1. For a clock that only Advance moves, set Clock to a [SteppedClock].
	Speed float64
	// Wall tells the real time, against which the age of a signature and of a token are judged. Nil means time.Now.
	Wall func() time.Time
	// Seed drives every identifier and every probability: the same seed and the same calls give the same answers.
	Seed uint64
	// AccessKeys maps access key IDs (AK) to their secrets (SK). Empty means the test pair [TestAccessKeyID],
	// [TestAccessKeySecret].
	AccessKeys map[string]string
	// SecurityTokens maps the IDs among AccessKeys that are temporary to their security tokens.
	SecurityTokens map[string]string
	// Users maps IAM users to their passwords, for tokens. Empty means [TestUser] with [TestPassword].
	Users map[string]string
	// Domain is the name of the account that the users belong to. Empty means [DefaultDomain].
	Domain string
	// ProjectID is the project, 32 hexadecimal digits. Calls of another are refused. Empty means [DefaultProjectID].
	ProjectID string
	// Region is the region this simulator serves. Empty means [DefaultRegion].
	Region string
	// TaskTime is the simulated time that a task of a job takes. 0 means [DefaultTaskTime].
	TaskTime time.Duration
	// PauseIsUpgrading shows a gray release that waits for a decision as UPGRADING: the reference has no other word.
	// Otherwise it is GRAYING, as newer services show it.
	PauseIsUpgrading bool
	// MissingIsUnauthorized answers version 3's applications, environments and components that do not exist by HTTP 401
	// with SVCSTG.00100401, as the real service does. Otherwise it is 404 with the code of the reference.
	MissingIsUnauthorized bool
	// StateFile keeps the state: loaded when the simulator is made, written after each call that
	// changed something and by Close. Empty keeps it in memory.
	StateFile string
	// Hosts are further names, in lower case, by which the admin API may be called. Addresses and
	// names without a dot need none.
	Hosts []string
}

// A Clock is the simulated time: it follows the wall clock, runs faster, or stands still until it
// is advanced. It is an alias so that callers of this package can name the type of [Config.Clock],
// which all simulators share.
type Clock = simframe.Clock

// FastClock starts at the present time and runs speed times as fast as the wall clock. A speed of
// 0 gives a clock that only Advance moves.
func FastClock(speed float64) *Clock { return simframe.FastClock(speed) }

// SteppedClock stands at start until it is advanced.
func SteppedClock(start time.Time) *Clock { return simframe.SteppedClock(start) }

// withDefaults returns the configuration with every default filled in.
func (c Config) withDefaults() Config {
	c.Clock = simframe.ClockOf(c.Clock, c.Speed)
	if c.Wall == nil {
		c.Wall = time.Now
	}
	c.AccessKeys = simframe.KeysOf(c.AccessKeys, TestAccessKeyID, TestAccessKeySecret)
	c.SecurityTokens = maps.Clone(c.SecurityTokens)
	c.Users = simframe.KeysOf(c.Users, TestUser, TestPassword)
	c.Domain = cmp.Or(c.Domain, DefaultDomain)
	c.ProjectID = cmp.Or(c.ProjectID, DefaultProjectID)
	c.Region = cmp.Or(c.Region, DefaultRegion)
	c.TaskTime = cmp.Or(c.TaskTime, DefaultTaskTime)
	return c
}

// Validate tells everything that is wrong with the configuration at once, as one joined error
// whose lines name the field.
func (c Config) Validate() error {
	var problems simframe.Problems
	if problem := simframe.CheckSpeed(c.Clock, c.Speed); problem != "" {
		problems.Add("Speed", "%s", problem)
	}
	if problem := simframe.CheckKeys(c.AccessKeys); problem != "" {
		problems.Add("AccessKeys", "%s", problem)
	}
	for id := range c.SecurityTokens {
		if c.AccessKeys[id] == "" {
			problems.Add("SecurityTokens", "%q is no key ID of AccessKeys", id)
		}
	}
	for user, password := range c.Users {
		if user == "" || password == "" {
			problems.Add("Users", "a user and the password must not be empty")
		}
	}
	if c.ProjectID != "" && !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(c.ProjectID) {
		problems.Add("ProjectID", "%q is not 32 hexadecimal digits", c.ProjectID)
	}
	if c.Region != "" && !regexp.MustCompile(`^[a-z]{2}(-[a-z0-9]+)+$`).MatchString(c.Region) {
		problems.Add("Region", "%q is not a region ID such as cn-north-4", c.Region)
	}
	if c.TaskTime < 0 {
		problems.Add("TaskTime", "must not be negative, is %s", c.TaskTime)
	}
	return problems.Err()
}
