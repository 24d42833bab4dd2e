package web

import (
	"io/fs"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// Every text of the pages is translated, and nothing else is: what is not shown any more is taken out.
func TestWords_AreTranslated(t *testing.T) {
	t.Parallel()
	languages, err := readLanguages()
	require.NoError(t, err)
	shown := shownTexts(t)
	require.Greater(t, len(shown), 150)
	for _, l := range languages[1:] {
		var missing, unused []string
		for text := range shown {
			if l.words[text] == "" {
				missing = append(missing, text)
			}
		}
		for text, translated := range l.words {
			if !shown[text] {
				unused = append(unused, text)
			}
			require.Equal(t, strings.Count(text, "%"), strings.Count(translated, "%"), text)
		}
		require.Empty(t, missing, "these are not in %s", l.Code)
		require.Empty(t, unused, "no page shows these of %s", l.Code)
	}
}

// shownTexts are the texts of the templates, of the code, and of what is shown by its name.
func shownTexts(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	collect := func(content string, patterns ...string) {
		for _, pattern := range patterns {
			for _, found := range regexp.MustCompile(pattern).FindAllStringSubmatch(content, -1) {
				text, err := strconv.Unquote(found[1])
				require.NoError(t, err, found[0])
				all[text] = true
			}
		}
	}
	const literal = `("(?:[^"\\]|\\.)*")`
	require.NoError(t, fs.WalkDir(templateFiles, "templates", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := templateFiles.ReadFile(path)
		collect(string(content), `[{( ]t `+literal, `number [.$\w]+ `+literal, `number [.$\w]+ "[^"]*" `+literal)
		return err
	}))
	sources, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		content, err := os.ReadFile(filepath.Clean(name))
		require.NoError(t, err)
		collect(string(content), `\.t\(`+literal, `l\.text\(`+literal, `Label: +`+literal, `s\.Label[^=\n]* = `+literal, `Command\w+, `+literal+`, true`, `[{ ]\{`+literal+`, [^"]`, `fact\{`+literal+`, [^"]`)
	}
	for text := range all { // values that a form sends are no texts
		if strings.ToLower(text[:1]) == text[:1] && regexp.MustCompile(`^[a-z]+[A-Z]?[a-z]*[A-Z]?[a-z]*$`).MatchString(text) && slices.Contains(bound(), text) {
			delete(all, text)
		}
	}
	for _, p := range release.Phases() {
		all[string(p)] = true
	}
	for _, name := range slices.Concat(weekdays(), []string{
		"application",
		string(release.OperationRelease), string(release.OperationRollback), string(release.OperationRestart), string(release.OperationRescale), string(release.OperationJob),
		string(release.BatchPending), string(release.BatchRunning), string(release.BatchDone), string(release.BatchFailed), string(release.BatchConfirmed), string(release.BatchAborted),
		string(release.VerdictPass), string(release.VerdictFail), string(release.VerdictInconclusive),
		string(release.StrategyAll), string(release.StrategyGray), string(release.StrategyBatch),
	}) {
		all[name] = true
	}
	for _, status := range []int{
		http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity, http.StatusTooManyRequests,
		http.StatusInternalServerError, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
	} {
		all[http.StatusText(status)] = true
	}
	return all
}

// bound are the names of values that a form sends, which stand in the code as facts do.
func bound() []string {
	return []string{"artifact", "changeId", "config", "batch", "all", "releaseId", "release", "name"}
}

// The colors of texts and of what they stand on have the contrast that WCAG asks for at level AA, in light and in dark.
func TestStyle_Contrast(t *testing.T) {
	t.Parallel()
	css, err := assetFiles.ReadFile("assets/slipway.css")
	require.NoError(t, err)
	light, dark, found := strings.Cut(string(css), "prefers-color-scheme: dark")
	require.True(t, found)
	dark, _, _ = strings.Cut(dark, "* {")
	pairs := [][2]string{
		{"text", "ground"},
		{"text", "raised"},
		{"faint", "ground"},
		{"faint", "raised"},
		{"link", "ground"},
		{"link", "raised"},
		{"on-main", "main"},
		{"text", "edge"},
		{"good", "good-ground"},
		{"bad", "bad-ground"},
		{"waits", "waits-ground"},
		{"moves", "moves-ground"},
		{"text", "waits-ground"},
		{"text", "bad-ground"},
		{"text", "good-ground"},
		{"bad", "ground"},
		{"good", "ground"},
		{"bad", "raised"},
		{"good", "raised"},
		{"waits", "ground"},
		{"ground", "bad"},
	}
	for name, text := range map[string]string{"light": light, "dark": dark} {
		colors := map[string]float64{}
		for _, c := range regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{6})`).FindAllStringSubmatch(text, -1) {
			colors[c[1]] = luminance(t, c[2])
		}
		for _, pair := range pairs {
			a, b := colors[pair[0]], colors[pair[1]]
			ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05)
			require.GreaterOrEqual(t, ratio, 4.5, "%s: %v", name, pair)
		}
	}
}

// luminance is that of a color, as WCAG 2.2 defines it.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(hex, 16, 32)
	require.NoError(t, err)
	part := func(shift uint) float64 {
		v := float64(n>>shift&0xff) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*part(16) + 0.7152*part(8) + 0.0722*part(0)
}
