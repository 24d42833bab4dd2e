package clients

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	core "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/utils"
	"github.com/alibabacloud-go/tea/dara"
	"github.com/aliyun/credentials-go/credentials"

	"slipway/fcclient"
	"slipway/fcsim"
	"slipway/internal/acs"
	"slipway/internal/acskeys"
	"slipway/internal/huaweisign"
	"slipway/saeclient"
	"slipway/saesim"
	"slipway/servicestageclient"
	"slipway/servicestagesim"
)

// subjects are the clients of all platforms, each with the call that a worker makes most often, or one like it.
func subjects(ctx context.Context) (all []subject, err error) {
	credential, err := acskeys.Pair(saesim.TestAccessKeyID, saesim.TestAccessKeySecret)
	if err != nil {
		return nil, err
	}
	for _, of := range []func(context.Context, credentials.Credential) (subject, error){onSAE, onFC, onServiceStage} {
		s, err := of(ctx, credential)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// answered is the subject with the simulator's answer to its call.
func (s subject) answered(ctx context.Context, simulator *httptest.Server) (subject, error) {
	keeping := &keeping{}
	do, err := s.ours(simulator.URL, keeping)
	if err != nil {
		return s, err
	}
	err = do(ctx)
	s.sample = keeping.last
	return s, err
}

func onSAE(ctx context.Context, credential credentials.Credential) (subject, error) {
	sim, err := saesim.New(saesim.Config{})
	if err != nil {
		return subject{}, err
	}
	if err := sim.SeedDemo(); err != nil {
		return subject{}, err
	}
	simulator := httptest.NewServer(sim)
	defer simulator.Close()
	connect := func(address string, by http.RoundTripper) (*saeclient.Client, error) {
		return saeclient.New(saeclient.Config{Region: saesim.DefaultRegion, Endpoint: address, Credential: credential, Transport: by})
	}
	first, err := connect(simulator.URL, nil)
	if err != nil {
		return subject{}, err
	}
	defer first.CloseIdleConnections()
	restarted, err := first.RestartApplication(ctx, &saeclient.RestartApplicationInput{AppID: saesim.DemoShop})
	if err != nil {
		return subject{}, err
	}
	order := restarted.Data.ChangeOrderID
	return subject{
		client: nameSAE, operation: "DescribeChangeOrder",
		ours: func(address string, by http.RoundTripper) (call, error) {
			c, err := connect(address, by)
			return func(ctx context.Context) error {
				_, err := c.DescribeChangeOrder(ctx, &saeclient.DescribeChangeOrderInput{ChangeOrderID: order})
				return err
			}, err
		},
		floor: func(address string, by http.RoundTripper) (call, error) {
			return signedByCore(address, by, credential, order)
		},
	}.answered(ctx, simulator)
}

// signedByCore calls with the core of the vendor's SDK, which signs, and a transport of our own.
func signedByCore(address string, by http.RoundTripper, credential credentials.Credential, order string) (call, error) {
	at, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	c, err := core.NewClient(&openapi.Config{
		Endpoint: &at.Host, Protocol: &at.Scheme, RegionId: new(saesim.DefaultRegion), Credential: credential, HttpClient: coreTransport{by},
	})
	if err != nil {
		return nil, err
	}
	op, _ := saeclient.LookupOperation("DescribeChangeOrder")
	return func(ctx context.Context) error {
		_, err := c.CallApiWithCtx(ctx, &openapi.Params{
			Action: &op.Name, Version: new(saeclient.APIVersion), Protocol: &at.Scheme, Pathname: &op.Path, Method: &op.Method,
			AuthType: new("AK"), Style: new("ROA"), ReqBodyType: new("byte"), BodyType: new("none"),
		}, &openapi.OpenApiRequest{Query: map[string]*string{"ChangeOrderId": &order}}, &dara.RuntimeOptions{})
		return err
	}, nil
}

// coreTransport is the HTTP client of the core. The core gets an empty success.
type coreTransport struct{ by http.RoundTripper }

func (t coreTransport) Call(req *http.Request, _ *http.Transport) (*http.Response, error) {
	if err := finish(t.by, req); err != nil {
		return nil, err
	}
	return &http.Response{Status: "200 OK", StatusCode: http.StatusOK, Body: http.NoBody, Request: req}, nil
}

func onFC(ctx context.Context, credential credentials.Credential) (subject, error) {
	sim, err := fcsim.New(fcsim.Config{})
	if err != nil {
		return subject{}, err
	}
	if err := sim.SeedDemo(); err != nil {
		return subject{}, err
	}
	simulator := httptest.NewServer(sim)
	defer simulator.Close()
	return subject{
		client: nameFC, operation: "GetFunction",
		ours: func(address string, by http.RoundTripper) (call, error) {
			c, err := fcclient.New(fcclient.Config{
				Region: fcsim.DefaultRegion, AccountID: fcsim.DefaultAccountID, Endpoint: address, Credential: credential, Transport: by,
			})
			return func(ctx context.Context) error {
				_, err := c.GetFunction(ctx, &fcclient.GetFunctionInput{ServiceName: fcsim.DemoService, FunctionName: fcsim.DemoWeb})
				return err
			}, err
		},
		floor: signedForFC,
	}.answered(ctx, simulator)
}

// signedForFC signs by hand what Function Compute wants signed of a request without a body and a query.
func signedForFC(address string, by http.RoundTripper) (call, error) {
	path := "/" + fcclient.APIVersion + "/services/" + fcsim.DemoService + "/functions/" + fcsim.DemoWeb
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+path, nil)
		if err != nil {
			return err
		}
		date := time.Now().UTC().Format(http.TimeFormat)
		req.Header.Set("Date", date)
		req.Header.Set("X-Fc-Account-Id", fcsim.DefaultAccountID)
		text := strings.Join([]string{http.MethodGet, "", "", date, "x-fc-account-id:" + fcsim.DefaultAccountID + "\n" + path}, "\n")
		req.Header.Set("Authorization", "FC "+saesim.TestAccessKeyID+":"+acs.FCSignature(text, saesim.TestAccessKeySecret))
		return finish(by, req)
	}, nil
}

