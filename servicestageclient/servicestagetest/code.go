package servicestagetest

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"path"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/servicestageclient"
	"slipway/servicestageclient/build"
	"slipway/servicestageclient/git"
)

// namespace is where in a cluster components run.
func namespace() map[string]json.RawMessage {
	return map[string]json.RawMessage{"namespace": json.RawMessage(`"default"`)}
}

// tellCode tells of authorizations and repositories. Those that need somebody's consent are made as far as their refusal where the target
// asks for more than a name.
func (s *suite) tellCode(t *testing.T) {
	t.Helper()
	c := s.code
	if s.World.GitToken == "" {
		call(t, s, c.ListGitAuthorizations, &git.ListGitAuthorizationsInput{})
		return
	}
	name := s.world.name
	redirect := call(t, s, c.GetGitAuthRedirectUrl, &git.GetGitAuthRedirectUrlInput{RepoType: "github", Tag: new("test")})
	address, err := url.Parse(redirect.URL)
	require.NoError(t, err)
	if s.Strict {
		call(t, s, c.CreateGitOauthAuthorization, &git.CreateGitOauthAuthorizationInput{
			RepoType: "github", Tag: new("test"), Name: name + "-oauth", Code: "code", State: address.Query().Get("state"),
		})
		call(t, s, c.CreateGitPasswordAuthorization, &git.CreateGitPasswordAuthorizationInput{RepoType: "bitbucket", Name: name + "-password", User: "somebody", Password: "password"})
	}
	token := &git.CreateGitTokenAuthorizationInput{RepoType: "github", Name: name, Token: toSecret(s.World.GitToken), Host: &s.World.GitHost}
	made := call(t, s, c.CreateGitTokenAuthorization, token)
	require.Equal(t, name, made.Authorization.Name)
	s.refused(t, ask(c.CreateGitTokenAuthorization, token), "SVCSTG.REPO.0403")
	s.refused(t, ask(c.ListGitNamespaces, &git.ListGitNamespacesInput{RepoAuth: "servicestagetest-nobody"}), "SVCSTG.REPO.0450", "SVCSTG.REPO.0451")
	require.NotZero(t, call(t, s, c.ListGitAuthorizations, &git.ListGitAuthorizationsInput{}).Count)

	require.NotEmpty(t, call(t, s, c.ListGitNamespaces, &git.ListGitNamespacesInput{RepoAuth: name}).Namespaces)
	s.tellRepository(t, repository{auth: name, namespace: path.Base(s.World.GitHost), name: name})
	for _, authorization := range call(t, s, c.ListGitAuthorizations, &git.ListGitAuthorizationsInput{}).Authorizations {
		if authorization.Name == name || authorization.Name == name+"-oauth" || authorization.Name == name+"-password" {
			call(t, s, c.DeleteGitAuthorization, &git.DeleteGitAuthorizationInput{Name: authorization.Name})
		}
	}
}

// repository is one that the story has made. No operation deletes it.
type repository struct{ auth, namespace, name string }

