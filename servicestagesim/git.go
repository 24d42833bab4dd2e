package servicestagesim

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"slipway/internal/simframe"
)

// Codes of refusals of the Git operations. Their statuses and texts are in the client's catalogue.
const (
	codeRepoInvalid        = "SVCSTG.REPO.0400"
	codeRepoNotImplemented = "SVCSTG.REPO.0401"
	codeOAuthInvalid       = "SVCSTG.REPO.0402"
	codeRepoExists         = "SVCSTG.REPO.0403"
	codeRepoUnauthorized   = "SVCSTG.REPO.0450"
	codeRepoAuthInvalid    = "SVCSTG.REPO.0451"
	codeCloneURLInvalid    = "SVCSTG.REPO.0452"
	codeRepoRemote         = "SVCSTG.REPO.0501"
)

// gitHandlers are the Git operations.
func gitHandlers() map[string]handler {
	return map[string]handler{
		"ListGitAuthorizations":          listGitAuthorizations,
		"GetGitAuthRedirectUrl":          getGitAuthRedirectURL,
		"CreateGitOauthAuthorization":    createGitOAuthAuthorization,
		"CreateGitTokenAuthorization":    createGitTokenAuthorization,
		"CreateGitPasswordAuthorization": createGitPasswordAuthorization,
		"DeleteGitAuthorization":         deleteGitAuthorization,
		"ListGitNamespaces":              listGitNamespaces,
		"GetGitProjectByCloneUrl":        getGitProjectByCloneURL,
		"ListGitProjects":                listGitProjects,
		"CreateGitProject":               createGitProject,
		"ListGitBranches":                listGitBranches,
		"ListGitTags":                    listGitTags,
		"CreateGitTag":                   createGitTag,
		"DeleteGitTag":                   deleteGitTag,
		"ListGitCommits":                 listGitCommits,
		"ListGitHooks":                   listGitHooks,
		"CreateGitHook":                  createGitHook,
		"DeleteGitHook":                  deleteGitHook,
		"ListGitFiles":                   listGitFiles,
		"GetGitFile":                     getGitFile,
		"CreateGitFile":                  createGitFile,
		"UpdateGitFile":                  updateGitFile,
		"DeleteGitFile":                  deleteGitFile,
	}
}

// defaultBranch is the branch that a repository begins with.
const defaultBranch = "main"

// gitState is what the Git operations know. What lies with a provider (GitHub, GitLab, Bitbucket) belongs to an account
// there: two authorizations of one account see the same repositories, and deleting an authorization loses none.
type gitState struct {
	// Authorizations are those that were stored, by name. Neither tokens nor passwords are kept.
	Authorizations map[string]*gitAuthorization `json:"authorizations"`
	// Repositories are those of all accounts, by ID.
	Repositories map[string]*repository `json:"repositories"`
	// Numbered counts the IDs of repositories and of hooks.
	Numbered int `json:"numbered"`
}

func (s *gitState) fillMaps() {
	simframe.FillMap(&s.Authorizations)
	simframe.FillMap(&s.Repositories)
	for _, r := range s.Repositories {
		if r != nil {
			r.fillMaps()
		}
	}
}

// consistent tells what could not be relied on.
func (s *gitState) consistent() error {
	for name, a := range s.Authorizations {
		if a == nil || a.Name != name {
			return fmt.Errorf("authorization %s of Git is null or filed under another name", name)
		}
	}
	for id, r := range s.Repositories {
		if r == nil || r.ID != id {
			return fmt.Errorf("repository %s is null or filed under another ID", id)
		}
		if err := r.consistent(); err != nil {
			return fmt.Errorf("repository %s: %w", id, err)
		}
	}
	return nil
}

// number makes the ID of a repository or a hook, a decimal number.
func (s *gitState) number() string {
	s.Numbered++
	return strconv.Itoa(s.Numbered)
}

// repository is a repository of an account with its history.
type repository struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Home is the address of the account that has it; see [gitAuthorization].
	Home string `json:"home"`
	// Branches and Tags are commits by name.
	Branches map[string]string  `json:"branches"`
	Tags     map[string]string  `json:"tags"`
	Commits  map[string]*commit `json:"commits"`
	// Blobs are the contents of files by their SHA-256.
	Blobs map[string][]byte `json:"blobs"`
	Hooks []*gitHook        `json:"hooks"`
}

// commit is a state of all files.
type commit struct {
	Parent  string    `json:"parent,omitempty"`
	Message string    `json:"message"`
	At      time.Time `json:"at"`
	// Files are the SHA-256 of contents by path.
	Files map[string]string `json:"files"`
}

