package channel

import (
	"strings"
	"time"
	"unicode/utf16"

	"slipway/notify"
)

// slack writes to incoming webhooks of Slack.
//
// Requests and errors: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
// Escaping and mentions: https://docs.slack.dev/messaging/formatting-message-text
// Rate (one a second, more in short bursts; 429 with Retry-After): https://docs.slack.dev/apis/web-api/rate-limits
type slack struct{}

// mostSlack is how many characters the text of a block may have, as Slack counts them:
// https://docs.slack.dev/reference/block-kit/blocks/section-block
const mostSlack = 3000

type slackMessage struct {
	Text        string            `json:"text"`
	UnfurlLinks bool              `json:"unfurl_links"`
	Attachments []slackAttachment `json:"attachments,omitempty"`
}

type slackAttachment struct {
	Color    string       `json:"color"`
	Fallback string       `json:"fallback"`
	Blocks   []slackBlock `json:"blocks"`
}

type slackBlock struct {
	Type string    `json:"type"`
	Text slackText `json:"text"`
}

type slackText struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

func (slack) compose(m notify.Message, _ time.Time, k keys) (outgoing, error) {
	m = shorten(readable(m), mostSlack, func(m notify.Message) int {
		return max(slackSize(slackLines(m)), slackSize(slackLinks(m)))
	})
	title := slackEscaped(m.Title)
	out := slackMessage{Text: title}
	if m.Page {
		out.Text = "<!channel> " + title
	}
	a := slackAttachment{Color: slackColor(m.Mood), Fallback: title}
	if text := slackLines(m); text != "" {
		a.Blocks = append(a.Blocks, slackBlock{Type: "section", Text: slackText{Type: "plain_text", Text: text}})
	}
	if text := slackLinks(m); text != "" {
		a.Blocks = append(a.Blocks, slackBlock{Type: "section", Text: slackText{Type: "mrkdwn", Text: text}})
	}
	if len(a.Blocks) > 0 {
		out.Attachments = []slackAttachment{a}
	}
	body, err := encode(out)
	return outgoing{to: k.address, body: body}, err
}

func slackLines(m notify.Message) string { return slackEscaped(strings.Join(m.Lines, "\n")) }

func slackLinks(m notify.Message) string {
	links := make([]string, 0, len(m.Links))
	for _, link := range m.Links {
		label := strings.ReplaceAll(slackEscaped(link.Text), "|", "/")
		links = append(links, "<"+slackEscaped(link.URL)+"|"+label+">")
	}
	return strings.Join(links, "  ·  ")
}

// slackEscaped is a text in which nothing is a link or a mention.
func slackEscaped(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

func slackSize(text string) int { return len(utf16.Encode([]rune(text))) }

func slackColor(mood notify.Mood) string {
	switch mood {
	case notify.MoodGood:
		return "#2eb67d"
	case notify.MoodWaiting:
		return "#ecb22e"
	case notify.MoodBad:
		return "#e01e5a"
	case notify.MoodInfo:
	}
	return "#36c5f0"
}

// judge goes by the status: Slack answers errors with 400, 403, 404 and 410, and says in a word what they are, such as
// no_service or channel_is_archived.
func (slack) judge(a answer) error { return a.byStatus() }
