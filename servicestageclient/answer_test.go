package servicestageclient_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/servicestageclient"
	"slipway/servicestageclient/build"
	"slipway/servicestageclient/cse"
	"slipway/servicestageclient/v2"
)

// operations are the facts of the operations by their names.
func operations(t *testing.T) map[string]factOperation {
	t.Helper()
	all := map[string]factOperation{}
	for _, op := range readFacts(t) {
		all[op.Name] = op
	}
	return all
}

// newerMembers are members of samples that the tables of the reference do not have; they are kept.
func newerMembers() []string {
	return []string{
		"GetConfigurationItemsOutput.service@app", "GetConfigurationItemsOutput.service@app#1.0.0", // see Items
		"ProvisionHistory.ext_info", "ProvisionHistory.raw_data",
	}
}

// Every sample of the reference is read.
func TestAnswer_SamplesOfTheReference(t *testing.T) {
	t.Parallel()
	found, err := filepath.Glob(filepath.Join("testdata", "samples", "*.response.json"))
	require.NoError(t, err)
	require.Len(t, found, 137)
	facts := operations(t)
	for name, op := range facts {
		if op.answer() != nil {
			continue
		}
		require.NoFileExists(t, filepath.Join("testdata", "samples", name+".response.json"))
		t.Run(name+", which answers nothing", func(t *testing.T) {
			t.Parallel()
			client := serve(t, answerWith(http.StatusOK, ""))
			in, _, _ := op.ask()
			_, err := op.call(t, client, in)
			require.NoError(t, err)
			t.Attr("servicestage-sample", name)
		})
	}
	for _, path := range found {
		name, variant, _ := strings.Cut(strings.TrimSuffix(filepath.Base(path), ".response.json"), ".")
		t.Run(name+variant, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			op, ok := facts[name]
			require.True(t, ok)
			client := serve(t, answerWith(http.StatusOK, string(text)))
			in, _, _ := op.ask()
			out, err := op.call(t, client, in)
			require.NoError(t, err)
			require.False(t, out.IsZero(), "nothing was read")
			requireNothingUnknown(t, name, out)
			t.Attr("servicestage-sample", name)
		})
	}
}

