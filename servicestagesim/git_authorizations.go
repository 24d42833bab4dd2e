package servicestagesim

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"slipway/internal/simframe"
)

// gitUser is whom an authorization belongs to where nothing names a user.
const gitUser = "git-user"

// gitAuthorization lets ServiceStage act for an account of a Git provider.
type gitAuthorization struct {
	Name string `json:"name"`
	// Type is the kind of the provider; see [providers].
	Type string `json:"type"`
	// Host is the address of the provider's API, Home that of the account, which no two accounts share.
	Host      string    `json:"host"`
	Home      string    `json:"home"`
	User      string    `json:"user"`
	TokenType string    `json:"tokenType"`
	Tag       *string   `json:"tag,omitempty"`
	Created   time.Time `json:"created"`
}

// authorizationBody is an authorization in an answer. The reference prints avatar in its tables and both in its
// examples, the vendor's Go client reads avartar: both are answered.
type authorizationBody struct {
	Name       string  `json:"name"`
	RepoType   string  `json:"repo_type"`
	RepoHost   string  `json:"repo_host"`
	RepoHome   string  `json:"repo_home"`
	RepoUser   string  `json:"repo_user"`
	Avatar     string  `json:"avatar"`
	Avartar    string  `json:"avartar"`
	TokenType  string  `json:"token_type"`
	CreateTime int64   `json:"create_time"`
	UpdateTime int64   `json:"update_time"`
	Tag        *string `json:"tag"`
	Status     int     `json:"status"`
}

func (a *gitAuthorization) body() authorizationBody {
	avatar := a.Home + ".png"
	return authorizationBody{
		Name: a.Name, RepoType: a.Type, RepoHost: a.Host, RepoHome: a.Home, RepoUser: a.User, Avatar: avatar, Avartar: avatar,
		TokenType: a.TokenType, CreateTime: a.Created.UnixMilli(), UpdateTime: a.Created.UnixMilli(), Tag: a.Tag,
	}
}

// listGitAuthorizations serves the operation of that name.
func listGitAuthorizations(c *call) (reply, *apiError) {
	all := []authorizationBody{}
	for _, a := range simframe.SortedValues(c.st.Git.Authorizations) {
		all = append(all, a.body())
	}
	return reply{body: struct {
		Authorizations []authorizationBody `json:"authorizations"`
		Count          int                 `json:"count"`
	}{all, len(all)}}, nil
}

// provider reads the kind of provider that the path names, in any case. One that is none, or that the operation is not
// for, is refused.
func (c *call) provider(served ...string) (string, *apiError) {
	given := strings.ToLower(c.params["repo_type"])
	if slices.Contains(served, given) {
		return given, nil
	}
	return "", refusef(codeRepoNotImplemented, "%s is for %s, not for %q", c.op.Name, strings.Join(served, ", "), simframe.Shorten(given))
}

// web is the address of a provider, and api that of its API.
func web(provider string) (home, api string) {
	switch provider {
	case "github":
		return "https://github.com", "https://api.github.com"
	case "gitlab":
		return "https://gitlab.com", "https://gitlab.com"
	default:
		return "https://bitbucket.org", "https://api.bitbucket.org"
	}
}

// oauthState is what a provider hands back after somebody has agreed. It is the same for the same seed, provider and
// tag, so nothing has to be kept until then.
func (c *call) oauthState(provider string) string {
	return simframe.UUID(c.st.Seed, "oauth/"+provider+"/"+c.query.Get("tag"))
}

// getGitAuthRedirectURL serves getGitAuthRedirectUrl.
func getGitAuthRedirectURL(c *call) (reply, *apiError) {
	provider, refused := c.provider(providers()...)
	if refused != nil {
		return reply{}, refused
	}
	home, _ := web(provider)
	query := url.Values{"client_id": {"servicestagesim"}, "state": {c.oauthState(provider)}}
	return reply{body: struct {
		URL string `json:"url"`
	}{home + "/login/oauth/authorize?" + query.Encode()}}, nil
}

