package fc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"slipway/activities/cloud"
	"slipway/cloudapi"
	"slipway/fcclient"
	"slipway/release"
)

// newestVersions is how many versions are looked at: those that a release may return to, or may have
// published itself.
const newestVersions = 100

// A published is a version as it is listed.
type published struct {
	id     string
	record record
}

// published lists the newest versions of a service, the newest first.
func (d *Driver) published(ctx context.Context, service string) (list []published, err error) {
	for v, err := range d.client.ListServiceVersionsAll(ctx, &fcclient.ListServiceVersionsInput{ServiceName: service, Limit: new(newestVersions)}) {
		if err != nil {
			return nil, err
		}
		if list = append(list, published{id: v.VersionID, record: readRecord(v.Description)}); len(list) == newestVersions {
			break // a list may come in smaller pages
		}
	}
	slices.SortFunc(list, func(a, b published) int { return number(b.id) - number(a.id) })
	return list, nil
}

// number is the number of a version; 0 of what is none.
func number(id string) int {
	n, err := strconv.Atoi(id)
	if err != nil {
		return 0
	}
	return n
}

// newest is the ID of the newest version; empty where there is none.
func newest(list []published) string {
	if len(list) == 0 {
		return ""
	}
	return list[0].id
}

// one is a version of the list; false where it is not among them.
func one(list []published, id string) (published, bool) {
	at := slices.IndexFunc(list, func(p published) bool { return p.id == id })
	if at < 0 {
		return published{id: id}, false
	}
	return list[at], true
}

// withToken is the version that a release has published; false where it has published none.
func withToken(list []published, token string) (published, bool) {
	at := slices.IndexFunc(list, func(p published) bool { return token != "" && p.record.token == token })
	if at < 0 {
		return published{}, false
	}
	return list[at], true
}

// recordOf is what is remembered of a version: by the listed ones, or else by the version itself.
func (d *Driver) recordOf(ctx context.Context, service, id string, list []published) (record, error) {
	if p, listed := one(list, id); listed {
		return p.record, nil
	}
	out, err := d.client.GetService(ctx, &fcclient.GetServiceInput{ServiceName: service, Qualifier: &id})
	if err != nil {
		return record{}, err
	}
	return readRecord(out.Description), nil
}

// gone reports whether an error says that there is no such version: it was deleted, whoever points to it.
func gone(err error) bool { return cloudapi.HasCode(err, fcclient.CodeVersionNotFound) }

// reader reads what versions of a service are, each once.
type reader struct {
	driver  *Driver
	service string
	// named is the function that is asked about; empty takes the only one.
	named string
	// byRecord tells that a version of several functions, where none is named, is known by the one that
	// its release was of.
	byRecord bool
	list     []published
	read     map[string]map[string]function
}

func (r *reader) functions(ctx context.Context, id string) (map[string]function, error) {
	if known, read := r.read[id]; read {
		return known, nil
	}
	all, err := r.driver.functions(ctx, r.service, id)
	if err == nil {
		if r.read == nil {
			r.read = map[string]map[string]function{}
		}
		r.read[id] = all
	}
	return all, err
}

// version reads what a version is, and which of its functions is asked about; that is empty where
// nothing says so. One that was deleted, although an alias points to it, is known by its ID alone.
func (r *reader) version(ctx context.Context, id string) (v release.Version, name string, err error) {
	functions, err := r.functions(ctx, id)
	if gone(err) {
		return release.Version{ID: id}, "", nil
	}
	if err != nil {
		return v, "", err
	}
	name = part(r.named, functions)
	known := record{}
	if f := functions[name]; f != nil && !f.container() || name == "" && r.byRecord {
		if known, err = r.driver.recordOf(ctx, r.service, id, r.list); err != nil {
			return v, "", err
		}
	}
	return release.Version{ID: id, Artifact: artifact(functions, cmp.Or(name, known.part), known), Config: r.driver.digest(functions)}, name, nil
}

