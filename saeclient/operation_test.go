package saeclient_test

import (
	"net/http"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/saeclient"
)

func TestOperationTableIsTheFacts(t *testing.T) {
	t.Parallel()
	ops := saeclient.Operations()
	facts := slices.Concat(factOperations(t), newerOperations(t))
	require.Len(t, ops, len(facts))
	changed := map[string]bool{ // the rules that today's service has given up
		"CreateNamespace.NamespaceId": true, "DeleteNamespace.NamespaceId": true, "UpdateNamespace.NamespaceId": true,
		"UpdateNamespaceVpc.NamespaceId": true, "DescribeNamespace.NamespaceId": true, "CreateIngress.SlbId": true,
	}
	for _, fact := range facts {
		op, ok := saeclient.LookupOperation(fact.Name)
		require.True(t, ok, fact.Name)
		require.Equal(t, fact.Method, op.Method)
		require.Equal(t, fact.Path, op.Path)
		require.Equal(t, fact.Mutates, op.Mutates)
		require.Equal(t, fact.Since, op.Since)
		require.NotEqual(t, op.Since == "", op.Chapter == "", "%s is of a chapter or of a date", op.Name)
		require.Len(t, op.Params, len(fact.Params))
		for i, p := range fact.Params {
			require.Equal(t, p.Name, op.Params[i].Name)
			require.Equal(t, cloudapi.Position(p.In), op.Params[i].In)
			require.Equal(t, p.Required && !changed[fact.Name+"."+p.Name], op.Params[i].Required)
		}
	}
	for _, addition := range factsIn(t, "newer.json").Additions {
		op, ok := saeclient.LookupOperation(addition.Name)
		require.True(t, ok)
		require.Len(t, op.Extra, len(addition.Params), op.Name)
		for i, p := range addition.Params {
			require.Equal(t, p.Name, op.Extra[i].Name)
			require.Equal(t, p.Since, op.Extra[i].Since)
			require.NotEmpty(t, p.Since)
		}
	}
	_, ok := saeclient.LookupOperation("deployApplication")
	require.False(t, ok, "names are exact")
}

func TestOperationTableIsACopy(t *testing.T) {
	t.Parallel()
	first, _ := saeclient.LookupOperation("DeployApplication")
	first.Params[0].Name = "changed"
	*first.Params[14].Min = 99
	second, _ := saeclient.LookupOperation("DeployApplication")
	require.Equal(t, "AppId", second.Params[0].Name)
	saeclient.Operations()[0].Errors[0] = "changed"
	require.NotEqual(t, "changed", saeclient.Operations()[0].Errors[0])
}

func TestOperation_ThreeReadsByMethodChangeState(t *testing.T) {
	t.Parallel()
	var names []string
	for _, op := range saeclient.Operations() {
		if op.Method == http.MethodGet && op.Mutates {
			names = append(names, op.Name)
		}
	}
	require.ElementsMatch(t, []string{"ConfirmPipelineBatch", "ExecJob", "SuspendJob"}, names)
}

func TestOperation_EveryOperationThatMakesAnOrderAnswersWithItsID(t *testing.T) {
	t.Parallel()
	client := reflect.TypeFor[*saeclient.Client]()
	for _, op := range saeclient.Operations() {
		if op.Starts == "" {
			continue
		}
		method, ok := client.MethodByName(op.Name)
		require.True(t, ok)
		data, ok := method.Type.Out(0).Elem().FieldByName("Data")
		require.True(t, ok, op.Name)
		_, ok = data.Type.FieldByName("ChangeOrderID")
		require.True(t, ok, op.Name)
	}
}

func TestOperation_EveryDocumentedCodeOfAnOperationIsKnown(t *testing.T) {
	t.Parallel()
	for _, op := range saeclient.Operations() {
		for _, code := range op.Errors {
			_, ok := saeclient.LookupErrorCode(code)
			require.True(t, ok, "%s: %s", op.Name, code)
		}
	}
	for _, code := range []string{
		saeclient.CodeChangeOrderRunning, saeclient.CodeChangeOrderNotRunning, saeclient.CodeChangeOrderNotFound,
		saeclient.CodePipelineCannotStartNextBatch, saeclient.CodeApplicationNotFound, saeclient.CodeAppIDNotFound,
		saeclient.CodeApplicationInvalidStatus, saeclient.CodeApplicationNotDeployed, saeclient.CodePackageVersionExists,
		saeclient.CodeScalingRuleNotFound, saeclient.CodeScalingRuleNameExists, saeclient.CodeMinReadyInstancesTooLarge,
		saeclient.CodeRollbackFailed, saeclient.CodeSystemUpgrading,
	} {
		found, ok := saeclient.LookupErrorCode(code)
		require.True(t, ok, code)
		require.Equal(t, code, found.Code)
		require.NotZero(t, found.HTTPStatus)
	}
}

