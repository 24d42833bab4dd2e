package channel_test

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/notify"
	"slipway/notify/channel"
	"slipway/notify/channel/channeltest"
)

// receiver is where messages go, whatever it is.
type receiver interface {
	Told() []channeltest.Told
	Tries() int
}

// way is one way to tell people something.
type way struct {
	channel  func(*channeltest.Fakes) notify.Channel
	receiver func(*channeltest.Fakes) receiver
	// whole is whether the text is never shortened, and known whether a repetition is known by its ID.
	whole, known bool
}

func robot(kind notify.ChannelType) way {
	return way{
		channel:  func(f *channeltest.Fakes) notify.Channel { return f.Robot(kind).Channel("team") },
		receiver: func(f *channeltest.Fakes) receiver { return f.Robot(kind) },
		whole:    kind == notify.Webhook, known: kind == notify.Webhook,
	}
}

// robots are the ways that go by HTTP.
func robots() map[string]way {
	return map[string]way{
		"slack": robot(notify.Slack), "dingtalk": robot(notify.DingTalk), "feishu": robot(notify.Feishu),
		"wecom": robot(notify.WeCom), "webhook": robot(notify.Webhook),
	}
}

// mails are the ways of e-mail.
func mails() map[string]way {
	mail := func(channel func(*channeltest.Mailbox) notify.Channel) way {
		return way{
			channel:  func(f *channeltest.Fakes) notify.Channel { return channel(f.Mail()) },
			receiver: func(f *channeltest.Fakes) receiver { return f.Mail() },
			known:    true,
		}
	}
	return map[string]way{
		"email":     mail(func(m *channeltest.Mailbox) notify.Channel { return m.Channel("team") }),
		"email tls": mail(func(m *channeltest.Mailbox) notify.Channel { return m.ChannelTLS("team") }),
		"email on the same machine": mail(func(m *channeltest.Mailbox) notify.Channel {
			return m.ChannelPlain("team")
		}),
	}
}

func ways() map[string]way {
	all := robots()
	maps.Copy(all, mails())
	all["nats"] = way{
		channel:  func(f *channeltest.Fakes) notify.Channel { return f.NATS().Channel("team") },
		receiver: func(f *channeltest.Fakes) receiver { return f.NATS() },
		whole:    true, known: true,
	}
	return all
}

func newSender(t *testing.T, f *channeltest.Fakes, c notify.Channel) channel.Sender {
	t.Helper()
	s, err := channel.New(c, channel.Deps{NATS: f.NATS(), Roots: f.Roots(), Now: f.Now})
	require.NoError(t, err)
	return s
}

// attempt makes one attempt and holds its error against all that must be in none.
func attempt(t *testing.T, f *channeltest.Fakes, s channel.Sender, m notify.Message) error {
	t.Helper()
	err := s.Send(t.Context(), m)
	if err == nil {
		return nil
	}
	secrets := []string{f.Mail().Password()}
	for _, r := range []*channeltest.Robot{f.Slack(), f.DingTalk(), f.Feishu(), f.WeCom(), f.Webhook()} {
		secrets = append(secrets, r.Token(), r.Secret())
	}
	for _, secret := range secrets {
		if secret != "" {
			require.NotContains(t, err.Error(), secret)
		}
	}
	require.NotContains(t, err.Error(), "http://127.0.0.1")
	require.NotContains(t, err.Error(), `Post "`, "the error of a request names its address")
	require.NotContains(t, err.Error(), "\n")
	require.Contains(t, err.Error(), "channel team: ")
	require.Less(t, len(err.Error()), 3000)
	return err
}

func requireRefused(t *testing.T, err error, text string) {
	t.Helper()
	var refused *channel.RefusedError
	require.ErrorAs(t, err, &refused)
	require.ErrorContains(t, err, text)
}

func requireLater(t *testing.T, err error, after time.Duration) {
	t.Helper()
	var later *channel.LaterError
	require.ErrorAs(t, err, &later)
	require.Equal(t, after, later.After)
}

// requireRetried expects an error after which the message is tried again without having been told when.
func requireRetried(t *testing.T, err error, text string) {
	t.Helper()
	var refused *channel.RefusedError
	var later *channel.LaterError
	require.ErrorContains(t, err, text)
	require.False(t, errors.As(err, &refused) || errors.As(err, &later), "%v", err)
}

