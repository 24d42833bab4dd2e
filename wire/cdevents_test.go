package wire_test

import (
	"encoding/json"
	"testing"
	"time"

	cdeventsapi "github.com/cdevents/sdk-go/pkg/api"
	cdevents "github.com/cdevents/sdk-go/pkg/api/v05"
	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/wire"
)

// told is a lifecycle event of a release of shop.
func told(kind release.EventKind, outcome release.Phase, with ...func(*release.Progress)) release.Event {
	p := release.Progress{
		ReleaseID: "r-1", App: release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "7171a6ca"}, AppName: "shop-prod", Operation: release.OperationRelease,
		Artifact: release.Artifact{Image: "registry.example/team/shop:1.4.2@" + pushedDigest}, Phase: outcome, Outcome: outcome, StartedAt: time.Unix(1, 0),
		RollbackTo: &release.Version{Artifact: release.Artifact{Image: "shop:1.4.1"}},
	}
	for _, each := range with {
		each(&p)
	}
	return release.Event{ID: release.EventID("r-1", 3, kind), Kind: kind, At: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), Progress: p}
}

func first(p *release.Progress) { p.RollbackTo = nil }

func begun(p *release.Progress)   { p.ChangeID = "change-1" }
func unbegun(p *release.Progress) { p.StartedAt = time.Time{} }

func asked(p *release.Progress) {
	p.ByName = &release.ByName{Application: "shop", Environment: "production"}
}

func triggered(chain string) func(*release.Progress) {
	return func(p *release.Progress) {
		asked(p)
		p.ByName.Trigger = release.Trigger{Rule: "staging", EventID: "push-7", Chain: chain}
	}
}

func does(o release.Operation) func(*release.Progress) {
	return func(p *release.Progress) { p.Operation = o }
}

const (
	shopURL   = "pkg:oci/shop@" + pushedDigest + "?repository_url=registry.example%2Fteam%2Fshop&tag=1.4.2"
	beforeURL = "pkg:oci/shop?repository_url=docker.io%2Flibrary%2Fshop&tag=1.4.1"
)

// readCDEvent reads a message as the SDK of CDEvents does, which must find it valid, and return what is in it.
func readCDEvent(t *testing.T, msg *nats.Msg) (map[string]any, event.Event) {
	t.Helper()
	var ce event.Event
	require.NoError(t, json.Unmarshal(msg.Data, &ce))
	read, err := cdevents.NewFromJsonBytes(ce.Data())
	require.NoError(t, err, string(ce.Data()))
	require.NoError(t, cdeventsapi.Validate(read), string(ce.Data()))
	require.Equal(t, read.GetId(), ce.ID())
	require.Equal(t, read.GetSource(), ce.Source())
	require.Equal(t, read.GetSubjectId(), ce.Subject())
	require.Equal(t, read.GetType().String(), ce.Type())
	require.Equal(t, msg.Header.Get("Nats-Msg-Id"), ce.ID(), "published twice it is stored once")
	var all map[string]any
	require.NoError(t, json.Unmarshal(ce.Data(), &all))
	return all, ce
}

