package embedded

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// awaitInterval is the pause between two questions to a starting server.
const awaitInterval = 20 * time.Millisecond

// awaitTemporal returns once the frontend serves the namespace and the history
// service answers for a workflow in it.
func awaitTemporal(ctx context.Context, addr netip.AddrPort, namespace string) (err error) {
	conn, err := grpc.NewClient(addr.String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	client := workflowservice.NewWorkflowServiceClient(conn)

	return await(ctx, func() error {
		_, err := client.DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: namespace})
		if err != nil {
			return err
		}
		// Nobody has started this workflow, so a server that looked answers NotFound.
		_, err = client.DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{
			Namespace: namespace,
			Execution: &commonpb.WorkflowExecution{WorkflowId: "slipway-dev-readiness"},
		})
		if status.Code(err) == codes.NotFound {
			return nil
		}
		return err
	})
}

// awaitHTTP returns once a GET of url answers 200.
func awaitHTTP(ctx context.Context, url string) error {
	return await(ctx, func() error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		if err := response.Body.Close(); err != nil {
			return err
		}
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %s", url, response.Status)
		}
		return nil
	})
}

// await asks ready until it agrees or ctx ends, and then tells why it did not
// agree last.
func await(ctx context.Context, ready func() error) error {
	ticker := time.NewTicker(awaitInterval)
	defer ticker.Stop()
	for {
		err := ready()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not ready: %w (last answer: %w)", context.Cause(ctx), err)
		case <-ticker.C:
		}
	}
}