func message() notify.Message {
	return notify.Message{
		ID:    "7f9c/team",
		Title: "shop/api in production waits for a confirmation",
		Lines: []string{"batch 2 of 3: 4 of 12 instances have 1.4.0 & are < 5 % slower", "asked by ann@example.com"},
		Links: []notify.Link{
			{Text: "Release", URL: "https://slipway.example.com/releases/r-1?tab=log&x=(1)"},
			{Text: "Confirm batch 2", URL: "https://slipway.example.com/confirm/eyJhIjoxfQ.c2ln"},
		},
		Mood: notify.MoodWaiting, Language: notify.English, At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		Event: []byte(`{"specversion":"1.0","id":"7f9c"}`),
	}
}

func chinese() notify.Message {
	m := message()
	m.Title = "shop/api 生产环境等待确认"
	m.Lines = []string{"第 2 批(共 3 批):12 个实例中 4 个已是 1.4.0", "发起人:安娜"}
	m.Links = []notify.Link{{Text: "查看发布", URL: "https://slipway.example.com/releases/r-1"}}
	m.Language = notify.Chinese
	return m
}

func TestSend_PeopleReadAllOfIt(t *testing.T) {
	t.Parallel()
	for name, w := range ways() {
		for language, m := range map[string]notify.Message{"english": message(), "chinese": chinese()} {
			for mood, of := range map[string]notify.Mood{"info": notify.MoodInfo, "good": notify.MoodGood, "waiting": notify.MoodWaiting, "bad": notify.MoodBad} {
				t.Run(name+" "+language+" "+mood, func(t *testing.T) {
					t.Parallel()
					f := channeltest.New(t)
					m := m
					m.Mood = of
					require.NoError(t, attempt(t, f, newSender(t, f, w.channel(f)), m))
					told := w.receiver(f).Told()
					require.Len(t, told, 1)
					require.Equal(t, m.Title, told[0].Title)
					for _, line := range append([]string{m.Title}, m.Lines...) {
						require.Contains(t, strings.ReplaceAll(told[0].Text, "＜", "<"), line)
					}
					require.False(t, told[0].Page)
					require.Len(t, told[0].Links, len(m.Links))
					for i, link := range m.Links {
						require.Equal(t, link.Text, told[0].Links[i].Text)
						require.Equal(t, strings.NewReplacer("%28", "(", "%29", ")").Replace(told[0].Links[i].URL), link.URL)
					}
				})
			}
		}
	}
}

func TestSend_PageCallsEverybody(t *testing.T) {
	t.Parallel()
	for name, w := range ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := channeltest.New(t)
			m := chinese()
			m.Page = true
			require.NoError(t, attempt(t, f, newSender(t, f, w.channel(f)), m))
			told := w.receiver(f).Told()
			require.Len(t, told, 1)
			require.True(t, told[0].Page)
			require.Equal(t, m.Title, told[0].Title)
			require.Contains(t, told[0].Text, m.Lines[1])
			require.Equal(t, m.Links, told[0].Links)
		})
	}
}

func TestSend_MessageThatHasNothingButATitleIsSent(t *testing.T) {
	t.Parallel()
	for name, w := range ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := channeltest.New(t)
			require.NoError(t, attempt(t, f, newSender(t, f, w.channel(f)), notify.Message{ID: "1", Title: "x"}))
			require.Equal(t, "x", w.receiver(f).Told()[0].Title)
		})
	}
}

