package servicestagetest

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/servicestageclient"
	"slipway/servicestageclient/catalog"
)

// The suite sees what is not as documented, and takes what the service may vary.
func TestForm_OfServiceStage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		operation    string
		out          any
		body         string
		wrong, newer []string
	}{
		"a job in small letters": {"GetJob", new(servicestageclient.GetJobOutput), `{"job":{"job_id":"J"},"tasks":[{"task_index":1,"created_at":"2024-06-06T15:55:31.115Z"}],"task_count":1}`, nil, nil},
		"a job in capitals":      {"GetJob", new(servicestageclient.GetJobOutput), `{"job":{"JOB_ID":"J"},"tasks":[{"TASK_INDEX":1}],"task_count":1}`, nil, nil},
		"a time of no form":      {"GetJob", new(servicestageclient.GetJobOutput), `{"tasks":[{"created_at":"now"}],"task_count":1}`, []string{"tasks[0].created_at is of another type: string"}, nil},
		"without a count":        {"ListEnvironments", new(servicestageclient.ListEnvironmentsOutput), `{"environments":null}`, []string{"count is missing"}, nil},
		"no list":                {"ListEnvironments", new(servicestageclient.ListEnvironmentsOutput), `{"count":1,"environments":{}}`, []string{"environments is of another type: map[string]interface {}"}, nil},
		"an action with a job":   {"ComponentAction", new(servicestageclient.ComponentActionOutput), `{"job_id":"J"}`, nil, nil},
		"an action without":      {"ComponentAction", new(servicestageclient.ComponentActionOutput), `{"result":"succeeded"}`, nil, nil},
		"a release without":      {"UpdateComponent", new(servicestageclient.UpdateComponentOutput), `{}`, []string{"job_id is missing"}, nil},
		"more than documented":   {"GetApplication", new(servicestageclient.GetApplicationOutput), `{"id":"a","later":1}`, nil, []string{"later is not documented"}},
		"a time of a run":        {"ListProvisionHistoryEvents", new(servicestageclient.ListProvisionHistoryEventsOutput), `{"stack_events":[{"time":"2024-05-18 17:28:53"}]}`, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := formOf(c.operation).Compare(c.out, http.Header{}, []byte(c.body))
			require.Equal(t, c.wrong, got.Wrong)
			require.Equal(t, c.newer, got.Newer)
		})
	}
}

// What is asked for of what is not there is well-formed: only the state refuses it.
func TestMinimal_IsWellFormed(t *testing.T) {
	t.Parallel()
	signedOnes := 0
	for _, op := range catalog.Operations() {
		params := minimal(op)
		for _, p := range op.Params {
			value, given := params[p.Name]
			require.Equal(t, p.Required, given, "%s.%s", op.Name, p.Name)
			if given && p.Pattern == "" {
				require.NoError(t, p.Check(value), "%s.%s", op.Name, p.Name)
			}
		}
		if signed(op) {
			signedOnes++
		}
	}
	require.Equal(t, 155-29, signedOnes, "those of an engine take its token")
	require.Zero(t, statusOf(cloudapi.ErrInvalid))
	require.Equal(t, 155, len(Report{}.Missing()))
}
