package servicestagesim

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"slipway/internal/loosejson"
	"slipway/internal/simframe"
)

// integer is a whole number, which some examples write as a text.
type integer int

// UnmarshalJSON reads the number, written as one or as a text.
func (i *integer) UnmarshalJSON(text []byte) error {
	n, err := strconv.Atoi(strings.Trim(string(text), `"`))
	if err != nil {
		return fmt.Errorf("must be a whole number, is %s", simframe.Shorten(string(text)))
	}
	*i = integer(n)
	return nil
}

// value is the number, 0 where it is absent.
func (i *integer) value() int {
	if i == nil {
		return 0
	}
	return int(*i)
}

// stackRef names a runtime stack.
type stackRef struct {
	Name       string `json:"name"`
	Type       string `json:"type"`
	Version    string `json:"version"`
	DeployMode string `json:"deploy_mode"`
}

const (
	modeContainer = "container"
	modeVM        = "virtualmachine"
	modeMixed     = "mixed"
)

// Kinds of sources.
const (
	kindCode    = "code"
	kindPackage = "package"
	kindImage   = "image"
)

// source is what of a source rules read; Text is all of it.
type source struct {
	Kind    string `json:"kind"`
	URL     string `json:"url"`
	Storage string `json:"storage,omitempty"`
	RepoURL string `json:"repo_url,omitempty"`
}

// specification is what a version of a workload is made of.
type specification struct {
	Source source `json:"source"`
	// SourceText is the source as it was sent.
	SourceText document `json:"sourceText"`
	Stack      stackRef `json:"stack"`
	Strategy   strategy `json:"strategy"`
	// Settings are all other members as they were sent, by name.
	Settings map[string]document `json:"settings"`
	// Version2 are the members that only version 2 has, as they were sent.
	Version2 map[string]document `json:"version2,omitempty"`
}

// label is a tag of a thing.
type label struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// labelRule says how short the value of a label may be: components may have empty ones [4.3.1].
type labelRule struct{ least int }

// checkLabels checks the labels of a thing.
func checkLabels(k *checker, labels []label, rule labelRule) {
	key := regexp.MustCompile(`^[0-9A-Za-z_\-\x{4e00}-\x{9fa5}]{1,36}$`)
	value := regexp.MustCompile(`^[0-9A-Za-z_.\-\x{4e00}-\x{9fa5}]*$`)
	k.check(len(labels) <= maxLabels, "labels must have at most %d elements, has %d", maxLabels, len(labels))
	for i, l := range labels {
		k.check(key.MatchString(l.Key), "labels[%d].key must be 1 to 36 letters, digits, _ and -, is %q", i, simframe.Shorten(l.Key))
		length := len([]rune(l.Value))
		k.check(value.MatchString(l.Value) && length >= rule.least && length <= maxLabelValue,
			"labels[%d].value must be %d to %d letters, digits, _, - and periods, is %q", i, rule.least, maxLabelValue, simframe.Shorten(l.Value))
	}
}

const (
	maxLabels     = 20
	maxLabelValue = 43
)

// envVar is what of an environment variable rules read.
type envVar struct {
	Name  string `json:"name"`
	Inner bool   `json:"inner"`
}

// fromPlatform reports whether the platform sets a variable itself. The worked example of an update sends such ones
// back [8.3], and they are as if they were absent.
func (e envVar) fromPlatform() bool {
	return e.Inner || strings.HasPrefix(e.Name, "CAS_") || strings.HasPrefix(e.Name, "PAAS_")
}

// isVariable reports whether a text can be the name of an environment variable.
func isVariable(text string) bool {
	return regexp.MustCompile(`^[A-Za-z_-][A-Za-z0-9_.-]{0,63}$`).MatchString(text)
}

// checkEnvs checks the environment variables of a specification and leaves out those that the platform sets.
func checkEnvs(k *checker, settings map[string]document, fits func(string) bool) {
	var given []document
	if err := json.Unmarshal(settings["envs"], &given); err != nil {
		return // absent, or its form was noted
	}
	kept := []document{}
	for i, text := range given {
		var e envVar
		if err := json.Unmarshal(text, &e); err != nil || e.fromPlatform() {
			continue
		}
		k.check(fits(e.Name), "envs[%d].name must begin with no digit and have at most 64 characters, is %q", i, simframe.Shorten(e.Name))
		kept = append(kept, text)
	}
	if text, err := loosejson.Encode(kept); err == nil {
		settings["envs"] = text
	}
}

// reservedLabel is a key among the labels that makes the deployment fail [4.3.1]; empty where there is none.
func (s specification) reservedLabel() string {
	var labels []label
	if err := json.Unmarshal(s.Settings["labels"], &labels); err != nil {
		return ""
	}
	for _, l := range labels {
		if slices.Contains([]string{"app", "casid", "version"}, l.Key) {
			return l.Key
		}
	}
	return ""
}

// reference is what of a referenced resource rules read.
type reference struct {
	ID         string `json:"id"`
	Type       string `json:"type"`
	Parameters struct {
		Namespace string   `json:"namespace"`
		Hosts     []string `json:"hosts"`
	} `json:"parameters"`
}

// references are the resources that a specification names.
func (s specification) references() []reference {
	var all []reference
	if err := json.Unmarshal(s.Settings["refer_resources"], &all); err != nil {
		return nil
	}
	return all
}

// hosts are the servers that a specification for virtual machines names.
func (s specification) hosts() []string {
	hosts := []string{}
	for _, r := range s.references() {
		switch {
		case r.Type == "ecs" && len(r.Parameters.Hosts) > 0:
			hosts = append(hosts, r.Parameters.Hosts...)
		case r.Type == "ecs":
			hosts = append(hosts, r.ID)
		}
	}
	return hosts
}

// checkSource checks where a version comes from.
func checkSource(k *checker, s source, mode string) {
	switch s.Kind {
	case kindImage, kindPackage:
		k.check(s.URL != "", "source.url must be given for the kind %s", s.Kind)
		k.check(s.Storage != "", "source.storage must be given for the kind %s", s.Kind)
		k.check(s.Kind != kindImage || s.Storage == "" || s.Storage == "swr", "source.storage of an image must be swr, is %q", simframe.Shorten(s.Storage))
	case kindCode:
		k.check(s.RepoURL != "", "source.repo_url must be given for the kind code")
	default:
		k.check(false, "source.kind must be code, package or image, is %q", simframe.Shorten(s.Kind))
	}
	k.check(s.Kind != kindImage || mode != modeVM, "source.kind image is for containers; virtual machines take a package")
}

// checkSettings checks what rules read of the other members.
func (s specification) checkSettings(k *checker) {
	var labels []label
	if err := json.Unmarshal(s.Settings["labels"], &labels); err == nil {
		checkLabels(k, labels, labelRule{})
	}
	checkEnvs(k, s.Settings, isVariable)
	if build := s.Settings["build"]; !isEmpty(build) {
		var in struct {
			Parameters struct {
				ClusterID string `json:"cluster_id"`
			} `json:"parameters"`
		}
		k.check(json.Unmarshal(build, &in) == nil && in.Parameters.ClusterID != "", "build.parameters.cluster_id must be given")
	}
}

// overlay takes over the settings that were given.
func (s specification) overlay(given map[string]document) specification {
	s.Settings = maps.Clone(s.Settings)
	if s.Settings == nil {
		s.Settings = map[string]document{}
	}
	for name, text := range given {
		s.Settings[name] = compact(text)
	}
	return s
}
