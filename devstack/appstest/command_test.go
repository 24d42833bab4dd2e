package appstest_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/ledger"
	"slipway/release"
	"slipway/setup"
)

// commandLine runs the slipway binary against one NATS server that is set up.
type commandLine struct {
	t           *testing.T
	binary, url string
	known       *ledger.Ledger
}

func newCommandLine(t *testing.T) *commandLine {
	t.Helper()
	binary := os.Getenv("SLIPWAY_BIN") //nolint:forbidigo // the build says where the binary is
	require.NotEmpty(t, binary, "SLIPWAY_BIN must name a slipway binary; run `make test-system`")
	js, url := house(t)
	_, err := setup.NATS(t.Context(), js, setup.Config{})
	require.NoError(t, err)
	return &commandLine{t, binary, url, ledger.New(js)}
}

// run runs a command that must end with the code. There is no Temporal.
func (c *commandLine) run(code int, args ...string) (stdout, stderr string) {
	c.t.Helper()
	var out, talk bytes.Buffer
	cmd := exec.CommandContext(c.t.Context(), c.binary, args...)
	cmd.Env = []string{"NATS_URL=" + c.url, "USER=mei", "TEMPORAL_ADDRESS=127.0.0.1:1"}
	cmd.Stdout, cmd.Stderr = &out, &talk
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil {
		require.ErrorAs(c.t, err, &exit)
	}
	require.Equal(c.t, code, cmd.ProcessState.ExitCode(), "%v: %s", args, talk.String())
	return out.String(), talk.String()
}

