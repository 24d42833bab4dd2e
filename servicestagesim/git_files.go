package servicestagesim

import (
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strings"

	"slipway/internal/simframe"
)

// filePath reads the path of a file, whose slashes may be sent as they are, escaped or as colons.
func (c *call) filePath() string { return strings.ReplaceAll(c.params["path"], ":", "/") }

// checkPath checks the path of a file.
func checkPath(k *checker, path string) {
	ok := len(path) <= 1024
	for segment := range strings.SplitSeq(path, "/") {
		ok = ok && segment != "" && segment != "." && segment != ".."
	}
	k.check(ok, "the path %q is none of a file", simframe.Shorten(path))
}

// listGitFiles serves the operation of that name.
func listGitFiles(c *call) (reply, *apiError) {
	r, refused := c.repository()
	if refused != nil {
		return reply{}, refused
	}
	sha, refused := c.givenReference(r)
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: struct {
		Paths []string `json:"paths"`
	}{names(r.Commits[sha].Files)}}, nil
}

// givenReference finds the commit that the parameter ref names, which must be given.
func (c *call) givenReference(r *repository) (string, *apiError) {
	k := c.checker()
	k.check(c.query.Get("ref") != "", "the parameter ref must be given")
	if refused := k.refusal(); refused != nil {
		return "", refused
	}
	return c.reference(r)
}

// getGitFile serves the operation of that name.
func getGitFile(c *call) (reply, *apiError) {
	r, refused := c.repository()
	if refused != nil {
		return reply{}, refused
	}
	sha, refused := c.givenReference(r)
	if refused != nil {
		return reply{}, refused
	}
	path := c.filePath()
	blob, found := r.Commits[sha].Files[path]
	if !found {
		return reply{}, refusef(codeRepoRemote, "%s has no file %q at %s", r.Name, simframe.Shorten(path), simframe.Shorten(c.query.Get("ref")))
	}
	return reply{body: struct {
		Path     string `json:"path"`
		SHA      string `json:"sha"`
		Encoding string `json:"encoding"`
		Content  string `json:"content"`
	}{path, blob, "base64", base64.StdEncoding.EncodeToString(r.Blobs[blob])}}, nil
}

// fileChange is a change of one file of a branch.
type fileChange struct {
	repository *repository
	branch     string
	path       string
	message    string
	// sha is the SHA-256 that the file must have, empty where there must be no file.
	sha     string
	content []byte
	delete  bool
}

// fileInput is the body of createGitFile and updateGitFile.
type fileInput struct {
	Message string  `json:"message"`
	Content *string `json:"content"`
	SHA     string  `json:"sha"`
}

// fileChange reads a change that a request asks for and checks everything that needs no repository.
func (c *call) fileChange(in fileInput, wants ...string) (fileChange, *apiError) {
	change := fileChange{branch: c.query.Get("ref"), path: c.filePath(), message: in.Message, sha: in.SHA}
	k := c.checker()
	checkPath(k, change.path)
	k.check(change.branch != "", "the parameter ref must be given")
	k.check(in.Message != "", "message must be given")
	k.check(in.Content != nil || !slices.Contains(wants, "content"), "content must be given")
	k.check(in.SHA != "" || !slices.Contains(wants, "sha"), "sha must be given")
	if in.Content != nil {
		content, err := base64.StdEncoding.DecodeString(*in.Content)
		k.check(err == nil, "content must be in base64")
		change.content = content
	}
	return change, k.refusal()
}

// apply makes the commit. The branch must exist, and the file must be as the caller has seen it.
func (c *call) apply(change fileChange) *apiError {
	r, head := change.repository, change.repository.Branches[change.branch]
	if head == "" {
		return refusef(codeRepoRemote, "%s has no branch %q", r.Name, simframe.Shorten(change.branch))
	}
	blob, exists := r.Commits[head].Files[change.path]
	switch {
	case change.sha == "" && exists:
		return refusef(codeRepoExists, "file %s", change.path)
	case change.sha != "" && !exists:
		return refusef(codeRepoRemote, "%s has no file %q on %s", r.Name, simframe.Shorten(change.path), change.branch)
	case change.sha != blob:
		return refusef(codeRepoRemote, "the sha of %s is %s, not %q: read it again", change.path, blob, simframe.Shorten(change.sha))
	}
	files := maps.Clone(r.Commits[head].Files)
	if files == nil {
		files = map[string]string{}
	}
	if change.delete {
		delete(files, change.path)
	} else {
		files[change.path] = r.store(change.content)
	}
	c.commit(r, change.branch, change.message, files)
	return nil
}

// fileBody is the answer of createGitFile and updateGitFile.
type fileBody struct {
	Path string `json:"path"`
}

// createGitFile serves the operation of that name.
func createGitFile(c *call) (reply, *apiError) {
	r, refused := c.repository()
	if refused != nil {
		return reply{}, refused
	}
	var in struct {
		Message string  `json:"message"`
		Content *string `json:"content"`
	}
	if refused := c.decode(&in, bodyRule{free: []string{"content"}}); refused != nil {
		return reply{}, refused
	}
	change, refused := c.fileChange(fileInput{Message: in.Message, Content: in.Content}, "content")
	if refused != nil {
		return reply{}, refused
	}
	change.repository = r
	return reply{body: fileBody{change.path}}, c.apply(change)
}

// updateGitFile serves the operation of that name.
func updateGitFile(c *call) (reply, *apiError) {
	r, refused := c.repository()
	if refused != nil {
		return reply{}, refused
	}
	var in fileInput
	if refused := c.decode(&in, bodyRule{free: []string{"content"}}); refused != nil {
		return reply{}, refused
	}
	change, refused := c.fileChange(in, "content", "sha")
	if refused != nil {
		return reply{}, refused
	}
	change.repository = r
	return reply{body: fileBody{change.path}}, c.apply(change)
}

// deleteGitFile serves the operation of that name.
func deleteGitFile(c *call) (reply, *apiError) {
	r, refused := c.repository()
	if refused != nil {
		return reply{}, refused
	}
	change, refused := c.fileChange(fileInput{Message: c.query.Get("message"), SHA: c.query.Get("sha")}, "sha")
	if refused != nil {
		return reply{}, refused
	}
	change.repository, change.delete = r, true
	return reply{status: http.StatusNoContent}, c.apply(change)
}