func TestCDEvents(t *testing.T) {
	t.Parallel()
	run := []string{"pipelinerun.finished"}
	for name, c := range map[string]struct {
		event release.Event
		// tells are the events, and runs the package URL of the first one's service.
		tells         []string
		runs, outcome string
	}{
		"accepted":                       {told(release.EventAccepted, ""), []string{"pipelinerun.queued"}, "", ""},
		"started":                        {told(release.EventStarted, ""), []string{"pipelinerun.started"}, "", ""},
		"on the way":                     {told(release.EventBatchDone, ""), nil, "", ""},
		"first release":                  {told(release.EventSucceeded, release.PhaseSucceeded, first), []string{"service.deployed", "pipelinerun.finished"}, shopURL, "success"},
		"release":                        {told(release.EventSucceeded, release.PhaseSucceeded), []string{"service.upgraded", "pipelinerun.finished"}, shopURL, "success"},
		"configuration alone":            {told(release.EventSucceeded, release.PhaseSucceeded, func(p *release.Progress) { p.OnlyConfig = true }), run, "", "success"},
		"restart":                        {told(release.EventSucceeded, release.PhaseSucceeded, does(release.OperationRestart)), run, "", "success"},
		"job":                            {told(release.EventSucceeded, release.PhaseSucceeded, does(release.OperationJob)), run, "", "success"},
		"rollback":                       {told(release.EventSucceeded, release.PhaseSucceeded, does(release.OperationRollback)), []string{"service.rolledback", "pipelinerun.finished"}, shopURL, "success"},
		"rollback to nobody knows what":  {told(release.EventSucceeded, release.PhaseSucceeded, does(release.OperationRollback), func(p *release.Progress) { p.Artifact = release.Artifact{} }), run, "", "success"},
		"rolled back":                    {told(release.EventRolledBack, release.PhaseRolledBack, begun), []string{"service.rolledback", "pipelinerun.finished"}, beforeURL, "failure"},
		"aborted after its change began": {told(release.EventAborted, release.PhaseAborted, begun), []string{"service.rolledback", "pipelinerun.finished"}, beforeURL, "cancel"},
		"aborted before":                 {told(release.EventAborted, release.PhaseAborted), run, "", "cancel"},
		"aborted in its lane":            {told(release.EventAborted, release.PhaseAborted, unbegun), run, "", "cancel"},
		"a rollback that was aborted":    {told(release.EventAborted, release.PhaseAborted, begun, does(release.OperationRollback)), run, "", "cancel"},
		"failed":                         {told(release.EventFailed, release.PhaseFailed, begun), run, "", "failure"},
		"needs attention":                {told(release.EventAttention, release.PhaseNeedsAttention, begun), run, "", "error"},
		"a command that came after it":   {told(release.EventDecided, release.PhaseSucceeded), nil, "", ""},
		"of a package": {told(release.EventSucceeded, release.PhaseSucceeded, func(p *release.Progress) {
			p.Artifact = release.Artifact{Package: &release.Package{URL: "https://oss.example/shop.jar?Signature=secret", Version: "1.4"}}
		}), []string{"service.upgraded", "pipelinerun.finished"}, "pkg:generic/shop.jar@1.4?download_url=https:%2F%2Foss.example%2Fshop.jar", "success"},
		"of an image that cannot be read": {told(release.EventSucceeded, release.PhaseSucceeded, func(p *release.Progress) { p.Artifact = release.Artifact{Image: "Shop 1"} }), []string{"service.upgraded", "pipelinerun.finished"}, "pkg:generic/Shop%201", "success"},
		"of a set":                        {release.Event{Kind: release.EventStarted, Set: &release.SetProgress{SetID: "s-1"}}, nil, "", ""},
		"of a lane":                       {release.Event{Kind: release.EventHeld, Lane: &release.LaneChange{}}, nil, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.event.Progress.Reason = "because"
			msgs, err := wire.EncodeCDEvents(c.event)
			require.NoError(t, err)
			require.Len(t, msgs, len(c.tells))
			for i, what := range c.tells {
				require.Equal(t, "slipway.cdevents."+what+".r-1", msgs[i].Subject)
				read, ce := readCDEvent(t, msgs[i])
				require.Equal(t, "dev.cdevents."+what+".0.3.0", ce.Type())
				require.Equal(t, "r-1."+what, ce.ID())
				require.Equal(t, c.event.At, ce.Time())
				context, _ := read["context"].(map[string]any)
				require.Equal(t, "r-1", context["chainId"])
				subject, _ := read["subject"].(map[string]any)
				content, _ := subject["content"].(map[string]any)
				if what == "pipelinerun.finished" {
					require.Equal(t, c.outcome, content["outcome"])
					require.Equal(t, c.outcome != "success", content["errors"] == "because")
				}
				if c.runs != "" && i == 0 {
					require.Equal(t, c.runs, content["artifactId"])
				}
				require.Equal(t, map[string]any{"slipway": map[string]any{"releaseId": "r-1", "eventId": c.event.ID}}, read["customData"])
			}
		})
	}
}

