package starter

import (
	"context"
	"errors"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"slipway/ledger"
	"slipway/policy"
	"slipway/release"
)

// demanded are the policies that there are, or why they cannot be read, and what applications are called.
type demanded struct {
	found []policy.Document
	names map[string]string
	err   error
}

func (d demanded) List(context.Context) ([]policy.Document, error) { return d.found, d.err }

func (d demanded) NamesOf(_ context.Context, app release.App) ([]string, error) {
	return []string{d.names[app.ID]}, nil
}

// registries are policies that demand images of a registry, each for one scope.
func registries(scopes ...string) (found []policy.Document) {
	for i, s := range scopes {
		p := policy.Policy{Name: "registry-" + string(rune('a'+i)), Scopes: []string{s}, Demands: policy.Demands{Images: &policy.Images{Registries: []string{"registry.example"}}}}
		found = append(found, policy.Document{Spec: &p, Revision: uint64(i + 1)})
	}
	return found
}

// Each release of a set is held against the policies of its application. The set is let in as a whole.
func TestPolicy_EachReleaseOfASetIsHeld(t *testing.T) {
	t.Parallel()
	member := func(name, image string, override ...string) release.SetRelease {
		spec := shopSpec("")
		spec.App.ID, spec.Artifact = name, release.Artifact{Image: image}
		if len(override) > 0 {
			spec.Policy = release.PolicyOverride{Override: override, Reason: "the registry is away"}
		}
		return release.SetRelease{Name: name, Spec: spec}
	}
	const good, bad = "registry.example/a:1", "elsewhere.example/a:1"
	both := registries("sae/*/stock", "app/shop/production")
	away := errors.New("nats: timeout")
	for name, c := range map[string]struct {
		found   []policy.Document
		members []release.SetRelease
		known   ledger.Set
		err     error
		want    release.Admission
		refused string
	}{
		"no policy":                       {members: []release.SetRelease{member("stock", bad)}},
		"as it is demanded":               {found: both, members: []release.SetRelease{member("stock", good), member("shop", good)}, want: release.Admission{Policies: "registry-a@1, registry-b@2"}},
		"a policy for another one":        {found: both, members: []release.SetRelease{member("stock", good), member("cart", bad)}, want: release.Admission{Policies: "registry-a@1"}},
		"one of them is otherwise":        {found: both, members: []release.SetRelease{member("stock", good), member("shop", bad)}, refused: "of release shop: policy registry-b demands"},
		"the first of them is otherwise":  {found: both, members: []release.SetRelease{member("stock", bad), member("shop", good)}, refused: "of release stock: policy registry-a demands"},
		"it is passed over with a reason": {found: both, members: []release.SetRelease{member("stock", bad, "registry-a"), member("shop", good)}, want: release.Admission{Policies: "registry-a@1, registry-b@2", PolicyOverride: "stock: registry-a: the registry is away"}},
		"for another release of the set":  {found: both, members: []release.SetRelease{member("stock", good, "registry-a"), member("shop", bad)}, refused: "of release shop: policy registry-b demands"},
		"both are passed over":            {found: both, members: []release.SetRelease{member("stock", bad, "registry-a"), member("shop", bad, "registry-b")}, want: release.Admission{Policies: "registry-a@1, registry-b@2", PolicyOverride: "stock: registry-a: the registry is away; shop: registry-b: the registry is away"}},
		"what was let in before stays so": {found: both, members: []release.SetRelease{member("shop", bad)}, known: ledger.Set{SetID: "s-1", Accepted: true}},
		"they cannot be read":             {err: away, members: []release.SetRelease{member("shop", good)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := demanded{c.found, map[string]string{"shop": "shop/production", "stock": "stock/production"}, c.err}
			s := &Starter{cfg: Config{}.WithDefaults(), policies: d, names: d, ledger: &fakeLedger{set: c.known}, log: zerolog.Nop()}
			r := release.SetRequest{ID: "s-1", Set: release.Set{Name: "checkout", Waves: []release.Wave{{Releases: c.members[:1]}, {Releases: c.members[1:]}}}}
			err := s.holdSet(t.Context(), &r)
			switch out := classify(result{kind: kindRequest, err: err}); {
			case c.refused != "":
				require.Equal(t, actDeadLetter, out.action)
				require.Equal(t, "artifact.image", out.poison.Field)
				require.Contains(t, out.poison.Reason, c.refused)
			case c.err != nil:
				require.ErrorIs(t, err, c.err)
				require.Equal(t, actRetry, out.action, "what cannot be judged waits")
			default:
				require.NoError(t, err)
				require.Equal(t, c.want, r.Admission)
			}
		})
	}
}
