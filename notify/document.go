package notify

import "slipway/release"

// Kind is the kind of a file with channels and rules.
const Kind = "Notifications"

// Document is the spec of a file of kind Notifications: the channels there are, and what they are told.
type Document struct {
	// Channels are where messages are sent.
	Channels []Channel `json:"channels"`
	// Rules say what is told where. Those of application documents are added to them.
	Rules []Rule `json:"rules,omitempty"`
	// Waiting is the ladder of applications whose documents have none.
	Waiting []Step `json:"waiting,omitempty"`
}

// ChannelType is what kind of service a channel is.
type ChannelType string

// The types of channels.
const (
	Slack    ChannelType = "slack"
	DingTalk ChannelType = "dingtalk"
	Feishu   ChannelType = "feishu"
	WeCom    ChannelType = "wecom"
	Webhook  ChannelType = "webhook"
	NATS     ChannelType = "nats"
	Email    ChannelType = "email"
)

// Channel is one place where messages are sent. Which fields each type has, [ChannelType.fields] says.
type Channel struct {
	// Name is unique in the document; rules and ladders go by it.
	Name string      `json:"name"`
	Type ChannelType `json:"type"`
	// Language is that of its messages; [English] where it is empty.
	Language Language `json:"language,omitempty"`
	// Zone is the time zone of the times in its messages, such as Asia/Shanghai; UTC where it is empty.
	Zone string `json:"zone,omitempty"`
	// URLFile is a file with the address that Slack, DingTalk, Feishu, WeCom and webhooks are sent to. It is
	// a secret: who has it can write there.
	URLFile string `json:"urlFile,omitempty"`
	// SecretFile is a file with the secret by which messages to DingTalk, Feishu and webhooks are signed. A webhook always has one.
	SecretFile string `json:"secretFile,omitempty"`
	// Subject is where NATS messages are published.
	Subject string `json:"subject,omitempty"`
	// Email is by which server mail is sent, from whom and to whom.
	Email *Mail `json:"email,omitempty"`
}

// Mail is how e-mail is sent.
type Mail struct {
	// Server is host:port of an SMTP server. TLS is "starttls", the default, "tls" from the first byte,
	// or "none", which is taken for loopback addresses alone.
	Server string `json:"server"`
	TLS    string `json:"tls,omitempty"`
	// User signs in with the password in PasswordFile; where it is empty nobody does.
	User         string   `json:"user,omitempty"`
	PasswordFile string   `json:"passwordFile,omitempty"`
	From         string   `json:"from"`
	To           []string `json:"to"`
}

// Rule is what is told where.
type Rule struct {
	// To are the names of channels.
	To []string `json:"to"`
	// When are the kinds of events that are told, such as batch.waiting, or groups of them: waiting, ended,
	// bad, all. Where it is empty waiting and ended are.
	When []string `json:"when,omitempty"`
	// Scopes say of which applications and sets: platform/region/app, app/application/environment, or set/name; where it is
	// empty, of all, and of what is about none.
	Scopes []string `json:"scopes,omitempty"`
}

// Step is one step of a ladder: who is told when a person is waited for that long.
type Step struct {
	// After is how long the wait has lasted.
	After release.Duration `json:"after"`
	// Tell is a channel that is reminded, Page one whose people are called; one of them is given.
	Tell string `json:"tell,omitempty"`
	Page string `json:"page,omitempty"`
	// Scopes are those of a [Rule].
	Scopes []string `json:"scopes,omitempty"`
}

// Channel returns the channel of that name; false where the document has none.
func (d Document) Channel(name string) (Channel, bool) {
	for _, c := range d.Channels {
		if c.Name == name {
			return c, true
		}
	}
	return Channel{}, false
}

// Names are those of the channels, in their order.
func (d Document) Names() []string {
	names := make([]string, len(d.Channels))
	for i, c := range d.Channels {
		names[i] = c.Name
	}
	return names
}

// ChannelTypes returns the types of channels.
func ChannelTypes() []ChannelType {
	return []ChannelType{Slack, DingTalk, Feishu, WeCom, Webhook, NATS, Email}
}
