// Package servicestagetest is a conformance suite for anything that claims to be ServiceStage: a
// simulator, a proxy, the real service.
//
// [Run] tells a story that holds together, from the making of an environment to its end: an application
// and a component are made, released all at once, in batches and gray by weight, continued and rolled
// back, scaled, stopped and started; configuration, runtime stacks, configuration files, declared
// resources and add-ons are made, read back and deleted; then the second generation, source code,
// builds, an engine with its registry and its configuration center. All 155 operations of the API
// reference are called, by the typed methods of servicestageclient and the packages below it. The bodies
// that come back are compared with what is documented: their members and the types of these. On the way
// the suite asks for what is refused and expects the documented codes.
//
//	func TestMyServiceStage(t *testing.T) {
//		report := servicestagetest.Run(t, servicestagetest.Target{
//			Config: servicestageclient.Config{Region: "cn-north-4", ProjectID: project, Endpoint: url, Credential: keys},
//			Pass:   advance, Strict: true, World: servicestagetest.Simulated(),
//		})
//		report.Log(t)
//	}
//
// # What lies outside
//
// A component runs in a cluster, from an image, and source code lies with a provider: [World] says what
// of that there is. Without a cluster nothing can be deployed and the run fails; without a token of a
// provider of source code the operations that need one are not called, and so with the others.
//
// The story makes what begins with servicestagetest and six letters, and deletes all of it, also when it is cut short. On the real
// service this costs money.
package servicestagetest
