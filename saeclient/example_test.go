package saeclient_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/aliyun/credentials-go/credentials"

	"slipway/cloudapi"
	"slipway/saeclient"
)

// exampleServer plays SAE: it accepts a gray release, refuses the next one, shows the order at work, then waiting for confirmation,
// and lists two orders on two pages.
func exampleServer() *httptest.Server {
	deployments, confirmed := 0, false
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/pop/v1/sam/app/deployApplication":
			if deployments++; deployments > 1 {
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, `{"RequestId":"91F9","Success":false,"Code":"Application.ChangerOrderRunning",`+
					`"Message":"An application change process is in progress. Please try again later."}`)
				return
			}
			_, _ = io.WriteString(w, `{"RequestId":"91F8","Success":true,"Code":"200","Data":{"ChangeOrderId":"co-1"}}`)
		case "/pop/v1/sam/changeorder/ListChangeOrders":
			page := r.URL.Query().Get("CurrentPage")
			_, _ = io.WriteString(w, `{"RequestId":"91FB","Success":true,"Code":"200","Data":{"TotalSize":2,"ChangeOrderList":[`+
				`{"ChangeOrderId":"co-`+page+`","CoTypeCode":"CoDeploy","CreateTime":"2020-12-17 21:06:4`+page+`"}]}}`)
		case "/pop/v1/sam/changeorder/ConfirmPipelineBatch":
			confirmed = true
			_, _ = io.WriteString(w, `{"RequestId":"91FC","Success":true,"Code":"200"}`)
		case "/pop/v1/sam/changeorder/DescribeChangeOrder":
			if confirmed {
				_, _ = io.WriteString(w, `{"RequestId":"91FD","Success":true,"Code":"200","Data":{"ChangeOrderId":"co-1","Status":2}}`)
				return
			}
			_, _ = io.WriteString(w, `{"RequestId":"91FA","Success":true,"Code":"200","Data":{"ChangeOrderId":"co-1",`+
				`"Status":"8","CurrentPipelineId":"p-1","Pipelines":[{"PipelineId":"p-1","Status":2},{"PipelineId":"p-2"}]}}`)
		}
	}))
}

func exampleClient(endpoint string) *saeclient.Client {
	credential, err := credentials.NewCredential(&credentials.Config{
		Type: new("access_key"), AccessKeyId: new("id"), AccessKeySecret: new("secret"),
	})
	if err != nil {
		fmt.Println(err) //nolint:forbidigo // examples print
		return nil
	}
	client, err := saeclient.New(saeclient.Config{
		Region:     "cn-hangzhou",
		Endpoint:   endpoint,   // Leave it out to reach the region's own endpoint.
		Credential: credential, // Leave it out to use the default credential chain.
	})
	if err != nil {
		fmt.Println(err) //nolint:forbidigo // examples print
	}
	return client
}

// A gray release: one instance first, then the rest in two batches, each after a person's confirmation.
func ExampleClient_DeployApplication() {
	server := exampleServer()
	defer server.Close()
	client := exampleClient(server.URL)
	defer client.CloseIdleConnections()
	ctx := context.Background()

	in := &saeclient.DeployApplicationInput{
		AppID:    "7171a6ca-d1cd-4928-8642-7d5cfe69****",
		ImageURL: new("registry.example/shop:1.4.2"),
		UpdateStrategy: &saeclient.UpdateStrategy{
			Type:        saeclient.StrategyGrayBatch,
			GrayUpdate:  &saeclient.GrayUpdate{Gray: 1},
			BatchUpdate: &saeclient.BatchUpdate{Batch: 2, ReleaseType: saeclient.ReleaseManual},
		},
		AutoEnableApplicationScalingRule: new(false),
	}
	out, err := client.DeployApplication(ctx, in)
	if err != nil {
		fmt.Println(err)
		return
	}
	order, err := client.DescribeChangeOrder(ctx, &saeclient.DescribeChangeOrderInput{ChangeOrderID: out.Data.ChangeOrderID})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(order.Data.ChangeOrderID, order.Data.Status == saeclient.ChangeOrderWaitBatchConfirm, len(order.Data.Pipelines))
	// Output: co-1 true 2
}

// What a caller does about an error depends on its class, and for some on the code.
func ExampleError() {
	server := exampleServer()
	defer server.Close()
	client := exampleClient(server.URL)
	defer client.CloseIdleConnections()
	ctx := context.Background()

	in := &saeclient.DeployApplicationInput{AppID: "app-1", Envs: []saeclient.EnvVar{{Name: "DB_PASSWORD", Value: "hush"}}}
	for range 2 {
		_, err := client.DeployApplication(ctx, in)
		switch {
		case err == nil:
			fmt.Println("accepted", in)
		case cloudapi.HasCode(err, saeclient.CodeChangeOrderRunning):
			fmt.Println("wait for the running change order:", err)
		case errors.Is(err, cloudapi.ErrAmbiguous):
			fmt.Println("look whether there is a new change order")
		case cloudapi.ClassOf(err).Temporary():
			fmt.Println("try again later")
		default:
			fmt.Println("give up:", err)
		}
	}
	// Output:
	// accepted DeployApplication(AppId="app-1", Envs=[redacted])
	// wait for the running change order: SAE: DeployApplication: Application.ChangerOrderRunning: An application change process is in progress. Please try again later. (conflict with the present state, HTTP 400, request 91F9)
}

