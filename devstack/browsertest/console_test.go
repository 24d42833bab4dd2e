package browsertest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"slipway/devstack/stack"
)

// A person signs in, deploys with a look at what it would do, watches the release come to its first batch without loading a page again,
// confirms, and sees it succeed.
func TestConsole_AGrayRelease(t *testing.T) {
	t.Parallel()
	s := everything(t)
	b := open(t, s.Console().URL)
	b.at("/releases?open=true").sees("Sign in")
	require.Equal(t, "/sign-in", b.path())
	b.signsIn("slipway_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").sees("the token is not known")
	b.signsIn(s.Console().Token).sees("Nothing waits for anybody.")

	b.at("/deploy").fills("app", shop).fills("image", "registry.example/shop:1.4.2").chooses("strategy", "gray").clicks("Show what it would do")
	b.sees("What will happen").sees("office-hours").picture("console-deploy")
	b.clicks("Deploy").sees("confirmation of batch 1 of 2")
	id := b.idOf()
	b.clicks("Confirm").sees("lets batch 2 of 2 begin")
	b.fills("note", "error rate is flat").picture("console-confirm")
	b.clicks("Confirm").sees("Sent: confirm.").sees("Succeeded")
	require.Equal(t, "/releases/"+id, b.path(), "the page was not left")
	require.Zero(t, says[int](b, `(() => {
		let opened = 0;
		window.EventSource = class { constructor() { opened++; } addEventListener() {} close() {} };
		document.dispatchEvent(new Event("visibilitychange"));
		return opened;
	})()`), "who comes back to what has ended opens no stream again")
	b.sees("confirm batch 1 by dev-admin (verified by subject)").sees("error rate is flat").sees("office-hours")

	// Another one is asked for by a program, and measured before a person is asked.
	measured := asks(t, s, fmt.Sprintf(`{"app": {"platform": "sae", "region": "cn-hangzhou", "id": %q}, "artifact": {"image": "registry.example/shop:1.5.0"}, "note": "faster checkout",
		"config": {"variables": [{"name": "LOG_LEVEL", "value": "debug", "show": true}]},
		"strategy": {"type": "gray", "gray": 1, "batches": 2, "confirm": "manual", "gates": [
			{"name": "home-page", "http": {"url": %q, "status": [200]}, "samples": 5, "interval": "1s"},
			{"name": "errors", "prometheus": {"address": %q, "query": "errors", "pass": "< 0.01", "fail": ">= 0.05"}, "samples": 5, "interval": "1s"}]}}`,
		path.Base(shop), s.Monitor()+"/healthz", s.Monitor()))
	b.at("/releases/" + measured).sees("confirmation of batch 1 of 3").sees("variables.LOG_LEVEL").sees("home-page")
	require.Equal(t, 10, says[int](b, `document.querySelectorAll("svg.samples circle.good").length`), "each sample is drawn")
	require.Equal(t, 3, says[int](b, `document.querySelectorAll("svg.batches rect").length`))
	b.wide(1280, 1240).picture("console-release")
	b.wide(1280, 900).at("/").sees("confirmation of batch 1 of 3").sees("Succeeded").picture("console-overview")

	b.do(chromedp.Click(chromedp.CSS(`button[value="zh-CN"]`)))
	b.sees("总览").sees("成功")
	b.uncomplaining()
}

// asks asks for a release by the API, as a program does, and returns its ID.
func asks(t *testing.T, s *stack.Stack, spec string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.Console().URL+"/api/v1/releases", strings.NewReader(spec))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+s.Console().Token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, resp.Body.Close()) }()
	var receipt struct{ ReleaseID string }
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&receipt))
	require.Equal(t, http.StatusAccepted, resp.StatusCode)
	return receipt.ReleaseID
}