// gitHook is a web hook. Nothing calls it, so its secret is not kept.
type gitHook struct {
	ID          string `json:"id"`
	Type        string `json:"type"`
	CallbackURL string `json:"callback_url"`
}

func (r *repository) fillMaps() {
	simframe.FillMap(&r.Branches)
	simframe.FillMap(&r.Tags)
	simframe.FillMap(&r.Commits)
	simframe.FillMap(&r.Blobs)
}

func (r *repository) consistent() error {
	if slices.Contains(r.Hooks, nil) {
		return errors.New("a hook of it is null")
	}
	for _, refs := range []map[string]string{r.Branches, r.Tags} {
		for name, sha := range refs {
			if r.Commits[sha] == nil {
				return fmt.Errorf("%s points to a commit that is not there", name)
			}
		}
	}
	for sha, c := range r.Commits {
		if c == nil || c.Parent != "" && r.Commits[c.Parent] == nil {
			return fmt.Errorf("commit %s is null or has no parent", sha)
		}
		for path, blob := range c.Files {
			if _, known := r.Blobs[blob]; !known {
				return fmt.Errorf("commit %s: %s has no content", sha, path)
			}
		}
	}
	return nil
}

// cloneURL is where the repository is cloned from.
func (r *repository) cloneURL() string { return r.Home + "/" + r.Name + ".git" }

// store keeps a content and returns its SHA-256.
func (r *repository) store(content []byte) string {
	sum := sha256.Sum256(content)
	sha := hex.EncodeToString(sum[:])
	r.Blobs[sha] = content
	return sha
}

// find resolves a branch, a tag or a commit; an empty one is the default branch.
func (r *repository) find(ref string) (sha string, found bool) {
	if ref == "" {
		ref = defaultBranch
	}
	for _, refs := range []map[string]string{r.Branches, r.Tags} {
		if sha, found = refs[ref]; found {
			return sha, true
		}
	}
	_, found = r.Commits[ref]
	return ref, found
}

// providers are the kinds of Git providers.
func providers() []string { return []string{"github", "gitlab", "bitbucket"} }

// authorization finds the authorization that the header X-Repo-Auth names.
func (c *call) authorization() (*gitAuthorization, *apiError) {
	name := c.header.Get("X-Repo-Auth")
	if name == "" {
		return nil, refusef(codeRepoUnauthorized, "the header X-Repo-Auth must name a stored authorization")
	}
	if a := c.st.Git.Authorizations[name]; a != nil {
		return a, nil
	}
	return nil, refusef(codeRepoAuthInvalid, "there is no authorization %q", simframe.Shorten(name))
}

// account finds the account whose namespace the path names.
func (c *call) account() (*gitAuthorization, *apiError) {
	a, refused := c.authorization()
	if refused != nil {
		return nil, refused
	}
	if name := c.params["namespace"]; name != a.User {
		return nil, refusef(codeRepoRemote, "%s has no namespace %q that %s may see", a.Host, simframe.Shorten(name), a.Name)
	}
	return a, nil
}

// repository finds the repository that the path names by its ID or name; a slash in the name may be sent as a colon.
func (c *call) repository() (*repository, *apiError) {
	a, refused := c.account()
	if refused != nil {
		return nil, refused
	}
	name := c.params["project"]
	if r := c.st.Git.Repositories[name]; r != nil && r.Home == a.Home {
		return r, nil
	}
	if r := c.st.Git.named(a.Home, strings.ReplaceAll(name, ":", "/")); r != nil {
		return r, nil
	}
	return nil, refusef(codeRepoRemote, "there is no project %q in namespace %s", simframe.Shorten(name), a.User)
}

// named finds a repository of an account by its name, nil when there is none.
func (s *gitState) named(home, name string) *repository {
	for _, r := range s.Repositories {
		if r.Home == home && r.Name == name {
			return r
		}
	}
	return nil
}

// listGitNamespaces serves the operation of that name: an account has the namespace of its user.
func listGitNamespaces(c *call) (reply, *apiError) {
	a, refused := c.authorization()
	if refused != nil {
		return reply{}, refused
	}
	type namespace struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	return reply{body: struct {
		Namespaces []namespace `json:"namespaces"`
	}{[]namespace{{a.User, a.User}}}}, nil
}

