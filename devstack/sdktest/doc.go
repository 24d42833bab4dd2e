// Package sdktest lets the two official Go SDKs of Alibaba Cloud tell the story of
// saetest at the simulator: whoever uses them today can use saesim tomorrow.
//
//   - V1 is github.com/aliyun/alibaba-cloud-sdk-go/services/sae: generated requests
//     and responses, signed with HMAC-SHA1.
//   - V3 is github.com/alibabacloud-go/darabonba-openapi/v2, the core of the present
//     SDKs, signed with ACS3-HMAC-SHA256 and called generically.
//
// V1 knows the service of some years ago: operations for which it has no type are called by its
// common request, and parameters for which it has no field are put into the query or the form.
//
// The typed requests of the present SDK, module github.com/alibabacloud-go/sae-20190506/v4, are
// built on V3. They are no dependency here: the Go module proxy does not serve them. The facts
// about today's service (api/sae/newer.json) come from their models.
package sdktest
