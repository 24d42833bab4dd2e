package fcsim

import "strconv"

// view is what a qualifier shows of a service: LATEST, or the version that it names or whose alias
// it is.
type view struct {
	service *service
	// version is nil for LATEST.
	version *version
	// alias is nil where the qualifier names no alias.
	alias     *alias
	functions map[string]*function
}

// versionID is the number of the version; 0 is LATEST.
func (w view) versionID() int {
	if w.version == nil {
		return 0
	}
	return w.version.ID
}

func (w view) etag() string {
	if w.version == nil {
		return w.service.ETag
	}
	return w.version.ETag
}

// view finds what the path's qualifier shows. Through an alias that is its main version, as
// everywhere but in invocations.
func (c *call) view() (view, *apiError) {
	v, refused := c.service()
	if refused != nil {
		return view{}, refused
	}
	return v.view(c.qualifier)
}

// view finds what a qualifier shows of the service; empty means LATEST.
func (v *service) view(qualifier string) (view, *apiError) {
	if qualifier == "" || qualifier == latest {
		return view{service: v, functions: v.Functions}, nil
	}
	if id, isID := versionID(qualifier); isID {
		return v.viewVersion(id)
	}
	a := v.Aliases[qualifier]
	if a == nil {
		return view{}, refuse(codeAliasNotFound, qualifier, v.Name)
	}
	w, refused := v.viewVersion(a.VersionID)
	w.alias = a
	return w, refused
}

func (v *service) viewVersion(id int) (view, *apiError) {
	published := v.version(id)
	if published == nil {
		return view{}, refuse(codeVersionNotFound, strconv.Itoa(id), v.Name)
	}
	return view{service: v, version: published, functions: published.Functions}, nil
}

// version finds a published version; nil when there is none.
func (v *service) version(id int) *version {
	for _, published := range v.Versions {
		if published.ID == id {
			return published
		}
	}
	return nil
}

// versionID reads the number of a version: decimal, without leading zeros; 0 for what is none.
func versionID(text string) (int, bool) {
	id, err := strconv.Atoi(text)
	if err != nil || id <= 0 || strconv.Itoa(id) != text {
		return 0, false
	}
	return id, true
}

// function finds the function that the path names in what the qualifier shows.
func (c *call) function() (view, *function, *apiError) {
	at, refused := c.view()
	if refused != nil {
		return view{}, nil, refused
	}
	f, refused := at.function(c.params["functionName"])
	return at, f, refused
}

func (w view) function(name string) (*function, *apiError) {
	if f := w.functions[name]; f != nil {
		return f, nil
	}
	return nil, refuse(codeFunctionNotFound, name, w.service.Name)
}
