// Package markdown finds the code in Markdown documents, so that tests can run it or hold it
// against the program, and writes the cells of tables. It knows what this repository's documents use of Markdown, and no more.
package markdown

import (
	"regexp"
	"strings"
)

// Block is a fenced block of code.
type Block struct {
	// Line is the number of its opening fence, from 1.
	Line int
	// Info is what follows the opening fence: "sh", "yaml".
	Info string
	// Comment is the text of an HTML comment that stands directly above, such as
	// "unverified: needs Temporal Cloud".
	Comment string
	// Text is the code, with the indentation of the fence taken off.
	Text string
}

// Blocks returns the fenced blocks of a document in their order.
func Blocks(document string) []Block {
	var found []Block
	var open *Block
	var comment, indent string
	var number int
	fence := regexp.MustCompile("^(\\s*)```(.*)$")
	note := regexp.MustCompile(`^\s*<!-- (.*) -->$`)
	for line := range strings.Lines(document) {
		number++
		line = strings.TrimRight(line, "\r\n")
		edge := fence.FindStringSubmatch(line)
		switch {
		case open != nil && edge != nil:
			found = append(found, *open)
			open, comment = nil, ""
		case open != nil:
			open.Text += strings.TrimPrefix(line, indent) + "\n"
		case edge != nil:
			indent = edge[1]
			open = &Block{Line: number, Info: strings.TrimSpace(edge[2]), Comment: comment}
		case note.MatchString(line):
			comment = note.FindStringSubmatch(line)[1]
		case strings.TrimSpace(line) != "":
			comment = ""
		}
	}
	if open != nil {
		found = append(found, *open)
	}
	return found
}

// Spans returns the inline code of a document, outside of fenced blocks.
func Spans(document string) []string {
	var found []string
	span := regexp.MustCompile("`([^`\n]+)`")
	fenced := false
	for line := range strings.Lines(document) {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
			continue
		}
		if !fenced {
			for _, match := range span.FindAllStringSubmatch(line, -1) {
				found = append(found, match[1])
			}
		}
	}
	return found
}

// Commands splits the text of a shell block into simple commands, each into its words: at line
// ends that no backslash continues, at pipes and at &&, with comments left out. What stands in
// $( ) is a command of its own. Quotes are taken off, files of < and > left out; nothing is
// expanded.
func Commands(shell string) [][]string {
	var commands [][]string
	shell = regexp.MustCompile(`\\\n\s*`).ReplaceAllString(shell, " ")
	for line := range strings.Lines(shell) {
		for {
			inner := regexp.MustCompile(`"?\$\(([^()]*)\)"?`).FindStringSubmatchIndex(line)
			if inner == nil {
				break
			}
			commands = append(commands, Commands(line[inner[2]:inner[3]])...)
			line = line[:inner[0]] + "$SUBSTITUTED" + line[inner[1]:]
		}
		commands = append(commands, split(strings.TrimSpace(line))...)
	}
	return commands
}

// split splits one line that has no substitutions.
func split(line string) [][]string {
	var commands [][]string
	var words []string
	word := regexp.MustCompile(`^(?:"[^"]*"|'[^']*'|[^\s"'|&])+`)
	for line = strings.TrimSpace(line); line != "" && line[0] != '#'; line = strings.TrimSpace(line) {
		if line[0] == '|' || line[0] == '&' {
			commands, words = append(commands, words), nil
			line = strings.TrimLeft(line, "|&")
			continue
		}
		if line[0] == '<' || line[0] == '>' { // where input comes from, or output goes
			line = strings.TrimLeft(line, "<> ")
			line = line[len(word.FindString(line)):]
			continue
		}
		found := word.FindString(line)
		if found == "" { // a quote that nothing closes
			found = line
		}
		line = line[len(found):]
		words = append(words, strings.NewReplacer(`"`, "", `'`, "").Replace(found))
	}
	if len(words) > 0 {
		commands = append(commands, words)
	}
	return commands
}

// Cell keeps a text within its cell of a table.
func Cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
