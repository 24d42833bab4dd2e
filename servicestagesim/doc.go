// Package servicestagesim is Huawei Cloud's ServiceStage on loopback: its HTTP APIs with their two ways
// of authentication, their rules and their refusals, served from memory.
//
// A [Simulator] is an http.Handler. What it has, it accepts and answers as the real thing does:
// requests are signed or carry a token of IAM, which it serves as well; a release is a job whose tasks
// run on the clock; a gray release pauses after its first batch; a version is never used twice.
//
//	sim, err := servicestagesim.New(servicestagesim.Config{Clock: servicestagesim.SteppedClock(start)})
//	…
//	server := httptest.NewServer(sim)
//	…
//	sim.SetBehaviour(servicestagesim.Behaviour{Source: "swr.test/shop:2", Result: servicestagesim.ResultMissing})
//	sim.AddFault(servicestagesim.Fault{Operation: "UpdateComponent", Kind: servicestagesim.FaultJobFails, Batch: 2})
//	sim.Advance(2 * time.Second)
//
// Time is the caller's: a [Clock] follows the wall clock, runs faster, or stands still until it is
// advanced. Nothing happens in the background; whenever somebody looks, the state is worked out
// for that moment. What goes wrong is the caller's, too: a [Fault] delays, drops or refuses calls
// and lets jobs wait or fail, and a [Behaviour] makes an image or a package a bad one. The same controls exist
// over HTTP under /_servicestagesim/.
//
// What lies outside of the APIs (networks, clusters, image registries, buckets) is taken to exist.
//
// # Files
//
// What a call goes through: simulator.go (faults), auth.go (signatures and tokens, with iam.go), operation.go (routing),
// groups.go (which operations there are), request.go (bodies), list.go, answer.go, errors.go. What is kept: state.go,
// persist.go. What happens by itself: engine.go.
//
// Operations of version 3: environments.go with iac.go, applications.go, components.go with specification.go (what a version is
// made of), strategy.go (how it is deployed), view.go (what is answered), actions.go, records.go, jobs.go, stacks.go, configs.go with
// configimport.go, addons.go. What is deployed, in any version of the API, is a workload: workload.go, deploy.go (the tasks of its jobs),
// tasks.go (what a task does).
//
// Operations beside version 3, with what they keep in beside.go: version 2 in v2.go, v2_environments.go, v2_applications.go,
// v2_components.go and v2_instances.go with v2_view.go; git.go with git_authorizations.go and git_files.go; engines.go with
// engines_view.go; registry.go with registry_schemas.go, registry_instances.go, registry_find.go and registry_access.go; items.go
// with items_files.go; builds.go.
//
// Controls: config.go, control.go, behaviour.go, fault.go, admin.go. What simulators of other platforms need as
// well is in internal/simframe.
package servicestagesim
