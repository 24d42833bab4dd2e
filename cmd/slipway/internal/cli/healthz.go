package cli

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
)

// probeTime bounds the question whether a role is well.
const probeTime = 3 * time.Second

func (a *app) healthz() *cobra.Command {
	cmd := withSettings(&cobra.Command{
		Use:   "healthz",
		Short: "Ask a running role on this machine whether it is well",
		Long: `Ask a worker, starter or codec server on this machine whether it is alive, or with --ready whether it
can do its work. Made for health checks of containers, which need no other program then.`,
		Example: `  slipway healthz
  slipway healthz --ready --http-addr 127.0.0.1:8081`,
		GroupID: groupMaintenance,
		Args:    arguments(),
	}, config.HTTP(addrWorker))
	exits(exits(cmd, exitOK, "it is"), exitError, "it is not, or does not answer")
	cmd.Flag(config.HTTPAddr).Usage = "address on which the role serves its health [$SLIPWAY_HTTP_ADDR]"
	ready := cmd.Flags().Bool("ready", false, "ask /readyz instead of /healthz")
	cmd.RunE = a.withValues(func(cmd *cobra.Command, _ []string, v *config.Values) error {
		path := "/healthz"
		if *ready {
			path = "/readyz"
		}
		url, err := probeURL(v, path)
		if err != nil {
			return err
		}
		return a.probe(cmd, url)
	})
	return cmd
}

// probeURL turns the address of a listener into one that can be called from here.
func probeURL(v *config.Values, path string) (string, error) {
	host, port, err := net.SplitHostPort(v.String(config.HTTPAddr))
	if err != nil {
		return "", v.Bad(config.HTTPAddr, err.Error(), "write host:port, for example "+addrWorker)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port) + path, nil
}

func (a *app) probe(cmd *cobra.Command, url string) error {
	ctx, cancel := within(cmd.Context(), probeTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := (&http.Client{}).Do(req)
	if err != nil {
		return fmt.Errorf("%w; is the role running, and SLIPWAY_HTTP_ADDR the same?", errors.Unwrap(err))
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	if err != nil {
		return err
	}
	answer := strings.TrimSpace(string(text))
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s: %s", url, resp.Status, answer)
	}
	_, err = fmt.Fprintln(a.Stdout, answer)
	return err
}
