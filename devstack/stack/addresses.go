package stack

import (
	"fmt"

	"github.com/aliyun/credentials-go/credentials"

	"slipway/fcclient"
	"slipway/fcsim"
	"slipway/internal/acskeys"
	"slipway/internal/tracing"
	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
	"slipway/servicestageclient"
	"slipway/servicestagesim"
)

// Addresses are where a role finds the servers and the simulators.
type Addresses struct {
	// Temporal is a host:port, NATS one URL or several with commas between them.
	Temporal, NATS string
	// SAE, FC and ServiceStage are the URLs of the simulators.
	SAE, FC, ServiceStage string
}

// Env is what commands need in their environment to reach them, signed in as the simulators want it.
func (a Addresses) Env() map[string]string {
	return map[string]string{
		"TEMPORAL_ADDRESS":                a.Temporal,
		"TEMPORAL_NAMESPACE":              Namespace,
		"NATS_URL":                        a.NATS,
		"SLIPWAY_SAE_ENDPOINT":            a.SAE,
		"SLIPWAY_SAE_REGION":              saesim.DefaultRegion,
		"SLIPWAY_FC_ENDPOINT":             a.FC,
		"SLIPWAY_FC_REGION":               fcsim.DefaultRegion,
		"SLIPWAY_FC_ACCOUNT_ID":           fcsim.DefaultAccountID,
		"ALIBABA_CLOUD_ACCESS_KEY_ID":     saesim.TestAccessKeyID,
		"ALIBABA_CLOUD_ACCESS_KEY_SECRET": saesim.TestAccessKeySecret,
		"SLIPWAY_SERVICESTAGE_ENDPOINT":   a.ServiceStage,
		"SLIPWAY_SERVICESTAGE_REGION":     servicestagesim.DefaultRegion,
		"SLIPWAY_SERVICESTAGE_PROJECT_ID": servicestagesim.DefaultProjectID,
		"HUAWEICLOUD_SDK_AK":              servicestagesim.TestAccessKeyID,
		"HUAWEICLOUD_SDK_SK":              servicestagesim.TestAccessKeySecret,
		"SLIPWAY_GATES_ALLOW":             gatesAllow,
	}
}

// SAEClient returns a client of the simulator of SAE.
func (a Addresses) SAEClient() (*saeclient.Client, error) {
	credential, err := keys()
	if err != nil {
		return nil, err
	}
	return saeclient.New(saeclient.Config{
		Region: saesim.DefaultRegion, Endpoint: a.SAE, Credential: credential, Observe: tracing.Calls(release.PlatformSAE, saesim.DefaultRegion),
	})
}

// FCClient returns a client of the simulator of Function Compute.
func (a Addresses) FCClient() (*fcclient.Client, error) {
	credential, err := keys()
	if err != nil {
		return nil, err
	}
	return fcclient.New(fcclient.Config{
		Region: fcsim.DefaultRegion, AccountID: fcsim.DefaultAccountID, Endpoint: a.FC, Credential: credential,
		Observe: tracing.Calls(release.PlatformFC, fcsim.DefaultRegion),
	})
}

// ServiceStageClient returns a client of the simulator of ServiceStage.
func (a Addresses) ServiceStageClient() (*servicestageclient.Client, error) {
	return servicestageclient.New(servicestageclient.Config{
		Region: servicestagesim.DefaultRegion, ProjectID: servicestagesim.DefaultProjectID, Endpoint: a.ServiceStage,
		Credential: servicestageclient.Keys{AccessKey: servicestagesim.TestAccessKeyID, SecretKey: servicestagesim.TestAccessKeySecret},
		Observe:    tracing.Calls(release.PlatformServiceStage, servicestagesim.DefaultRegion),
	})
}

// keys are those that the simulators of Alibaba Cloud accept.
func keys() (credentials.Credential, error) {
	credential, err := acskeys.Pair(saesim.TestAccessKeyID, saesim.TestAccessKeySecret)
	if err != nil {
		return nil, fmt.Errorf("stack: %w", err)
	}
	return credential, nil
}
