package sae_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/release"
	"slipway/saeclient"
)

// What a release may set under config.platform is what SAE takes of a deployment: no parameter is
// missing from the table, none is invented, and each is what the operation takes.
func TestPlatformParameters_AreThoseOfDeployApplication(t *testing.T) {
	t.Parallel()
	op, known := saeclient.LookupOperation("DeployApplication")
	require.True(t, known)
	table := map[string]release.Parameter{}
	for _, p := range release.PlatformParameters(release.PlatformSAE) {
		require.NotContains(t, table, p.Name, "twice")
		table[p.Name] = p
	}
	taken := slices.Concat(op.Params, op.Extra)
	require.Len(t, table, 90)
	require.Len(t, taken, 90)
	for _, p := range taken {
		require.Contains(t, table, p.Name, "not in the table")
		entry := table[p.Name]
		if entry.Field != "" || entry.Why != "" {
			require.Empty(t, entry.Kind, p.Name)
			continue
		}
		typ, typed := fieldOf(reflect.TypeFor[saeclient.DeployApplicationInput](), p.Name)
		require.True(t, typed, p.Name)
		require.NotEqual(t, reflect.TypeFor[*cloudapi.Secret](), typ, "%s is a secret", p.Name)
		require.Contains(t, kindsOf(p), entry.Kind, p.Name)
		if p.Open || len(p.Enum) == 0 {
			require.Empty(t, entry.Values, "%s takes other values, too", p.Name)
			continue
		}
		if p.Name == "CustomImageNetworkType" { // empty for images of the application's own account
			p.Enum = append(slices.Clone(p.Enum), "")
		}
		if p.Name == "NewSaeVersion" || p.Name == "PackageType" { // lists that grow
			require.Empty(t, entry.Values, p.Name)
			continue
		}
		require.ElementsMatch(t, p.Enum, entry.Values, p.Name)
		if p.Min != nil {
			require.Equal(t, *p.Min, entry.Least, p.Name)
		}
	}
}

// kindsOf are the kinds that a parameter may be given as.
func kindsOf(p cloudapi.Param) []release.ParameterKind {
	switch p.Kind {
	case cloudapi.KindString:
		return []release.ParameterKind{release.ParameterText}
	case cloudapi.KindInteger:
		return []release.ParameterKind{release.ParameterNumber}
	case cloudapi.KindBoolean:
		return []release.ParameterKind{release.ParameterSwitch}
	case cloudapi.KindJSON:
		if p.Shape == nil { // passed on as it is
			return []release.ParameterKind{release.ParameterList, release.ParameterObject}
		}
		return map[string][]release.ParameterKind{
			"array": {release.ParameterList}, "object": {release.ParameterObject},
		}[string(p.Shape.Type)]
	case cloudapi.KindValue, cloudapi.KindNumber, cloudapi.KindFile:
	}
	return nil
}

// Every parameter that has a field of a release names one that there is.
func TestPlatformParameters_NameFieldsThatThereAre(t *testing.T) {
	t.Parallel()
	for _, p := range release.PlatformParameters(release.PlatformSAE) {
		if p.Field == "" {
			continue
		}
		typ := reflect.TypeFor[release.Spec]()
		for name := range strings.SplitSeq(p.Field, ".") {
			for typ.Kind() == reflect.Pointer {
				typ = typ.Elem()
			}
			field, ok := fieldOf(typ, name)
			require.True(t, ok, "%s: %s of %s", p.Name, name, p.Field)
			typ = field
		}
	}
}

// fieldOf is the type of a field by its name on the wire.
func fieldOf(typ reflect.Type, name string) (reflect.Type, bool) {
	for f := range typ.Fields() {
		if of, _, _ := strings.Cut(f.Tag.Get("json"), ","); of == name {
			return f.Type, true
		}
	}
	return nil, false
}

// The sizes of instances are those that SAE has.
func TestPlatformParameters_SizesAreThoseOfSAE(t *testing.T) {
	t.Parallel()
	offered := map[release.Resources]bool{}
	var cpus, memories []int
	for _, s := range saeclient.InstanceSpecs() {
		offered[release.Resources{CPU: s.CPU, Memory: s.Memory}] = true
		cpus, memories = append(cpus, s.CPU), append(memories, s.Memory)
	}
	app := release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "a"}
	for _, cpu := range append(cpus, 1, 250) {
		for _, memory := range append(memories, 1, 512) {
			size := release.Resources{CPU: cpu, Memory: memory}
			err := release.Spec{App: app, Config: &release.Config{Resources: &size}}.WithDefaults().Validate()
			require.Equal(t, offered[size], err == nil, "%v: %v", size, err)
		}
	}
}
