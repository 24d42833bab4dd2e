package web

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed words
var wordsFiles embed.FS

// language is one in which the pages can be read.
type language struct {
	// Code is its tag, as HTML and browsers have it, and Name what it calls itself.
	Code, Name string
	// words are the texts of the pages by what they are in English.
	words map[string]string
}

// languageCookie remembers which language somebody has chosen.
const languageCookie = "slipway-language"

// readLanguages returns the languages, English first: the texts in the templates are English, and the others are translated by
// words/CODE.json.
func readLanguages() ([]language, error) {
	all := []language{{Code: "en", Name: "English"}, {Code: "zh-CN", Name: "中文"}}
	for i := range all[1:] {
		l := &all[i+1]
		data, err := wordsFiles.ReadFile("words/" + l.Code + ".json")
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(data, &l.words); err != nil {
			return nil, fmt.Errorf("words of %s: %w", l.Code, err)
		}
	}
	return all, nil
}

// text is a text of the pages in the language; args take the place of %s and %d in it.
func (l language) text(text string, args ...any) string {
	text = cmp.Or(l.words[text], text)
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// languageOf is the language of a request: the one that was chosen, or the first that the browser takes.
func (w *Web) languageOf(r *http.Request) language {
	if chosen, err := r.Cookie(languageCookie); err == nil {
		if at := slices.IndexFunc(w.languages, func(l language) bool { return l.Code == chosen.Value }); at >= 0 {
			return w.languages[at]
		}
	}
	for _, wanted := range accepted(r.Header.Get("Accept-Language")) {
		for _, l := range w.languages {
			if main, _, _ := strings.Cut(l.Code, "-"); strings.EqualFold(wanted, main) {
				return l
			}
		}
	}
	return w.languages[0]
}

// mostAccepted is how many languages of a browser are looked at.
const mostAccepted = 20

// accepted are the main languages that a browser takes, those first that it would rather have.
func accepted(header string) []string {
	type choice struct {
		code   string
		weight float64
	}
	var all []choice
	for part := range strings.SplitSeq(header, ",") {
		if len(all) == mostAccepted {
			break
		}
		tag, parameters, _ := strings.Cut(strings.TrimSpace(part), ";")
		weight := 1.0
		if q, given := strings.CutPrefix(strings.TrimSpace(parameters), "q="); given {
			weight, _ = strconv.ParseFloat(q, 64)
		}
		main, _, _ := strings.Cut(strings.TrimSpace(tag), "-")
		if main != "" && weight > 0 {
			all = append(all, choice{main, weight})
		}
	}
	slices.SortStableFunc(all, func(a, b choice) int { return cmp.Compare(b.weight, a.weight) })
	codes := make([]string, len(all))
	for i, c := range all {
		codes[i] = c.code
	}
	return codes
}

// chooseLanguage remembers a language, and goes back to the page.
func chooseLanguage(p *page) error {
	code := p.PostFormValue("language")
	if slices.ContainsFunc(p.languages, func(l language) bool { return l.Code == code }) {
		http.SetCookie(p.w, &http.Cookie{
			Name: languageCookie, Value: code, Path: "/", MaxAge: int((365 * 24 * time.Hour).Seconds()), HttpOnly: true, SameSite: http.SameSiteLaxMode,
		})
	}
	return p.redirect(within(p.PostFormValue("next")))
}

// within is a path of the console, so that nobody is sent elsewhere; "/" for everything else.
func within(path string) string {
	at, err := url.Parse(path)
	if err != nil || at.IsAbs() || at.Host != "" || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return "/"
	}
	return path
}
