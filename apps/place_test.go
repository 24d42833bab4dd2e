package apps_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/apps"
	"slipway/release"
)

// at is a document with an environment for each place.
func at(places ...string) string {
	environments := make([]string, len(places))
	for i, place := range places {
		environments[i] = fmt.Sprintf(`{"name":"env-%d","app":{%s}}`, i, place)
	}
	return `{"name":"shop","environments":[` + strings.Join(environments, ",") + `]}`
}

const (
	onSAE          = `"platform":"sae","region":"cn-hangzhou"`
	onFC           = `"platform":"fc","region":"cn-hangzhou"`
	onServiceStage = `"platform":"servicestage","region":"cn-north-4"`
)

func TestParseNamed_TakesNamesForIDs(t *testing.T) {
	t.Parallel()
	for _, place := range []string{
		onSAE + `,"namespace":"cn-hangzhou:test","name":"shop"`,
		onSAE + `,"name":"shop"`,
		onSAE + `,"namespace":"cn-hangzhou:test","name":"shop","id":"a"`,
		onFC + `,"name":"orders"`,
		onFC + `,"name":"orders","id":"orders","qualifier":"next"`,
		onServiceStage + `,"namespace":"production","name":"web"`,
	} {
		a, err := apps.ParseNamed([]byte(at(place)))
		require.NoError(t, err, place)
		whole := strings.Contains(place, `"id"`)
		require.Equal(t, whole, len(a.Unresolved()) == 0, place)
		stored := a.Validate()
		if whole {
			require.NoError(t, stored, place)
			continue
		}
		require.ErrorContains(t, stored, "environments[0].app.id: is missing: "+a.Environments[0].App.Called()+" is its name", "what is stored has an ID always")
		require.ErrorContains(t, stored, "slipway app apply")
		_, err = apps.Parse([]byte(at(place)))
		require.Equal(t, stored, err)
	}
}

func TestParseNamed_RefusesWhatNamesNothing(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", release.MaxID+1)
	for place, want := range map[string][]string{
		onSAE: {`environments[0].app.id: "" is not an application ID`},
		onSAE + `,"namespace":"cn-hangzhou:test"`: {"environments[0].app.name: is missing: give the name that the application has in its namespace"},
		onSAE + `,"namespace":"a b","name":"c/d"`: {
			`environments[0].app.namespace: "a b" is not the ID of a namespace, such as cn-hangzhou:test`, `environments[0].app.name: "c/d" is not the name of an application`,
		},
		onSAE + `,"name":"` + long + `"`:                      {"environments[0].app.name: "},
		onSAE + `,"name":7`:                                   {"environments[0].app.name: must be a string, not 7"},
		onSAE + `,"name":"shop","nam":"x"`:                    {"environments[0].app.nam: is not a field here; there are platform, region, id, qualifier, namespace, name"},
		onFC + `,"namespace":"default","name":"orders"`:       {"environments[0].app.namespace: has no meaning on Function Compute, where a name is the ID already; leave it out"},
		onFC + `,"name":"orders","id":"carts"`:                {`environments[0].app.name: "orders" is not the id "carts", and on Function Compute a name is the ID; leave one of them out`},
		`"platform":"moon","region":"cn-hangzhou","name":"a"`: {"environments[0].app.platform: "},
	} {
		_, err := apps.ParseNamed([]byte(at(place)))
		require.ErrorAs(t, err, new(release.Problems), place)
		for _, each := range want {
			require.ErrorContains(t, err, each, place)
		}
		require.NotContains(t, err.Error(), long)
	}
	same := onSAE + `,"namespace":"cn-hangzhou:test","name":"shop"`
	_, err := apps.ParseNamed([]byte(at(same, same)))
	require.EqualError(t, err, "environments[1].app: is the application of environment env-0 already; each has its own")
	_, err = apps.ParseNamed([]byte(at(same, onSAE+`,"namespace":"cn-hangzhou","name":"shop"`)))
	require.NoError(t, err)
	_, err = apps.ParseNamed([]byte(at(same+`,"id":"a"`, onSAE+`,"name":"other","id":"a"`)))
	require.ErrorContains(t, err, "environments[1].app: is the application of environment env-0 already")
}

