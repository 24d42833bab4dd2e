package channeltest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"slipway/notify"
)

func services() map[notify.ChannelType]service {
	return map[notify.ChannelType]service{
		notify.Slack: {
			path: "/services/T0SLIPWAY/B0SLIPWAY/", take: takeSlack,
			done: Failure{Status: http.StatusOK, Body: "ok"}, gone: Failure{Status: http.StatusNotFound, Body: "no_service"},
		},
		notify.DingTalk: {
			path: "/robot/send?access_token=", secret: func() string { return randomSecret("SEC", 32) }, take: takeDingTalk,
			limit: 20, rest: 10 * time.Minute,
			done: errcode(0, "ok"), gone: errcode(300005, "token is not exist"),
			limited: errcode(130101, "send too fast, exceed 20 times per minute"),
			foreign: new(errcode(310000, "keywords not in content, more: [https://ding-doc.dingtalk.com/doc#/serverapi2/qf2nxq]")),
		},
		notify.Feishu: {
			path: "/open-apis/bot/v2/hook/", secret: func() string { return randomSecret("", 16) }, take: takeFeishu,
			limit: 100, rest: 0,
			done: code(0, "success"), gone: code(19001, "param invalid: incoming webhook access token invalid"),
			limited: code(11232, "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]"),
			foreign: new(code(19024, "Key Words Not Found")),
		},
		notify.WeCom: {
			path: "/cgi-bin/webhook/send?key=", take: takeWeCom,
			limit: 20, rest: 0,
			done: errcode(0, "ok"), gone: errcode(93000, "invalid webhook url, hint: [1700000000_1_abc], from ip: 127.0.0.1"),
			limited: errcode(45009, "api freq out of limit, hint: [1700000000_1_abc]"),
		},
		notify.Webhook: {
			path: "/hooks/", secret: func() string { return randomSecret("whsec_", 32) }, take: takeWebhook,
			done: Failure{Status: http.StatusNoContent}, gone: Failure{Status: http.StatusGone, Body: "gone"},
		},
	}
}

func errcode(code int, text string) Failure {
	return Failure{Status: http.StatusOK, Body: fmt.Sprintf(`{"errcode":%d,"errmsg":%q}`, code, text)}
}

func code(code int, text string) Failure {
	return Failure{Status: http.StatusOK, Body: fmt.Sprintf(`{"code":%d,"msg":%q,"data":{}}`, code, text)}
}

// read reads a body as a service does that takes what it does not know.
func read(body []byte, into any) bool { return utf8.Valid(body) && json.Unmarshal(body, into) == nil }

// strictly reads a body that must have nothing in it but what is documented.
func strictly(body []byte, into any) bool {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	return utf8.Valid(body) && dec.Decode(into) == nil
}

