package releases

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"golang.org/x/sync/errgroup"

	"slipway/release"
	"slipway/releases/execution"
)

// Listed is one release as visibility knows it.
type Listed struct {
	ID string `json:"id"`
	// Kind is the workflow type.
	Kind string `json:"kind"`
	// App is the application as platform/region/id.
	App string `json:"app,omitempty"`
	// AppName is what the platform calls the application; empty where no release of it has read it yet.
	AppName string `json:"appName,omitempty"`
	// Application is application/environment, where it was asked for so.
	Application string            `json:"application,omitempty"`
	Phase       release.Phase     `json:"phase,omitempty"`
	Outcome     release.Phase     `json:"outcome,omitempty"`
	Operation   release.Operation `json:"operation,omitempty"`
	// Strategy is by which strategy it proceeds; empty for what has none, such as a restart.
	Strategy release.StrategyType `json:"strategy,omitempty"`
	// Artifact is what it brings, where it was asked for and is known.
	Artifact string `json:"artifact,omitempty"`
	// Name is that of a set, where it is known.
	Name        string `json:"name,omitempty"`
	RequestedBy string `json:"requestedBy,omitempty"`
	// Set is the ID of the set that the release belongs to.
	Set string `json:"set,omitempty"`
	// Stopped is how the release's workflow was closed without a result ("terminated");
	// then nobody brings the release to an end.
	Stopped string `json:"stopped,omitempty"`
	// CreatedAt is when it was accepted into its lane; its progress tells when its turn came.
	CreatedAt time.Time `json:"createdAt,omitzero"`
	EndedAt   time.Time `json:"endedAt,omitzero"`
}

// CalledName is what people call the application: application/environment where the release was asked for
// so, what the platform calls it otherwise; empty where that is not known.
func (l Listed) CalledName() string { return cmp.Or(l.Application, l.AppName) }

// Filter chooses releases; empty fields choose all.
type Filter struct {
	// App is an application as platform/region/id.
	App string
	// AppName is what the platform calls an application, as releases of it have read it.
	AppName string
	// Application is application/environment, or application for all its environments, of releases that
	// were asked for so.
	Application string
	Phase       release.Phase
	Outcome     release.Phase
	Operation   release.Operation
	// RequestedBy is who asked, as the request names them.
	RequestedBy string
	// Set is the ID of a set.
	Set string
	// Open chooses those that are under way, and Closed those that are not.
	Open, Closed bool
	// Phases chooses those in one of several phases; none means all.
	Phases []release.Phase
	// Since chooses those that were accepted since then; zero chooses all.
	Since time.Time
	// Artifacts asks also what each release brings, one by one: no list of Temporal has it.
	Artifacts bool
	// Takes asks each release besides, and leaves out what answers that it would refuse the command,
	// or has taken it already.
	Takes release.CommandKind
	// Limit is how many to list at most; 0 lists all.
	Limit int
}

// Chooses reports whether the filter chooses a release.
func (f Filter) Chooses(l Listed) bool {
	return (f.App == "" || f.App == l.App) && (f.AppName == "" || f.AppName == l.AppName) && f.choosesName(l.Application) && (f.Phase == "" || f.Phase == l.Phase) && (f.Outcome == "" || f.Outcome == l.Outcome) &&
		(f.Operation == "" || f.Operation == l.Operation) && (f.RequestedBy == "" || f.RequestedBy == l.RequestedBy) && (f.Set == "" || f.Set == l.Set) &&
		(!f.Open || l.EndedAt.IsZero()) && (!f.Closed || !l.EndedAt.IsZero()) && (len(f.Phases) == 0 || slices.Contains(f.Phases, l.Phase)) &&
		!l.CreatedAt.Before(f.Since)
}

func (f Filter) choosesName(name string) bool {
	return f.Application == "" || f.Application == name || strings.HasPrefix(name, f.Application+"/")
}

// query is the filter in the language of Temporal's visibility.
func (f Filter) query() string {
	return "WorkflowType IN (" + strings.Join(releaseTypes(), ", ") + ")" + f.attributes()
}