func TestResolved_OneApplicationHasAName(t *testing.T) {
	t.Parallel()
	const place = onSAE + `,"namespace":"cn-hangzhou:test","name":"shop"`
	shop := release.NamedApp{ID: "a", Namespace: "cn-hangzhou:test", Name: "shop"}
	other := release.NamedApp{ID: "b", Namespace: "cn-hangzhou", Name: "shop"}
	many := make([]release.NamedApp, release.MaxFound)
	for i := range many {
		many[i] = release.NamedApp{ID: fmt.Sprint("a", i), Namespace: "cn-hangzhou:test", Name: "shop"}
	}
	for name, c := range map[string]struct {
		place  string
		answer release.Lookup
		// want is the problem; empty takes a as the ID.
		want string
	}{
		"one":                                {place, release.Lookup{Found: []release.NamedApp{shop}}, ""},
		"the same as is known":               {place + `,"id":"a"`, release.Lookup{Found: []release.NamedApp{shop}}, ""},
		"one of several, as is known":        {onSAE + `,"name":"shop","id":"a"`, release.Lookup{Found: []release.NamedApp{other, shop}}, ""},
		"none":                               {place, release.Lookup{}, "environments[0].app.name: no application in sae/cn-hangzhou is called cn-hangzhou:test/shop; give a name that there is, or the id"},
		"none, and one elsewhere":            {place, release.Lookup{Near: []release.NamedApp{other}}, "environments[0].app.name: no application in sae/cn-hangzhou is called cn-hangzhou:test/shop; there is cn-hangzhou/shop (b); give a name that there is, or the id"},
		"several":                            {onSAE + `,"name":"shop"`, release.Lookup{Found: []release.NamedApp{shop, other}}, "environments[0].app.name: several applications in sae/cn-hangzhou are called shop: cn-hangzhou:test/shop (a), cn-hangzhou/shop (b); say which namespace, or give the id of the one that is meant"},
		"more than anybody reads":            {place, release.Lookup{Found: many}, "shop (a4), and others; say which namespace"},
		"another than is known":              {place + `,"id":"z"`, release.Lookup{Found: []release.NamedApp{shop}}, `environments[0].app.id: "z" is not the application that is called cn-hangzhou:test/shop in sae/cn-hangzhou: that is a; give the id or the name that is right, or leave the id out`},
		"what is known has another name now": {place + `,"id":"b"`, release.Lookup{Near: []release.NamedApp{other}}, `environments[0].app.id: "b" is the id, and no application in sae/cn-hangzhou is called cn-hangzhou:test/shop; there is cn-hangzhou/shop (b); give the name that it has now, or the id alone`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := apps.ParseNamed([]byte(at(c.place)))
			require.NoError(t, err)
			before, err := json.Marshal(a)
			require.NoError(t, err)
			resolved, err := a.Resolved(map[int]release.Lookup{0: c.answer})
			after, unread := json.Marshal(a)
			require.NoError(t, unread)
			require.Equal(t, string(before), string(after), "the document that was asked about stays as it is")
			if c.want != "" {
				require.ErrorContains(t, err, c.want)
				return
			}
			require.NoError(t, err)
			require.NoError(t, resolved.Validate())
			require.Equal(t, "a", resolved.Environments[0].App.ID)
			require.Equal(t, a.Environments[0].App.Called(), resolved.Environments[0].App.Called(), "the name is kept beside it")
			again, err := resolved.Resolved(map[int]release.Lookup{0: c.answer})
			require.NoError(t, err)
			require.Equal(t, resolved, again)
		})
	}
}

// Two names for one application are told once their IDs are known, and all problems at once.
func TestResolved_TellsEveryProblem(t *testing.T) {
	t.Parallel()
	a, err := apps.ParseNamed([]byte(at(onSAE+`,"name":"shop"`, onSAE+`,"id":"known"`, onSAE+`,"namespace":"cn-hangzhou","name":"shop"`)))
	require.NoError(t, err)
	require.Equal(t, []string{"env-0", "env-2"}, a.Unresolved())
	_, err = a.Resolved(nil)
	require.ErrorContains(t, err, "environments[0].app.name: no application")
	require.ErrorContains(t, err, "environments[2].app.name: no application")
	one := release.Lookup{Found: []release.NamedApp{{ID: "a", Namespace: "cn-hangzhou", Name: "shop"}}}
	resolved, err := a.Resolved(map[int]release.Lookup{0: one, 2: one})
	require.NoError(t, err)
	require.EqualError(t, resolved.Validate(), "environments[2].app: is the application of environment env-0 already; each has its own")
}

// Releases go by the ID alone: a document that gives the name besides leads to the same.
func TestResolve_ANameBesideTheIDMeansNothing(t *testing.T) {
	t.Parallel()
	a, err := apps.Parse([]byte(at(onSAE + `,"id":"a"`)))
	require.NoError(t, err)
	both, err := apps.Parse([]byte(at(onSAE + `,"id":"a","namespace":"cn-hangzhou:test","name":"shop"`)))
	require.NoError(t, err)
	request := named(t, `{"application":"shop","environment":"env-0","artifact":{"image":"shop:1"}}`)
	want, err := a.Resolve(request)
	require.NoError(t, err)
	got, err := both.Resolve(request)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Empty(t, apps.Removed(&a, &both), "it is the same application")
}

// What is compared with a file has the IDs that are stored for the same names, and no others.
func TestKnown_FillsInWhatIsStored(t *testing.T) {
	t.Parallel()
	const place = onSAE + `,"namespace":"cn-hangzhou:test","name":"shop"`
	have, err := apps.Parse([]byte(at(place+`,"id":"a"`, onSAE+`,"id":"b"`)))
	require.NoError(t, err)
	for file, want := range map[string][]string{
		at(place, onSAE+`,"id":"b"`):                           {"a", "b"},
		at(onSAE+`,"name":"other"`, onSAE+`,"name":"other-2"`): {"", ""},
		at(place, place+`,"id":"c"`, onSAE+`,"name":"third"`):  {"a", "c", ""},
	} {
		next, err := apps.ParseNamed([]byte(file))
		require.NoError(t, err)
		var ids []string
		for _, e := range next.Known(have).Environments {
			ids = append(ids, e.App.ID)
		}
		require.Equal(t, want, ids, file)
	}
}