func onServiceStage(ctx context.Context, _ credentials.Credential) (subject, error) {
	sim, err := servicestagesim.New(servicestagesim.Config{})
	if err != nil {
		return subject{}, err
	}
	if err := sim.SeedDemo(); err != nil {
		return subject{}, err
	}
	simulator := httptest.NewServer(sim)
	defer simulator.Close()
	component := sim.DemoComponent()
	return subject{
		client: nameServiceStage, operation: "GetComponent",
		ours: func(address string, by http.RoundTripper) (call, error) {
			c, err := servicestageclient.New(servicestageclient.Config{
				Region: servicestagesim.DefaultRegion, ProjectID: servicestagesim.DefaultProjectID, Endpoint: address, Transport: by,
				Credential: servicestageclient.Keys{AccessKey: servicestagesim.TestAccessKeyID, SecretKey: servicestagesim.TestAccessKeySecret},
			})
			return func(ctx context.Context) error {
				_, err := c.GetComponent(ctx, &servicestageclient.GetComponentInput{ApplicationID: component.ApplicationID, ComponentID: component.ID})
				return err
			}, err
		},
		floor: func(address string, by http.RoundTripper) (call, error) {
			return signedForHuawei(address, by, component)
		},
	}.answered(ctx, simulator)
}

func signedForHuawei(address string, by http.RoundTripper, component servicestagesim.Component) (call, error) {
	op, _ := servicestageclient.LookupOperation("GetComponent")
	path := strings.NewReplacer("{project_id}", servicestagesim.DefaultProjectID, "{application_id}", component.ApplicationID, "{component_id}", component.ID).Replace(op.Path)
	keys := huaweisign.Keys{ID: servicestagesim.TestAccessKeyID, Secret: servicestagesim.TestAccessKeySecret}
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+path, nil)
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/json;charset=utf8")
		req.Header.Set("X-Project-Id", servicestagesim.DefaultProjectID)
		huaweisign.Sign(req, nil, keys, time.Now())
		return finish(by, req)
	}, nil
}
