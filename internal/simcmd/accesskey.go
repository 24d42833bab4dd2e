package simcmd

import (
	"fmt"
	"strings"
)

// KeySettings say which key pair a simulator accepts: that of the environment, in the variables that clients of the
// platform read theirs from; or, where they are not set, one for tests. The pair is no flag, which everybody on the
// machine could read.
type KeySettings struct {
	// IDEnv, SecretEnv and TokenEnv are the variables. A platform without temporary keys has no TokenEnv.
	IDEnv, SecretEnv, TokenEnv string
	// TestID and TestSecret are the pair for tests. It is no secret: the simulator prints it.
	TestID, TestSecret string
}

// AlibabaCloud are the settings of the simulators of Alibaba Cloud, with the pair for tests.
func AlibabaCloud(testID, testSecret string) KeySettings {
	return KeySettings{
		IDEnv: "ALIBABA_CLOUD_ACCESS_KEY_ID", SecretEnv: "ALIBABA_CLOUD_ACCESS_KEY_SECRET", TokenEnv: "ALIBABA_CLOUD_SECURITY_TOKEN",
		TestID: testID, TestSecret: testSecret,
	}
}

// An AccessKey is what clients sign with.
type AccessKey struct {
	ID, Secret string
	// Token is the security token that temporary keys have.
	Token string

	settings KeySettings
	// own tells that it is that of the environment, which may be good for more than a simulator.
	own bool
}

// read takes the key from the environment.
func (s KeySettings) read(getenv func(string) string) (AccessKey, error) {
	key := AccessKey{ID: getenv(s.IDEnv), Secret: getenv(s.SecretEnv), settings: s, own: true}
	if s.TokenEnv != "" {
		key.Token = getenv(s.TokenEnv)
	}
	switch {
	case key.ID != "" && key.Secret != "":
		return key, nil
	case key.ID != "" || key.Secret != "":
		return key, fmt.Errorf("%w: %s and %s belong together: set both, or neither for the key pair of tests", ErrUsage, s.IDEnv, s.SecretEnv)
	}
	return AccessKey{ID: s.TestID, Secret: s.TestSecret, settings: s}, nil
}

// Keys are the access keys of a simulator's configuration, secrets by key ID.
func (k AccessKey) Keys() map[string]string { return map[string]string{k.ID: k.Secret} }

// Tokens are the security tokens of a simulator's configuration, by key ID.
func (k AccessKey) Tokens() map[string]string {
	if k.Token == "" {
		return nil
	}
	return map[string]string{k.ID: k.Token}
}

// AddTo adds the key to what a client needs in its environment. The secret of a key that came from the environment is there
// already, and is not told.
func (k AccessKey) AddTo(env map[string]string) map[string]string {
	env[k.settings.IDEnv] = k.ID
	if !k.own {
		env[k.settings.SecretEnv] = k.Secret
	}
	return env
}

// Shown is the secret as people are told of it.
func (k AccessKey) Shown() string {
	if k.own {
		return "$" + k.settings.SecretEnv
	}
	return k.Secret
}

// help is what the help of a command says of the key pair.
func (s KeySettings) help() string {
	names := []string{"$" + s.IDEnv, "$" + s.SecretEnv}
	if s.TokenEnv != "" {
		names = append(names, "$"+s.TokenEnv)
	}
	last := len(names) - 1
	return fmt.Sprintf(`

It accepts the key pair of the environment, which clients read there, too
(%s and %s),
or one that is no secret and works nowhere else:
  %s / %s`, strings.Join(names[:last], ", "), names[last], s.TestID, s.TestSecret)
}
