package connect

import (
	"fmt"

	"slipway/activities/cloud"
	"slipway/cloudapi"
	"slipway/cmd/slipway/internal/config"
	"slipway/fcclient"
	"slipway/saeclient"
	"slipway/servicestageclient"
)

// Caller is who calls a platform, and where: a region, and a name for the platform's logs. Observe is
// told of each request; it may be nil.
type Caller struct {
	Region, UserAgent string
	Observe           cloudapi.Observer
}

// What remedies call the credentials of each cloud, with where they come from.
const (
	AlibabaCredentials = "the credentials of Alibaba Cloud (ALIBABA_CLOUD_ACCESS_KEY_ID and …_SECRET, a profile or a role)"
	HuaweiCredentials  = "the credentials of Huawei Cloud (" + servicestageclient.VariableAccessKey + " and " + servicestageclient.VariableSecretKey + ")"
)

// SAE returns a client of Serverless App Engine in a region, with the timeouts of a worker. The
// credentials come from Alibaba Cloud's default chain.
func SAE(v *config.Values, c Caller) (*saeclient.Client, error) {
	client, err := saeclient.New(saeclient.Config{
		Region: c.Region, Endpoint: v.String(config.SAEEndpoint), UserAgent: c.UserAgent,
		ConnectTimeout: cloud.ConnectTimeout, ReadTimeout: cloud.ReadTimeout, Observe: c.Observe,
	})
	if err != nil {
		return nil, unusable(err, config.SAE(), AlibabaCredentials)
	}
	return client, nil
}

// FC is [SAE] for Function Compute.
func FC(v *config.Values, c Caller) (*fcclient.Client, error) {
	client, err := fcclient.New(fcclient.Config{
		Region: c.Region, AccountID: v.String(config.FCAccountID), Endpoint: v.String(config.FCEndpoint), UserAgent: c.UserAgent,
		ConnectTimeout: cloud.ConnectTimeout, ReadTimeout: cloud.ReadTimeout, Observe: c.Observe,
	})
	if err != nil {
		return nil, unusable(err, config.FC(), AlibabaCredentials)
	}
	return client, nil
}

// ServiceStage is [SAE] for ServiceStage. The credentials are an access key of the environment, as Huawei Cloud's SDKs take it.
func ServiceStage(v *config.Values, c Caller) (*servicestageclient.Client, error) {
	client, err := servicestageclient.New(servicestageclient.Config{
		Region: c.Region, ProjectID: v.String(config.ServiceStageProjectID), Endpoint: v.String(config.ServiceStageEndpoint), UserAgent: c.UserAgent,
		Credential: servicestageclient.KeysFrom(v.Env), ConnectTimeout: cloud.ConnectTimeout, ReadTimeout: cloud.ReadTimeout, Observe: c.Observe,
	})
	if err != nil {
		return nil, unusable(err, config.ServiceStage(), HuaweiCredentials)
	}
	return client, nil
}

// unusable says which settings and credentials to look at.
func unusable(err error, place []config.Setting, credentials string) error {
	return fmt.Errorf("%w; check %s and %s", err, config.Variables(place), credentials)
}
