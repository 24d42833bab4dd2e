package connect

import (
	"bytes"
	"fmt"

	"slipway/cmd/slipway/internal/config"
	"slipway/console/link"
	"slipway/internal/secretfile"
)

// LinkSigner returns the signer of the links of messages; nil where no key is named.
func LinkSigner(v *config.Values) (*link.Signer, error) {
	path := v.String(config.LinkKeyFile)
	if path == "" {
		return nil, nil //nolint:nilnil // no links are signed
	}
	bad := func(fault error) error {
		return v.Bad(config.LinkKeyFile, fault.Error(), fmt.Sprintf("name a file with %d bytes or more, the same for consoles and notifiers: openssl rand -hex 32", link.MinKey))
	}
	content, err := secretfile.Read(path)
	if err != nil {
		return nil, bad(err)
	}
	signer, err := link.New(bytes.TrimSpace(content))
	if err != nil {
		return nil, bad(err)
	}
	return signer, nil
}
