package servicestageclient_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"slipway/cloudapi"
	"slipway/servicestageclient"
	"slipway/servicestageclient/git"
)

// exampleServer plays ServiceStage: a component that takes a new version once, whose job is done.
func exampleServer() *httptest.Server {
	mux := http.NewServeMux()
	answer := func(pattern string, status int, text string) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, text)
		})
	}
	const component = "/v3/project-1/cas/applications/app-1/components/comp-1"
	answer("GET "+component, 200, `{"name":"shop","version":"1.0.1","replica":3,"runtime_stack":{"name":"Docker","type":"Docker","version":"1","deploy_mode":"container"},
		"source":{"kind":"image","url":"swr/shop:1","storage":"swr"},"envs":[{"name":"LANG","value":"C"},{"name":"CAS_APP_ID","value":"app-1"}],
		"status":{"component_status":"RUNNING","available_replica":3}}`)
	answer("PUT "+component, 200, `{"job_id":"JOB1"}`)
	answer("POST "+component+"/action", 409, `{"error_code":"SVCSTG.00100432","error_msg":"component in releasing"}`)
	answer("GET /v3/project-1/cas/jobs/JOB1", 200, `{"job":{"job_id":"JOB1","execution_status":"SUCCEEDED"},"task_count":1,"tasks":[{"task_name":"DEPLOY","task_status":"SUCCEEDED"}]}`)
	answer("GET /v3/project-1/cas/components", 200, `{"count":2,"components":[{"id":"comp-1","name":"shop","version":"1.0.1"},{"id":"comp-2","name":"stock","version":"2.4.0"}]}`)
	answer("GET /v1/project-1/git/repos/team/shop/branches", 200, `{"branches":["main"]}`)
	return httptest.NewServer(mux)
}

func exampleClient(endpoint string) *servicestageclient.Client {
	client, err := servicestageclient.New(servicestageclient.Config{
		Region:     "cn-north-4",
		ProjectID:  "project-1",
		Endpoint:   endpoint,                                                              // Leave it out to reach the endpoint of the region.
		Credential: servicestageclient.Keys{AccessKey: "access-key", SecretKey: "secret"}, // Or KeysFrom(os.Getenv), or a TokenSource.
	})
	if err != nil {
		fmt.Println(err) //nolint:forbidigo // examples print
	}
	return client
}

// A new image is released to one instance of three, which gets ten of a hundred requests. All else stays as it is.
func Example() {
	server := exampleServer()
	defer server.Close()
	client := exampleClient(server.URL)
	ctx := context.Background()

	component, err := client.GetComponent(ctx, &servicestageclient.GetComponentInput{ApplicationID: "app-1", ComponentID: "comp-1"})
	if err != nil {
		fmt.Println(err)
		return
	}
	release := component.UpdateInput("app-1", "comp-1")
	release.Source.URL, release.Version = "swr/shop:2", "1.0.2"
	release.DeployStrategy = &servicestageclient.DeployStrategy{
		Type: servicestageclient.StrategyGray,
		GrayRelease: &servicestageclient.GrayRelease{
			Type: "weight", FirstBatchWeight: new(10), FirstBatchReplica: new(1), RemainingBatch: new(1),
		},
	}
	fmt.Println(len(component.Envs), "variables are read,", len(release.Envs), "is sent")
	started, err := client.UpdateComponent(ctx, release)
	if err != nil {
		fmt.Println(err)
		return
	}
	job, err := client.WaitJob(ctx, started.JobID, servicestageclient.WaitOptions{})
	fmt.Println(job.Job.ExecutionStatus, err)
	// Output:
	// 2 variables are read, 1 is sent
	// SUCCEEDED <nil>
}

// A conflict with a job that runs ends with it: the same call may be made again then.
func ExampleEndsByItself() {
	server := exampleServer()
	defer server.Close()
	client := exampleClient(server.URL)
	ctx := context.Background()

	_, err := client.ComponentAction(ctx, &servicestageclient.ComponentActionInput{
		ApplicationID: "app-1", ComponentID: "comp-1", Action: servicestageclient.ActionRestart,
	})
	fmt.Println(errors.Is(err, cloudapi.ErrConflict), servicestageclient.EndsByItself(err))
	// Output: true true
}

// An iterator reads page after page while it is walked through.
func ExampleClient_ListComponentsAll() {
	server := exampleServer()
	defer server.Close()
	client := exampleClient(server.URL)
	ctx := context.Background()

	for component, err := range client.ListComponentsAll(ctx, nil) {
		fmt.Println(component.Name, component.Version, err)
	}
	// Output:
	// shop 1.0.1 <nil>
	// stock 2.4.0 <nil>
}

// Other parts of the API are packages of their own, whose clients are made from this one.
func ExampleNew() {
	server := exampleServer()
	defer server.Close()
	code := git.New(exampleClient(server.URL))
	ctx := context.Background()

	out, err := code.ListGitBranches(ctx, &git.ListGitBranchesInput{Namespace: "team", Project: "shop", RepoAuth: "github-1"})
	fmt.Println(out.Branches, err)
	// Output: [main] <nil>
}

// A wrong request is refused before anything is sent, with all its problems.
func ExampleComponentActionInput_Validate() {
	in := &servicestageclient.ComponentActionInput{ApplicationID: "app-1", Action: servicestageclient.ActionScale}
	fmt.Println(in.Validate())
	// Output: component_id is required; parameters needs replica, or hosts for virtual machines, for the action scale
}
