package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/console/access"
)

// madeToken is what slipway console token prints.
type madeToken struct {
	Identity string `json:"identity"`
	// Token is shown once and kept nowhere.
	Token string `json:"token"`
	// Line is what the file of tokens is to have.
	Line string `json:"line"`
}

func (a *app) consoleToken() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token IDENTITY",
		Short: "Make a token to sign in at a console with",
		Long: `Make a token by which IDENTITY signs in at a console, and print it with the line that lets it in: add the
line to the file of --console-tokens-file. The token is secret, shown once and kept nowhere; the line has its
SHA-256. An identity may have several tokens, so that a new one takes the place of an old one; whoever takes a
line away ends its token within seconds. IDENTITY is who that is in the authority document.`,
		Example: `  slipway console token ann --expires 90d
  slipway console token ci -o json`,
		Args: arguments("IDENTITY"),
	}
	expires := cmd.Flags().String("expires", "", "how long the token counts, such as 90d: to the end of that day, in UTC (default for ever)")
	return a.command(cmd, frame{timeout: answerTime}, func(_ context.Context, c *call) error {
		if err := access.IdentityFault(c.args[0]); err != nil {
			return &usageError{err.Error()}
		}
		var until time.Time
		if *expires != "" {
			age, ok := config.Age(*expires)
			if !ok {
				return &usageError{fmt.Sprintf("--expires %q: must be a number of days such as 90d, or a duration of at least an hour", *expires)}
			}
			until = c.now.Add(age)
		}
		token := access.NewToken()
		made := madeToken{Identity: c.args[0], Token: token, Line: access.Line(c.args[0], token, until)}
		a.infof("the first line is the token: give it to %s, it is not shown again; the second is for the file of --console-tokens-file", made.Identity)
		return c.format.Write(a.Stdout, made, func() string { return made.Token + "\n" + made.Line + "\n" })
	})
}
