package main

import (
	"cmp"
	"fmt"

	"github.com/spf13/pflag"

	"slipway/internal/simcmd"
	"slipway/saesim"
)

// readyLine is what -o json prints.
type readyLine struct {
	Ready bool              `json:"ready"`
	SAE   string            `json:"sae"`
	Env   map[string]string `json:"env"`
	Apps  []saesim.App      `json:"apps,omitempty"`
}

// program describes the command.
func program() simcmd.Program[*saesim.Simulator] {
	var config saesim.Config
	var key simcmd.AccessKey
	return simcmd.Program[*saesim.Simulator]{
		Name: "saesim", AddrEnv: "SAESIM_ADDR", Addr: "127.0.0.1:8390",
		Short: "Alibaba Cloud SAE on loopback",
		Long: `saesim serves the API of Alibaba Cloud's Serverless App Engine (version 2019-05-06)
from memory: signed requests, change orders that take time, scaling rules, gray
routes, and faults on demand through the admin API under /_saesim/, where a browser
finds a page that shows what goes on.`,
		Keys: simcmd.AlibabaCloud(saesim.TestAccessKeyID, saesim.TestAccessKeySecret),
		Example: `  # Three applications to play with, ten times as fast as life
  saesim --demo --speed 10

  # For a script: one line of JSON once it is ready, with the environment a client needs
  saesim -o json --addr 127.0.0.1:0

  # Time stands still until it is moved; the state outlives the process
  saesim --addr 127.0.0.1:8390 --speed 0 --state-file sae.json
  curl -X POST 127.0.0.1:8390/_saesim/clock/advance -d '{"duration":"2h"}'

  # The next deployment's answer gets lost
  curl -X POST 127.0.0.1:8390/_saesim/faults -d '{"operation":"DeployApplication","kind":"drop-after"}'`,
		Demo: "begin with three applications",
		Flags: func(f *pflag.FlagSet) {
			f.StringVar(&config.Region, "region", saesim.DefaultRegion, "region to serve")
			f.DurationVar(&config.BatchDuration, "batch", saesim.DefaultBatchDuration, "simulated time that a batch takes")
			f.BoolVar(&config.Strict, "strict", false, "want every header of the reference and refuse replayed nonces")
		},
		Begin: func(o simcmd.Options) (*saesim.Simulator, error) {
			key = o.Key
			return begin(config, o)
		},
		Ready: func(sim *saesim.Simulator, url string) simcmd.Ready { return ready(config, key, sim, url) },
	}
}

// begin makes the simulator that the flags describe.
func begin(config saesim.Config, o simcmd.Options) (*saesim.Simulator, error) {
	config.Clock, config.Speed, config.Seed, config.StateFile, config.Hosts = o.Clock(), o.Speed, o.Seed, o.StateFile, o.Hosts
	config.AccessKeys = o.Key.Keys()
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", simcmd.ErrUsage, err)
	}
	return saesim.New(config)
}

// ready tells what serves at a URL. A flag that was given empty means its default, as in the simulator.
func ready(config saesim.Config, key simcmd.AccessKey, sim *saesim.Simulator, url string) simcmd.Ready {
	line := readyLine{Ready: true, SAE: url, Apps: sim.Apps(), Env: key.AddTo(map[string]string{
		"SLIPWAY_SAE_ENDPOINT": url,
		"SLIPWAY_SAE_REGION":   cmp.Or(config.Region, saesim.DefaultRegion),
	})}
	said := simcmd.Ready{Line: line, AccessKeyID: key.ID, AccessKeySecret: key.Shown()}
	for _, app := range line.Apps {
		said.Has = append(said.Has, "application "+app.Name+" "+app.ID)
	}
	return said
}
