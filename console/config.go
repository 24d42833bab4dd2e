package console

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"slipway/console/access"
)

// Config says what a [Server] serves, and to whom.
type Config struct {
	// Addr is the "host:port" to listen on; port 0 is any free one.
	Addr string
	// URL is where people and programs reach it, where that is another address: https://slipway.example of a server with TLS that
	// stands before it.
	URL string
	// Door lets in who has signed in.
	Door *access.Door
	// API answers what is below /api/, to who has signed in; its document at [OpenAPIPath] is for everybody.
	API http.Handler
	// Pages answers everything else, to who has signed in. NotSignedIn answers in its place who has not, and Front what everybody may
	// ask for, see [FrontPaths].
	Pages, Front, NotSignedIn http.Handler
	// Refuse answers for the pages who has to wait, or of whom nobody can say whether they have signed in; nil writes the problem itself.
	Refuse access.Tell
	// SignIn has people sign in by OpenID Connect, at [slipway/console/oidc.Path] and the path at which the provider sends them back; nil is nobody.
	SignIn http.Handler
	// Metrics takes what is counted and measured; nil counts nowhere.
	Metrics prometheus.Registerer
	// Logger tells who asked what, by route, and what became of it.
	Logger zerolog.Logger
}

// OpenAPIPath is where the document of the API is, for everybody.
const OpenAPIPath = "/api/v1/openapi.json"

// FrontPaths are what everybody may ask for beside the pages: where people sign in and out and choose their language, and what pages are
// shown with. A path that ends with a slash is all that is below it.
func FrontPaths() []string {
	return []string{"/sign-in", "/sign-in/", "/sign-out", "/language", "/assets/"}
}

func (c Config) validate() error {
	var problems []error
	if c.Door == nil {
		problems = append(problems, errors.New("console: Config.Door is missing"))
	}
	if c.API == nil {
		problems = append(problems, errors.New("console: Config.API is missing"))
	}
	if c.Pages == nil || c.Front == nil || c.NotSignedIn == nil {
		problems = append(problems, errors.New("console: Config.Pages, Front and NotSignedIn are needed"))
	}
	if c.URL != "" {
		if err := URLFault(c.URL); err != nil {
			problems = append(problems, fmt.Errorf("console: Config.URL %w", err))
		}
	}
	return errors.Join(problems...)
}

// URLFault says what is wrong with the address at which a console is reached; nil where nothing is.
func URLFault(text string) error {
	at, err := url.Parse(text)
	if err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" || text != at.Scheme+"://"+at.Host {
		return fmt.Errorf("%.200q is no address of a console: scheme, host and port, and no path", text)
	}
	return nil
}