func (s *suite) tellRepository(t *testing.T, r repository) {
	t.Helper()
	c := s.code
	made := call(t, s, c.CreateGitProject, &git.CreateGitProjectInput{Namespace: r.namespace, Name: r.name, RepoAuth: r.auth})
	require.NotEmpty(t, made.CloneURL)
	found := call(t, s, c.GetGitProjectByCloneUrl, &git.GetGitProjectByCloneUrlInput{CloneURL: made.CloneURL, RepoAuth: r.auth})
	require.Equal(t, r.name, found.Project)
	require.NotEmpty(t, call(t, s, c.ListGitProjects, &git.ListGitProjectsInput{Namespace: r.namespace, RepoAuth: r.auth}).Projects)
	branches := call(t, s, c.ListGitBranches, &git.ListGitBranchesInput{Namespace: r.namespace, Project: r.name, RepoAuth: r.auth}).Branches
	require.NotEmpty(t, branches)
	ref := branches[0]

	const file = "deploy/shop.yaml"
	text := func(content string) string { return base64.StdEncoding.EncodeToString([]byte(content)) }
	read := func() *git.GetGitFileOutput {
		return call(t, s, c.GetGitFile, &git.GetGitFileInput{Namespace: r.namespace, Project: r.name, Path: file, Ref: ref, RepoAuth: r.auth})
	}
	call(t, s, c.CreateGitFile, &git.CreateGitFileInput{Namespace: r.namespace, Project: r.name, Path: file, Ref: ref, RepoAuth: r.auth, Message: "one", Content: text("a: 1")})
	require.Contains(t, call(t, s, c.ListGitFiles, &git.ListGitFilesInput{Namespace: r.namespace, Project: r.name, Ref: ref, RepoAuth: r.auth}).Paths, file)
	call(t, s, c.UpdateGitFile, &git.UpdateGitFileInput{
		Namespace: r.namespace, Project: r.name, Path: file, Ref: ref, RepoAuth: r.auth, Message: "two", Content: text("a: 2"), SHA: read().SHA,
	})
	require.Equal(t, text("a: 2"), read().Content)
	commits := call(t, s, c.ListGitCommits, &git.ListGitCommitsInput{Namespace: r.namespace, Project: r.name, Ref: &ref, RepoAuth: r.auth}).Commits
	require.Equal(t, "two", commits[0].Message)

	call(t, s, c.CreateGitTag, &git.CreateGitTagInput{Namespace: r.namespace, Project: r.name, Ref: ref, Name: "v1", Description: "first", RepoAuth: r.auth})
	require.Contains(t, call(t, s, c.ListGitTags, &git.ListGitTagsInput{Namespace: r.namespace, Project: r.name, RepoAuth: r.auth}).Tags, "v1")
	call(t, s, c.DeleteGitTag, &git.DeleteGitTagInput{Namespace: r.namespace, Project: r.name, TagName: "v1", RepoAuth: r.auth})
	hook := call(t, s, c.CreateGitHook, &git.CreateGitHookInput{Namespace: r.namespace, Project: r.name, Secret: "hook-secret", URL: "https://example.com/hook", RepoAuth: r.auth})
	require.Len(t, call(t, s, c.ListGitHooks, &git.ListGitHooksInput{Namespace: r.namespace, Project: r.name, RepoAuth: r.auth}).Hooks, 1)
	call(t, s, c.DeleteGitHook, &git.DeleteGitHookInput{Namespace: r.namespace, Project: r.name, HookID: hook.ID, RepoAuth: r.auth})
	call(t, s, c.DeleteGitFile, &git.DeleteGitFileInput{Namespace: r.namespace, Project: r.name, Path: file, Ref: ref, Message: "gone", SHA: read().SHA, RepoAuth: r.auth})
}

// build makes a component that is built from code, and looks at its build.
func (s *suite) build(t *testing.T) {
	t.Helper()
	name := s.world.name + "-b"
	out := call(t, s, s.client.CreateComponent, &servicestageclient.CreateComponentInput{
		ApplicationID: s.world.application, EnvironmentID: &s.world.environment, Name: name, Version: "1.0.0", Replica: 1,
		RuntimeStack: &servicestageclient.RuntimeStackRef{Name: "OpenJDK8", Type: "Java", Version: "1.2.0", DeployMode: "container"},
		Source: &servicestageclient.Source{
			Kind: "code", RepoURL: s.World.Code, RepoType: "GitHub", RepoAuth: "public", RepoNamespace: path.Base(path.Dir(s.World.Code)), RepoRef: "main",
		},
		Build:          &servicestageclient.Build{Parameters: &servicestageclient.BuildParameters{ClusterID: s.World.Cluster}},
		ReferResources: s.cluster(),
	})
	s.world.built = out.ComponentID
	s.succeeded(t, out.JobID)
	c := s.builds
	jobs := call(t, s, c.ListBuildJobs, &build.ListBuildJobsInput{Page: 1, PerPage: 10}).List
	require.NotEmpty(t, jobs)
	runs := call(t, s, c.ListBuilds, &build.ListBuildsInput{JobID: jobs[0].JobID, Name: jobs[0].JobName}).List
	require.NotEmpty(t, runs)
	require.NotEmpty(t, call(t, s, c.ListBuildPhases, &build.ListBuildPhasesInput{BuildID: runs[0].BuildID}).List)
	require.NotEmpty(t, call(t, s, c.GetBuildLogs, &build.GetBuildLogsInput{BuildID: runs[0].BuildID, From: 0}).Buildlog)
}
