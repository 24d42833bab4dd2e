package fcsim_test

import (
	"context"
	"maps"
	"net/http/httptest"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/fcclient"
	"slipway/fcsim"
)

// unknown lists the members of an answer that the client has no field for.
func unknown(value reflect.Value) []string {
	var found []string
	switch kind := value.Kind(); {
	case kind == reflect.Pointer && !value.IsNil():
		found = unknown(value.Elem())
	case kind == reflect.Slice:
		for i := range value.Len() {
			found = append(found, unknown(value.Index(i))...)
		}
	case kind == reflect.Struct:
		for i := range value.NumField() {
			field := value.Field(i)
			if !value.Type().Field(i).IsExported() {
				continue
			}
			if fields, ok := reflect.TypeAssert[cloudapi.UnknownFields](field); ok {
				found = append(found, slices.Collect(maps.Keys(fields))...)
				continue
			}
			found = append(found, unknown(field)...)
		}
	}
	return found
}

// known calls an operation and fails the test for an error and for members that the client does not know.
func known[In, Out any](ctx context.Context, t *testing.T, call func(context.Context, *In) (*Out, error), in *In) *Out {
	t.Helper()
	out, err := call(ctx, in)
	require.NoError(t, err)
	require.Empty(t, unknown(reflect.ValueOf(out)), "%T", out)
	return out
}

