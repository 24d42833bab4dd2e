package sae

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"slipway/activities/cloud"
	"slipway/cloudapi"
	"slipway/release"
	"slipway/saeclient"
)

// changing works out what a release's config changes of an application: the parameters to send,
// which are those of settings that are not so already, and the settings in words.
type changing struct {
	deployment cloudapi.Operation
	config     release.Config
	now        settings

	params   map[string]string
	settings []release.Setting
	// unread are the names of settings that no answer shows.
	unread   []string
	problems release.Problems
}

// changes compares a config with an application's configuration; nil changes nothing.
func (d *Driver) changes(config *release.Config, now settings) *changing {
	c := &changing{deployment: d.deployment, now: now, params: map[string]string{}}
	if config == nil {
		return c
	}
	c.config = *config
	if len(config.Variables) > 0 || config.Replace {
		c.envs()
	}
	c.command()
	c.size()
	c.probes()
	c.hooks()
	c.mounts()
	c.runtime()
	c.platform()
	return c
}

// problem notes what is wrong with a field: its path, a colon and what is to be said of it.
func (c *changing) problem(format string, args ...any) {
	field, message, _ := strings.Cut(fmt.Sprintf(format, args...), ": ")
	c.problems = append(c.problems, release.Problem{Field: field, Message: message})
}

// set asks for a parameter. It is sent where the configuration does not have it; an empty text
// clears it.
func (c *changing) set(param, text string) {
	name := settingOf(param)
	before, known := c.now.readBack(param)
	if known && same(asked(param, text), before) {
		return
	}
	c.params[param] = text
	if !known {
		c.unread = append(c.unread, name)
	}
	if slices.ContainsFunc(c.settings, func(s release.Setting) bool { return s.Name == name }) {
		return
	}
	p, _ := c.deployment.Param(param)
	c.settings = append(c.settings, release.Setting{Name: name, Before: shown(p, before), After: shown(p, asked(param, text))})
}

// shown is what is told of a value: numbers, switches and the names that SAE has for something
// as they are, anything else as a digest.
func shown(p cloudapi.Param, value any) string {
	if empty(value) {
		return ""
	}
	text, isText := value.(string)
	_, notNumber := strconv.Atoi(text)
	open := p.Kind == cloudapi.KindInteger && notNumber == nil || p.Kind == cloudapi.KindBoolean && (text == "true" || text == "false")
	if isText && (open || slices.Contains(p.Enum, text)) {
		return text
	}
	return cloud.Digest(wireText(value))
}

// wireText is a value as SAE takes it: a text as it is, else JSON text without the escapes that
// only HTML needs.
func wireText(value any) string {
	if text, isText := value.(string); isText {
		return text
	}
	if of, marshals := value.(encoding.TextMarshaler); marshals {
		text, _ := of.MarshalText() // of what a release gives, which is text and numbers
		return string(text)
	}
	return cloud.Wire(value)
}

// command sets the command, which is one word on SAE (SAE API reference ch. 12.3), and its
// arguments.
func (c *changing) command() {
	if words := c.config.Command; words != nil {
		switch {
		case len(words) > 1:
			c.problem("config.command: SAE takes one word, there are %d; put the others into config.args", len(words))
		default:
			c.set("Command", strings.Join(words, ""))
		}
	}
	if args := c.config.Args; args != nil {
		text := ""
		if len(args) > 0 {
			text = wireText(args)
		}
		c.set("CommandArgs", text)
	}
}

func (c *changing) size() {
	if r := c.config.Resources; r != nil {
		if r.CPU != 0 {
			c.set(paramCPU, strconv.Itoa(r.CPU))
		}
		if r.Memory != 0 {
			c.set(paramMemory, strconv.Itoa(r.Memory))
		}
	}
	if n := c.config.Instances; n != nil {
		c.set(paramReplicas, strconv.Itoa(*n))
	}
}

func (c *changing) probes() {
	if c.config.Probes == nil {
		return
	}
	probe := func(param string, of *release.Probe) {
		switch {
		case of == nil:
		case of.None:
			c.set(param, "")
		default:
			c.set(param, wireText(probeOf(*of)))
		}
	}
	probe("Liveness", c.config.Probes.Liveness)
	probe("Readiness", c.config.Probes.Readiness)
	probe("StartupProbe", c.config.Probes.Startup)
}

func probeOf(p release.Probe) saeclient.Probe {
	out := saeclient.Probe{
		InitialDelaySeconds: seconds(p.InitialDelay), PeriodSeconds: seconds(p.Period), TimeoutSeconds: seconds(p.Timeout),
		FailureThreshold: given(p.FailureThreshold), SuccessThreshold: given(p.SuccessThreshold),
	}
	switch {
	case p.HTTP != nil:
		out.HTTPGet = &saeclient.HTTPGetAction{Path: p.HTTP.Path, Port: p.HTTP.Port, Scheme: strings.ToUpper(p.HTTP.Scheme)}
		if word := p.HTTP.Contains + p.HTTP.Lacks; word != "" {
			out.HTTPGet.KeyWord, out.HTTPGet.IsContainKeyWord = word, new(p.HTTP.Contains != "")
		}
	case p.Exec != nil:
		out.Exec = &saeclient.ExecAction{Command: p.Exec}
	default:
		out.TCPSocket = &saeclient.TCPSocketAction{Port: p.TCP}
	}
	return out
}

func seconds(d release.Duration) *int { return given(int(d.Std().Seconds())) }

