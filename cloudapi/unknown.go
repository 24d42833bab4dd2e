package cloudapi

import "encoding/json"

// UnknownFields are members of an answer that are not documented, or that could not be read, as
// JSON by their names on the wire.
type UnknownFields map[string]json.RawMessage