// TestClient_KnowsAllThatIsAnswered goes through services, functions, versions, aliases and
// provisioned instances with every setting there is.
func TestClient_KnowsAllThatIsAnswered(t *testing.T) {
	t.Parallel()
	sim, err := fcsim.New(fcsim.Config{Clock: fcsim.SteppedClock(begin()), Seed: 1})
	require.NoError(t, err)
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	ctx, c := t.Context(), clientOf(server)

	service := known(ctx, t, c.CreateService, &fcclient.CreateServiceInput{
		ServiceName: "shop", Description: new("orders"), InternetAccess: new(true), Role: new("acs:ram::1:role/fc"),
		LogConfig:      &fcclient.LogConfig{Project: "p", Logstore: "l", EnableRequestMetrics: new(true), EnableInstanceMetrics: new(true), LogBeginRule: "DefaultRegex"},
		NASConfig:      &fcclient.NASConfig{UserID: new(-1), GroupID: new(100), MountPoints: []fcclient.MountPoint{{MountDir: "/mnt", ServerAddr: "a:/"}}},
		VPCConfig:      &fcclient.VPCConfig{VPCID: "v", SecurityGroupID: "s", VSwitchIDs: []string{"w"}},
		TracingConfig:  &fcclient.TracingConfig{Type: "Jaeger", Params: map[string]cloudapi.Secret{"endpoint": "http://jaeger.test"}},
		OSSMountConfig: &fcclient.OSSMountConfig{MountPoints: []fcclient.OSSMountConfigMountPoints{{BucketName: "b", MountDir: "/oss", ReadOnly: new(true)}}},
	})
	require.Equal(t, -1, *service.NASConfig.UserID)
	require.NotEmpty(t, service.ETag)
	function := known(ctx, t, c.CreateFunction, &fcclient.CreateFunctionInput{
		ServiceName: "shop", FunctionName: "web", Handler: "index.handler", Runtime: new("python3"), Code: &fcclient.Code{ZipFile: "cHJpbnQ="},
		Description: new("d"), MemorySize: new(256), Timeout: new(30), Initializer: new("i"), InitializationTimeout: new(5), CAPort: new(9000),
		Layers: []string{"a#b#1"}, EnvironmentVariables: map[string]cloudapi.Secret{"KEY": "secret"}, CPU: new(0.5), DiskSize: new(512), InstanceConcurrency: new(10),
		CustomDNS:               &fcclient.CustomDNS{NameServers: []string{"1.1.1.1"}, DNSOptions: []fcclient.DNSOption{{Name: "ndots", Value: "1"}}},
		CustomHealthCheckConfig: &fcclient.CustomHealthCheckConfig{HTTPGetURL: "/healthz", PeriodSeconds: new(3)},
		InstanceLifecycleConfig: &fcclient.InstanceLifecycleConfig{PreStop: &fcclient.LifecycleHook{Handler: "h", Timeout: new(3)}},
		CustomContainerConfig:   &fcclient.CustomContainerConfig{Image: "registry.example/shop:1", AccelerationType: "Default"},
	})
	require.Equal(t, cloudapi.Secret("secret"), function.EnvironmentVariables["KEY"])
	require.Equal(t, 9000, function.CAPort)
	known(ctx, t, c.GetFunction, &fcclient.GetFunctionInput{ServiceName: "shop", FunctionName: "web"})
	known(ctx, t, c.GetFunctionCode, &fcclient.GetFunctionCodeInput{ServiceName: "shop", FunctionName: "web"})
	known(ctx, t, c.ListFunctions, &fcclient.ListFunctionsInput{ServiceName: "shop"})
	known(ctx, t, c.PublishServiceVersion, &fcclient.PublishServiceVersionInput{ServiceName: "shop", Description: new("one"), IfMatch: new(service.ETag)})
	known(ctx, t, c.UpdateFunction, &fcclient.UpdateFunctionInput{ServiceName: "shop", FunctionName: "web", Timeout: new(60), IfMatch: new(function.ETag)})
	known(ctx, t, c.PublishServiceVersion, &fcclient.PublishServiceVersionInput{ServiceName: "shop"})
	known(ctx, t, c.GetService, &fcclient.GetServiceInput{ServiceName: "shop", Qualifier: new("1")})
	known(ctx, t, c.ListServices, &fcclient.ListServicesInput{})
	known(ctx, t, c.ListServiceVersions, &fcclient.ListServiceVersionsInput{ServiceName: "shop"})
	known(ctx, t, c.CreateAlias, &fcclient.CreateAliasInput{ServiceName: "shop", AliasName: "live", VersionID: "1"})
	known(ctx, t, c.UpdateAlias, &fcclient.UpdateAliasInput{ServiceName: "shop", AliasName: "live", AdditionalVersionWeight: map[string]float64{"2": 0.5}})
	alias := known(ctx, t, c.GetAlias, &fcclient.GetAliasInput{ServiceName: "shop", AliasName: "live"})
	require.Equal(t, map[string]float64{"2": 0.5}, alias.AdditionalVersionWeight)
	known(ctx, t, c.ListAliases, &fcclient.ListAliasesInput{ServiceName: "shop"})
	known(ctx, t, c.PutProvisionConfig, &fcclient.PutProvisionConfigInput{
		ServiceName: "shop", Qualifier: "live", FunctionName: "web", Target: 2, AlwaysAllocateCPU: new(true),
		ScheduledActions:       []fcclient.ScheduledAction{{Name: "a", Target: new(int64(3)), ScheduleExpression: "cron(0 30 8 * * *)", StartTime: "2026-11-03T00:00:00Z", EndTime: "2026-12-03T00:00:00Z"}},
		TargetTrackingPolicies: []fcclient.TargetTrackingPolicy{{Name: "p", MetricType: "ProvisionedConcurrencyUtilization", MetricTarget: new(0.6), MinCapacity: new(int64(1)), MaxCapacity: new(int64(9))}},
	})
	_, err = sim.Advance(time.Minute)
	require.NoError(t, err)
	require.Equal(t, int64(2), known(ctx, t, c.GetProvisionConfig, &fcclient.GetProvisionConfigInput{ServiceName: "shop", Qualifier: "live", FunctionName: "web"}).Current)
	known(ctx, t, c.ListProvisionConfigs, &fcclient.ListProvisionConfigsInput{ServiceName: new("shop")})
	require.Len(t, known(ctx, t, c.ListInstances, &fcclient.ListInstancesInput{ServiceName: "shop", Qualifier: new("live"), FunctionName: "web"}).Instances, 2)
}
