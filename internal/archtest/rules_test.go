package archtest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const rulesDocument = "docs/rules.md"

// securityDocument names the tests of each protection.
const securityDocument = "docs/security.md"

// compatibilityDocument names the tests of each promise.
const compatibilityDocument = "docs/compatibility.md"

// TestRulesNameTestsAndFilesThatExist keeps the rules of a release and the pages on security and compatibility true: whoever
// renames a test or a file that upholds one says so there.
func TestRulesNameTestsAndFilesThatExist(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{}
	name := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	for _, path := range files(t, "_test.go") {
		for _, match := range name.FindAllStringSubmatch(read(t, path), -1) {
			tests[match[1]] = true
		}
	}
	for _, document := range []string{rulesDocument, securityDocument, compatibilityDocument} {
		_, code := separate(read(t, document))
		for _, span := range code {
			switch {
			case strings.HasPrefix(span, "Test"):
				require.True(t, tests[span], "%s names %s, which is no test", document, span)
			case strings.Contains(span, "/") && !strings.Contains(span, " "):
				_, err := os.Stat(filepath.Join(root, span))
				require.NoError(t, err, "%s names %s", document, span)
			}
		}
	}
}

// TestRules_CitedRulesExist looks up every rule that a comment cites.
func TestRules_CitedRulesExist(t *testing.T) {
	t.Parallel()
	stated := map[string]bool{}
	for _, match := range regexp.MustCompile(`(?m)^## (R\d+) `).FindAllStringSubmatch(read(t, rulesDocument), -1) {
		stated[match[1]] = true
	}
	require.Len(t, stated, 20)
	cited := regexp.MustCompile(`\bR\d+\b`)
	for _, path := range files(t, ".go") {
		for line := range strings.Lines(read(t, path)) {
			_, comment, _ := strings.Cut(line, "//")
			for _, rule := range cited.FindAllString(comment, -1) {
				require.True(t, stated[rule], "%s cites %s, which %s does not state", path, rule, rulesDocument)
			}
		}
	}
}