// getGitProjectByCloneURL serves getGitProjectByCloneUrl.
func getGitProjectByCloneURL(c *call) (reply, *apiError) {
	a, refused := c.authorization()
	if refused != nil {
		return reply{}, refused
	}
	given := c.query.Get("clone_url")
	address, err := url.Parse(given)
	if err != nil || !slices.Contains([]string{"http", "https"}, address.Scheme) || address.Host == "" {
		return reply{}, refusef(codeCloneURLInvalid, "clone_url must be an http or https address, is %q", simframe.Shorten(given))
	}
	address.User = nil
	for _, r := range c.st.Git.Repositories {
		if r.Home == a.Home && r.cloneURL() == address.String() {
			return reply{body: struct {
				NamespaceID string `json:"namespace_id"`
				Namespace   string `json:"namespace"`
				ProjectID   string `json:"project_id"`
				Project     string `json:"project"`
			}{a.User, a.User, r.ID, r.Name}}, nil
		}
	}
	return reply{}, refusef(codeCloneURLInvalid, "%s has no repository with the clone_url %q", a.Name, simframe.Shorten(address.Redacted()))
}

// projectBody is a repository in an answer.
type projectBody struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	CloneURL string `json:"clone_url"`
}

func (r *repository) body() projectBody { return projectBody{r.ID, r.Name, r.cloneURL()} }

// listGitProjects serves the operation of that name.
func listGitProjects(c *call) (reply, *apiError) {
	a, refused := c.account()
	if refused != nil {
		return reply{}, refused
	}
	projects := []projectBody{}
	for _, r := range simframe.SortedValues(c.st.Git.Repositories) {
		if r.Home == a.Home {
			projects = append(projects, r.body())
		}
	}
	slices.SortFunc(projects, func(p, q projectBody) int { return strings.Compare(p.Name, q.Name) })
	return reply{body: struct {
		Projects []projectBody `json:"projects"`
	}{projects}}, nil
}

// createGitProject serves the operation of that name. A repository begins with a commit on its default branch.
func createGitProject(c *call) (reply, *apiError) {
	a, refused := c.account()
	if refused != nil {
		return reply{}, refused
	}
	var in struct {
		Name string `json:"name"`
	}
	if refused := c.decode(&in, bodyRule{}); refused != nil {
		return reply{}, refused
	}
	k := c.checker()
	k.check(regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9_][A-Za-z0-9._-]{0,99})*$`).MatchString(in.Name) && len(in.Name) <= 255,
		"name must have letters, digits, ., _ and -, is %q", simframe.Shorten(in.Name))
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	if c.st.Git.named(a.Home, in.Name) != nil {
		return reply{}, refusef(codeRepoExists, "project %s", in.Name)
	}
	r := &repository{ID: c.st.Git.number(), Name: in.Name, Home: a.Home}
	r.fillMaps()
	c.commit(r, defaultBranch, "Initial commit", map[string]string{"README.md": r.store([]byte("# " + in.Name + "\n"))})
	c.st.Git.Repositories[r.ID] = r
	return reply{body: r.body()}, nil
}

// commit makes files the newest state of a branch.
func (c *call) commit(r *repository, branch, message string, files map[string]string) {
	sum := sha256.Sum256([]byte(c.st.Draw("commit")))
	sha := hex.EncodeToString(sum[:20])
	r.Commits[sha] = &commit{Parent: r.Branches[branch], Message: message, At: c.now, Files: files}
	r.Branches[branch] = sha
}

// names are the keys of a map in their order, for a list that is never null.
func names(m map[string]string) []string { return append([]string{}, simframe.SortedKeys(m)...) }

// listGitBranches serves the operation of that name.
func listGitBranches(c *call) (reply, *apiError) {
	r, refused := c.repository()
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: struct {
		Branches []string `json:"branches"`
	}{names(r.Branches)}}, nil
}

// listGitTags serves the operation of that name.
func listGitTags(c *call) (reply, *apiError) {
	r, refused := c.repository()
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: struct {
		Tags []string `json:"tags"`
	}{names(r.Tags)}}, nil
}

// createGitTag serves the operation of that name.
func createGitTag(c *call) (reply, *apiError) {
	r, refused := c.repository()
	if refused != nil {
		return reply{}, refused
	}
	var in struct {
		Name        string  `json:"name"`
		Description *string `json:"description"`
	}
	if refused := c.decode(&in, bodyRule{free: []string{"description"}}); refused != nil {
		return reply{}, refused
	}
	k := c.checker()
	k.check(isRef(in.Name), "name must be the name of a tag, is %q", simframe.Shorten(in.Name))
	k.check(in.Description != nil, "description must be given")
	k.check(c.query.Get("ref") != "", "the parameter ref must be given")
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	sha, refused := c.reference(r)
	if refused != nil {
		return reply{}, refused
	}
	if r.Tags[in.Name] != "" {
		return reply{}, refusef(codeRepoExists, "tag %s", in.Name)
	}
	r.Tags[in.Name] = sha
	return reply{body: struct {
		Name string `json:"name"`
	}{in.Name}}, nil
}

// isRef reports whether a text can name a branch or a tag.
func isRef(name string) bool {
	return regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._/-]{0,254}$`).MatchString(name) && !strings.Contains(name, "..")
}

