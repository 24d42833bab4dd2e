package connect

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"slipway/cmd/slipway/internal/config"
)

// NATSOptions says where NATS is and how to log in.
type NATSOptions struct {
	URL     string
	Options []nats.Option
	// Domain and APIPrefix lead to JetStream where an account imports it.
	Domain, APIPrefix string
	// Source says where the URL came from; empty is nowhere: it is the default.
	Source string
}

// Address is where NATS is, without users and passwords.
func (o NATSOptions) Address() string {
	var servers []string
	for each := range strings.SplitSeq(o.URL, ",") {
		at, err := url.Parse(strings.TrimSpace(each))
		if err != nil {
			continue // the settings were refused
		}
		at.User = nil
		servers = append(servers, at.String())
	}
	return strings.Join(servers, ",")
}

// Where names the address with the setting that it came from.
func (o NATSOptions) Where() string {
	return fmt.Sprintf("%s (%s)", o.Address(), cmp.Or(o.Source, "the default"))
}

// login is what the settings and a context say together.
type login struct{ natsContext }

// NATSSettings returns the options for NATS: the context if one is named, over it what
// the settings say.
func NATSSettings(v *config.Values, getenv func(string) string) (NATSOptions, error) {
	l := login{}
	source := ""
	if name := v.String(config.NATSContext); name != "" {
		found, err := readContext(name, getenv)
		if err != nil {
			return NATSOptions{}, v.Bad(config.NATSContext, err.Error(), "see what there is with: nats context ls")
		}
		l.natsContext = found
		if l.URL != "" {
			source = "NATS context " + name
		}
	}
	l.override(v)
	if v.Said(config.NATSURL) {
		source = v.Source(config.NATSURL)
	}
	if !goodURLs(l.URL) {
		return NATSOptions{}, v.Bad(config.NATSURL, "is no list of NATS URLs", "write nats://host:4222 and, where there are several, separate them by commas")
	}
	options, err := l.options(v)
	if err != nil {
		return NATSOptions{}, err
	}
	return NATSOptions{
		URL: cmp.Or(l.URL, nats.DefaultURL), Options: options, Domain: l.Domain, APIPrefix: l.APIPrefix, Source: source,
	}, nil
}

// goodURLs reports whether every URL parses. The parser's own error quotes the URL, which
// may hold a password.
func goodURLs(list string) bool {
	for each := range strings.SplitSeq(list, ",") {
		if _, err := url.Parse(strings.TrimSpace(each)); err != nil {
			return false
		}
	}
	return true
}

// override puts what the settings say in the place of what the context says. A login of
// the settings replaces any login of the context, of whatever kind.
func (l *login) override(v *config.Values) {
	if v.Said(config.NATSUser) || v.Said(config.NATSCreds) || v.Said(config.NATSNKey) {
		l.User, l.Password, l.Token, l.Creds, l.NKey, l.UserJWT, l.UserSeed = "", "", "", "", "", "", ""
	}
	for name, field := range map[string]*string{
		config.NATSURL: &l.URL, config.NATSUser: &l.User, config.NATSPassword: &l.Password, config.NATSCreds: &l.Creds,
		config.NATSNKey: &l.NKey, config.NATSCA: &l.CA, config.NATSCert: &l.Cert, config.NATSKey: &l.Key,
	} {
		*field = cmp.Or(v.String(name), *field)
	}
	// The nats command line takes a user without a password for a token.
	if v.Said(config.NATSUser) && l.Password == "" {
		l.Token, l.User = l.User, ""
	}
}

