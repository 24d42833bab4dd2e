package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"slipway/activities/gates"
	"slipway/cmd/slipway/internal/config"
	"slipway/setup"
	"slipway/worker"
)

func (a *app) worker() *cobra.Command {
	cmd := withSettings(&cobra.Command{
		Use:   "worker",
		Short: "Carry releases out",
		Long: `Carry releases out: run the workflows and call the platform. Any number of workers share
the work; one that dies loses nothing. A worker serves one Temporal namespace, and every platform
that has a region, in each of its regions, with one account. It stops by itself after SIGINT
or SIGTERM once what it has begun is done.`,
		Example: `  SLIPWAY_SAE_REGION=cn-hangzhou,cn-shanghai slipway worker
  SLIPWAY_FC_REGION=cn-hangzhou SLIPWAY_FC_ACCOUNT_ID=1234567890123456 slipway worker
  SLIPWAY_SERVICESTAGE_REGION=cn-north-4 SLIPWAY_SERVICESTAGE_PROJECT_ID=0123456789abcdef0123456789abcdef slipway worker
  slipway worker --config /etc/slipway.yaml --http-addr 0.0.0.0:8080
  SLIPWAY_SAE_REGION=cn-hangzhou slipway worker --cdevents`,
		GroupID: groupRoles,
		Args:    arguments(),
	}, append(roleSettings(addrWorker), config.Platforms(), config.Calls(), config.Worker())...)
	cmd.RunE = a.withValues(func(cmd *cobra.Command, _ []string, v *config.Values) (err error) {
		c, registry := worker.Config{}, roleMetrics()
		if c.Metrics, err = worker.NewMetrics(registry); err != nil {
			return err
		}
		if c.Platforms, err = served(v, c.Metrics); err != nil {
			return err
		}
		c.GatesAllow = v.List(config.GatesAllow)
		if _, err := gates.New(gates.Config{Allow: c.GatesAllow}); err != nil {
			return v.Bad(config.GatesAllow, err.Error(), "see the page on gates")
		}
		c.Deployment = worker.Deployment{Name: v.String(config.DeploymentName), BuildID: v.String(config.DeploymentBuildID)}
		if (c.Deployment.Name == "") != (c.Deployment.BuildID == "") {
			return v.Bad(config.DeploymentBuildID, "a worker deployment needs both a name and a build ID", "set both, or none")
		}
		if c.Tuning, err = tuning(v); err != nil {
			return err
		}
		if c.CDEvents, err = v.Switch(config.CDEvents); err != nil {
			return err
		}
		needs := setup.WorkerNeeds
		if c.CDEvents {
			needs = setup.WorkerCDEventsNeeds
		}
		return a.runRole(cmd.Context(), cmd.Name(), v, duty{traced: true, needs: needs, metrics: registry, serve: func(ctx context.Context, r *role) error {
			c.Temporal, c.DataConverter, c.JetStream = r.temporal, r.data, r.js
			w, err := worker.New(c)
			if err != nil {
				return err
			}
			attributes := setup.AttributesNeed(r.temporal)
			r.able(func(ctx context.Context) error { return errors.Join(attributes(ctx), w.Ready(ctx)) })
			return w.Run(ctx)
		}})
	})
	return cmd
}

// tuning reads how much a worker does at the same time.
func tuning(v *config.Values) (worker.Tuning, error) {
	var t worker.Tuning
	for _, each := range []struct {
		name        string
		to          *int
		least, most int
	}{
		{config.WorkerActivities, &t.Activities, worker.LeastActivities, worker.MostSlots},
		{config.WorkerWorkflowTasks, &t.WorkflowTasks, worker.LeastWorkflowTasks, worker.MostSlots},
		{config.WorkerActivityPollers, &t.ActivityPollers, 1, worker.MostPollers},
		{config.WorkerWorkflowPollers, &t.WorkflowPollers, worker.LeastWorkflowTasks, worker.MostPollers},
		{config.WorkerCachedWorkflows, &t.CachedWorkflows, 1, worker.MostSlots},
	} {
		n, err := v.Count(each.name, each.most)
		if err != nil {
			return t, err
		}
		if n != 0 && n < each.least {
			return t, v.Bad(each.name, fmt.Sprintf("%d is less than %d", n, each.least), "name more, or none for the default")
		}
		*each.to = n
	}
	return t, nil
}
