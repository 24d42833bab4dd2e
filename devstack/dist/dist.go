package dist

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"slipway/devstack/dist/archive"
	"slipway/devstack/dist/gobuild"
	"slipway/devstack/dist/image"
	"slipway/devstack/dist/licence"
	"slipway/devstack/dist/provenance"
	"slipway/devstack/dist/sbom"
)

// Sums is the name of the file with the SHA-256 digests of all others, as `sha256sum --check` reads it.
const Sums = "SHA256SUMS"

const notices = "THIRD-PARTY-NOTICES.txt"

// A Config says what is put together.
type Config struct {
	// Root is the folder of the root module, and Out the one for what is made, which must be empty or not there.
	Root, Out string
	// Version and Revision are those of the source, At is its time: everything that is made has it.
	Version, Revision string
	At                time.Time
	Targets           []gobuild.Target
	// Progress gets a line for everything that is begun.
	Progress io.Writer
}

// Targets are the platforms that there are programs for.
func Targets() []gobuild.Target {
	return []gobuild.Target{{OS: "linux", Arch: "amd64"}, {OS: "linux", Arch: "arm64"}, {OS: "darwin", Arch: "amd64"}, {OS: "darwin", Arch: "arm64"}}
}

// A product is what one archive of each platform has.
type product struct {
	name     string
	programs []string
	// papers are files of the root module, by their names in the archive.
	papers map[string]string
	// manual tells that it has man pages and completion scripts.
	manual bool
}

func products() []product {
	return []product{
		{
			name: "slipway", programs: []string{"slipway"}, manual: true,
			papers: map[string]string{"README.md": "README.md", "CHANGELOG.md": "CHANGELOG.md"},
		},
		{
			name: "slipway-simulators", programs: []string{"saesim", "fcsim", "servicestagesim"},
			papers: map[string]string{"saesim.md": "saesim/README.md", "fcsim.md": "fcsim/README.md", "servicestagesim.md": "servicestagesim/README.md"},
		},
	}
}

// packages are the Go packages of programs.
func packages(programs []string) []string {
	all := make([]string, 0, len(programs))
	for _, p := range programs {
		all = append(all, "./cmd/"+p)
	}
	return all
}

// A Result is what was made.
type Result struct {
	// Image is the digest by which a registry calls the image; empty where no target is one of Linux.
	Image string `json:"image,omitempty"`
	Files []File `json:"files"`
}

