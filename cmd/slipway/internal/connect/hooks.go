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
	c := hooks.Config{Addr: v.String(config.HooksAddr), Senders: map[string][]string{}}
	var err error
	if c.Identity, err = ConsoleIdentity(v); err != nil {
		return c, err
	}
	if !slices.ContainsFunc(config.Hooks(""), func(s config.Setting) bool { return v.Said(s.Name) }) {
		c.Addr = ""
	}
	if c.Addr == "" {
		return c, nil
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
	}
	if c.PathSecrets, err = pathSecrets(v, senders); err != nil {
		return c, err
	}
	for _, sender := range senders {
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

// ConsoleIdentity is the user of NATS that a console is; empty is nobody in particular.
func ConsoleIdentity(v *config.Values) (string, error) {
	identity := v.String(config.Identity)
	if identity == "" {
		return "", nil
	}
	if err := wire.IdentityFault(identity); err != nil {
		return "", v.Bad(config.Identity, err.Error(), "write the user of NATS that the console has")
	}
	return identity, nil
}

// pathSecrets reads the secrets of the paths, one a line: SENDER=SECRET of one sender, SECRET of all that have none of their own.
func pathSecrets(v *config.Values, senders []string) (map[string][]string, error) {
	lines, err := linesOf(v, config.HooksSecretFile, "without it anybody could send webhooks")
	if err != nil {
		return nil, err
	}
	secrets := map[string][]string{}
	for _, line := range lines {
		sender, secret, named := strings.Cut(line, "=")
		if !named {
			sender, secret = hooks.AnySender, line
		}
		if !hooks.IsSecret(secret) {
			return nil, noSecret(v, config.HooksSecretFile)
		}
		if named && !slices.Contains(senders, sender) {
			// What stands before the sign may be a part of a secret.
			return nil, v.Bad(config.HooksSecretFile, "has a line SENDER=SECRET of a sender whose webhooks are not taken", "write one of "+strings.Join(senders, ", ")+" before the sign, or take the line away")
		}
		secrets[sender] = append(secrets[sender], secret)
	}
	for _, sender := range senders {
		if len(secrets[sender]) == 0 && len(secrets[hooks.AnySender]) == 0 {
			return nil, v.Bad(config.HooksSecretFile, "has no secret for "+sender, "add a line "+sender+"=SECRET, or one with a secret alone for all senders that have none of their own")
		}
	}
	return secrets, nil
}

// secretsOf reads the secrets that a file has, one a line.
func secretsOf(v *config.Values, name, why string) ([]string, error) {
	secrets, err := linesOf(v, name, why)
	if err == nil && slices.ContainsFunc(secrets, func(secret string) bool { return !hooks.IsSecret(secret) }) {
		return nil, noSecret(v, name)
	}
	return secrets, err
}

// linesOf reads the lines of a file of secrets, of which there is one at least.
func linesOf(v *config.Values, name, why string) ([]string, error) {
	path := v.String(name)
	if path == "" {
		return nil, v.Bad(name, "is not set", "name a file with a secret of "+fmt.Sprint(hooks.MinSecret)+" characters or more; "+why)
	}
	content, err := secretfile.Read(path)
	if err != nil {
		return nil, v.Bad(name, err.Error(), "see docs/webhooks.md")
	}
	lines := strings.Fields(string(content))
	if len(lines) == 0 {
		return nil, noSecret(v, name)
	}
	return lines, nil
}

func noSecret(v *config.Values, name string) error {
	return v.Bad(name, v.String(name)+" holds no secret, or a line that is none", fmt.Sprintf("write %d characters or more of A-Z a-z 0-9 . _ ~ - into it, a line for each secret: openssl rand -hex 32", hooks.MinSecret))
}
