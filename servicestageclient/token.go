package servicestageclient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"slipway/cloudapi"
	"slipway/internal/clientrt"
	"slipway/internal/loosejson"
)

// Lives of tokens.
const (
	// TokenLife is how long a token is good where its answer does not say (ServiceStage API reference ch. 3.2).
	TokenLife = 24 * time.Hour
	// TokenRenewal is how long before its end a token is renewed.
	TokenRenewal = 30 * time.Minute
)

// TokenConfig says how a TokenSource asks IAM for tokens: with the name and password of a user, for a
// project.
type TokenConfig struct {
	// Region names the endpoint of IAM. It is required without an Endpoint.
	Region string
	// Endpoint is where IAM is. Empty means https://iam.<Region>.myhuaweicloud.com.
	Endpoint string
	// Domain is the name of the account, User and Password those of the user. They are required.
	Domain, User string
	Password     cloudapi.Secret
	// ProjectID is the project that the tokens are for: a token of an account is refused. It is required.
	ProjectID string
	// ConnectTimeout and ReadTimeout bound a question. Zero means the defaults of Config.
	ConnectTimeout, ReadTimeout time.Duration
	// Transport carries the questions. Nil means one of the source's own.
	Transport http.RoundTripper
	// Now is the time. Nil means the real one.
	Now func() time.Time
}

// Validate returns all problems of the configuration at once, joined, or nil.
func (c TokenConfig) Validate() error {
	var problems []error
	if c.Region != "" || c.Endpoint == "" {
		problems = append(problems, clientrt.CheckRegion(c.Region, exampleRegion))
	}
	for _, required := range []struct{ name, value string }{
		{"domain", c.Domain}, {"user", c.User}, {"password", string(c.Password)}, {"project ID", c.ProjectID},
	} {
		if required.value == "" {
			problems = append(problems, errors.New(required.name+" is required"))
		}
	}
	return errors.Join(append(problems, c.connection().Problems()...)...)
}

func (c TokenConfig) connection() clientrt.Connection {
	return clientrt.Connection{
		Endpoint: c.Endpoint, DefaultHost: "iam." + c.Region + ".myhuaweicloud.com",
		ConnectTimeout: c.ConnectTimeout, ReadTimeout: c.ReadTimeout, Transport: c.Transport,
	}
}

// TokenSource is a [Credential] that asks IAM for tokens. It keeps a token until shortly before its end,
// and asks once where many calls need a new one.
type TokenSource struct {
	config TokenConfig
	caller clientrt.Caller
	// turn holds one token while IAM is asked.
	turn chan struct{}

	mu    sync.Mutex
	token cloudapi.Secret
	until time.Time
}

// NewTokenSource makes a source of tokens. It asks for none. An error is of class ErrInvalid and names
// every problem of the configuration.
func NewTokenSource(config TokenConfig) (*TokenSource, error) {
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", iamProduct, cloudapi.ErrInvalid, err)
	}
	connection := config.connection()
	scheme, host, _ := connection.Address() // Validate has found no problem
	if config.Now == nil {
		config.Now = time.Now
	}
	base := scheme + "://" + host
	return &TokenSource{
		config: config,
		caller: connection.Caller(iamAPI(), func(ctx context.Context, x *clientrt.Exchange) error {
			req, _, err := x.NewRequest(ctx, base+x.Operation.Path)
			if err != nil {
				return err
			}
			req.Header.Set("Content-Type", jsonType)
			req.Header.Set("User-Agent", ownUserAgent)
			return x.Do(req)
		}),
		turn: make(chan struct{}, 1),
	}, nil
}

// CloseIdleConnections closes connections to IAM that wait for reuse, if the transport can.
func (s *TokenSource) CloseIdleConnections() {
	if t, ok := s.caller.Transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// Keys gives a token that is good for a while. An error is a [*cloudapi.Error]: of class ErrAuth where
// IAM refuses the user.
func (s *TokenSource) Keys(ctx context.Context) (Keys, error) {
	if token, ok := s.kept(); ok {
		return Keys{Token: token}, nil
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return Keys{}, ctx.Err()
	}
	defer func() { <-s.turn }()
	if token, ok := s.kept(); ok { // who had the turn before has asked
		return Keys{Token: token}, nil
	}
	return s.ask(ctx)
}

// kept gives the token that is kept, if it is good for a while.
func (s *TokenSource) kept() (cloudapi.Secret, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.token, s.token != "" && s.config.Now().Before(s.until.Add(-TokenRenewal))
}

// Forget drops a token that was refused before its time, so that the next call asks for another one.
func (s *TokenSource) Forget(keys Keys) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token == keys.Token {
		s.token = ""
	}
}

// ask asks IAM for a token and keeps it.
func (s *TokenSource) ask(ctx context.Context) (Keys, error) {
	asked := s.config.Now()
	out, err := clientrt.Invoke[tokenAnswer](ctx, &s.caller, clientrt.Call{Operation: tokenOperation(), Encode: func(r *clientrt.Request) {
		body, err := s.config.question()
		if err != nil {
			r.Fail("auth", "cannot be encoded: %s", err)
		}
		clientrt.RequiredBytes(r, cloudapi.InPayload, "auth", body)
	}})
	if err != nil {
		return Keys{}, err
	}
	if out.SubjectToken == "" {
		return Keys{}, &cloudapi.Error{Client: iamProduct, Operation: tokenOperation().Name, Class: cloudapi.ErrUnavailable, Message: "the answer has no token"}
	}
	until := asked.Add(TokenLife)
	if out.Token != nil && !out.Token.ExpiresAt.IsZero() {
		until = out.Token.ExpiresAt
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token, s.until = out.SubjectToken, until
	return Keys{Token: s.token}, nil
}

// question is the body of the request for a token of a project.
func (c TokenConfig) question() ([]byte, error) {
	type object = map[string]any
	return loosejson.Encode(object{"auth": object{
		"identity": object{
			"methods": []string{"password"},
			"password": object{"user": object{
				"name": c.User, "password": string(c.Password), "domain": object{"name": c.Domain},
			}},
		},
		"scope": object{"project": object{"id": c.ProjectID}},
	}})
}

// tokenAnswer is what IAM answers. The token itself is a header.
type tokenAnswer struct {
	SubjectToken cloudapi.Secret `json:"-" header:"X-Subject-Token"`
	Token        *struct {
		ExpiresAt time.Time `json:"expires_at"`
	} `json:"token"`
}

// iamProduct is how errors call IAM.
const iamProduct = "IAM"

// tokenOperation is the question for a token (ServiceStage API reference ch. 3.2). It may be repeated.
func tokenOperation() cloudapi.Operation {
	return cloudapi.Operation{
		Name: "CreateToken", Group: "iam", Method: http.MethodPost, Path: "/v3/auth/tokens", Summary: "Ask for a token of a project.",
		Params: []cloudapi.Param{{Name: "auth", In: cloudapi.InPayload, Kind: cloudapi.KindString, Required: true, Sensitive: true}},
	}
}

// iamAPI describes IAM to the runtime of clients.
func iamAPI() *clientrt.API {
	return &clientrt.API{
		Client: iamProduct, RequestIDHeader: requestIDHeader, SuccessByStatus: true, Reply: readFailure,
		ClassOfCode: func(_, _ string, status int) (cloudapi.Class, bool) {
			return cloudapi.ErrAuth, status == http.StatusBadRequest || status == http.StatusNotFound
		},
	}
}
