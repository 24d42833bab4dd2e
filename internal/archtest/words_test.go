package archtest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// retiredWords maps words that identifiers no longer use to what is written instead. A word is
// listed only where it has no honest use: the terms of Go, Temporal and NATS come first, and the
// words of the domain are in docs/glossary.md.
func retiredWords() map[string]string {
	return map[string]string{
		"addressee":    "target (release.CommandTargetID)",
		"belongings":   "resources",
		"bury":         "deadLetter",
		"eye":          "reader",
		"family":       "group",
		"lack":         "partial, missing",
		"mend":         "reconcile",
		"mended":       "reconciled",
		"news":         "diff, events",
		"obedience":    "commandHandler",
		"obey":         "apply",
		"outlast":      "detach, await",
		"outwait":      "await",
		"overtaken":    "hasEarlierUnsettled",
		"say":          "send, publish",
		"saying":       "command",
		"seeoff":       "awaitOwnChange",
		"sighting":     "watchEvent",
		"speak":        "send, extendAckWait",
		"speaker":      "actor",
		"spectacle":    "watchTarget",
		"strand":       "orphan",
		"stranded":     "orphaned",
		"stray":        "closedAbnormally",
		"surroundings": "references",
		"talk":         "infof",
		"thaw":         "freeze end, open",
		"tidy":         "cleanUp",
	}
}

// notYetPlain are packages whose identifiers still have retired words. The list only becomes
// shorter: a package is taken off it when its names are done, and none is added.
func notYetPlain() []string {
	return nil
}

// wordsOf splits an identifier at its capitals and underscores into lower-case words:
// "seeOffHTTPCall" is see, off, http, call.
func wordsOf(identifier string) []string {
	var words []string
	var word []rune
	flush := func() {
		if len(word) > 0 {
			words = append(words, strings.ToLower(string(word)))
		}
		word = nil
	}
	runes := []rune(identifier)
	for i, r := range runes {
		startsWord := unicode.IsUpper(r) && (i > 0 && !unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if startsWord || r == '_' {
			flush()
		}
		if r != '_' {
			word = append(word, r)
		}
	}
	flush()
	return words
}

// retiredIn returns the retired word of an identifier, or "". The name of a product is one word.
func retiredIn(identifier string, retired map[string]string) string {
	words := wordsOf(strings.NewReplacer("DingTalk", "Dingtalk", "dingTalk", "dingtalk").Replace(identifier))
	for i, word := range words {
		if _, found := retired[word]; found {
			return word
		}
		if i > 0 && retired[words[i-1]+word] != "" {
			return words[i-1] + word
		}
	}
	return ""
}

// declaredIn returns the identifiers that a file declares. What it uses of other packages has its
// name there.
func declaredIn(tree *ast.File) []*ast.Ident {
	var names []*ast.Ident
	add := func(all ...ast.Expr) {
		for _, each := range all {
			if name, ok := each.(*ast.Ident); ok {
				names = append(names, name)
			}
		}
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			add(n.Name)
		case *ast.TypeSpec:
			add(n.Name)
		case *ast.ValueSpec:
			names = append(names, n.Names...)
		case *ast.Field:
			names = append(names, n.Names...)
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				add(n.Lhs...)
			}
		case *ast.RangeStmt:
			if n.Tok == token.DEFINE {
				add(n.Key, n.Value)
			}
		}
		return true
	})
	return names
}

func TestWords_IdentifiersHaveNoRetiredWords(t *testing.T) {
	t.Parallel()
	retired, exempt := retiredWords(), notYetPlain()
	stillUsed := map[string]bool{}
	for _, file := range goFiles(t) {
		if file.test {
			continue
		}
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, filepath.Join(root, file.path), nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		if ast.IsGenerated(tree) {
			continue
		}
		late := slices.Contains(exempt, file.folder())
		for _, name := range declaredIn(tree) {
			word := retiredIn(name.Name, retired)
			switch {
			case word == "":
			case late:
				stillUsed[file.folder()] = true
			default:
				t.Errorf("%s: %s has the retired word %q; write %s (docs/glossary.md has the words of the domain)",
					set.Position(name.Pos()), name.Name, word, retired[word])
			}
		}
	}
	for _, folder := range exempt {
		require.True(t, stillUsed[folder], "%s has no retired words any more: take it off notYetPlain", folder)
	}
}

func TestWordsOfAnIdentifier(t *testing.T) {
	t.Parallel()
	for identifier, want := range map[string]string{
		"speakUp": "speak", "SeeOff": "seeoff", "seeOffHTTPCall": "seeoff", "LaneNews": "news", "essay": "", "sayHTTP": "say",
		"HTTPSay": "say", "monkeys": "", "obey_now": "obey", "extendAckWait": "", "newsletter": "",
	} {
		require.Equal(t, want, retiredIn(identifier, retiredWords()), identifier)
	}
}
