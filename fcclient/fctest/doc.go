// Package fctest is a conformance suite for anything that claims to be Function Compute 2.0: a
// simulator, a proxy, the real service.
//
// [Run] tells a story that holds together, from the making of a service to its end: functions are
// created, versions published, an alias moved by weights and back, instances provisioned by hand
// and by rules, events sent, triggers, domains, tags, layers and settings made, read back and
// deleted. All 49 operations of the API reference are called, by the typed methods of fcclient.
// The bodies that come back are compared with what is documented: their members and the types of
// these. On the way the suite asks for what is refused and expects the documented codes.
//
//	func TestMyFunctionCompute(t *testing.T) {
//		report := fctest.Run(t, fctest.Target{
//			Config: fcclient.Config{Region: "cn-hangzhou", AccountID: "16530750", Endpoint: url, Credential: keys},
//			Pass:   advance, Strict: true,
//		})
//		report.Log(t)
//	}
//
// # Against the real service
//
// The package's own test runs on the service that the environment names:
//
//	FCTEST_REGION=cn-hangzhou FCTEST_ACCOUNT_ID=16530750 go test ./fcclient/fctest -run TestFctest_Conformance -v -timeout 1h
//
//	FCTEST_REGION, FCTEST_ACCOUNT_ID   the region and the account; they turn this on
//	FCTEST_ENDPOINT                    a URL instead of the account's own endpoint
//	FCTEST_DOMAIN                      a domain name that resolves to the account's endpoint; without it custom domains are only listed
//
// It makes, changes and deletes things of its own, whose names begin with fctest, and runs a function
// a few times, which costs a little. Credentials come from Alibaba Cloud's default chain.
package fctest
