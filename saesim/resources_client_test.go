package saesim_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/saeclient"
	"slipway/saesim"
)

// script carries out calls of the typed client one after the other.
type script struct {
	*saeclient.Client

	t       *testing.T
	sim     *saesim.Simulator
	app     string
	answers []any
}

// call is one method of the typed client; its answer is kept, and must have nothing
// in it that the client does not know.
func call[In, Out any](s *script, method func(context.Context, *In) (*Out, error), in *In) *Out {
	s.t.Helper()
	out, err := method(s.t.Context(), in)
	require.NoError(s.t, err, "%T", in)
	settle(s.t, reflect.ValueOf(out))
	s.answers = append(s.answers, out)
	return out
}

// settle makes empty lists nil, as XML does not tell them from none, and looks for
// members of the answer that the client could not place.
func settle(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() { //nolint:exhaustive // what answers are made of
	case reflect.Pointer:
		if !v.IsNil() {
			settle(t, v.Elem())
		}
	case reflect.Slice:
		if v.Len() == 0 {
			v.SetZero()
		}
		for i := range v.Len() {
			settle(t, v.Index(i))
		}
	case reflect.Struct:
		if unknown := v.FieldByName("Unknown"); unknown.IsValid() {
			require.Zero(t, unknown.Len(), "%s: %v", v.Type(), unknown)
		}
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for _, field := range v.Fields() {
			settle(t, field)
		}
	}
}

// TestResourcesClient_TheTypedClientReadsEveryResource calls all operations on resources, in JSON
// and in XML, and compares what the client makes of the two.
func TestResourcesClient_TheTypedClientReadsEveryResource(t *testing.T) {
	t.Parallel()
	var answers [2][]any
	for i, xml := range []bool{false, true} {
		sim, server := serve(t, saesim.Config{Clock: stepped(), Strict: true, Seed: 5})
		c, err := saeclient.New(saeclient.Config{
			Region: saesim.DefaultRegion, Endpoint: server.URL, Credential: keys(t, ""), XML: xml,
		})
		require.NoError(t, err)
		t.Cleanup(c.CloseIdleConnections)
		s := &script{Client: c, t: t, sim: sim, app: sim.Apps()[0].ID}
		s.namespaces()
		s.configMaps()
		s.ingresses()
		s.slb()
		s.tags()
		s.services()
		answers[i] = s.answers
	}
	require.Equal(t, answers[0], answers[1])
}

func (s *script) namespaces() {
	const space = "cn-hangzhou:team"
	require.NotEmpty(s.t, call(s, s.OpenSaeService, &saeclient.OpenSaeServiceInput{}).OrderID)
	_, err := s.OpenSaeService(s.t.Context(), &saeclient.OpenSaeServiceInput{})
	require.ErrorContains(s.t, err, "ORDER.OPEND")
	regions := call(s, s.DescribeRegions, &saeclient.DescribeRegionsInput{}).Regions
	require.Len(s.t, regions, 15)
	require.Equal(s.t, []string{"cn-hangzhou-b"}, regions[0].RecommendZones)
	call(s, s.CreateNamespace, &saeclient.CreateNamespaceInput{NamespaceID: new(space), NamespaceName: "team", NamespaceDescription: new("d")})
	call(s, s.UpdateNamespace, &saeclient.UpdateNamespaceInput{NamespaceID: new(space), NamespaceName: "the team"})
	call(s, s.UpdateNamespaceVpc, &saeclient.UpdateNamespaceVpcInput{NamespaceID: new(space), VPCID: "vpc-1"})
	one := call(s, s.DescribeNamespace, &saeclient.DescribeNamespaceInput{NamespaceID: new(space)})
	require.Equal(s.t, "the team d", one.Data.NamespaceName+" "+one.Data.NamespaceDescription)
	page := call(s, s.DescribeNamespaces, &saeclient.DescribeNamespacesInput{CurrentPage: 1, PageSize: 1}).Data
	require.Equal(s.t, 2, page.TotalSize)
	require.Len(s.t, page.Namespaces, 1)
	require.NotEmpty(s.t, string(page.Namespaces[0].SecretKey))
	list := call(s, s.DescribeNamespaceList, &saeclient.DescribeNamespaceListInput{ContainCustom: new(true)}).Data
	require.Equal(s.t, "vpc-1", list[1].VPCID)
	resources := call(s, s.DescribeNamespaceResources, &saeclient.DescribeNamespaceResourcesInput{}).Data
	require.Equal(s.t, int64(3), resources.AppCount)
	call(s, s.DeleteNamespace, &saeclient.DeleteNamespaceInput{NamespaceID: new(space)})
	_, err = s.DescribeNamespace(s.t.Context(), &saeclient.DescribeNamespaceInput{NamespaceID: new(space)})
	require.ErrorIs(s.t, err, cloudapi.ErrNotFound)
}

func (s *script) configMaps() {
	made := call(s, s.CreateConfigMap, &saeclient.CreateConfigMapInput{
		Name: "settings", NamespaceID: saesim.DefaultRegion, Data: saeclient.ConfigMapData{"env.home": "/root", "two words": "<&>"},
	}).Data.ConfigMapID
	data := saeclient.ConfigMapData{"env.home": "/"}
	changed := call(s, s.UpdateConfigMap, &saeclient.UpdateConfigMapInput{ConfigMapID: made, Data: data, Description: new("d")})
	require.Equal(s.t, "1", changed.Data.ConfigMapID)
	require.EqualValues(s.t, "/", call(s, s.DescribeConfigMap, &saeclient.DescribeConfigMapInput{ConfigMapID: made}).Data.Data["env.home"])
	all := call(s, s.ListNamespacedConfigMaps, &saeclient.ListNamespacedConfigMapsInput{NamespaceID: saesim.DefaultRegion})
	require.Equal(s.t, "settings", all.Data.ConfigMaps[0].Name)
	call(s, s.DeleteConfigMap, &saeclient.DeleteConfigMapInput{ConfigMapID: made})
}