func TestSend_LongMessageIsShortenedAndSaysSo(t *testing.T) {
	t.Parallel()
	for name, w := range ways() {
		for _, page := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " page ", page), func(t *testing.T) {
				t.Parallel()
				f := channeltest.New(t)
				m := chinese()
				m.Page = page
				m.Lines = nil
				for i := range 4000 {
					m.Lines = append(m.Lines, fmt.Sprintf("第 %d 个实例:🚀%s", i, strings.Repeat("慢", i%50)))
				}
				require.NoError(t, attempt(t, f, newSender(t, f, w.channel(f)), m))
				told := w.receiver(f).Told()[0]
				require.True(t, utf8.ValidString(told.Text))
				require.NotContains(t, told.Text, string(utf8.RuneError))
				require.Equal(t, m.Title, told.Title)
				require.Contains(t, told.Text, m.Lines[0])
				require.Equal(t, m.Links, told.Links)
				if w.whole {
					require.Contains(t, told.Text, m.Lines[3999])
					return
				}
				require.NotContains(t, told.Text, m.Lines[3999])
				require.Regexp(t, `已缩短,另有 \d+ 行`, told.Text)
				// Each line is there from its beginning to its end.
				for line := range strings.SplitSeq(told.Text, "\n") {
					if _, text, ok := strings.Cut(line, "第 "); ok && strings.Contains(text, "个实例") {
						require.Contains(t, m.Lines, "第 "+text)
					}
				}
			})
		}
	}
}

// What fills a channel to its last byte is taken still.
func TestSend_ShortLinesFillAChannelAndNoMore(t *testing.T) {
	t.Parallel()
	for name, w := range ways() {
		for _, page := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " page ", page), func(t *testing.T) {
				t.Parallel()
				f := channeltest.New(t)
				m := message()
				m.Page = page
				m.Lines = slices.Repeat([]string{"慢"}, 20_000)
				require.NoError(t, attempt(t, f, newSender(t, f, w.channel(f)), m))
				if !w.whole {
					require.Regexp(t, `shortened: \d+ more lines`, w.receiver(f).Told()[0].Text)
					require.Greater(t, strings.Count(w.receiver(f).Told()[0].Text, "慢"), 250)
				}
			})
		}
	}
}

func TestSend_EndlessTitleLineAndLinkAreCut(t *testing.T) {
	t.Parallel()
	for name, w := range ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := channeltest.New(t)
			m := message()
			m.Title = strings.Repeat("发布", 20_000)
			m.Lines = []string{strings.Repeat("批次 ", 20_000), strings.Repeat("&", 20_000)}
			for range 30 {
				m.Links = append(m.Links, notify.Link{Text: strings.Repeat("看", 1000), URL: "https://a.example/" + strings.Repeat("x", 1400)})
			}
			require.NoError(t, attempt(t, f, newSender(t, f, w.channel(f)), m))
			told := w.receiver(f).Told()[0]
			if !w.whole {
				require.True(t, strings.HasSuffix(told.Title, "…"))
				require.LessOrEqual(t, utf8.RuneCountInString(told.Title), 200)
				require.LessOrEqual(t, len(told.Links), 5)
			}
		})
	}
}

func TestSend_TextOfOthersIsTextAndNothingElse(t *testing.T) {
	t.Parallel()
	hostile := []string{
		"<!channel> <!here|x> <@U012345> <#C1>", "<https://evil.example|Confirm>", "[x](javascript:alert(1))", "![](https://evil.example/pixel.png)",
		"[x][1]", "[1]: https://evil.example", "@all @所有人", "<at id=all></at><at user_id=\"all\">all</at>", "<@all> <@ann>", `<font color="info">ok</font>`,
		"```", "~~~", "# heading", "> quote", "- list", "1. list", "---", "![[x](a)](b)", "]" + "(https://evil.example)", `\](https://evil.example)`,
		"a\r\nBcc: evil@example.com", "a\x00b\u202ec\u2028d\u0007", "\xff\xfe", "{{.}} ${x} %s",
	}
	for name, w := range ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := channeltest.New(t)
			s := newSender(t, f, w.channel(f))
			now := f.Now()
			for i, text := range slices.Concat(hostile, hostile) { // an odd number: each is told, and calls people
				f.SetNow(now.Add(time.Duration(i) * time.Minute))
				m := message()
				m.ID, m.Page = strconv.Itoa(i), i%2 == 1
				m.Title = text
				m.Lines = append([]string{text}, hostile...)
				m.Links = append(m.Links[:1:1],
					notify.Link{Text: text, URL: "https://slipway.example.com/a>b|c)d](e \"f"},
					notify.Link{Text: "x", URL: "javascript:alert(1)"}, notify.Link{Text: "y", URL: "data:text/html,x"}, notify.Link{Text: "z", URL: "//evil.example"})
				require.NoError(t, attempt(t, f, s, m), text)
				told := w.receiver(f).Told()[i]
				require.Equal(t, m.Page, told.Page, text)
				if w.whole { // a program reads fields
					continue
				}
				if name == "wecom" {
					require.NotContains(t, string(told.Body), "<@", "the mention of a person")
				}
				require.Len(t, told.Links, 2, text)
				for _, link := range told.Links {
					require.True(t, strings.HasPrefix(link.URL, "https://slipway.example.com/"), link.URL)
				}
				for _, c := range "\r\x00\u202e\u2028\u0007" {
					require.NotContains(t, told.Title+told.Text, string(c))
				}
				require.NotContains(t, told.Title, "\n")
				if len(f.Mail().Headers()) > i {
					require.Empty(t, f.Mail().Headers()[i].Get("Bcc"))
					require.Equal(t, []string{"ops@example.com", "dev@example.com"}, f.Mail().Recipients()[i])
				}
			}
		})
	}
}

