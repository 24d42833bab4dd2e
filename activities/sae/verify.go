package sae

import (
	"context"
	"slices"

	"go.temporal.io/sdk/activity"

	"slipway/activities/fault"
	"slipway/release"
	"slipway/saeclient"
)

// instancePage is the page size of instance lists.
const instancePage = 100

// Verify reads back which version the application runs: its configuration and every
// instance of every group. While a change order is unfinished that may change again, so
// nothing is waited for then.
func (d *Driver) Verify(ctx context.Context, in release.VerifyInput) (release.Verification, error) {
	if in.Job {
		return d.verifyJob(ctx, in)
	}
	config, err := d.config(ctx, &saeclient.DescribeApplicationConfigInput{AppID: in.App.ID})
	if err != nil {
		return release.Verification{}, failed(err)
	}
	v := release.Verification{Configured: named(in.Want, configured(config))}
	instances, err := d.instances(ctx, in.App.ID)
	if err != nil {
		return release.Verification{}, failed(err)
	}
	v.Instances, v.Running = len(instances), shares(instances, in.Want, v.Configured)
	// The orders come last, so that one that was begun meanwhile is seen.
	orders, err := d.newestOrders(ctx, in.App.ID)
	if err != nil {
		return release.Verification{}, failed(err)
	}
	v.Other = unfinished(orders, "")
	if v.Other == nil && !v.OnlyRuns(in.Want) && activity.GetInfo(ctx).Attempt < maxLooks {
		return release.Verification{}, fault.Unchanged("the application does not yet run only "+in.Want.String(), readBackDelay)
	}
	return v, nil
}

type instance = saeclient.DescribeApplicationInstancesDataInstances

// instances lists the instances of all groups, but for those that go.
func (d *Driver) instances(ctx context.Context, appID string) ([]instance, error) {
	groups, err := d.client.DescribeApplicationGroups(ctx, &saeclient.DescribeApplicationGroupsInput{AppID: appID})
	if err != nil {
		return nil, err
	}
	var all []instance
	for _, g := range groups.Data {
		if all, err = d.addInstances(ctx, appID, g.GroupID, all); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(all, func(i instance) bool { return i.InstanceContainerStatus == "Terminating" }), nil
}

func (d *Driver) addInstances(ctx context.Context, appID, groupID string, all []instance) ([]instance, error) {
	for page := 1; ; page++ {
		out, err := d.client.DescribeApplicationInstances(ctx, &saeclient.DescribeApplicationInstancesInput{
			AppID: appID, GroupID: groupID, CurrentPage: &page, PageSize: new(instancePage),
		})
		if err != nil {
			return nil, err
		}
		all = append(all, out.Data.Instances...)
		if len(out.Data.Instances) < instancePage {
			return all, nil
		}
	}
}

// shares counts how many of the instances run which artifact.
func shares(instances []instance, want, configured release.Artifact) []release.Share {
	var all []release.Share
	for _, i := range instances {
		a := named(want, instanceArtifact(i, configured))
		at := slices.IndexFunc(all, func(s release.Share) bool { return s.Same(a) })
		if at < 0 {
			at, all = len(all), append(all, release.Share{Artifact: a})
		}
		all[at].Instances++
	}
	return all
}

// instanceArtifact reads what an instance runs: its image, or the version of the
// application's package, whose address instances do not show (SAE API reference ch. 10.7).
func instanceArtifact(i instance, configured release.Artifact) release.Artifact {
	if configured.Package == nil {
		return release.Artifact{Image: i.ImageURL}
	}
	return release.Artifact{Package: &release.Package{URL: configured.Package.URL, Version: i.PackageVersion}}
}

// named returns the wanted artifact where SAE shows the same one by another address.
func named(want, read release.Artifact) release.Artifact {
	if read.Package == nil && want.Package == nil && publicAddress(read.Image) == publicAddress(want.Image) {
		return want
	}
	return read
}
