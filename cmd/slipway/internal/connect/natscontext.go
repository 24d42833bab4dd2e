package connect

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// natsContext is what Slipway uses of a context file of the nats command line, which are
// JSON files in the user's configuration (NATS architecture decision record 21). The
// library that writes them brings a NATS server along, so they are read here.
type natsContext struct {
	URL         string `json:"url"`
	Token       string `json:"token"`
	User        string `json:"user"`
	Password    string `json:"password"`
	Creds       string `json:"creds"`
	NKey        string `json:"nkey"`
	UserJWT     string `json:"user_jwt"`  //nolint:tagliatelle // the name in context files
	UserSeed    string `json:"user_seed"` //nolint:tagliatelle // the name in context files
	Cert        string `json:"cert"`
	Key         string `json:"key"`
	CA          string `json:"ca"`
	TLSFirst    bool   `json:"tls_first"`            //nolint:tagliatelle // the name in context files
	InboxPrefix string `json:"inbox_prefix"`         //nolint:tagliatelle // the name in context files
	Domain      string `json:"jetstream_domain"`     //nolint:tagliatelle // the name in context files
	APIPrefix   string `json:"jetstream_api_prefix"` //nolint:tagliatelle // the name in context files

	// What a context may have and Slipway cannot do; a login must not fail for a reason
	// that nobody tells.
	NSC        string `json:"nsc"`
	SocksProxy string `json:"socks_proxy"`        //nolint:tagliatelle // the name in context files
	WinStore   string `json:"windows_cert_store"` //nolint:tagliatelle // the name in context files
}

// readContext reads the context of a name, or of a file when the name is a path.
func readContext(name string, getenv func(string) string) (natsContext, error) {
	path := name
	if !strings.ContainsRune(name, filepath.Separator) {
		path = filepath.Join(xdgConfig(getenv), "nats", "context", name+".json")
	}
	var c natsContext
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return c, fmt.Errorf("there is no context %q (no file %s)", name, path)
	}
	if err != nil {
		return c, err
	}
	// The text of a JSON error may quote the file, which holds secrets.
	if json.Unmarshal(raw, &c) != nil {
		return c, fmt.Errorf("%s is not a context of the nats command line", path)
	}
	for field, value := range map[string]string{"nsc": c.NSC, "socks_proxy": c.SocksProxy, "windows_cert_store": c.WinStore} {
		if value != "" {
			return c, fmt.Errorf("%s uses %s, which is not supported here", path, field)
		}
	}
	for field, value := range map[string]*string{"creds": &c.Creds, "nkey": &c.NKey, "cert": &c.Cert, "key": &c.Key, "ca": &c.CA} {
		if *value, err = contextFile(*value, getenv); err != nil {
			return c, fmt.Errorf("%s: %s: %w", path, field, err)
		}
	}
	for field, value := range map[string]string{"token": c.Token, "password": c.Password, "user_jwt": c.UserJWT, "user_seed": c.UserSeed} {
		for _, scheme := range []string{"op://", "nsc://", "env://", "file://", "data:"} {
			if strings.HasPrefix(value, scheme) {
				return c, fmt.Errorf("%s: %s refers to a secret by %s, which is not supported here", path, field, scheme)
			}
		}
	}
	return c, nil
}

// contextFile resolves a file name of a context, in which ~ and variables may stand.
func contextFile(name string, getenv func(string) string) (string, error) {
	name = strings.TrimPrefix(name, "file://")
	if scheme, _, found := strings.Cut(name, "://"); found {
		return "", fmt.Errorf("refers to a secret by %s://, which is not supported here; use a file", scheme)
	}
	if strings.HasPrefix(name, "data:") {
		return "", errors.New("holds a secret inline, which is not supported here; use a file")
	}
	name = os.Expand(name, getenv)
	if rest, home := strings.CutPrefix(name, "~"); home {
		name = getenv("HOME") + rest
	}
	return name, nil
}
