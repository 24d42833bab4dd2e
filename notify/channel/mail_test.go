package channel_test

import (
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/notify"
	"slipway/notify/channel"
	"slipway/notify/channel/channeltest"
)

func TestMail_HeadersAreThoseOfAMachine(t *testing.T) {
	t.Parallel()
	f := channeltest.New(t)
	m := chinese()
	require.NoError(t, attempt(t, f, newSender(t, f, f.Mail().Channel("team")), m))
	h := f.Mail().Headers()[0]
	require.Equal(t, "auto-generated", h.Get("Auto-Submitted"))
	require.Regexp(t, `^<msg_[0-9a-f]{32}@example\.com>$`, h.Get("Message-Id"))
	require.Regexp(t, `^"?Slipway"? <slipway@example\.com>$`, h.Get("From"))
	require.Equal(t, "Sun, 01 Mar 2026 12:00:00 +0000", h.Get("Date"))
	require.Contains(t, h.Get("Content-Type"), "text/plain")
	require.Empty(t, h.Get("Importance"))
	require.Equal(t, []string{"ops@example.com", "dev@example.com"}, f.Mail().Recipients()[0])
}

func TestMail_ServerWithoutEncryptionGetsNothing(t *testing.T) {
	t.Parallel()
	f := channeltest.New(t)
	c := f.Mail().Channel("team")
	s, err := channel.New(c, channel.Deps{}) // which does not know who has signed the certificate
	require.NoError(t, err)
	requireRetried(t, attempt(t, f, s, message()), "certificate")
	require.Zero(t, f.Mail().Tries())

	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	heard := make(chan string, 1)
	go func() { heard <- withoutTLS(l) }()
	c.Email.Server = l.Addr().String()
	requireRetried(t, attempt(t, f, newSender(t, f, c), message()), "STARTTLS")
	require.NoError(t, l.Close())
	require.NotContains(t, <-heard, "AUTH")
}

// withoutTLS is a mail server that offers no encryption; it returns what one client has said.
func withoutTLS(l net.Listener) string {
	conn, err := l.Accept()
	if err != nil {
		return err.Error()
	}
	defer func() { _ = conn.Close() }()
	var said strings.Builder
	line := make([]byte, 1000)
	_, _ = conn.Write([]byte("220 mail.example.com\r\n"))
	for {
		n, err := conn.Read(line)
		if err != nil {
			return said.String()
		}
		said.Write(line[:n])
		_, _ = conn.Write([]byte("250-mail.example.com\r\n250 AUTH PLAIN LOGIN\r\n"))
	}
}

func TestMail_WrongPasswordIsRefused(t *testing.T) {
	t.Parallel()
	for name, w := range mails() {
		if strings.Contains(name, "same machine") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := channeltest.New(t)
			before := f.Mail().Password()
			s := newSender(t, f, w.channel(f))
			f.Mail().Revoke()
			err := attempt(t, f, s, message())
			requireRefused(t, err, "passwordFile")
			require.NotContains(t, err.Error(), before, "the server repeats what it was sent")
			require.Empty(t, f.Mail().Told())
		})
	}
}

func TestMail_AnswersOfFiveAreForGoodAndOfFourAreNot(t *testing.T) {
	t.Parallel()
	for name, w := range mails() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := channeltest.New(t)
			s := newSender(t, f, w.channel(f))
			f.Mail().SetFailure(451, "try again")
			requireRetried(t, attempt(t, f, s, message()), "try again")
			f.Mail().SetFailure(554, "looks like spam")
			requireRefused(t, attempt(t, f, s, message()), "looks like spam")
			f.Mail().SetFailure(0, "")
			require.NoError(t, attempt(t, f, s, message()))
			require.Len(t, f.Mail().Told(), 1)
		})
	}
}

func TestMail_OneRecipientDoesNotStandInTheWayOfTheOthers(t *testing.T) {
	t.Parallel()
	f := channeltest.New(t)
	s := newSender(t, f, f.Mail().Channel("team"))

	f.Mail().Refuse("dev@example.com", 450, "greylisted")
	requireRetried(t, attempt(t, f, s, message()), "greylisted")
	require.Empty(t, f.Mail().Told(), "the other one would get it twice")

	f.Mail().Refuse("dev@example.com", 550, "no such user")
	err := attempt(t, f, s, message())
	requireRefused(t, err, "dev@example.com: 550")
	require.ErrorContains(t, err, "all others were sent")
	require.Equal(t, [][]string{{"ops@example.com"}}, f.Mail().Recipients())

	f.Mail().Refuse("ops@example.com", 550, "no such user")
	requireRefused(t, attempt(t, f, s, message()), "nobody was sent")
	require.Len(t, f.Mail().Told(), 1)
}

func TestMail_ServerThatIsDownIsTriedAgain(t *testing.T) {
	t.Parallel()
	f := channeltest.New(t)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	s := newSender(t, f, notify.Channel{Name: "team", Type: notify.Email, Email: &notify.Mail{
		Server: l.Addr().String(), TLS: "none", From: "a@example.com", To: []string{"b@example.com"},
	}})
	requireRetried(t, attempt(t, f, s, message()), "refused")
}
