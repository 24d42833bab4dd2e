package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/nats-io/nkeys"
	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/internal/secretfile"
	"slipway/wire"
)

// signer is the key by which requests and commands are signed, where the command asks for one and
// somebody has named its file; else nil.
func signer(cmd *cobra.Command, v *config.Values) (*wire.Signer, error) {
	path := v.String(config.SignKey)
	if cmd.Flag(config.SignKey) == nil || path == "" {
		return nil, nil //nolint:nilnil // that there is none is no error
	}
	const remedy = "name a file that holds the seed of a user key of NATS (SU…) and nothing else; make one with: slipway authority keygen FILE"
	if _, err := wire.NewSigner([]byte(path)); err == nil {
		return nil, v.Bad(config.SignKey, "is the seed itself, which others may have read by now", "make another key, and name its file: slipway authority keygen FILE")
	}
	seed, err := secretfile.Read(path)
	if err != nil {
		return nil, v.Bad(config.SignKey, err.Error(), remedy)
	}
	s, err := wire.NewSigner(seed)
	if err != nil {
		return nil, v.Bad(config.SignKey, err.Error(), remedy)
	}
	return s, nil
}

// byEvents reports whether what is commanded goes by events, and what is read comes from the ledger: somebody speaks as
// an identity of NATS, or signs.
func (c *call) byEvents() bool { return c.identity != "" || c.signer != nil }

// generated is what slipway authority keygen prints.
type generated struct {
	PublicKey string `json:"publicKey"`
	File      string `json:"file"`
}

func (a *app) authorityKeygen() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keygen FILE",
		Short: "Make a key to sign with",
		Long: `Make a key to sign requests and commands with: the seed, which is secret, is written to a new file that
only its owner may read, and the public key is printed. An admin registers that under keys of the
authority document, with whose it is; --sign-key names the file. It is a user key of NATS, as
"nk -gen user" makes one.`,
		Example: `  slipway authority keygen ~/.config/slipway/sign.nk
  slipway release approve r-abcdefghijklmnop --by ann --sign-key ~/.config/slipway/sign.nk`,
		Args: arguments("FILE"),
	}
	return a.command(cmd, frame{timeout: answerTime}, func(_ context.Context, c *call) error {
		public, err := writeKey(c.args[0])
		if err != nil {
			return err
		}
		a.infof("the seed is in %s; give the public key to an admin, who adds it under keys: slipway authority apply", c.args[0])
		return c.format.Write(a.Stdout, generated{public, c.args[0]}, func() string { return public + "\n" })
	})
}

// writeKey writes the seed of a new key to a new file, and returns the public key.
func writeKey(path string) (public string, err error) {
	pair, err := nkeys.CreateUser()
	if err != nil {
		return "", err
	}
	seed, err := pair.Seed()
	if err != nil {
		return "", err
	}
	if public, err = pair.PublicKey(); err != nil {
		return "", err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return "", &usageError{fmt.Sprintf("%s exists, and is not overwritten; name a new file", path)}
	}
	if err != nil {
		return "", &usageError{err.Error()}
	}
	_, err = file.Write(append(seed, '\n'))
	if err := errors.Join(err, file.Close()); err != nil {
		return "", err
	}
	return public, nil
}
