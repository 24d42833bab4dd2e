package archtest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// module is the path of the root module; devstack is slipway/devstack.
const module = "slipway"

// anything of ours may be imported.
const anything = "*"

// rule says what the production code of a package, with all below it,
// may import directly. Within it everybody may import everybody.
type rule struct {
	pkg   string
	may   []string // packages of ours
	never []string // packages of others, with all below them
	why   string
}

const (
	noEngine  = "go.temporal.io/sdk"
	noBroker  = "github.com/nats-io"
	noServer  = "go.temporal.io/server"
	noZerolog = "github.com/rs/zerolog"
)

// rules is the map of AGENTS.md in the order of its layers. The longest
// matching package counts.
func rules() []rule {
	return []rule{
		{
			pkg: "release", never: []string{noEngine, noBroker, noZerolog, "net/http", "os"},
			why: "release is the domain: values and decisions, without engine, broker, log or platform",
		},
		{
			pkg: "workflows", may: []string{"release"},
			never: []string{"net/http", "os", noBroker, noZerolog, "math/rand", "math/rand/v2"},
			why: "workflows are replayed: they do no I/O, and they call platform verbs by name, " +
				"which is where the next platform plugs in",
		},
		{
			pkg: "activities", may: []string{"release", "activities/fault"},
			why: "an activity package translates between the domain and one collaborator",
		},
		{
			pkg: "activities/fault", may: []string{"release"}, never: []string{noBroker, noZerolog, "net/http"},
			why: "fault makes the errors of activities, and knows none of them",
		},
		{
			pkg: "activities/platform", may: []string{"release"}, never: []string{noBroker, noZerolog, "net/http"},
			why: "platform is the contract that every driver keeps, and knows no cloud",
		},
		{
			pkg: "activities/platform/platformtest", may: []string{"release", "activities/platform"}, never: []string{noBroker, noZerolog},
			why: "platformtest is what every driver is held to: it knows none of them",
		},
		{
			pkg: "activities/attempt", may: []string{"release", "releases/execution"}, never: []string{noBroker, noZerolog, "net/http"},
			why: "attempt stands around every activity and knows none of them",
		},
		{
			pkg: "activities/events", may: []string{"release", "activities/fault", "wire", "ledger", "internal/tracing"}, never: []string{noZerolog},
			why: "events speaks to NATS through wire and ledger",
		},
		{
			pkg: "activities/promotion", may: []string{"release", "activities/fault", "wire", "apps", "internal/documents", "ledger", "promotion"}, never: []string{noZerolog},
			why: "promotion asks for what may be promoted, by an event as everybody does",
		},
		{
			pkg: "activities/cloud", may: []string{"release", "activities/fault", "activities/platform", "cloudapi", "internal/loosejson", "internal/redact"}, never: []string{noBroker, noZerolog, "net/http"},
			why: "cloud is what all drivers share, and knows no cloud",
		},
		{
			pkg: "activities/sae", may: []string{"release", "activities/fault", "activities/platform", "activities/cloud", "saeclient", "cloudapi"}, never: []string{noBroker, noZerolog},
			why: "sae speaks to SAE through saeclient",
		},
		{
			pkg: "activities/fc", may: []string{"release", "activities/fault", "activities/platform", "activities/cloud", "fcclient", "cloudapi"}, never: []string{noBroker, noZerolog},
			why: "fc speaks to Function Compute through fcclient",
		},
		{
			pkg: "activities/servicestage", may: []string{"release", "activities/fault", "activities/platform", "activities/cloud", "servicestageclient", "cloudapi"}, never: []string{noBroker, noZerolog},
			why: "servicestage speaks to ServiceStage through servicestageclient",
		},
		{
			pkg: "activities/sae/saeworld", may: []string{"release", "activities/platform", "activities/sae", "saeclient", "saesim", "cloudapi", "internal/acskeys"}, never: []string{noBroker, noZerolog},
			why: "saeworld puts the driver of SAE before its simulator, for suites that know neither",
		},
		{
			pkg: "activities/fc/fcworld", may: []string{"release", "activities/platform", "activities/cloud", "activities/fc", "fcclient", "fcsim", "cloudapi", "internal/acskeys"}, never: []string{noBroker, noZerolog},
			why: "fcworld puts the driver of Function Compute before its simulator, for suites that know neither",
		},
		{
			pkg: "activities/servicestage/servicestageworld", may: []string{"release", "activities/platform", "activities/cloud", "activities/servicestage", "servicestageclient", "servicestagesim", "cloudapi"}, never: []string{noBroker, noZerolog},
			why: "servicestageworld puts the driver of ServiceStage before its simulator, for suites that know neither",
		},
		{
			pkg: "activities/gates", may: []string{"release", "activities/fault"}, never: []string{noBroker, noZerolog},
			why: "gates asks the addresses that releases name, and nobody else",
		},
		{
			pkg: "activities/calendar", may: []string{"release", "activities/fault"}, never: []string{noBroker, noZerolog},
			why: "calendar judges a calendar, wherever it is kept",
		},
		{
			pkg: "activities/releases", may: []string{"release", "activities/fault", "releases/lane", "releases/execution", "ledger"}, never: []string{noBroker, noZerolog},
			why: "releases looks at other releases through Temporal and the ledger, and submits them to their lanes; " +
				"it shows nothing to people, as the rest of the root's releases does",
		},
		{
			pkg: "releases", may: []string{"release"}, never: []string{noBroker, noZerolog, "go.temporal.io/sdk/workflow"},
			why: "releases is the face of releases for Go callers with a Temporal client: it never runs inside a workflow, and needs no broker",
		},
		{
			pkg: "wire", may: []string{"release", "internal/redact", "internal/bucketdoc", "internal/cdevents"}, never: []string{noEngine, noZerolog},
			why: "wire is the published form of the domain, whoever sends it",
		},
		{
			pkg: "apps", may: []string{"release", "wire", "internal/bucketdoc", "internal/documents"}, never: []string{noEngine, noZerolog},
			why: "apps says what a request by name means, to the starter and to the command line alike; it starts nothing",
		},
		{
			pkg: "promotion", may: []string{"release", "apps", "ledger"}, never: []string{noEngine, noBroker, noZerolog},
			why: "promotion judges by documents and records, for the starter, for workers and for the command line alike; it asks for nothing",
		},
		{
			pkg: "trigger", may: []string{"release", "wire", "apps", "ledger"}, never: []string{noEngine, noZerolog, "net/http", "os"},
			why: "trigger decides what a push means by documents and records; who reads and publishes them is for its callers",
		},
		{
			pkg: "stats", may: []string{"release", "apps", "ledger"}, never: []string{noEngine, noBroker, noZerolog},
			why: "stats counts by documents and records, for the command line and for the gauges alike; it changes nothing",
		},
		{
			pkg: "whatif", may: []string{"release", "policy"}, never: []string{noEngine, noBroker, noZerolog, "net/http", "os"},
			why: "whatif judges what was decided again by the rules of the domain; where that is recorded is for its reader",
		},
		{
			pkg: "whatif/records", may: []string{"release", "wire", "apps", "policy", "ledger", "internal/documents", "whatif"}, never: []string{noEngine, noZerolog, "net/http", "os"},
			why: "records reads what NATS has of releases; what Temporal has it is given",
		},
		{
			pkg: "manifest", may: []string{"release", "wire", "apps", "authority", "policy", "notify"}, never: []string{noEngine, noZerolog, "net/http", "os"},
			why: "manifest reads files that somebody else has opened; it decodes a spec as the receiver of a request does, in wire",
		},
		{
			pkg: "authority", may: []string{"release", "wire", "internal/bucketdoc", "internal/documents", "internal/scope"}, never: []string{noEngine, noZerolog, "net/http", "os"},
			why: "authority judges by a document and keeps it; who asks, and what follows, is for its callers",
		},
		{
			pkg: "policy", may: []string{"release", "wire", "internal/bucketdoc", "internal/documents", "internal/scope"}, never: []string{noEngine, noZerolog, "net/http", "os"},
			why: "policy judges specs by what an organisation demands, and keeps that; what follows is for its callers",
		},
		{
			pkg: "ledger", may: []string{"release", "internal/bucketdoc"}, never: []string{noEngine, noZerolog},
			why: "ledger remembers releases for whoever asks: it decides nothing, and works without Temporal",
		},
		{
			pkg: "payload", may: []string{"internal/secretfile", "internal/httpserve"}, never: []string{noBroker},
			why: "payload encrypts what Temporal keeps, whatever it says: it knows no release",
		},
		{
			pkg: "cloudapi", may: []string{"internal/loosejson"}, never: []string{noEngine, noBroker, noZerolog},
			why: "cloudapi is what callers of every client hold: it knows no platform, and is useful without the rest of Slipway",
		},
		{
			pkg: "fcclient", may: []string{"cloudapi", "internal/clientrt", "internal/loosejson", "internal/acskeys", "internal/conformance"},
			never: []string{noEngine, noBroker, noZerolog},
			why:   "fcclient is useful without the rest of Slipway",
		},
		{
			pkg: "servicestageclient", may: []string{"cloudapi", "internal/clientrt", "internal/loosejson", "internal/huaweisign", "internal/conformance"},
			never: []string{noEngine, noBroker, noZerolog},
			why:   "servicestageclient is useful without the rest of Slipway",
		},
		{
			pkg: "saeclient", may: []string{"cloudapi", "internal/clientrt", "internal/loosejson", "internal/acskeys"},
			never: []string{noEngine, noBroker, noZerolog},
			why:   "saeclient is useful without the rest of Slipway",
		},
		{
			pkg: "saesim", may: []string{"saeclient", "cloudapi", "internal/acs", "internal/loosejson", "internal/simframe"}, never: []string{noEngine, noBroker},
			why: "saesim plays the platform: it shares SAE's wire types with saeclient and knows nothing of releases",
		},
		{
			pkg: "fcsim", may: []string{"fcclient", "cloudapi", "internal/acs", "internal/loosejson", "internal/simframe"}, never: []string{noEngine, noBroker},
			why: "fcsim plays the platform: it knows nothing of releases",
		},
		{
			pkg: "servicestagesim", may: []string{"servicestageclient", "cloudapi", "internal/huaweisign", "internal/loosejson", "internal/simframe"}, never: []string{noEngine, noBroker},
			why: "servicestagesim plays the platform: it knows nothing of releases",
		},
		{
			pkg: "health", may: []string{"internal/failtext", "internal/httpserve"},
			why: "health serves whatever role mounts it",
		},
		{
			pkg: "notify", may: []string{"release", "wire", "apps", "internal/scope", "internal/redact"}, never: []string{noEngine, noBroker, noZerolog, "net/http", "os"},
			why: "notify says who is told what, and in which words: it sends nothing",
		},
		{
			pkg: "notify/channel", may: []string{"notify", "internal/redact", "internal/secretfile"}, never: []string{noEngine, noZerolog},
			why: "channel makes one attempt to send one message: what it says and how often it is tried is for others",
		},
		{
			pkg: "worker", may: []string{"release", "workflows", "activities", "wire", "apps", "ledger", "health", "cloudapi"},
			why: "worker assembles; nothing is built on it but commands",
		},
		{
			pkg: "starter", may: []string{"release", "wire", "apps", "authority", "policy", "internal/documents", "ledger", "promotion", "stats", "trigger", "internal/registry", "internal/tracing", "workflows", "releases/lane", "releases/execution", "health"},
			why: "starter carries messages to workflows; it never speaks to a platform",
		},
		{
			pkg: "audit", may: []string{"release", "wire", "apps", "authority", "policy", "internal/bucketdoc", "internal/redact"}, never: []string{noEngine, noZerolog, "net/http", "os"},
			why: "audit reads what is stored elsewhere: it knows what a message says, and decides nothing",
		},
		{
			pkg: "hooks", may: []string{"release", "wire", "internal/cdevents", "internal/loosejson", "internal/httpserve", "internal/ratelimit"}, never: []string{noEngine},
			why: "hooks takes what registries post and publishes it; what follows from a push is for the starter",
		},
		{
			pkg: "notify/queue", may: []string{"release", "wire", "apps", "ledger", "notify", "notify/channel", "console/link", "internal/documents", "internal/redact"}, never: []string{noEngine, "net/http", "os"},
			why: "queue takes events to channels: how one is sent to is for its sender, and what is said for the texts",
		},
		{
			pkg: "setup", may: []string{"release", "wire", "apps", "authority", "policy", "ledger", "audit", "console/session", "workflows"},
			why: "setup creates what roles expect of NATS and Temporal; it never speaks to a platform",
		},
		{
			pkg: "requests", may: []string{"release", "releases", "wire", "ledger"}, never: []string{noEngine, noZerolog, "net/http", "os"},
			why: "requests asks and commands by events: who can publish needs no Temporal",
		},
		{
			pkg: "console", may: []string{"api/schema", "release", "releases", "requests", "wire", "manifest", "apps", "authority", "policy", "promotion", "ledger", "internal/bucketdoc", "internal/documents", "internal/httpserve", "internal/ratelimit", "internal/secretfile"},
			why: "console shows and commands releases; it never speaks to a platform",
		},
		{
			pkg: "console/oidc", may: []string{"release", "console/access", "console/problem"}, never: []string{noEngine, noBroker, "os"},
			why: "oidc says who somebody is: what that begins is for others",
		},
		{
			pkg: "console/link", may: []string{"release"}, never: []string{noEngine, noBroker, noZerolog, "net/http", "os"},
			why: "link signs and verifies: what leads a person on is for pages and messages",
		},
		{
			pkg: "internal/clientrt", may: []string{"cloudapi", "internal/loosejson"}, never: []string{noEngine, noBroker, noZerolog},
			why: "clientrt carries out the calls of every client: it knows no platform",
		},
		{
			pkg: "internal/acskeys", may: []string{"cloudapi", "internal/clientrt"}, never: []string{noEngine, noBroker, noZerolog},
			why: "acskeys asks for keys, for the clients of Alibaba Cloud's products",
		},
		{pkg: "internal/acs", why: "acs verifies signatures, for the simulators of Alibaba Cloud's products"},
		{pkg: "internal/conformance", why: "conformance holds answers against Outputs, of any client"},
		{pkg: "internal/huaweisign", why: "huaweisign signs and verifies, for the clients and the simulators of Huawei Cloud's products"},
		{pkg: "internal/simframe", why: "simframe is what simulators of all platforms share: it knows none of them"},
		{pkg: "internal/simcmd", may: []string{"internal/buildinfo", "internal/httpserve", "internal/simframe"}, why: "simcmd is the command line that simulators of all platforms share"},
		{pkg: "internal/httpserve", why: "httpserve serves whatever a role or a simulator answers"},
		{pkg: "internal/cdevents", why: "cdevents is a format, whoever publishes it"},
		{pkg: "internal/registry", may: []string{"internal/buildinfo"}, why: "registry asks registries of images, for whoever wants to know"},
		{pkg: "internal/failtext", why: "failtext compares texts of failures, whoever has failed"},
		{pkg: "internal/apifacts", why: "apifacts reads facts of answers, for whatever is generated from them"},
		{pkg: "saeclient/saetest/internal/facts", may: []string{"internal/apifacts"}, why: "facts writes what the suite has to know of the API"},
		{pkg: "internal/clientgen", may: []string{"internal/apifacts"}, why: "clientgen writes clients from facts: it runs before any of them is there"},
		{pkg: "internal/apicoverage", why: "apicoverage reads test results and facts, of any client"},
		{pkg: "internal/loosejson", why: "loosejson reads what platforms send, for the clients of all of them"},
		{pkg: "api/schema/internal/reference", may: []string{"api", "internal/markdown"}, why: "reference writes the page of the schemas"},
		{pkg: "api", why: "api holds the published contracts, of use to everybody"},
		{pkg: "internal/tracing", may: []string{"release", "wire", "cloudapi"}, never: []string{noBroker, noZerolog}, why: "tracing tells of releases, and carries none out"},
		{pkg: "internal/redact", why: "redact knows what a secret looks like, for whoever has text that may hold one"},
		{
			pkg: "internal/bucketdoc", never: []string{noEngine, noZerolog},
			why: "bucketdoc reads and changes documents in a bucket, whatever they say",
		},
		{
			pkg: "internal/documents", may: []string{"release", "internal/bucketdoc"}, never: []string{noEngine, noZerolog},
			why: "documents keeps what people apply, whatever it says: who changed it, when and why",
		},
		{pkg: "internal/scope", may: []string{"release"}, never: []string{noEngine, noBroker, noZerolog}, why: "scope says what patterns cover, for whatever document has them"},
		{pkg: "internal/buildinfo", why: "buildinfo knows which version a binary is, for all of them"},
		{pkg: "internal/ratelimit", why: "ratelimit says who has to wait, whatever they ask for"},
		{pkg: "internal/secretfile", why: "secretfile reads small files that hold a secret, for whoever is given their path"},
		{pkg: "internal/compattest", why: "compattest compares a surface with the file that keeps it, whichever it is"},
		{pkg: "internal/metrictest", why: "metrictest reads metrics for tests, whoever counts"},
		{pkg: "internal/jsontest", why: "jsontest looks into JSON for tests, whoever wrote it"},
		{pkg: "internal/termtest", why: "termtest drives programs in a terminal, whatever they show"},
		{pkg: "internal/markdown", why: "markdown finds code in documents, for the tests that hold it against the program, and writes tables"},
		{pkg: "internal/archtest", why: "tests about the tree depend on no part of it"},
		{pkg: "cmd", may: []string{anything}, why: "commands put everything together"},
		{pkg: "examples", may: []string{anything}, why: "examples show everything"},
		{pkg: "devstack", may: []string{anything}, why: "devstack runs everything in one process"},
	}
}