// maxVersionReads bounds how many versions are read to tell them apart.
const maxVersionReads = 20

// wanted answers which version a rollback returns to.
func (r reading) wanted(ctx context.Context, q release.RollbackQuestion) (*release.Version, error) {
	if !r.alias.exists {
		return nil, noAlias(r.app)
	}
	if q.VersionID != "" {
		found, err := r.versions.kept(ctx, q.VersionID)
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, r.noVersion(q.VersionID)
		}
		v, _, err := r.versions.version(ctx, q.VersionID)
		return &v, err
	}
	found, err := r.versions.lastGood(ctx, r.alias, q)
	if err == nil && found == nil {
		err = cloud.Refused(release.FaultNotFound, "version: there is none to return to: each of the service's %d serves now, is newer, or is known to be bad; name the one that is meant: %s",
			len(r.versions.list), showing(r.app, "ListServiceVersions"))
	}
	return found, err
}

// mostNamed is how many things of a kind are named where one is asked for that there is not.
const mostNamed = 10

// noVersion is the error of a verb that is asked for a version that the service has not.
func (r reading) noVersion(id string) error {
	var names []string
	for _, p := range r.versions.list {
		names = append(names, p.id)
	}
	return cloud.Refused(release.FaultNotFound, "version: the service %s has no version %s; it has %s: name one of them", r.app.ID, id, someOf(names))
}

// someOf are names in words, of which not more than a few are told.
func someOf(names []string) string {
	more := len(names) - mostNamed
	switch {
	case len(names) == 0:
		return "none"
	case more > 0:
		return joined(names[:mostNamed]) + fmt.Sprintf(" and %d more", more)
	}
	return joined(names)
}

// kept reports whether a version exists.
func (r *reader) kept(ctx context.Context, id string) (bool, error) {
	if _, listed := one(r.list, id); listed {
		return true, nil
	}
	if len(r.list) < newestVersions || number(id) == 0 {
		return false, nil
	}
	_, err := r.functions(ctx, id)
	if errors.Is(err, cloudapi.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// lastGood finds the version that is known to be good; or else the one that served before, or the next
// older one, that is not known to be bad. Nil is none.
func (r *reader) lastGood(ctx context.Context, a alias, q release.RollbackQuestion) (*release.Version, error) {
	live := a.serves()
	older := slices.DeleteFunc(slices.Clone(r.list), func(p published) bool { return number(p.id) >= number(live) })
	others := slices.DeleteFunc(slices.Clone(r.list), func(p published) bool { return p.id == live })
	for _, good := range q.Good {
		found, err := r.pick(ctx, others, q.Avoid, func(v release.Version) bool { return good.Same(v) && (good.ID == "" || good.ID == v.ID) })
		if err != nil || found != nil {
			return found, err
		}
	}
	if before, kept := one(others, r.from(a)); kept {
		older = append([]published{before}, older...)
	}
	return r.pick(ctx, older, q.Avoid, func(release.Version) bool { return true })
}

// from is the version that served before the one that serves.
func (r *reader) from(a alias) string {
	live := a.serves()
	if a.record.version == live {
		return a.record.from
	}
	known, _ := one(r.list, live)
	return known.record.from
}

// pick finds the first of some versions that is as it should be, and none of those to avoid.
func (r *reader) pick(ctx context.Context, among []published, avoid []release.Version, as func(release.Version) bool) (*release.Version, error) {
	for _, p := range among {
		if _, read := r.read[p.id]; !read && len(r.read) > maxVersionReads {
			continue
		}
		v, _, err := r.version(ctx, p.id)
		if err != nil {
			return nil, err
		}
		if as(v) && !slices.ContainsFunc(avoid, v.Same) {
			return &v, nil
		}
	}
	return nil, nil //nolint:nilnil // none is an answer
}

// joined are names in words.
func joined(names []string) string { return strings.Join(names, ", ") }
