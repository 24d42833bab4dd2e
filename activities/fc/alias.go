package fc

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"slipway/activities/cloud"
	"slipway/cloudapi"
	"slipway/fcclient"
	"slipway/release"
)

// An alias is the pointer to a version that releases move.
type alias struct {
	// exists is false before the first release.
	exists bool
	etag   string
	// main is the version that serves what the others leave.
	main string
	// weights are the shares of the traffic, above 0 and up to 1, of versions beside it.
	weights map[string]float64
	// words are the description without the record.
	words    string
	record   record
	modified time.Time
}

// alias reads the alias of an application.
func (d *Driver) alias(ctx context.Context, app release.App) (alias, error) {
	out, err := d.client.GetAlias(ctx, &fcclient.GetAliasInput{ServiceName: app.ID, AliasName: qualifier(app)})
	if cloudapi.HasCode(err, fcclient.CodeAliasNotFound) {
		return alias{}, nil
	}
	if err != nil {
		return alias{}, err
	}
	return aliasOf(out.Alias, out.ETag), nil
}

func aliasOf(read fcclient.Alias, etag string) alias {
	a := alias{exists: true, etag: etag, main: read.VersionID, modified: read.LastModifiedTime, weights: map[string]float64{}}
	a.words, a.record = splitDescription(read.Description)
	for version, weight := range read.AdditionalVersionWeight {
		if weight > 0 && version != a.main { // some clients send these, which change nothing
			a.weights[version] = weight
		}
	}
	return a
}

// serves is the version that serves the traffic, but for what an open step gives to another: the
// main one, or one that has all of the weight, as Serverless Devs ends its releases.
func (a alias) serves() string {
	for version, weight := range a.weights {
		if weight >= 1 {
			return version
		}
	}
	return a.main
}

// gray is the version that has a part of the traffic, in percent; empty where none has.
func (a alias) gray() (version string, percent int) {
	for _, version := range slices.Sorted(maps.Keys(a.weights)) {
		if weight := a.weights[version]; weight < 1 {
			return version, int(math.Round(weight * 100))
		}
	}
	return "", 0
}

// only reports whether the alias gives all of the traffic to a version.
func (a alias) only(version string) bool {
	gray, _ := a.gray()
	return a.exists && gray == "" && a.serves() == version
}

// versions are those that answer traffic.
func (a alias) versions() []string {
	all := []string{a.serves()}
	if gray, _ := a.gray(); gray != "" {
		all = append(all, gray)
	}
	return all
}

// shares say which version has which part of the traffic.
func (a alias) shares() string {
	gray, percent := a.gray()
	if gray == "" {
		return "version " + a.serves() + " has all of the traffic"
	}
	return fmt.Sprintf("version %s has %d %% of the traffic, and version %s the rest", gray, percent, a.serves())
}

// same reports whether the alias is as a mark has seen it.
func (a alias) same(m mark) bool {
	if a.etag != "" && m.ETag != "" {
		return a.etag == m.ETag
	}
	return a.main == m.Main && maps.Equal(a.weights, m.Weights)
}

// A step is what an alias is to be: the main version, the percentage of another one, and the record of
// the release that does it.
type step struct {
	main, gray string
	percent    int
	by         record
}

// move moves an alias, or makes it where there is none. It is refused where somebody else has moved it
// since it was read.
func (d *Driver) move(ctx context.Context, app release.App, a alias, to step) error {
	weights := map[string]float64{}
	if to.gray != "" {
		weights[to.gray] = float64(to.percent) / 100
	}
	description := joinDescription(a.words, to.by)
	if !a.exists {
		_, err := cloud.Send(ctx, d.client.CreateAlias, &fcclient.CreateAliasInput{
			ServiceName: app.ID, AliasName: qualifier(app), VersionID: to.main, Description: &description,
		})
		return err
	}
	in := &fcclient.UpdateAliasInput{
		ServiceName: app.ID, AliasName: qualifier(app), VersionID: &to.main, AdditionalVersionWeight: weights, Description: &description,
	}
	if a.etag != "" {
		in.IfMatch = &a.etag
	}
	_, err := cloud.Send(ctx, d.client.UpdateAlias, in)
	return err
}

// mark is what a snapshot keeps of the state in which it has found an application; see [release.Mark].
type mark struct {
	ETag    string             `json:"etag,omitempty"`
	Main    string             `json:"versionId,omitempty"`
	Weights map[string]float64 `json:"weights,omitempty"`
	// Newest is the newest published version.
	Newest string `json:"newest,omitempty"`
	// Targets are the wanted numbers of provisioned instances, by functions.
	Targets map[string]int64 `json:"targets,omitempty"`
}

// text is the mark as workflows keep it.
func (m mark) text() release.Mark {
	// Texts and numbers always encode.
	data, _ := json.Marshal(m) //nolint:errchkjson // see above
	return data
}

// readMark reads a mark that [mark.text] has written.
func readMark(m release.Mark) (out mark, err error) {
	if len(m) == 0 {
		return out, cloud.Refused(release.FaultInvalid, "the mark of what the alias was is missing")
	}
	if err := json.Unmarshal(m, &out); err != nil {
		return out, cloud.Refused(release.FaultInvalid, "the mark of what the alias was cannot be read: %v", err)
	}
	return out, nil
}

// noAlias is the error of a verb that finds none.
func noAlias(app release.App) error {
	return cloud.Refused(release.FaultNotFound, "app.qualifier: the service %s has no alias %s, so that no version serves by it: name another one (%s), or make it with a first release",
		app.ID, qualifier(app), showing(app, "ListAliases"))
}

// noService says of the error of a call that there is no such service, where it does.
func noService(app release.App, err error) error {
	if !cloudapi.HasCode(err, fcclient.CodeServiceNotFound) {
		return err
	}
	return cloud.Refused(release.FaultNotFound, "app.id: there is no service %s in %s: name one that there is (slipway api fc ListServices --fc-region %s), or make it first, with its functions and triggers",
		app.ID, app.Region, app.Region)
}

// showing is the command that lists something of a service.
func showing(app release.App, operation string) string {
	return "slipway api fc " + operation + " serviceName=" + app.ID + " --fc-region " + app.Region
}

// busy is the release that has left a step of an alias open; nil where there is none, or it is the one
// with the token.
func (a alias) busy(token string) *release.ForeignChange {
	gray, percent := a.gray()
	if gray == "" || a.own(token) != nil {
		return nil
	}
	c := &release.ForeignChange{ID: gray, Type: fmt.Sprintf("version %s has %d %% of the traffic", gray, percent), Stuck: true, Since: a.modified.UTC()}
	if a.record.version == gray {
		if a.record.batch(percent) == 0 {
			c.Type += ", which is no step of its release"
		}
		c.Description = cloud.WithoutSecrets(a.record.text())
	}
	return c
}

// own is the change of the release with a token; nil where it has moved nothing.
func (a alias) own(token string) *release.OwnChange {
	if token == "" || a.record.token != token {
		return nil
	}
	gray, _ := a.gray()
	return &release.OwnChange{ID: a.record.version, Version: a.record.version, Unfinished: gray == a.record.version}
}
