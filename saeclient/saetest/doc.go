// Package saetest is a conformance suite for anything that claims to be SAE: a simulator, a
// proxy, the real service.
//
// [Run] tells a story that holds together, from the making of a namespace to its end:
// applications are created, looked at, released in batches, confirmed, aborted, rolled back,
// scaled, tagged, routed to, stopped and deleted. Every operation of the SAE API reference is
// called, and of those that only today's service has all but [LeftOut]; the JSON that comes back
// is compared with what is documented: its members, their types and their values. Settings that
// today's service has beyond the reference ([Additions] but for [NotSent]) are read back as they
// were sent. On the way the suite asks for what the reference forbids and expects the documented
// refusals; for newer operations no codes are documented.
//
//	func TestMySAE(t *testing.T) {
//		caller, err := saetest.Typed(saeclient.Config{Region: "cn-hangzhou", Endpoint: url, Credential: keys})
//		require.NoError(t, err)
//		defer caller.Close()
//		saetest.Run(t, saetest.Target{
//			Caller: caller, Region: "cn-hangzhou", Write: true, Pass: advance,
//			Have: saetest.Resources{Image: "registry.example/a:1", NextImage: "registry.example/a:2"},
//		})
//	}
//
// Without Target.Write the suite only reads: it looks at what there happens to be, changes
// nothing, and logs which operations it had no occasion to call. How operations are carried out
// is up to a [Caller]; [Typed] uses the methods of saeclient, and other clients can tell the
// same story.
//
// # Against the real service
//
// The package's own test runs on the service that the environment names, and on the simulator
// when it names none:
//
//	SAETEST_REGION=cn-hangzhou go test ./saeclient/saetest -run TestSaetest_Conformance -v -timeout 2h
//
// Credentials come from Alibaba Cloud's default chain (ALIBABA_CLOUD_ACCESS_KEY_ID, roles, profiles).
//
//	SAETEST_REGION          the region; turns this on
//	SAETEST_ENDPOINT        a URL instead of the region's own endpoint
//	SAETEST_WRITE=1         tell the whole story: makes, changes and deletes things of its own, which costs money.
//	                        It needs SAETEST_IMAGE and SAETEST_NEXT_IMAGE, and calls what the following allow:
//	SAETEST_VPC, SAETEST_VSWITCH, SAETEST_SECURITY_GROUP
//	                        the network of its applications
//	SAETEST_SLB             a load balancer to bind and to route through, with port 18080 and 18081 free
//	SAETEST_CERTIFICATE     a certificate for it
//	SAETEST_LOG_DIR         a directory of the image whose logs are collected
//	SAETEST_PROVIDER, SAETEST_CONSUMER
//	                        applications that publish and that consume microservices
//	SAETEST_OPEN=1          call OpenSaeService, which activates the service for the account
//	SAETEST_ANY_SETTING=1   send settings that name services and runtimes which the account has to have; see Resources.AnySetting
//
// What the story made and did not live to delete is deleted at the end; resources whose names
// begin with saetest and that are left all the same can be deleted by hand. Members and values
// that the service has gained since the reference was written are logged; what is documented
// and missing, or of another type, fails.
package saetest
