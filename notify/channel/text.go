package channel

import (
	"fmt"
	"net/url"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"slipway/notify"
)

// How much of the parts of a message is shown, in characters and links. No text that people read needs more, and what
// has these sizes leaves room in the smallest channel.
const (
	mostTitle = 200
	mostLine  = 1000
	mostLinks = 5
	mostLabel = 100
	mostURL   = 1500
)

// omission stands where text was cut.
const omission = "…"

// readable is a message whose title and lines are one line each, with links that lead to pages of the web and nowhere
// else. Texts come from requests, so that line breaks, characters that no one sees and those that turn the direction of
// the text about must not look like something that we say.
func readable(m notify.Message) notify.Message {
	m.Title = cut(oneLine(m.Title), mostTitle)
	lines := make([]string, 0, len(m.Lines))
	for _, line := range m.Lines {
		if line = cut(oneLine(line), mostLine); line != "" {
			lines = append(lines, line)
		}
	}
	m.Lines = lines
	var links []notify.Link
	for _, link := range m.Links {
		if len(links) == mostLinks {
			break
		}
		if at, err := url.Parse(link.URL); err != nil || at.Host == "" || at.Scheme != "https" && at.Scheme != "http" || len(link.URL) > mostURL {
			continue
		}
		text := cut(oneLine(link.Text), mostLabel)
		if text == "" {
			text = "Slipway"
		}
		links = append(links, notify.Link{Text: text, URL: linkEscaper().Replace(link.URL)})
	}
	m.Links = links
	return m
}

// linkEscaper encodes the characters of a URL by which markup of one channel or another ends it.
func linkEscaper() *strings.Replacer {
	return strings.NewReplacer(
		"(", "%28", ")", "%29", "<", "%3C", ">", "%3E", "|", "%7C", `"`, "%22", " ", "%20", "[", "%5B", "]", "%5D", `\`, "%5C", "`", "%60",
	)
}

// oneLine is a text on one line, in valid UTF-8, without control characters.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Bidi_Control, r):
			return -1
		case unicode.IsControl(r) || unicode.IsSpace(r) || r == '\u2028' || r == '\u2029':
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, string(utf8.RuneError)))
	return strings.Join(strings.Fields(text), " ")
}

// cut is a text of so many characters at most.
func cut(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	runes := []rune(text)
	return string(runes[:most-1]) + omission
}

// shorten leaves as many lines of a message out, from its end, as it takes to bring its size down to a limit, and then
// links. Its last line then says so.
func shorten(m notify.Message, most int, size func(notify.Message) int) notify.Message {
	if size(m) <= most {
		return m
	}
	lines, links := m.Lines, m.Links
	for kept := len(links); ; kept-- {
		m.Links = links[:kept]
		short := func(left int) notify.Message {
			m.Lines = append(slices.Clone(lines[:len(lines)-left]), leftOut(m.Language, left))
			return m
		}
		left := sort.Search(len(lines), func(left int) bool { return size(short(left)) <= most })
		if m = short(left); kept == 0 || size(m) <= most {
			return m
		}
	}
}

// leftOut tells how many lines are missing.
func leftOut(language notify.Language, lines int) string {
	chinese := language == notify.Chinese
	switch {
	case lines == 0 && chinese:
		return "……(已缩短)"
	case lines == 0:
		return omission + " (shortened)"
	case chinese:
		return fmt.Sprintf("……(已缩短,另有 %d 行)", lines)
	case lines == 1:
		return omission + " (shortened: 1 more line)"
	}
	return fmt.Sprintf("%s (shortened: %d more lines)", omission, lines)
}

// bullet begins each line of a message in Markdown, so that none begins with what would make a heading, a list, a
// quotation or a block of code of it and of those below.
const bullet = "· "

// markdownText is a text in which Markdown of the robots finds no link, no picture, no code and no tag such as the
// mention of a person. DingTalk and WeCom document no way to escape characters, so those that begin and end markup are
// replaced by similar ones, or parted by a space of no width.
func markdownText(text string) string {
	return strings.NewReplacer("<", "＜", "`", "'", "]", "]\u200b").Replace(text)
}

// markdownLink is a link in Markdown.
func markdownLink(link notify.Link) string {
	label := strings.NewReplacer("[", "(", "]", ")", `\`, "/").Replace(link.Text)
	return "[" + markdownText(label) + "](" + link.URL + ")"
}

// labelled are the links of a message as text, where there is no markup.
func labelled(links []notify.Link) []string {
	out := make([]string, 0, len(links))
	for _, link := range links {
		out = append(out, link.Text+": "+link.URL)
	}
	return out
}
