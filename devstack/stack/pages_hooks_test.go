package stack_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"slipway/hooks"
)

// ranBy is the comment above the blocks of docs/webhooks.md that are not commands of slipway.
const ranBy = "run by devstack/stack"

// TestPages_WebhooksAndTriggers runs every command, file and event of two pages as it stands: secrets are made, a console is
// started, a webhook is signed and posted; then a document with a rule is applied, a CDEvent fires it, and the
// commands tell of both. It does so with what every machine has that can run tests, and with curl and openssl where they are.
func TestPages_WebhooksAndTriggers(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	s := demo(ctx, t)
	examples, err := filepath.Abs(filepath.Join("..", "..", "examples"))
	require.NoError(t, err)
	sh := &shell{s: s, dir: t.TempDir()}
	require.NoError(t, os.Symlink(examples, filepath.Join(sh.dir, "examples")))

	webhooksPage(ctx, t, sh, insteadOfTools(t))
	if tools, all := toolsOfMachine(); all {
		webhooksPage(ctx, t, sh, tools)
	}
	told := func(text string) {
		require.Eventually(t, func() bool {
			return strings.Contains(sh.run(ctx, t, "slipway trigger pushes -o json"), text)
		}, patience, 100*time.Millisecond)
	}
	told("registry.example/team/shop")

	require.NoError(t, os.WriteFile(filepath.Join(sh.dir, "shop.yaml"), []byte(block(t, "triggers", "yaml", "kind: Application")), 0o600))
	sh.run(ctx, t, "slipway app apply -f shop.yaml")
	_, err = s.JetStream.PublishMsg(ctx, &nats.Msg{Subject: "slipway.artifact.shop", Data: []byte(block(t, "triggers", "json", "specversion"))})
	require.NoError(t, err)
	told(`"releaseId"`)
	runPage(ctx, t, sh, "triggers")
}

// webhooksPage runs docs/webhooks.md with curl and openssl that are found in a folder.
func webhooksPage(ctx context.Context, t *testing.T, sh *shell, tools string) {
	t.Helper()
	page := *sh
	page.path, page.dir = tools, t.TempDir()
	var url string
	ran := 0
	secrets := block(t, "webhooks", "sh", "umask")
	page.run(ctx, t, secrets)
	for _, b := range pageBlocks(t, "webhooks") {
		switch {
		case b.Info != "sh" || b.Text == secrets:
			continue
		case strings.HasPrefix(b.Text, "slipway console"):
			url = page.console(ctx, t, b.Text)
		default:
			require.Equal(t, ranBy, b.Comment)
			require.Contains(t, b.Text, "https://hooks.example/")
			line := strings.ReplaceAll(b.Text, "https://hooks.example/", url+"/")
			require.Contains(t, page.run(ctx, t, line), `"image":"registry.example/team/shop","tag":"1.4.2"`)
			forged := strings.Replace(line, `-d "$body"`, `-d "$body "`, 1)
			require.NotEqual(t, line, forged)
			out, err := page.command(ctx, t, forged).CombinedOutput()
			require.Error(t, err)
			require.Contains(t, string(out), "the signature is that of another key, time or body")
		}
		ran++
	}
	require.Equal(t, 2, ran)

	body := strings.TrimSpace(block(t, "webhooks", "json", `"image"`))
	key, err := os.ReadFile(filepath.Join(page.dir, "generic-key"))
	require.NoError(t, err)
	path, err := os.ReadFile(filepath.Join(page.dir, "path-secret"))
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/hooks/"+strings.TrimSpace(string(path))+"/generic", strings.NewReader(body))
	require.NoError(t, err)
	now := time.Now()
	req.Header.Set(hooks.HeaderTime, strconv.FormatInt(now.Unix(), 10))
	req.Header.Set(hooks.HeaderSignature, hooks.Sign(strings.TrimSpace(string(key)), now, []byte(body)))
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, resp.Body.Close()) }()
	require.Equal(t, http.StatusAccepted, resp.StatusCode)
}

// console starts a console until the test ends, and returns where it takes webhooks once it is ready.
func (s *shell) console(ctx context.Context, t *testing.T, line string) string {
	t.Helper()
	ctx, stop := context.WithCancel(ctx)
	cmd := s.command(ctx, t, "exec "+line)
	cmd.Env = append(cmd.Env, "SLIPWAY_HOOKS_ADDR=127.0.0.1:0", "SLIPWAY_HTTP_ADDR=127.0.0.1:0")
	var log lockedBuffer
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait()
		require.True(t, cmd.ProcessState.Success(), log.String())
	})
	served := func(message string) string {
		pattern := regexp.MustCompile(`"addr":"([0-9.:]+)".*"message":"` + message + `"`)
		var found []string
		require.Eventually(t, func() bool {
			found = pattern.FindStringSubmatch(log.String())
			return found != nil
		}, patience, 20*time.Millisecond, "%s", &log)
		return "http://" + found[1]
	}
	health := served("health and metrics are served")
	url := served("webhooks are taken")
	require.Eventually(t, func() bool {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, health+"/readyz", nil)
		require.NoError(t, err)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return resp.StatusCode == http.StatusOK
	}, patience, 20*time.Millisecond, "%s", &log)
	return url
}

// lockedBuffer is the log of a process.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lockedBuffer) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// tools are the commands of the page that not every machine has.
func tools() map[string]func(args []string, stdin io.Reader, stdout io.Writer) error {
	return map[string]func([]string, io.Reader, io.Writer) error{"openssl": openssl, "curl": curl}
}

// toolsOfMachine reports whether the machine has all of them.
func toolsOfMachine() (path string, all bool) {
	for name := range tools() {
		if _, err := exec.LookPath(name); err != nil {
			return "", false
		}
	}
	return "", true
}

// insteadOfTools is a folder in which this program stands for each of them.
func insteadOfTools(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	dir := t.TempDir()
	for name := range tools() {
		require.NoError(t, os.Symlink(self, filepath.Join(dir, name)))
	}
	return dir
}