func (f Filter) attributes() string {
	var q strings.Builder
	for _, a := range []release.SearchAttribute{
		{Name: release.SearchApp, Value: f.App},
		{Name: release.SearchPhase, Value: string(f.Phase)},
		{Name: release.SearchOutcome, Value: string(f.Outcome)},
		{Name: release.SearchOperation, Value: string(f.Operation)},
		{Name: release.SearchRequestedBy, Value: release.SearchText(f.RequestedBy)},
		{Name: release.SearchSet, Value: f.Set},
	} {
		if a.Value != "" {
			fmt.Fprintf(&q, " AND %s = %s", a.Name, literal(a.Value))
		}
	}
	switch {
	case strings.Contains(f.Application, "/"):
		fmt.Fprintf(&q, " AND %s = %s", release.SearchApplication, literal(f.Application))
	case f.Application != "":
		fmt.Fprintf(&q, " AND %s STARTS_WITH %s", release.SearchApplication, literal(f.Application+"/"))
	}
	if len(f.Phases) > 0 {
		phases := make([]string, len(f.Phases))
		for i, p := range f.Phases {
			phases[i] = literal(string(p))
		}
		fmt.Fprintf(&q, " AND %s IN (%s)", release.SearchPhase, strings.Join(phases, ", "))
	}
	if !f.Since.IsZero() {
		fmt.Fprintf(&q, " AND StartTime >= %s", literal(f.Since.UTC().Format(time.RFC3339Nano)))
	}
	if f.Open {
		q.WriteString(" AND " + running)
	}
	if f.Closed {
		q.WriteString(" AND " + ended)
	}
	return q.String()
}

// running chooses what is under way.
const running = "ExecutionStatus = 'Running'"

// ended chooses what is not. Without the second half a release that continues in a new run would
// be chosen for its runs before.
const ended = "ExecutionStatus NOT IN ('Running', 'ContinuedAsNew')"

// notQueued leaves out what waits for its turn.
const notQueued = " AND " + release.SearchPhase + " != '" + string(release.PhaseQueued) + "'"

// releaseTypes are the workflow types of releases, quoted.
func releaseTypes() []string {
	return literals(release.WorkflowTypes())
}

func literals(all []string) []string {
	quoted := make([]string, len(all))
	for i, s := range all {
		quoted[i] = literal(s)
	}
	return quoted
}

