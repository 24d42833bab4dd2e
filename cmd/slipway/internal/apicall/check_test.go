package apicall_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/cmd/slipway/internal/apicall"
	"slipway/saeclient"
)

// operation looks an operation up that exists.
func operation(t *testing.T, name string) cloudapi.Operation {
	t.Helper()
	op, ok := saeclient.LookupOperation(name)
	require.True(t, ok, name)
	return op
}

// problems lists what an error names, one a line.
func problems(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var found apicall.Problems
	require.ErrorAs(t, err, &found)
	var lines []string
	for _, p := range found {
		lines = append(lines, p.Param+": "+p.Message)
	}
	return lines
}

// TestCheck_ExamplesOfTheReferencePass: every operation can be checked, and what the reference shows is right.
func TestCheck_ExamplesOfTheReferencePass(t *testing.T) {
	t.Parallel()
	for _, op := range saeclient.Operations() {
		t.Run(op.Name, func(t *testing.T) {
			t.Parallel()
			values := map[string]string{}
			for _, p := range op.Params {
				// The reference's example of MountDesc is not JSON, and that of DubboRules has an operator that its text does not list.
				if p.Name != "MountDesc" && p.Name != "DubboRules" {
					values[p.Name] = p.Example
				}
			}
			require.NoError(t, apicall.SAE().Check(op, values))
			for _, p := range op.Params {
				if p.Required {
					delete(values, p.Name)
					require.Contains(t, problems(t, apicall.SAE().Check(op, values)), p.Name+": is required")
				}
			}
		})
	}
}

func TestCheckNamesEverythingAtOnce(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, operation string
		values          map[string]string
		want            []string
	}{
		{"nothing wrong", "DeployApplication", map[string]string{"AppId": "a", "UpdateStrategy": "", "BatchWaitTime": ""}, nil},
		{
			"one of each", "DeployApplication",
			map[string]string{
				"Jdk": "Open JDK 99", "BatchWaitTime": "soon", "MinReadyInstanceRatio": "101", "AutoEnableApplicationScalingRule": "yes",
				"Envs": "{", "Liveness": `{"httpGet":{"scheme":"FTP"}}`,
			},
			[]string{
				"AppId: is required",
				"Envs: must be JSON",
				`Liveness.httpGet.scheme: must be one of ["HTTP" "HTTPS"]`,
				"MinReadyInstanceRatio: must be at most 100",
				"BatchWaitTime: must be an integer",
				"AutoEnableApplicationScalingRule: must be true or false",
			},
		},
		{
			"of several parameters", "CreateApplication",
			map[string]string{"AppName": "shop", "PackageType": "Image", "Replicas": "2"},
			[]string{"ImageUrl: is required for PackageType Image"},
		},
		{"inside JSON", "DeployApplication", map[string]string{"AppId": "a", "UpdateStrategy": `{"type":"GrayBatchUpdate","batchUpdate":{}}`}, []string{
			"UpdateStrategy.grayUpdate: is required for type GrayBatchUpdate",
		}},
		{"JSON of another form", "DeployApplication", map[string]string{"AppId": "a", "Envs": `{"name":"A"}`}, []string{
			"Envs: does not have the form that the reference describes",
		}},
		{"a required number that is empty", "RescaleApplication", map[string]string{"AppId": "a", "Replicas": ""}, []string{"Replicas: is required"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, problems(t, apicall.SAE().Check(operation(t, c.operation), c.values)))
		})
	}
}

func TestCheck_Complete(t *testing.T) {
	t.Parallel()
	words := func(operation string, given []string, typed string) []string {
		op, _ := saeclient.LookupOperation(operation)
		var out []string
		for _, c := range apicall.Complete(op, given, typed) {
			require.Equal(t, strings.HasSuffix(c.Word, "="), c.Unfinished, c.Word)
			out = append(out, c.Word)
		}
		return out
	}
	all := words("ConfirmPipelineBatch", nil, "")
	require.Equal(t, []string{"PipelineId=", "Confirm="}, all)
	require.Equal(t, []string{"Confirm="}, words("ConfirmPipelineBatch", []string{"PipelineId=1"}, ""))
	require.Equal(t, []string{"Confirm=true", "Confirm=false"}, words("ConfirmPipelineBatch", nil, "Confirm="))
	require.Equal(t, []string{"Confirm=true"}, words("ConfirmPipelineBatch", nil, "Confirm=t"))
	require.Empty(t, words("ConfirmPipelineBatch", nil, "PipelineId="))
	require.Empty(t, words("ConfirmPipelineBatch", nil, "Nothing="))
	require.Equal(t, []string{"ServiceType=dubbo", "ServiceType=springCloud"}, words("DescribeAppServiceDetail", nil, "ServiceType="))
}
