package sae

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"slipway/cloudapi"
	"slipway/release"
	"slipway/saeclient"
)

type version = saeclient.ListAppVersionsData

// wanted answers which version a rollback returns to. It is [release.FaultInvalid] where
// SAE says that the newest change order that brought a version cannot be rolled back; a
// record that has expired says nothing.
func (d *Driver) wanted(ctx context.Context, appID string, r reading, q release.RollbackQuestion) (*release.Version, error) {
	if newest := newestOf(r.orders, func(o order) bool { return bringsVersion(o.CoTypeCode) }); newest != nil {
		o, err := d.client.DescribeChangeOrder(ctx, &saeclient.DescribeChangeOrderInput{ChangeOrderID: newest.ChangeOrderID})
		switch {
		case errors.Is(err, cloudapi.ErrNotFound):
		case err != nil:
			return nil, err
		case present("DescribeChangeOrder", o.Data) != nil:
			return nil, present("DescribeChangeOrder", o.Data)
		case !o.Data.SupportRollback:
			return nil, refused(release.FaultInvalid, "the application cannot be rolled back: its newest change order %s does not allow it", newest.ChangeOrderID)
		}
	}
	if q.VersionID == "" {
		return d.lastGood(ctx, appID, r, q)
	}
	if !slices.ContainsFunc(r.versions, func(v version) bool { return v.ID == q.VersionID }) {
		return nil, refused(release.FaultNotFound, "the application has no version %s", q.VersionID)
	}
	return d.version(ctx, appID, q.VersionID)
}

func newestOf(orders []order, of func(order) bool) *order {
	orders = slices.DeleteFunc(slices.Clone(orders), func(o order) bool { return !of(o) })
	if len(orders) == 0 {
		return nil
	}
	return new(slices.MinFunc(orders, newestFirst))
}

// lastGood finds the version that is known to be good, of those that are kept and do not run;
// or else the newest that neither runs nor is known to be bad.
func (d *Driver) lastGood(ctx context.Context, appID string, r reading, q release.RollbackQuestion) (*release.Version, error) {
	out := append([]release.Version{{Artifact: r.running}}, q.Avoid...)
	is := func(a release.Artifact) bool {
		return slices.ContainsFunc(out, func(b release.Version) bool { return samePlace(a, b.Artifact) })
	}
	for _, good := range q.Good {
		if id := versionID(r.versions, good.Artifact); id != "" && !is(good.Artifact) {
			return d.version(ctx, appID, id)
		}
	}
	for _, v := range newestVersions(r.versions) {
		// An image is known from the list; that saves a call for each of a long history.
		if v.Type == "image" && is(release.Artifact{Image: v.WarURL}) {
			continue
		}
		found, err := d.version(ctx, appID, v.ID)
		if err != nil {
			return nil, err
		}
		if !is(found.Artifact) {
			return found, nil
		}
	}
	return nil, refused(release.FaultNotFound,
		"there is no version to return to: each of the application's %d runs now or is known to be bad", len(r.versions))
}

// version reads what a version is.
func (d *Driver) version(ctx context.Context, appID, id string) (*release.Version, error) {
	config, err := d.config(ctx, &saeclient.DescribeApplicationConfigInput{AppID: appID, VersionID: &id})
	if err != nil {
		return nil, err
	}
	return &release.Version{ID: id, Artifact: configured(config)}, nil
}

// newestVersions sorts versions by their creation, the newest first: the order of
// ListAppVersions is not stated.
func newestVersions(all []version) []version {
	return slices.SortedStableFunc(slices.Values(all), func(a, b version) int { return b.CreateTime.Compare(a.CreateTime) })
}

// versionID finds the version that holds the artifact: the newest, should several.
func versionID(all []version, running release.Artifact) string {
	address := publicAddress(running.Image)
	if running.Package != nil {
		address = running.Package.URL
	}
	for _, v := range newestVersions(all) {
		if shown := publicAddress(cmp.Or(v.BuildPackageURL, v.WarURL)); shown == address || addressOf(shown) == address {
			return v.ID
		}
	}
	return ""
}

// artifactOf reads an artifact from the fields in which SAE shows it.
func artifactOf(image, packageURL, packageVersion string) release.Artifact {
	if image != "" || packageURL == "" {
		return release.Artifact{Image: image}
	}
	return release.Artifact{Package: &release.Package{URL: addressOf(packageURL), Version: packageVersion}}
}

// publicAddress undoes the internal registry address that SAE may show for an image
// that was deployed by its public one (samples of SAE API reference ch. 10.7, 10.12).
func publicAddress(image string) string {
	if rest, ok := strings.CutPrefix(image, "registry-vpc."); ok {
		return "registry." + rest
	}
	return image
}

// samePlace reports whether two artifacts are the same, whichever address shows them.
func samePlace(a, b release.Artifact) bool {
	a.Image, b.Image = publicAddress(a.Image), publicAddress(b.Image)
	return a.Same(b)
}
