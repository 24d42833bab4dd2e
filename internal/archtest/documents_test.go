package archtest_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDocuments_EveryPackageSaysWhatItIsFor(t *testing.T) {
	t.Parallel()
	documented := map[string]bool{}
	for _, file := range goFiles(t) {
		if !file.test {
			documented[file.folder()] = documented[file.folder()] || file.doc != ""
		}
	}
	for folder, ok := range documented {
		require.True(t, ok, "%s has no package comment: say what it is for and what it leaves to others", folder)
	}
}

// target matches the definition of a Makefile target and its documentation.
func target() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^([a-z][a-z0-9-]*):[^=\n]*?(?:## (.+))?$`)
}

// targets maps the Makefile's targets to their documentation.
func targets(makefile string) map[string]string {
	found := map[string]string{}
	for _, match := range target().FindAllStringSubmatch(makefile, -1) {
		found[match[1]] = match[2]
	}
	return found
}

func TestDocuments_MakeTargetsDocumentThemselves(t *testing.T) {
	t.Parallel()
	makefile := read(t, "Makefile")
	defined := targets(makefile)
	require.Contains(t, defined, "check")
	for name, documentation := range defined {
		require.NotEmpty(t, documentation, "target %s: add what it is for after ##, make help shows it", name)
		require.Contains(t, makefile, ".PHONY: "+name+"\n", "target %s is no file", name)
	}

	checks := regexp.MustCompile(`(?m)^CHECKS := (.+)$`).FindStringSubmatch(makefile)
	require.Len(t, checks, 2, "the Makefile lists the steps of make check in CHECKS")
	for name := range strings.FieldsSeq(checks[1]) {
		require.Contains(t, defined, name, "a step of make check")
	}
}

func TestDocuments_CIRunsMakeCheck(t *testing.T) {
	t.Parallel()
	var commands []string
	for line := range strings.Lines(read(t, ".ci/run")) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			commands = append(commands, line)
		}
	}
	require.Equal(t, []string{
		"set -euo pipefail",
		`cd "$(dirname "${BASH_SOURCE[0]}")/.."`,
		"exec make check",
	}, commands, "what CI runs, a developer runs with make check")
}

// prose and code separate a Markdown document into its text and its code:
// fenced blocks line by line, and inline spans.
func separate(document string) (prose string, code []string) {
	var text strings.Builder
	span := regexp.MustCompile("`([^`\n]+)`")
	fenced := false
	for line := range strings.Lines(document) {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
			continue
		}
		if fenced {
			code = append(code, strings.TrimPrefix(strings.TrimSpace(line), "$ "))
			continue
		}
		for _, match := range span.FindAllStringSubmatch(line, -1) {
			code = append(code, match[1])
		}
		text.WriteString(span.ReplaceAllString(line, ""))
	}
	return text.String(), code
}

// madeIn returns the targets that a document tells its reader to make.
func madeIn(document string) []string {
	var made []string
	name := regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	_, code := separate(document)
	for _, line := range code {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] != "make" {
			continue
		}
		for _, word := range words[1:] {
			if strings.ContainsAny(word, "#|&;=") {
				break // a comment, another command, or the arguments of ARGS=
			}
			if name.MatchString(word) {
				made = append(made, word)
			}
		}
	}
	return made
}

func TestDocumentsNameTargetsThatExist(t *testing.T) {
	t.Parallel()
	defined := targets(read(t, "Makefile"))
	for _, path := range files(t, ".md") {
		for _, name := range madeIn(read(t, path)) {
			require.Contains(t, defined, name, "%s tells its reader to run make %s", path, name)
		}
	}
}

func TestDocuments_TargetsAreFoundInDocuments(t *testing.T) {
	t.Parallel()
	document := "Run `make check`, or make sure of nothing. `go test`\n" +
		"```sh\n$ make build demo # then watch\nmake up ARGS='--data-dir there'\ncd x && make no\nmake\n```\nand make no more.\n"
	require.Equal(t, []string{"check", "build", "demo", "up"}, madeIn(document))
}

// links returns the relative links of a Markdown document, without anchors.
func links(document string) []string {
	prose, _ := separate(document)
	link := regexp.MustCompile(`\]\(\s*<?([^)\s>]+)>?[^)]*\)|(?m)^\[[^\]]+\]:\s+<?([^\s>]+)`)
	var found []string
	for _, match := range link.FindAllStringSubmatch(prose, -1) {
		to, err := url.Parse(match[1] + match[2])
		if err == nil && to.Scheme == "" && to.Host == "" && to.Path != "" {
			found = append(found, to.Path)
		}
	}
	return found
}