// Whatever a message says, a service takes it, calls nobody, and shows no link but those that we gave.
func TestSend_AnyTextIsTaken(t *testing.T) {
	t.Parallel()
	f := channeltest.New(t)
	senders := map[string]channel.Sender{}
	for name, w := range robots() {
		senders[name] = newSender(t, f, w.channel(f))
	}
	text := rapid.OneOf(rapid.String(), rapid.StringMatching("[]\\[()!<>@`#*_~|:/ a发\r\n-]{0,400}"), rapid.Map(rapid.IntRange(0, 3000), func(n int) string { return strings.Repeat("长&", n) }))
	now := f.Now()
	rapid.Check(t, func(rt *rapid.T) {
		now = now.Add(time.Minute)
		f.SetNow(now)
		m := notify.Message{
			ID: rapid.String().Draw(rt, "id"), Title: "t" + text.Draw(rt, "title"), Lines: rapid.SliceOfN(text, 0, 30).Draw(rt, "lines"),
			Links: []notify.Link{{Text: text.Draw(rt, "label"), URL: "https://slipway.example.com/" + strings.Repeat("x", rapid.IntRange(0, 2000).Draw(rt, "url"))}},
		}
		for name, w := range robots() {
			if err := senders[name].Send(t.Context(), m); err != nil {
				rt.Fatalf("%s: %v", name, err)
			}
			all := w.receiver(f).Told()
			told := all[len(all)-1]
			if w.whole {
				continue
			}
			if told.Page || len(told.Links) > 1 || len(told.Links) == 1 && told.Links[0].URL != m.Links[0].URL {
				rt.Fatalf("%s: %+v", name, told)
			}
		}
	})
}

func TestSend_RepetitionHasTheSameID(t *testing.T) {
	t.Parallel()
	for name, w := range ways() {
		if !w.known {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := channeltest.New(t)
			s := newSender(t, f, w.channel(f))
			first, second := message(), message()
			second.ID = "another/team\r\nX: y"
			for _, m := range []notify.Message{first, first, second} {
				require.NoError(t, attempt(t, f, s, m))
			}
			told := w.receiver(f).Told()
			if name == "nats" { // the stream knows it itself
				require.Len(t, told, 2)
				told = append(told[:1:1], told...)
			}
			require.Equal(t, told[0].ID, told[1].ID)
			require.NotEqual(t, told[0].ID, told[2].ID)
			require.NotEmpty(t, told[0].ID)
		})
	}
}

