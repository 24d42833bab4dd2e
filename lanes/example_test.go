package lanes_test

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/client"

	"slipway/lanes"
	"slipway/release"
)

// A Go program asks for a release through Temporal alone. It needs a server, so that this
// example is compiled and not run.
func ExampleSubmit() {
	temporal, err := client.Dial(client.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer temporal.Close()
	app := release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "shop"}
	receipt, err := lanes.Submit(context.Background(), temporal, release.Submission{
		ReleaseID: release.ID(app, "my-program", "42"),
		Spec:      release.Spec{App: app, Artifact: release.Artifact{Image: "registry.example/shop:1.4.2"}},
	})
	fmt.Println(receipt.Standing, receipt.Ahead, err)
}

// An operator's word: nothing new begins until somebody resumes the lane.
func ExampleSay() {
	temporal, err := client.Dial(client.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer temporal.Close()
	var state release.LaneState
	err = lanes.Say(context.Background(), temporal, lanes.Word{
		App:  release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "shop"},
		Name: release.UpdateHold, Arg: release.LaneCommand{By: "ann", Reason: "an incident"}, ID: "incident-7",
	}, &state)
	fmt.Println(state.Held, err)
}
