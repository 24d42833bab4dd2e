package servicestagesim_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"time"

	"slipway/cloudapi"
	"slipway/servicestageclient"
	"slipway/servicestagesim"
)

// exampleSimulator has an application of two components, and stands until it is advanced.
func exampleSimulator() (*servicestagesim.Simulator, *httptest.Server) {
	sim, err := servicestagesim.New(servicestagesim.Config{Clock: servicestagesim.SteppedClock(time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC)), Seed: 1})
	if err == nil {
		err = sim.SeedDemo()
	}
	if err != nil {
		panic(err) //nolint:forbidigo // the configuration is whole
	}
	return sim, httptest.NewServer(sim)
}

// clientOf speaks to a simulator over HTTP, as to the cloud.
func clientOf(server *httptest.Server) *servicestageclient.Client {
	client, err := servicestageclient.New(servicestageclient.Config{
		Region: servicestagesim.DefaultRegion, ProjectID: servicestagesim.DefaultProjectID, Endpoint: server.URL,
		Credential: servicestageclient.Keys{AccessKey: servicestagesim.TestAccessKeyID, SecretKey: servicestagesim.TestAccessKeySecret},
	})
	if err != nil {
		panic(err) //nolint:forbidigo // the configuration is whole
	}
	return client
}

// demoComponent finds the component of the demo.
func demoComponent(ctx context.Context, client *servicestageclient.Client) servicestageclient.ComponentSummary {
	list, err := client.ListComponents(ctx, &servicestageclient.ListComponentsInput{ComponentName: new(servicestagesim.DemoComponent)})
	if err != nil || len(list.Components) != 1 {
		panic(fmt.Sprint(list, err)) //nolint:forbidigo // the demo has it
	}
	return list.Components[0]
}

// An image that never becomes ready is released to one replica of four; the rest stays as it is, and the way back is short.
func Example() {
	sim, server := exampleSimulator()
	defer server.Close()
	ctx, client := context.Background(), clientOf(server)
	web := demoComponent(ctx, client)
	fmt.Println(sim.SetBehaviour(servicestagesim.Behaviour{Source: "swr.example/shop/web:2", Result: servicestagesim.ResultUnready}))

	component, err := client.GetComponent(ctx, &servicestageclient.GetComponentInput{ApplicationID: web.ApplicationID, ComponentID: web.ID})
	if err != nil {
		fmt.Println(err)
		return
	}
	release := component.UpdateInput(web.ApplicationID, web.ID)
	release.Version, release.Source.URL = "2.0.0", "swr.example/shop/web:2"
	release.DeployStrategy = &servicestageclient.DeployStrategy{Type: servicestageclient.StrategyGray, GrayRelease: &servicestageclient.GrayRelease{
		Type: "weight", FirstBatchWeight: new(10), FirstBatchReplica: new(1), RemainingBatch: new(1),
	}}
	_, err = client.UpdateComponent(ctx, release)
	fmt.Println(err)
	show := func() {
		web = demoComponent(ctx, client)
		fmt.Println(web.Status.ComponentStatus, web.Version, web.Status.AvailableReplica, "of", web.Status.Replica)
	}
	show()
	_, err = sim.Advance(time.Minute)
	fmt.Println(err)
	show()
	_, err = client.ComponentAction(ctx, &servicestageclient.ComponentActionInput{
		ApplicationID: web.ApplicationID, ComponentID: web.ID, Action: servicestageclient.ActionRollbackCurrent,
	})
	fmt.Println(err)
	_, err = sim.Advance(time.Minute)
	fmt.Println(err)
	show()
	// Output:
	// <nil>
	// <nil>
	// UPGRADING 2.0.0 4 of 4
	// <nil>
	// GRAYING 2.0.0 3 of 4
	// <nil>
	// <nil>
	// RUNNING 1.4.1 4 of 4
}

// A version is taken and the answer gets lost: whoever says it again learns that it is used.
func ExampleSimulator_AddFault() {
	sim, server := exampleSimulator()
	defer server.Close()
	ctx, client := context.Background(), clientOf(server)
	web := demoComponent(ctx, client)
	_, err := sim.AddFault(servicestagesim.Fault{Operation: "UpdateComponent", Kind: servicestagesim.FaultDropAfter})
	fmt.Println(err)

	component, err := client.GetComponent(ctx, &servicestageclient.GetComponentInput{ApplicationID: web.ApplicationID, ComponentID: web.ID})
	if err != nil {
		fmt.Println(err)
		return
	}
	release := component.UpdateInput(web.ApplicationID, web.ID)
	release.Version = "2.0.0"
	_, err = client.UpdateComponent(ctx, release)
	fmt.Println(err != nil)
	_, err = sim.Advance(time.Minute)
	fmt.Println(err)
	_, err = client.UpdateComponent(ctx, release)
	fmt.Println(errors.Is(err, cloudapi.ErrConflict), servicestageclient.EndsByItself(err))
	// Output:
	// <nil>
	// true
	// <nil>
	// true false
}
