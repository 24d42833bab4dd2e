package releases_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/mocks"

	"slipway/release"
	"slipway/releases"
)

// visible is what visibility tells of a release of an application, which may have no name yet.
func visible(t *testing.T, id, app, name string) *workflowpb.WorkflowExecutionInfo {
	t.Helper()
	fields := map[string]*commonpb.Payload{release.SearchApp: payload(t, app), release.SearchStrategy: payload(t, "gray")}
	if name != "" {
		fields[release.SearchAppName] = payload(t, name)
	}
	return &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: release.WorkflowID(id)}, SearchAttributes: &commonpb.SearchAttributes{IndexedFields: fields},
	}
}

// A release that has not read what its application is called has the name that others of it have read.
func TestList_NamesOfApplications(t *testing.T) {
	t.Parallel()
	m := &mocks.Client{}
	page := func(token string, infos ...*workflowpb.WorkflowExecutionInfo) *workflowservice.ListWorkflowExecutionsResponse {
		return &workflowservice.ListWorkflowExecutionsResponse{Executions: infos, NextPageToken: []byte(token)}
	}
	names := func(apps string, answer *workflowservice.ListWorkflowExecutionsResponse) {
		m.On("ListWorkflow", mock.Anything, mock.MatchedBy(func(in *workflowservice.ListWorkflowExecutionsRequest) bool {
			return asksForNames(in) && strings.Contains(in.GetQuery(), "SlipwayApp IN ("+apps+")")
		})).Return(answer, nil).Once()
	}
	m.On("ListWorkflow", mock.Anything, mock.MatchedBy(func(in *workflowservice.ListWorkflowExecutionsRequest) bool { return !asksForNames(in) })).
		Return(page("", visible(t, "r-1", "sae/a/1", "shop"), visible(t, "r-2", "sae/a/2", ""), visible(t, "r-3", "sae/a/3", ""), visible(t, "r-4", "sae/a/3", "")), nil).Once()
	names("'sae/a/2', 'sae/a/3'", page("more", visible(t, "r-9", "sae/a/2", "orders")))
	names("'sae/a/3'", page("", visible(t, "r-8", "sae/a/3", "mail")))
	found, _, err := releases.New(m).List(t.Context(), releases.Filter{})
	require.NoError(t, err)
	var got []string
	for _, l := range found {
		got = append(got, fmt.Sprint(l.ID, " ", l.AppName, " ", l.Strategy))
	}
	require.Equal(t, []string{"r-1 shop gray", "r-2 orders gray", "r-3 mail gray", "r-4 mail gray"}, got)
	m.AssertExpectations(t)
}

// Names are an addition: a Temporal that does not answer for them takes no list away.
func TestList_WithoutNames(t *testing.T) {
	t.Parallel()
	m := &mocks.Client{}
	m.On("ListWorkflow", mock.Anything, mock.MatchedBy(asksForNames)).Return(nil, serviceerror.NewUnavailable("away"))
	m.On("ListWorkflow", mock.Anything, mock.Anything).Return(&workflowservice.ListWorkflowExecutionsResponse{
		Executions: []*workflowpb.WorkflowExecutionInfo{visible(t, "r-1", "sae/a/1", "")},
	}, nil)
	found, _, err := releases.New(m).List(t.Context(), releases.Filter{})
	require.NoError(t, err)
	require.Len(t, found, 1)
}

// The releases of an application are found by its name, those among them that have not read it.
func TestList_ByTheNameOfAnApplication(t *testing.T) {
	t.Parallel()
	m, r := newClient(t)
	token := []byte("more")
	on := func(contained string, infos ...*workflowpb.WorkflowExecutionInfo) {
		m.On("ListWorkflow", mock.Anything, mock.MatchedBy(func(in *workflowservice.ListWorkflowExecutionsRequest) bool {
			return strings.HasSuffix(in.GetQuery(), contained)
		})).Return(&workflowservice.ListWorkflowExecutionsResponse{Executions: infos, NextPageToken: token}, nil).Once()
		token = nil
	}
	on("AND SlipwayAppName = 'shop'", visible(t, "r-1", "sae/a/1", "shop"), visible(t, "r-3", "sae/a/1", "shop"))
	on("AND SlipwayAppName = 'shop' AND SlipwayApp NOT IN ('sae/a/1')", visible(t, "r-2", "sae/b/1", "shop"))
	on("AND ExecutionStatus = 'Running' AND SlipwayApp IN ('sae/a/1', 'sae/b/1')", visible(t, "r-4", "sae/a/1", ""))
	found, _, err := r.List(t.Context(), releases.Filter{AppName: "shop", Open: true})
	require.NoError(t, err)
	require.Len(t, found, 1)

	on("AND SlipwayAppName = 'nosuch'")
	found, _, err = r.List(t.Context(), releases.Filter{AppName: "nosuch"})
	require.NoError(t, err)
	require.Empty(t, found)
}

