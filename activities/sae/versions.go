package sae

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"slipway/activities/cloud"
	"slipway/cloudapi"
	"slipway/release"
	"slipway/saeclient"
)

type version = saeclient.ListAppVersionsData

// wanted answers which version a rollback returns to. It is [release.FaultInvalid] where
// SAE says that the newest change order that brought a version cannot be rolled back; a
// record that has expired says nothing.
func (d *Driver) wanted(ctx context.Context, r reading, q release.RollbackQuestion) (*release.Version, error) {
	if newest := newestOf(r.orders, func(o order) bool { return bringsVersion(o.CoTypeCode) }); newest != nil {
		o, err := d.client.DescribeChangeOrder(ctx, &saeclient.DescribeChangeOrderInput{ChangeOrderID: newest.ChangeOrderID})
		switch {
		case errors.Is(err, cloudapi.ErrNotFound):
		case err != nil:
			return nil, err
		case present("DescribeChangeOrder", o.Data) != nil:
			return nil, present("DescribeChangeOrder", o.Data)
		case !o.Data.SupportRollback:
			return nil, cloud.Refused(release.FaultInvalid, "the application cannot be rolled back: its newest change order %s does not allow it", newest.ChangeOrderID)
		}
	}
	if q.VersionID == "" {
		return r.versions.lastGood(ctx, r.running, q)
	}
	if !slices.ContainsFunc(r.versions.all, func(v version) bool { return v.ID == q.VersionID }) {
		return nil, cloud.Refused(release.FaultNotFound, "the application has no version %s", q.VersionID)
	}
	found, err := r.versions.get(ctx, q.VersionID)
	return &found, err
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
func (v *versions) lastGood(ctx context.Context, running release.Version, q release.RollbackQuestion) (*release.Version, error) {
	out := append([]release.Version{running}, q.Avoid...)
	if running.ID != "" && len(v.holding(running.Artifact)) > 1 {
		// Versions are compared with what runs by what versions answer: the application's own
		// answer may say more.
		kept, err := v.get(ctx, running.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, kept)
	}
	for _, good := range q.Good {
		as := func(found release.Version) bool { return sameVersion(found, good) }
		if found, err := v.pick(ctx, v.holding(good.Artifact), out, as); err != nil || found != nil {
			return found, err
		}
	}
	found, err := v.pick(ctx, v.all, out, func(release.Version) bool { return true })
	if err == nil && found == nil {
		err = cloud.Refused(release.FaultNotFound,
			"there is no version to return to: each of the application's %d runs now or is known to be bad", len(v.all))
	}
	return found, err
}

// pick finds the first of some versions that is none of those that are out, and as it should be;
// nil where there is none.
func (v *versions) pick(ctx context.Context, among []version, out []release.Version, as func(release.Version) bool) (*release.Version, error) {
	for _, known := range among {
		// An image is known from the list; that saves a call for each of a long history.
		image := release.Version{Artifact: release.Artifact{Image: known.WarURL}}
		hopeless := known.Type == "image" && slices.ContainsFunc(out, func(o release.Version) bool { return o.Config == "" && sameVersion(o, image) })
		if hopeless || v.full(known.ID) {
			continue
		}
		found, err := v.get(ctx, known.ID)
		if err != nil {
			return nil, err
		}
		isOut := slices.ContainsFunc(out, func(o release.Version) bool { return o.ID != "" && o.ID == found.ID || sameVersion(o, found) })
		if !isOut && as(found) {
			return &found, nil
		}
	}
	return nil, nil //nolint:nilnil // none is an answer
}

// newestVersions sorts versions by their creation, the newest first: the order of
// ListAppVersions is not stated.
func newestVersions(all []version) []version {
	return slices.SortedStableFunc(slices.Values(all), func(a, b version) int { return b.CreateTime.Compare(a.CreateTime) })
}

// holds reports whether a version of the list may be one of an artifact: the list shows the
// address of a package without its version.
func holds(v version, a release.Artifact) bool {
	address := publicAddress(a.Image)
	if a.Package != nil {
		address = a.Package.URL
	}
	shown := publicAddress(cmp.Or(v.BuildPackageURL, v.WarURL))
	return shown == address || addressOf(shown) == address
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

// sameVersion is [release.Version.Same], whichever address shows an image.
func sameVersion(a, b release.Version) bool {
	a.Artifact.Image, b.Artifact.Image = publicAddress(a.Artifact.Image), publicAddress(b.Artifact.Image)
	return a.Same(b)
}

// versions are those that an application has, with what was read of them so far.
type versions struct {
	driver *Driver
	appID  string
	all    []version
	read   map[string]settings
}

// maxVersionReads bounds how many versions are read to tell them apart: an application may have
// hundreds.
const maxVersionReads = 20

// config reads the configuration of a version, once.
func (v *versions) config(ctx context.Context, id string) (settings, error) {
	if s, read := v.read[id]; read {
		return s, nil
	}
	s, err := v.driver.config(ctx, v.appID, id)
	if err == nil {
		v.read[id] = s
	}
	return s, err
}

// get reads what a version is.
func (v *versions) get(ctx context.Context, id string) (release.Version, error) {
	s, err := v.config(ctx, id)
	if err != nil {
		return release.Version{}, err
	}
	return release.Version{ID: id, Artifact: s.artifact(), Config: v.driver.digest(s)}, nil
}

// full reports whether no further version is to be read.
func (v *versions) full(id string) bool {
	_, read := v.read[id]
	return !read && len(v.read) >= maxVersionReads
}

// holding are those that may be of an artifact, the newest first.
func (v *versions) holding(a release.Artifact) []version {
	return slices.DeleteFunc(slices.Clone(v.all), func(known version) bool { return !holds(known, a) })
}

// find finds the one of several versions of an artifact that has a configuration: the newest,
// should several. Where none has it, because a configuration is changed without a version, too, or
// where they are too many to read, it is the newest of the artifact.
func (v *versions) find(ctx context.Context, want release.Version, among []version) (id string, err error) {
	if len(among) == 1 {
		return among[0].ID, nil
	}
	newest := ""
	for _, known := range among {
		if v.full(known.ID) {
			break
		}
		found, err := v.get(ctx, known.ID)
		switch {
		case err != nil:
			return "", err
		case !samePlace(found.Artifact, want.Artifact):
			continue
		case found.Config == want.Config:
			return known.ID, nil
		}
		newest = cmp.Or(newest, known.ID)
	}
	return newest, nil
}

// ofPackage is the version that has used a version of a package, empty where none of the newest
// has.
func (v *versions) ofPackage(ctx context.Context, packageVersion string) (string, error) {
	for _, known := range v.all {
		if v.full(known.ID) {
			break
		}
		s, err := v.config(ctx, known.ID)
		if err != nil {
			return "", err
		}
		if s.text(paramPackageVersion) == packageVersion {
			return known.ID, nil
		}
	}
	return "", nil
}
