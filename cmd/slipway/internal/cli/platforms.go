package cli

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/activities/cloud"
	"slipway/activities/fc"
	"slipway/activities/platform"
	"slipway/activities/sae"
	"slipway/activities/servicestage"
	"slipway/cloudapi"
	"slipway/cmd/slipway/internal/apicall"
	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/connect"
	"slipway/internal/tracing"
	"slipway/release"
	"slipway/worker"
)

// settingsOf are the settings of one platform, how a worker calls it with them, and how people do.
type settingsOf struct {
	platform release.Platform
	// api is its API, and example the help of slipway api for it.
	api     func() apicall.API
	example string
	// check is the operation that asks whether it takes the credentials.
	check string
	// The names of its settings, and all those that say where it is.
	region, endpoint, callsPerSecond, settle string
	place                                    []config.Setting
	// owner is the setting that names the account or the project whose platform is called, and ownerRemedy what to do
	// where it is missing; empty for none.
	owner, ownerRemedy string
	// exampleRegion is the ID of one of its regions, and credentials what remedies call its credentials.
	exampleRegion, credentials string
	// oneRegion tells that the owner belongs to one region.
	oneRegion bool
	open      open
}

// open returns what makes the driver for a region once there is a guard, with its settle delay, and how long a call takes
// at most.
type open func(v *config.Values, c connect.Caller, settle time.Duration) (func(platform.Guard) (platform.Driver, error), time.Duration, error)

// opening opens a driver with a client of its platform.
func opening[C interface{ Timeout() time.Duration }](
	client func(*config.Values, connect.Caller) (C, error), driver func(C, time.Duration) func(platform.Guard) (platform.Driver, error),
) open {
	return func(v *config.Values, c connect.Caller, settle time.Duration) (func(platform.Guard) (platform.Driver, error), time.Duration, error) {
		made, err := client(v, c)
		if err != nil {
			return nil, 0, err
		}
		return driver(made, settle), made.Timeout(), nil
	}
}

// allSettings are the settings of all platforms.
func allSettings() []settingsOf {
	return []settingsOf{
		{
			platform: release.PlatformSAE, api: apicall.SAE, example: exampleOfSAE, check: "ListApplications",
			region: config.SAERegion, endpoint: config.SAEEndpoint, callsPerSecond: config.SAECallsPerSecond, settle: config.SAESettle,
			place:         config.SAE(),
			exampleRegion: "cn-hangzhou", credentials: connect.AlibabaCredentials,
			open: opening(connect.SAE, sae.Opener),
		},
		{
			platform: release.PlatformFC, api: apicall.FC, example: exampleOfFC, check: "ListServices",
			region: config.FCRegion, endpoint: config.FCEndpoint, callsPerSecond: config.FCCallsPerSecond, settle: config.FCSettle,
			place: config.FC(), owner: config.FCAccountID, ownerRemedy: "name the account whose Function Compute is called, by its number",
			exampleRegion: "cn-hangzhou", credentials: connect.AlibabaCredentials,
			open: opening(connect.FC, fc.Opener),
		},
		{
			platform: release.PlatformServiceStage, api: apicall.ServiceStage, example: exampleOfServiceStage, check: "ListComponents",
			region: config.ServiceStageRegion, endpoint: config.ServiceStageEndpoint,
			callsPerSecond: config.ServiceStageCallsPerSecond, settle: config.ServiceStageSettle,
			place: config.ServiceStage(), owner: config.ServiceStageProjectID, ownerRemedy: "name the project of the region, by its ID",
			exampleRegion: "cn-north-4", credentials: connect.HuaweiCredentials, oneRegion: true,
			open: opening(connect.ServiceStage, servicestage.Opener),
		},
	}
}

// product is its name for people.
func (s settingsOf) product() string { return s.api().Product }

// regions reads the regions of the platform, before anything is connected to.
func (s settingsOf) regions(v *config.Values) ([]string, error) {
	var regions []string
	for _, region := range v.List(s.region) {
		err := release.InRegion(s.platform, region)
		if problems, wrong := errors.AsType[release.Problems](err); wrong {
			return nil, v.Bad(s.region, problems[0].Message, "name the region that is meant, for example "+s.exampleRegion)
		}
		if !slices.Contains(regions, region) {
			regions = append(regions, region)
		}
	}
	switch {
	case len(regions) > 1 && v.Said(s.endpoint):
		return nil, v.Bad(s.endpoint, "is one endpoint for "+strings.Join(regions, " and "), "leave it out, or name one region and run a worker for each")
	case len(regions) > 1 && s.oneRegion:
		return nil, v.Bad(s.region, strings.Join(regions, " and ")+" have no project in common", "name one region and run a worker for each")
	case len(regions) > 0 && s.owner != "" && v.String(s.owner) == "":
		return nil, v.Bad(s.owner, "is not set", s.ownerRemedy)
	}
	return regions, nil
}

// serve returns how a worker serves the platform in a region. Observe is called for the requests to
// it; it may be nil.
func (s settingsOf) serve(v *config.Values, region string, observe cloudapi.Observer) (worker.Platform, error) {
	served := worker.Platform{Name: s.platform, Region: region, Remedies: s.remedies()}
	var err error
	if served.CallsPerSecond, err = v.Number(s.callsPerSecond); err != nil {
		return served, err
	}
	settle, err := v.Duration(s.settle)
	if err != nil {
		return served, err
	}
	settle = cmp.Or(settle, cloud.DefaultSettle)
	driver, timeout, err := s.open(v, connect.Caller{Region: region, UserAgent: userAgent(), Observe: observe}, settle)
	if err != nil {
		return served, err
	}
	if settle <= timeout {
		return served, v.Bad(s.settle, fmt.Sprintf("a call to %s takes up to %s", s.product(), timeout), fmt.Sprintf("name a longer time, or none for %s", cloud.DefaultSettle))
	}
	served.Driver = driver
	return served, nil
}

// remedies are what to do where the platform refuses a worker.
func (s settingsOf) remedies() map[release.Fault]string {
	place := "check " + config.Variables(s.place)
	return map[release.Fault]string{
		release.FaultAuth:        "check " + s.credentials + ", and that they may call " + s.check,
		release.FaultBilling:     "settle the account",
		release.FaultUnavailable: place + " and the network",
		release.FaultInvalid:     place,
		release.FaultNotFound:    place,
	}
}

// served are the platforms that a worker serves: those with a region.
func served(v *config.Values, metrics *worker.Metrics) ([]worker.Platform, error) {
	var out []worker.Platform
	var names []string
	for _, s := range allSettings() {
		names = append(names, s.place[0].Env+"="+s.exampleRegion)
		regions, err := s.regions(v)
		if err != nil {
			return nil, err
		}
		for _, region := range regions {
			p, err := s.serve(v, region, cloudapi.Observers(metrics.Calls(s.platform, region), tracing.Calls(s.platform, region)))
			if err != nil {
				return nil, err
			}
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		return nil, v.Bad(config.SAERegion, "no platform has a region", "name the regions that this worker serves, for example "+strings.Join(names, " or "))
	}
	return out, nil
}
