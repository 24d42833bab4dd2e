package cli

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/spf13/cobra"

	"slipway/internal/buildinfo"
)

// userAgent names this program to servers.
func userAgent() string { return "slipway/" + buildinfo.Read().Version }

// versionLine is what version and --version print.
func versionLine() string { return buildinfo.Read().Line("slipway") + "\n" }

func (a *app) version() *cobra.Command {
	return withOutput(&cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  slipway version\n  slipway version -o json",
		GroupID: groupMaintenance,
		Args:    arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			f, err := format(cmd)
			if err != nil {
				return err
			}
			return f.Write(a.Stdout, buildinfo.Read(), versionLine)
		},
	})
}

// roleMetrics are what every role serves: the process and its version.
func roleMetrics() *prometheus.Registry {
	registry := prometheus.NewRegistry()
	version := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Namespace: "slipway", Name: "build_info", Help: "The version of this process, as labels; always 1.",
	}, []string{"version", "revision", "goversion"})
	b := buildinfo.Read()
	version.WithLabelValues(b.Version, b.Revision, b.Go).Set(1)
	registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewBuildInfoCollector(), version,
	)
	return registry
}
