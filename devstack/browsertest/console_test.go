package browsertest_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
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
	b.picture("console-release")
	b.clicks("Confirm").sees("lets batch 2 of 2 begin")
	b.fills("note", "error rate is flat").picture("console-confirm")
	b.clicks("Confirm").sees("Sent: confirm.").sees("Succeeded")
	require.Equal(t, "/releases/"+id, b.path(), "the page was not left")
	b.sees("confirm batch 1 by dev-admin (verified by subject)").sees("error rate is flat").sees("office-hours")
	b.at("/").sees("Succeeded").picture("console-overview")

	b.do(chromedp.Click(chromedp.CSS(`button[value="zh-CN"]`)))
	b.sees("总览").sees("成功")
	b.uncomplaining()
}
