package setup

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"slipway/release"
)

// SearchAttributes registers the search attributes that are missing and returns once they can
// be used. It refuses a name that exists with another type.
func SearchAttributes(ctx context.Context, c client.Client, namespace string) ([]Result, error) {
	done, err := ensureAttributes(ctx, c.OperatorService(), namespace)
	if err != nil {
		return nil, err
	}
	return done, awaitAttributes(ctx, c, namespace)
}

// ensureAttributes registers the search attributes that are missing.
func ensureAttributes(ctx context.Context, operator operatorservice.OperatorServiceClient, namespace string) ([]Result, error) {
	have, err := operator.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return nil, attributeError(namespace, err)
	}
	var done []Result
	missing := map[string]enumspb.IndexedValueType{}
	for _, name := range release.SearchNames() {
		p := Result{Kind: "search attribute", Name: name, Action: Unchanged}
		switch kind, exists := have.GetCustomAttributes()[name]; {
		case !exists:
			missing[name], p.Action = enumspb.INDEXED_VALUE_TYPE_KEYWORD, Created
		case kind != enumspb.INDEXED_VALUE_TYPE_KEYWORD:
			return nil, fmt.Errorf("search attribute %s of namespace %s is a %s, and must be a Keyword; remove it and run setup again", name, namespace, kind)
		}
		done = append(done, p)
	}
	if len(missing) == 0 {
		return done, nil
	}
	_, err = operator.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: namespace, SearchAttributes: missing})
	var exists *serviceerror.AlreadyExists
	if err != nil && !errors.As(err, &exists) {
		return nil, attributeError(namespace, err)
	}
	return done, nil
}

func attributeError(namespace string, err error) error {
	var missing *serviceerror.NamespaceNotFound
	var denied *serviceerror.PermissionDenied
	var unknown *serviceerror.Unimplemented
	switch {
	case errors.As(err, &missing):
		return fmt.Errorf("namespace %q does not exist in Temporal; create it with: temporal operator namespace create --namespace %s", namespace, namespace)
	case errors.As(err, &denied), errors.As(err, &unknown):
		return fmt.Errorf("search attributes cannot be registered from here (%w); register %v as Keyword by the means of your Temporal service", err, release.SearchNames())
	}
	return fmt.Errorf("prepare Temporal: %w", err)
}

// awaitPause is the time between two tries of the new search attributes.
const awaitPause = 500 * time.Millisecond

// awaitAttributes waits until the servers know the search attributes: each has a cache that it
// refreshes at its own interval.
func awaitAttributes(ctx context.Context, c client.Client, namespace string) error {
	for {
		err := useAttributes(ctx, c, namespace)
		var refused *serviceerror.InvalidArgument
		if err == nil || !errors.As(err, &refused) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the search attributes are registered, but Temporal does not know them yet: %w", context.Cause(ctx))
		case <-time.After(awaitPause):
		}
	}
}

// Counter is the part of Temporal's client that counts workflows; [client.Client] is one.
type Counter interface {
	CountWorkflow(ctx context.Context, r *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error)
}

// useAttributes counts workflows by all search attributes; Temporal refuses one that it does
// not know as an invalid argument.
func useAttributes(ctx context.Context, c Counter, namespace string) error {
	query := strings.Join(release.SearchNames(), " = 'x' AND ") + " = 'x'"
	_, err := c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: namespace, Query: query})
	return err
}

// AttributesNeed returns a check of the search attributes, without which no release starts. Once
// it has passed it is not repeated.
func AttributesNeed(c Counter) func(context.Context) error {
	var passed atomic.Bool
	return func(ctx context.Context) error {
		if passed.Load() {
			return nil
		}
		err := useAttributes(ctx, c, "")
		var refused *serviceerror.InvalidArgument
		switch {
		case err == nil:
			passed.Store(true)
			return nil
		case errors.As(err, &refused):
			return fmt.Errorf("temporal: search attributes are missing (%w); register them with: slipway setup", err)
		}
		return fmt.Errorf("temporal: %w", err)
	}
}
