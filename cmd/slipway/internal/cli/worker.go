package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"slipway/activities/gates"
	"slipway/activities/sae"
	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/connect"
	"slipway/release"
	"slipway/setup"
	"slipway/worker"
)

func (a *app) worker() *cobra.Command {
	cmd := withSettings(&cobra.Command{
		Use:   "worker",
		Short: "Carry releases out",
		Long: `Carry releases out: run the workflows and call the platform. Any number of workers share
the work; one that dies loses nothing. A worker serves one Temporal namespace and one region
of SAE, and stops by itself after SIGINT or SIGTERM once what it has begun is done.`,
		Example: `  SLIPWAY_SAE_REGION=cn-hangzhou slipway worker
  slipway worker --config /etc/slipway.yaml --http-addr 0.0.0.0:8080`,
		GroupID: groupRoles,
		Args:    arguments(),
	}, append(roleSettings(addrWorker), config.SAE(), config.Worker())...)
	cmd.RunE = a.withValues(func(cmd *cobra.Command, _ []string, v *config.Values) (err error) {
		c := worker.Config{}
		served, err := onSAE(v)
		if err != nil {
			return err
		}
		c.Platforms = []worker.Platform{served}
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
		return a.runRole(cmd.Context(), cmd.Name(), v, duty{needs: setup.WorkerNeeds, serve: func(ctx context.Context, r *role) error {
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

// onSAE reads how a worker calls SAE.
func onSAE(v *config.Values) (worker.Platform, error) {
	served := worker.Platform{Name: release.PlatformSAE}
	err := checkRegion(v)
	if err != nil {
		return served, err
	}
	client, err := connect.SAE(v, userAgent())
	if err != nil {
		return served, err
	}
	served.Region = client.Region()
	if served.CallsPerSecond, err = v.Number(config.SAECallsPerSecond); err != nil {
		return served, err
	}
	settle, err := v.Duration(config.SAESettle)
	if err != nil {
		return served, err
	}
	if least := client.Timeout(); settle != 0 && settle <= least {
		return served, v.Bad(config.SAESettle, fmt.Sprintf("a call to SAE takes up to %s", least), fmt.Sprintf("name a longer time, or none for %s", sae.DefaultSettle))
	}
	served.Driver, served.Remedies = sae.Opener(client, settle), remediesOnSAE()
	return served, nil
}

// remediesOnSAE are what to do where SAE refuses a worker.
func remediesOnSAE() map[release.Fault]string {
	const place = "check SLIPWAY_SAE_REGION, SLIPWAY_SAE_ENDPOINT"
	return map[release.Fault]string{
		release.FaultAuth: "check the credentials of Alibaba Cloud (ALIBABA_CLOUD_ACCESS_KEY_ID and …_SECRET, a profile or a role), " +
			"and that they may call ListApplications",
		release.FaultBilling:     "settle the account",
		release.FaultUnavailable: place + " and the network",
		release.FaultInvalid:     place,
		release.FaultNotFound:    place,
	}
}

// checkRegion refuses what cannot be a region, before anything is connected to. What is not said
// is told with the credentials.
func checkRegion(v *config.Values) error {
	region := v.String(config.SAERegion)
	if region == "" {
		return nil
	}
	err := release.App{Platform: release.PlatformSAE, Region: region, ID: "any"}.Validate()
	if problems, wrong := errors.AsType[release.Problems](err); wrong {
		return v.Bad(config.SAERegion, problems[0].Message, "name the region that is meant, for example cn-hangzhou")
	}
	return nil
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
