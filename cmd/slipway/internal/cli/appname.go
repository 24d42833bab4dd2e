package cli

import (
	"fmt"
	"strings"

	"slipway/release"
)

// namesApp ends the help of commands that take an application.
const namesApp = "APP is platform/region/id, as \"slipway release list\" shows it."

// parseApp reads an application as people name it: platform/region/id.
func parseApp(name string) (release.App, error) {
	parts := strings.Split(name, "/")
	if len(parts) != 3 {
		message := fmt.Sprintf("APP %q is not of the form platform/region/id, for example sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe or fc/cn-hangzhou/orders", name)
		if strings.HasPrefix(name, "r-") {
			message += "; commands to a release are under: slipway release"
		}
		return release.App{}, &usageError{message}
	}
	app := release.App{Platform: release.Platform(parts[0]), Region: parts[1], ID: parts[2]}
	if err := app.Validate(); err != nil {
		return app, &usageError{fmt.Sprintf("APP %q: %s", name, strings.ReplaceAll(err.Error(), "\n", "; "))}
	}
	return app, nil
}
