package doctor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"slipway/cmd/slipway/internal/connect"
	"slipway/release"
	"slipway/releases"
	"slipway/setup"
)

// Engine is Temporal as it is checked.
type Engine struct {
	// Options are those with which everybody connects; OptionsErr says why there are none.
	Options    client.Options
	OptionsErr error
	// Dial connects.
	Dial func(context.Context, client.Options) (client.Client, error)
	// Regions are those of platforms for which a worker is expected, such as sae/cn-hangzhou, besides those
	// of the latest releases.
	Regions []string

	// client is there once Temporal is connected.
	client atomic.Pointer[client.Client]
}

// Connection checks that Temporal answers, and where. It must have run before the others do.
func (e *Engine) Connection() Check {
	return one("Temporal", func(ctx context.Context) Finding {
		if e.OptionsErr != nil {
			return broken(e.OptionsErr, "correct the setting")
		}
		c, err := e.Dial(ctx, e.Options)
		if err != nil {
			return broken(err, "check the settings of Temporal")
		}
		e.client.Store(&c)
		return ok("%s", e.Options.HostPort)
	})
}

// Close ends the connection, if there is one.
func (e *Engine) Close() {
	if c := e.client.Load(); c != nil {
		(*c).Close()
	}
}

// Checks are those that need a connection, and of payloads, which does not.
func (e *Engine) Checks() []Check {
	connected := func(name string, run func(context.Context, client.Client) []Finding) Check {
		return Check{name, func(ctx context.Context) []Finding {
			c := e.client.Load()
			if c == nil {
				return []Finding{skipped("Temporal is not connected")}
			}
			return run(ctx, *c)
		}}
	}
	return []Check{
		connected("namespace", e.namespace),
		connected("search attributes", attributes),
		one("payloads", e.payloads),
		connected("workers, workflows", func(ctx context.Context, c client.Client) []Finding {
			return []Finding{workers(ctx, c, queue{release.WorkflowTaskQueue, enumspb.TASK_QUEUE_TYPE_WORKFLOW, "start one: slipway worker"})}
		}),
		connected("workers of regions", e.regions),
		connected("lanes", e.lanes),
	}
}

func (e *Engine) namespace(ctx context.Context, c client.Client) []Finding {
	d, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: e.Options.Namespace})
	var missing *serviceerror.NamespaceNotFound
	var denied *serviceerror.PermissionDenied
	switch {
	case errors.As(err, &missing):
		return []Finding{failed(fmt.Sprintf("%s does not exist", e.Options.Namespace),
			"set TEMPORAL_NAMESPACE, or create it: temporal operator namespace create --namespace "+e.Options.Namespace)}
	case errors.As(err, &denied):
		return []Finding{warning(e.Options.Namespace+" cannot be described: "+connect.Explain(err), "nothing, where the other checks of Temporal pass")}
	case err != nil:
		return []Finding{broken(because(ctx, err), "look at the servers of Temporal: temporal operator cluster health")}
	}
	return []Finding{ok("%s, which keeps histories for %s", e.Options.Namespace, days(d.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration()))}
}

func days(d time.Duration) string {
	if d%(24*time.Hour) == 0 {
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	}
	return d.String()
}

func attributes(ctx context.Context, c client.Client) []Finding {
	err := setup.AttributesNeed(c)(ctx)
	var refused *serviceerror.InvalidArgument
	switch {
	case err == nil:
		return []Finding{ok("all are registered")}
	case errors.As(err, &refused):
		return []Finding{failed("are missing: "+connect.Explain(refused), remedySetup)}
	}
	return []Finding{skipped("%s", connect.Explain(because(ctx, err)))}
}

// payloads encodes and decodes a value as a client does; a codec server is asked for both.
func (e *Engine) payloads(context.Context) Finding {
	if e.OptionsErr != nil {
		return skipped("the settings of Temporal are wrong")
	}
	data := e.Options.DataConverter
	const text = "slipway doctor"
	p, err := data.ToPayload(text)
	var back string
	if err == nil {
		err = data.FromPayload(p, &back)
	}
	if err == nil && back != text {
		err = errors.New("what was encoded is decoded as something else")
	}
	return judgePayload(p, err)
}

func judgePayload(p *commonpb.Payload, err error) Finding {
	if err != nil {
		return failed(connect.Explain(err), "see the page on encryption: every role and every command needs the same keys, or the same codec server")
	}
	encoding := string(p.GetMetadata()[converter.MetadataEncoding])
	if encoding == converter.MetadataEncodingJSON {
		return ok("are not encrypted")
	}
	return ok("are encoded and decoded (%s)", encoding)
}

// queue is a task queue, and what starts a worker for it.
type queue struct {
	name   string
	kind   enumspb.TaskQueueType
	remedy string
}