// given is a parameter that is left out where there is nothing to say.
func given[T comparable](v T) *T {
	var none T
	if v == none {
		return nil
	}
	return &v
}

func (c *changing) hooks() {
	h := c.config.Hooks
	if h == nil {
		return
	}
	hook := func(param string, of *release.Hook) {
		switch {
		case of == nil:
		case of.None:
			c.set(param, "")
		default:
			c.set(param, wireText(saeclient.LifecycleHook{Exec: &saeclient.ExecAction{Command: of.Exec}}))
		}
	}
	hook("PostStart", h.PostStart)
	hook("PreStop", h.PreStop)
	if h.Grace != 0 {
		c.set("TerminationGracePeriodSeconds", strconv.Itoa(int(h.Grace.Std().Seconds())))
	}
}

// The keys that mount all of a config map and of a secret.
const (
	allOfConfigMap = saeclient.AllConfigMapKeys
	allOfSecret    = "sae-sys-secret-all"
)

// mounts sets the lists of mounts that are given. The mounts of a network file system are
// NasConfigs; those of the SAE API reference (NasId, MountHost, MountDesc) are cleared for them.
func (c *changing) mounts() {
	m := c.config.Mounts
	if m == nil {
		return
	}
	if m.ConfigMaps != nil {
		c.set("ConfigMapMountDesc", wireText(keys("configMapId", allOfConfigMap, m.ConfigMaps)))
	}
	if m.Secrets != nil {
		c.set("SecretMountDesc", wireText(keys("secretId", allOfSecret, m.Secrets)))
	}
	if m.NAS != nil {
		list := make(cloudapi.List[saeclient.NASConfig], 0, len(m.NAS))
		for _, n := range m.NAS {
			list = append(list, saeclient.NASConfig{MountPath: n.Path, ReadOnly: &n.ReadOnly, NasID: n.ID, MountDomain: n.Domain, NasPath: n.Directory})
		}
		c.set("NasConfigs", wireText(list))
		for _, old := range []string{"NasId", "MountHost", "MountDesc"} {
			c.set(old, "")
		}
	}
	if m.Buckets != nil {
		list := make(cloudapi.List[saeclient.OSSMount], 0, len(m.Buckets))
		for _, b := range m.Buckets {
			list = append(list, saeclient.OSSMount{BucketName: b.Bucket, BucketPath: b.Directory, MountPath: b.Path, ReadOnly: b.ReadOnly})
		}
		c.set("OssMountDescs", wireText(list))
	}
	if m.Scratch != nil {
		list := make(cloudapi.List[saeclient.EmptyDirMount], 0, len(m.Scratch))
		for _, s := range m.Scratch {
			list = append(list, saeclient.EmptyDirMount{Name: s.Name, MountPath: s.Path})
		}
		c.set("EmptyDirDesc", wireText(list))
	}
}

// keys are mounts of config maps or secrets as SAE takes them.
func keys(id, all string, mounts []release.MountKey) []map[string]any {
	out := make([]map[string]any, 0, len(mounts))
	for _, m := range mounts {
		key := m.Key
		if key == "" {
			key = all
		}
		out = append(out, map[string]any{id: json.Number(m.ID), "key": key, "mountPath": m.Path})
	}
	return out
}

// The package types that a Java machine runs.
const (
	typeImage  = "Image"
	typeFatJar = "FatJar"
	typeWar    = "War"
)

// runtime sets what runs a code package. Where its options stand depends on the package.
func (c *changing) runtime() {
	r, kind := c.config.Runtime, c.now.text("PackageType")
	if r == nil {
		return
	}
	set := func(name string, value *string, params map[string]string, remedy string) {
		switch param := params[kind]; {
		case value == nil:
		case param == "":
			c.problem("config.runtime.%s: the application is of type %s, for which SAE has no such setting; %s", name, kind, remedy)
		default:
			c.set(param, *value)
		}
	}
	other := "leave it out"
	set("jdk", r.JDK, map[string]string{typeFatJar: "Jdk", typeWar: "Jdk"}, other)
	set("container", r.Container, map[string]string{typeWar: "WebContainer"}, other)
	inCommand := "put it into config.args or config.variables"
	set("options", r.Options, map[string]string{typeFatJar: "JarStartOptions", typeWar: "WarStartOptions"}, inCommand)
	set("args", r.Args, map[string]string{typeFatJar: "JarStartArgs"}, inCommand)
}

// platform sets SAE's own parameters. Which there may be, and of what kind, was checked with the
// release: [release.PlatformParameters].
func (c *changing) platform() {
	names := make([]string, 0, len(c.config.Platform))
	for name := range c.config.Platform {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		c.set(name, parameterText(c.config.Platform[name]))
	}
}

// parameterText is a parameter as SAE takes it: a text as it is, a number and a switch as
// written, and what is structured as JSON text.
func parameterText(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	var compact bytes.Buffer
	if json.Compact(&compact, value) != nil {
		return string(value)
	}
	return compact.String()
}

// settingOf is the name of the setting that says a parameter, as [release.Setting] has it.
func settingOf(param string) string {
	return cloud.SettingOf(release.PlatformParameters(release.PlatformSAE), param)
}

// configField is how the paths of fields of a config begin.
const configField = "config."

// fieldsOf are the paths of the fields of a release that give parameters; empty where none does.
func fieldsOf() map[string]string {
	fields := map[string]string{}
	for _, p := range release.PlatformParameters(release.PlatformSAE) {
		fields[p.Name] = p.Field
	}
	return fields
}
