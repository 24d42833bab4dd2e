package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"slipway/devstack/dist"
	"slipway/devstack/dist/gobuild"
	"slipway/devstack/pin"
	"slipway/devstack/previous"
	"slipway/devstack/vulncheck"
	"slipway/internal/buildinfo"
	"slipway/internal/registry"
)

// run carries out the command line and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	cmd := &cobra.Command{
		Use:          "slipway-dist",
		Short:        "Versions of Slipway: put together, and checked",
		Version:      buildinfo.Read().Line("slipway-dist"),
		SilenceUsage: true, SilenceErrors: true,
	}
	cmd.SetVersionTemplate("{{.Version}}\n")
	cmd.SetArgs(args)
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	cmd.AddCommand(makeCommand(), licencesCommand(), pinCommand(), vulncheckCommand(), previousCommand()) //nolint:contextcheck // the commands take their context from cobra
	if err := cmd.ExecuteContext(ctx); err != nil {
		cmd.PrintErrln("error:", err)
		return 1
	}
	return 0
}

func makeCommand() *cobra.Command {
	c := dist.Config{}
	var targets []string
	var at, output string
	cmd := &cobra.Command{
		Use:   "make",
		Short: "Put a version together: archives for each platform, an image, and what says of what they consist",
		Long: `make builds the programs for each platform, packs them with their papers, makes the image as an OCI
layout, and writes bills of materials, the provenance and the digests of all files. It builds what
is in the folder; that this is the commit that --revision names, who calls it sees to, as "make dist" does.`,
		Example: `  slipway-dist make --version v0.1.0 --revision $(git rev-parse HEAD) --time $(git log -1 --format=%cI)`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if output != "" && output != "json" {
				return fmt.Errorf("--output: %q is unknown; use json or leave it out", output)
			}
			var err error
			if c.At, err = time.Parse(time.RFC3339, at); err != nil {
				return fmt.Errorf("--time %q: must be the time of the commit, such as 2026-11-30T12:00:00Z", at)
			}
			if c.Targets, err = parse(targets); err != nil {
				return err
			}
			c.Progress = cmd.ErrOrStderr()
			result, err := dist.Make(cmd.Context(), c)
			if err != nil {
				return err
			}
			return show(cmd.OutOrStdout(), result, output)
		},
	}
	f := cmd.Flags()
	f.StringVar(&c.Root, "root", ".", "folder of the root module")
	f.StringVar(&c.Out, "out", "dist", "folder for what is made; empty, or not there")
	f.StringVar(&c.Version, "version", "", "version of the source, such as v0.1.0")
	f.StringVar(&c.Revision, "revision", "", "commit of the source, its full hash")
	f.StringVar(&at, "time", "", "time of the commit, which everything that is made has")
	f.StringSliceVar(&targets, "target", strings.Split(strings.Trim(fmt.Sprint(dist.Targets()), "[]"), " "), "platforms to build for")
	f.StringVarP(&output, "output", "o", "", "json prints what was made as JSON")
	return cmd
}

// parse reads platforms such as linux/amd64.
func parse(targets []string) ([]gobuild.Target, error) {
	all := make([]gobuild.Target, 0, len(targets))
	for _, text := range targets {
		system, arch, found := strings.Cut(text, "/")
		if !found {
			return nil, fmt.Errorf("--target %q: must be a system and an architecture, such as linux/amd64", text)
		}
		all = append(all, gobuild.Target{OS: system, Arch: arch})
	}
	return all, nil
}

func show(to io.Writer, result dist.Result, output string) error {
	if output == "json" {
		return json.NewEncoder(to).Encode(result)
	}
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	for _, f := range result.Files {
		_, _ = fmt.Fprintf(w, "%s\t%.1f MiB\n", f.Name, float64(f.Bytes)/(1<<20))
	}
	if result.Image != "" {
		_, _ = fmt.Fprintf(w, "image\t%s\n", result.Image)
	}
	return w.Flush()
}

