package sae

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aliyun/credentials-go/credentials"
	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/saeclient"
	"slipway/saesim"
)

func TestAccess_OnlyRefusedCredentialsCount(t *testing.T) {
	t.Parallel()
	sim, err := saesim.New(saesim.Config{Seed: 1})
	require.NoError(t, err)
	calls, away := 0, false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls++
		if away {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		sim.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	open := func(secret string) (*Access, *time.Time) {
		credential, err := credentials.NewCredential(&credentials.Config{
			Type: new("access_key"), AccessKeyId: new(saesim.TestAccessKeyID), AccessKeySecret: &secret,
		})
		require.NoError(t, err)
		client, err := saeclient.New(saeclient.Config{Region: saesim.DefaultRegion, Endpoint: server.URL, Credential: credential})
		require.NoError(t, err)
		a, now := NewAccess(client), time.Now()
		a.now = func() time.Time { return now }
		return a, &now
	}

	good, now := open(saesim.TestAccessKeySecret)
	require.NoError(t, good.Check(t.Context()))
	require.NoError(t, good.Check(t.Context()))
	require.Equal(t, 1, calls, "an answer counts for a while")
	*now, away = now.Add(acceptedAge), true
	require.NoError(t, good.Check(t.Context()), "releases wait for a platform that is away")
	require.Greater(t, calls, 1)

	bad, now := open("wrong")
	require.NoError(t, bad.Check(t.Context()))
	*now, away = now.Add(refusedAge), false
	for range 2 {
		err = bad.Check(t.Context())
		require.ErrorIs(t, err, cloudapi.ErrAuth)
		require.ErrorContains(t, err, "check the credentials of Alibaba Cloud")
	}
	*now, away = now.Add(refusedAge), true
	require.ErrorIs(t, bad.Check(t.Context()), cloudapi.ErrAuth, "what was refused stays so until it is accepted")
}
