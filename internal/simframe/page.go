package simframe

import (
	"bytes"
	"html/template"
	"net/http"
)

// HandlePage adds the status page, for people, at the prefix itself. The page may have a style
// of its own and nothing else: no scripts, nothing from elsewhere.
func (a Admin) HandlePage(mux *http.ServeMux, page *template.Template, view func() any) {
	mux.HandleFunc("GET "+a.Prefix()+"{$}", func(w http.ResponseWriter, _ *http.Request) {
		var text bytes.Buffer
		if err := page.Execute(&text, view()); err != nil {
			a.Refuse(w, http.StatusInternalServerError, "status page: "+err.Error())
			return
		}
		header := w.Header()
		header.Set("Content-Type", "text/html; charset=utf-8")
		header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		header.Set("Cache-Control", "no-store")
		_, _ = w.Write(text.Bytes())
	})
}
