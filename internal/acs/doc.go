// Package acs is the server's side of the signatures of Alibaba Cloud's APIs: a [Verifier]
// tells authentic requests from others, for simulators of any product. It accepts the form
// "acs" (HMAC-SHA1), which the SAE API reference describes in ch. 6, and the one that the
// present official SDK core sends (ACS3-HMAC-SHA256). Function Compute has a form of its own,
// which an [FCVerifier] verifies. Beside them stands the form of a region ([IsRegion]).
package acs
