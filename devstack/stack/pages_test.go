package stack_test

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/internal/markdown"
	"slipway/release"
	"slipway/releases"
	"slipway/saesim"
)

// shell runs what a page shows, in a folder, against a stack.
type shell struct {
	s   *stack.Stack
	dir string
	// path is a folder with commands that are found before those of the machine; empty is none.
	path string
}

func slipwayBinary(t *testing.T) string {
	t.Helper()
	binary := os.Getenv("SLIPWAY_BIN") //nolint:forbidigo // the build says where the binary is
	require.NotEmpty(t, binary, "SLIPWAY_BIN must name a slipway binary; run `make test-system`")
	absolute, err := filepath.Abs(binary)
	require.NoError(t, err)
	return absolute
}

// command is a line of a shell, which finds slipway and the stack.
func (s *shell) command(ctx context.Context, t *testing.T, line string) *exec.Cmd {
	t.Helper()
	path := t.TempDir()
	require.NoError(t, os.Symlink(slipwayBinary(t), filepath.Join(path, "slipway")))
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	cmd.Dir = s.dir
	machine := os.Getenv("PATH") //nolint:forbidigo // as a shell has it
	cmd.Env = []string{"USER=ann", "PATH=" + strings.Join([]string{path, cmp.Or(s.path, path), machine}, string(os.PathListSeparator))}
	cmd.Env = append(cmd.Env, scenario.Environ(s.s.Env())...)
	return cmd
}

// run returns what a line prints; it must end well.
func (s *shell) run(ctx context.Context, t *testing.T, line string) string {
	t.Helper()
	out, err := s.command(ctx, t, line).CombinedOutput()
	require.NoError(t, err, "%s\n%s", line, out)
	return strings.TrimSpace(string(out))
}

// follows checks that a line that never ends prints something.
func (s *shell) follows(ctx context.Context, t *testing.T, line string) {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := s.command(ctx, t, "exec "+line)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	first, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err, line)
	require.NotEmpty(t, first, line)
	cancel()
	require.Error(t, cmd.Wait(), "%s was to be interrupted", line)
}

func pageBlocks(t *testing.T, page string) []markdown.Block {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", page+".md"))
	require.NoError(t, err)
	return markdown.Blocks(string(text))
}

// block is the first block of a page in a language that has a text.
func block(t *testing.T, page, info, has string) string {
	t.Helper()
	for _, b := range pageBlocks(t, page) {
		if b.Info == info && strings.Contains(b.Text, has) {
			return b.Text
		}
	}
	require.Fail(t, "the page has no such block", "%s: %s %s", page, info, has)
	return ""
}

// runPage runs every command of a page, in their order.
func runPage(ctx context.Context, t *testing.T, s *shell, page string) {
	t.Helper()
	ran := 0
	for _, b := range pageBlocks(t, page) {
		if b.Info != "sh" {
			continue
		}
		for line := range strings.Lines(b.Text) {
			line, ran = strings.TrimSpace(line), ran+1
			if strings.Contains(line, "--follow") {
				s.follows(ctx, t, line)
				continue
			}
			s.run(ctx, t, line)
		}
	}
	require.GreaterOrEqual(t, ran, 4, page)
}

// TestPages_PromotionPoliciesAndTheAudit runs every command, file and event of three pages: a version is promoted
// as the page says, by the command line and by an event; policies are tried, applied and met; and the audit
// tells of it.
func TestPages_PromotionPoliciesAndTheAudit(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	s := demo(ctx, t)
	examples, err := filepath.Abs(filepath.Join("..", "..", "examples"))
	require.NoError(t, err)
	sh := &shell{s: s, dir: t.TempDir()}
	require.NoError(t, os.Symlink(examples, filepath.Join(sh.dir, "examples")))
	file := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(sh.dir, name), []byte(text), 0o600))
	}
	promotePage(ctx, t, sh, file)

	written, err := os.ReadFile(filepath.Join(examples, "policies", "policy.yaml"))
	require.NoError(t, err)
	require.YAMLEq(t, string(written), block(t, "policies", "yaml", "kind: Policy"))
	meets := `apiVersion: slipway.dev/v1
kind: Release
spec:
  application: shop
  environment: production
  artifact: {image: "registry.example/shop@sha256:` + strings.Repeat("0", 64) + `"}
  strategy: {type: gray, gray: 1, batches: 1, confirm: manual, watch: {for: 10m}}
  approval: {count: 2, notRequester: true}
`
	file("release.yaml", meets)
	runPage(ctx, t, sh, "policies")
	tagged := strings.Replace(meets, "@sha256:"+strings.Repeat("0", 64), ":1.4.2", 1)
	file("release.yaml", tagged)
	out, err := sh.command(ctx, t, "slipway policy test -f release.yaml").CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "artifact.image")
	file("release.yaml", tagged+indented(block(t, "policies", "yaml", "override")))
	require.Contains(t, sh.run(ctx, t, "slipway policy test -f release.yaml"), "passed over")
	require.Contains(t, sh.run(ctx, t, "slipway policy history production"), "as it was agreed")
	require.Contains(t, sh.run(ctx, t, "slipway policy get production --at 1"), "registry.example")

	runPage(ctx, t, sh, "audit")
	told := sh.run(ctx, t, "slipway audit -o wide")
	for _, action := range []string{"request", "end", "apply", "policy production", "application shop"} {
		require.Contains(t, told, action)
	}
}

// promotePage is docs/promotion.md, with a document that promotes as the page says but after no time.
func promotePage(ctx context.Context, t *testing.T, sh *shell, file func(name, text string)) {
	t.Helper()
	promotes := block(t, "promotion", "yaml", "promotion:")
	require.Contains(t, promotes, "after: 1h")
	file("shop.yaml", fmt.Sprintf(`apiVersion: slipway.dev/v1
kind: Application
spec:
  name: shop
  environments:
    - name: staging
      app: {platform: sae, region: cn-hangzhou, id: %s}
    - name: production
      app: {platform: sae, region: cn-hangzhou, id: %s}
`, saesim.DemoInventory, saesim.DemoShop)+indented(strings.Replace(promotes, "after: 1h", "after: 0s", 1)))
	sh.run(ctx, t, "slipway app apply -f shop.yaml")
	sh.run(ctx, t, "slipway deploy shop --image registry.example/shop:1.4.2 --wait")
	runPage(ctx, t, sh, "promotion")
	require.Regexp(t, `shop/production +registry.example/shop:1.4.2`, sh.run(ctx, t, "slipway app status shop"))

	sh.run(ctx, t, "slipway deploy shop --image registry.example/shop:1.4.3 --event-id next --wait")
	source := release.IDByName("shop", "staging", "urn:slipway:cli", "next")
	event := block(t, "promotion", "json", "promotedFrom")
	event = regexp.MustCompile(`r-[a-z2-7]{16}`).ReplaceAllString(event, source)
	_, err := sh.s.JetStream.PublishMsg(ctx, &nats.Msg{Subject: "slipway.request.app.shop.production", Data: []byte(event)})
	require.NoError(t, err)
	id := release.PromotionID("shop", "production", source)
	require.Eventually(t, func() bool {
		_, err := sh.s.Client.DescribeWorkflowExecution(ctx, release.CommandTargetID(id), "")
		return err == nil
	}, patience, 20*time.Millisecond)
	p := confirmAll(ctx, t, releases.New(sh.s.Client), id)
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Equal(t, "ann", p.RequestedBy)
}

// indented is what stands in the spec of a file.
func indented(text string) string {
	return regexp.MustCompile(`(?m)^(.)`).ReplaceAllString(text, "  $1")
}