func (c *commandLine) file(text string) string {
	c.t.Helper()
	path := filepath.Join(c.t.TempDir(), "app.yaml")
	require.NoError(c.t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

const (
	head       = "apiVersion: slipway.dev/v1\nkind: Application\nspec:\n  name: shop\n  environments:\n"
	staging    = "  - {name: staging, app: {platform: sae, region: cn-hangzhou, id: a}}\n"
	production = "  - {name: production, app: {platform: sae, region: cn-hangzhou, id: b}, release: {limits: {confirm: 8h}}, locked: [freeze.override]}\n"
)

func TestCommand_DocumentsAreChangedAndTold(t *testing.T) {
	t.Parallel()
	c := newCommandLine(t)
	_, talk := c.run(0, "app", "list")
	require.Contains(t, talk, "there is no application yet")
	one, both := c.file(head+staging), c.file(head+staging+production)
	_, talk = c.run(0, "app", "apply", "-f", one, "--revision", "0", "--reason", "it has a name")
	require.Contains(t, talk, "application shop is at revision 1")
	out, _ := c.run(0, "app", "diff", "-f", both)
	require.Regexp(t, `environments.production.release.limits.confirm +8h`, out)
	_, talk = c.run(7, "app", "apply", "-f", both, "--revision", "0")
	require.Contains(t, talk, "application shop is at revision 1, by mei, and not at 0; nothing was changed")
	c.run(0, "app", "apply", "-f", both, "--revision", "1", "--by", "li")
	_, talk = c.run(0, "app", "diff", "-f", both)
	require.Contains(t, talk, "says the same, at revision 2")
	out, _ = c.run(0, "app", "list")
	require.Regexp(t, `shop/production +sae/cn-hangzhou/b +all +freeze.override +2 +li`, out)
	out, _ = c.run(0, "app", "get", "shop", "-o", "yaml")
	_, talk = c.run(0, "app", "diff", "-f", c.file(out))
	require.Contains(t, talk, "says the same", "what is printed can be applied")
	out, _ = c.run(0, "app", "history", "shop")
	require.Regexp(t, `(?s)2 +\S+ +change +li *\n.*1 +\S+ +create +mei +it has a name`, out)
	_, talk = c.run(1, "app", "get", "shp")
	require.Contains(t, talk, `"shp" is no application; did you mean shop?`)
	_, talk = c.run(2, "app", "lint", "-f", c.file(head+"  - {name: A}\n"))
	require.Contains(t, talk, "(line 6)")

	// What is under way keeps its environment.
	app := release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "b"}
	_, _, err := c.known.Create(t.Context(), ledger.Record{ReleaseID: "r-abcdefghijklmnop", App: app, Identity: ledger.Identity{Digest: "sha256:1"}})
	require.NoError(t, err)
	require.NoError(t, c.known.Accept(t.Context(), app, "r-abcdefghijklmnop"))
	for _, args := range [][]string{{"delete", "shop"}, {"apply", "-f", one}} {
		_, talk = c.run(7, append([]string{"app"}, args...)...)
		require.Contains(t, talk, "shop/production: release r-abcdefghijklmnop")
	}
	require.NoError(t, c.known.Update(t.Context(), ledger.Report{Progress: release.Progress{ReleaseID: "r-abcdefghijklmnop", App: app, Phase: release.PhaseSucceeded}}))
	_, talk = c.run(0, "app", "delete", "shop")
	require.Contains(t, talk, "application shop was deleted by mei")
}

// TestCommand_WhoChangesDocumentsIsAnAdmin: the authority document says who may change it, and application
// documents; who deletes it sets everybody free.
func TestCommand_WhoChangesDocumentsIsAnAdmin(t *testing.T) {
	t.Parallel()
	c := newCommandLine(t)
	_, talk := c.run(1, "authority", "get")
	require.Contains(t, talk, "there is no authority document; apply one with: slipway authority apply -f FILE")
	who := c.file("apiVersion: slipway.dev/v1\nkind: Authority\nspec:\n  bindings:\n" +
		"  - {name: all, identities: [root], roles: [admin], scopes: [\"*\"]}\n  - {name: a, identities: [ann], roles: [admin], scopes: [sae/cn-hangzhou/a]}\n")
	c.run(0, "authority", "apply", "-f", who)
	out, _ := c.run(0, "authority", "get", "-o", "yaml")
	_, talk = c.run(0, "authority", "diff", "-f", c.file(out))
	require.Contains(t, talk, "the authority document says the same, at revision 1", "what is printed can be applied")

	one, both := c.file(head+staging), c.file(head+staging+production)
	_, talk = c.run(7, "app", "apply", "-f", one)
	require.Contains(t, talk, `no binding of the authority document lets "mei" administer on sae/cn-hangzhou/a`)
	c.run(0, "app", "apply", "-f", one, "--by", "ann")
	_, talk = c.run(7, "app", "apply", "-f", both, "--by", "ann")
	require.Contains(t, talk, "administer on sae/cn-hangzhou/b")
	c.run(0, "app", "apply", "-f", both, "--by", "root")
	_, talk = c.run(7, "app", "apply", "-f", one, "--by", "ann")
	require.Contains(t, talk, "administer on sae/cn-hangzhou/b", "what is taken away counts, too")
	_, talk = c.run(7, "app", "delete", "shop", "--by", "ann")
	require.Contains(t, talk, "administer on sae/cn-hangzhou/b")

	_, talk = c.run(7, "authority", "delete")
	require.Contains(t, talk, `lets "mei" administer on *`)
	c.run(0, "authority", "delete", "--by", "root", "--reason", "it is in the way")
	c.run(0, "app", "delete", "shop")
	out, _ = c.run(0, "authority", "history")
	require.Regexp(t, `(?s)2 +\S+ +delete +root +it is in the way.*1 +\S+ +create +mei`, out)
}

// TestCommand_Policies runs what docs/policies.md shows.
func TestCommand_Policies(t *testing.T) {
	t.Parallel()
	c := newCommandLine(t)
	example := filepath.Join("..", "..", "examples", "policies", "policy.yaml")
	c.run(0, "policy", "lint", "-f", example)
	_, talk := c.run(0, "policy", "list")
	require.Contains(t, talk, "there is no policy yet")
	_, talk = c.run(0, "policy", "apply", "-f", example, "--reason", "as it was agreed")
	require.Contains(t, talk, "policy production is at revision 1, by mei")
	out, _ := c.run(0, "policy", "list")
	require.Regexp(t, `production +app/\*/production +images from registry.example; images by digest; 2 approvals; a watch of 10m; strategy batch or gray; confirm manual; rollback on failure +1 +mei`, out)
	out, _ = c.run(0, "policy", "get", "production", "-o", "yaml")
	_, talk = c.run(0, "policy", "diff", "-f", c.file(out))
	require.Contains(t, talk, "policy production says the same, at revision 1", "what is printed can be applied")

	tagged := c.file("apiVersion: slipway.dev/v1\nkind: Release\nspec: {app: {platform: sae, region: cn-hangzhou, id: b}, artifact: {image: shop:1}}\n")
	out, _ = c.run(0, "policy", "test", "-f", tagged)
	require.Equal(t, "no policy refuses it\n", out, "the application has no name yet")
	c.run(0, "app", "apply", "-f", c.file(head+staging+production))
	out, talk = c.run(7, "policy", "test", "-f", tagged)
	require.Contains(t, talk, "the policies would refuse it")
	for _, field := range []string{"artifact.image", "approval", "strategy.watch", "strategy.type"} {
		require.Regexp(t, `sae/cn-hangzhou/b +production +`+field, out)
	}
	named := c.file("apiVersion: slipway.dev/v1\nkind: Release\nspec: {application: shop, environment: production, artifact: {image: shop:1}, policy: {override: [production], reason: why}}\n")
	out, _ = c.run(0, "policy", "test", "-f", named)
	require.Contains(t, out, "(passed over)")
	c.run(7, "policy", "test", "-f", tagged, "--policy", c.file("apiVersion: slipway.dev/v1\nkind: Policy\nspec: {name: a, scopes: [sae], demands: {watch: {}}}\n"))
	c.run(0, "policy", "delete", "production")
	out, _ = c.run(0, "policy", "history", "production")
	require.Regexp(t, `(?s)2 +\S+ +delete +mei.*1 +\S+ +create +mei +as it was agreed`, out)
}

func TestCommand_AnApplicationIsNamed(t *testing.T) {
	t.Parallel()
	c := newCommandLine(t)
	c.run(0, "app", "apply", "-f", c.file(head+staging+production))
	_, talk := c.run(0, "deploy", "shop", "--image", "shop:1", "--event-id", "1", "--dry-run")
	require.Contains(t, talk, "slipway.request.app.shop.staging", "the first")
	out, talk := c.run(0, "deploy", "shop", "--image", "shop:1", "--to", "production", "--event-id", "1")
	require.Contains(t, talk, release.IDByName("shop", "production", "urn:slipway:cli", "1"))
	require.Equal(t, release.IDByName("shop", "production", "urn:slipway:cli", "1")+"\n", out)
	_, talk = c.run(2, "deploy", "shop/staging", "--image", "shop:1", "--to", "production")
	require.Contains(t, talk, "leave one of them out")
	_, talk = c.run(2, "deploy", "shop", "--image", "shop:1", "--to", "production", "--freeze-override", "now")
	require.Contains(t, talk, "freeze.override is locked by application shop for production")
	for _, args := range [][]string{{"rollback", "shop"}, {"restart", "shop"}, {"lane", "get", "shop"}, {"freeze", "list", "--app", "shop"}} {
		_, talk = c.run(2, args...)
		require.Contains(t, talk, "say which environment: shop/staging, shop/production")
	}
	_, talk = c.run(0, "history", "shop/production")
	require.Contains(t, talk, "the ledger has no release of this application")
	_, talk = c.run(0, "history", "shop")
	require.Contains(t, talk, "the ledger has no release of this application")
	_, talk = c.run(0, "freeze", "stop", "sale", "--scope", "shop/production", "--reason", "busy days")
	require.Contains(t, talk, "stopped by mei")
	out, talk = c.run(0, "freeze", "list", "--app", "shop/production")
	require.Contains(t, talk, "sae/cn-hangzhou/b is frozen by sale")
	require.Contains(t, out, "shop/production")
	_, talk = c.run(0, "freeze", "list", "--app", "shop/staging")
	require.Contains(t, talk, "sae/cn-hangzhou/a is not frozen")
	_, talk = c.run(2, "freeze", "stop", "sale-2", "--scope", "shop/prod", "--reason", "busy days")
	require.Contains(t, talk, "--scope: \"prod\" is no environment of shop")
	_, talk = c.run(7, "authority", "can", "nobody", "rollback", "shop/production", "-f", "../../examples/authority/authority.yaml")
	require.Contains(t, talk, "sae/cn-hangzhou/b")
	_, talk = c.run(0, "deploy", "shop", "--image", "shop:1", "--set", "LOG_LEVEL=debug", "--set", "OLD-", "--event-id", "7", "--dry-run")
	require.Contains(t, talk, "slipway.request.app.shop.staging")
	_, talk = c.run(2, "deploy", "shop", "--image", "shop:1", "--set", "DB_PASSWORD=hunter2hunter2", "--dry-run")
	require.Contains(t, talk, "secret")
	require.NotContains(t, talk, "hunter2")
	_, talk = c.run(2, "rollback", "shop/prod")
	require.Contains(t, talk, "there are staging, production; did you mean production?")
	_, talk = c.run(1, "rollback", "shopp/production")
	require.Contains(t, talk, "did you mean shop?")
	out, _ = c.run(0, "__complete", "rollback", "")
	require.Contains(t, out, "shop/production\tsae/cn-hangzhou/b")
	file := c.file("apiVersion: slipway.dev/v1\nkind: Release\nspec: {application: shop, environment: production, artifact: {image: shop:2}}\n")
	_, talk = c.run(0, "release", "submit", "-f", file, "--dry-run")
	require.Contains(t, talk, "slipway.request.app.shop.production")
}