// literal quotes text for a visibility query.
func literal(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// pageSize is how many workflows are asked for at a time: as many as Temporal gives at once (frontend.visibilityMaxPageSize). To order them it
// reads all that the query chooses, for each page anew.
const pageSize = 1000

// List lists releases, those under way first and then the latest ended first. More reports
// whether the limit cut the list. Of a release that was reset only its newest run counts.
func (c *Client) List(ctx context.Context, f Filter) (found []Listed, more bool, err error) {
	query, none, err := c.queryOf(ctx, f)
	if err != nil || none {
		return nil, false, err
	}
	return c.list(ctx, f, f.search(query))
}

// queryOf is the filter in the language of visibility; none reports that nothing fits it.
func (c *Client) queryOf(ctx context.Context, f Filter) (query string, none bool, err error) {
	query = f.query()
	if f.AppName == "" {
		return query, false, nil
	}
	apps, err := c.appsNamed(ctx, f.AppName)
	if err != nil || len(apps) == 0 {
		return "", true, err
	}
	// A release that has not read the name yet is of the application all the same.
	return query + " AND " + release.SearchApp + " IN (" + strings.Join(literals(apps), ", ") + ")", false, nil
}

// list lists what is searched for, with all that the filter asks to know.
func (c *Client) list(ctx context.Context, f Filter, s search) (found []Listed, more bool, err error) {
	infos, more, err := c.find(ctx, s)
	if err != nil {
		return nil, false, err
	}
	titles := make([]string, len(infos))
	if f.Artifacts {
		titles = c.titles(ctx, infos)
	}
	for i, info := range infos {
		l := listed(info)
		if l.Operation == release.OperationRelease {
			l.Artifact = titles[i]
		}
		found = append(found, l)
	}
	nameApps(ctx, c, found, named)
	if f.Takes != "" {
		found = c.taking(ctx, found, f.Takes)
	}
	return found, more, nil
}

// taking leaves out the releases that answer that they do not take a command.
func (c *Client) taking(ctx context.Context, all []Listed, kind release.CommandKind) []Listed {
	survey := newSurvey()
	questions, cancel := forSurvey(ctx)
	defer cancel()
	refuses := make([]bool, len(all))
	todo := make([]func(context.Context), len(all))
	for i, l := range all {
		todo[i] = func(ctx context.Context) {
			p, err := execution.Ask(ctx, survey, func(ctx context.Context) (release.Progress, error) {
				return c.releaseReader(l.ID).ask(ctx, "")
			})
			if err == nil {
				refuses[i] = !takes(p, kind)
			}
		}
	}
	survey.Each(questions, todo)
	var left []Listed
	for i, l := range all {
		if !refuses[i] {
			left = append(left, l)
		}
	}
	return left
}

// takes reports whether a release that stands at p would take a command, and has not yet. Who gives it
// is not known: of an approval, people must be asked for it.
func takes(p release.Progress, kind release.CommandKind) bool {
	if kind == release.CommandApprove || kind == release.CommandReject {
		return p.Awaiting != nil && p.Awaiting.Kind == release.AwaitApproval
	}
	repeated, refused := release.Admit(p, release.Command{Kind: kind})
	return !repeated && refused == nil
}

// ListSets lists sets in the same order. Of a filter the phase, whether they are under way, and the limit count.
func (c *Client) ListSets(ctx context.Context, f Filter) (found []Listed, more bool, err error) {
	query := "WorkflowType = " + literal(release.WorkflowReleaseSet) + Filter{Phase: f.Phase, Open: f.Open}.attributes()
	infos, more, err := c.find(ctx, f.search(query))
	if err != nil {
		return nil, false, err
	}
	titles := c.titles(ctx, infos)
	for i, info := range infos {
		l := listed(info)
		l.ID, l.Set = strings.TrimPrefix(l.ID, release.SetWorkflowID("")), ""
		l.Name, _ = strings.CutPrefix(titles[i], "Releases of set ")
		found = append(found, l)
	}
	return found, more, nil
}

// titles are the static summaries of workflows; empty where there is none, or nobody answers.
func (c *Client) titles(ctx context.Context, infos []*workflowpb.WorkflowExecutionInfo) []string {
	titles := make([]string, len(infos))
	var group errgroup.Group
	group.SetLimit(callsAtOnce)
	for i, info := range infos {
		group.Go(func() error {
			d, err := c.temporal.DescribeWorkflow(ctx, info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId())
			if err == nil {
				titles[i], _ = d.GetStaticSummary()
			}
			return nil // the list is good without
		})
	}
	_ = group.Wait()
	return titles
}

// search chooses among workflows.
type search struct {
	query string
	// limit is how many to find at most; 0 is no limit.
	limit int
	// changes reports whether a run may fit although a newer one of the same workflow does not.
	changes bool
}

// search returns the search for what a query chooses, up to the limit of the filter.
func (f Filter) search(query string) search {
	return search{query: query, limit: f.Limit, changes: f.Phase != "" || len(f.Phases) > 0 || f.Outcome != "" || f.Closed}
}

// find lists workflows, of each its newest run.
func (c *Client) find(ctx context.Context, s search) (found []*workflowpb.WorkflowExecutionInfo, more bool, err error) {
	known := map[string]bool{}
	var token []byte
	for {
		size := pageSize
		if s.limit > 0 {
			size = min(size, s.limit+1-len(found))
		}
		resp, err := c.listPage(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: s.query, PageSize: int32(size), NextPageToken: token})
		if err != nil {
			return nil, false, err
		}
		page := resp.GetExecutions()
		if s.changes {
			if page, err = c.newest(ctx, page); err != nil {
				return nil, false, err
			}
		}
		for _, info := range page {
			// What runs comes first, and then what has ended last.
			if id := info.GetExecution().GetWorkflowId(); !known[id] {
				known[id] = true
				found = append(found, info)
			}
		}
		if s.limit > 0 && len(found) > s.limit {
			return found[:s.limit], true, nil
		}
		if token = resp.GetNextPageToken(); len(token) == 0 {
			return found, false, nil
		}
	}
}

