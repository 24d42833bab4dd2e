package channel

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"slipway/notify"
)

// feishu writes to custom bots of Feishu and Lark.
//
// Requests, signatures, limits and codes: https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
// Limits of all interfaces: https://open.feishu.cn/document/server-docs/api-call-guide/frequency-control
type feishu struct{}

const (
	// mostFeishu is the size of a request in bytes: 20 KB, whichever of both one is meant.
	mostFeishu = 20_000
	// feishuWait is the time by which a bot's 100 messages a minute are counted.
	feishuWait = time.Minute
)

type feishuMessage struct {
	Timestamp string     `json:"timestamp,omitempty"`
	Sign      string     `json:"sign,omitempty"`
	Type      string     `json:"msg_type"`
	Card      feishuCard `json:"card"`
}

type feishuCard struct {
	Header   feishuHeader    `json:"header"`
	Elements []feishuElement `json:"elements"`
}

type feishuHeader struct {
	Title    feishuText `json:"title"`
	Template string     `json:"template"`
}

type feishuElement struct {
	Tag     string         `json:"tag"`
	Text    *feishuText    `json:"text,omitempty"`
	Actions []feishuButton `json:"actions,omitempty"`
}

type feishuButton struct {
	Tag  string     `json:"tag"`
	Text feishuText `json:"text"`
	URL  string     `json:"url"`
	Type string     `json:"type"`
}

type feishuText struct {
	Tag     string `json:"tag"`
	Content string `json:"content"`
}

func (feishu) compose(m notify.Message, at time.Time, k keys) (outgoing, error) {
	out := feishuMessage{Type: "interactive"}
	if k.secret != "" {
		out.Timestamp = strconv.FormatInt(at.Unix(), 10)
		// The text is the key here, and what is signed is nothing.
		out.Sign = signature(out.Timestamp+"\n"+k.secret, "")
	}
	body, err := encodedWithin(readable(m), mostFeishu, func(m notify.Message) any {
		out.Card = feishuCardOf(m)
		return out
	})
	return outgoing{to: k.address, body: body}, err
}

// feishuCardOf is a message as a card. All that others have written is plain text in it, which no markup is read in.
func feishuCardOf(m notify.Message) feishuCard {
	plain := func(text string) feishuText { return feishuText{Tag: "plain_text", Content: text} }
	card := feishuCard{Header: feishuHeader{Title: plain(m.Title), Template: feishuColor(m.Mood)}, Elements: []feishuElement{}}
	if len(m.Lines) > 0 {
		text := plain(strings.Join(m.Lines, "\n"))
		card.Elements = append(card.Elements, feishuElement{Tag: "div", Text: &text})
	}
	if m.Page {
		card.Elements = append(card.Elements, feishuElement{Tag: "div", Text: &feishuText{Tag: "lark_md", Content: "<at id=all></at>"}})
	}
	buttons := make([]feishuButton, 0, len(m.Links))
	for i, link := range m.Links {
		kind := "default"
		if i == 0 {
			kind = "primary"
		}
		buttons = append(buttons, feishuButton{Tag: "button", Text: plain(link.Text), URL: link.URL, Type: kind})
	}
	if len(buttons) > 0 {
		card.Elements = append(card.Elements, feishuElement{Tag: "action", Actions: buttons})
	}
	if len(card.Elements) == 0 { // a card has something below its title
		text := plain(m.Title)
		card.Elements = append(card.Elements, feishuElement{Tag: "div", Text: &text})
	}
	return card
}

func feishuColor(mood notify.Mood) string {
	switch mood {
	case notify.MoodGood:
		return "green"
	case notify.MoodWaiting:
		return "orange"
	case notify.MoodBad:
		return "red"
	case notify.MoodInfo:
	}
	return "blue"
}

func (feishu) judge(a answer) error {
	var body struct {
		Code *int64 `json:"code"`
		Text string `json:"msg"`
	}
	known := json.Unmarshal(a.body, &body) == nil && body.Code != nil
	v := verdict{text: body.Text}
	if known {
		v.code = *body.Code
	}
	r := rules{
		// 9499 is both a request that is not understood and one too many.
		limited: func(v verdict) bool {
			return v.code == 11232 || v.code == 99991400 || v.code == 9499 && v.says("too many")
		},
		wait: feishuWait,
		refused: map[int64]string{
			9499: remedyDefect, 19002: remedyDefect, 11246: remedyDefect, 230025: remedyDefect,
			19001: remedyAddress, 19007: remedyGone,
			19021: remedySecret, 19022: remedyNetwork, 19024: remedySecret,
		},
	}
	return a.byCode(v, known, r)
}
