package apicall_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/cmd/slipway/internal/apicall"
)

func TestUnknown_AnOperationThatTheClientDoesNotHave(t *testing.T) {
	t.Parallel()
	op, err := apicall.SAE().Unknown("New", "GET", "/new/{Id}")
	require.NoError(t, err)
	require.Equal(t, cloudapi.Operation{Name: "New", Method: "GET", Path: "/new/{Id}", Mutates: true}, op, "what it does is not known")
	for want, tt := range map[string]struct{ method, path string }{
		"name its --method":     {"", "/new"},
		"and its --path":        {"GET", ""},
		"--method: must be one": {"get", "/new"},
		"--path: must begin":    {"GET", "new"},
		"without a query":       {"GET", "/new?a=b"},
	} {
		_, err := apicall.SAE().Unknown("New", tt.method, tt.path)
		require.ErrorContains(t, err, want)
	}
}

func TestExtend_ParametersThatAnOperationIsNotKnownToHave(t *testing.T) {
	t.Parallel()
	known := operation(t, "ListApplications")
	op, names := apicall.Extend(known, map[string]string{"AppName": "a", "Zone": "z", "Area": ""}, cloudapi.InForm)
	require.Equal(t, []string{"Area", "Zone"}, names)
	zone, ok := op.Param("Zone")
	require.True(t, ok)
	require.Equal(t, cloudapi.Param{Name: "Zone", In: cloudapi.InForm, Kind: cloudapi.KindString, Sensitive: true}, zone)
	_, ok = known.Param("Zone")
	require.False(t, ok)

	op, _ = apicall.Extend(cloudapi.Operation{Path: "/a/{Id}/b/{Part}"}, map[string]string{"Id": "1", "Config": "{}"}, cloudapi.InBody)
	id, _ := op.Param("Id")
	require.Equal(t, cloudapi.InPath, id.In)
	config, _ := op.Param("Config")
	require.Equal(t, cloudapi.KindValue, config.Kind)
	require.Equal(t, []string{"Part"}, apicall.SAE().Placeholders(op, map[string]string{"Id": "1"}))
	require.Empty(t, apicall.SAE().Placeholders(op, map[string]string{"Id": "1", "Part": "2"}))
}
