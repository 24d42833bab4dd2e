package channel

import (
	"strconv"
	"strings"
	"time"

	"slipway/notify"
)

// dingTalk writes to custom robots of DingTalk.
//
// Requests, limits and codes: https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages
// Signatures: https://open.dingtalk.com/document/orgapp/customize-robot-security-settings
type dingTalk struct{}

const (
	// mostDingTalk is the size of a request in bytes; one that is larger is answered with 460101.
	mostDingTalk = 20_000
	// dingTalkWait is for how long a robot takes nothing once it was sent more than 20 messages in a minute.
	dingTalkWait = 10 * time.Minute
)

type dingTalkMessage struct {
	Type     string           `json:"msgtype"`
	Markdown dingTalkMarkdown `json:"markdown"`
	At       dingTalkAt       `json:"at"`
}

type dingTalkMarkdown struct {
	Title string `json:"title"`
	Text  string `json:"text"`
}

type dingTalkAt struct {
	IsAtAll bool `json:"isAtAll"`
}

func (dingTalk) compose(m notify.Message, at time.Time, k keys) (outgoing, error) {
	body, err := encodedWithin(readable(m), mostDingTalk, func(m notify.Message) any {
		return dingTalkMessage{
			Type:     "markdown",
			Markdown: dingTalkMarkdown{Title: m.Title, Text: dingTalkText(m)},
			At:       dingTalkAt{IsAtAll: m.Page},
		}
	})
	to := *k.address
	if k.secret != "" {
		timestamp := strconv.FormatInt(at.UnixMilli(), 10)
		query := to.Query()
		query.Set("timestamp", timestamp)
		query.Set("sign", signature(k.secret, timestamp+"\n"+k.secret))
		to.RawQuery = query.Encode()
	}
	return outgoing{to: &to, body: body}, err
}

func dingTalkText(m notify.Message) string {
	parts := []string{"### " + markdownText(m.Title)}
	for _, line := range m.Lines {
		parts = append(parts, bullet+markdownText(line))
	}
	links := make([]string, 0, len(m.Links))
	for _, link := range m.Links {
		links = append(links, markdownLink(link))
	}
	if len(links) > 0 {
		parts = append(parts, strings.Join(links, " | "))
	}
	return strings.Join(parts, "\n\n")
}

func (dingTalk) judge(a answer) error {
	v, known := a.errcode()
	return a.byCode(v, known, rules{
		limited: func(v verdict) bool { return v.code == 130101 || v.code == 410100 || v.code == 90030 },
		wait:    dingTalkWait,
		refused: map[int64]string{
			310000: remedySecret, // of keywords, signatures, times and addresses: the text says which
			300001: remedyAddress, 300005: remedyAddress, 400101: remedyAddress,
			400013: remedyGone, 400102: remedyGone, 400106: remedyGone,
			40035: remedyDefect, 43004: remedyDefect, 400105: remedyDefect, 460101: remedyDefect, 101002: remedyDefect,
			430101: remedyContent, 430102: remedyContent, 430103: remedyContent, 430104: remedyContent,
		},
	})
}
