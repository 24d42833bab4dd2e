// Package platformtest is the conformance suite of the driver contract: the same stories, told to
// every platform's driver on its simulator, over HTTP and in skipped time. [Run] tells them all.
//
// A platform brings a [World]: an application on a simulator, with the driver that reaches it. Its
// [Harness] carries verbs out as the Temporal server and its workers do, and loses calls on the way.
package platformtest

import (
	"context"
	"net/http"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/activities/platform"
	"slipway/release"
)

// T is what tests and property checks have in common.
type T interface {
	require.TestingT
	Helper()
	Context() context.Context
	Cleanup(fn func())
}

// Clock is the clock of a simulator, which moves when it is told to.
type Clock interface {
	Now() time.Time
	// Advance lets time go by, with all that happens meanwhile.
	Advance(d time.Duration) (time.Time, error)
}

// Secret is a secret that worlds plant: no error, answer or log of a driver may hold it.
const Secret = "planted-0f9c4b7e"

// Platform is what a platform's tests say of it.
type Platform struct {
	// Traits are its traits: they decide which stories are told, and what must be refused.
	Traits release.Traits
	// Settle is after what time a call whose answer was lost cannot be at work any more.
	Settle time.Duration
	// ListsNone tells that the driver refuses to list the instances of a change: the platform does not.
	ListsNone bool
	// Open makes a world. It ends with its test.
	Open func(t T, s Setup, c Connection) World
}

// Setup is what the application of a world is like.
type Setup struct {
	// Instances is how many instances it has: those that it runs, or the provisioned ones.
	Instances int
	// Empty is an application to which nothing was released yet (Traits.FirstRelease).
	Empty bool
}

// Connection is what the driver of a world is made with.
type Connection struct {
	// Transport carries the HTTP calls of the driver, and of nothing else.
	Transport http.RoundTripper
	Guard     platform.Guard
	Now       func() time.Time
	// Start is the time of the simulator's clock once the application is there.
	Start time.Time
}

// World is an application on a simulator, which has run the first artifact for a while unless it is
// empty, and what happens to it beside the driver. What it cannot do fails its test.
//
// What runs is told by the numbers of artifacts: 1 is the first, and 0 stands for any that the world did
// not make.
type World interface {
	Clock
	App() release.App
	// Called is the application as the platform calls it. It is the only one of its name.
	Called() release.NamedApp
	Driver() platform.Driver
	// Stranger is a driver whose credentials the platform does not accept.
	Stranger() platform.Driver
	// Artifact is the artifact with a number, which can be released.
	Artifact(n int) release.Artifact
	// Config is a change of the configuration that holds the text, in a variable that the
	// application has not got.
	Config(text string) *release.Config

	// Mutates reports whether a call of the driver changes something on the platform.
	Mutates(r *http.Request) bool
	// Declined is how the platform answers a call that it does not carry out because there are too
	// many; the text of the answer holds [Secret] as a password.
	Declined(r *http.Request) *http.Response

	// Truth is how the application is, past the driver.
	Truth() Truth
	// Elsewhere releases an artifact past the driver, to its end or so that it stays unfinished, and
	// returns the ID by which the driver names that change.
	Elsewhere(n int, ended bool) string
	// Spoil lets the next version that is released not become ready.
	Spoil()
	// DeleteVersion takes a version away that does not run.
	DeleteVersion(id string)
	// AddRules gives the application two scaling rules that are enabled, and do nothing within a day.
	AddRules()
	// ChangeRule changes what a rule says, or makes it anew with another content where it was taken
	// away; DeleteRule deletes it.
	ChangeRule(name string)
	DeleteRule(name string)
}

// JobWorld is a world of a platform that has jobs (Traits.Job).
type JobWorld interface {
	World
	// Job makes a job template that has the first artifact.
	Job() release.App
	// Runs is how many runs of the template there were.
	Runs() int
}

// Truth is how an application is.
type Truth struct {
	// Shares are how many instances run each artifact, or how many percent of the traffic it answers
	// (Traits.Step), by the numbers of artifacts.
	Shares map[int]int
	// Changes are the IDs of what adds up when it is said twice, the oldest first: change orders, or
	// published versions.
	Changes []string
	// Verbs are the verbs that begin each of them, by their IDs, where the platform has changes of several
	// kinds; one that is missing brings a version.
	Verbs map[string]release.Verb
	// Instances is how many instances there are to be.
	Instances int
	// Rules are the scaling rules by their names, in full; one that was taken away is missing.
	Rules map[string]Rule
}

// Rule is a scaling rule as it is.
type Rule struct {
	Enabled bool
	// Says is all that it says but for that, byte for byte.
	Says string
}
