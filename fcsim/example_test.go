package fcsim_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/aliyun/credentials-go/credentials"

	"slipway/cloudapi"
	"slipway/fcclient"
	"slipway/fcsim"
)

// begin is when the stepped clocks of these tests begin.
func begin() time.Time { return time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC) }

// clientOf speaks to a simulator over HTTP, as to the cloud.
func clientOf(server *httptest.Server) *fcclient.Client {
	pair, err := credentials.NewCredential(new(credentials.Config).
		SetType("access_key").SetAccessKeyId(fcsim.TestAccessKeyID).SetAccessKeySecret(fcsim.TestAccessKeySecret))
	if err != nil {
		panic(err) //nolint:forbidigo // the pair is there
	}
	client, err := fcclient.New(fcclient.Config{AccountID: fcsim.DefaultAccountID, Endpoint: server.URL, Credential: pair})
	if err != nil {
		panic(err) //nolint:forbidigo // the configuration is whole
	}
	return client
}

// publish makes a service shop with a function web and two versions of it; the alias live points
// to the first.
func publish(ctx context.Context, client *fcclient.Client) error {
	image := func(reference string) *fcclient.CustomContainerConfig {
		return &fcclient.CustomContainerConfig{Image: reference}
	}
	_, err := client.CreateService(ctx, &fcclient.CreateServiceInput{ServiceName: "shop"})
	if err != nil {
		return err
	}
	_, err = client.CreateFunction(ctx, &fcclient.CreateFunctionInput{
		ServiceName: "shop", FunctionName: "web", Handler: "-", Runtime: new("custom-container"), CustomContainerConfig: image("registry.example/shop:1"),
	})
	if err != nil {
		return err
	}
	if _, err = client.PublishServiceVersion(ctx, &fcclient.PublishServiceVersionInput{ServiceName: "shop"}); err != nil {
		return err
	}
	if _, err = client.CreateAlias(ctx, &fcclient.CreateAliasInput{ServiceName: "shop", AliasName: "live", VersionID: "1"}); err != nil {
		return err
	}
	_, err = client.UpdateFunction(ctx, &fcclient.UpdateFunctionInput{
		ServiceName: "shop", FunctionName: "web", CustomContainerConfig: image("registry.example/shop:2"),
	})
	if err != nil {
		return err
	}
	_, err = client.PublishServiceVersion(ctx, &fcclient.PublishServiceVersionInput{ServiceName: "shop"})
	return err
}

// A bad version gets a twentieth of the traffic: that is how much of it fails.
func Example() {
	sim, err := fcsim.New(fcsim.Config{Clock: fcsim.SteppedClock(begin()), Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(sim)
	defer server.Close()
	ctx, client := context.Background(), clientOf(server)
	fmt.Println(publish(ctx, client))
	fmt.Println(sim.SetBehaviour(fcsim.Behaviour{Code: "registry.example/shop:2", Result: fcsim.ResultUnhandled}))

	_, err = client.UpdateAlias(ctx, &fcclient.UpdateAliasInput{
		ServiceName: "shop", AliasName: "live", VersionID: new("1"), AdditionalVersionWeight: map[string]float64{"2": 0.05},
	})
	fmt.Println(err)
	failed := 0
	for range 100 {
		ran, err := client.InvokeFunction(ctx, &fcclient.InvokeFunctionInput{ServiceName: "shop", Qualifier: new("live"), FunctionName: "web"})
		if err != nil {
			fmt.Println(err)
			return
		}
		if ran.ErrorType != "" {
			failed++
		}
	}
	fmt.Println(failed > 0, failed < 20)
	// Output:
	// <nil>
	// <nil>
	// <nil>
	// true true
}

// An answer gets lost after a version was published: whoever has called finds it by its
// description, as a second call would be refused.
func ExampleSimulator_AddFault() {
	sim, err := fcsim.New(fcsim.Config{Clock: fcsim.SteppedClock(begin()), Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(sim)
	defer server.Close()
	ctx, client := context.Background(), clientOf(server)
	fmt.Println(publish(ctx, client))
	_, err = client.UpdateService(ctx, &fcclient.UpdateServiceInput{ServiceName: "shop", Description: new("orders")})
	fmt.Println(err)

	_, err = sim.AddFault(fcsim.Fault{Operation: "PublishServiceVersion", Kind: fcsim.FaultDropAfter})
	fmt.Println(err)
	order := &fcclient.PublishServiceVersionInput{ServiceName: "shop", Description: new("release-17")}
	_, err = client.PublishServiceVersion(ctx, order)
	fmt.Println(err != nil)
	_, err = client.PublishServiceVersion(ctx, order)
	fmt.Println(cloudapi.HasCode(err, "VersionPublishError"))
	newest, err := client.ListServiceVersions(ctx, &fcclient.ListServiceVersionsInput{ServiceName: "shop", Limit: new(1)})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(newest.Versions[0].VersionID, newest.Versions[0].Description)
	// Output:
	// <nil>
	// <nil>
	// <nil>
	// true
	// true
	// 3 release-17
}

// Provisioned instances arrive when the test says so.
func ExampleSimulator_Advance() {
	sim, err := fcsim.New(fcsim.Config{Clock: fcsim.SteppedClock(begin()), Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(sim)
	defer server.Close()
	ctx, client := context.Background(), clientOf(server)
	fmt.Println(publish(ctx, client))
	_, err = client.PutProvisionConfig(ctx, &fcclient.PutProvisionConfigInput{ServiceName: "shop", Qualifier: "live", FunctionName: "web", Target: 3})
	fmt.Println(err)
	for range 3 {
		config, err := client.GetProvisionConfig(ctx, &fcclient.GetProvisionConfigInput{ServiceName: "shop", Qualifier: "live", FunctionName: "web"})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(config.Current, "of", config.Target)
		_, _ = sim.Advance(2 * fcsim.DefaultInstanceStart)
	}
	// Output:
	// <nil>
	// <nil>
	// 0 of 3
	// 2 of 3
	// 3 of 3
}