func TestDocumentsLinkToFilesThatExist(t *testing.T) {
	t.Parallel()
	var dead []string
	for _, path := range files(t, ".md") {
		for _, link := range links(read(t, path)) {
			from := filepath.Dir(path)
			if strings.HasPrefix(link, "/") {
				from = "."
			}
			if _, err := os.Stat(filepath.Join(root, from, link)); err != nil {
				dead = append(dead, fmt.Sprintf("%s links to %s", path, link))
			}
		}
	}
	slices.Sort(dead)
	require.Empty(t, dead, "links to nothing")
}

// shortestPhrase is how long a part of an error must be to be found by chance nowhere.
const shortestPhrase = 6

// TestDocuments_ErrorsThatAreExplainedExist looks up every text that docs/troubleshooting.md
// quotes: whoever meets one searches the page for it.
func TestDocuments_ErrorsThatAreExplainedExist(t *testing.T) {
	t.Parallel()
	var sources strings.Builder
	for _, file := range goFiles(t) {
		if !file.test {
			sources.WriteString(read(t, file.path))
		}
	}
	quoted := regexp.MustCompile(`"([^"\n]+)"`).FindAllStringSubmatch(read(t, "docs/troubleshooting.md"), -1)
	require.Greater(t, len(quoted), 10)
	for _, match := range quoted {
		if strings.Contains(match[1], "Permissions Violation for Publish to") {
			continue // the words of NATS
		}
		if match[1] == "…" { // an argument of a command
			continue
		}
		looked := 0
		for part := range strings.SplitSeq(match[1], "…") {
			part = strings.TrimSpace(part)
			if len(part) < shortestPhrase {
				continue
			}
			looked++
			if !strings.Contains(sources.String(), part) {
				t.Errorf("docs/troubleshooting.md explains %q, which nothing says", match[1])
			}
		}
		require.Positive(t, looked, "%q has no words to look for", match[1])
	}
}

// anchors are the names of a document's headings, as GitHub makes them.
func anchors(document string) map[string]bool {
	found := map[string]bool{}
	prose := regexp.MustCompile("(?ms)^```.*?^```$").ReplaceAllString(document, "")
	for _, match := range regexp.MustCompile(`(?m)^#+ +(.+?) *$`).FindAllStringSubmatch(prose, -1) {
		name := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(match[1]), "")
		found[strings.ReplaceAll(name, " ", "-")] = true
	}
	return found
}

func TestDocuments_AnchorsAreHeadings(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)\s#:]*)#([^)\s]+)\)`)
	for _, path := range files(t, ".md") {
		prose, _ := separate(read(t, path))
		for _, match := range link.FindAllStringSubmatch(prose, -1) {
			to := path
			if match[1] != "" {
				to = filepath.ToSlash(filepath.Join(filepath.Dir(path), match[1]))
			}
			if strings.HasSuffix(to, ".md") && !anchors(read(t, to))[match[2]] {
				t.Errorf("%s links to %s#%s, which is no heading", path, to, match[2])
			}
		}
	}
	require.Equal(t, map[string]bool{"r4-every-path-of-a-change": true, "slipway-api": true, "启动": true},
		anchors("# R4 Every path, of a change!\n```sh\n# no\n```\n## `slipway api`\n## 启动\n"))
}

// The page for authors of tests names types that are there.
func TestDocuments_WorldsOfTestsAreWhereTheirPageSays(t *testing.T) {
	t.Parallel()
	rows := regexp.MustCompile("(?m)^\\| `(\\w+)` \\| \\[[^]]+]\\(\\.\\./([^)]+)\\)").FindAllStringSubmatch(read(t, "docs/test-worlds.md"), -1)
	require.Greater(t, len(rows), 10)
	for _, row := range rows {
		require.Contains(t, read(t, row[2]), "\ntype "+row[1]+" struct", "docs/test-worlds.md has %s in %s", row[1], row[2])
	}
}

func TestDocuments_LinksAreFoundInDocuments(t *testing.T) {
	t.Parallel()
	document := "See [the design](docs/design.md#lanes), ![a picture](<docs/a.svg> \"title\"), [here](#below),\n" +
		"[there](https://example.com/x.md), `[code](no.md)` and [a reference][r].\n\n" +
		"```\n[no](no.md)\n```\n[r]: ../top.md\n"
	require.Equal(t, []string{"docs/design.md", "docs/a.svg", "../top.md"}, links(document))
}