func signed(key, text string) string {
	mac := hmac.New(sha256.New, []byte(key))
	_, _ = mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// isRecent reports whether a time is within an hour of another one.
func isRecent(at, now time.Time) bool { return now.Sub(at).Abs() <= time.Hour }

// takeSlack reads what incoming webhooks take of a message.
func takeSlack(r request) (Told, *Failure) {
	invalid := &Failure{Status: http.StatusBadRequest, Body: "invalid_payload"}
	type text struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	var m struct {
		Text        string `json:"text"`
		Unfurl      bool   `json:"unfurl_links"`
		Attachments []struct {
			Color    string `json:"color"`
			Fallback string `json:"fallback"`
			Blocks   []struct {
				Type string `json:"type"`
				Text text   `json:"text"`
			} `json:"blocks"`
		} `json:"attachments"`
	}
	if !strictly(r.body, &m) || m.Text == "" {
		return Told{}, invalid
	}
	texts := []string{m.Text}
	for _, a := range m.Attachments {
		if !regexp.MustCompile(`^#[0-9a-f]{6}$`).MatchString(a.Color) || a.Fallback == "" || len(a.Blocks) == 0 || len(a.Blocks) > 50 {
			return Told{}, invalid
		}
		for _, b := range a.Blocks {
			if b.Type != "section" || b.Text.Text == "" || len(b.Text.Text) > 3*3000 || utf8.RuneCountInString(b.Text.Text) > 3000 ||
				b.Text.Type != "plain_text" && b.Text.Type != "mrkdwn" {
				return Told{}, invalid
			}
			texts = append(texts, b.Text.Text)
		}
	}
	all := strings.Join(texts, "\n")
	told := Told{Page: regexp.MustCompile(`<!(channel|here|everyone)`).MatchString(all)}
	show := func(text string) string {
		shown := regexp.MustCompile(`<[^>]*>`).ReplaceAllStringFunc(text, func(tag string) string {
			at, label, _ := strings.Cut(strings.Trim(tag, "<>"), "|")
			if strings.HasPrefix(at, "!") || strings.HasPrefix(at, "@") {
				return ""
			}
			told.Links = append(told.Links, notify.Link{Text: html.UnescapeString(label), URL: html.UnescapeString(at)})
			return label
		})
		return strings.TrimSpace(html.UnescapeString(shown))
	}
	told.Title = show(m.Text)
	told.Text = show(all)
	return told, nil
}

// links are those that a reader of Markdown finds, and a text without them.
func links(markdown string) (string, []notify.Link) {
	var found []notify.Link
	text := regexp.MustCompile(`!?\[([^\]]*)\]\(([^)]*)\)`).ReplaceAllStringFunc(markdown, func(link string) string {
		label, at, _ := strings.Cut(strings.TrimSuffix(strings.TrimLeft(link, "!["), ")"), "](")
		found = append(found, notify.Link{Text: label, URL: at})
		return label
	})
	return text, found
}

// plainLinks are those that stand in the last paragraph of a text without markup, each behind what it is.
func plainLinks(text string) []notify.Link {
	var found []notify.Link
	paragraphs := strings.Split(text, "\n\n")
	for _, match := range regexp.MustCompile(`(?m)^(.*): (https?://\S+)$`).FindAllStringSubmatch(paragraphs[len(paragraphs)-1], -1) {
		found = append(found, notify.Link{Text: match[1], URL: match[2]})
	}
	return found
}

func takeDingTalk(r request) (Told, *Failure) {
	param := func(name string) string { return url.Values(r.url).Get(name) }
	millis, err := strconv.ParseInt(param("timestamp"), 10, 64)
	switch {
	case err != nil || !isRecent(time.UnixMilli(millis), r.now):
		return Told{}, new(errcode(310000, "invalid timestamp, more: [https://ding-doc.dingtalk.com/doc#/serverapi2/qf2nxq]"))
	case param("sign") != signed(r.secret, param("timestamp")+"\n"+r.secret):
		return Told{}, new(errcode(310000, "sign not match, more: [https://ding-doc.dingtalk.com/doc#/serverapi2/qf2nxq]"))
	case len(r.body) > 20_000:
		return Told{}, new(errcode(460101, "message too long, exceed 20000 bytes"))
	}
	var m struct {
		Type     string `json:"msgtype"`
		Markdown struct {
			Title string `json:"title"`
			Text  string `json:"text"`
		} `json:"markdown"`
		At struct {
			IsAtAll bool `json:"isAtAll"`
		} `json:"at"`
	}
	if !strictly(r.body, &m) || m.Type != "markdown" || m.Markdown.Title == "" || m.Markdown.Text == "" {
		return Told{}, new(errcode(40035, "缺少参数 json"))
	}
	text, found := links(m.Markdown.Text)
	return Told{Title: m.Markdown.Title, Text: text, Page: m.At.IsAtAll, Links: found}, nil
}

func takeFeishu(r request) (Told, *Failure) {
	type text struct {
		Tag     string `json:"tag"`
		Content string `json:"content"`
	}
	var m struct {
		Timestamp string `json:"timestamp"`
		Sign      string `json:"sign"`
		Type      string `json:"msg_type"`
		Card      struct {
			Header struct {
				Title    text   `json:"title"`
				Template string `json:"template"`
			} `json:"header"`
			Elements []struct {
				Tag     string `json:"tag"`
				Text    text   `json:"text"`
				Actions []struct {
					Tag  string `json:"tag"`
					Text text   `json:"text"`
					URL  string `json:"url"`
					Type string `json:"type"`
				} `json:"actions"`
			} `json:"elements"`
		} `json:"card"`
	}
	bad := new(Failure{Status: http.StatusBadRequest, Body: `{"code":9499,"msg":"Bad Request","data":{}}`})
	if len(r.body) > 20<<10 || !strictly(r.body, &m) {
		return Told{}, bad
	}
	seconds, err := strconv.ParseInt(m.Timestamp, 10, 64)
	if err != nil || !isRecent(time.Unix(seconds, 0), r.now) || m.Sign != signed(m.Timestamp+"\n"+r.secret, "") {
		return Told{}, new(code(19021, "sign match fail or timestamp is not within one hour from current time"))
	}
	if m.Type != "interactive" || m.Card.Header.Title.Content == "" || len(m.Card.Elements) == 0 {
		return Told{}, bad
	}
	told := Told{Title: m.Card.Header.Title.Content}
	lines := []string{told.Title}
	for _, e := range m.Card.Elements {
		switch {
		case e.Tag == "div" && e.Text.Tag == "lark_md":
			told.Page = told.Page || strings.Contains(e.Text.Content, "<at ")
		case e.Tag == "div" && e.Text.Tag == "plain_text" && e.Text.Content != "":
			lines = append(lines, e.Text.Content)
		case e.Tag == "action" && len(e.Actions) > 0:
			for _, b := range e.Actions {
				told.Links = append(told.Links, notify.Link{Text: b.Text.Content, URL: b.URL})
			}
		default:
			return Told{}, bad
		}
	}
	told.Text = strings.Join(lines, "\n")
	return told, nil
}

func takeWeCom(r request) (Told, *Failure) {
	var m struct {
		Type     string `json:"msgtype"`
		Markdown *struct {
			Content string `json:"content"`
		} `json:"markdown"`
		Text *struct {
			Content       string   `json:"content"`
			MentionedList []string `json:"mentioned_list"`
		} `json:"text"`
	}
	if !strictly(r.body, &m) {
		return Told{}, new(errcode(40035, "invalid parameter"))
	}
	var told Told
	switch {
	case m.Type == "markdown" && m.Markdown != nil && m.Text == nil && m.Markdown.Content != "":
		if len(m.Markdown.Content) > 4096 {
			return Told{}, new(errcode(40058, "markdown.content exceed max length 4096"))
		}
		told.Page = strings.Contains(m.Markdown.Content, "<@")
		shown := regexp.MustCompile(`<font color="(info|comment|warning)">|</font>|\*\*`).ReplaceAllString(m.Markdown.Content, "")
		told.Text, told.Links = links(shown)
	case m.Type == "text" && m.Text != nil && m.Markdown == nil && m.Text.Content != "":
		if len(m.Text.Content) > 2048 {
			return Told{}, new(errcode(40058, "text.content exceed max length 2048"))
		}
		told.Page = slices.Contains(m.Text.MentionedList, "@all") || strings.Contains(m.Text.Content, "<@")
		told.Text = m.Text.Content
		told.Links = plainLinks(m.Text.Content)
	default:
		return Told{}, new(errcode(40008, "invalid message type"))
	}
	told.Title, _, _ = strings.Cut(told.Text, "\n")
	return told, nil
}

func takeWebhook(r request) (Told, *Failure) {
	refused := func(err error) *Failure { return &Failure{Status: http.StatusUnauthorized, Body: err.Error()} }
	hook, err := standardwebhooks.NewWebhook(r.secret)
	if err != nil {
		return Told{}, refused(err)
	}
	// Its own check is by the real clock.
	if err := hook.VerifyIgnoringTimestamp(r.body, r.header); err != nil {
		return Told{}, refused(err)
	}
	seconds, err := strconv.ParseInt(r.header.Get(standardwebhooks.HeaderWebhookTimestamp), 10, 64)
	if err != nil || r.now.Sub(time.Unix(seconds, 0)).Abs() > 5*time.Minute {
		return Told{}, refused(standardwebhooks.ErrMessageTooOld)
	}
	var m notify.Message
	if !read(r.body, &m) {
		return Told{}, &Failure{Status: http.StatusBadRequest, Body: "no JSON"}
	}
	return toldOf(m, r.header.Get(standardwebhooks.HeaderWebhookID)), nil
}

// toldOf is a message as a program gets it.
func toldOf(m notify.Message, id string) Told {
	return Told{ID: id, Title: m.Title, Text: strings.Join(append([]string{m.Title}, m.Lines...), "\n"), Page: m.Page, Links: m.Links}
}
