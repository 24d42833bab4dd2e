package channel

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/textproto"
	"strconv"
	"strings"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"slipway/notify"
)

// mailing sends messages as e-mail. Its Message-ID is made of the ID of the message, so that mailboxes that look for it
// show one that was sent twice once.
type mailing struct {
	channel    notify.Channel
	host       string
	port       int
	from       *mail.Address
	recipients []string // addresses alone, without names
	roots      *x509.CertPool
}

// mostMail is the size of the text of an e-mail in bytes.
const mostMail = 100_000

// newMailing makes a sender of a channel that is as it should be.
func newMailing(c notify.Channel, d Deps) (*mailing, error) {
	host, portText, err := net.SplitHostPort(c.Email.Server)
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, err
	}
	from, err := mail.ParseAddress(c.Email.From)
	if err != nil {
		return nil, err
	}
	s := &mailing{channel: c, host: host, port: int(port), from: from, roots: d.Roots}
	for _, to := range c.Email.To {
		address, err := mail.ParseAddress(to)
		if err != nil {
			return nil, err
		}
		s.recipients = append(s.recipients, address.Address)
	}
	return s, nil
}

func (s *mailing) Send(ctx context.Context, m notify.Message) error {
	password := ""
	if s.channel.Email.User != "" {
		var err error
		if password, err = readSecret(s.channel, "email.passwordFile", s.channel.Email.PasswordFile); err != nil {
			return err
		}
	}
	message, err := s.compose(m)
	if err != nil {
		return &RefusedError{Channel: s.channel.Name, Reason: err.Error()}
	}
	client, err := s.client(password)
	if err != nil {
		return fmt.Errorf("channel %s: %s", s.channel.Name, scrub(err.Error(), password))
	}
	ctx, cancel := context.WithTimeout(ctx, 2*attemptTimeout)
	defer cancel()
	connection, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return s.failed(err, password)
	}
	if err = connection.UpdateDeadline(attemptTimeout); err == nil {
		err = s.deliver(connection, message)
	}
	// What becomes of the connection afterwards does not undo what the server has taken.
	_ = client.CloseWithSMTPClient(connection)
	if err != nil {
		return s.failed(err, password)
	}
	return nil
}

// deliver hands a message over. Addresses that the server refuses for good are left out, so that the others are told: the
// error then says so. Where one is refused for now, nobody is sent anything, and all are later.
func (s *mailing) deliver(to *smtp.Client, message *gomail.Msg) error {
	if err := to.Mail(s.from.Address); err != nil {
		return err
	}
	var refusals []error
	for _, recipient := range s.recipients {
		err := to.Rcpt(recipient)
		if code(err)/100 == 5 {
			refusals = append(refusals, fmt.Errorf("%s: %w", recipient, err))
		} else if err != nil {
			return err
		}
	}
	if len(refusals) == len(s.recipients) {
		return &recipientsError{refusals: refusals, all: true}
	}
	data, err := to.Data()
	if err != nil {
		return err
	}
	if _, err := message.WriteTo(data); err != nil {
		return err
	}
	if err := data.Close(); err != nil {
		return err
	}
	if len(refusals) > 0 {
		return &recipientsError{refusals: refusals}
	}
	return nil
}

// recipientsError is that a server does not take mail to some recipients, or to all of them.
type recipientsError struct {
	refusals []error
	all      bool
}

func (e *recipientsError) Error() string {
	texts := make([]string, 0, len(e.refusals))
	for _, refusal := range e.refusals {
		texts = append(texts, refusal.Error())
	}
	return strings.Join(texts, ", ")
}

// code is what a mail server has answered, and 0 where it has not.
func code(err error) int {
	if protocol, ok := errors.AsType[*textproto.Error](err); ok {
		return protocol.Code
	}
	return 0
}

func (s *mailing) client(password string) (*gomail.Client, error) {
	options := []gomail.Option{
		gomail.WithPort(s.port), gomail.WithTimeout(attemptTimeout), gomail.WithoutNoop(),
		gomail.WithTLSConfig(&tls.Config{ServerName: s.host, RootCAs: s.roots, MinVersion: tls.VersionTLS12}),
	}
	switch s.channel.Email.TLS {
	case notify.TLS:
		options = append(options, gomail.WithSSL())
	case notify.NoTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if s.channel.Email.User != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(s.channel.Email.User), gomail.WithPassword(password))
	}
	return gomail.NewClient(s.host, options...)
}

func (s *mailing) compose(m notify.Message) (*gomail.Msg, error) {
	m = shorten(readable(m), mostMail, func(m notify.Message) int { return len(mailText(m)) })
	out := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	out.FromMailAddress(s.from)
	if err := out.To(s.channel.Email.To...); err != nil {
		return nil, fmt.Errorf("email.to: %w", err)
	}
	_, domain, _ := strings.Cut(s.from.Address, "@")
	out.SetMessageIDWithValue(key(m) + "@" + domain)
	out.SetDateWithValue(m.At)
	out.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody's absence is told to us
	if m.Page {
		out.SetImportance(gomail.ImportanceUrgent)
	}
	out.Subject(m.Title)
	out.SetBodyString(gomail.TypeTextPlain, mailText(m))
	return out, nil
}

func mailText(m notify.Message) string {
	parts := []string{m.Title}
	if len(m.Lines) > 0 {
		parts = append(parts, strings.Join(m.Lines, "\r\n"))
	}
	if links := labelled(m.Links); len(links) > 0 {
		parts = append(parts, strings.Join(links, "\r\n"))
	}
	return strings.Join(parts, "\r\n\r\n") + "\r\n"
}

// failed judges what a mail server has answered: of RFC 5321, 5xx is for good, and 4xx is not.
func (s *mailing) failed(err error, password string) error {
	name, text := s.channel.Name, scrub(err.Error(), password)
	if recipients, ok := errors.AsType[*recipientsError](err); ok {
		remedy := "take it out of email.to; all others were sent the message"
		if recipients.all {
			remedy = "name addresses in email.to to which the server sends mail; nobody was sent the message"
		}
		return &RefusedError{Channel: name, Reason: text, Remedy: remedy}
	}
	switch c := code(err); {
	case c/100 != 5:
		return fmt.Errorf("channel %s: %s", name, text)
	case c == 530 || c == 534 || c == 535 || c == 538:
		return &RefusedError{Channel: name, Reason: text, Remedy: "see whether email.user and email.passwordFile are what the server has"}
	}
	return &RefusedError{Channel: name, Reason: text}
}
