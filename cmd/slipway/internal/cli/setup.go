package cli

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/connect"
	"slipway/cmd/slipway/internal/render"
	"slipway/release"
	"slipway/wire"
)

// prepared is one thing that setup looked after.
type prepared struct {
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	Result string `json:"result"`
}

// The results of setup.
const (
	resultCreated   = "created"
	resultUpdated   = "updated"
	resultUnchanged = "unchanged"
)

// setupTime bounds setup: new search attributes take a while to reach every server.
const setupTime = 2 * time.Minute

func (a *app) setup() *cobra.Command {
	cmd := printing(settings(&cobra.Command{
		Use:   "setup",
		Short: "Prepare NATS and Temporal: streams and search attributes",
		Long: `Create or mend the JetStream streams (SLIPWAY_IN, SLIPWAY_EVENTS, SLIPWAY_DEADLETTER) and
register Temporal's search attributes (SlipwayApp, SlipwayPhase), then wait until they can
be used. Doing it again changes nothing; limits that an operator has set on the streams
stay as they are.`,
		Example: `  slipway setup
  slipway setup --nats-url nats://nats.example:4222 --temporal-address temporal.example:7233 -o json`,
		GroupID: groupCare,
		Args:    arguments(),
	}, config.Temporal(), config.NATS()))
	timeout := cmd.Flags().Duration(flagTimeout, setupTime, "give up after this time")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		f, err := format(cmd)
		if err != nil {
			return err
		}
		v, err := a.values(cmd)
		if err != nil {
			return err
		}
		ctx, cancel := within(cmd.Context(), *timeout)
		defer cancel()
		streams, natsErr := a.setupStreams(ctx, v)
		attributes, temporalErr := a.setupAttributes(ctx, v)
		done := append(streams, attributes...)
		if len(done) > 0 {
			if err := f.Write(a.Stdout, done, func() string { return preparedTable(done) }); err != nil {
				return err
			}
		}
		return errors.Join(natsErr, temporalErr)
	}
	return cmd
}

func preparedTable(done []prepared) string {
	rows := [][]render.Cell{render.Text("KIND", "NAME", "RESULT")}
	for _, p := range done {
		rows = append(rows, render.Text(p.Kind, p.Name, p.Result))
	}
	return render.Table(rows, render.Style{})
}

func (a *app) setupStreams(ctx context.Context, v *config.Values) ([]prepared, error) {
	options, err := connect.NATSSettings(v, a.Getenv)
	if err != nil {
		return nil, err
	}
	conn, err := connect.NATS(options, "slipway setup")
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	js, err := options.JetStream(conn)
	if err != nil {
		return nil, err
	}
	before, err := streamConfigs(ctx, js)
	if err != nil {
		return nil, err
	}
	if err := wire.EnsureStreams(ctx, js); err != nil {
		return nil, fmt.Errorf("prepare NATS: %w", err)
	}
	after, err := streamConfigs(ctx, js)
	if err != nil {
		return nil, err
	}
	var done []prepared
	for _, s := range wire.Streams() {
		was, existed := before[s.Name]
		p := prepared{Kind: "stream", Name: s.Name, Result: resultUnchanged}
		switch {
		case !existed:
			p.Result = resultCreated
		case !reflect.DeepEqual(was, after[s.Name]):
			p.Result = resultUpdated
		}
		done = append(done, p)
	}
	return done, nil
}

// streamConfigs reads how the streams are that exist.
func streamConfigs(ctx context.Context, js jetstream.JetStream) (map[string]jetstream.StreamConfig, error) {
	out := map[string]jetstream.StreamConfig{}
	for _, s := range wire.Streams() {
		stream, err := js.Stream(ctx, s.Name)
		switch {
		case err == nil:
			out[s.Name] = stream.CachedInfo().Config
		case errors.Is(err, jetstream.ErrStreamNotFound):
		case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount):
			return nil, fmt.Errorf("JetStream is not enabled (%w); start nats-server with -js, or enable it for the account", err)
		default:
			return nil, fmt.Errorf("look at stream %s: %w", s.Name, err)
		}
	}
	return out, nil
}

func (a *app) setupAttributes(ctx context.Context, v *config.Values) ([]prepared, error) {
	log, err := v.Logger(a.Stderr, config.ForPerson())
	if err != nil {
		return nil, err
	}
	options, err := connect.TemporalOptions(v, a.Getenv)
	if err != nil {
		return nil, err
	}
	c, err := connect.Temporal(ctx, options, log)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	done, err := ensureAttributes(ctx, c.OperatorService(), options.Namespace)
	if err != nil {
		return nil, err
	}
	return done, awaitAttributes(ctx, c)
}

func attributes() []string { return []string{release.SearchApp, release.SearchPhase} }

// ensureAttributes registers the search attributes that are missing.
func ensureAttributes(ctx context.Context, operator operatorservice.OperatorServiceClient, namespace string) ([]prepared, error) {
	have, err := operator.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return nil, attributeError(namespace, err)
	}
	var done []prepared
	missing := map[string]enumspb.IndexedValueType{}
	for _, name := range attributes() {
		p := prepared{Kind: "search attribute", Name: name, Result: resultUnchanged}
		switch kind, exists := have.GetCustomAttributes()[name]; {
		case !exists:
			missing[name], p.Result = enumspb.INDEXED_VALUE_TYPE_KEYWORD, resultCreated
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
		return fmt.Errorf("search attributes cannot be registered from here (%w); register %v as Keyword by the means of your Temporal service", err, attributes())
	}
	return fmt.Errorf("prepare Temporal: %w", err)
}

// awaitPause is the time between two tries of the new search attributes.
const awaitPause = 500 * time.Millisecond

// awaitAttributes waits until the servers take the search attributes: each keeps them in
// a cache that it refreshes at its own pace.
func awaitAttributes(ctx context.Context, c client.Client) error {
	query := fmt.Sprintf("%s = 'x' AND %s = 'x'", release.SearchApp, release.SearchPhase)
	for {
		_, err := c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: query})
		var refused *serviceerror.InvalidArgument
		if err == nil || !errors.As(err, &refused) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the search attributes are registered, and Temporal does not take them yet: %w", context.Cause(ctx))
		case <-time.After(awaitPause):
		}
	}
}
