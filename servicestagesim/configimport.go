package servicestagesim

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"path"
	"strings"

	"slipway/internal/simframe"
)

// Limits of an import [4.5.4]. How large the files may be when they are unpacked is this simulator's own limit.
const (
	maxArchive      = 500 << 10
	maxArchiveFiles = 500
	maxUnpacked     = 10 << 20
)

// What is done with files that are there already.
const (
	policyCovered = "covered"
	policySkip    = "skip"
)

// importedFile is a file of an archive.
type importedFile struct{ group, name, kind, content string }

// importConfigs serves ImportConfigs. A folder of the archive is a group, and is made where it is missing.
func importConfigs(c *call) (reply, *apiError) {
	archive, policy, err := c.readImport()
	if err != nil {
		return reply{}, refuse(codeInvalid, err.Error())
	}
	files, refused := unpack(archive)
	if refused != nil {
		return reply{}, refused
	}
	covered, skipped := 0, 0
	for _, file := range files {
		g := c.st.groupNamed(file.group)
		if g == nil {
			g = c.addGroup(file.group, "")
		}
		in := configBody{GroupID: g.ID, Name: file.name, Content: file.content, Type: file.kind}
		switch existing := c.st.fileNamed(g.ID, file.name); {
		case existing == nil:
			c.addConfig(in)
		case policy == policyCovered:
			c.changeConfig(existing, in)
			covered++
		default:
			skipped++
		}
	}
	return reply{body: map[string]int{"covered_num": covered, "skip_num": skipped, "total_num": len(files)}}, nil
}

// readImport reads the form of an import: the archive, and what to do with files that are there already.
func (c *call) readImport() (archive []byte, policy string, err error) {
	_, params, err := mime.ParseMediaType(c.header.Get("Content-Type"))
	if err != nil || params["boundary"] == "" {
		return nil, "", errors.New("the body must be a form of type multipart/form-data")
	}
	policy = policySkip
	reader := multipart.NewReader(bytes.NewReader(c.body), params["boundary"])
	for {
		part, err := reader.NextPart()
		switch {
		case errors.Is(err, io.EOF) && archive == nil:
			return nil, "", errors.New("upload_file must be given")
		case errors.Is(err, io.EOF):
			return archive, policy, nil
		case err != nil:
			return nil, "", errors.New("the form cannot be read: " + err.Error())
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return nil, "", errors.New("the form cannot be read: " + err.Error())
		}
		switch part.FormName() {
		case "upload_file":
			archive = content
		case "repetition_policy":
			policy = string(content)
			if policy != policyCovered && policy != policySkip {
				return nil, "", errors.New("repetition_policy must be covered or skip, is " + simframe.Shorten(policy))
			}
		default:
			return nil, "", errors.New("the form has no part " + simframe.Shorten(part.FormName()))
		}
	}
}

// unpack reads the files of an archive, and tells everything that is wrong with them at once.
func unpack(archive []byte) ([]importedFile, *apiError) {
	var k checker
	k.check(len(archive) <= maxArchive, "upload_file has more than %d KB", maxArchive>>10)
	if refused := k.refusal(); refused != nil {
		return nil, refused
	}
	unzipped, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, refuse(codeInvalid, "upload_file is no zip archive: "+err.Error())
	}
	var files []importedFile
	left := int64(maxUnpacked)
	for _, entry := range unzipped.File {
		if entry.FileInfo().IsDir() {
			continue
		}
		file, problem := readEntry(entry, &left)
		k.check(problem == "", "%s: %s", simframe.Shorten(entry.Name), problem)
		files = append(files, file)
	}
	k.check(len(files) > 0 && len(files) <= maxArchiveFiles, "upload_file must have 1 to %d files, has %d", maxArchiveFiles, len(files))
	return files, k.refusal()
}

// readEntry reads one file of an archive, or tells what is wrong with it. left is how many bytes may still be unpacked.
func readEntry(entry *zip.File, left *int64) (file importedFile, problem string) {
	group, base := path.Split(entry.Name)
	file.group = strings.TrimSuffix(group, "/")
	kind := strings.TrimPrefix(path.Ext(base), ".")
	file.name, file.kind = strings.TrimSuffix(base, "."+kind), kind
	switch {
	case kind != "yaml" && kind != "properties":
		return file, "the file must end in .yaml or .properties"
	case !isName(file.group):
		return file, "the file must be in a folder whose name a group can have"
	case !isName(file.name):
		return file, "the file must have a name that a configuration file can have"
	}
	opened, err := entry.Open()
	if err != nil {
		return file, err.Error()
	}
	content, err := io.ReadAll(io.LimitReader(opened, *left+1))
	err = errors.Join(err, opened.Close())
	if *left -= int64(len(content)); err == nil && *left < 0 {
		*left = 0
		err = errors.New("the archive is too large when it is unpacked")
	}
	if err != nil {
		return file, err.Error()
	}
	file.content = string(content)
	return file, ""
}
