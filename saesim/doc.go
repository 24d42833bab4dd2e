// Package saesim is Alibaba Cloud's Serverless App Engine on loopback: the HTTP API
// of version 2019-05-06 with its signatures, state machines and refusals, served
// from memory.
//
// A [Simulator] is an http.Handler. What it has, it accepts and answers as the real
// thing does: requests must be signed, in either of the two forms the official SDKs
// use; an application runs one change order at a time; batches take time, wait for
// confirmation, fail and roll back; scaling rules go off with a release and come back
// with its success. What it has not got, it refuses by a code of its own.
//
//	sim, err := saesim.New(saesim.Config{Clock: saesim.SteppedClock(start)})
//	…
//	server := httptest.NewServer(sim)
//	…
//	sim.AddFault(saesim.Fault{Operation: "DeployApplication", Kind: saesim.FaultDropAfter})
//	sim.Advance(2 * time.Second)
//
// Time is the caller's: a [Clock] follows the wall clock, runs faster, or stands
// still until it is advanced. Nothing happens in the background; whenever somebody
// looks, the state is worked out for that moment. What goes wrong is the caller's,
// too: a [Fault] delays, drops or refuses calls and breaks batches, by operation,
// application, count and seeded probability.
//
// The same controls exist over HTTP under /_saesim/; package simadmin is their
// client. The README lists the operations that are served and how each unclear
// place of the SAE API reference was read.
//
// # Files
//
// What a call goes through: simulator.go (routing, authentication, faults), operation.go (the
// table of handlers), args.go (parameters), unserved.go (those that are refused), errors.go,
// answer.go and xml.go. What is kept: state.go, resources.go, persist.go. What happens by
// itself: engine.go, with waves.go (within a batch), plan.go and timing.go, order.go (a change
// order's states), scalingchange.go, events.go.
//
// Operations, by chapters: service.go, namespace.go with nsorders.go, apps.go with
// appconfig.go, lifecycle.go, release.go, changeorders.go, info.go, scaling.go with
// scalingdata.go, settings.go with kafka.go, jobs.go, configmap.go, ingress.go, slb.go, tag.go, grey.go, microservice.go. What only today's
// service has: newer.go, secrets.go, jobtemplates.go, lanes.go with lanerules.go and lanedata.go.
//
// Controls: config.go, control.go, console.go (what a person does at the console), fault.go,
// clock.go, admin.go, status.go, demo.go. What simulators of other platforms need as well is in
// internal/simframe, the signatures are in internal/acs.
package saesim
