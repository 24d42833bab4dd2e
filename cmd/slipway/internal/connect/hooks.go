package connect

import (
	"fmt"
	"slices"
	"strings"

	"slipway/cmd/slipway/internal/config"
	"slipway/hooks"
	"slipway/internal/secretfile"
	"slipway/wire"
)

// HooksSettings returns what the settings say of webhooks. Without an address, and where nothing is said of webhooks, none are taken.
func HooksSettings(v *config.Values) (hooks.Config, error) {
	c := hooks.Config{Addr: v.String(config.HooksAddr), Identity: v.String(config.Identity), Senders: map[string][]string{}}
	if c.Identity != "" {
		if err := wire.IdentityFault(c.Identity); err != nil {
			return c, v.Bad(config.Identity, err.Error(), "write the user of NATS that the console has")
		}
	}
	if !slices.ContainsFunc(config.Hooks(""), func(s config.Setting) bool { return v.Said(s.Name) }) {
		c.Addr = ""
	}
	if c.Addr == "" {
		return c, nil
	}
	var err error
	if c.PathSecrets, err = secretsOf(v, config.HooksSecretFile, "without it anybody could send webhooks"); err != nil {
		return c, err
	}
	senders := v.List(config.HooksSenders)
	if len(senders) == 0 {
		return c, v.Bad(config.HooksSenders, "is not set", "name whose webhooks are taken: "+strings.Join(wire.Senders(), ", "))
	}
	files := map[string]string{wire.SenderHarbor: config.HarborTokenFile, wire.SenderGeneric: config.GenericKeyFile, wire.SenderCDEvents: config.CDEventsTokenFile}
	for _, sender := range senders {
		if !slices.Contains(wire.Senders(), sender) {
			return c, v.Bad(config.HooksSenders, fmt.Sprintf("%q is unknown", sender), "name some of "+strings.Join(wire.Senders(), ", "))
		}
		c.Senders[sender] = nil
		if hooks.Proves(sender) {
			if c.Senders[sender], err = secretsOf(v, files[sender], "the webhooks of "+sender+" are taken with it only"); err != nil {
				return c, err
			}
		}
	}
	for _, sender := range wire.Senders() {
		if file := files[sender]; file != "" && v.String(file) != "" && c.Senders[sender] == nil {
			return c, v.Bad(file, "is set, and webhooks of "+sender+" are not taken", "name "+sender+" among the senders, or leave it out")
		}
	}
	return c, nil
}

// secretsOf reads the secrets that a file has, one a line.
func secretsOf(v *config.Values, name, why string) ([]string, error) {
	path := v.String(name)
	if path == "" {
		return nil, v.Bad(name, "is not set", "name a file with a secret of "+fmt.Sprint(hooks.MinSecret)+" characters or more; "+why)
	}
	content, err := secretfile.Read(path)
	if err != nil {
		return nil, v.Bad(name, err.Error(), "see docs/webhooks.md")
	}
	secrets := strings.Fields(string(content))
	short := slices.ContainsFunc(secrets, func(secret string) bool { return !hooks.IsSecret(secret) })
	if len(secrets) == 0 || short {
		return nil, v.Bad(name, path+" holds no secret, or a line that is none", fmt.Sprintf("write %d characters or more of A-Z a-z 0-9 . _ ~ - into it, a line for each secret: openssl rand -hex 32", hooks.MinSecret))
	}
	return secrets, nil
}