func TestOperation_ExamplesOfTheReferencePassItsOwnRules(t *testing.T) {
	t.Parallel()
	// The reference breaks its own rules in these examples; facts, not mistakes of the check.
	known := map[string]bool{
		"CreateApplication.MountDesc": true, "DeployApplication.MountDesc": true,
		"CreateNamespace.NamespaceId": true, "UpdateGreyTagRoute.DubboRules": true,
	}
	for _, op := range saeclient.Operations() {
		for _, p := range op.Params {
			if p.Example == "" || known[op.Name+"."+p.Name] {
				continue
			}
			require.NoError(t, p.Check(p.Example), op.Name)
		}
	}
}

func TestOperation_ParamCheck(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		operation, param, value string
		want                    string
	}{
		"required":              {"DeployApplication", "AppId", "", "AppId is required"},
		"empty clears":          {"DeployApplication", "SlsConfigs", "", ""},
		"not an integer":        {"DeployApplication", "BatchWaitTime", "1m", "BatchWaitTime must be an integer"},
		"too small":             {"DeployApplication", "BatchWaitTime", "-1", "BatchWaitTime must be at least 0"},
		"too great":             {"DeployApplication", "MinReadyInstanceRatio", "101", "MinReadyInstanceRatio must be at most 100"},
		"unset by convention":   {"DeployApplication", "MinReadyInstanceRatio", "-1", ""},
		"not a boolean":         {"ConfirmPipelineBatch", "Confirm", "yes", "Confirm must be true or false"},
		"boolean":               {"ConfirmPipelineBatch", "Confirm", "false", ""},
		"not JSON":              {"DeployApplication", "Envs", "A=secret", "Envs must be JSON"},
		"not allowed":           {"CreateApplicationScalingRule", "ScalingRuleType", "none", `ScalingRuleType must be one of ["timing" "metric" "mix"]`},
		"too long":              {"CreateGreyTagRoute", "Description", string(make([]byte, 65)), "Description must have at most 64 characters"},
		"of today":              {"CreateApplicationScalingRule", "ScalingRuleType", "mix", ""},
		"an open list":          {"DeployApplication", "Jdk", "Dragonwell 29", ""},
		"against the pattern":   {"CreateApplicationScalingRule", "ScalingRuleName", "Night", "ScalingRuleName must match ^[a-z][a-z0-9-]{0,31}$"},
		"characters, not bytes": {"CreateGreyTagRoute", "Description", "灰度灰度灰度灰度灰度灰度灰度灰度灰度灰度灰度灰度灰度灰度灰度灰度", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			op, ok := saeclient.LookupOperation(tt.operation)
			require.True(t, ok)
			p, ok := op.Param(tt.param)
			require.True(t, ok)
			err := p.Check(tt.value)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, tt.want)
		})
	}
}

func TestOperation_ChangeOrderStatus(t *testing.T) {
	t.Parallel()
	finished := map[int]bool{
		saeclient.ChangeOrderSuccess: true, saeclient.ChangeOrderFail: true,
		saeclient.ChangeOrderAbort: true, saeclient.ChangeOrderSystemFail: true,
	}
	words := 0
	for status := range 20 {
		require.Equal(t, finished[status], saeclient.ChangeOrderFinished(status), status)
		if _, ok := saeclient.ChangeOrderWord(status); ok {
			words++
		}
	}
	require.Equal(t, 10, words)
	word, _ := saeclient.ChangeOrderWord(saeclient.ChangeOrderWaitBatchConfirm)
	require.Equal(t, "WAIT_BATCH_CONFIRM", word)
	require.Len(t, saeclient.Regions(), 15)
	require.Contains(t, saeclient.InstanceSpecs(), saeclient.InstanceSpec{CPU: 12000, Memory: 24576})
}
