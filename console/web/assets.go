package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

//go:embed assets
var assetFiles embed.FS

// assetsPath is where assets are.
const assetsPath = "/assets/"

// assets are what pages are shown with. Each has the digest of its content in its name, so that browsers keep it.
type assets struct {
	// names are the paths of assets by their file names, files their contents by their paths.
	names map[string]string
	files map[string][]byte
}

func readAssets() (assets, error) {
	a := assets{names: map[string]string{}, files: map[string][]byte{}}
	entries, err := fs.ReadDir(assetFiles, "assets")
	if err != nil {
		return a, err
	}
	for _, e := range entries {
		content, err := assetFiles.ReadFile("assets/" + e.Name())
		if err != nil {
			return a, err
		}
		digest := sha256.Sum256(content)
		kind := path.Ext(e.Name())
		at := assetsPath + strings.TrimSuffix(e.Name(), kind) + "-" + hex.EncodeToString(digest[:6]) + kind
		a.names[e.Name()], a.files[at] = at, content
	}
	return a, nil
}

// ServeHTTP answers with an asset.
func (a assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	content, known := a.files[r.URL.Path]
	if !known {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(r.URL.Path)))
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(content) // who has asked may be gone
}
