package fcclient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"slipway/cloudapi"
	"slipway/internal/acskeys"
)

// HTTPTrigger names what an HTTP trigger answers at an address of its own.
type HTTPTrigger struct {
	ServiceName string
	// Qualifier is a version or an alias; empty means LATEST.
	Qualifier    string
	FunctionName string
	// Path is what the function sees, without escapes.
	Path string
	// Query are the parameters that the function sees.
	Query url.Values
}

// TriggerURL is the address of an HTTP trigger. An error is of class ErrInvalid and names every problem.
func (c *Client) TriggerURL(t HTTPTrigger) (*url.URL, error) {
	var problems []error
	name := regexp.MustCompile(`^[_a-zA-Z][-_a-zA-Z0-9]*$`)
	if !name.MatchString(t.ServiceName) {
		problems = append(problems, fmt.Errorf("service %q is not a name", t.ServiceName))
	}
	if !name.MatchString(t.FunctionName) {
		problems = append(problems, fmt.Errorf("function %q is not a name", t.FunctionName))
	}
	service := t.ServiceName
	if t.Qualifier != "" {
		if !regexp.MustCompile(`^[_a-zA-Z0-9][-_a-zA-Z0-9]*$`).MatchString(t.Qualifier) {
			problems = append(problems, fmt.Errorf("qualifier %q is not a version or an alias", t.Qualifier))
		}
		service += "." + t.Qualifier
	}
	if len(problems) > 0 {
		return nil, fmt.Errorf("Function Compute: HTTP trigger: %w: %w", cloudapi.ErrInvalid, errors.Join(problems...))
	}
	return &url.URL{
		Scheme: c.signer.scheme, Host: c.signer.host,
		Path:     triggerPath + service + "/" + t.FunctionName + "/" + strings.TrimPrefix(t.Path, "/"),
		RawQuery: t.Query.Encode(),
	}, nil
}

// Sign signs a request to an HTTP trigger of authType function. It sets the headers Date,
// Authorization, and where they are known those of the account and the security token; whoever
// sends the request must not change it after. A signature is good for 15 minutes. The error is of
// class ErrAuth or ErrUnavailable, of the credential.
func (c *Client) Sign(req *http.Request) error {
	k, err := c.signer.resolve(req.Context())
	if err != nil {
		return err
	}
	c.signer.sign(req, k)
	return nil
}

// SignURL gives the address of a request to an HTTP trigger with the signature in its query:
// whoever has it may send requests of that method, with that Content-Type, Content-MD5 and those
// headers that begin with X-Fc-, until it expires. It holds the security token of temporary keys
// and does not outlive them. The request itself is not changed.
func (c *Client) SignURL(req *http.Request, expires time.Time) (*url.URL, error) {
	k, err := c.signer.resolve(req.Context())
	if err != nil {
		return nil, err
	}
	return k.signURL(req, strconv.FormatInt(expires.Unix(), 10)), nil
}

// resolve asks for the keys outside of a call.
func (s *signer) resolve(ctx context.Context) (keys, error) {
	model, err := s.keys.Resolve(ctx)
	if err != nil {
		return keys{}, fmt.Errorf("Function Compute: sign: %w: %w", acskeys.ClassOf(ctx, err), err)
	}
	k, err := keysOf(model)
	if err != nil {
		return k, fmt.Errorf("Function Compute: sign: %w: %w", cloudapi.ErrAuth, err)
	}
	return k, nil
}
