package saeclient

import (
	"context"
	"net/http"
	"net/url"

	core "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/utils"
	"github.com/alibabacloud-go/tea/dara"

	"slipway/internal/acskeys"
	"slipway/internal/clientrt"
)

// signer signs requests with the official SDK core.
type signer struct {
	core   core.Client
	region string
	scheme string
	// xml asks for answers in XML.
	xml bool

	keys *acskeys.Source
}

// send lets the SDK core sign and build the HTTP request; the exchange carries it out and keeps what came back.
func (s *signer) send(ctx context.Context, x *clientrt.Exchange) error {
	model, err := s.keys.Of(ctx, api().Client, x)
	if err != nil {
		return err
	}
	body, contentType, err := x.Request.Payload()
	if err != nil {
		return err
	}
	signing := s.core
	signing.Credential = fixedCredential{Credential: s.keys.Credential, model: model}
	signing.HttpClient = coreTransport{x}
	_, err = signing.CallApiWithCtx(ctx, &openapi.Params{
		Action:      new(x.Operation.Name),
		Version:     new(APIVersion),
		Protocol:    new(s.scheme),
		Pathname:    new(x.Request.Path(x.Operation.Path)),
		Method:      new(x.Operation.Method),
		AuthType:    new("AK"),
		Style:       new("ROA"),
		ReqBodyType: new("byte"),
		BodyType:    new("none"),
	}, &openapi.OpenApiRequest{
		Headers: s.headers(contentType),
		Query:   query(x.Request.Query()),
		Body:    bodyOrNil(body),
	}, &dara.RuntimeOptions{})
	return err
}

// coreTransport stands in for the HTTP client of the SDK core, because the core's own reading
// of answers loses what error classes depend on.
type coreTransport struct {
	exchange *clientrt.Exchange
}

// Call implements the HTTP client interface of the SDK core. The core gets an empty success: it
// is not asked to judge.
func (t coreTransport) Call(req *http.Request, _ *http.Transport) (*http.Response, error) {
	if err := t.exchange.Do(req); err != nil {
		return nil, err
	}
	return &http.Response{Status: "200 OK", StatusCode: http.StatusOK, Body: http.NoBody, Request: req}, nil
}

func (s *signer) headers(contentType string) map[string]*string {
	headers := map[string]*string{"x-acs-region-id": new(s.region)}
	if s.xml {
		headers["accept"] = new("application/xml")
	}
	if contentType != "" {
		headers["content-type"] = new(contentType)
	}
	return headers
}

// query gives query parameters in the form of the core.
func query(values url.Values) map[string]*string {
	query := make(map[string]*string)
	for name := range values {
		query[name] = new(values.Get(name))
	}
	return query
}

// bodyOrNil avoids a body that is not nil but holds a nil slice, which the core would sign and send.
func bodyOrNil(body []byte) any {
	if body == nil {
		return nil
	}
	return body
}
