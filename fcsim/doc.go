// Package fcsim is Alibaba Cloud's Function Compute 2.0 on loopback: the HTTP API of version
// 2016-08-15 with its signatures, its rules and its refusals, served from memory.
//
// A [Simulator] is an http.Handler. What it has, it accepts and answers as the real thing does:
// requests must be signed; a published version is frozen; an alias divides invocations by weights;
// provisioned instances arrive over time and follow their alias; schedules and policies change
// their number.
//
//	sim, err := fcsim.New(fcsim.Config{Clock: fcsim.SteppedClock(start)})
//	…
//	server := httptest.NewServer(sim)
//	…
//	sim.SetBehaviour(fcsim.Behaviour{Code: "registry.test/shop:2", Result: fcsim.ResultUnhandled})
//	sim.AddFault(fcsim.Fault{Operation: "PublishServiceVersion", Kind: fcsim.FaultDropAfter})
//	sim.Advance(2 * time.Second)
//
// Time is the caller's: a [Clock] follows the wall clock, runs faster, or stands still until it is
// advanced. Nothing happens in the background; whenever somebody looks, the state is worked out
// for that moment. What goes wrong is the caller's, too: a [Fault] delays, drops or refuses calls
// and keeps instances from starting, and a [Behaviour] makes code fail. The same controls exist
// over HTTP under /_fcsim/.
//
// # Files
//
// What a call goes through: simulator.go (authentication, faults), operation.go (the table of
// operations, routing), request.go (bodies, lists), answer.go, errors.go. What is kept: state.go,
// persist.go. What happens by itself: engine.go with schedule.go.
//
// Operations: services.go, functions.go with code.go, versions.go, aliases.go, view.go (what a
// qualifier shows), invoke.go with behaviour.go, async.go with invocations.go, provision.go,
// triggers.go, domains.go, tags.go, layers.go.
//
// Controls: config.go, control.go, fault.go, admin.go. What simulators of other platforms need as
// well is in internal/simframe, the signatures are in internal/acs.
package fcsim
