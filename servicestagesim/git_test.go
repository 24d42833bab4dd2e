package servicestagesim

import (
	"encoding/base64"
	"maps"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// signIn stores an authorization of the account tom, and makes the repository shop.
func signIn(steps ...step) []step {
	return append([]step{
		{line: "POST /v1/{project}/git/auths/github/personal", body: `{"name":"mine","token":"t","host":"https://github.com/tom"}`},
		{line: "POST /v1/{project}/git/repos/tom/projects", body: `{"name":"shop"}`, headers: mine(), keep: map[string]string{"repo": "id"}},
	}, steps...)
}

func mine() []string { return []string{"X-Repo-Auth", "mine"} }

func base(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func TestGit_Stories(t *testing.T) {
	t.Parallel()
	tellAll(t, map[string][]step{
		"authorizations are listed, read in two spellings, and deleted": {
			{line: "GET /v1/{project}/git/auths", has: `{"authorizations":[],"count":0}`},
			{line: "POST /v1/{project}/git/auths/github/personal", body: `{"name":"a","token":"t","host":"https://github.com/tom-repo"}`, has: `{"authorization":{
				"name":"a","repo_type":"github","repo_host":"https://api.github.com","repo_home":"https://github.com/tom-repo","repo_user":"tom-repo",
				"avatar":"https://github.com/tom-repo.png","avartar":"https://github.com/tom-repo.png","token_type":"personal","status":0}}`},
			{line: "POST /v1/{project}/git/auths/GitLab/personal", body: `{"name":"b","token":"t","host":"https://git.example.com"}`, has: `{"authorization":{
				"repo_type":"gitlab","repo_host":"https://git.example.com","repo_home":"https://git.example.com/git-user"}}`},
			{line: "POST /v1/{project}/git/auths/bitbucket/password", body: `{"name":"c","user":"u","password":"p"}`, has: `{"authorization":{
				"repo_type":"bitbucket","repo_user":"u","token_type":"password"}}`},
			{line: "GET /v1/{project}/git/auths", has: `{"count":3,"authorizations":[{"name":"a"},{"name":"b"},{"name":"c"}]}`},
			{line: "DELETE /v1/{project}/git/auths/b", status: 204},
			{line: "GET /v1/{project}/git/auths", has: `{"count":2}`},
		},
		"a tag, a branch and the commits behind them": signIn(
			step{line: "GET /v1/{project}/git/repos/tom/shop/branches", headers: mine(), has: `{"branches":["main"]}`},
			step{line: "POST /v1/{project}/git/files/tom/shop/src:app.go?ref=main", body: `{"message":"app","content":"` + base("v1") + `"}`, headers: mine(), has: `{"path":"src/app.go"}`},
			step{line: "POST /v1/{project}/git/repos/tom/shop/tags?ref=main", body: `{"name":"v1","description":""}`, headers: mine(), has: `{"name":"v1"}`},
			step{line: "GET /v1/{project}/git/repos/tom/shop/commits", headers: mine(), has: `{"commits":[{"message":"app","authored_date":"2026-11-02T08:00:00Z"},{"message":"Initial commit"}]}`},
			step{line: "GET /v1/{project}/git/files/tom/shop/src/app.go?ref=v1", headers: mine(), has: `{"path":"src/app.go","encoding":"base64","content":"` + base("v1") + `"}`, keep: map[string]string{"sha": "sha"}},
			step{line: "PUT /v1/{project}/git/files/tom/shop/src%2Fapp.go?ref=main", body: `{"message":"two","content":"` + base("v2") + `","sha":"{sha}"}`, headers: mine()},
			step{line: "GET /v1/{project}/git/files/tom/shop/src:app.go?ref=v1", headers: mine(), has: `{"content":"` + base("v1") + `"}`},
			step{line: "GET /v1/{project}/git/files/tom/shop/src:app.go?ref=main", headers: mine(), has: `{"content":"` + base("v2") + `"}`, keep: map[string]string{"sha": "sha"}},
			step{line: "GET /v1/{project}/git/repos/tom/shop/commits?ref=v1", headers: mine(), has: `{"commits":[{"message":"app"},{"message":"Initial commit"}]}`},
			step{line: "DELETE /v1/{project}/git/files/tom/shop/src:app.go?ref=main&message=gone&sha={sha}", headers: mine(), status: 204},
			step{line: "GET /v1/{project}/git/files/tom/shop/trees?ref=main", headers: mine(), has: `{"paths":["README.md"]}`},
			step{line: "GET /v1/{project}/git/files/tom/shop/trees?ref=v1", headers: mine(), has: `{"paths":["README.md","src/app.go"]}`},
			step{line: "DELETE /v1/{project}/git/repos/tom/shop/tags/v1", headers: mine(), status: 204},
			step{line: "GET /v1/{project}/git/repos/tom/shop/tags", headers: mine(), has: `{"tags":[]}`},
		),
		"repositories are found by ID, by name and by their address": signIn(
			step{line: "GET /v1/{project}/git/repos/namespaces", headers: mine(), has: `{"namespaces":[{"id":"tom","name":"tom"}]}`},
			step{line: "POST /v1/{project}/git/repos/tom/projects", body: `{"name":"team/web"}`, headers: mine()},
			step{line: "GET /v1/{project}/git/repos/tom/projects", headers: mine(), has: `{"projects":[{"name":"shop","clone_url":"https://github.com/tom/shop.git"},{"name":"team/web"}]}`},
			step{line: "GET /v1/{project}/git/repos/tom/{repo}/branches", headers: mine(), has: `{"branches":["main"]}`},
			step{line: "GET /v1/{project}/git/repos/tom/team:web/branches", headers: mine(), has: `{"branches":["main"]}`},
			step{line: "GET /v1/{project}/git/repos/tom/team%2Fweb/branches", headers: mine(), has: `{"branches":["main"]}`},
			step{line: "GET /v1/{project}/git/repos/project-info?clone_url=https%3A%2F%2Fsecret%40github.com%2Ftom%2Fshop.git", headers: mine(), has: `{"namespace_id":"tom","namespace":"tom","project_id":"{repo}","project":"shop"}`},
		),
		"hooks": signIn(
			step{line: "POST /v1/{project}/git/repos/tom/shop/hooks", body: `{"secret":"s","url":"https://example.com/hook"}`, headers: mine(), has: `{"type":"github","callback_url":"https://example.com/hook"}`, keep: map[string]string{"hook": "id"}},
			step{line: "GET /v1/{project}/git/repos/tom/shop/hooks", headers: mine(), has: `{"hooks":[{"id":"{hook}"}]}`},
			step{line: "POST /v1/{project}/git/repos/tom/shop/hooks", body: `{"secret":"s","url":"https://example.com/hook"}`, headers: mine(), status: 400, code: codeRepoExists},
			step{line: "DELETE /v1/{project}/git/repos/tom/shop/hooks/{hook}", headers: mine(), status: 204},
			step{line: "GET /v1/{project}/git/repos/tom/shop/hooks", headers: mine(), has: `{"hooks":[]}`},
			step{line: "DELETE /v1/{project}/git/repos/tom/shop/hooks/{hook}", headers: mine(), status: 500, code: codeRepoRemote},
		),
		"repositories stay with the account": signIn(
			step{line: "DELETE /v1/{project}/git/auths/mine", status: 204},
			step{line: "GET /v1/{project}/git/repos/tom/projects", headers: mine(), status: 400, code: codeRepoAuthInvalid},
			step{line: "POST /v1/{project}/git/auths/github/personal", body: `{"name":"mine","token":"t","host":"https://github.com/tom"}`},
			step{line: "GET /v1/{project}/git/repos/tom/projects", headers: mine(), has: `{"projects":[{"name":"shop"}]}`},
			step{line: "POST /v1/{project}/git/auths/github/personal", body: `{"name":"other","token":"t","host":"https://github.com/jerry"}`},
			step{line: "GET /v1/{project}/git/repos/tom/projects", headers: []string{"X-Repo-Auth", "other"}, status: 500, code: codeRepoRemote},
			step{line: "GET /v1/{project}/git/repos/jerry/projects", headers: []string{"X-Repo-Auth", "other"}, has: `{"projects":[]}`},
		),
	})
}

// parameter is a parameter of an address.
func parameter(t *testing.T, address, name string) string {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	return u.Query().Get(name)
}

func TestGit_OAuthTakesTheStateOfItsRedirect(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	kept := tell(t, h, []step{{line: "GET /v1/{project}/git/auths/github/redirect?tag=x", keep: map[string]string{"url": "url"}}})
	state := parameter(t, kept["url"], "state")
	tell(t, h, []step{
		{line: "POST /v1/{project}/git/auths/github/oauth", body: `{"name":"a","code":"c","state":"` + state + `"}`, status: 400, code: codeOAuthInvalid},
		{line: "POST /v1/{project}/git/auths/gitlab/oauth?tag=x", body: `{"name":"a","code":"c","state":"` + state + `"}`, status: 400, code: codeOAuthInvalid},
		{line: "POST /v1/{project}/git/auths/github/oauth?tag=x", body: `{"name":"a","code":"c","state":"` + state + `"}`, has: `{"authorization":{"token_type":"oauth","tag":"x"}}`},
	})
}

func TestGit_Refusals(t *testing.T) {
	t.Parallel()
	steps := map[string]step{
		"a provider that is none":        {line: "GET /v1/{project}/git/auths/cvs/redirect", status: 400, code: codeRepoNotImplemented},
		"a provider without tokens":      {line: "POST /v1/{project}/git/auths/bitbucket/personal", body: `{"name":"a","token":"t"}`, status: 400, code: codeRepoNotImplemented},
		"an authorization without name":  {line: "POST /v1/{project}/git/auths/github/personal", body: `{}`, status: 400, code: codeRepoInvalid, says: "name"},
		"an authorization twice":         {line: "POST /v1/{project}/git/auths/github/personal", body: `{"name":"mine","token":"t"}`, status: 400, code: codeRepoExists},
		"a host that is no address":      {line: "POST /v1/{project}/git/auths/github/personal", body: `{"name":"x","token":"t","host":"github"}`, status: 400, code: codeRepoInvalid, says: "host"},
		"deleting what is not there":     {line: "DELETE /v1/{project}/git/auths/none", status: 400, code: codeRepoUnauthorized},
		"no authorization":               {line: "GET /v1/{project}/git/repos/namespaces", status: 400, code: codeRepoUnauthorized},
		"an unknown authorization":       {line: "GET /v1/{project}/git/repos/namespaces", headers: []string{"X-Repo-Auth", "none"}, status: 400, code: codeRepoAuthInvalid},
		"a clone address that is none":   {line: "GET /v1/{project}/git/repos/project-info?clone_url=shop", headers: mine(), status: 400, code: codeCloneURLInvalid},
		"a clone address of nothing":     {line: "GET /v1/{project}/git/repos/project-info?clone_url=https%3A%2F%2Fgithub.com%2Ftom%2Fx.git", headers: mine(), status: 400, code: codeCloneURLInvalid},
		"another namespace":              {line: "GET /v1/{project}/git/repos/jerry/projects", headers: mine(), status: 500, code: codeRepoRemote},
		"a repository that is not there": {line: "GET /v1/{project}/git/repos/tom/none/branches", headers: mine(), status: 500, code: codeRepoRemote},
		"a repository twice":             {line: "POST /v1/{project}/git/repos/tom/projects", body: `{"name":"shop"}`, headers: mine(), status: 400, code: codeRepoExists},
		"a repository without a name":    {line: "POST /v1/{project}/git/repos/tom/projects", body: `{"name":"../x"}`, headers: mine(), status: 400, code: codeRepoInvalid},
		"a tag without a ref":            {line: "POST /v1/{project}/git/repos/tom/shop/tags", body: `{"name":"v1","description":"d"}`, headers: mine(), status: 400, code: codeRepoInvalid, says: "ref"},
		"a tag of nothing":               {line: "POST /v1/{project}/git/repos/tom/shop/tags?ref=none", body: `{"name":"v1","description":"d"}`, headers: mine(), status: 500, code: codeRepoRemote},
		"a tag that is not there":        {line: "DELETE /v1/{project}/git/repos/tom/shop/tags/none", headers: mine(), status: 500, code: codeRepoRemote},
		"a file without a ref":           {line: "GET /v1/{project}/git/files/tom/shop/README.md", headers: mine(), status: 400, code: codeRepoInvalid, says: "ref"},
		"a file that is not there":       {line: "GET /v1/{project}/git/files/tom/shop/none?ref=main", headers: mine(), status: 500, code: codeRepoRemote},
		"a file twice":                   {line: "POST /v1/{project}/git/files/tom/shop/README.md?ref=main", body: `{"message":"m","content":""}`, headers: mine(), status: 400, code: codeRepoExists},
		"a file on no branch":            {line: "POST /v1/{project}/git/files/tom/shop/x?ref=none", body: `{"message":"m","content":""}`, headers: mine(), status: 500, code: codeRepoRemote},
		"a file that is not in base64":   {line: "POST /v1/{project}/git/files/tom/shop/x?ref=main", body: `{"message":"m","content":"?"}`, headers: mine(), status: 400, code: codeRepoInvalid, says: "base64"},
		"a path that leaves":             {line: "POST /v1/{project}/git/files/tom/shop/..:x?ref=main", body: `{"message":"m","content":""}`, headers: mine(), status: 400, code: codeRepoInvalid, says: "path"},
		"a file that changed in between": {line: "PUT /v1/{project}/git/files/tom/shop/README.md?ref=main", body: `{"message":"m","content":"","sha":"x"}`, headers: mine(), status: 500, code: codeRepoRemote, says: "read it again"},
		"changing what is not there":     {line: "PUT /v1/{project}/git/files/tom/shop/x?ref=main", body: `{"message":"m","content":"","sha":"x"}`, headers: mine(), status: 500, code: codeRepoRemote},
		"deleting without saying what":   {line: "DELETE /v1/{project}/git/files/tom/shop/README.md?ref=main", headers: mine(), status: 400, code: codeRepoInvalid, says: "sha"},
		"a hook that calls no address":   {line: "POST /v1/{project}/git/repos/tom/shop/hooks", body: `{"secret":"s","url":"x"}`, headers: mine(), status: 400, code: codeRepoInvalid, says: "url"},
	}
	for name, s := range steps {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tell(t, newHarness(t), signIn(s))
		})
	}
}

