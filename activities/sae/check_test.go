package sae

import (
	"errors"
	"net/http/httptest"
	"testing"

	"github.com/aliyun/credentials-go/credentials"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	const wrong = "wrong0nlyForThisTest"
	for name, c := range map[string]struct {
		id, secret, region string
		closed             bool
		fault              saesim.Fault
		want               release.Fault
		says               string
	}{
		"right":                     {},
		"a key that does not exist": {id: "LTAIwrongwrongwrong1", want: release.FaultAuth, says: "InvalidAccessKeyId.NotFound"},
		"a wrong secret":            {secret: wrong, want: release.FaultAuth, says: "SignatureDoesNotMatch"},
		"another region":            {region: "cn-nowhere", want: release.FaultInvalid, says: "cn-nowhere"},
		"nobody at the endpoint":    {closed: true, want: release.FaultUnavailable, says: "refused"},
		"a key without the right":   {fault: saesim.Fault{Kind: saesim.FaultError, Status: 403, Code: "NoPermission"}, want: release.FaultAuth, says: "NoPermission"},
		"too many calls":            {fault: saesim.Fault{Kind: saesim.FaultError, Status: 400, Code: "Throttling.User"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, err := saesim.New(saesim.Config{})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, sim.Close()) })
			if c.fault.Kind != "" {
				c.fault.Operation = "ListApplications"
				_, err := sim.AddFault(c.fault)
				require.NoError(t, err)
			}
			server := httptest.NewServer(sim)
			t.Cleanup(server.Close)
			if c.closed {
				server.Close()
			}
			err = driverWith(t, server.URL, c.id, c.secret, c.region).Check(t.Context())
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			failure, ok := errors.AsType[*temporal.ApplicationError](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, string(c.want), failure.Type(), failure.Message())
			require.ErrorContains(t, err, c.says)
			require.NotContains(t, err.Error(), wrong)
			require.NotContains(t, err.Error(), saesim.TestAccessKeySecret)
		})
	}
}

// driverWith is a driver with credentials; what is empty is right.
//
//nolint:revive // these are what a driver calls with
func driverWith(t *testing.T, endpoint, id, secret, region string) *Driver {
	t.Helper()
	orElse := func(text, otherwise string) *string {
		if text == "" {
			return &otherwise
		}
		return &text
	}
	credential, err := credentials.NewCredential(&credentials.Config{
		Type: new("access_key"), AccessKeyId: orElse(id, saesim.TestAccessKeyID), AccessKeySecret: orElse(secret, saesim.TestAccessKeySecret),
	})
	require.NoError(t, err)
	client, err := saeclient.New(saeclient.Config{Region: *orElse(region, saesim.DefaultRegion), Endpoint: endpoint, Credential: credential})
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	d, err := New(Config{Client: client})
	require.NoError(t, err)
	return d
}