// reference finds the commit that the parameter ref names.
func (c *call) reference(r *repository) (string, *apiError) {
	ref := c.query.Get("ref")
	if sha, found := r.find(ref); found {
		return sha, nil
	}
	return "", refusef(codeRepoRemote, "%s has no branch, tag or commit %q", r.Name, simframe.Shorten(ref))
}

// deleteGitTag serves the operation of that name.
func deleteGitTag(c *call) (reply, *apiError) {
	r, refused := c.repository()
	if refused != nil {
		return reply{}, refused
	}
	name := c.params["tag_name"]
	if r.Tags[name] == "" {
		return reply{}, refusef(codeRepoRemote, "%s has no tag %q", r.Name, simframe.Shorten(name))
	}
	delete(r.Tags, name)
	return reply{status: http.StatusNoContent}, nil
}

// listedCommits is how many commits are listed at most.
const listedCommits = 10

// listGitCommits serves the operation of that name.
func listGitCommits(c *call) (reply, *apiError) {
	r, refused := c.repository()
	if refused != nil {
		return reply{}, refused
	}
	sha, refused := c.reference(r)
	if refused != nil {
		return reply{}, refused
	}
	type commitBody struct {
		SHA          string `json:"sha"`
		Message      string `json:"message"`
		AuthoredDate string `json:"authored_date"`
	}
	commits := []commitBody{}
	for ; sha != "" && len(commits) < listedCommits; sha = r.Commits[sha].Parent {
		made := r.Commits[sha]
		commits = append(commits, commitBody{sha, made.Message, made.At.UTC().Format(time.RFC3339)})
	}
	return reply{body: struct {
		Commits []commitBody `json:"commits"`
	}{commits}}, nil
}

// listGitHooks serves the operation of that name.
func listGitHooks(c *call) (reply, *apiError) {
	r, refused := c.repository()
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: struct {
		Hooks []*gitHook `json:"hooks"`
	}{append([]*gitHook{}, r.Hooks...)}}, nil
}

// createGitHook serves the operation of that name.
func createGitHook(c *call) (reply, *apiError) {
	a, refused := c.authorization()
	if refused != nil {
		return reply{}, refused
	}
	r, refused := c.repository()
	if refused != nil {
		return reply{}, refused
	}
	var in struct {
		Secret string `json:"secret"`
		URL    string `json:"url"`
	}
	if refused := c.decode(&in, bodyRule{}); refused != nil {
		return reply{}, refused
	}
	k := c.checker()
	k.check(in.Secret != "", "secret must be given")
	k.check(isWebAddress(in.URL), "url must be an http or https address, is %q", simframe.Shorten(in.URL))
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	if slices.ContainsFunc(r.Hooks, func(h *gitHook) bool { return h.CallbackURL == in.URL }) {
		return reply{}, refusef(codeRepoExists, "a hook that calls %s", simframe.Shorten(in.URL))
	}
	hook := &gitHook{ID: c.st.Git.number(), Type: a.Type, CallbackURL: in.URL}
	r.Hooks = append(r.Hooks, hook)
	return reply{body: hook}, nil
}

// isWebAddress reports whether a text is an http or https address.
func isWebAddress(text string) bool {
	address, err := url.Parse(text)
	return err == nil && (address.Scheme == "http" || address.Scheme == "https") && address.Host != ""
}

// deleteGitHook serves the operation of that name.
func deleteGitHook(c *call) (reply, *apiError) {
	r, refused := c.repository()
	if refused != nil {
		return reply{}, refused
	}
	id := c.params["hook_id"]
	before := len(r.Hooks)
	r.Hooks = slices.DeleteFunc(r.Hooks, func(h *gitHook) bool { return h.ID == id })
	if len(r.Hooks) == before {
		return reply{}, refusef(codeRepoRemote, "%s has no hook %q", r.Name, simframe.Shorten(id))
	}
	return reply{status: http.StatusNoContent}, nil
}
