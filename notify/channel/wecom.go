package channel

import (
	"strings"
	"time"

	"slipway/notify"
)

// weCom writes to group robots of WeCom.
//
// Requests and limits: https://developer.work.weixin.qq.com/document/path/91770
// Codes: https://developer.work.weixin.qq.com/document/path/90313
//
// A message that tells is Markdown. One that calls people is plain text: Markdown cannot mention everybody.
type weCom struct{}

const (
	// The sizes of the content in bytes.
	mostWeComMarkdown = 4096
	mostWeComText     = 2048
	// weComWait is the time by which a robot's 20 messages a minute are counted.
	weComWait = time.Minute
)

type weComMessage struct {
	Type     string         `json:"msgtype"`
	Markdown *weComMarkdown `json:"markdown,omitempty"`
	Text     *weComText     `json:"text,omitempty"`
}

type weComMarkdown struct {
	Content string `json:"content"`
}

type weComText struct {
	Content       string   `json:"content"`
	MentionedList []string `json:"mentioned_list"`
}

func (weCom) compose(m notify.Message, _ time.Time, k keys) (outgoing, error) {
	m = readable(m)
	out := weComMessage{}
	if m.Page {
		content := weComFitting(m, mostWeComText, weComPlain)
		out.Type, out.Text = "text", &weComText{Content: content, MentionedList: []string{"@all"}}
	} else {
		content := weComFitting(m, mostWeComMarkdown, weComMarked)
		out.Type, out.Markdown = "markdown", &weComMarkdown{Content: content}
	}
	body, err := encode(out)
	return outgoing{to: k.address, body: body}, err
}

func weComFitting(m notify.Message, most int, render func(notify.Message) string) string {
	return render(shorten(m, most, func(m notify.Message) int { return len(render(m)) }))
}

// weComPlain is a message as text, in which <@somebody> would still mention a person.
func weComPlain(m notify.Message) string {
	text := strings.Join(append([]string{m.Title}, m.Lines...), "\n")
	if links := labelled(m.Links); len(links) > 0 {
		text += "\n\n" + strings.Join(links, "\n")
	}
	return strings.ReplaceAll(text, "<", "＜")
}

func weComMarked(m notify.Message) string {
	parts := []string{`<font color="` + weComColor(m.Mood) + `">**` + markdownText(m.Title) + `**</font>`}
	for _, line := range m.Lines {
		parts = append(parts, bullet+markdownText(line))
	}
	for _, link := range m.Links {
		parts = append(parts, markdownLink(link))
	}
	return strings.Join(parts, "\n")
}

// weComColor is one of the three colours that there are: green, orange and grey.
func weComColor(mood notify.Mood) string {
	switch mood {
	case notify.MoodGood:
		return "info"
	case notify.MoodWaiting, notify.MoodBad:
		return "warning"
	case notify.MoodInfo:
	}
	return "comment"
}

func (weCom) judge(a answer) error {
	v, known := a.errcode()
	return a.byCode(v, known, rules{
		limited: func(v verdict) bool { return v.code == 45009 || v.code == 45033 },
		wait:    weComWait,
		refused: map[int64]string{
			93000: remedyAddress, 93004: remedyGone, 93008: remedyGone,
			40008: remedyDefect, 40035: remedyDefect, 40058: remedyDefect, 44004: remedyDefect, 45002: remedyDefect,
		},
	})
}