// violations lists every import of production code that the rules forbid.
func violations(all []goFile, table []rule) []string {
	var found []string
	for _, file := range all {
		if file.test {
			continue // tests import what they test from outside and bring what they like
		}
		r, ok := ruleFor(table, file.folder())
		if !ok {
			found = append(found, fmt.Sprintf("%s: no rule for this folder: say in rules() what it may import and why", file.path))
			continue
		}
		for _, imported := range file.imports {
			if reason := r.refuses(imported); reason != "" {
				found = append(found, fmt.Sprintf("%s imports %s, but %s: %s", file.path, imported, reason, r.why))
			}
		}
	}
	return found
}

// ruleFor finds the rule of the innermost package that holds folder.
func ruleFor(table []rule, folder string) (rule, bool) {
	var best rule
	for _, r := range table {
		if within(folder, r.pkg) && len(r.pkg) > len(best.pkg) {
			best = r
		}
	}
	return best, best.pkg != ""
}

// refuses tells why the package may not import the package, or nothing.
func (r rule) refuses(imported string) string {
	for _, never := range r.never {
		if within(imported, never) {
			return r.pkg + " never imports " + never
		}
	}
	if r.pkg != "devstack" && within(imported, noServer) {
		return "only devstack embeds the Temporal server"
	}
	folder, ours := strings.CutPrefix(imported, module+"/")
	if !ours || within(folder, r.pkg) || slices.Contains(r.may, anything) && !within(folder, "devstack") {
		return ""
	}
	if slices.ContainsFunc(r.may, func(pkg string) bool { return within(folder, pkg) }) {
		return ""
	}
	if len(r.may) == 0 {
		return r.pkg + " imports nothing of ours"
	}
	return r.pkg + " imports of ours only " + strings.Join(r.may, ", ")
}

