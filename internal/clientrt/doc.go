// Package clientrt is the runtime of the clients of cloud platforms: it encodes and checks the
// parameters of a call, paces and sends it once, judges what came back, and decodes the answer,
// JSON or XML. What callers hold is in package cloudapi.
//
// A client brings an [API], which says how its platform's answers look, and a [Caller] whose
// Send signs requests. Its generated code calls [Required] and the other functions that encode
// parameters, [Describe] and [DescribeJSON] to show them, and [Pages].
package clientrt
