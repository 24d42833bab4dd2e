package connect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"

	"github.com/rs/zerolog"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"

	"slipway/cmd/slipway/internal/config"
	"slipway/payload"
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
	profile, err := temporalProfile(v, getenv)
	if err != nil {
		return client.Options{}, err
	}
	encoding, encodes, err := codec(v, &profile)
	if err != nil {
		return client.Options{}, err
	}
	options, err := profile.ToClientOptions(envconfig.ToClientOptionsRequest{})
	if err != nil {
		return client.Options{}, fmt.Errorf("configuration of Temporal: %w; check TEMPORAL_TLS_* and the profile file", err)
	}
	options.HostPort = cmp.Or(options.HostPort, client.DefaultHostPort)
	options.DataConverter = payload.Converter(encoding)
	// What an error says is as telling as what was asked for.
	options.FailureConverter = payload.FailureConverter(options.DataConverter, encodes)
	return options, nil
}

// Namespace is the namespace of Temporal that is served.
func Namespace(v *config.Values, getenv func(string) string) (string, error) {
	profile, err := temporalProfile(v, getenv)
	return profile.Namespace, err
}

// temporalProfile is Temporal's own configuration, with what the settings say over it.
func temporalProfile(v *config.Values, getenv func(string) string) (envconfig.ClientConfigProfile, error) {
	profile, err := envconfig.LoadClientConfigProfile(envconfig.LoadClientConfigProfileOptions{
		ConfigFilePath: cmp.Or(getenv("TEMPORAL_CONFIG_FILE"), filepath.Join(userConfig(getenv), "temporalio", "temporal.toml")),
		EnvLookup:      environment(getenv),
	})
	if err != nil {
		return profile, fmt.Errorf("configuration of Temporal: %w; check TEMPORAL_CONFIG_FILE and TEMPORAL_PROFILE", err)
	}
	if v.Said(config.TemporalAddress) {
		profile.Address = v.String(config.TemporalAddress)
	}
	if v.Said(config.TemporalNamespace) {
		profile.Namespace = v.String(config.TemporalNamespace)
	}
	profile.Namespace = cmp.Or(profile.Namespace, client.DefaultNamespace)
	return profile, nil
}

// Temporal connects to Temporal. The error is an [Error].
func Temporal(ctx context.Context, options client.Options, log zerolog.Logger) (client.Client, error) {
	options.Logger = temporalLog(log)
	c, err := client.DialContext(ctx, options)
	if err != nil {
		// The text with which the library wraps the cause says what Attempt does.
		cause := cmp.Or(errors.Unwrap(err), err)
		failed := &Error{
			Attempt: "connect to Temporal at " + options.HostPort, Problem: Explain(cause), Cause: err,
			Remedy: "check TEMPORAL_ADDRESS or --temporal-address, and TLS",
		}
		return nil, failed.ended(ctx)
	}
	return c, nil
}

// TemporalLater returns a client that connects to Temporal once something is asked, and again where that has failed.
func TemporalLater(options client.Options, log zerolog.Logger) (client.Client, error) {
	options.Logger = temporalLog(log)
	return client.NewLazyClient(options)
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