// A File was made.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// validVersion matches versions that may be the tag of an image, and a word of a command line.
var validVersion = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`)

// check returns everything that is wrong with a configuration.
func (c Config) check() error {
	var problems []error
	if !validVersion.MatchString(c.Version) {
		problems = append(problems, fmt.Errorf("version %q: must be letters, digits, dots, hyphens and underscores, as the tag of an image is", c.Version))
	}
	if hash, err := hex.DecodeString(c.Revision); err != nil || len(hash) < sha1Size {
		problems = append(problems, fmt.Errorf("revision %q: must be the full hash of a commit", c.Revision))
	}
	if c.At.IsZero() {
		problems = append(problems, errors.New("time: must be that of the commit"))
	}
	if len(c.Targets) == 0 {
		problems = append(problems, errors.New("targets: name at least one, such as linux/amd64"))
	}
	for _, t := range c.Targets {
		if !slices.Contains(Targets(), t) {
			problems = append(problems, fmt.Errorf("target %s: there are programs for %v alone", t, Targets()))
		}
	}
	if entries, err := os.ReadDir(c.Out); err != nil && !errors.Is(err, os.ErrNotExist) {
		problems = append(problems, err)
	} else if len(entries) > 0 {
		problems = append(problems, fmt.Errorf("folder %s: is not empty; remove it, or name another one", c.Out))
	}
	return errors.Join(problems...)
}

// sha1Size is how many bytes the hash of a commit has at least.
const sha1Size = 20

// Make puts everything together. The same source gives the same bytes with the same version of Go, wherever it is.
func Make(ctx context.Context, c Config) (Result, error) {
	if err := c.check(); err != nil {
		return Result{}, err
	}
	work, err := os.MkdirTemp("", "slipway-dist-")
	if err != nil {
		return Result{}, err
	}
	defer func() { _ = os.RemoveAll(work) }()
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return Result{}, err
	}
	c.At = c.At.UTC()
	m := &maker{Config: c, module: gobuild.Module{Root: c.Root, Version: c.Version, Revision: c.Revision}, work: work}
	return m.make(ctx)
}

// maker is one run of [Make].
type maker struct {
	Config
	module         gobuild.Module
	work           string
	goVersion      string
	goRoot         string
	manual         []archive.File
	variants       []image.Variant
	made           []File
	imageReference string
}

func (m *maker) make(ctx context.Context) (Result, error) {
	var err error
	if m.goVersion, err = m.module.Env(ctx, "GOVERSION"); err != nil {
		return Result{}, err
	}
	if m.goRoot, err = m.module.Env(ctx, "GOROOT"); err != nil {
		return Result{}, err
	}
	m.begin("man pages and completion scripts")
	if err := m.writeManual(ctx); err != nil {
		return Result{}, err
	}
	for _, t := range m.Targets {
		m.begin("programs for %s", t)
		if err := m.build(ctx, t); err != nil {
			return Result{}, err
		}
	}
	if err := m.writeImage(); err != nil {
		return Result{}, err
	}
	m.begin("provenance and digests")
	if err := m.writeProvenance(); err != nil {
		return Result{}, err
	}
	return Result{Image: m.imageReference, Files: m.made}, m.writeSums()
}

// begin says what is begun. A reader who stops reading stops nothing.
func (m *maker) begin(format string, args ...any) {
	_, _ = fmt.Fprintf(m.Progress, format+"\n", args...)
}

// writeManual lets the commands describe themselves.
func (m *maker) writeManual(ctx context.Context) error {
	folder := filepath.Join(m.work, "manual")
	if err := os.Mkdir(folder, 0o755); err != nil {
		return err
	}
	if err := m.module.Run(ctx, "./cmd/slipway/internal/manual", folder, m.Version, m.At.UTC().Format(time.RFC3339)); err != nil {
		return err
	}
	var err error
	m.manual, err = archive.Below(folder)
	return err
}

// build makes the archives of one platform, and its part of the image.
func (m *maker) build(ctx context.Context, t gobuild.Target) error {
	folder := filepath.Join(m.work, t.OS+"-"+t.Arch)
	var all []string
	for _, p := range products() {
		all = append(all, p.programs...)
	}
	if err := m.module.Build(ctx, folder, t, packages(all)); err != nil {
		return err
	}
	for _, p := range products() {
		if err := m.pack(ctx, p, t, folder); err != nil {
			return fmt.Errorf("%s for %s: %w", p.name, t, err)
		}
	}
	return os.RemoveAll(folder)
}

// pack makes the archive of a product from the programs in a folder, and the bill of what is in them.
func (m *maker) pack(ctx context.Context, p product, t gobuild.Target, folder string) error {
	linked, err := m.module.Packages(ctx, t, packages(p.programs))
	if err != nil {
		return err
	}
	modules, err := licence.Of(linked, m.goVersion, m.goRoot)
	if err != nil {
		return err
	}
	terms := []byte(licence.Notices(p.name, modules))
	name := fmt.Sprintf("%s_%s_%s_%s", p.name, m.Version, t.OS, t.Arch)
	files := []archive.File{{Name: name + "/" + notices, Content: terms}}
	papers, err := m.papers(p)
	if err != nil {
		return err
	}
	bill := sbom.Bill{Name: p.name, Version: m.Version, At: m.At, Modules: modules}
	for _, program := range p.programs {
		content, err := os.ReadFile(filepath.Join(folder, program))
		if err != nil {
			return err
		}
		papers = append(papers, archive.File{Name: program, Content: content, Executable: true})
		bill.Programs = append(bill.Programs, sbom.Program{Name: program, SHA256: digest(content), Content: content})
		if program == "slipway" && t.OS == "linux" {
			m.variants = append(m.variants, image.Variant{Arch: t.Arch, Program: content, Notices: terms})
		}
	}
	for _, f := range papers {
		f.Name = name + "/" + f.Name
		files = append(files, f)
	}
	var packed bytes.Buffer
	if err := archive.WriteGzip(&packed, files, m.At); err != nil {
		return err
	}
	if err := m.write(name+".tar.gz", packed.Bytes()); err != nil {
		return err
	}
	text, err := bill.Write()
	if err != nil {
		return err
	}
	return m.write(name+".cdx.json", text)
}

// papers are what a product has besides its programs and notices. LICENSE is there once the project has one.
func (m *maker) papers(p product) ([]archive.File, error) {
	var files []archive.File
	for _, name := range slices.Sorted(maps.Keys(p.papers)) {
		content, err := os.ReadFile(filepath.Join(m.Root, filepath.FromSlash(p.papers[name])))
		if err != nil {
			return nil, err
		}
		files = append(files, archive.File{Name: name, Content: content})
	}
	content, err := os.ReadFile(filepath.Join(m.Root, "LICENSE"))
	if err == nil {
		files = append(files, archive.File{Name: "LICENSE", Content: content})
	} else if !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if p.manual {
		files = append(files, m.manual...)
	}
	return files, nil
}

// writeImage makes the image, where there are programs for Linux.
func (m *maker) writeImage() error {
	if len(m.variants) == 0 {
		return nil
	}
	m.begin("image")
	var layout bytes.Buffer
	reference, err := image.Image{Version: m.Version, Revision: m.Revision, At: m.At, Variants: m.variants}.Write(&layout)
	if err != nil {
		return err
	}
	m.imageReference = reference
	return m.write("slipway_"+m.Version+"_image.tar", layout.Bytes())
}

func (m *maker) writeProvenance() error {
	b := provenance.Build{Version: m.Version, Revision: m.Revision, Go: m.goVersion, Digests: map[string]string{}}
	for _, t := range m.Targets {
		b.Targets = append(b.Targets, t.String())
	}
	for _, f := range m.made {
		b.Digests[f.Name] = f.SHA256
	}
	if _, hash, found := strings.Cut(m.imageReference, "sha256:"); found {
		b.Digests["slipway:"+m.Version] = hash
	}
	text, err := b.Statement()
	if err != nil {
		return err
	}
	return m.write("slipway_"+m.Version+"_provenance.json", text)
}

func (m *maker) writeSums() error {
	var b strings.Builder
	for _, f := range slices.SortedFunc(slices.Values(m.made), func(a, b File) int { return strings.Compare(a.Name, b.Name) }) {
		fmt.Fprintf(&b, "%s  %s\n", f.SHA256, f.Name)
	}
	return os.WriteFile(filepath.Join(m.Out, Sums), []byte(b.String()), 0o644)
}

func (m *maker) write(name string, content []byte) error {
	m.made = append(m.made, File{Name: name, Bytes: int64(len(content)), SHA256: digest(content)})
	return os.WriteFile(filepath.Join(m.Out, name), content, 0o644)
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