// createGitOAuthAuthorization serves createGitOauthAuthorization: any code will do, the state must be that of the
// redirect address of the same provider and tag.
func createGitOAuthAuthorization(c *call) (reply, *apiError) {
	provider, refused := c.provider(providers()...)
	if refused != nil {
		return reply{}, refused
	}
	var in struct {
		Name  string `json:"name"`
		Code  string `json:"code"`
		State string `json:"state"`
	}
	if refused := c.decode(&in, bodyRule{}); refused != nil {
		return reply{}, refused
	}
	k := c.checker()
	k.check(in.Name != "", "name must be given")
	k.check(in.Code != "", "code must be given")
	k.check(in.State != "", "state must be given")
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	if in.State != c.oauthState(provider) {
		return reply{}, refusef(codeOAuthInvalid, "state is not that of the redirect address of %s", provider)
	}
	home, api := web(provider)
	a := &gitAuthorization{Name: in.Name, Type: provider, Host: api, Home: home + "/" + gitUser, User: gitUser, TokenType: "oauth"}
	if tag := c.query.Get("tag"); tag != "" {
		a.Tag = &tag
	}
	return c.authorize(a)
}

// authorize stores an authorization.
func (c *call) authorize(a *gitAuthorization) (reply, *apiError) {
	if c.st.Git.Authorizations[a.Name] != nil {
		return reply{}, refusef(codeRepoExists, "authorization %q", simframe.Shorten(a.Name))
	}
	a.Created = c.now
	c.st.Git.Authorizations[a.Name] = a
	return reply{body: struct {
		Authorization authorizationBody `json:"authorization"`
	}{a.body()}}, nil
}

// createGitTokenAuthorization serves the operation of that name. The host may name the account, as in
// https://github.com/somebody, or another host of the same kind.
func createGitTokenAuthorization(c *call) (reply, *apiError) {
	provider, refused := c.provider("github", "gitlab")
	if refused != nil {
		return reply{}, refused
	}
	var in struct {
		Name  string `json:"name"`
		Token string `json:"token"`
		Host  string `json:"host"`
	}
	if refused := c.decode(&in, bodyRule{}); refused != nil {
		return reply{}, refused
	}
	k := c.checker()
	k.check(in.Name != "", "name must be given")
	k.check(in.Token != "", "token must be given")
	k.check(in.Host == "" || isWebAddress(in.Host), "host must be an http or https address, is %q", simframe.Shorten(in.Host))
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	home, api := web(provider)
	user := gitUser
	if address, err := url.Parse(in.Host); err == nil && in.Host != "" {
		given := address.Scheme + "://" + address.Host
		if given != home {
			home, api = given, given
		}
		if first, _, _ := strings.Cut(strings.Trim(address.Path, "/"), "/"); first != "" {
			user = first
		}
	}
	return c.authorize(&gitAuthorization{Name: in.Name, Type: provider, Host: api, Home: home + "/" + user, User: user, TokenType: "personal"})
}

// createGitPasswordAuthorization serves the operation of that name.
func createGitPasswordAuthorization(c *call) (reply, *apiError) {
	provider, refused := c.provider("bitbucket")
	if refused != nil {
		return reply{}, refused
	}
	var in struct {
		Name     string `json:"name"`
		User     string `json:"user"`
		Password string `json:"password"`
	}
	if refused := c.decode(&in, bodyRule{}); refused != nil {
		return reply{}, refused
	}
	k := c.checker()
	k.check(in.Name != "", "name must be given")
	k.check(in.User != "", "user must be given")
	k.check(in.Password != "", "password must be given")
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	home, api := web(provider)
	return c.authorize(&gitAuthorization{
		Name: in.Name, Type: provider, Host: api, Home: home + "/" + url.PathEscape(in.User), User: in.User, TokenType: "password",
	})
}

// deleteGitAuthorization serves the operation of that name. The repositories of the account stay.
func deleteGitAuthorization(c *call) (reply, *apiError) {
	name := c.params["name"]
	if c.st.Git.Authorizations[name] == nil {
		return reply{}, refusef(codeRepoUnauthorized, "there is no authorization %q", simframe.Shorten(name))
	}
	delete(c.st.Git.Authorizations, name)
	return reply{status: http.StatusNoContent}, nil
}