// workers checks that somebody takes the tasks of a queue.
func workers(ctx context.Context, c client.Client, q queue) Finding {
	d, err := c.DescribeTaskQueue(ctx, q.name, q.kind)
	if err != nil {
		return broken(because(ctx, err), "see the check of the namespace")
	}
	return judgeQueue(q, d, time.Now())
}

func judgeQueue(q queue, d *workflowservice.DescribeTaskQueueResponse, now time.Time) Finding {
	alive, versions := map[string]bool{}, map[string]bool{}
	for _, p := range releases.Polling(d, now) {
		alive[p.GetIdentity()] = true
		versions[versionOf(p)] = true
	}
	if len(alive) == 0 {
		return failed("no worker takes task queue "+q.name, q.remedy)
	}
	have := strings.Join(slices.DeleteFunc(slices.Sorted(maps.Keys(versions)), func(v string) bool { return v == "" }), ", ")
	current := d.GetVersioningInfo().GetCurrentDeploymentVersion()
	name := ""
	if current != nil {
		name = current.GetDeploymentName() + ":" + current.GetBuildId()
	}
	who := fmt.Sprintf("%d on %s", len(alive), q.name)
	switch {
	case current == nil && !versions[""]:
		return failed(fmt.Sprintf("%s, of version %s, and none is current: nothing begins", who, have),
			"temporal worker deployment set-current-version --deployment-name NAME --build-id VERSION")
	case !versions[name]:
		return failed(fmt.Sprintf("%s, of version %s, but %s is current", who, orUnversioned(have), name),
			"start workers of that version, or make another one current: temporal worker deployment set-current-version")
	case have != "":
		return ok("%s, of version %s; current is %s", who, have, orUnversioned(name))
	}
	return ok("%s", who)
}

func orUnversioned(version string) string {
	if version == "" {
		return "none"
	}
	return version
}

// versionOf is the version of the deployment that a worker belongs to, or "".
func versionOf(p *taskqueuepb.PollerInfo) string {
	o := p.GetDeploymentOptions()
	if o.GetWorkerVersioningMode() != enumspb.WORKER_VERSIONING_MODE_VERSIONED {
		return ""
	}
	return o.GetDeploymentName() + ":" + o.GetBuildId()
}

// latestReleases is how many releases are looked at for the regions that are in use.
const latestReleases = 100

// regions checks that each region has a worker.
func (e *Engine) regions(ctx context.Context, c client.Client) []Finding {
	served := map[string]bool{}
	for _, region := range e.Regions {
		served[region] = true
	}
	// Where releases cannot be listed, the check of search attributes says why.
	listed, _, err := releases.New(c).List(ctx, releases.Filter{Limit: latestReleases})
	for _, l := range listed {
		if parts := strings.Split(l.App, "/"); len(parts) == 3 {
			served[parts[0]+"/"+parts[1]] = true
		}
	}
	if len(served) == 0 {
		if err != nil {
			return []Finding{skipped("releases cannot be listed: %s", connect.Explain(because(ctx, err)))}
		}
		return []Finding{skipped("there are no releases yet; name a region with --region, for example sae/cn-hangzhou")}
	}
	var found []Finding
	for _, each := range slices.Sorted(maps.Keys(served)) {
		platform, region, _ := strings.Cut(each, "/")
		f := workers(ctx, c, queue{
			release.PlatformTaskQueue(release.Platform(platform), region), enumspb.TASK_QUEUE_TYPE_ACTIVITY,
			"start one for it: SLIPWAY_" + strings.ToUpper(platform) + "_REGION=" + region + " slipway worker",
		})
		f.Check = "workers, " + each
		found = append(found, f)
	}
	return found
}

// mostLanes is how many lanes are asked whether they are full.
const mostLanes = 200

// lanes checks that no lane is full: requests for its application are then not accepted.
func (e *Engine) lanes(ctx context.Context, c client.Client) []Finding {
	all, more, err := releases.NewWith(c, e.Options.DataConverter).ListLanes(ctx, releases.LaneFilter{Limit: mostLanes})
	if err != nil {
		return []Finding{skipped("lanes cannot be listed: %s", connect.Explain(because(ctx, err)))}
	}
	return judgeLanes(all, more)
}

// judgeLanes judges the lanes that were asked; more says that there are others.
func judgeLanes(all []releases.LaneStatus, more bool) []Finding {
	var found []Finding
	silent := 0
	for _, l := range all {
		switch {
		case l.State == nil:
			silent++
		case l.State.Full != "":
			f := warning("full: "+l.State.Full, "let it go on, or take releases out of it: slipway lane get "+l.App)
			f.Check = "lane " + l.App
			found = append(found, f)
		}
	}
	if silent > 0 {
		found = append(found, skipped("%d of %d lanes do not answer", silent, len(all)))
	}
	if more {
		found = append(found, skipped("only %d lanes were asked, and there are more", len(all)))
	}
	if len(found) == 0 {
		return []Finding{ok("none is full")}
	}
	return found
}
