package release_test

import (
	"fmt"
	"time"

	"slipway/release"
)

// A failed batch of a gray release is rolled back by SAE itself; a failed deployment to all
// instances at once is not.
func ExampleDecide() {
	failed := release.Observation{State: release.ChangeFailed}
	gray := release.Situation{Step: release.StepRollout, Strategy: release.StrategyGray, RollbackWanted: true, TargetKnown: true}
	atOnce := gray
	atOnce.Strategy = release.StrategyAll
	fmt.Println(release.Decide(gray, failed))
	fmt.Println(release.Decide(atOnce, failed))
	// Output:
	// settle-old
	// roll-back
}

func ExamplePlanBatches() {
	sae, _ := release.TraitsOf(release.PlatformSAE)
	fc, _ := release.TraitsOf(release.PlatformFC)
	replaced, _ := release.PlanBatches(sae, release.OperationRelease, release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 2}, 6)
	shifted, _ := release.PlanBatches(fc, release.OperationRelease, release.Strategy{Type: release.StrategyGray, Weights: []int{5, 30}}, 0)
	for i := range replaced {
		fmt.Printf("batch %d: %d instances, or %d %% of the traffic\n", replaced[i].Number, replaced[i].Instances, shifted[i].Weight)
	}
	_, err := release.PlanBatches(sae, release.OperationRelease, release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 1}, 1)
	fmt.Println(err)
	// Output:
	// batch 1: 1 instances, or 5 % of the traffic
	// batch 2: 2 instances, or 30 % of the traffic
	// batch 3: 3 instances, or 100 % of the traffic
	// strategy.gray: 1 gray instances are more than 50 % of the application's 1, which is the most on Serverless App Engine
}

// One sample of three may fail. The second failure decides, whatever the third would say.
func ExampleGate_Judge() {
	g := release.Gate{Name: "errors", Samples: 3, MaxFailures: 1}
	pass, fail := release.Sample{Verdict: release.VerdictPass}, release.Sample{Verdict: release.VerdictFail}
	fmt.Println(g.Judge([]release.Sample{pass, fail}))
	fmt.Println(g.Judge([]release.Sample{fail, fail}))
	fmt.Println(g.Judge([]release.Sample{pass, fail, pass}))
	// Output:
	// inconclusive false
	// fail true
	// pass true
}

func ExampleCalendar_Frozen() {
	c := release.Calendar{Windows: []release.FreezeWindow{{
		Name: "nights", Reason: "nobody is here", Start: "22:00", End: "06:00", Zone: "Asia/Shanghai",
		Scope: release.Scope{Platform: release.PlatformSAE},
	}}}
	app := release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "shop"}
	held, frozen := c.Frozen(app, time.Date(2026, time.November, 28, 15, 0, 0, 0, time.UTC))
	fmt.Println(frozen, held.Name, held.Until.UTC())
	_, frozen = c.Frozen(app, time.Date(2026, time.November, 28, 3, 0, 0, 0, time.UTC))
	fmt.Println(frozen)
	// Output:
	// true nights 2026-11-28 22:00:00 +0000 UTC
	// false
}

func ExampleParseCondition() {
	c, err := release.ParseCondition(" <0.01")
	fmt.Println(c, err, c.Holds(0.002), c.Holds(0.5))
	// Output:
	// < 0.01 <nil> true false
}

// The second of two batches begins at ten in the morning in Shanghai, or the day after.
func ExampleBatchSchedule_Next() {
	s := release.BatchSchedule{Batch: 2, At: "10:00", Zone: "Asia/Shanghai"}
	next, err := s.Next(time.Date(2026, time.November, 28, 5, 0, 0, 0, time.UTC))
	fmt.Println(next, err)
	// Output:
	// 2026-11-29 02:00:00 +0000 UTC <nil>
}

// Every problem is told at once, by its field.
func ExampleSpec_Validate() {
	s := release.Spec{
		App:      release.App{Platform: "eks", Region: "cn-hangzhou", ID: "shop"},
		Strategy: release.Strategy{Type: release.StrategyGray, Gray: -1},
	}
	fmt.Println(s.WithDefaults().Validate())
	// Output:
	// app.platform: "eks" is not a platform served here; use sae, fc or servicestage
	// artifact: give image or package, or config: a release brings an artifact, configuration or both
	// strategy.gray: must be 1-500 instances
}

// The same event always means the same release, and an event for another application never does.
func ExampleID() {
	shop := release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "shop"}
	stock := release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "stock"}
	again := release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "shop"}
	fmt.Println(release.ID(shop, "https://ci.example", "42"))
	fmt.Println(release.ID(shop, "https://ci.example", "42") == release.ID(again, "https://ci.example", "42"))
	fmt.Println(release.ID(shop, "https://ci.example", "42") == release.ID(stock, "https://ci.example", "42"))
	// Output:
	// r-yrxzhpzba4l5tccj
	// true
	// false
}

// What is at its default counts like what was left out.
func ExampleSpec_Digest() {
	s := release.Spec{Artifact: release.Artifact{Image: "registry.example/shop:1.4.2"}}
	fmt.Println(s.Digest() == s.WithDefaults().Digest())
	s.Artifact.Image = "registry.example/shop:1.4.3"
	fmt.Println(s.Digest() == release.Spec{Artifact: release.Artifact{Image: "registry.example/shop:1.4.2"}}.Digest())
	// Output:
	// true
	// false
}

// A command is refused with the reason why it does not apply.
func ExampleAdmit() {
	p := release.Progress{ReleaseID: "r-1", Phase: release.PhaseRollingOut}
	_, err := release.Admit(p, release.Command{Kind: release.CommandConfirm, Batch: 1, By: "ann"})
	fmt.Println(err)
	// Output:
	// batch 1 does not wait for a confirmation: the release is RollingOut
}

// A set has the decisions of a release, with the number of a wave as the batch.
func ExampleDecision_Text() {
	d := release.Decision{Kind: release.CommandConfirm, Batch: 2, By: "ann", Via: release.ViaUpdate, Note: "orders look right"}
	fmt.Println(d.Text(release.UnitBatch, nil))
	fmt.Println(d.Text(release.UnitWave, nil))
	// Output:
	// confirm batch 2 by ann: orders look right
	// confirm wave 2 by ann: orders look right
}