func TestSend_ServiceThatHasEnoughSaysWhen(t *testing.T) {
	t.Parallel()
	for kind, limit := range map[notify.ChannelType]struct {
		messages int
		after    time.Duration
	}{notify.DingTalk: {20, 10 * time.Minute}, notify.WeCom: {20, time.Minute}, notify.Feishu: {100, time.Minute}} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			f := channeltest.New(t)
			now := f.Now()
			f.SetNow(now)
			s := newSender(t, f, f.Robot(kind).Channel("team"))
			for range limit.messages {
				require.NoError(t, attempt(t, f, s, message()))
			}
			requireLater(t, attempt(t, f, s, message()), limit.after)
			require.Len(t, f.Robot(kind).Told(), limit.messages)
			f.SetNow(now.Add(limit.after))
			require.NoError(t, attempt(t, f, s, message()))
		})
	}
	for kind := range robots() {
		t.Run(kind+" by status", func(t *testing.T) {
			t.Parallel()
			f := channeltest.New(t)
			f.SetNow(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
			r := f.Robot(notify.ChannelType(kind))
			s := newSender(t, f, r.Channel("team"))
			for header, after := range map[string]time.Duration{
				"30": 30 * time.Second, "Sun, 01 Mar 2026 12:02:00 GMT": 2 * time.Minute,
				"0": time.Second, "Sun, 01 Mar 2026 11:00:00 GMT": time.Second, "999999": time.Hour,
			} {
				for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
					r.Fail(1, channeltest.Failure{Status: status, Header: http.Header{"Retry-After": {header}}, Body: "rate_limited"})
					requireLater(t, attempt(t, f, s, message()), after)
				}
			}
			for _, header := range []string{"", "soon", "-5"} {
				r.Fail(1, channeltest.Failure{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {header}}})
				requireRetried(t, attempt(t, f, s, message()), "429")
			}
			require.Empty(t, r.Told())
		})
	}
}

func TestSend_FeishuSaysInItsOwnWayWhen(t *testing.T) {
	t.Parallel()
	f := channeltest.New(t)
	s := newSender(t, f, f.Feishu().Channel("team"))
	f.Feishu().Fail(1, channeltest.Failure{
		Status: http.StatusBadRequest, Header: http.Header{"X-Ogw-Ratelimit-Reset": {"52"}}, Body: `{"code":99991400,"msg":"request trigger frequency limit"}`,
	})
	requireLater(t, attempt(t, f, s, message()), 52*time.Second)
	f.Feishu().Fail(1, channeltest.Failure{Status: http.StatusOK, Body: `{"code":9499,"msg":"too many request","data":{}}`})
	requireLater(t, attempt(t, f, s, message()), time.Minute)
	f.Feishu().Fail(1, channeltest.Failure{Status: http.StatusOK, Body: `{"code":9499,"msg":"Bad Request","data":{}}`})
	requireRefused(t, attempt(t, f, s, message()), "Bad Request")
}

func TestSend_AddressThatIsNoLongerGoodIsRefusedUntilTheFileHasAnother(t *testing.T) {
	t.Parallel()
	for kind, text := range map[string]string{
		"slack": "no_service", "dingtalk": "token is not exist", "feishu": "access token invalid", "wecom": "invalid webhook url", "webhook": "gone",
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			f := channeltest.New(t)
			r := f.Robot(notify.ChannelType(kind))
			c := r.Channel("team")
			s := newSender(t, f, c)
			r.Revoke()
			err := attempt(t, f, s, message())
			requireRefused(t, err, text)
			require.ErrorContains(t, err, "urlFile")
			r.Write(c)
			require.NoError(t, attempt(t, f, s, message()))
		})
	}
}

func TestSend_WrongSecretIsRefused(t *testing.T) {
	t.Parallel()
	for kind, text := range map[string]string{"dingtalk": "sign not match", "feishu": "sign match fail", "webhook": "no matching signature"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			f := channeltest.New(t)
			r := f.Robot(notify.ChannelType(kind))
			c := r.Channel("team")
			s := newSender(t, f, c)
			r.RevokeSecret()
			err := attempt(t, f, s, message())
			requireRefused(t, err, text)
			require.ErrorContains(t, err, "secretFile")
			r.Write(c)
			require.NoError(t, attempt(t, f, s, message()))
		})
	}
}

func TestSend_ClockThatIsWrongIsRefused(t *testing.T) {
	t.Parallel()
	for kind, text := range map[string]string{"dingtalk": "invalid timestamp", "feishu": "timestamp is not within one hour", "webhook": "too old"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			f := channeltest.New(t)
			s, err := channel.New(f.Robot(notify.ChannelType(kind)).Channel("team"), channel.Deps{
				Now: func() time.Time { return f.Now().Add(-2 * time.Hour) },
			})
			require.NoError(t, err)
			requireRefused(t, attempt(t, f, s, message()), text)
		})
	}
}