// Names that Temporal tells slowly, or one by one, hold no list up for long.
func TestList_NamesAreBounded(t *testing.T) {
	t.Parallel()
	var infos []*workflowpb.WorkflowExecutionInfo
	for i := range 30 {
		infos = append(infos, visible(t, fmt.Sprint("r-", i), fmt.Sprint("sae/a/", i), ""))
	}
	list := func(t *testing.T, name func(call int) *workflowservice.ListWorkflowExecutionsResponse, slow time.Duration) (calls int) {
		t.Helper()
		m := &mocks.Client{}
		m.On("ListWorkflow", mock.Anything, mock.MatchedBy(asksForNames)).Return(
			func(ctx context.Context, _ *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
				calls++
				select {
				case <-ctx.Done():
					return nil, ctx.Err()
				case <-time.After(slow):
				}
				return name(calls), nil
			})
		m.On("ListWorkflow", mock.Anything, mock.Anything).Return(&workflowservice.ListWorkflowExecutionsResponse{Executions: infos}, nil)
		found, _, err := releases.New(m).List(t.Context(), releases.Filter{})
		require.NoError(t, err)
		require.Len(t, found, len(infos))
		return calls
	}
	one := func(call int) *workflowservice.ListWorkflowExecutionsResponse {
		return &workflowservice.ListWorkflowExecutionsResponse{
			Executions: []*workflowpb.WorkflowExecutionInfo{visible(t, "r-x", fmt.Sprint("sae/a/", call), "shop")}, NextPageToken: []byte("more"),
		}
	}
	synctest.Test(t, func(t *testing.T) {
		require.Equal(t, 10, list(t, one, 0))
		began := time.Now()
		require.Equal(t, 1, list(t, one, time.Hour))
		require.Equal(t, 5*time.Second, time.Since(began))
	})
}

// A queued release, which has not read the name of its application, has that which others tell.
func TestWithTurn_NameOfTheApplication(t *testing.T) {
	t.Parallel()
	m := &mocks.Client{}
	m.On("ListWorkflow", mock.Anything, mock.MatchedBy(asksForNames)).Return(&workflowservice.ListWorkflowExecutionsResponse{
		Executions: []*workflowpb.WorkflowExecutionInfo{visible(t, "r-1", app().SearchValue(), "shop")},
	}, nil).Once()
	m.On("DescribeWorkflow", mock.Anything, release.LaneID(app()), "").Return(nil, serviceerror.NewUnavailable("away"))
	got := releases.New(m).WithTurn(t.Context(), release.Progress{ReleaseID: "r-2", App: app(), Phase: release.PhaseQueued})
	require.Equal(t, "shop", got.AppName)
}

// Releases that were asked for by name are found by it, those of one environment or of all.
func TestList_ByTheNameOfADocument(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"shop/production": " AND SlipwayApplication = 'shop/production'",
		"shop":            " AND SlipwayApplication STARTS_WITH 'shop/'",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			asked := visible(t, "r-1", "sae/a/1", "orders")
			asked.SearchAttributes.IndexedFields[release.SearchApplication] = payload(t, "shop/production")
			m.On("ListWorkflow", mock.Anything, mock.MatchedBy(func(in *workflowservice.ListWorkflowExecutionsRequest) bool {
				return strings.HasSuffix(in.GetQuery(), want)
			})).Return(&workflowservice.ListWorkflowExecutionsResponse{Executions: []*workflowpb.WorkflowExecutionInfo{asked}}, nil).Once()
			filter := releases.Filter{Application: name}
			found, _, err := r.List(t.Context(), filter)
			require.NoError(t, err)
			require.Len(t, found, 1)
			require.Equal(t, "shop/production", found[0].CalledName())
			require.True(t, filter.Chooses(found[0]))
			require.False(t, filter.Chooses(releases.Listed{ID: "r-2", Application: "shopping/production"}))
		})
	}
}
