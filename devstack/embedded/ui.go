package embedded

import (
	"context"
	"net/netip"
	"sync"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	"github.com/temporalio/ui-server/v2/server/server_options"
)

// startUI serves Temporal's web UI for the given frontend.
func startUI(ctx context.Context, cfg TemporalConfig, frontend netip.AddrPort, closers *closers) (netip.AddrPort, error) {
	at, err := resolve(ctx, cfg.UIAddr)
	if err != nil {
		return netip.AddrPort{}, err
	}
	ui := uiserver.NewServer(server_options.WithConfigProvider(&uiconfig.Config{
		Host:                at.Addr().String(),
		Port:                int(at.Port()),
		TemporalGRPCAddress: frontend.String(),
		DefaultNamespace:    cfg.namespace(),
		EnableUI:            true,
		HideLogs:            true,
		DisableNewsFetch:    true,                                // do not call home
		CORS:                uiconfig.CORS{CookieInsecure: true}, // plain http on loopback
	}))

	var serving sync.WaitGroup
	failed := make(chan error, 1)
	serving.Go(func() { failed <- ui.Start() })
	closers.add(func() error {
		ui.Stop()
		serving.Wait()
		return <-failed
	})
	return at, awaitHTTP(ctx, "http://"+at.String()+"/healthz")
}
