package connect

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"slipway/cmd/slipway/internal/config"
	"slipway/internal/secretfile"
	"slipway/payload/codecserver"
)

// CodecServerSettings returns what the settings say of a codec server. Its own keys are the
// only ones: it asks no other codec server.
func CodecServerSettings(v *config.Values, getenv func(string) string) (codecserver.Config, error) {
	var c codecserver.Config
	if v.String(config.PayloadKeys) == "" {
		return c, v.Bad(config.PayloadKeys, "is not set", "name the directory of the keys that this server decrypts with")
	}
	local, err := Payloads(v)
	if err != nil {
		return c, err
	}
	c.Addr, c.Codec, c.Origins = v.String(config.CodecListen), local, v.List(config.CodecOrigins)
	if c.Namespace, err = Namespace(v, getenv); err != nil {
		return c, err
	}
	if err := checkOrigins(v, c.Origins); err != nil {
		return c, err
	}
	switch said := v.String(config.CodecWithoutToken); said {
	case "", "no":
	case "yes":
		c.Shielded = true
	default:
		return c, v.Bad(config.CodecWithoutToken, fmt.Sprintf("%q is neither yes nor no", said), "write yes, or leave it out")
	}
	if path := v.String(config.CodecTokenFile); path != "" {
		if c.Token, err = token(path); err != nil {
			return c, v.Bad(config.CodecTokenFile, err.Error(), "see docs/encryption.md")
		}
	}
	return c, nil
}

// checkOrigins refuses what no browser would send as an origin.
func checkOrigins(v *config.Values, origins []string) error {
	for _, origin := range origins {
		at, err := url.Parse(origin)
		if err != nil || at.Host == "" || (at.Scheme != "http" && at.Scheme != "https") || origin != at.Scheme+"://"+at.Host {
			return v.Bad(config.CodecOrigins, fmt.Sprintf("%q is not an origin", origin), "write scheme, host and port of the UI as the browser shows them: http://localhost:8233")
		}
	}
	return nil
}

func token(path string) (string, error) {
	content, err := secretfile.Read(path)
	if err != nil {
		return "", err
	}
	text := strings.TrimSpace(string(content))
	if len(text) < codecserver.MinToken || len(strings.Fields(text)) != 1 {
		return "", fmt.Errorf("%s holds no token; write one word of at least %d characters into it", path, codecserver.MinToken)
	}
	return text, nil
}

// CodecServer opens the address of a codec server.
func CodecServer(ctx context.Context, v *config.Values, c codecserver.Config) (*codecserver.Server, error) {
	s, err := codecserver.Listen(ctx, c)
	if open, ok := errors.AsType[*codecserver.TokenError](err); ok {
		return nil, v.Bad(config.CodecListen, open.Addr+" can be reached from other machines, and no token is asked for",
			"set SLIPWAY_CODEC_TOKEN_FILE, or listen on 127.0.0.1")
	}
	if err != nil {
		return nil, v.Bad(config.CodecListen, err.Error(), "name a free address of this machine, for example 127.0.0.1:8082")
	}
	return s, nil
}
