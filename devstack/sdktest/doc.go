// Package sdktest lets the two official Go SDKs of Alibaba Cloud tell the story of
// saetest at the simulator: whoever uses them today can use saesim tomorrow.
//
//   - V1 is github.com/aliyun/alibaba-cloud-sdk-go/services/sae: generated requests
//     and responses, signed with HMAC-SHA1.
//   - V3 is github.com/alibabacloud-go/darabonba-openapi/v2, the core of the present
//     SDKs, signed with ACS3-HMAC-SHA256 and called generically.
//
// What an SDK cannot do is listed in without, with the reason.
package sdktest
