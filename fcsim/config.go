package fcsim

import (
	"maps"
	"regexp"
	"time"

	"slipway/internal/acs"
	"slipway/internal/simframe"
)

const (
	// TestAccessKeyID is the access key ID that a simulator accepts when it is given no keys. It
	// works nowhere else.
	TestAccessKeyID = "fcsim-test-key-id"
	// TestAccessKeySecret belongs to TestAccessKeyID. It is no secret: the simulator prints it itself.
	TestAccessKeySecret = "fcsim-test-key-secret"

	// DefaultRegion is the region a simulator serves when it is given none.
	DefaultRegion = "cn-hangzhou"
	// DefaultAccountID is the account whose services a simulator has when it is given none.
	DefaultAccountID = "1234567890123456"
	// DefaultInstanceStart is the simulated time in which a provisioned instance starts by default.
	DefaultInstanceStart = time.Second
)

// Config describes a simulator. Its zero value is useful: a real-time simulator of region
// cn-hangzhou that accepts the test key pair and keeps no file.
type Config struct {
	// Clock is the simulated time. Nil makes a clock from Speed.
	Clock *simframe.Clock
	// Speed is the number of simulated seconds in one second of wall time, used when Clock is nil.
	// 0 means 1. For a clock that only Advance moves, set Clock to a [SteppedClock].
	Speed float64
	// Wall tells the real time, against which the age of a request's Date is judged. Nil means time.Now.
	Wall func() time.Time
	// Seed drives every identifier, every fault probability and every choice of a version by its
	// weight: the same seed and the same calls give the same answers.
	Seed uint64
	// AccessKeys maps access key IDs to their secrets. Empty means the test pair [TestAccessKeyID],
	// [TestAccessKeySecret].
	AccessKeys map[string]string
	// SecurityTokens maps the IDs among AccessKeys that are temporary to their security tokens.
	SecurityTokens map[string]string
	// AccountID is the account, 1 to 16 decimal digits. A request that names another is refused.
	// Empty means [DefaultAccountID].
	AccountID string
	// Region is the region this simulator serves. Empty means [DefaultRegion].
	Region string
	// InstanceStart is the simulated time in which one more provisioned instance of a function
	// starts. 0 means [DefaultInstanceStart].
	InstanceStart time.Duration
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
	if c.Speed == 0 {
		c.Speed = 1
	}
	if c.Clock == nil {
		c.Clock = FastClock(c.Speed)
	}
	if c.Wall == nil {
		c.Wall = time.Now
	}
	if len(c.AccessKeys) == 0 {
		c.AccessKeys = map[string]string{TestAccessKeyID: TestAccessKeySecret}
	} else {
		c.AccessKeys = maps.Clone(c.AccessKeys)
	}
	c.SecurityTokens = maps.Clone(c.SecurityTokens)
	if c.AccountID == "" {
		c.AccountID = DefaultAccountID
	}
	if c.Region == "" {
		c.Region = DefaultRegion
	}
	if c.InstanceStart == 0 {
		c.InstanceStart = DefaultInstanceStart
	}
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
	if c.AccountID != "" && !regexp.MustCompile(`^[0-9]{1,16}$`).MatchString(c.AccountID) {
		problems.Add("AccountID", "%q is not 1 to 16 decimal digits", c.AccountID)
	}
	if c.Region != "" && !acs.IsRegion(c.Region) {
		problems.Add("Region", "%q is not a region ID such as cn-hangzhou", c.Region)
	}
	if c.InstanceStart < 0 {
		problems.Add("InstanceStart", "must not be negative, is %s", c.InstanceStart)
	}
	return problems.Err()
}
