package fcclient

import (
	"encoding/base64"
	"encoding/json"
	"hash/crc64"
	"strconv"

	"slipway/cloudapi"
	"slipway/internal/clientrt"
)

// ZipCode is a code package that travels in the request.
func ZipCode(zip []byte) *Code {
	return &Code{ZipFile: cloudapi.Secret(base64.StdEncoding.EncodeToString(zip))}
}

// CodeChecksum is the checksum of a code package: CRC-64, decimal. The reference does not name the
// polynomial; that of ECMA-182 is what Alibaba Cloud's object storage and the vendor's tools use.
func CodeChecksum(zip []byte) string {
	return strconv.FormatUint(crc64.Checksum(zip, crc64.MakeTable(crc64.ECMA)), 10)
}

// Wire gives a part of a request or an answer as it travels, secrets and unknown members
// included: for what is to be put back as it was read, by [Client.Call], and for tests that answer
// in the place of the service. It is not for logs.
func Wire(v any) json.Marshaler { return clientrt.Wire(v) }