func TestSend_KeywordThatIsMissingIsRefused(t *testing.T) {
	t.Parallel()
	for _, kind := range []notify.ChannelType{notify.DingTalk, notify.Feishu} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			f := channeltest.New(t)
			s := newSender(t, f, f.Robot(kind).Channel("team"))
			f.Robot(kind).SetKeyword("告警")
			err := attempt(t, f, s, message())
			require.ErrorContains(t, err, "without keywords")
			requireRefused(t, err, "ey")
			f.Robot(kind).SetKeyword("shop")
			require.NoError(t, attempt(t, f, s, message()))
		})
	}
}

// answered is what becomes of a message after an answer.
type answered struct {
	failure channeltest.Failure
	refused bool
	text    string
}

func TestSend_AnswersMeanWhatTheirMakersSay(t *testing.T) {
	t.Parallel()
	ok := func(body string) channeltest.Failure { return channeltest.Failure{Status: http.StatusOK, Body: body} }
	status := func(code int) channeltest.Failure { return channeltest.Failure{Status: code, Body: "<h1>no</h1>"} }
	anywhere := []answered{
		{status(400), true, "400"},
		{status(401), true, "secretFile"},
		{status(403), true, "403"},
		{status(404), true, "urlFile"},
		{status(410), true, "urlFile"},
		{status(413), true, "413"},
		{status(408), false, "408"},
		{status(425), false, "425"},
		{status(500), false, "500"},
		{status(502), false, "502"},
		{status(304), false, "redirect"},
	}
	codes := map[notify.ChannelType][]answered{
		notify.DingTalk: {
			{ok(`{"errcode":-1,"errmsg":"系统繁忙"}`), false, "系统繁忙"},
			{ok(`{"errcode":400013,"errmsg":"x"}`), true, "group"},
			{ok(`{"errcode":400102,"errmsg":"机器人已停用"}`), true, "已停用"},
			{ok(`{"errcode":430101,"errmsg":"含有不安全的外链"}`), true, "外链"},
			{ok(`{"errcode":777,"errmsg":"unheard of"}`), false, "code 777: unheard of"},
			{ok(`<html>`), false, "without the code"},
			{ok(``), false, "without the code"},
			{ok(`{"errcode":310000,"errmsg":"ip X.X.X.X not in whitelist"}`), true, "whitelist"},
		},
		notify.WeCom: {
			{ok(`{"errcode":-1,"errmsg":"system busy"}`), false, "busy"},
			{ok(`{"errcode":93004,"errmsg":"x"}`), true, "urlFile"},
			{ok(`{"errcode":40058,"errmsg":"markdown.content exceed max length 4096"}`), true, "report it"},
			{ok(`{}`), false, "without the code"},
		},
		notify.Feishu: {
			{ok(`{"code":19022,"msg":"Ip Not Allowed"}`), true, "address of this machine"},
			{ok(`{"code":2200,"msg":"internal"}`), false, "internal"},
			{ok(`[]`), false, "without the code"},
		},
		notify.Slack: {
			{channeltest.Failure{Status: 403, Body: "action_prohibited"}, true, "action_prohibited"},
			{channeltest.Failure{Status: 410, Body: "channel_is_archived"}, true, "channel_is_archived"},
			{channeltest.Failure{Status: 500, Body: "rollup_error"}, false, "rollup_error"},
		},
		notify.Webhook: nil,
	}
	for kind, rows := range codes {
		for i, row := range append(rows, anywhere...) {
			t.Run(fmt.Sprint(kind, " ", i, " ", row.text), func(t *testing.T) {
				t.Parallel()
				f := channeltest.New(t)
				s := newSender(t, f, f.Robot(kind).Channel("team"))
				f.Robot(kind).Fail(1, row.failure)
				err := attempt(t, f, s, message())
				if row.refused {
					requireRefused(t, err, row.text)
				} else {
					requireRetried(t, err, row.text)
				}
				require.NoError(t, attempt(t, f, s, message()))
			})
		}
	}
}

