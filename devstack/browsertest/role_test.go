package browsertest_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"slipway/authority"
	"slipway/console/access"
	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/internal/documents"
)

// role is the console as operators run it: a process of its own.
type role struct {
	t       *testing.T
	on      *stack.Stack
	tokens  string
	process *scenario.Process
	// url is that of the first start; the console comes again at the same address.
	url string
}

// console starts the console for people by their names; it returns their tokens, too.
func console(t *testing.T, on *stack.Stack, people ...string) (*role, map[string]string) {
	t.Helper()
	tokens, file := map[string]string{}, ""
	for _, name := range people {
		tokens[name] = access.NewToken()
		file += access.Line(name, tokens[name], time.Time{}) + "\n"
	}
	r := &role{t: t, on: on, tokens: filepath.Join(t.TempDir(), "tokens")}
	require.NoError(t, os.WriteFile(r.tokens, []byte(file), 0o600))
	r.start("127.0.0.1:0")
	t.Cleanup(func() { require.NoError(t, r.process.Stop()) })
	return r, tokens
}

func (r *role) start(addr string) {
	r.t.Helper()
	binary := os.Getenv("SLIPWAY_BIN") //nolint:forbidigo // the build says where the binary is
	require.NotEmpty(r.t, binary, "SLIPWAY_BIN must name a slipway binary; run `make test-system`")
	env := r.on.Env()
	env["SLIPWAY_CONSOLE_ADDR"], env["SLIPWAY_CONSOLE_TOKENS_FILE"] = addr, r.tokens
	var err error
	r.process, err = scenario.Launch{Binary: binary, Role: "console", Env: env}.Start(context.WithoutCancel(r.t.Context())) // it is stopped by its cleanup
	require.NoError(r.t, err)
	at, err := r.process.Addr(r.t.Context(), scenario.ServesConsole)
	require.NoError(r.t, err)
	r.url = "http://" + at
}

// kill ends the process at once, and starts it again.
func (r *role) kill() {
	r.t.Helper()
	require.NoError(r.t, r.process.Kill())
	r.start(strings.TrimPrefix(r.url, "http://"))
}

// withAuthority has people be what their roles say.
func withAuthority(t *testing.T, s *stack.Stack, roles map[string][]authority.Role) {
	t.Helper()
	document := authority.Document{}
	for name, its := range roles {
		document.Bindings = append(document.Bindings, authority.Binding{Name: name, Identities: []string{name}, Roles: its, Scopes: []string{"*"}})
	}
	_, err := authority.NewStore(s.JetStream).Apply(t.Context(), document, documents.Edit[authority.Document]{Expected: documents.Any})
	require.NoError(t, err)
}

// asks asks for a gray release of the shop, on the pages.
func (b *browser) asks(image string) string {
	b.t.Helper()
	b.at("/deploy").fills("app", shop).fills("image", image).chooses("strategy", "gray").clicks("Show what it would do")
	b.sees("What will happen").clicks("Deploy").sees(image).sees("Requested by")
	return b.idOf()
}

// A viewer reads everything, and is refused what only others may, with the reason; a stop of the line holds a release until somebody lifts
// it; and a page goes on by itself when the console was killed and started again, with the same session.
func TestConsole_RolesAndStops(t *testing.T) {
	t.Parallel()
	s := everything(t)
	r, tokens := console(t, s, "ann", "vera")
	withAuthority(t, s, map[string][]authority.Role{"vera": {authority.RoleViewer}, "ann": {authority.RoleRequester, authority.RoleApprover, authority.RoleOperator}})

	ann := open(t, r.url).signsIn(tokens["ann"]).sees("Overview")
	ann.at("/freezes").fills("name", "incident").fills("reason", "payments are down")
	ann.clicks("Stop the line").sees("Nothing new begins until somebody lifts it").clicks("Stop the line").sees("until it is lifted")
	ann.picture("console-freezes")
	ann.at("/deploy").fills("app", shop).fills("image", "registry.example/shop:1.4.2").chooses("strategy", "gray").clicks("Show what it would do")
	ann.sees("payments are down").clicks("Deploy").sees("somebody to lift stop incident")
	id := ann.idOf()

	vera := open(t, r.url).signsIn(tokens["vera"]).sees("Needs a person")
	vera.at("/releases/"+id).sees("payments are down").clicks("Abort").fills("reason", "I would rather not").clicks("Abort")
	vera.sees("no binding of the authority document lets \"vera\" abort")
	vera.at("/freezes/incident/end").clicks("Lift").sees("freeze")
	vera.at("/freezes").sees("until it is lifted")

	other := open(t, r.url).signsIn(tokens["ann"]).sees("Overview").at("/freezes").clicks("Lift").sees("The stop is lifted")
	other.clicks("Lift").sees("Nothing is frozen.")
	ann.sees("confirmation of batch 1 of 2")

	r.kill()
	other.at("/releases/" + id + "/commands/confirm").sees("lets batch 2 of 2 begin") // while the console reaches NATS, the page says so and tries again
	other.clicks("Confirm").sees("Sent: confirm.")
	ann.sees("Succeeded")
	require.Equal(t, "/releases/"+id, ann.path(), "the page was not left")
	ann.uncomplaining()

	other.at("/").sees("Needs a person")
	require.NoError(t, os.WriteFile(r.tokens, []byte(access.Line("vera", tokens["vera"], time.Time{})+"\n"), 0o600))
	require.Eventually(t, func() bool { return ann.at("/").path() == "/sign-in" }, glance, 200*time.Millisecond, "who has no token any more has no session")
	other.sees("Where is there a token?") // and a page that was left open shows nothing any more
}

// Each page can be used on a phone: nothing is wider than its screen; and in the dark, and with the keyboard alone.
func TestConsole_Phone(t *testing.T) {
	t.Parallel()
	s := everything(t)
	b := open(t, s.Console().URL).wide(390, 844)
	b.at("/sign-in")
	b.do(chromedp.KeyEvent(s.Console().Token), chromedp.KeyEvent("\r")) // the field has the focus
	b.sees("Nothing waits for anybody.")
	id := b.asks("registry.example/shop:1.4.2")
	b.sees("confirmation of batch 1 of 2").picture("console-phone")
	for _, path := range []string{
		"/", "/releases", "/releases/" + id, "/releases/" + id + "/commands/abort", "/applications", "/lanes", "/lanes/" + shop, "/lanes/" + shop + "/commands/hold", "/sets", "/approvals", "/freezes", "/deploy", "/nothing",
	} {
		b.at(path)
		require.LessOrEqual(t, says[int](b, `document.documentElement.scrollWidth`), 390, path)
		require.Empty(t, says[string](b, `[...document.querySelectorAll("main a, main button, main input, main select")].filter(e => e.tabIndex < 0 && e.type !== "hidden").map(e => e.outerHTML).join()`), path)
		require.Empty(t, says[string](b, `[...document.querySelectorAll("input:not([type=hidden]), select, textarea")].filter(e => !e.labels.length && !e.ariaLabel).map(e => e.outerHTML).join()`), "%s: fields without a label", path)
		require.Equal(t, 1, says[int](b, `document.querySelectorAll("h1").length`), path)
	}
	b.uncomplaining()
}
