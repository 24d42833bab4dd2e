package authority_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/authority"
	"slipway/release"
)

// shop is an organisation as small ones are.
func shop() authority.Document {
	return authority.Document{
		Groups: []authority.Group{
			{Name: "release-managers", Members: []string{"ann", "li"}},
			{Name: "pipelines", Members: []string{"ci-*"}},
		},
		Bindings: []authority.Binding{
			{Name: "everybody-looks", Identities: []string{"*"}, Roles: []authority.Role{authority.RoleViewer}, Scopes: []string{"*"}},
			{Name: "pipelines-ask", Groups: []string{"pipelines"}, Roles: []authority.Role{authority.RoleRequester}, Scopes: []string{"sae/cn-hangzhou/*", "fc"}},
			{Name: "shop-alone", Identities: []string{"ci-shop"}, Powers: []authority.Power{authority.PowerAuto}, Scopes: []string{"sae/*/shop-staging"}},
			{
				Name: "managers", Groups: []string{"release-managers"}, Roles: []authority.Role{authority.RoleRequester, authority.RoleApprover, authority.RoleOperator},
				Powers: []authority.Power{authority.PowerOverride, authority.PowerPreempt, authority.PowerSupersede}, Scopes: []string{"*"},
			},
			{Name: "sets", Identities: []string{"bo"}, Roles: []authority.Role{authority.RoleOperator}, Scopes: []string{"set/check*"}},
			{Name: "shops", Identities: []string{"cy"}, Roles: []authority.Role{authority.RoleOperator}, Scopes: []string{"*/shop"}},
			{Name: "admins", Identities: []string{"root@example.com"}, Roles: []authority.Role{authority.RoleAdmin}, Scopes: []string{"*"}},
		},
		RequireVerified: []authority.Requirement{
			{Roles: []authority.Role{authority.RoleApprover}},
			{Scopes: []string{"sae/*/shop-production"}},
			{Powers: []authority.Power{authority.PowerOverride}},
		},
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	const staging, production, other = "sae/cn-hangzhou/shop-staging", "sae/cn-hangzhou/shop-production", "sae/cn-beijing/stock"
	for name, c := range map[string]struct {
		who      string
		verified bool
		action   authority.Action
		on       string
		powers   []authority.Power
		by       []string
		reason   string
		remedy   string
	}{
		"a pattern":                            {who: "ci-shop", action: "request", on: staging, by: []string{"pipelines-ask"}},
		"a power of another binding":           {who: "ci-shop", action: "request", on: staging, powers: []authority.Power{"auto"}, by: []string{"pipelines-ask", "shop-alone"}},
		"a power elsewhere":                    {who: "ci-shop", verified: true, action: "request", on: production, powers: []authority.Power{"auto"}, reason: `no binding of the authority document gives "ci-shop" the power auto on ` + production, remedy: "leave strategy.confirm, limits.onConfirmTimeout, approval.onTimeout or strategy.approval.onTimeout out"},
		"a power that needs proof":             {who: "ann", action: "request", on: staging, powers: []authority.Power{"override"}, reason: `requireVerified[2] of the authority document demands that who has the power override on ` + staging + ` is verified, and "ann" is only claimed`, remedy: "publish on slipway.by.ann."},
		"such a power with proof":              {who: "ann", verified: true, action: "request", on: staging, powers: []authority.Power{"override"}, by: []string{"managers"}},
		"a power that needs no proof":          {who: "ann", action: "request", on: staging, powers: []authority.Power{"preempt"}, by: []string{"managers"}},
		"a power of another one":               {who: "ci-stock", action: "request", on: staging, powers: []authority.Power{"auto"}, reason: `"ci-stock" the power auto`},
		"a scope that is left out at its end":  {who: "ci-x", action: "request", on: "fc/cn-beijing/orders", by: []string{"pipelines-ask"}},
		"outside of the scope":                 {who: "ci-x", action: "request", on: other, reason: `no binding of the authority document lets "ci-x" request on ` + other, remedy: "bind a role that may: requester"},
		"a claim is not enough in a scope":     {who: "ci-shop", action: "request", on: production, reason: "requireVerified[1]", remedy: "publish on slipway.by.ci-shop."},
		"what is verified is enough":           {who: "ci-shop", verified: true, action: "request", on: production, by: []string{"pipelines-ask"}},
		"a claim is not enough for a role":     {who: "ann", action: "confirm", on: other, reason: "requireVerified[0]"},
		"verified, for a role":                 {who: "ann", verified: true, action: "confirm", on: other, by: []string{"managers"}},
		"claimed, for another role":            {who: "ann", action: "abort", on: other, by: []string{"managers"}},
		"to look is in every role":             {who: "root@example.com", action: "view", on: staging, by: []string{"everybody-looks"}},
		"an admin steers nothing":              {who: "root@example.com", verified: true, action: "abort", on: staging, reason: `lets "root@example.com" abort`, remedy: "operator"},
		"an admin administers":                 {who: "root@example.com", action: "administer", on: "*", by: []string{"admins"}},
		"a set":                                {who: "bo", action: "abort", on: "set/checkout", by: []string{"sets"}},
		"a set by the name of an application":  {who: "cy", action: "abort", on: "set/shop", reason: "set/shop"},
		"another set":                          {who: "bo", action: "abort", on: "set/basket", reason: "set/basket"},
		"a set is no application":              {who: "bo", action: "abort", on: staging, reason: "no binding"},
		"everything has sets":                  {who: "li", action: "abort", on: "set/basket", by: []string{"managers"}},
		"names differ by case":                 {who: "Ann", action: "abort", on: other, reason: `lets "Ann" abort`},
		"nobody":                               {who: "", action: "view", on: staging, reason: "not named"},
		"the system":                           {who: " Slipway", verified: true, action: "view", on: staging, reason: "not named"},
		"a group is not who is called like it": {who: "release-managers", action: "abort", on: other, reason: "no binding"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := shop().Judge(authority.Question{Identity: c.who, Verified: c.verified, Action: c.action, On: c.on, Powers: c.powers})
			require.Equal(t, c.reason == "", got.Allowed, "%+v", got)
			require.Equal(t, c.by, got.Bindings)
			require.Contains(t, got.Reason, c.reason)
			require.Contains(t, got.Remedy, c.remedy)
			if got.Allowed {
				require.NoError(t, got.Err())
			} else {
				require.ErrorContains(t, got.Err(), got.Reason+"; "+got.Remedy)
			}
		})
	}
}

