package cli

import (
	"time"

	"github.com/spf13/cobra"

	"slipway/release"
)

// asksForJob ends the help of the command for jobs.
const asksForJob = `

It is a release like any other: it takes its turn in the lane of the job template, and its
outcome is that of the run. What a job that fails or is aborted leaves, docs/jobs.md says.
References to config maps and secrets, and what else the flags cannot say, a release file can:
"slipway release submit".

JOB is the platform, the region and the ID of the job template, such as
sae/cn-hangzhou/2fb095fd-8d0f-90ec-cf61-47b67e83cafe. "slipway api sae ListJobs" lists those of SAE.`

func (a *app) job() *cobra.Command {
	cmd, o := a.operate(&cobra.Command{
		Use:   "job JOB [--image IMAGE] [--run] [-- COMMAND ARGS...]",
		Short: "Bring an image to a job template, run its job once, or both",
		Long: `Bring an image to a job template (--image), run its job once (--run), or both: the image
first. What follows -- is what this run executes instead of the template's command.` + asksForJob,
		Example: `  slipway job sae/cn-hangzhou/2fb095fd-8d0f-90ec-cf61-47b67e83cafe --image registry.example/migrate:1.4.3 --run --wait
  slipway job sae/cn-hangzhou/2fb095fd-8d0f-90ec-cf61-47b67e83cafe --image registry.example/report:1.4.3
  slipway job sae/cn-hangzhou/2fb095fd-8d0f-90ec-cf61-47b67e83cafe --run --variable DAY=2026-11-22 --total 2h
  slipway job sae/cn-hangzhou/2fb095fd-8d0f-90ec-cf61-47b67e83cafe --run -- migrate --to 1.4.2`,
	}, release.OperationJob)
	var code release.Package
	var run release.Job
	var variables []string
	var keep bool
	var total time.Duration
	flags := cmd.Flags()
	flags.StringVar(&o.spec.Artifact.Image, "image", "", "the container image")
	flags.StringVar(&code.URL, "package", "", "the address of a jar, war or zip")
	flags.StringVar(&code.Version, "package-version", "", "the version of the package")
	flags.BoolVar(&run.Run, "run", false, "run the job once")
	withVariables(cmd, &variables, "of this run")
	flags.IntVar(&run.Instances, "instances", 0, "on how many instances it runs (default as the template says)")
	flags.BoolVar(&keep, "keep", false, "keep the new image where the run or the change fails")
	flags.DurationVar(&total, "total", 0, "how long the release may take, the run included (default 168h)")
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if at := cmd.ArgsLenAtDash(); at >= 0 {
			run.Command = args[at:]
			args = args[:at]
		}
		return arguments("JOB")(cmd, args)
	}
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if code != (release.Package{}) {
			o.spec.Artifact.Package = &code
		}
		var err error
		if run.Variables, err = variablesOf(variables); err != nil {
			return err
		}
		asked := run.Run || len(run.Command) > 0 || len(run.Variables) > 0 || cmd.Flag("instances").Changed
		switch {
		case asked && !run.Run:
			return &usageError{"missing --run: a command, --variable and --instances say how the job runs"}
		case asked:
			o.spec.Job = &run
		case o.spec.Artifact == (release.Artifact{}):
			return &usageError{"missing --image, --package with --package-version, or --run: say what to bring, whether to run the job, or both"}
		}
		o.spec.Limits.Total = release.Duration(total)
		if keep {
			o.spec.Rollback.OnFailure = new(false)
		}
		return jobFlags(cmd, o.spec)
	}
	return cmd
}

// jobFlags refuses flags of a job that were given and say nothing.
func jobFlags(cmd *cobra.Command, spec release.Spec) error {
	switch {
	case cmd.Flag("instances").Changed && spec.Job.Instances == 0:
		return &usageError{"--instances must be at least 1, or left out for as many as the template says"}
	case cmd.Flag("total").Changed && spec.Limits.Total <= 0:
		return &usageError{"--total must be more than 0s, or left out"}
	case cmd.Flag("keep").Changed && spec.Artifact == (release.Artifact{}):
		return &usageError{"--keep has no meaning without --image or --package: the job keeps what it has"}
	}
	return nil
}
