package connect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"runtime"

	"github.com/rs/zerolog"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/workflow"

	"slipway/cmd/slipway/internal/config"
)

// environment lets Temporal's configuration look variables up one by one. It cannot list
// them, so TEMPORAL_GRPC_META_* has no effect; the profile file's grpc_meta has.
type environment func(string) string

func (e environment) Environ() []string { return nil }

func (e environment) LookupEnv(name string) (string, bool) {
	value := e(name)
	return value, value != ""
}

// TemporalOptions returns the options for Temporal: the profile file, over it the
// environment, over it what the settings say.
func TemporalOptions(v *config.Values, getenv func(string) string) (client.Options, error) {
	profile, err := envconfig.LoadClientConfigProfile(envconfig.LoadClientConfigProfileOptions{
		ConfigFilePath: cmp.Or(getenv("TEMPORAL_CONFIG_FILE"), filepath.Join(userConfig(getenv), "temporalio", "temporal.toml")),
		EnvLookup:      environment(getenv),
	})
	if err != nil {
		return client.Options{}, fmt.Errorf("configuration of Temporal: %w; check TEMPORAL_CONFIG_FILE and TEMPORAL_PROFILE", err)
	}
	if v.Said(config.TemporalAddress) {
		profile.Address = v.String(config.TemporalAddress)
	}
	if v.Said(config.TemporalNamespace) {
		profile.Namespace = v.String(config.TemporalNamespace)
	}
	profile.Namespace = cmp.Or(profile.Namespace, client.DefaultNamespace)
	if err := checkCodec(profile.Codec); err != nil {
		return client.Options{}, err
	}
	options, err := profile.ToClientOptions(envconfig.ToClientOptionsRequest{IncludeRemoteCodec: true})
	if err != nil {
		return client.Options{}, fmt.Errorf("configuration of Temporal: %w; check TEMPORAL_TLS_* and the profile file", err)
	}
	options.HostPort = cmp.Or(options.HostPort, client.DefaultHostPort)
	if options.DataConverter != nil {
		// A workflow waits for the codec server when it reads and writes what it carries.
		options.DataConverter = workflow.DataConverterWithoutDeadlockDetection(options.DataConverter)
	}
	return options, nil
}

// checkCodec refuses a codec server that cannot be asked. The endpoint may hold a password,
// so that no error quotes it.
func checkCodec(c *envconfig.ClientConfigCodec) error {
	if c == nil || *c == (envconfig.ClientConfigCodec{}) {
		return nil
	}
	at, err := url.Parse(c.Endpoint)
	if err != nil || at.Host == "" || (at.Scheme != "http" && at.Scheme != "https") {
		return errors.New("configuration of Temporal: the endpoint of the codec server is no http or https URL; " +
			"check TEMPORAL_CODEC_ENDPOINT and codec in the profile file, or leave TEMPORAL_CODEC_AUTH out as well")
	}
	return nil
}

// Temporal connects to Temporal.
func Temporal(ctx context.Context, options client.Options, log zerolog.Logger) (client.Client, error) {
	options.Logger = sdklog.NewStructuredLogger(slog.New(zerolog.NewSlogHandler(log)))
	c, err := client.DialContext(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("connect to Temporal at %s: %w; check TEMPORAL_ADDRESS or --temporal-address, and TLS", options.HostPort, err)
	}
	return c, nil
}

// userConfig is the directory of the user's own configuration, as [os.UserConfigDir]
// finds it, from the environment that was passed.
func userConfig(getenv func(string) string) string {
	switch runtime.GOOS {
	case "windows":
		return getenv("AppData")
	case "darwin":
		return filepath.Join(getenv("HOME"), "Library", "Application Support")
	default:
		return xdgConfig(getenv)
	}
}

// xdgConfig is the same on systems that follow the XDG rules, and for the nats command
// line on all systems.
func xdgConfig(getenv func(string) string) string {
	return cmp.Or(getenv("XDG_CONFIG_HOME"), filepath.Join(getenv("HOME"), ".config"))
}