func TestActions_everyCommandIsOne(t *testing.T) {
	t.Parallel()
	for _, kind := range release.CommandKinds() {
		require.Contains(t, authority.Actions(), authority.ActionOf(kind), "no role may %s", kind)
	}
	require.Equal(t, authority.ActionRollback, authority.RequestAction(release.Spec{Operation: release.OperationRollback}))
	require.Equal(t, authority.ActionRequest, authority.RequestAction(release.Spec{Operation: release.OperationRestart}))
}

func TestPowersOf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spec release.Spec
		want []authority.Power
	}{
		"none":                       {},
		"auto":                       {spec: release.Spec{Strategy: release.Strategy{Type: release.StrategyGray, Confirm: release.ConfirmAuto}}, want: []authority.Power{"auto"}},
		"a time that passes instead": {spec: release.Spec{Strategy: release.Strategy{Type: release.StrategyBatch}, Limits: release.Limits{OnConfirmTimeout: release.TimeoutContinue}}, want: []authority.Power{"auto"}},
		"a time that passes without approvals": {spec: release.Spec{Strategy: release.Strategy{
			Type: release.StrategyGray, Approval: &release.Approval{OnTimeout: release.TimeoutContinue},
		}}, want: []authority.Power{"auto"}},
		"the approval of the release itself": {spec: release.Spec{Approval: &release.Approval{OnTimeout: release.TimeoutContinue}}, want: []authority.Power{"auto"}},
		"a watch that nobody decides": {spec: release.Spec{
			Strategy: release.Strategy{Type: release.StrategyAll, Watch: &release.Watch{}}, Limits: release.Limits{OnConfirmTimeout: release.TimeoutContinue},
		}, want: []authority.Power{"auto"}},
		"all at once has nothing to ask of": {spec: release.Spec{Strategy: release.Strategy{Type: release.StrategyAll, Confirm: release.ConfirmAuto}}},
		"all others": {
			spec: release.Spec{Freeze: release.FreezePolicy{Override: "fire"}, Lane: release.Lane{Preempt: true, Policy: release.LaneSupersede}, Adopt: "x"},
			want: []authority.Power{"override", "preempt", "supersede", "adopt"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, authority.PowersOf(c.spec))
		})
	}
}

