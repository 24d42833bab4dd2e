package fcclient

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aliyun/credentials-go/credentials"

	"slipway/cloudapi"
	"slipway/internal/acskeys"
	"slipway/internal/clientrt"
)

// signer builds and signs requests.
type signer struct {
	scheme, host string
	account      string
	userAgent    string
	keys         *acskeys.Source
	now          func() time.Time
}

// keys are what a request is signed with.
type keys struct {
	id, secret, token string
}

// keysOf takes from a credential what this API signs with: it knows no bearer tokens.
func keysOf(model *credentials.CredentialModel) (keys, error) {
	k := keys{
		id: clientrt.ValueOf(model.AccessKeyId), secret: clientrt.ValueOf(model.AccessKeySecret), token: clientrt.ValueOf(model.SecurityToken),
	}
	if k.id == "" || k.secret == "" {
		return k, errors.New("the credential gives no access key ID and secret")
	}
	return k, nil
}

// send signs a request and lets the exchange carry it out.
func (s *signer) send(ctx context.Context, x *clientrt.Exchange) error {
	model, err := s.keys.Of(ctx, api().Client, x)
	if err != nil {
		return err
	}
	k, err := keysOf(model)
	if err != nil {
		return &cloudapi.Error{Client: api().Client, Operation: x.Operation.Name, Class: cloudapi.ErrAuth, Err: err}
	}
	req, _, err := x.NewRequest(ctx, s.scheme+"://"+s.host+x.Request.Path(x.Operation.Path))
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", s.userAgent)
	s.sign(req, k)
	return x.Do(req)
}

// sign adds what identifies the caller, and the signature.
func (s *signer) sign(req *http.Request, k keys) {
	date := s.now().UTC().Format(http.TimeFormat)
	req.Header.Set("Date", date)
	if s.account != "" {
		req.Header.Set(accountHeader, s.account)
	}
	if k.token != "" {
		req.Header.Set(tokenHeader, k.token)
	}
	what := signed{method: req.Method, header: req.Header, date: date, resource: resourceOf(req.URL)}
	req.Header.Set("Authorization", "FC "+k.id+":"+what.signature(k.secret))
}

// signURL gives the address of a request with the signature in its query, which expires at an
// epoch second.
func (k keys) signURL(req *http.Request, expires string) *url.URL {
	query := req.URL.Query()
	query.Set(keyParam, k.id)
	query.Set(expiresParam, expires)
	query.Del(signatureParam)
	if k.token != "" {
		query.Set(tokenParam, k.token)
	}
	out := *req.URL
	out.RawQuery = query.Encode()
	// All parameters are signed, those of the signature too, whatever the path is.
	resource := req.URL.Path + "\n" + strings.Join(parametersOf(out.RawQuery), "\n")
	what := signed{method: req.Method, header: req.Header, date: expires, resource: resource}
	query.Set(signatureParam, what.signature(k.secret))
	out.RawQuery = query.Encode()
	return &out
}