func TestCDEvents_NamesAndLinks(t *testing.T) {
	t.Parallel()
	path := func(from string) any {
		return map[string]any{"linkType": "PATH", "from": map[string]any{"contextId": from}, "tags": map[string]any{}}
	}
	end := func(from string) any {
		return map[string]any{"linkType": "END", "from": map[string]any{"contextId": from}, "tags": map[string]any{}}
	}
	related := func(kind, target string) any {
		return map[string]any{"linkType": "RELATION", "linkKind": kind, "target": map[string]any{"contextId": target}, "tags": map[string]any{}}
	}
	for name, c := range map[string]struct {
		event release.Event
		// last is that of the event's last CDEvent.
		chain, subject, pipeline string
		links                    []any
	}{
		"asked for by its ID":              {told(release.EventAccepted, ""), "r-1", "r-1", "shop-prod", nil},
		"its name is not known yet":        {told(release.EventAccepted, "", func(p *release.Progress) { p.AppName = "" }), "r-1", "r-1", "sae/cn-hangzhou/7171a6ca", nil},
		"asked for by name":                {told(release.EventAccepted, "", asked), "r-1", "r-1", "shop/production", nil},
		"of a push without a chain":        {told(release.EventAccepted, "", triggered("")), "r-1", "r-1", "shop/production", []any{related("TRIGGER", "push-7")}},
		"of a push with a chain":           {told(release.EventAccepted, "", triggered("chain-3")), "chain-3", "r-1", "shop/production", []any{path("push-7"), related("TRIGGER", "push-7")}},
		"of a promotion":                   {told(release.EventAccepted, "", asked, func(p *release.Progress) { p.ByName.PromotedFrom.Release = "r-0" }), "r-1", "r-1", "shop/production", []any{related("PROMOTION", "r-0.pipelinerun.finished")}},
		"of a retry":                       {told(release.EventAccepted, "", func(p *release.Progress) { p.RetryOf = "r-0" }), "r-1", "r-1", "shop-prod", []any{related("RETRY", "r-0.pipelinerun.finished")}},
		"started":                          {told(release.EventStarted, "", triggered("chain-3")), "chain-3", "r-1", "shop/production", []any{path("r-1.pipelinerun.queued")}},
		"finished after its service":       {told(release.EventSucceeded, release.PhaseSucceeded), "r-1", "r-1", "shop-prod", []any{path("r-1.service.upgraded"), end("r-1.service.upgraded")}},
		"finished without one":             {told(release.EventFailed, release.PhaseFailed), "r-1", "r-1", "shop-prod", []any{path("r-1.pipelinerun.started"), end("r-1.pipelinerun.started")}},
		"finished before its turn":         {told(release.EventAborted, release.PhaseAborted, unbegun), "r-1", "r-1", "shop-prod", []any{path("r-1.pipelinerun.queued"), end("r-1.pipelinerun.queued")}},
		"its chain is that to its own end": {told(release.EventFailed, release.PhaseFailed, triggered("chain-3")), "chain-3", "r-1", "shop/production", []any{path("r-1.pipelinerun.started"), end("r-1.pipelinerun.started")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			msgs, err := wire.EncodeCDEvents(c.event)
			require.NoError(t, err)
			read, _ := readCDEvent(t, msgs[len(msgs)-1])
			context, _ := read["context"].(map[string]any)
			subject, _ := read["subject"].(map[string]any)
			content, _ := subject["content"].(map[string]any)
			links, _ := context["links"].([]any)
			require.Equal(t, []any{c.chain, c.subject, c.pipeline}, []any{context["chainId"], subject["id"], content["pipelineName"]})
			require.Equal(t, c.links, links)
			require.Equal(t, "slipway://sae/cn-hangzhou/7171a6ca/r-1", content["uri"])
		})
	}
}

func TestCDEvents_OfAService(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		event                release.Event
		service, environment string
	}{
		"by its ID": {told(release.EventSucceeded, release.PhaseSucceeded), "sae/cn-hangzhou/7171a6ca", "sae/cn-hangzhou"},
		"by name":   {told(release.EventSucceeded, release.PhaseSucceeded, asked), "shop", "production"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			msgs, err := wire.EncodeCDEvents(c.event)
			require.NoError(t, err)
			read, _ := readCDEvent(t, msgs[0])
			subject, _ := read["subject"].(map[string]any)
			require.Equal(t, c.service, subject["id"])
			require.Equal(t, map[string]any{"environment": map[string]any{"id": c.environment}, "artifactId": shopURL}, subject["content"])
		})
	}
}

func TestCDEvents_AreNoLifecycleEvents(t *testing.T) {
	t.Parallel()
	msgs, err := wire.EncodeCDEvents(told(release.EventStarted, ""))
	require.NoError(t, err)
	_, err = wire.DecodeEvent(msgs[0])
	require.ErrorContains(t, err, "is not a lifecycle event")
}
