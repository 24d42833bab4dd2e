package servicestageclient

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"slipway/cloudapi"
	"slipway/internal/clientrt"
	"slipway/internal/huaweisign"
)

// maxSigned is the greatest body that may be signed with an access key, in bytes (ServiceStage API reference ch. 3.2).
const maxSigned = 12 << 20

// Headers that say who calls, and for which project.
const (
	tokenHeader         = "X-Auth-Token"
	projectHeader       = "X-Project-Id"
	domainHeader        = "X-Domain-Id"
	securityTokenHeader = "X-Security-Token"
)

// sender builds requests and adds who calls.
type sender struct {
	// base is the scheme and the host.
	base       string
	project    string
	domain     string
	userAgent  string
	credential Credential
	now        func() time.Time
}

// send authenticates a request and lets the exchange carry it out.
func (s *sender) send(ctx context.Context, x *clientrt.Exchange) error {
	req, body, err := x.NewRequest(ctx, s.base+s.path(x))
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", s.userAgent)
	if req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", jsonType) // the reference wants it of every request
	}
	if req.Header.Get("Authorization") != "" {
		return x.Do(req) // the token of an engine: whoever is there learns nothing else of the caller
	}
	keys, err := s.credential.Keys(ctx)
	if err != nil {
		return refusedCredential(ctx, x.Operation, err)
	}
	if err := keys.Validate(); err != nil {
		return refusedCredential(ctx, x.Operation, err)
	}
	for _, secret := range []cloudapi.Secret{keys.SecretKey, keys.SecurityToken, keys.Token} {
		x.Hide(string(secret))
	}
	if err := s.authenticate(req, body, keys); err != nil {
		return &cloudapi.Error{Client: product, Operation: x.Operation.Name, Class: cloudapi.ErrInvalid, Err: err}
	}
	err = x.Do(req)
	if source, ok := s.credential.(forgetter); ok && x.Status() == http.StatusUnauthorized && !bytes.Contains(x.Body(), []byte(CodeNotFoundV3)) {
		source.Forget(keys)
	}
	return err
}

// jsonType is the content type that the reference prints.
const jsonType = "application/json;charset=utf8"

// path is the path of a request. Projects and files of Git have names with slashes, which travel as colons.
func (s *sender) path(x *clientrt.Exchange) string {
	path := x.Request.Path(x.Operation.Path)
	if x.Operation.Group == "git" {
		path = strings.ReplaceAll(path, "%2F", "%3A")
	}
	return strings.ReplaceAll(path, "{project_id}", s.project)
}

// authenticate adds who calls: a token, or a signature.
func (s *sender) authenticate(req *http.Request, body []byte, keys Keys) error {
	if keys.Token != "" {
		req.Header.Set(tokenHeader, string(keys.Token))
		return nil
	}
	if len(body) > maxSigned {
		return fmt.Errorf("the body has %d bytes, and one that is signed with an access key at most %d; a TokenSource has no such limit", len(body), maxSigned)
	}
	req.Header.Set(projectHeader, s.project)
	if s.domain != "" {
		req.Header.Set(domainHeader, s.domain)
	}
	if keys.SecurityToken != "" {
		req.Header.Set(securityTokenHeader, string(keys.SecurityToken))
	}
	huaweisign.Sign(req, body, huaweisign.Keys{ID: keys.AccessKey, Secret: string(keys.SecretKey)}, s.now())
	return nil
}
