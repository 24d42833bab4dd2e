package saesim

import (
	"maps"
	"time"

	"slipway/internal/acs"
	"slipway/internal/simframe"
)

const (
	// TestAccessKeyID is the access key ID that a simulator accepts when it is given
	// no keys. It works nowhere else.
	TestAccessKeyID = "saesim-test-key-id"
	// TestAccessKeySecret belongs to TestAccessKeyID. It is no secret: the simulator
	// prints it itself.
	TestAccessKeySecret = "saesim-test-key-secret"

	// DefaultRegion is the region a simulator serves when it is given none.
	DefaultRegion = "cn-hangzhou"

	// DefaultBatchDuration is the simulated time one batch takes by default.
	DefaultBatchDuration = 2 * time.Second
)

// Config describes a simulator. Its zero value is useful: a real-time simulator
// of region cn-hangzhou that accepts the test key pair and keeps no file.
type Config struct {
	// Clock is the simulated time. Nil makes a clock from Speed.
	Clock *Clock
	// Speed is the number of simulated seconds in one second of wall time, used
	// when Clock is nil. 0 means 1. For a clock that only Advance moves, set
	// Clock to a [SteppedClock].
	Speed float64
	// Wall tells the real time, against which the age of a request's Date is
	// judged. Nil means time.Now.
	Wall func() time.Time
	// Seed drives every identifier and every fault probability: the same seed and
	// the same calls give the same answers.
	Seed uint64
	// AccessKeys maps access key IDs to their secrets. Empty means the test pair
	// [TestAccessKeyID], [TestAccessKeySecret].
	AccessKeys map[string]string
	// Region is the only region this simulator serves; a request that names
	// another in x-acs-region-id is refused. Empty means [DefaultRegion].
	Region string
	// BatchDuration is the simulated time a batch takes. An order prepares for a
	// quarter of it. 0 means [DefaultBatchDuration].
	BatchDuration time.Duration
	// Strict refuses requests that lack a header which chapters 6 and 7 of the
	// SAE API reference call required, and replayed nonces. Without it, nonce and
	// region may be absent, as the official SDKs leave them out.
	Strict bool
	// StateFile keeps the state: loaded when the simulator is made, written after
	// each call that changed something and by Close. Empty keeps it in memory.
	StateFile string
	// Hosts are further names, in lower case, by which the admin API may be called. Addresses and
	// names without a dot need none.
	Hosts []string
}

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
	if c.Region == "" {
		c.Region = DefaultRegion
	}
	if c.BatchDuration == 0 {
		c.BatchDuration = DefaultBatchDuration
	}
	return c
}

// Validate tells everything that is wrong with the configuration at once, as one
// joined error whose lines name the field.
func (c Config) Validate() error {
	var problems simframe.Problems
	if problem := simframe.CheckSpeed(c.Clock, c.Speed); problem != "" {
		problems.Add("Speed", "%s", problem)
	}
	if problem := simframe.CheckKeys(c.AccessKeys); problem != "" {
		problems.Add("AccessKeys", "%s", problem)
	}
	if c.Region != "" && !acs.IsRegion(c.Region) {
		problems.Add("Region", "%q is not a region ID such as cn-hangzhou", c.Region)
	}
	if c.BatchDuration < 0 {
		problems.Add("BatchDuration", "must not be negative, is %s", c.BatchDuration)
	}
	return problems.Err()
}