// options checks the files before anything is connected, so that the error names them.
func (l *login) options(v *config.Values) ([]nats.Option, error) {
	for name, path := range map[string]string{
		config.NATSCreds: l.Creds, config.NATSNKey: l.NKey, config.NATSCA: l.CA, config.NATSCert: l.Cert, config.NATSKey: l.Key,
	} {
		if path == "" {
			continue
		}
		if _, err := os.Stat(path); err != nil {
			return nil, v.Bad(name, err.Error(), "name a file that can be read")
		}
	}
	if (l.Cert == "") != (l.Key == "") {
		return nil, v.Bad(config.NATSCert, "a client certificate and its key come together", "set both nats-cert and nats-key, or neither")
	}
	var out []nats.Option
	switch {
	case l.Creds != "":
		out = append(out, nats.UserCredentials(l.Creds))
	case l.NKey != "":
		option, err := nats.NkeyOptionFromSeed(l.NKey)
		if err != nil {
			return nil, v.Bad(config.NATSNKey, "the file holds no NKEY seed", "name the file with the seed (SU…)")
		}
		out = append(out, option)
	case l.UserJWT != "":
		out = append(out, nats.UserJWTAndSeed(l.UserJWT, l.UserSeed))
	case l.User != "":
		out = append(out, nats.UserInfo(l.User, l.Password))
	}
	if l.Token != "" {
		out = append(out, nats.Token(l.Token))
	}
	if l.CA != "" {
		out = append(out, nats.RootCAs(l.CA))
	}
	if l.Cert != "" {
		out = append(out, nats.ClientCert(l.Cert, l.Key))
	}
	if l.TLSFirst {
		out = append(out, nats.TLSHandshakeFirst())
	}
	if l.InboxPrefix != "" {
		out = append(out, nats.CustomInboxPrefix(l.InboxPrefix))
	}
	return out, nil
}

// connectTime bounds one attempt to connect.
const connectTime = 5 * time.Second

// NATS connects to NATS, until the context ends: a server that accepts the connection and never
// answers holds nobody up for longer. The name tells the servers who is connected. The error is
// an [Error].
func NATS(ctx context.Context, o NATSOptions, name string, more ...nats.Option) (*nats.Conn, error) {
	limit := connectTime
	if until, bounded := ctx.Deadline(); bounded {
		limit = min(limit, time.Until(until)+time.Second) // the context ends first
	}
	options := append([]nats.Option{nats.Name(name), nats.Timeout(limit)}, o.Options...)
	type connected struct {
		conn *nats.Conn
		err  error
	}
	done := make(chan connected, 1)
	go func() {
		conn, err := nats.Connect(o.URL, append(options, more...)...)
		done <- connected{conn, err}
	}()
	failed := &Error{Attempt: "connect to NATS at " + o.Where(), Remedy: "check NATS_URL or --nats-url, NATS_CONTEXT and NATS_CREDS"}
	select {
	case c := <-done:
		if c.err == nil {
			return c.conn, nil
		}
		failed.Problem, failed.Cause = Explain(c.err), c.err
	case <-ctx.Done():
		go func() { // several servers take the limit each
			if late := <-done; late.err == nil {
				late.conn.Close()
			}
		}()
	}
	return nil, failed.ended(ctx)
}

// ForRole are the options of a process that stays: it waits for servers that are not up
// yet, and never stops reconnecting.
func ForRole(log zerolog.Logger) []nats.Option {
	return []nats.Option{
		nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1),
		nats.ConnectHandler(func(*nats.Conn) { log.Info().Msg("connected to NATS") }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn().Err(err).Msg("NATS connection lost; reconnecting")
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { log.Info().Msg("NATS connection is back") }),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) {
			log.Warn().Err(err).Msg("NATS does not answer yet; check NATS_URL, NATS_CONTEXT and NATS_CREDS")
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			log.Error().Err(err).Msg("NATS reports an error")
		}),
	}
}

// JetStream returns JetStream on a connection.
func (o NATSOptions) JetStream(c *nats.Conn) (jetstream.JetStream, error) {
	switch {
	case o.APIPrefix != "":
		return jetstream.NewWithAPIPrefix(c, o.APIPrefix)
	case o.Domain != "":
		return jetstream.NewWithDomain(c, o.Domain)
	default:
		return jetstream.New(c)
	}
}
