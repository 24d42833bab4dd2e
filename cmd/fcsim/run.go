package main

import (
	"cmp"
	"fmt"

	"github.com/spf13/pflag"

	"slipway/fcsim"
	"slipway/internal/simcmd"
)

// readyLine is what -o json prints.
type readyLine struct {
	Ready     bool              `json:"ready"`
	FC        string            `json:"fc"`
	AccountID string            `json:"accountId"`
	Env       map[string]string `json:"env"`
}

// program describes the command.
func program() simcmd.Program[*fcsim.Simulator] {
	var config fcsim.Config
	var key simcmd.AccessKey
	return simcmd.Program[*fcsim.Simulator]{
		Name: "fcsim", AddrEnv: "FCSIM_ADDR", Addr: "127.0.0.1:8391",
		Short: "Alibaba Cloud Function Compute 2.0 on loopback",
		Long: `fcsim serves the API of Alibaba Cloud's Function Compute 2.0 (version 2016-08-15)
from memory: signed requests, versions and aliases whose weights divide invocations,
provisioned instances that arrive over time, schedules and policies, triggers,
asynchronous invocations, and faults on demand through the admin API under /_fcsim/,
where a browser finds a page that shows what goes on.`,
		Keys: simcmd.AlibabaCloud(fcsim.TestAccessKeyID, fcsim.TestAccessKeySecret),
		Example: `  # A service to play with, ten times as fast as life
  fcsim --demo --speed 10

  # For a script: one line of JSON once it is ready, with the environment a client needs
  fcsim -o json --addr 127.0.0.1:0

  # Time stands still until it is moved; the state outlives the process
  fcsim --speed 0 --state-file fc.json
  curl -X POST 127.0.0.1:8391/_fcsim/clock/advance -d '{"duration":"2h"}'

  # A version is published and the answer gets lost
  curl -X POST 127.0.0.1:8391/_fcsim/faults -d '{"operation":"PublishServiceVersion","kind":"drop-after"}'

  # An image that fails wherever it runs
  curl -X PUT 127.0.0.1:8391/_fcsim/behaviours -d '{"code":"registry.example/shop:2.0.0","result":"unhandled"}'`,
		Demo: "begin with a service of two functions",
		Flags: func(f *pflag.FlagSet) {
			f.StringVar(&config.Region, "region", fcsim.DefaultRegion, "region to serve")
			f.StringVar(&config.AccountID, "account-id", fcsim.DefaultAccountID, "account to serve")
			f.DurationVar(&config.InstanceStart, "instance-start", fcsim.DefaultInstanceStart, "simulated time in which one more provisioned instance starts")
		},
		Begin: func(o simcmd.Options) (*fcsim.Simulator, error) {
			key = o.Key
			return begin(config, o)
		},
		Ready: func(sim *fcsim.Simulator, url string) simcmd.Ready { return ready(config, key, sim, url) },
	}
}

// begin makes the simulator that the flags describe.
func begin(config fcsim.Config, o simcmd.Options) (*fcsim.Simulator, error) {
	config.Clock, config.Speed, config.Seed, config.StateFile, config.Hosts = o.Clock(), o.Speed, o.Seed, o.StateFile, o.Hosts
	config.AccessKeys, config.SecurityTokens = o.Key.Keys(), o.Key.Tokens()
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", simcmd.ErrUsage, err)
	}
	return fcsim.New(config)
}

// ready tells what serves at a URL. A flag that was given empty means its default, as in the simulator.
func ready(config fcsim.Config, key simcmd.AccessKey, sim *fcsim.Simulator, url string) simcmd.Ready {
	account, region := cmp.Or(config.AccountID, fcsim.DefaultAccountID), cmp.Or(config.Region, fcsim.DefaultRegion)
	said := simcmd.Ready{AccessKeyID: key.ID, AccessKeySecret: key.Shown()}
	said.Line = readyLine{Ready: true, FC: url, AccountID: account, Env: key.AddTo(map[string]string{
		"SLIPWAY_FC_ENDPOINT":   url,
		"SLIPWAY_FC_REGION":     region,
		"SLIPWAY_FC_ACCOUNT_ID": account,
	})}
	for _, name := range sim.Services() {
		said.Has = append(said.Has, "service "+name)
	}
	return said
}
