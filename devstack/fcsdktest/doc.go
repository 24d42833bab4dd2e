// Package fcsdktest lets the vendor's Node client of Function Compute run its way through every
// operation of the simulator: whoever uses it today can use fcsim tomorrow.
//
// The client is npm's @alicloud/fc2, in the version that testdata/fc2/package-lock.json pins. It has
// a method for each operation of the API but GetStatefulAsyncInvocation,
// ListStatefulAsyncInvocations and StopStatefulAsyncInvocation, which the story calls through its
// general request methods.
//
// The vendor's Go client, github.com/aliyun/fc-go-sdk, is no dependency here: the Go module proxy
// does not serve it. Tests of fcsim make its calls in its form.
package fcsdktest