func licencesCommand() *cobra.Command {
	var root string
	cmd := &cobra.Command{
		Use:   "licences",
		Short: "Hold the licences of all modules that programs consist of against those that are allowed",
		Long: `licences lists the modules that the programs for every platform consist of, without building any, and
fails with the name of each that has no licence, one that is not recognised, or one that is not allowed.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			counts, err := dist.Licences(cmd.Context(), root)
			if err != nil {
				return err
			}
			for _, c := range counts {
				_, _ = fmt.Fprintf(cmd.OutOrStdout(), "%s: %d modules\n", c.Licences, c.Modules)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&root, "root", ".", "folder of the root module")
	return cmd
}

func pinCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "pin FILE...",
		Short: "Write the digests of images behind their tags, as their registries tell them now",
		Long: `pin reads the digest of every image that a Dockerfile or a file for compose names from the registry of
the image, with the credentials that Docker or Podman have on this machine (DOCKER_CONFIG). It writes
nothing unless it has read all of them.`,
		Example: `  slipway-dist pin Dockerfile docker-compose.yml`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			pinned, err := pin.Files(cmd.Context(), registry.New(""), files)
			if err != nil {
				return fmt.Errorf("nothing was changed, since not every digest could be read:\n%w", err)
			}
			for _, p := range pinned {
				_, _ = fmt.Fprintf(cmd.OutOrStdout(), "%s:%d: %s is %s\n", p.File, p.Line, p.Image, p.Now)
			}
			_, _ = fmt.Fprintf(cmd.OutOrStdout(), "%d changed\n", len(pinned))
			return nil
		},
	}
}

func vulncheckCommand() *cobra.Command {
	var database string
	cmd := &cobra.Command{
		Use:   "vulncheck PROGRAM...",
		Short: "Look for known vulnerabilities in programs that Go has built",
		Long: `vulncheck looks the modules and functions of programs up in the database of vulnerabilities of Go. Where the
database cannot be read it says that nothing was checked, and succeeds: whoever must know sees to it that it can.

Exit codes: 0 nothing is known, or nothing was checked, which it says; 1 a program has a known vulnerability, or could not be read.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, programs []string) error {
			err := vulncheck.Programs(cmd.Context(), database, programs, cmd.OutOrStdout())
			if unreachable, is := errors.AsType[*vulncheck.UnreachableError](err); is {
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "NOTHING WAS CHECKED: %v\n", unreachable)
			}
			return err
		},
	}
	from := os.Getenv("GOVULNDB") // where govulncheck looks
	if from == "" {
		from = vulncheck.Database
	}
	cmd.Flags().StringVar(&database, "database", from, "address of the database, with http, https or file")
	return cmd
}

func previousCommand() *cobra.Command {
	var root, from, out string
	cmd := &cobra.Command{
		Use:   "previous",
		Short: "Build slipway as it was before workflows changed last, for the drill of an upgrade",
		Long: `previous builds slipway of the last commit whose workflows differ from those of now, and of the first version at
the earliest; --from names another one. It says which one that is, and why.`,
		Example: `  slipway-dist previous --out bin/slipway-previous
  slipway-dist previous --out bin/slipway-previous --from v0.1.0`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			var commit previous.Commit
			if from != "" {
				commit, err = previous.Resolve(cmd.Context(), root, from)
			} else {
				commit, err = previous.Find(cmd.Context(), root)
			}
			if err != nil {
				return err
			}
			_, _ = fmt.Fprintf(cmd.OutOrStdout(), "%s is of %s: %s\n", out, commit.Hash[:12], commit.Why)
			return previous.Build(cmd.Context(), root, commit.Hash, out)
		},
	}
	f := cmd.Flags()
	f.StringVar(&root, "root", ".", "folder of the repository")
	f.StringVar(&from, "from", "", "commit, branch or tag to build instead")
	f.StringVar(&out, "out", "slipway-previous", "file to write")
	return cmd
}