// TestJudge_aBindingOnlyEverAllows: what was allowed stays allowed with one more binding, and a
// verified identity may whatever the same one may by its claim.
func TestJudge_aBindingOnlyEverAllows(t *testing.T) {
	t.Parallel()
	pick := func(words ...string) *rapid.Generator[string] { return rapid.SampledFrom(words) }
	who, where := pick("ann", "bo", "ci-1"), pick("sae/r/a", "fc/r/b", "set/s")
	binding := rapid.Custom(func(t *rapid.T) authority.Binding {
		return authority.Binding{
			Name: "b", Identities: rapid.SliceOfN(pick("ann", "bo", "ci-*", "*"), 1, 2).Draw(t, "identities"),
			Roles:  rapid.SliceOfN(rapid.SampledFrom(authority.Roles()), 0, 2).Draw(t, "roles"),
			Powers: rapid.SliceOfN(rapid.SampledFrom(authority.Powers()), 0, 2).Draw(t, "powers"),
			Scopes: rapid.SliceOfN(pick("*", "sae", "sae/r/*", "fc/*/b", "set/s"), 1, 2).Draw(t, "scopes"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		d := authority.Document{Bindings: rapid.SliceOfN(binding, 0, 4).Draw(t, "bindings")}
		if rapid.Bool().Draw(t, "requires") {
			d.RequireVerified = []authority.Requirement{{Scopes: []string{"sae"}}}
		}
		q := authority.Question{
			Identity: who.Draw(t, "who"), Verified: rapid.Bool().Draw(t, "verified"), On: where.Draw(t, "where"),
			Action: rapid.SampledFrom(authority.Actions()).Draw(t, "action"), Powers: rapid.SliceOfN(rapid.SampledFrom(authority.Powers()), 0, 2).Draw(t, "asks"),
		}
		before := d.Judge(q)
		if !before.Allowed {
			if before.Reason == "" || before.Remedy == "" || len(before.Bindings) > 0 {
				t.Fatalf("a refusal tells the reason and the remedy: %+v", before)
			}
			return
		}
		more := d
		more.Bindings = append(append([]authority.Binding{}, d.Bindings...), binding.Draw(t, "one more"))
		if !more.Judge(q).Allowed {
			t.Fatal("one more binding has taken something away")
		}
		q.Verified = true
		if !d.Judge(q).Allowed {
			t.Fatal("what is verified may less than what is claimed")
		}
	})
}

// Groups of a sign-in service count for who is verified, exactly as the document lists them.
func TestJudge_Claims(t *testing.T) {
	t.Parallel()
	d := authority.Document{
		Groups: []authority.Group{{Name: "sre", Members: []string{"li"}, Claims: []string{"slipway-sre", "/house/sre"}}, {Name: "others", Members: []string{"ann"}}},
		Bindings: []authority.Binding{{
			Name: "sre-steers", Groups: []string{"sre"}, Roles: []authority.Role{authority.RoleOperator}, Powers: []authority.Power{authority.PowerOverride}, Scopes: []string{"sae"},
		}},
	}
	require.NoError(t, d.Validate())
	require.True(t, d.GoesByClaims())
	require.False(t, shop().GoesByClaims())
	ended := time.Date(2026, 11, 2, 13, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		q      authority.Question
		groups []string
		reason string
		remedy string
	}{
		"of one of them":        {q: authority.Question{Identity: "ann", Verified: true, Groups: []string{"all", "/house/sre"}}, groups: []string{"sre", "others"}},
		"a member":              {q: authority.Question{Identity: "li"}, groups: []string{"sre"}},
		"a member of none":      {q: authority.Question{Identity: "li", Verified: true, Groups: []string{"all"}}, groups: []string{"sre"}},
		"only claimed":          {q: authority.Question{Identity: "ann", Groups: []string{"slipway-sre"}}, groups: []string{"others"}, reason: "no binding"},
		"of another group":      {q: authority.Question{Identity: "ann", Verified: true, Groups: []string{"slipway-sre-2", "Slipway-SRE", "sre"}}, groups: []string{"others"}, reason: "no binding", remedy: "have an admin bind"},
		"of a group that ended": {q: authority.Question{Identity: "bo", Verified: true, GroupsEnded: ended}, reason: `; the groups that "bo" had at the sign-in service have ended at 2026-11-02T13:00:00Z`, remedy: "sign in to the console again, or have an admin bind a role that may: operator"},
		"a member all the same": {q: authority.Question{Identity: "li", Verified: true, GroupsEnded: ended}, groups: []string{"sre"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.q.Action, c.q.On, c.q.Powers = authority.ActionPause, "sae/cn-hangzhou/shop", []authority.Power{authority.PowerOverride}
			got := d.Judge(c.q)
			require.Equal(t, c.reason == "", got.Allowed, got.Reason)
			require.Contains(t, got.Reason, c.reason)
			require.Contains(t, got.Remedy, c.remedy)
			require.Equal(t, c.groups, d.GroupsOf(c.q))
		})
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	_, err := authority.Parse([]byte(`{
		"groups": [{"name": "a", "members": []}, {"name": "a", "members": ["slipway", " x"]}, {"name": "c", "claims": ["", "sre*", "x", "x", "a\u0007"]}],
		"bindings": [
			{"name": "One", "identities": ["ann"], "roles": ["boss", "viewer", "viewer"], "scopes": ["aws/x", "sae/x/y/z", "set/a/b", "sae//a"]},
			{"name": "two", "groups": ["none"], "powers": ["fly"]},
			{"name": "three", "roles": ["viewer"], "scopes": ["*"], "color": "red"}
		],
		"requireVerified": [{}],
		"keys": [
			{"name": "one", "identity": "*", "publicKey": "SUAJP3KWQYBOEDKPSV4AMOVAGWNT2HGIVUWQOUQTBW6SIAG4GB4VLJE6N4"},
			{"name": "two", "identity": "ann", "publicKey": "UAPUBLIC", "until": "soon"},
			{"name": "three", "identity": "slipway", "publicKey": "UBYFCAP2PBPGDNXSKXGXKMHJL5LSOVZUUMV7JTQRGSNIMEEJL7QZI547"},
			{"name": "three", "identity": "ann@example.com", "publicKey": "UBYFCAP2PBPGDNXSKXGXKMHJL5LSOVZUUMV7JTQRGSNIMEEJL7QZI547", "secret": "x"}
		],
		"directCommands": "perhaps",
		"bindngs": []
	}`))
	var problems release.Problems
	require.ErrorAs(t, err, &problems)
	told := map[string]string{}
	for _, p := range problems {
		told[p.Field] = p.Message
	}
	for field, part := range map[string]string{
		"groups[2].claims[0]": "must not be empty", "groups[2].claims[1]": "compared exactly", "groups[2].claims[3]": "given twice", "groups[2].claims[4]": "no group of a sign-in service",
		"bindngs": "is not a field here", "bindings[2].color": "is not a field here", "groups[0].members": "is required", "groups[1].name": "another one",
		"groups[1].members[0]": "what the system calls itself", "groups[1].members[1]": "no identity", "bindings[0].name": "must be a name",
		"bindings[0].roles[0]": "there are viewer, requester", "bindings[0].roles[2]": "given twice", "bindings[0].scopes[0]": "no platform; there are sae",
		"bindings[0].scopes[1]": "platform/region/app", "bindings[0].scopes[2]": "set/name", "bindings[0].scopes[3]": "each part", "bindings[1].groups[0]": `no group "none"`,
		"bindings[1].powers[0]": "there are auto", "bindings[1].scopes": "is required", "bindings[2].identities": "or groups", "requireVerified[0]": "roles, powers or scopes",
		"directCommands": "allow or refuse", "keys[0].identity": "cannot be verified", "keys[0].publicKey": "looks like a seed", "keys[1].publicKey": "is no public user key",
		"keys[1].until": "parsing time", "keys[2].identity": "not what the system calls itself", "keys[3].name": "another one", "keys[3].identity": "cannot be verified",
		"keys[3].publicKey": "is the key of another one", "keys[3].secret": "is not a field here",
	} {
		require.Contains(t, told[field], part, "%s: %v", field, problems)
	}
	require.NotContains(t, err.Error(), "SUAJP3KW", "a secret is not told")
	_, err = authority.Parse([]byte(`{}`))
	require.ErrorContains(t, err, "bindings: is required")
}

func TestParse_tooMuch(t *testing.T) {
	t.Parallel()
	many := strings.Repeat(`"a",`, authority.MaxMembers) + `"a"`
	for _, data := range []string{
		`{"bindings": [{"name": "a", "identities": [` + many + `], "roles": ["viewer"], "scopes": ["*"]}]}`,
		`{"bindings": [{"name": "a", "identities": ["a"], "roles": ["viewer"], "scopes": [` + many + `]}]}`,
		`{"bindings": [{"name": "a", "identities": ["a"], "roles": [` + strings.Repeat(`"viewer",`, 500) + `"viewer"], "scopes": ["*"]}]}`,
		`{"groups": [{"name": "a", "members": [` + many + `]}]}`,
		`{"groups": [{"name": "a", "claims": [` + many + `]}]}`,
		`{"keys": [` + strings.Repeat(`{},`, authority.MaxKeys) + `{}]}`,
	} {
		_, err := authority.Parse([]byte(data))
		require.ErrorContains(t, err, "entries", data[:60])
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"groups":[{"name":"a","members":["x","ci-*"]}],"bindings":[{"name":"b","groups":["a"],"roles":["viewer"],"powers":["auto"],"scopes":["sae/*/a-*"]}],"requireVerified":[{"roles":["admin"]}],"keys":[{"name":"k","identity":"x","publicKey":"UBYFCAP2PBPGDNXSKXGXKMHJL5LSOVZUUMV7JTQRGSNIMEEJL7QZI547","until":"2027-01-01T00:00:00Z"}],"directCommands":"refuse"}`), "x", "sae/r/a-1")
	f.Add([]byte(`{"bindings":[{"name":"b","name":"b"}]}`), "*", "*")
	f.Add([]byte(`{"bindings":[{"name":"b","identities":["`+strings.Repeat("a*", 60)+`"],"roles":["viewer"],"scopes":["*"]}]}`), strings.Repeat("a", 200), "set/a")
	f.Fuzz(func(t *testing.T, data []byte, who, on string) {
		d, err := authority.Parse(data)
		if err != nil {
			require.ErrorAs(t, err, new(release.Problems))
			return
		}
		require.NoError(t, d.Validate())
		if v := d.Judge(authority.Question{Identity: who, On: on, Action: authority.ActionView}); !v.Allowed {
			require.NotEmpty(t, v.Reason)
		}
	})
}

// Who has no binding is told whom to ask for one.
func TestDocument_BindingsOf(t *testing.T) {
	t.Parallel()
	d := authority.Document{
		Groups: []authority.Group{{Name: "shop", Members: []string{"ann"}}, {Name: "leads", Claims: []string{"house-leads"}}},
		Bindings: []authority.Binding{
			{Name: "first", Groups: []string{"shop"}, Roles: []authority.Role{authority.RoleViewer}, Scopes: []string{"sae"}},
			{Name: "second", Identities: []string{"a*"}, Powers: []authority.Power{authority.PowerAuto}, Scopes: []string{"fc"}},
			{Name: "admins", Identities: []string{"root", "root"}, Groups: []string{"leads"}, Roles: []authority.Role{authority.RoleAdmin}, Scopes: []string{"*"}},
			{Name: "some", Identities: []string{"bo"}, Roles: []authority.Role{authority.RoleAdmin}, Scopes: []string{"sae"}},
		},
	}
	require.Equal(t, []string{"first", "second"}, d.BindingsOf(authority.Question{Identity: "ann", Verified: true}))
	require.Empty(t, d.BindingsOf(authority.Question{Identity: "eve", Verified: true}))
	require.Equal(t, []string{"admins"}, d.BindingsOf(authority.Question{Identity: "eve", Verified: true, Groups: []string{"house-leads"}}))
	require.Equal(t, []string{"root", "group leads"}, d.Admins())
}
