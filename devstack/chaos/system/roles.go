package system

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"slipway/console/access"
	"slipway/devstack/scenario"
	"slipway/devstack/stack"
)

// pairs is how many workers and starters there are.
const pairs = 2

// callsPerSecond leaves room for many releases at once; the simulators have no limit.
const callsPerSecond = "500"

// roles starts all roles of Slipway, and waits until they are ready.
func (b *builder) roles(ctx context.Context) error {
	var err error
	if b.hook, err = serveHook(ctx); err != nil {
		return err
	}
	b.closers = append(b.closers, b.hook.close)
	// The address of a gate is the same for all workers.
	gates, err := b.link("workers", partHook, b.hook.addr)
	if err != nil {
		return err
	}
	b.access.Gates = "http://" + gates + "/gates"
	before := len(b.parts)
	for n := 1; n <= pairs; n++ {
		if err := b.role(ctx, fmt.Sprintf("worker-%d", n), KindWorker, b.workerEnv); err != nil {
			return err
		}
		if err := b.role(ctx, fmt.Sprintf("starter-%d", n), KindStarter, b.starterEnv); err != nil {
			return err
		}
	}
	if err := b.role(ctx, "notifier", KindNotifier, b.notifierEnv); err != nil {
		return err
	}
	if err := b.role(ctx, "console", KindConsole, b.consoleEnv); err != nil {
		return err
	}
	for _, p := range b.parts[before:] {
		if err := p.AwaitReady(ctx); err != nil {
			return err
		}
	}
	return nil
}

// role starts one role, whose environment is made for it alone: each has ways of its own.
func (b *builder) role(ctx context.Context, name string, kind Kind, environment func(ctx context.Context, name string) (map[string]string, error)) error {
	env, err := environment(ctx, name)
	if err != nil {
		return err
	}
	at, err := b.port(ctx, name)
	if err != nil {
		return err
	}
	env["SLIPWAY_HTTP_ADDR"] = at
	return b.add(&Part{Name: name, Kind: kind, ready: answers("http://" + at + "/readyz"), launch: scenario.Launch{Binary: b.config.Binaries.Slipway, Role: string(kind), Env: env}})
}

// natsURL are the ways of a role to all nodes of NATS.
func (b *builder) natsURL(from string) (string, error) {
	var urls []string
	for n := 1; n <= Nodes; n++ {
		way, err := b.link(from, nodeName(n), b.at[nodeName(n)])
		if err != nil {
			return "", err
		}
		urls = append(urls, "nats://"+way)
	}
	return strings.Join(urls, ","), nil
}

// starterEnv is the environment of a role that needs NATS and Temporal.
func (b *builder) starterEnv(_ context.Context, name string) (map[string]string, error) {
	url, err := b.natsURL(name)
	if err != nil {
		return nil, err
	}
	temporal, err := b.link(name, partTemporal, b.at[partTemporal])
	if err != nil {
		return nil, err
	}
	return map[string]string{"NATS_URL": url, "TEMPORAL_ADDRESS": temporal, "TEMPORAL_NAMESPACE": stack.Namespace}, nil
}

// workerEnv is that of a role that needs the platforms as well.
func (b *builder) workerEnv(ctx context.Context, name string) (map[string]string, error) {
	env, err := b.starterEnv(ctx, name)
	if err != nil {
		return nil, err
	}
	at := stack.Addresses{Temporal: env["TEMPORAL_ADDRESS"], NATS: env["NATS_URL"]}
	for _, way := range []struct {
		to  string
		url *string
	}{{partSAE, &at.SAE}, {partFC, &at.FC}, {partServiceStage, &at.ServiceStage}} {
		addr, err := b.link(name, way.to, b.at[way.to])
		if err != nil {
			return nil, err
		}
		*way.url = "http://" + addr
	}
	env = at.Env()
	for _, platform := range []string{"SAE", "FC", "SERVICESTAGE"} {
		env["SLIPWAY_"+platform+"_CALLS_PER_SECOND"] = callsPerSecond
	}
	return env, nil
}

// notifierEnv is the environment of a notifier that tells one webhook of everything.
func (b *builder) notifierEnv(_ context.Context, name string) (map[string]string, error) {
	url, err := b.natsURL(name)
	if err != nil {
		return nil, err
	}
	way, err := b.link(name, partHook, b.hook.addr)
	if err != nil {
		return nil, err
	}
	dir, err := b.data(name)
	if err != nil {
		return nil, err
	}
	secret := "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))
	document := fmt.Sprintf(`apiVersion: slipway.dev/v1
kind: Notifications
spec:
  channels:
    - {name: hook, type: webhook, urlFile: %q, secretFile: %q}
  rules:
    - {to: [hook], when: [all]}
`, filepath.Join(dir, "hook.url"), filepath.Join(dir, "hook.secret"))
	files := map[string]string{"hook.url": "http://" + way, "hook.secret": secret, "notifications.yaml": document}
	return map[string]string{"NATS_URL": url, "SLIPWAY_NOTIFICATIONS": filepath.Join(dir, "notifications.yaml")}, write(dir, files)
}

// consoleEnv is the environment of a console, at which nobody but the run could sign in.
func (b *builder) consoleEnv(ctx context.Context, name string) (map[string]string, error) {
	env, err := b.starterEnv(ctx, name)
	if err != nil {
		return nil, err
	}
	at, err := b.port(ctx, name+"/people")
	if err != nil {
		return nil, err
	}
	dir, err := b.data(name)
	if err != nil {
		return nil, err
	}
	maps.Copy(env, map[string]string{"SLIPWAY_CONSOLE_ADDR": at, "SLIPWAY_CONSOLE_TOKENS_FILE": filepath.Join(dir, "tokens")})
	return env, write(dir, map[string]string{"tokens": access.Line("chaos", access.NewToken(), time.Time{}) + "\n"})
}

// write writes files that the owner alone can read.
func write(dir string, files map[string]string) error {
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return fmt.Errorf("system: %w", err)
		}
	}
	return nil
}
