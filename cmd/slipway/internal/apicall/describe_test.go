package apicall_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/apicall"
	"slipway/cmd/slipway/internal/render"
	"slipway/saeclient"
)

func TestDescribe_DescriptionsHoldAllFacts(t *testing.T) {
	t.Parallel()
	for _, op := range saeclient.Operations() {
		text := apicall.SAE().Describe(op)
		require.Contains(t, text, op.Summary)
		where := "SAE API reference ch. " + op.Chapter
		if op.Since != "" {
			where = "Since " + op.Since + ", not in the SAE API reference"
		}
		require.Contains(t, text, where+"; "+op.Method+" "+op.Path+"\n")
		for _, name := range apicall.ParamNames(op) {
			require.Contains(t, text, "\n  "+name+"  (", op.Name)
		}
		for _, code := range op.Errors {
			require.Contains(t, text, "\n  "+code+" ", op.Name)
		}
		for line := range strings.SplitSeq(text, "\n") {
			broken := strings.HasPrefix(line, "      ") && !strings.HasPrefix(line, "      Example: ")
			require.False(t, broken && render.Width(line) > 96, line)
		}
	}
}

func TestDescribe_DescriptionOfAnOperation(t *testing.T) {
	t.Parallel()
	require.True(t, strings.HasPrefix(apicall.SAE().Describe(operation(t, "ConfirmPipelineBatch")), `Confirm or refuse the start of the next batch.

SAE API reference ch. 14.7; GET /pop/v1/sam/changeorder/ConfirmPipelineBatch
Changes something; starts no change order.

Parameters:

  PipelineId  (string; required)
      `))
	create := apicall.SAE().Describe(operation(t, "CreateApplicationScalingRule"))
	require.Contains(t, create, "  ScalingRuleName  (string; required; at most 32 characters; matches ^[a-z]")
	require.Contains(t, create, "minReplicas: integer")
	require.Contains(t, create, "{metricType:\n      CPU|MEMORY|QPS|RT|tcpActiveConn|")
	require.Contains(t, create, `Example: ScalingRuleTimer='{"beginDate":null,`)
	deploy := apicall.SAE().Describe(operation(t, "DeployApplication"))
	for _, want := range []string{
		"Starts a change order of type CoDeploy.",
		"  BatchWaitTime  (integer; at least 0; in units of a second)",
		"  OssAkSecret  (string; secret)",
		"  Envs  (JSON; secret)\n      Environment variables.\n      Form: [{name: string, value: string, valueFrom: {configMapRef:",
		"Required if PackageType in (FatJar, War, PythonZip).",
		"One of: true, false",
		"Known: Open JDK 8, Open JDK 7, Dragonwell 21,",
		"  MaxSurgeInstances  (integer; at least -1; since 2025-10-24)",
	} {
		require.Contains(t, deploy, want)
	}
	require.NotContains(t, deploy, `[{mountPath: "`, "an example that is not right is not shown")
	require.Contains(t, apicall.SAE().Describe(operation(t, "DescribeChangeOrder")), "Reads only.")
	require.Contains(t, apicall.SAE().Describe(operation(t, "GetApplication")), "Since 2024-10-10, not in the SAE API reference; GET /pop/v1/sam/app/getApplication")
}

func TestDescribe_Example(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"ListApplications":     "  slipway api sae ListApplications",
		"DescribeChangeOrder":  "  slipway api sae DescribeChangeOrder ChangeOrderId='",
		"ConfirmPipelineBatch": "  slipway api sae ConfirmPipelineBatch PipelineId=",
	} {
		require.True(t, strings.HasPrefix(apicall.SAE().Example(operation(t, name)), want), apicall.SAE().Example(operation(t, name)))
	}
	for _, op := range saeclient.Operations() {
		for _, p := range op.Params {
			require.Equal(t, p.Required, strings.Contains(apicall.SAE().Example(op), " "+p.Name+"="), op.Name+" "+p.Name)
		}
	}
}

func TestDescribe_Catalog(t *testing.T) {
	t.Parallel()
	require.Len(t, apicall.SAE().Catalog(""), len(saeclient.Operations()))
	total := 0
	for _, group := range apicall.SAE().Groups() {
		entries := apicall.SAE().Catalog(group)
		require.NotEmpty(t, entries)
		total += len(entries)
	}
	require.Equal(t, len(saeclient.Operations()), total)
	require.Empty(t, apicall.SAE().Catalog("nothing"))
	require.NotNil(t, apicall.SAE().Catalog("nothing"))
	table := apicall.CatalogTable(apicall.SAE().Catalog(""), render.Style{})
	require.Regexp(t, `(?m)^DeployApplication +lifecycle +12\.3 +change order +Deploy a new`, table)
	require.Regexp(t, `(?m)^ConfirmPipelineBatch +change-order +14\.7 +yes +`, table)
	require.Regexp(t, `(?m)^GetApplication +application-info +since 2024-10-10 +- +`, table)
	require.Regexp(t, `(?m)^ListApplications +application-info +10\.9 +- +`, table)
}