// Command lines and tools call operations by name, and read the table of operations for help and checks.
func ExampleClient_Call() {
	server := exampleServer()
	defer server.Close()
	client := exampleClient(server.URL)
	defer client.CloseIdleConnections()
	ctx := context.Background()

	op, _ := saeclient.LookupOperation("DescribeChangeOrder")
	for _, p := range op.Params {
		fmt.Println(p.Name, p.In, p.Required, p.Check(""))
	}
	answer, err := client.Call(ctx, op.Name, map[string]string{"ChangeOrderId": "co-1"})
	fmt.Println(string(answer[:19]), err)
	// Output:
	// ChangeOrderId query true ChangeOrderId is required
	// {"RequestId":"91FA" <nil>
}

// A release in batches, followed to its end: whenever the order waits, the next batch is confirmed.
func ExampleClient_WaitForChangeOrder() {
	server := exampleServer()
	defer server.Close()
	client := exampleClient(server.URL)
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()

	options := saeclient.WaitOptions{Until: saeclient.DescribeChangeOrderData.NeedsSomebody, Failures: 3}
	for {
		order, err := client.WaitForChangeOrder(ctx, "co-1", options)
		if err != nil {
			fmt.Println(err)
			return
		}
		if order.Finished() {
			fmt.Println("succeeded:", order.Status == saeclient.ChangeOrderSuccess)
			return
		}
		next, ok := order.NextPipelineID()
		if order.Status != saeclient.ChangeOrderWaitBatchConfirm || !ok {
			fmt.Println("somebody has to look")
			return
		}
		fmt.Println("confirm", next)
		if _, err := client.ConfirmPipelineBatch(ctx, &saeclient.ConfirmPipelineBatchInput{PipelineID: next, Confirm: true}); err != nil {
			fmt.Println(err)
			return
		}
	}
	// Output:
	// confirm p-2
	// succeeded: true
}

// A list is read page by page while it is walked through.
func ExampleClient_ListChangeOrdersAll() {
	server := exampleServer()
	defer server.Close()
	client := exampleClient(server.URL)
	defer client.CloseIdleConnections()
	ctx := context.Background()

	in := &saeclient.ListChangeOrdersInput{AppID: "app-1", PageSize: new(1)}
	for order, err := range client.ListChangeOrdersAll(ctx, in) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(order.ChangeOrderID, order.CoTypeCode, order.CreateTime)
	}
	// Output:
	// co-1 CoDeploy 2020-12-17 13:06:41 +0000 UTC
	// co-2 CoDeploy 2020-12-17 13:06:42 +0000 UTC
}

// All that is wrong with a request is known before it is sent. The typed methods check by themselves.
func ExampleValidationError() {
	in := &saeclient.CreateApplicationScalingRuleInput{
		ScalingRuleName: "Night",
		ScalingRuleType: saeclient.ScalingRuleTiming,
		ScalingRuleTimer: &saeclient.ScalingRuleTimer{
			Period:    "* * Fri,Mon",
			Schedules: []saeclient.ScalingSchedule{{AtTime: "8 am", TargetReplicas: 60}},
		},
	}
	err := in.Validate()
	fmt.Println(errors.Is(err, cloudapi.ErrInvalid))
	if invalid, ok := errors.AsType[*cloudapi.ValidationError](err); ok {
		for _, problem := range invalid.Problems {
			fmt.Println(problem)
		}
	}
	// Output:
	// true
	// AppId is required
	// ScalingRuleName must match ^[a-z][a-z0-9-]{0,31}$
	// ScalingRuleTimer.schedules[0].atTime must have the form HH:mm
	// ScalingRuleTimer.schedules[0].targetReplicas must be at most 50
}

// What is shown of a request holds no secrets.
func ExampleSecret() {
	in := &saeclient.CreateConfigMapInput{
		Name: "settings", NamespaceID: "cn-hangzhou:test",
		Data: saeclient.ConfigMapData{"db.password": "hush"},
	}
	fmt.Println(in)
	fmt.Println(in.Data)
	fmt.Println(string(in.Data["db.password"]))
	// Output:
	// CreateConfigMap(Name="settings", NamespaceId="cn-hangzhou:test", Data=[redacted])
	// map[db.password:[redacted]]
	// hush
}
