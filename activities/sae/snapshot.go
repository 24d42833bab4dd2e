package sae

import (
	"context"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"slipway/release"
	"slipway/saeclient"
)

// recentOrders is how many change orders one look reads. SAE runs one order of an
// application at a time, so what matters is among the newest.
const recentOrders = 50

// maxLooks bounds how often a read-back is repeated while SAE's answers lag.
const maxLooks = 8

// readBackDelay is the time between two read-backs.
const readBackDelay = 2 * time.Second

// Snapshot reads what the application is: instances, version, scaling rules, the newest
// change order.
func (d *Driver) Snapshot(ctx context.Context, in release.SnapshotInput) (release.Snapshot, error) {
	var snap release.Snapshot
	config, err := d.client.DescribeApplicationConfig(ctx, &saeclient.DescribeApplicationConfigInput{AppID: in.App.ID})
	if err != nil {
		return snap, failed(err)
	}
	versions, err := d.client.ListAppVersions(ctx, &saeclient.ListAppVersionsInput{AppID: &in.App.ID})
	if err != nil {
		return snap, failed(err)
	}
	rules, err := d.rules(ctx, in.App.ID)
	if err != nil {
		return snap, failed(err)
	}
	orders, err := d.orders(ctx, &saeclient.ListChangeOrdersInput{AppID: in.App.ID})
	if err != nil {
		return snap, failed(err)
	}
	running := artifactOf(config.Data.ImageURL, config.Data.PackageURL, config.Data.PackageVersion)
	snap = release.Snapshot{
		Instances:    config.Data.Replicas,
		Version:      release.Version{ID: versionID(versions.Data, running), Artifact: running},
		ScalingRules: rules,
		Watermark:    watermark(orders),
		Busy:         unfinished(orders),
	}
	if in.Rollback == nil {
		return snap, nil
	}
	snap.Wanted, err = d.version(ctx, in.App.ID, versions.Data, in.Rollback.VersionID)
	return snap, err
}

// AwaitIdle answers a snapshot once no change order of the application is unfinished.
func (d *Driver) AwaitIdle(ctx context.Context, in release.SnapshotInput) (release.Snapshot, error) {
	orders, err := d.orders(ctx, &saeclient.ListChangeOrdersInput{AppID: in.App.ID})
	if err != nil {
		return release.Snapshot{}, failed(err)
	}
	if busy := unfinished(orders); busy != nil {
		delay := release.LookDelay(release.ChangeAwaitingConfirm, int(activity.GetInfo(ctx).Attempt))
		return release.Snapshot{}, again("change order "+busy.ID+" is unfinished", delay)
	}
	return d.Snapshot(ctx, in)
}

// version resolves a version ID; an unknown one is FaultNotFound.
func (d *Driver) version(ctx context.Context, appID string, all []saeclient.ListAppVersionsData, id string) (*release.Version, error) {
	for _, v := range all {
		if v.ID != id {
			continue
		}
		config, err := d.client.DescribeApplicationConfig(ctx, &saeclient.DescribeApplicationConfigInput{AppID: appID, VersionID: &id})
		if err != nil {
			return nil, failed(err)
		}
		return &release.Version{ID: id, Artifact: artifactOf(config.Data.ImageURL, config.Data.PackageURL, config.Data.PackageVersion)}, nil
	}
	return nil, temporal.NewNonRetryableApplicationError("the application has no version "+id, string(release.FaultNotFound), nil)
}

// artifactOf reads an artifact from the fields in which SAE shows it.
func artifactOf(image, packageURL, packageVersion string) release.Artifact {
	if image != "" || packageURL == "" {
		return release.Artifact{Image: image}
	}
	return release.Artifact{Package: &release.Package{URL: packageURL, Version: packageVersion}}
}

// publicAddress undoes the internal registry address that SAE may show for an image
// that was deployed by its public one (samples of SAE API reference ch. 10.7, 10.12).
func publicAddress(image string) string {
	if rest, ok := strings.CutPrefix(image, "registry-vpc."); ok {
		return "registry." + rest
	}
	return image
}

// versionID finds the version that holds the artifact: the newest, should several. The
// order of ListAppVersions is not stated, so creation times decide.
func versionID(all []saeclient.ListAppVersionsData, running release.Artifact) string {
	address := publicAddress(running.Image)
	if running.Package != nil {
		address = running.Package.URL
	}
	id, newest := "", ""
	for _, v := range all {
		held := v.WarURL
		if v.BuildPackageURL != "" {
			held = v.BuildPackageURL
		}
		// CreateTime is epoch milliseconds as text, of one length for centuries.
		if publicAddress(held) == address && (id == "" || v.CreateTime > newest) {
			id, newest = v.ID, v.CreateTime
		}
	}
	return id
}

type order = saeclient.ListChangeOrdersDataChangeOrderList

// orders lists change orders that match, up to recentOrders.
func (d *Driver) orders(ctx context.Context, in *saeclient.ListChangeOrdersInput) ([]order, error) {
	in.CurrentPage, in.PageSize = new(1), new(recentOrders)
	out, err := d.client.ListChangeOrders(ctx, in)
	if err != nil {
		return nil, err
	}
	return out.Data.ChangeOrderList, nil
}

// orderTime reads the time of a change order; the zero time when SAE prints none.
func orderTime(text string) time.Time {
	t, err := saeclient.ParseLocalTime(text)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// watermark marks the newest of the orders.
func watermark(orders []order) release.Watermark {
	var w release.Watermark
	for _, o := range orders {
		at := orderTime(o.CreateTime)
		if at.After(w.At) {
			w = release.Watermark{At: at}
		}
		if at.Equal(w.At) {
			w.Known = append(w.Known, o.ChangeOrderID)
		}
	}
	return w
}

// unfinished finds the change order that is still at work, if any.
func unfinished(orders []order) *release.ForeignChange {
	for _, o := range orders {
		if !saeclient.ChangeOrderFinished(o.Status) {
			return &release.ForeignChange{ID: o.ChangeOrderID, Type: o.CoTypeCode, Description: o.Description}
		}
	}
	return nil
}