func TestSend_ServiceThatIsDownIsTriedAgain(t *testing.T) {
	t.Parallel()
	for kind := range robots() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			f := channeltest.New(t)
			r := f.Robot(notify.ChannelType(kind))
			s := newSender(t, f, r.Channel("team"))
			r.SetDown(true)
			requireRetried(t, attempt(t, f, s, message()), "channel team")
			r.SetDown(false)
			require.NoError(t, attempt(t, f, s, message()))
			require.Equal(t, 2, r.Tries())
		})
	}
}

func TestSend_ServiceThatDoesNotAnswerIsTriedAgain(t *testing.T) {
	t.Parallel()
	for kind := range robots() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			f := channeltest.New(t)
			r := f.Robot(notify.ChannelType(kind))
			s := newSender(t, f, r.Channel("team"))
			r.Hold()
			ctx, cancel := context.WithCancel(t.Context())
			failed := make(chan error, 1)
			go func() { failed <- s.Send(ctx, message()) }()
			_, err := r.Await(t.Context(), 1)
			require.NoError(t, err)
			cancel()
			err = <-failed
			requireRetried(t, err, "channel team")
			require.NotContains(t, err.Error(), r.Token())
		})
	}
}

// A service may say what it was sent: no part of the address nor the secret gets into an error by that.
func TestSend_WhatAnAnswerRepeatsIsCutOut(t *testing.T) {
	t.Parallel()
	for kind := range robots() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			f := channeltest.New(t)
			r := f.Robot(notify.ChannelType(kind))
			s := newSender(t, f, r.Channel("team"))
			echo := "you sent /x/" + r.Token() + "?access_token=" + r.Token() + " signed with " + r.Secret() + "\nby password=hunter22-of-mine " + strings.Repeat("more ", 10_000)
			for _, body := range []string{echo, fmt.Sprintf(`{"errcode":777,"code":777,"errmsg":%q,"msg":%q}`, echo[:500], echo[:500])} {
				for _, status := range []int{200, 400, 500} {
					if status == 200 && (kind == "slack" || kind == "webhook") {
						continue // which is that all is well
					}
					r.Fail(1, channeltest.Failure{Status: status, Body: body})
					err := attempt(t, f, s, message())
					require.Error(t, err)
					require.NotContains(t, err.Error(), "hunter22")
				}
			}
		})
	}
}

func TestSend_RedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	for kind := range robots() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			f := channeltest.New(t)
			followed := make(chan struct{}, 1)
			other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed <- struct{}{} }))
			t.Cleanup(other.Close)
			r := f.Robot(notify.ChannelType(kind))
			for _, status := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
				r.Fail(1, channeltest.Failure{Status: status, Header: http.Header{"Location": {other.URL}}})
				requireRetried(t, attempt(t, f, newSender(t, f, r.Channel("team")), message()), "redirect")
			}
			require.Empty(t, followed)
		})
	}
}

func TestSend_FilesThatAreNoSecretsSaySo(t *testing.T) {
	t.Parallel()
	f := channeltest.New(t)
	dir := t.TempDir()
	file := func(name, content string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		require.NoError(t, os.Chmod(path, mode))
		return path
	}
	good := f.Webhook().Channel("team")
	for name, test := range map[string]struct {
		url, secret string
		want        string
	}{
		"no file":             {url: filepath.Join(dir, "none"), want: "urlFile: "},
		"a file for everyone": {url: file("open", "https://hooks.example.com/T0PSECRETT0PSECRET", 0o644), want: "chmod o-rwx"},
		"an empty file":       {url: file("empty", " \n", 0o600), want: "is empty"},
		"no encryption":       {url: file("http", "http://hooks.example.com/T0PSECRETT0PSECRET", 0o600), want: "loopback addresses alone"},
		"no host":             {url: file("host", "https:///T0PSECRETT0PSECRET", 0o600), want: "holds no address"},
		"no URL":              {url: file("url", "https://%zz/T0PSECRETT0PSECRET", 0o600), want: "holds no address"},
		"two addresses":       {url: file("two", "https://a.example/T0PSECRETT0PSECRET\nhttps://b.example/", 0o600), want: "holds no address"},
		"another scheme":      {url: file("ftp", "ftp://127.0.0.1/T0PSECRETT0PSECRET", 0o600), want: "holds no address"},
		"no secret":           {url: good.URLFile, secret: filepath.Join(dir, "none"), want: "secretFile: "},
		"another secret":      {url: good.URLFile, secret: file("sec", "T0PSECRETT0PSECRET", 0o600), want: "whsec_"},
		"a short secret":      {url: good.URLFile, secret: file("short", "whsec_T0PSECRETT0P", 0o600), want: "24 to 64"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := channel.New(notify.Channel{Name: "team", Type: notify.Webhook, URLFile: test.url, SecretFile: cmp.Or(test.secret, good.SecretFile)}, channel.Deps{})
			require.NoError(t, err)
			err = s.Send(t.Context(), message())
			requireRetried(t, err, test.want)
			require.NotContains(t, err.Error(), "T0PSECRET")
		})
	}
}

