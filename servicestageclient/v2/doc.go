// Package v2 has the operations of the second generation of ServiceStage's API: environments,
// applications, components, and the instances that deploy a component in an environment. New programs
// use the third generation, package servicestageclient, in which a component is what an instance is
// here.
//
// A change of an instance is a job: [Client.GetJobV2] tells of it, with keys in capitals. Lists page by
// limits up to 100; a limit of 1000 asks for everything at once, and any other is taken for 10, so that
// it is refused here. All else is as in package servicestageclient.
package v2