// Whatever is committed, each ref shows the files as they were when it was made.
func TestGit_RefsShowTheFilesOfTheirTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := &repository{ID: "1", Name: "shop"}
		r.fillMaps()
		c := &call{st: newState()}
		files := map[string]string{}
		tags := map[string]map[string]string{}
		c.commit(r, defaultBranch, "first", map[string]string{})
		paths, contents := rapid.SampledFrom([]string{"a", "b", "c/d"}), rapid.SampledFrom([]string{"1", "2", "3"})
		for i := range rapid.IntRange(1, 12).Draw(t, "changes") {
			path, content := paths.Draw(t, "path"), contents.Draw(t, "content")
			change := fileChange{repository: r, branch: defaultBranch, path: path, message: "m", content: []byte(content)}
			if old, there := files[path]; there {
				change.sha = hexDigest(old)
				change.delete = rapid.Bool().Draw(t, "delete")
			}
			require.Nil(t, c.apply(change))
			files[path] = content
			if change.delete {
				delete(files, path)
			}
			tag := string(rune('a' + i))
			r.Tags[tag] = r.Branches[defaultBranch]
			tags[tag] = maps.Clone(files)
		}
		require.NoError(t, r.consistent())
		for tag, want := range tags {
			got := map[string]string{}
			for path, blob := range r.Commits[r.Tags[tag]].Files {
				got[path] = string(r.Blobs[blob])
			}
			require.Equal(t, want, got)
		}
	})
}
