package browsertest_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"slipway/devstack/stack"
)

// patience bounds one test; what goes wrong is told long before.
const patience = 4 * time.Minute

// glance bounds how long something may take until it can be seen.
const glance = 45 * time.Second

// browser is a browser of its own, with nothing remembered.
type browser struct {
	ctx context.Context
	t   testing.TB
	url string

	mu sync.Mutex
	// complaints are what the browser has logged as errors: what the policy of contents has forbidden, and what failed in a script.
	complaints []string
}

// chromium is the browser that the test target installs.
func chromium(tb testing.TB) string {
	tb.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	require.Fail(tb, "there is no chromium; `make test-system` installs it on Debian, and elsewhere it must be on the PATH")
	return ""
}

// open starts a browser at a console.
func open(tb testing.TB, url string) *browser {
	tb.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium(tb)), chromedp.NoSandbox, chromedp.WindowSize(1280, 900), chromedp.Flag("lang", "en"), chromedp.UserDataDir(tb.TempDir()))
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	ctx, end := chromedp.NewExecAllocator(ctx, options...)
	ctx, stop := chromedp.NewContext(ctx)
	b := &browser{ctx: ctx, t: tb, url: url}
	require.NoError(tb, chromedp.Do(ctx, chromedp.Navigate("about:blank"))) // the first context is that of the browser
	listened := make(chan struct{})
	messages := chromedp.Console(ctx)
	go func() {
		defer close(listened)
		for message, err := range messages {
			if err != nil {
				return
			}
			b.heard(message)
		}
	}()
	tb.Cleanup(func() {
		stop()
		end()
		cancel()
		<-listened
	})
	return b
}

// heard keeps what the browser complains about. That an answer was refused is no complaint: tests say which are.
func (b *browser) heard(m chromedp.ConsoleMessage) {
	wrong := m.Type == chromedp.ConsoleException || m.Type == "error"
	if !wrong || strings.HasPrefix(m.Text, "Failed to load resource") {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.complaints = append(b.complaints, m.Text)
}

// replaced is what the browser says of an element that the page has replaced, which it does whenever something happens to a release, between
// the finding of it and the acting on it.
const replaced = "Could not find node with given id"

// do carries out actions, each within a glance.
func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	for i, action := range actions {
		ctx, cancel := context.WithTimeout(b.ctx, glance)
		err := chromedp.Do(ctx, action)
		for err != nil && strings.Contains(err.Error(), replaced) && ctx.Err() == nil {
			err = chromedp.Do(ctx, action)
		}
		cancel()
		if err != nil {
			require.NoError(b.t, err, "action %d on\n%s", i, b.text())
		}
	}
}

// says evaluates an expression in the page.
func says[T any](b *browser, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, glance)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	require.NoError(b.t, err, expression)
	return value
}

// at goes to a page.
func (b *browser) at(path string) *browser {
	b.t.Helper()
	b.do(chromedp.Navigate(b.url + path))
	return b
}

// text is what the page says.
func (b *browser) text() string {
	ctx, cancel := context.WithTimeout(b.ctx, glance)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.pathname + "\n" + document.body.innerText`))
	if err != nil {
		return err.Error()
	}
	return text
}

// sees waits until the page says something, without anybody loading it again.
func (b *browser) sees(text string) *browser {
	b.t.Helper()
	expression := fmt.Sprintf("document.body !== null && document.body.innerText.includes(%q)", text)
	seen := assert.Eventually(b.t, func() bool {
		ctx, cancel := context.WithTimeout(b.ctx, glance)
		defer cancel()
		found, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression))
		return err == nil && found // while a page is left for another, none can be asked
	}, glance, 20*time.Millisecond)
	require.True(b.t, seen, "%q is not on\n%s", text, b.text())
	return b
}

// clicks follows a link or presses a button by its words.
func (b *browser) clicks(words string) *browser {
	b.t.Helper()
	b.do(chromedp.Click(fmt.Sprintf(`//main//*[(self::a or self::button) and normalize-space(.)=%q]`, words), chromedp.NodeVisible))
	return b
}

// fills puts a text into a field by its name.
func (b *browser) fills(name, text string) *browser {
	b.t.Helper()
	at := chromedp.CSS(fmt.Sprintf(`main [name=%q]`, name))
	b.do(chromedp.Clear(at), chromedp.SendKeys(at, text))
	return b
}

// chooses sets what a list has, also where it is folded away.
func (b *browser) chooses(name, value string) *browser {
	b.t.Helper()
	_ = says[int](b, `document.querySelectorAll("details").forEach(d => { d.open = true }), 1`)
	b.do(chromedp.SetValue(chromedp.CSS(fmt.Sprintf(`main [name=%q]`, name)), value))
	return b
}

// signsIn signs in with a token.
func (b *browser) signsIn(token string) *browser {
	b.t.Helper()
	return b.at("/sign-in").fills("token", token).clicks("Sign in")
}

// path is that of the page.
func (b *browser) path() string {
	b.t.Helper()
	return says[string](b, `location.pathname`)
}

// wide sets how wide the window is, as a phone or a desk has it.
func (b *browser) wide(width, height int64) *browser {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, height))
	return b
}

// picture keeps a picture of the page among those of the documents, where they are made anew.
func (b *browser) picture(name string) {
	b.t.Helper()
	if os.Getenv("UPDATE_GOLDEN") == "" { //nolint:forbidigo // as the other golden files
		return
	}
	image, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	require.NoError(b.t, err)
	require.NoError(b.t, os.WriteFile(filepath.Join("..", "..", "docs", "images", name+".png"), image, 0o600))
}

// uncomplaining makes sure that nothing went wrong in the browser itself: no script has failed, and nothing was forbidden by the policy
// of contents.
func (b *browser) uncomplaining() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Empty(b.t, b.complaints)
}

// everything is a stack on which time passes twenty times as fast.
func everything(tb testing.TB) *stack.Stack {
	tb.Helper()
	starting, started := context.WithTimeout(tb.Context(), patience)
	defer started()
	s, err := stack.Start(starting, stack.Config{
		Demo: true, Speed: 20, Settle: time.Second, Log: zerolog.New(zerolog.NewTestWriter(tb)).Level(zerolog.WarnLevel),
	})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, s.Close()) })
	return s
}

// shop is the application of the examples.
const shop = "sae/cn-hangzhou/f80db7f6-0d46-4563-bd41-99f11e3a2eb4"

// idOf is the ID of the release whose page is shown.
func (b *browser) idOf() string {
	b.t.Helper()
	id, is := strings.CutPrefix(b.path(), "/releases/")
	require.True(b.t, is, "the page is none of a release: %s", b.path())
	return id
}
