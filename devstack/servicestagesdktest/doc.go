// Package servicestagesdktest lets the vendor's Go SDK run its way through all operations of ServiceStage that it has: whoever
// uses it today can use servicestagesim tomorrow.
//
// The SDK is github.com/huaweicloud/huaweicloud-sdk-go-v3/services/servicestage/v2. It has the 29 operations of version 2 and
// the 23 of Git repositories, and two that the reference does not have, which the simulator refuses: ListComponentOverviews
// and ListTemplates.
package servicestagesdktest
