package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// build says what is running.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func thisBuild() build {
	b := build{Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if info.Main.Version != "" {
		b.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

// userAgent names this program to servers.
func userAgent() string { return "slipway/" + thisBuild().Version }

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
			b := thisBuild()
			return f.Write(a.Stdout, b, func() string {
				text := "slipway " + b.Version
				if b.Revision != "" {
					text += " " + b.Revision
				}
				return fmt.Sprintf("%s %s %s\n", text, b.Go, b.Platform)
			})
		},
	})
}