func (c *Client) listPage(ctx context.Context, in *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	resp, err := c.temporal.ListWorkflow(ctx, in)
	if _, invalid := errors.AsType[*serviceerror.InvalidArgument](err); invalid {
		return nil, fmt.Errorf("%w; are the search attributes registered? slipway setup does that", err)
	}
	return resp, classify("", err)
}

// idsAtOnce is how many workflows a query names.
const idsAtOnce = 50

// newest leaves out the runs that were followed by another one, as a reset does it.
func (c *Client) newest(ctx context.Context, page []*workflowpb.WorkflowExecutionInfo) ([]*workflowpb.WorkflowExecutionInfo, error) {
	latest := map[string]*workflowpb.WorkflowExecutionInfo{}
	for some := range slices.Chunk(closed(page), idsAtOnce) {
		in := &workflowservice.ListWorkflowExecutionsRequest{Query: "WorkflowId IN (" + strings.Join(some, ", ") + ")", PageSize: pageSize}
		for more := true; more; more = len(in.GetNextPageToken()) > 0 {
			resp, err := c.listPage(ctx, in)
			if err != nil {
				return nil, err
			}
			for _, info := range resp.GetExecutions() {
				id := info.GetExecution().GetWorkflowId()
				if have := latest[id]; have == nil || info.GetStartTime().AsTime().After(have.GetStartTime().AsTime()) {
					latest[id] = info
				}
			}
			in.NextPageToken = resp.GetNextPageToken()
		}
	}
	return slices.DeleteFunc(slices.Clone(page), func(info *workflowpb.WorkflowExecutionInfo) bool {
		last := latest[info.GetExecution().GetWorkflowId()]
		return last != nil && last.GetExecution().GetRunId() != info.GetExecution().GetRunId()
	}), nil
}

// closed are the workflow IDs, quoted, of the runs that have ended: no run follows one under way.
func closed(page []*workflowpb.WorkflowExecutionInfo) []string {
	var ids []string
	for _, info := range page {
		if info.GetCloseTime() != nil {
			ids = append(ids, literal(info.GetExecution().GetWorkflowId()))
		}
	}
	return ids
}

func listed(info *workflowpb.WorkflowExecutionInfo) Listed {
	l := Listed{
		ID:          releaseID(info.GetExecution().GetWorkflowId()),
		Kind:        info.GetType().GetName(),
		App:         keyword(info.GetSearchAttributes(), release.SearchApp),
		AppName:     keyword(info.GetSearchAttributes(), release.SearchAppName),
		Application: keyword(info.GetSearchAttributes(), release.SearchApplication),
		Strategy:    release.StrategyType(keyword(info.GetSearchAttributes(), release.SearchStrategy)),
		Phase:       release.Phase(keyword(info.GetSearchAttributes(), release.SearchPhase)),
		Outcome:     release.Phase(keyword(info.GetSearchAttributes(), release.SearchOutcome)),
		Operation:   release.Operation(keyword(info.GetSearchAttributes(), release.SearchOperation)),
		RequestedBy: keyword(info.GetSearchAttributes(), release.SearchRequestedBy),
		Set:         keyword(info.GetSearchAttributes(), release.SearchSet),
		CreatedAt:   info.GetStartTime().AsTime(),
	}
	if end := execution.EndOf(info.GetStatus()); end.Abnormal() {
		l.Stopped = string(end)
	}
	if info.GetCloseTime() != nil {
		l.EndedAt = info.GetCloseTime().AsTime()
	}
	return l
}

func keyword(attributes *commonpb.SearchAttributes, name string) string {
	payload, ok := attributes.GetIndexedFields()[name]
	if !ok {
		return ""
	}
	var value string
	if err := converter.GetDefaultDataConverter().FromPayload(payload, &value); err != nil {
		return ""
	}
	return value
}

// A release that was started by hand may have any workflow ID; then that is its ID here.
const releasePrefix = "r-"

func releaseID(workflowID string) string {
	if id, found := strings.CutPrefix(workflowID, release.WorkflowID("")); found && strings.HasPrefix(id, releasePrefix) {
		return id
	}
	return workflowID
}

func workflowID(id string) string {
	if strings.HasPrefix(id, releasePrefix) {
		return release.WorkflowID(id)
	}
	return id
}
