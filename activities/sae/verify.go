package sae

import (
	"context"
	"slices"

	"go.temporal.io/sdk/activity"

	"slipway/release"
	"slipway/saeclient"
)

// instancePage is the page size of instance lists.
const instancePage = 100

// Verify reads back which version the application runs: its configuration and every
// instance of every group.
func (d *Driver) Verify(ctx context.Context, in release.VerifyInput) (release.Verification, error) {
	config, err := d.client.DescribeApplicationConfig(ctx, &saeclient.DescribeApplicationConfigInput{AppID: in.App.ID})
	if err != nil {
		return release.Verification{}, failed(err)
	}
	v := release.Verification{
		Configured: named(in.Want, artifactOf(config.Data.ImageURL, config.Data.PackageURL, config.Data.PackageVersion)),
	}
	groups, err := d.client.DescribeApplicationGroups(ctx, &saeclient.DescribeApplicationGroupsInput{AppID: in.App.ID})
	if err != nil {
		return release.Verification{}, failed(err)
	}
	for _, g := range groups.Data {
		if err := d.readInstances(ctx, in, g.GroupID, &v); err != nil {
			return release.Verification{}, failed(err)
		}
	}
	if !v.OnlyRuns(in.Want) && activity.GetInfo(ctx).Attempt < maxLooks {
		return release.Verification{}, again("the application does not yet run only "+in.Want.String(), readBackDelay)
	}
	return v, nil
}

func (d *Driver) readInstances(ctx context.Context, in release.VerifyInput, groupID string, v *release.Verification) error {
	for page := 1; ; page++ {
		out, err := d.client.DescribeApplicationInstances(ctx, &saeclient.DescribeApplicationInstancesInput{
			AppID: in.App.ID, GroupID: groupID, CurrentPage: &page, PageSize: new(instancePage),
		})
		if err != nil {
			return err
		}
		for _, i := range out.Data.Instances {
			if i.InstanceContainerStatus == "Terminating" {
				continue
			}
			v.Instances++
			if a := named(in.Want, instanceArtifact(i, v.Configured)); !slices.ContainsFunc(v.Running, a.Same) {
				v.Running = append(v.Running, a)
			}
		}
		if len(out.Data.Instances) < instancePage {
			return nil
		}
	}
}

// instanceArtifact reads what an instance runs: its image, or the version of the
// application's package, whose address instances do not show (SAE API reference ch. 10.7).
func instanceArtifact(i saeclient.DescribeApplicationInstancesDataInstances, configured release.Artifact) release.Artifact {
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