// within reports whether path is pkg or lies below it.
func within(path, pkg string) bool {
	return path == pkg || strings.HasPrefix(path, pkg+"/")
}

func TestImports_ImportDirections(t *testing.T) {
	t.Parallel()
	require.Empty(t, strings.Join(violations(goFiles(t), rules()), "\n"))
}

func TestImports_ImportRulesRefuse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file    string
		imports string
		want    string // part of the message; empty when allowed
	}{
		"a workflow that does I/O":           {"workflows/lane.go", "net/http", "workflows never imports net/http"},
		"a workflow that knows a platform":   {"workflows/lane.go", "slipway/activities/sae", "imports of ours only release"},
		"a workflow with the domain":         {"workflows/lane.go", "slipway/release", ""},
		"a domain with an engine":            {"release/spec.go", "go.temporal.io/sdk/workflow", "release never imports go.temporal.io/sdk"},
		"a domain that knows the wire":       {"release/spec.go", "slipway/wire", "release imports nothing of ours"},
		"releases seen from inside":          {"releases/lane/lane.go", "go.temporal.io/sdk/workflow", "releases never imports go.temporal.io/sdk/workflow"},
		"releases that ask the ledger":       {"releases/watch.go", "slipway/ledger", "releases imports of ours only release"},
		"a starter with a front end":         {"starter/submit.go", "slipway/releases", "starter imports of ours only"},
		"a starter that submits":             {"starter/submit.go", "slipway/releases/lane", ""},
		"a ledger that asks Temporal":        {"ledger/read.go", "go.temporal.io/sdk/client", "ledger never imports go.temporal.io/sdk"},
		"a ledger that knows workflows":      {"ledger/read.go", "slipway/workflows", "ledger imports of ours only release"},
		"a starter that knows SAE":           {"starter/run.go", "slipway/saeclient", "starter imports of ours only"},
		"events that know SAE":               {"activities/events/publish.go", "slipway/saeclient", "activities/events imports of ours only"},
		"attempts that know an activity":     {"activities/attempt/beat.go", "slipway/activities/sae", "activities/attempt imports of ours only release"},
		"the verbs of SAE":                   {"activities/sae/begin.go", "slipway/saeclient", ""},
		"a simulator that knows releases":    {"saesim/orders.go", "slipway/release", "saesim imports of ours only saeclient"},
		"a package's own subfolder":          {"saesim/orders.go", "slipway/saesim/simadmin", ""},
		"a name that only begins alike":      {"saeclient/x.go", "slipway/saeclientele", "saeclient imports of ours only cloudapi"},
		"the server outside of devstack":     {"cmd/slipway/main.go", "go.temporal.io/server/temporal", "only devstack"},
		"the server in devstack":             {"devstack/embedded/temporal.go", "go.temporal.io/server/temporal", ""},
		"production code that uses devstack": {"cmd/slipway/main.go", "slipway/devstack/stack", "cmd imports of ours only"},
		"a folder nobody has thought about":  {"helpers/x.go", "fmt", "no rule for this folder"},
		"a test":                             {"workflows/lane_test.go", "slipway/saesim", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := strings.Join(violations([]goFile{{
				path: test.file, imports: []string{test.imports}, test: strings.HasSuffix(test.file, "_test.go"),
			}}, rules()), "\n")
			if test.want == "" {
				require.Empty(t, got)
				return
			}
			require.Contains(t, got, test.want)
		})
	}
}

// The engines bring hundreds of modules along. They must not even be named in
// the root go.mod, where a scanner or a reader would count them as ours.
func TestImports_RootModuleStaysSmall(t *testing.T) {
	t.Parallel()
	for line := range strings.Lines(read(t, "go.mod")) {
		for _, engine := range []string{
			"go.temporal.io/server", "github.com/nats-io/nats-server", "github.com/temporalio/ui-server",
			"github.com/compose-spec/compose-go", "helm.sh/helm", "k8s.io/api",
		} {
			require.NotContains(t, line, engine, "only devstack/go.mod may require it")
		}
	}
}
