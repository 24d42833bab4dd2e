package servicestage_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/activities/servicestage/servicestageworld"
	"slipway/release"
	"slipway/servicestageclient"
)

// TestLookup_TwoApplicationsHaveAComponentOfOneName: in one environment they are several, and both are told with their IDs.
func TestLookup_TwoApplicationsHaveAComponentOfOneName(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	called := h.Called()
	var environment string
	for each, err := range h.Client.ListEnvironmentsAll(t.Context(), nil) {
		require.NoError(t, err)
		environment = each.ID
	}
	other, err := h.Client.CreateApplication(t.Context(), &servicestageclient.CreateApplicationInput{Name: "other"})
	require.NoError(t, err)
	_, err = h.Client.Call(t.Context(), "CreateComponent", map[string]string{
		"application_id": other.ID, "environment_id": environment, "name": servicestageworld.Component, "version": "1.0.0", "replica": "1",
		"runtime_stack":   `{"name":"Docker","type":"Docker","version":"1","deploy_mode":"container"}`,
		"source":          `{"kind":"image","storage":"swr","url":"swr.servicestagesim.test/shop/web:1"}`,
		"refer_resources": `[{"id":"1d3091a2-1ecf-11ee-ae69-0255ac1001ba","type":"cce","parameters":{"namespace":"default"}}]`,
	})
	require.NoError(t, err)
	app := release.App{Platform: release.PlatformServiceStage, Region: h.App().Region}
	found, err := h.Harness.Driver.Lookup(t.Context(), release.LookupInput{App: app, Namespace: called.Namespace, Name: called.Name})
	require.NoError(t, err)
	require.Len(t, found.Found, 2)
	require.Contains(t, found.Found, called)
}