// A receiver that has no library reads what the specification says: https://www.standardwebhooks.com
func TestSend_WebhookIsSignedAsSpecified(t *testing.T) {
	t.Parallel()
	requests := make(chan *http.Request, 1)
	bodies := make(chan []byte, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		requests <- r
		bodies <- body
	}))
	t.Cleanup(server.Close)
	dir := t.TempDir()
	secret := []byte("a secret of at least 24 bytes")
	c := notify.Channel{Name: "team", Type: notify.Webhook, URLFile: filepath.Join(dir, "url"), SecretFile: filepath.Join(dir, "secret")}
	require.NoError(t, os.WriteFile(c.URLFile, []byte(server.URL+"/hook?a=b"), 0o600))
	require.NoError(t, os.WriteFile(c.SecretFile, []byte("whsec_"+base64.StdEncoding.EncodeToString(secret)), 0o600))
	now := time.Unix(1_700_000_000, 0)
	s, err := channel.New(c, channel.Deps{Now: func() time.Time { return now }})
	require.NoError(t, err)
	require.NoError(t, s.Send(t.Context(), message()))

	r, body := <-requests, <-bodies
	require.Equal(t, "/hook?a=b", r.RequestURI)
	require.Equal(t, "1700000000", r.Header.Get("Webhook-Timestamp"))
	id := r.Header.Get("Webhook-Id")
	require.NotContains(t, id, ".")
	require.Equal(t, id, r.Header.Get("Idempotency-Key"))
	mac := hmac.New(sha256.New, secret)
	_, _ = fmt.Fprintf(mac, "%s.1700000000.%s", id, body)
	require.Equal(t, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)), r.Header.Get("Webhook-Signature"))
	var got notify.Message
	require.NoError(t, json.Unmarshal(body, &got))
	require.Equal(t, message(), got)
}

func TestSend_NATSSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	f := channeltest.New(t)
	s := newSender(t, f, f.NATS().Channel("team"))
	f.NATS().SetFailure(jetstream.ErrNoStreamResponse)
	requireRetried(t, attempt(t, f, s, message()), "nats stream add --subjects notifications.team")
	f.NATS().SetFailure(nats.ErrMaxPayload)
	requireRefused(t, attempt(t, f, s, message()), "max_payload")
	f.NATS().SetFailure(nats.ErrConnectionClosed)
	requireRetried(t, attempt(t, f, s, message()), "closed")
	f.NATS().SetFailure(nil)
	require.NoError(t, attempt(t, f, s, message()))
	require.Equal(t, []string{"notifications.team"}, f.NATS().Subjects())
}

func TestNew_ChannelThatCannotBeUsedIsRefused(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]notify.Channel{
		"no connection to NATS": {Name: "team", Type: notify.NATS, Subject: "a"},
		"type":                  {Name: "team", Type: "pager"},
		"secretFile":            {Name: "team", Type: notify.Webhook, URLFile: "url"},
		"email.from":            {Name: "team", Type: notify.Email, Email: &notify.Mail{Server: "mail.example.com:587", From: "a@b\r\nBcc: c@d", To: []string{"b@example.com"}}},
		"loopback":              {Name: "team", Type: notify.Email, Email: &notify.Mail{Server: "mail.example.com:587", From: "a@b", To: []string{"b@example.com"}, TLS: "none"}},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			_, err := channel.New(c, channel.Deps{})
			require.ErrorContains(t, err, "channel team: ")
			require.ErrorContains(t, err, want)
		})
	}
}
