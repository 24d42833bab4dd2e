package channeltest

import (
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"slipway/notify"
)

// Mailbox is a mail server. Over an encrypted connection it wants a password, and over another one it takes none.
type Mailbox struct {
	record

	tb       testing.TB
	upgraded string // where STARTTLS is offered
	always   string // where TLS is spoken from the first byte

	state      sync.Mutex
	password   string
	failure    *smtp.SMTPError
	refused    map[string]*smtp.SMTPError
	recipients [][]string
	headers    []mail.Header
}

// mailUser is who signs in at the mail server.
const mailUser = "slipway"

func newMailbox(tb testing.TB, certificates []tls.Certificate) *Mailbox {
	tb.Helper()
	m := &Mailbox{record: newRecord(), tb: tb, password: rand.Text(), refused: map[string]*smtp.SMTPError{}}
	config := &tls.Config{Certificates: certificates, MinVersion: tls.VersionTLS12}
	serve := func(l net.Listener) string {
		server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
			return &session{mailbox: m, conn: c}, nil
		}))
		server.Domain = "mail.example.com"
		server.TLSConfig = config
		server.ErrorLog = discarded{}
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = server.Serve(l)
		}()
		tb.Cleanup(func() {
			_ = l.Close() // the server does not know of it before it serves
			_ = server.Close()
			<-done
		})
		return l.Addr().String()
	}
	m.upgraded = serve(listen(tb))
	m.always = serve(tls.NewListener(listen(tb), config))
	return m
}

func listen(tb testing.TB) net.Listener {
	tb.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(tb.Context(), "tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	return l
}

// discarded is what the server would log of connections that clients have ended.
type discarded struct{}

func (discarded) Printf(string, ...any) {}
func (discarded) Println(...any)        {}

// Channel is a channel to the mailbox by STARTTLS, with a password; the clients need [Fakes.Roots].
func (m *Mailbox) Channel(name string) notify.Channel {
	m.tb.Helper()
	return m.channel(name, notify.Mail{Server: m.upgraded, User: mailUser, PasswordFile: secretIn(m.tb, m.Password())})
}

// ChannelTLS is the same with TLS from the first byte.
func (m *Mailbox) ChannelTLS(name string) notify.Channel {
	m.tb.Helper()
	return m.channel(name, notify.Mail{Server: m.always, TLS: "tls", User: mailUser, PasswordFile: secretIn(m.tb, m.Password())})
}

// ChannelPlain is one without encryption and password, as a relay on the same machine has.
func (m *Mailbox) ChannelPlain(name string) notify.Channel {
	return m.channel(name, notify.Mail{Server: m.upgraded, TLS: "none"})
}

func (m *Mailbox) channel(name string, by notify.Mail) notify.Channel {
	by.From = "Slipway <slipway@example.com>"
	by.To = []string{"ops@example.com", "dev@example.com"}
	return notify.Channel{Name: name, Type: notify.Email, Email: &by}
}

// Password is what the server wants.
func (m *Mailbox) Password() string {
	m.state.Lock()
	defer m.state.Unlock()
	return m.password
}

// Revoke gives the user another password.
func (m *Mailbox) Revoke() {
	m.state.Lock()
	defer m.state.Unlock()
	m.password = rand.Text()
}

// SetFailure lets every message be answered with a code and a text of SMTP; a code of 0 takes them again.
func (m *Mailbox) SetFailure(code int, text string) {
	m.state.Lock()
	defer m.state.Unlock()
	m.failure = nil
	if code != 0 {
		m.failure = &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 7, 1}, Message: text}
	}
}

// Refuse lets the server answer with a code to one recipient.
func (m *Mailbox) Refuse(recipient string, code int, text string) {
	m.state.Lock()
	defer m.state.Unlock()
	m.refused[recipient] = &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 1, 1}, Message: text}
}

// Recipients are those of each message, and Headers its headers.
func (m *Mailbox) Recipients() [][]string {
	m.state.Lock()
	defer m.state.Unlock()
	return slices.Clone(m.recipients)
}

// Headers are those of each message.
func (m *Mailbox) Headers() []mail.Header {
	m.state.Lock()
	defer m.state.Unlock()
	return slices.Clone(m.headers)
}

// session is one connection to the mail server.
type session struct {
	mailbox  *Mailbox
	conn     *smtp.Conn
	signedIn bool
	to       []string
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != mailUser || password != s.mailbox.Password() {
			s.mailbox.try()
			return &smtp.SMTPError{
				Code: smtp.ErrAuthFailed.Code, EnhancedCode: smtp.ErrAuthFailed.EnhancedCode,
				Message: "authentication failed for " + user + " with " + password,
			}
		}
		s.signedIn = true
		return nil
	}), nil
}

func (s *session) Mail(string, *smtp.MailOptions) error {
	if _, encrypted := s.conn.TLSConnectionState(); encrypted && !s.signedIn {
		return smtp.ErrAuthRequired
	}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mailbox.state.Lock()
	defer s.mailbox.state.Unlock()
	if refused := s.mailbox.refused[to]; refused != nil {
		return refused
	}
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	defer s.mailbox.try()
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	message, err := mail.ReadMessage(bytes.NewReader(content))
	if err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: err.Error()}
	}
	text, err := io.ReadAll(quotedprintable.NewReader(message.Body))
	if err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: err.Error()}
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject"))
	if err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: err.Error()}
	}
	s.mailbox.state.Lock()
	defer s.mailbox.state.Unlock()
	if s.mailbox.failure != nil {
		return s.mailbox.failure
	}
	s.mailbox.recipients = append(s.mailbox.recipients, s.to)
	s.mailbox.headers = append(s.mailbox.headers, message.Header)
	told := Told{
		ID: message.Header.Get("Message-Id"), Title: subject, Text: strings.ReplaceAll(string(text), "\r\n", "\n"),
		Page: message.Header.Get("Importance") != "", Body: content,
	}
	told.Links = plainLinks(told.Text)
	s.mailbox.add(told)
	return nil
}

func (s *session) Reset()        { s.to = nil }
func (s *session) Logout() error { return nil }
