// Package system runs all of Slipway as separate processes, with a proxy between any two of them, so that each process can
// be killed and each way be cut.
package system

import (
	"github.com/nats-io/nats.go/jetstream"
	"go.temporal.io/sdk/client"

	"slipway/fcclient"
	fcadmin "slipway/fcsim/simadmin"
	"slipway/saeclient"
	saeadmin "slipway/saesim/simadmin"
	"slipway/servicestageclient"
	servicestageadmin "slipway/servicestagesim/simadmin"
)

// Access is how a run itself reaches what it tries: by ways of its own, which no fault touches. The processes at their
// other ends may be away nevertheless.
type Access struct {
	Temporal  client.Client
	JetStream jetstream.JetStream

	// The clients of the platforms are the operator's, who creates applications and changes some by hand.
	SAE          *saeclient.Client
	FC           *fcclient.Client
	ServiceStage *servicestageclient.Client

	// Gates is the address below which gates ask: passes answers 200, fails 503. Workers reach it over a link.
	Gates string

	// The clients of the simulators' controls: faults, and what really happened.
	SAESim          *saeadmin.Client
	FCSim           *fcadmin.Client
	ServiceStageSim *servicestageadmin.Client
}
