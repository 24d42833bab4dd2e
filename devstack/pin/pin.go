// Package pin writes the digests of images into the files that name them by tags.
package pin

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// A Registry tells the digest that a tag has just now, as [slipway/internal/registry.Registries] does.
type Registry interface {
	Digest(ctx context.Context, repository, tag string) (string, error)
}

// An Image is named by a line of a file.
type Image struct {
	File string
	// Line counts from 1.
	Line int
	// Repository and Tag are what the line says, Digest what it says already; each but the first may be empty.
	Repository, Tag, Digest string

	start, end int
}

// String returns it as it is written.
func (i Image) String() string {
	text := i.Repository
	if i.Tag != "" {
		text += ":" + i.Tag
	}
	if i.Digest != "" {
		text += "@" + i.Digest
	}
	return text
}

// named matches the lines of a Dockerfile and of a file for compose that name an image. What is a variable, or is built, is none.
var named = regexp.MustCompile(`(?m)^(?:FROM (?:--\S+ )*|# syntax=|[ \t]*image:[ \t]*)([^\s"'#$]+)[ \t]*(?:$|#| AS )`)

// Images returns the images that a file names, from its first line to its last.
func Images(file, text string) []Image {
	var all []Image
	for _, at := range named.FindAllStringSubmatchIndex(text, -1) {
		start, end := at[2], at[3]
		i := Image{File: file, Line: 1 + strings.Count(text[:start], "\n"), start: start, end: end}
		i.Repository, i.Digest, _ = strings.Cut(text[start:end], "@")
		if colon := strings.LastIndexByte(i.Repository, ':'); colon > strings.LastIndexByte(i.Repository, '/') {
			i.Repository, i.Tag = i.Repository[:colon], i.Repository[colon+1:]
		}
		if i.Repository != "scratch" {
			all = append(all, i)
		}
	}
	return all
}

// A Pinned image has a digest now that it did not have.
type Pinned struct {
	Image

	// Now is the digest that was written.
	Now string
}

// Files asks a registry for the digest of every tag in files, and writes it behind the tag, also where another one stood
// there. Nothing is written unless every digest was read; the error has all that were not. It returns what was changed.
func Files(ctx context.Context, registry Registry, files []string) ([]Pinned, error) {
	texts := map[string]string{}
	var images []Image
	var problems []error
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		texts[file] = string(content)
		images = append(images, Images(file, texts[file])...)
	}
	digests := map[string]string{}
	for _, i := range images {
		if err := ask(ctx, registry, i, digests); err != nil {
			problems = append(problems, fmt.Errorf("%s:%d: %w", i.File, i.Line, err))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return write(files, texts, digests, images)
}

// ask asks for the digest of one image, once for each that is named several times.
func ask(ctx context.Context, registry Registry, i Image, digests map[string]string) error {
	if i.Tag == "" {
		return fmt.Errorf("%s has no tag; give it one", i)
	}
	tagged := i.Repository + ":" + i.Tag
	if _, asked := digests[tagged]; asked {
		return nil
	}
	digest, err := registry.Digest(ctx, i.Repository, i.Tag)
	if err != nil {
		return fmt.Errorf("%s: %w", tagged, err)
	}
	digests[tagged] = digest
	return nil
}

// write writes the digests into the texts, from the last to the first so that places stay.
func write(files []string, texts, digests map[string]string, images []Image) ([]Pinned, error) {
	var changed []Pinned
	for _, i := range slices.Backward(images) {
		digest := digests[i.Repository+":"+i.Tag]
		if digest == i.Digest {
			continue
		}
		changed = append(changed, Pinned{i, digest})
		text := texts[i.File]
		texts[i.File] = text[:i.start] + i.Repository + ":" + i.Tag + "@" + digest + text[i.end:]
	}
	slices.Reverse(changed)
	for _, file := range files {
		if !slices.ContainsFunc(changed, func(p Pinned) bool { return p.File == file }) {
			continue
		}
		if err := os.WriteFile(file, []byte(texts[file]), 0o644); err != nil {
			return nil, err
		}
	}
	return changed, nil
}
