package sae

import (
	"context"
	"errors"
	"slices"
	"strings"

	"go.temporal.io/sdk/activity"

	"slipway/activities/fault"
	"slipway/cloudapi"
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
	config, err := d.config(ctx, in.App.ID, "")
	if err != nil {
		return release.Verification{}, failed(err)
	}
	v := release.Verification{
		Configured: release.Version{Artifact: named(in.Want.Artifact, config.artifact()), Config: d.digest(config)}, Wanted: config.replicas(),
	}
	v.Differs = d.differs(in.Config, config)
	if in.Want.ID != "" {
		if err := d.compare(ctx, in, config, &v); err != nil {
			return release.Verification{}, failed(err)
		}
	}
	instances, err := d.instances(ctx, in.App.ID)
	if err != nil {
		return release.Verification{}, failed(err)
	}
	v.Instances, v.Running = len(instances), shares(instances, in.Want.Artifact, v.Configured.Artifact)
	// The orders come last, so that one that was begun meanwhile is seen.
	orders, err := d.newestOrders(ctx, in.App.ID)
	if err != nil {
		return release.Verification{}, failed(err)
	}
	v.Other = unfinished(orders, "")
	if v.Other != nil || activity.GetInfo(ctx).Attempt >= maxLooks {
		return v, nil
	}
	switch {
	case !v.OnlyRuns(in.Want):
		return release.Verification{}, fault.Unchanged("the application does not yet run only "+in.Want.Public(), readBackDelay)
	case len(v.Differs) > 0:
		return release.Verification{}, fault.Unchanged("the application does not yet have "+strings.Join(v.Differs, ", ")+" as it should", readBackDelay)
	}
	return v, nil
}

// differs names the settings of a config that would still change something.
func (d *Driver) differs(config *release.Config, now settings) []string {
	var names []string
	c := d.changes(config, now)
	for _, s := range c.settings {
		if !slices.Contains(c.unread, s.Name) {
			names = append(names, s.Name)
		}
	}
	return names
}

// compare adds the settings that a version has in another way. A version that SAE keeps no longer
// leaves nothing to compare with; how it answers about one is not stated, so the list decides.
func (d *Driver) compare(ctx context.Context, in release.VerifyInput, config settings, v *release.Verification) error {
	version, err := d.config(ctx, in.App.ID, in.Want.ID)
	if errors.Is(err, cloudapi.ErrInvalid) || errors.Is(err, cloudapi.ErrNotFound) {
		list, listed := d.client.ListAppVersions(ctx, &saeclient.ListAppVersionsInput{AppID: &in.App.ID})
		if listed != nil {
			return listed
		}
		v.Gone = !slices.ContainsFunc(list.Data, func(kept saeclient.ListAppVersionsData) bool { return kept.ID == in.Want.ID })
		if v.Gone {
			return nil
		}
	}
	if err != nil {
		return err
	}
	for _, name := range d.between(version, config) {
		if !slices.Contains(v.Differs, name) {
			v.Differs = append(v.Differs, name)
		}
	}
	return nil
}

// between names the settings in which two configurations differ, parameter by parameter.
func (d *Driver) between(want, have settings) []string {
	var names []string
	for _, param := range compared(d.deployment) {
		if param == paramVariables {
			names = append(names, variablesBetween(want, have)...)
			continue
		}
		a, _ := want.readBack(param)
		if b, _ := have.readBack(param); !same(a, b) && !slices.Contains(names, settingOf(param)) {
			names = append(names, settingOf(param))
		}
	}
	return names
}

type instance = saeclient.DescribeApplicationInstancesDataInstances

// instances lists the instances of all groups, but for those that go; with pipelines, only those
// that these batches of change orders have made.
func (d *Driver) instances(ctx context.Context, appID string, pipelines ...*string) ([]instance, error) {
	if len(pipelines) == 0 {
		pipelines = []*string{nil}
	}
	groups, err := d.client.DescribeApplicationGroups(ctx, &saeclient.DescribeApplicationGroupsInput{AppID: appID})
	if err != nil {
		return nil, err
	}
	var all []instance
	for _, g := range groups.Data {
		for _, p := range pipelines {
			of := saeclient.DescribeApplicationInstancesInput{AppID: appID, GroupID: g.GroupID, PipelineID: p}
			if all, err = d.addInstances(ctx, of, all); err != nil {
				return nil, err
			}
		}
	}
	return slices.DeleteFunc(all, func(i instance) bool { return i.InstanceContainerStatus == "Terminating" }), nil
}

func (d *Driver) addInstances(ctx context.Context, of saeclient.DescribeApplicationInstancesInput, all []instance) ([]instance, error) {
	of.PageSize = new(instancePage)
	for page := 1; ; page++ {
		of.CurrentPage = &page
		out, err := d.client.DescribeApplicationInstances(ctx, &of)
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
		at := slices.IndexFunc(all, func(s release.Share) bool { return s.Artifact.Same(a) })
		if at < 0 {
			at, all = len(all), append(all, release.Share{Version: release.Version{Artifact: a}})
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
