package main

import (
	"cmp"
	"fmt"

	"github.com/spf13/pflag"

	"slipway/internal/simcmd"
	"slipway/servicestageclient"
	"slipway/servicestagesim"
)

// readyLine is what -o json prints.
type readyLine struct {
	Ready        bool              `json:"ready"`
	ServiceStage string            `json:"servicestage"`
	ProjectID    string            `json:"projectId"`
	Env          map[string]string `json:"env"`
}

// program describes the command.
func program() simcmd.Program[*servicestagesim.Simulator] {
	var config servicestagesim.Config
	var key simcmd.AccessKey
	return simcmd.Program[*servicestagesim.Simulator]{
		Name: "servicestagesim", AddrEnv: "SERVICESTAGESIM_ADDR", Addr: "127.0.0.1:8392",
		Short: "Huawei Cloud ServiceStage on loopback",
		Long: `servicestagesim serves the APIs of Huawei Cloud's ServiceStage from memory: environments,
applications and components with their releases, in versions 3 and 2; Git repositories;
microservice engines with their registry and configuration center; builds. Requests are
signed with an access key, or carry a token that POST /v3/auth/tokens gives. Releases are
jobs that run over time, and faults come on demand through the admin API under
/_servicestagesim/, where a browser finds a page that shows what goes on.

Tokens are for one user, which is no secret and works nowhere else:
  ` + servicestagesim.TestUser + ` / ` + servicestagesim.TestPassword,
		Keys: simcmd.KeySettings{
			IDEnv: servicestageclient.VariableAccessKey, SecretEnv: servicestageclient.VariableSecretKey, TokenEnv: servicestageclient.VariableSecurityToken,
			TestID: servicestagesim.TestAccessKeyID, TestSecret: servicestagesim.TestAccessKeySecret,
		},
		Example: `  # An application to play with, ten times as fast as life
  servicestagesim --demo --speed 10

  # For a script: one line of JSON once it is ready, with the environment a client needs
  servicestagesim -o json --addr 127.0.0.1:0

  # Time stands still until it is moved; the state outlives the process
  servicestagesim --speed 0 --state-file servicestage.json
  curl -X POST 127.0.0.1:8392/_servicestagesim/clock/advance -d '{"duration":"2h"}'

  # A version is released and the answer gets lost
  curl -X POST 127.0.0.1:8392/_servicestagesim/faults -d '{"operation":"UpdateComponent","kind":"drop-after"}'

  # An image that does not exist
  curl -X PUT 127.0.0.1:8392/_servicestagesim/behaviours -d '{"source":"swr.example/shop:2","result":"missing"}'`,
		Demo: "begin with an application of two components",
		Flags: func(f *pflag.FlagSet) {
			f.StringVar(&config.Region, "region", servicestagesim.DefaultRegion, "region to serve")
			f.StringVar(&config.ProjectID, "project-id", servicestagesim.DefaultProjectID, "project to serve, 32 hexadecimal digits")
			f.DurationVar(&config.TaskTime, "task-time", servicestagesim.DefaultTaskTime, "simulated time that a task of a job takes")
			f.BoolVar(&config.PauseIsUpgrading, "pause-is-upgrading", false, "show a gray release that waits as UPGRADING, as the reference has it")
			f.BoolVar(&config.MissingIsUnauthorized, "missing-is-unauthorized", false, "answer 401 for what does not exist in version 3, as the real service does")
		},
		Begin: func(o simcmd.Options) (*servicestagesim.Simulator, error) {
			key = o.Key
			return begin(config, o)
		},
		Ready: func(sim *servicestagesim.Simulator, url string) simcmd.Ready { return ready(config, key, sim, url) },
	}
}

// begin makes the simulator that the flags describe.
func begin(config servicestagesim.Config, o simcmd.Options) (*servicestagesim.Simulator, error) {
	config.Clock, config.Speed, config.Seed, config.StateFile, config.Hosts = o.Clock(), o.Speed, o.Seed, o.StateFile, o.Hosts
	config.AccessKeys, config.SecurityTokens = o.Key.Keys(), o.Key.Tokens()
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", simcmd.ErrUsage, err)
	}
	return servicestagesim.New(config)
}

// ready tells what serves at a URL. A flag that was given empty means its default, as in the simulator.
func ready(config servicestagesim.Config, key simcmd.AccessKey, sim *servicestagesim.Simulator, url string) simcmd.Ready {
	project, region := cmp.Or(config.ProjectID, servicestagesim.DefaultProjectID), cmp.Or(config.Region, servicestagesim.DefaultRegion)
	said := simcmd.Ready{AccessKeyID: key.ID, AccessKeySecret: key.Shown()}
	said.Line = readyLine{Ready: true, ServiceStage: url, ProjectID: project, Env: key.AddTo(map[string]string{
		"SLIPWAY_SERVICESTAGE_ENDPOINT":   url,
		"SLIPWAY_SERVICESTAGE_REGION":     region,
		"SLIPWAY_SERVICESTAGE_PROJECT_ID": project,
	})}
	for _, name := range sim.Components() {
		said.Has = append(said.Has, "component "+name)
	}
	return said
}
