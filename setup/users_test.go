package setup_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/audit"
	"slipway/authority"
	"slipway/console/session"
	"slipway/setup"
)

func TestUsers_OfADocument(t *testing.T) {
	t.Parallel()
	users, left := setup.DocumentUsers(authority.Document{
		Groups: []authority.Group{{Name: "pipelines", Members: []string{"ci-shop", "ci-*"}}},
		Bindings: []authority.Binding{
			{Name: "ask", Groups: []string{"pipelines"}, Roles: []authority.Role{authority.RoleRequester}, Scopes: []string{"sae/cn-hangzhou/shop", "fc", "sae/*/staging-*", "set/checkout"}},
			{Name: "let", Identities: []string{"ann", "li@example.com", "slipway-worker"}, Roles: []authority.Role{authority.RoleApprover}, Scopes: []string{"sae/cn-hangzhou/shop", "set/*", "*"}},
		},
	})
	require.Equal(t, []string{"ci-*", "li@example.com", "slipway-worker"}, left, "nobody is a pattern, has a dot, or is a role")
	require.Len(t, users, 2)
	speaks := func(u setup.User) []string {
		return slices.DeleteFunc(slices.Clone(u.Publish), func(s string) bool { return !strings.HasPrefix(s, "slipway.") })
	}
	require.Equal(t, "ann", users[0].Name)
	require.Equal(t, []string{"slipway.by.ann.command.>", "slipway.by.ann.command.sae.cn-hangzhou.shop.*", "slipway.by.ann.command.set.*.*"}, speaks(users[0]))
	require.Equal(t, []string{
		"slipway.by.ci-shop.request.app.>", "slipway.by.ci-shop.request.fc.>", "slipway.by.ci-shop.request.sae.*.*", "slipway.by.ci-shop.request.sae.cn-hangzhou.shop", "slipway.by.ci-shop.request.set.checkout",
	}, speaks(users[1]))
	require.Equal(t, []string{"sae/*/staging-*"}, users[1].Wider)
	require.Contains(t, setup.ServerConfig(users, left), `NATS cannot say "sae/*/staging-*"`)
}

// Who writes the sessions is whoever they please, and who reads them knows who has signed in: the console alone does.
func TestUsers_SessionsAreOfTheConsoleAlone(t *testing.T) {
	t.Parallel()
	shared, err := setup.SharedUser("people")
	require.NoError(t, err)
	for _, u := range slices.Concat(setup.ServiceUsers(), setup.RoleUsers(), []setup.User{shared}) {
		of := slices.ContainsFunc(u.Publish, func(s string) bool {
			return strings.Contains(s, session.Bucket) && !strings.HasPrefix(s, "$JS.API.STREAM.")
		})
		require.Equal(t, u.Name == setup.UserConsole, of, u.Name)
	}
	require.NotContains(t, audit.Buckets(), session.Bucket)
}

func TestUsers_NoTwoHaveOnePassword(t *testing.T) {
	t.Parallel()
	text := setup.ServerConfig([]setup.User{{Name: "a-b"}, {Name: "a_b"}, {Name: "A+b"}}, nil)
	for _, variable := range []string{"$NATS_PASSWORD_A_B\n", "$NATS_PASSWORD_A_B_\n", "$NATS_PASSWORD_A_B__\n"} {
		require.Equal(t, 1, strings.Count(text, variable), text)
	}
}