// requireNothingUnknown looks through a value for members that had no field.
func requireNothingUnknown(t *testing.T, place string, v reflect.Value) {
	t.Helper()
	switch v.Kind() { //nolint:exhaustive // no other kind holds values
	case reflect.Pointer:
		if !v.IsNil() {
			requireNothingUnknown(t, place, v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			requireNothingUnknown(t, place, v.Index(i))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for _, value := range v.Fields() {
			if unknown, ok := reflect.TypeAssert[cloudapi.UnknownFields](value); ok {
				for name := range unknown {
					assert.Contains(t, newerMembers(), v.Type().Name()+"."+name, "%s", place)
				}
				continue
			}
			requireNothingUnknown(t, place, value)
		}
	}
}

// Every field of every documented answer is read into the field that has its name.
func TestAnswer_EveryMemberHasAField(t *testing.T) {
	t.Parallel()
	for _, op := range readFacts(t) {
		want := op.answer()
		if want == nil {
			continue
		}
		t.Run(op.Name, func(t *testing.T) {
			t.Parallel()
			text, err := json.Marshal(want)
			require.NoError(t, err)
			client := serve(t, answerWith(http.StatusOK, string(text)))
			in, _, _ := op.ask()
			out, err := op.call(t, client, in)
			require.NoError(t, err)
			requireNothingUnknown(t, op.Name, out)
			if op.ResponseBody == "" {
				return
			}
			back, err := servicestageclient.Wire(out.FieldByName(op.ResponseBody).Interface()).MarshalJSON()
			require.NoError(t, err)
			var got, sent any
			require.NoError(t, json.Unmarshal(back, &got))
			require.NoError(t, json.Unmarshal(text, &sent))
			require.Equal(t, timesOf(sent), timesOf(got), "what is written is what was read")
		})
	}
}

// timesOf gives times one form: they are read in several.
func timesOf(value any) any {
	switch value := value.(type) {
	case []any:
		for i := range value {
			value[i] = timesOf(value[i])
		}
	case map[string]any:
		for name, member := range value {
			value[name] = timesOf(member)
		}
	case string:
		if at, err := time.Parse(time.RFC3339, value); err == nil {
			return float64(at.UnixMilli())
		}
	}
	return value
}

func TestAnswer_TheKeysOfAJobAreReadInBothSpellings(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"small": `{"job":{"execution_status":"FAILED","job_id":"JOB1","job_type":"PROVISION","rollback_enabled":true},"task_count":2,"tasks":[
			{"task_status":"SUCCEEDED","task_index":1},{"task_status":"FAILED","task_name":"BUILD","created_at":"2024-06-06T15:55:31.115Z",
			"messages":"{\"Message\":\"ECC00011\",\"Detail\":\"Building failed.\"}"}]}`,
		"capitals": `{"job":{"EXECUTION_STATUS":"FAILED","JOB_ID":"JOB1","JOB_TYPE":"PROVISION"},"task_count":2,"tasks":[
			{"TASK_STATUS":"SUCCEEDED","TASK_INDEX":1},{"TASK_STATUS":"FAILED","TASK_NAME":"BUILD","CREATED_AT":"2024-06-06T15:55:31.115Z",
			"MESSAGES":"{\"Message\":\"ECC00011\",\"Detail\":\"Building failed.\"}"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := serve(t, answerWith(http.StatusOK, body))
			third, err := client.GetJob(t.Context(), &servicestageclient.GetJobInput{JobID: "JOB1"})
			require.NoError(t, err)
			require.Equal(t, servicestageclient.JobFailed, third.Job.ExecutionStatus)
			require.True(t, third.Job.Finished())
			require.Equal(t, "Building failed.", third.Reason())
			require.Equal(t, time.Date(2024, time.June, 6, 15, 55, 31, 115e6, time.UTC), third.Tasks[1].CreatedAt)
			second, err := v2.New(client).GetJobV2(t.Context(), &v2.GetJobV2Input{JobID: "JOB1"})
			require.NoError(t, err)
			require.Equal(t, servicestageclient.JobFailed, second.Job.ExecutionStatus)
			require.Equal(t, "BUILD", second.Tasks[1].TaskName)
			require.Equal(t, 2, second.TaskCount)
		})
	}
}

// Names that are printed in two ways are read in both.
func TestAnswer_PrintedNames(t *testing.T) {
	t.Parallel()
	client := serve(t, answerWith(http.StatusOK, `{"iac_task_statuses":"Init","custom_metrics":{"path":"/m","port":1,"dimensions":"cpu"}}`))
	deleted, err := client.DeleteEnvironmentIacResource(t.Context(), &servicestageclient.DeleteEnvironmentIacResourceInput{EnvironmentID: "e", ResourceID: "r"})
	require.NoError(t, err)
	require.Equal(t, "Init", deleted.IACTaskStatus)
	component, err := client.GetComponent(t.Context(), &servicestageclient.GetComponentInput{ApplicationID: "a", ComponentID: "c"})
	require.NoError(t, err)
	require.Equal(t, "/m", component.CustomMetric.Path)
}

func TestAnswer_WithoutABody(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusOK, http.StatusAccepted, http.StatusNoContent} {
		client := serve(t, answerWith(status, ""))
		_, err := client.DeleteComponent(t.Context(), &servicestageclient.DeleteComponentInput{ApplicationID: "a", ComponentID: "c"})
		require.NoError(t, err, "any success is one")
	}
	client := serve(t, answerWith(http.StatusNoContent, ""))
	config, err := client.GetConfig(t.Context(), &servicestageclient.GetConfigInput{ConfigID: "c"})
	require.NoError(t, err, "the reference prints 204 for it")
	require.Empty(t, config.ID)
	client = serve(t, answerWith(http.StatusOK, ""))
	require.ErrorIs(t, look(t.Context(), client), cloudapi.ErrUnavailable, "what is documented is missing")
	require.ErrorIs(t, act(t.Context(), client), cloudapi.ErrAmbiguous)
}

func TestAnswer_ItemsOfTheConfiguration(t *testing.T) {
	t.Parallel()
	client := serve(t, answerWith(http.StatusOK, `{"shop@default":{"a":"1"},"revision":{"version":"7"}}`))
	out, err := cse.New(client).GetConfigurationItems(t.Context(), &cse.GetConfigurationItemsInput{DimensionsInfo: "shop@default"})
	require.NoError(t, err)
	require.Equal(t, "7", out.Revision.Version)
	items, err := out.Items()
	require.NoError(t, err)
	require.Equal(t, map[string]map[string]string{"shop@default": {"a": "1"}}, items)
}

func TestPages_AreReadToTheEnd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answers []string
		want    []string
		queries []string
	}{
		"as many as there are": {
			[]string{`{"count":3,"components":[{"id":"a"},{"id":"b"}]}`, `{"count":3,"components":[{"id":"c"}]}`},
			[]string{"a", "b", "c"},
			[]string{"limit=2&offset=0", "limit=2&offset=2"},
		},
		"an empty page": {
			[]string{`{"components":[{"id":"a"},{"id":"b"}]}`, `{"components":[]}`}, []string{"a", "b"}, []string{"limit=2&offset=0", "limit=2&offset=2"},
		},
		"a page that is not there": {[]string{`{"count":9,"components":null}`}, nil, []string{"limit=2&offset=0"}},
		"less than asked for": {
			[]string{`{"count":3,"components":[{"id":"a"}]}`, `{"count":3,"components":[{"id":"b"},{"id":"c"}]}`},
			[]string{"a", "b", "c"},
			[]string{"limit=2&offset=0", "limit=2&offset=1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var answers []http.HandlerFunc
			for _, text := range c.answers {
				answers = append(answers, answerWith(http.StatusOK, text))
			}
			client, last := recorder(t, asItIs, answers...)
			var got []string
			for component, err := range client.ListComponentsAll(t.Context(), &servicestageclient.ListComponentsInput{Limit: new(2)}) {
				require.NoError(t, err)
				got = append(got, component.ID)
			}
			require.Equal(t, c.want, got)
			for _, query := range c.queries {
				require.Equal(t, query, last().request.URL.RawQuery)
			}
		})
	}
	client, last := recorder(t, asItIs, answerWith(http.StatusOK, `{"count":1,"applications":[{"id":"a"}]}`))
	for _, err := range client.ListApplicationsAll(t.Context(), &servicestageclient.ListApplicationsInput{Offset: new(5)}) {
		require.NoError(t, err)
		break
	}
	require.Equal(t, "limit=100&offset=5", last().request.URL.RawQuery)
}

func TestPages_OfTheOtherPackages(t *testing.T) {
	t.Parallel()
	client, last := recorder(t, asItIs, answerWith(http.StatusOK, `{"count":1,"snapshots":[{"version":"1.0.1"}]}`),
		answerWith(http.StatusOK, `{"total":1,"data":[{"id":"e"}]}`), answerWith(http.StatusOK, `{"total":1,"list":[{"job_id":"j"}]}`))
	for snapshot, err := range v2.New(client).ListInstanceSnapshotsV2All(t.Context(), &v2.ListInstanceSnapshotsV2Input{ApplicationID: "a", ComponentID: "c", InstanceID: "i"}) {
		require.NoError(t, err)
		require.Equal(t, "1.0.1", snapshot.Version)
	}
	require.Equal(t, "limit=100&offset=0", last().request.URL.RawQuery)
	for engine, err := range cse.New(client).ListEnginesAll(t.Context(), nil) {
		require.NoError(t, err)
		require.Equal(t, "e", engine.ID)
	}
	last()
	for job, err := range build.New(client).ListBuildJobsAll(t.Context(), nil) {
		require.NoError(t, err)
		require.Equal(t, "j", job.JobID)
	}
	require.Equal(t, "page=1&per_page=100", last().request.URL.RawQuery)
}

func TestPages_AnErrorEndsThem(t *testing.T) {
	t.Parallel()
	client, _ := recorder(t, asItIs, answerWith(http.StatusOK, `{"count":9,"environments":[{"id":"a"}]}`), answerWith(http.StatusForbidden, `{"error_code":"APIGW.0","error_msg":"no"}`))
	var got []error
	for _, err := range client.ListEnvironmentsAll(t.Context(), nil) {
		got = append(got, err)
	}
	require.Len(t, got, 2)
	require.NoError(t, got[0])
	require.ErrorIs(t, got[1], cloudapi.ErrAuth)
}