func (s *script) ingresses() {
	backend := saeclient.IngressBackend{AppID: s.app, ContainerPort: 8080}
	made := call(s, s.CreateIngress, &saeclient.CreateIngressInput{
		NamespaceID: saesim.DefaultRegion, SlbID: new("lb-1"), ListenerPort: 80, DefaultRule: backend,
		Rules: cloudapi.List[saeclient.IngressRule]{{AppID: s.app, ContainerPort: 8080, Domain: "a.test", Path: "/a"}},
	}).Data.IngressID
	call(s, s.UpdateIngress, &saeclient.UpdateIngressInput{IngressID: made, ListenerPort: new("81"), Description: new("front")})
	one := call(s, s.DescribeIngress, &saeclient.DescribeIngressInput{IngressID: made}).Data
	require.Equal(s.t, 81, one.ListenerPort)
	require.Equal(s.t, "a.test", one.Rules[0].Domain)
	list := call(s, s.ListIngresses, &saeclient.ListIngressesInput{NamespaceID: saesim.DefaultRegion, AppID: &s.app}).Data
	require.Equal(s.t, "front", list.IngressList[0].Name)
	call(s, s.DeleteIngress, &saeclient.DeleteIngressInput{IngressID: made})
}

func (s *script) slb() {
	listeners := cloudapi.List[saeclient.SLBListener]{{Port: 80, TargetPort: 8080, Protocol: "TCP"}}
	order := call(s, s.BindSlb, &saeclient.BindSlbInput{AppID: s.app, Internet: listeners}).Data.ChangeOrderID
	s.advance()
	require.Equal(s.t, "CoBindSlb", call(s, s.DescribeChangeOrder, &saeclient.DescribeChangeOrderInput{ChangeOrderID: order}).Data.CoTypeCode)
	require.Len(s.t, call(s, s.DescribeApplicationSlbs, &saeclient.DescribeApplicationSlbsInput{AppID: s.app}).Data.Internet, 1)
	call(s, s.UnbindSlb, &saeclient.UnbindSlbInput{AppID: s.app, Internet: new(true)})
	_, err := s.BindSlb(s.t.Context(), &saeclient.BindSlbInput{AppID: s.app, Internet: listeners})
	require.ErrorIs(s.t, err, cloudapi.ErrConflict)
	s.advance()
	require.Empty(s.t, call(s, s.DescribeApplicationSlbs, &saeclient.DescribeApplicationSlbsInput{AppID: s.app}).Data.Internet)
}

func (s *script) advance() {
	_, err := s.sim.Advance(time.Minute)
	require.NoError(s.t, err)
}

func (s *script) tags() {
	ids, region, kind := cloudapi.List[string]{s.app}, saesim.DefaultRegion, "application"
	call(s, s.TagResources, &saeclient.TagResourcesInput{
		RegionID: &region, ResourceType: &kind, ResourceIDs: ids, Tags: cloudapi.List[saeclient.Tag]{{Key: "team", Value: "web"}},
	})
	listed := call(s, s.ListTagResources, &saeclient.ListTagResourcesInput{RegionID: region, ResourceType: kind, ResourceIDs: ids})
	require.Equal(s.t, "web", listed.Data.TagResources[0].TagValue)
	apps := call(s, s.ListApplications, &saeclient.ListApplicationsInput{Tags: cloudapi.List[saeclient.Tag]{{Key: "team", Value: "web"}}})
	require.Equal(s.t, s.app, apps.Data.Applications[0].AppID)
	call(s, s.UntagResources, &saeclient.UntagResourcesInput{RegionID: region, ResourceType: kind, ResourceIDs: ids, TagKeys: cloudapi.List[string]{"team"}})
	require.Empty(s.t, call(s, s.ListTagResources, &saeclient.ListTagResourcesInput{RegionID: region, ResourceType: kind, ResourceIDs: ids}).Data.TagResources)
}

func (s *script) services() {
	inventory := s.sim.Apps()[1].ID
	require.NoError(s.t, s.sim.SetServices(inventory, []saesim.Service{{
		Name: "inventory", Methods: []saesim.ServiceMethod{{Name: "count", ReturnType: "int", ParameterTypes: []string{"int"}, Paths: []string{"/count"}}},
	}}))
	published := call(s, s.ListPublishedServices, &saeclient.ListPublishedServicesInput{AppID: inventory}).Data
	consumed := call(s, s.ListConsumedServices, &saeclient.ListConsumedServicesInput{AppID: s.app}).Data
	require.Equal(s.t, published[0].IPs, consumed[0].IPs, "the demo's shop calls its inventory")
	page := call(s, s.ListAppServicesPage, &saeclient.ListAppServicesPageInput{AppID: &inventory, ServiceType: new("springCloud")}).Data
	require.Equal(s.t, "inventory", page[0].Result[0].ServiceName)
	detail := call(s, s.DescribeAppServiceDetail, &saeclient.DescribeAppServiceDetailInput{AppID: &inventory, ServiceName: new("inventory")}).Data
	require.Equal(s.t, "/count", detail.Methods[0].Paths[0])
	require.Equal(s.t, "provider", detail.Metadata["side"])
}
