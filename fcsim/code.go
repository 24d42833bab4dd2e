package fcsim

import (
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"slipway/fcclient"
	"slipway/internal/simframe"
)

// codePrefix is where the code packages are served that GetFunctionCode names.
const codePrefix = "/_code/"

// code is what a function runs.
type code struct {
	// Source is what the code is: the reference of an image, oss://bucket/object, or the checksum of
	// a package that was sent.
	Source   string `json:"source"`
	Checksum string `json:"checksum"`
	// Size is that of the package in bytes, 0 where it lies elsewhere.
	Size int `json:"size"`
}

// codeInput is where a function's code comes from: either an object of OSS or a package.
type codeInput struct {
	OSSBucketName string `json:"ossBucketName"`
	OSSObjectName string `json:"ossObjectName"`
	ZipFile       string `json:"zipFile"`
}

// loadedCode is code that was sent; zip is nil where it lies elsewhere.
type loadedCode struct {
	code

	zip []byte
}

// load reads the code that was given; nil where that is not possible. What lies in OSS is taken to exist. The
// checksum that the caller sends is held against that of a package, and is believed of an object.
func (in *codeInput) load(k *checker, checksum string) *loadedCode {
	object, sent := in.OSSBucketName != "" || in.OSSObjectName != "", in.ZipFile != ""
	if object == sent {
		k.check(false, "code must have either zipFile, or ossBucketName and ossObjectName")
		return nil
	}
	if object {
		k.check(in.OSSBucketName != "" && in.OSSObjectName != "", "code.ossBucketName and code.ossObjectName must be given together")
		source := "oss://" + in.OSSBucketName + "/" + in.OSSObjectName
		if checksum == "" {
			checksum = fcclient.CodeChecksum([]byte(source))
		}
		return &loadedCode{code: code{Source: source, Checksum: checksum}}
	}
	zip, err := base64.StdEncoding.DecodeString(in.ZipFile)
	if err != nil {
		k.check(false, "code.zipFile must be base64: %v", err)
		return nil
	}
	sum := fcclient.CodeChecksum(zip)
	k.check(checksum == "" || checksum == sum, "the header X-Fc-Code-Checksum is %s, the checksum of code.zipFile is %s", simframe.Shorten(checksum), sum)
	return &loadedCode{code: code{Source: sum, Checksum: sum, Size: len(zip)}, zip: zip}
}

// keepPackage keeps the package that code was sent as, if it was sent as one. Those that nothing has any more go
// then: they would pile up with each deployment.
func (s *state) keepPackage(of code, zip []byte) {
	if zip == nil {
		return
	}
	used := map[string]bool{}
	for _, v := range s.Services {
		noteCode(used, v.Functions)
		for _, published := range v.Versions {
			noteCode(used, published.Functions)
		}
	}
	for _, l := range s.Layers {
		for _, v := range l.Versions {
			used[v.Code.Checksum] = true
		}
	}
	maps.DeleteFunc(s.Packages, func(checksum string, _ []byte) bool { return !used[checksum] })
	s.Packages[of.Checksum] = zip
}

func noteCode(used map[string]bool, functions map[string]*function) {
	for _, f := range functions {
		used[f.Code.Checksum] = true
	}
}

// runs is what the function runs: a container its image, whatever code was sent as well; the
// checksum is then that of the reference.
func (f *function) runs() code {
	if !f.isContainer() || f.Settings.CustomContainerConfig == nil {
		return f.Code
	}
	image := f.Settings.CustomContainerConfig.Image
	return code{Source: image, Checksum: fcclient.CodeChecksum([]byte(image))}
}

func (f *function) isContainer() bool {
	return f.Settings.Runtime != nil && *f.Settings.Runtime == runtimeContainer
}

// check checks that the function has something to run.
func (f *function) check(k *checker) {
	if f.isContainer() {
		k.check(f.Settings.CustomContainerConfig != nil, "customContainerConfig must be given for the runtime %s", runtimeContainer)
	} else {
		k.check(f.Code.Source != "", "code must be given for a runtime other than %s", runtimeContainer)
	}
}

// getFunctionCode serves GetFunctionCode.
func getFunctionCode(c *call) (reply, *apiError) {
	_, f, refused := c.function()
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: struct {
		URL      string `json:"url"`
		Checksum string `json:"checksum"`
	}{c.codeAddress(f.runs()), f.runs().Checksum}}, nil
}

// codeAddress is where code can be fetched: a package that was sent, from the simulator; the
// address of an object of OSS leads out of it.
func (c *call) codeAddress(of code) string {
	address := url.URL{Scheme: "http", Host: c.host, Path: codePrefix + of.Checksum}
	if object, isObject := strings.CutPrefix(of.Source, "oss://"); isObject {
		bucket, key, _ := strings.Cut(object, "/")
		address = url.URL{Scheme: "https", Host: bucket + ".oss-" + c.config.Region + ".aliyuncs.com", Path: "/" + key}
	}
	return address.String()
}

// serveCode serves a package that was sent, to whoever knows its checksum.
func (s *Simulator) serveCode(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	text, found := s.st.Packages[strings.TrimPrefix(r.URL.Path, codePrefix)]
	s.mu.Unlock()
	if !found {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/zip")
	_, _ = w.Write(text)
}
