package saesim_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/aliyun/credentials-go/credentials"

	"slipway/cloudapi"
	"slipway/saeclient"
	"slipway/saesim"
)

// clientOf speaks to a simulator over HTTP, as to the cloud.
func clientOf(server *httptest.Server) *saeclient.Client {
	pair, err := credentials.NewCredential(new(credentials.Config).
		SetType("access_key").SetAccessKeyId(saesim.TestAccessKeyID).SetAccessKeySecret(saesim.TestAccessKeySecret))
	if err != nil {
		panic(err) //nolint:forbidigo // the pair is there
	}
	client, err := saeclient.New(saeclient.Config{Region: saesim.DefaultRegion, Endpoint: server.URL, Credential: pair})
	if err != nil {
		panic(err) //nolint:forbidigo // the configuration is whole
	}
	return client
}

// Time passes when the test says so: a deployment to all instances takes one batch.
func Example() {
	sim, err := saesim.New(saesim.Config{Clock: saesim.SteppedClock(time.Date(2026, time.November, 28, 9, 0, 0, 0, time.UTC)), Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(sim)
	defer server.Close()
	fmt.Println(sim.SeedDemo(), sim.Apps()[0].Name)

	client, app := clientOf(server), sim.Apps()[0].ID
	order, err := client.DeployApplication(context.Background(), &saeclient.DeployApplicationInput{AppID: app, ImageURL: new("registry.example/shop:2")})
	fmt.Println(err)
	latest := func() saesim.Order { all := sim.Orders(app); return all[len(all)-1] }
	fmt.Println(saeclient.ChangeOrderFinished(latest().Status))
	_, _ = sim.Advance(time.Minute)
	fmt.Println(saeclient.ChangeOrderFinished(latest().Status), latest().ID == order.Data.ChangeOrderID)
	// Output:
	// <nil> shop
	// <nil>
	// false
	// true true
}

// An answer gets lost after the call was handled: whoever has called cannot know what happened.
func ExampleSimulator_AddFault() {
	sim, err := saesim.New(saesim.Config{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(sim)
	defer server.Close()
	_ = sim.SeedDemo()
	app := sim.Apps()[0].ID
	_, err = sim.AddFault(saesim.Fault{Operation: "DeployApplication", Kind: saesim.FaultDropAfter})
	fmt.Println(err)
	_, err = clientOf(server).DeployApplication(context.Background(), &saeclient.DeployApplicationInput{AppID: app, ImageURL: new("registry.example/shop:2")})
	fmt.Println(errors.Is(err, cloudapi.ErrAmbiguous), len(sim.Orders(app)))
	// Output:
	// <nil>
	// true 2
}

// A snapshot brings a simulator back to where it was.
func ExampleSimulator_Snapshot() {
	sim, err := saesim.New(saesim.Config{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = sim.SeedDemo()
	before, err := sim.Snapshot()
	fmt.Println(err)
	fmt.Println(sim.Reset(), len(sim.Apps()))
	fmt.Println(sim.Restore(before), len(sim.Apps()))
	// Output:
	// <nil>
	// <nil> 0
	// <nil> 3
}
