package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/google/uuid"

	"slipway/release"
)

// headerKey is the ID of the event that a request becomes.
const headerKey = "Idempotency-Key"

// maxKey is the length of a key: with who asks, it is an ID of Temporal, too, which has a thousand bytes at most.
const maxKey = 512

// key is the ID of the event that a request becomes: the one that was sent, or a new one.
func (r *request) key() (string, error) {
	given := r.Header.Values(headerKey)
	switch {
	case len(given) == 0:
		return uuid.NewString(), nil
	case len(given) > 1 || given[0] == "":
		return "", release.Problem{Field: headerKey, Message: "must be given once, and not be empty"}
	case len(given[0]) > maxKey:
		return "", release.Problem{Field: headerKey, Message: fmt.Sprintf("has %d bytes; at most %d are taken", len(given[0]), maxKey)}
	}
	return given[0], nil
}

// body reads the body, which is JSON.
func (r *request) body() ([]byte, error) {
	media, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if charset := parameters["charset"]; err != nil || media != "application/json" || charset != "" && charset != "utf-8" && charset != "UTF-8" {
		return nil, kindMediaType.is("send JSON, with the header Content-Type: application/json")
	}
	data, err := io.ReadAll(http.MaxBytesReader(r.w, r.Body, release.MaxEvent))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, kindTooLarge.is("the body has more than %d bytes", release.MaxEvent)
	}
	if err != nil {
		return nil, kindMalformed.is("the body ends early")
	}
	var raw json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, kindMalformed.is("the body is no JSON: %s", err)
	}
	return data, nil
}

// optionalBody is the body, or an empty object where there is none.
func (r *request) optionalBody() ([]byte, error) {
	if r.ContentLength == 0 {
		return []byte("{}"), nil
	}
	return r.body()
}
