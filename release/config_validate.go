package release

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// The bounds of what a configuration says in numbers.
const (
	maxPort      = 65535
	maxThreshold = 1000
	maxProbeTime = time.Hour
	// maxGrace is how long an instance may take to stop at most.
	maxGrace = 5 * time.Minute
)

var (
	// variablePattern is what an environment variable may be called.
	variablePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	// presentPattern is what one may be called that is there already: whoever made it may have
	// taken another name.
	presentPattern = regexp.MustCompile(`^[^=\s\x00-\x1f\x7f]+$`)
	// scratchPattern is what an empty directory may be called.
	scratchPattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	// bucketPattern is the name of an object bucket.
	bucketPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`)
	// resourcePattern is an ID of the platform that is written into a request as it is.
	resourcePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	// targetPattern is the address of a mount target.
	targetPattern = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)
	// probePath is the path that a probe asks for.
	probePath = regexp.MustCompile(`^/[^\s\x00-\x1f\x7f]*$`)
	// registryID is the ID of an enterprise registry, and roleName the name of a role.
	registryID = regexp.MustCompile(`^cri-[A-Za-z0-9-]+$`)
	roleName   = regexp.MustCompile(`^acs:ram::[0-9]+:role/[A-Za-z0-9._/-]+$`)
)

// config checks what a release changes of its application's configuration.
func (v *validator) config(s Spec, op Operation) {
	c := s.Config
	if c == nil {
		return
	}
	const field = "config"
	if op != OperationRelease {
		v.check(false, field, "has no meaning for a %s; only a release changes the configuration", op)
		return
	}
	v.check(s.Adopt == "", field, "cannot be changed by a change that runs already; leave it out to adopt one")
	v.check(!c.empty(), field, "changes nothing; name what is to change, or leave it out")
	v.check(!c.Replace || len(c.Variables) > 0, "config.replace", "needs variables: it removes all that are not among them")
	v.variables("config.variables", c.Variables, c.Replace)
	v.commandLine("config.command", c.Command)
	v.texts("config.args", c.Args)
	v.resources(c.Resources)
	if c.Instances != nil {
		v.check(*c.Instances >= 1 && *c.Instances <= maxInstances, "config.instances", "must be 1-%d", maxInstances)
	}
	v.probes(c.Probes)
	v.hooks(c.Hooks)
	v.mounts(c.Mounts)
	v.runtime(c.Runtime)
	v.parameters(c.Platform)
}

// empty reports whether the configuration names nothing at all.
func (c Config) empty() bool {
	return !c.Replace && len(c.parts()) == 0
}

// something refuses a group in which nothing is named.
func (v *validator) something(given bool, field string) {
	v.check(given, field, "names nothing; leave it out to keep what the application has")
}

// variables checks a list of variables, which are all where replace is set.
func (v *validator) variables(field string, all []Variable, replace bool) {
	v.check(all == nil || len(all) > 0, field, "is empty; leave it out to keep what the application has")
	given := map[string]bool{}
	for i, each := range all {
		at := place(field, i)
		v.variable(at, each, replace)
		v.keyOf(at+".configMap", each.ConfigMap)
		v.keyOf(at+".secret", each.Secret)
		v.check(each.Name == "" || !given[each.Name], at+".name", "is given twice; name each variable once")
		given[each.Name] = true
	}
}

// variable checks one. What it says never quotes a value, nor what may be one in the wrong place.
func (v *validator) variable(at string, one Variable, replace bool) {
	name := variablePattern
	if one.Remove {
		name = presentPattern
	}
	v.check(matches(name, one.Name), at+".name", "must be letters, digits and underscores, and not begin with a digit")
	kinds := count(one.Value != nil, one.ConfigMap != nil, one.Secret != nil, one.Remove)
	v.check(kinds == 1 || one.Remove, at, "give exactly one of value, configMap, secret and remove: true")
	v.check(kinds == 1 || !one.Remove, at+".remove", "has no meaning with value, configMap or secret; leave one of them out")
	if one.Value != nil {
		v.content(at+".value", *one.Value)
	}
	v.check(!one.Remove || !replace, at+".remove", "has no meaning with replace, which removes all variables that are not given; leave the variable out")
	v.check(!one.Show || one.Value != nil, at+".show", "has no meaning without a value; what a variable refers to is always shown")
}

func (v *validator) keyOf(at string, k *KeyOf) {
	if k == nil {
		return
	}
	v.holder(at+".id", k.ID)
	// What cuts secrets out of texts takes the first word behind secret.key for one.
	v.check(k.Key != "", at+".key", "it is missing: the key whose value is taken")
	v.check(!strings.ContainsFunc(k.Key, isControl), at+".key", "it must have no control characters")
}

// holder checks the ID of a config map or a secret.
func (v *validator) holder(field, id string) {
	if v.on.holder != nil {
		v.on.holder(v, field, id)
		return
	}
	v.resource(field, id)
}

// resource checks the platform's ID of something.
func (v *validator) resource(field, id string) {
	v.check(matches(resourcePattern, id), field, "it must be the platform's ID, of letters, digits, dots, hyphens and underscores")
}

// required checks a text that must be there and stand on one line.
func (v *validator) required(field, text, what string) {
	v.check(text != "", field, "is missing: %s", what)
	v.check(!strings.ContainsFunc(text, isControl), field, "must have no control characters")
}

func isControl(r rune) bool { return r < ' ' || r == '\x7f' }

// content checks a text of any content: what an environment and an argument list can hold.
func (v *validator) content(field, text string) {
	v.check(!strings.ContainsRune(text, 0), field, "must not have a NUL character, which ends a text there")
	v.check(utf8.ValidString(text), field, "is not Unicode text")
}

func (v *validator) texts(field string, list []string) {
	for i, each := range list {
		v.content(place(field, i), each)
	}
}

// commandLine checks a command with its arguments, where there is one.
func (v *validator) commandLine(field string, list []string) {
	v.texts(field, list)
	v.check(len(list) == 0 || strings.TrimSpace(list[0]) != "", place(field, 0), "is missing: the program to run")
}

// executed checks a command that must be there, where one is given.
func (v *validator) executed(field string, list []string) {
	if list != nil {
		v.check(len(list) > 0, field, "is empty; give the program and its arguments, such as [\"sh\", \"-c\", \"…\"]")
		v.commandLine(field, list)
	}
}

func (v *validator) resources(r *Resources) {
	if r == nil {
		return
	}
	const field = "config.resources"
	v.something(*r != Resources{}, field)
	v.check(r.CPU >= 0, field+".cpu", "must be more than 0 thousandths of a core")
	v.check(r.Memory >= 0, field+".memory", "must be more than 0 MiB")
	if v.on.size != nil && r.CPU >= 0 && r.Memory >= 0 {
		v.on.size(v, field, *r)
	}
}

func (v *validator) probes(p *Probes) {
	if p == nil {
		return
	}
	v.something(*p != Probes{}, "config.probes")
	v.probe("config.probes.liveness", p.Liveness)
	v.probe("config.probes.readiness", p.Readiness)
	v.probe("config.probes.startup", p.Startup)
}

func (v *validator) probe(at string, p *Probe) {
	if p == nil {
		return
	}
	v.check(count(p.HTTP != nil, p.TCP != 0, p.Exec != nil, p.None) == 1, at, "give exactly one of http, tcp, exec and none: true, which removes the probe")
	timed := p.InitialDelay != 0 || p.Period != 0 || p.Timeout != 0 || p.FailureThreshold != 0 || p.SuccessThreshold != 0
	v.check(!p.None || !timed, at+".none", "removes the probe; leave its times and thresholds out")
	if h := p.HTTP; h != nil {
		v.probeHTTP(at+".http", *h)
	}
	v.check(p.TCP == 0 || isPort(p.TCP), at+".tcp", "must be a port, 1-%d", maxPort)
	v.executed(at+".exec", p.Exec)
	v.seconds(at+".initialDelay", p.InitialDelay, maxProbeTime)
	v.seconds(at+".period", p.Period, maxProbeTime)
	v.seconds(at+".timeout", p.Timeout, maxProbeTime)
	v.threshold(at+".failureThreshold", p.FailureThreshold)
	v.threshold(at+".successThreshold", p.SuccessThreshold)
}

func (v *validator) threshold(field string, checks int) {
	v.check(checks >= 0 && checks <= maxThreshold, field, "must be 1-%d checks in a row", maxThreshold)
}

func (v *validator) probeHTTP(at string, h ProbeHTTP) {
	v.check(matches(probePath, h.Path), at+".path", "must begin with / and have no blanks, such as /healthz")
	v.check(isPort(h.Port), at+".port", "must be a port, 1-%d", maxPort)
	v.check(h.Scheme == "" || h.Scheme == "http" || h.Scheme == "https", at+".scheme", "%q is unknown; use http or https", h.Scheme)
	v.check(h.Contains == "" || h.Lacks == "", at+".lacks", "cannot be given with contains; give one of them")
	v.content(at+".contains", h.Contains)
	v.content(at+".lacks", h.Lacks)
}

func isPort(n int) bool { return n >= 1 && n <= maxPort }

// seconds checks a time that the platform takes in whole seconds; 0 is one that was left out.
func (v *validator) seconds(field string, d Duration, most time.Duration) {
	v.check(d >= 0 && d <= Duration(most) && d.Std()%time.Second == 0, field, "must be whole seconds, 1s-%s, such as 10s", Duration(most))
}

func (v *validator) hooks(h *Hooks) {
	if h == nil {
		return
	}
	v.something(*h != Hooks{}, "config.hooks")
	v.hook("config.hooks.postStart", h.PostStart)
	v.hook("config.hooks.preStop", h.PreStop)
	v.seconds("config.hooks.grace", h.Grace, maxGrace)
}

func (v *validator) hook(at string, h *Hook) {
	if h == nil {
		return
	}
	v.check(h.None || h.Exec != nil, at, "give either exec or none: true, which removes the hook")
	v.check(!h.None || h.Exec == nil, at+".none", "removes the hook, and cannot be given with exec")
	v.executed(at+".exec", h.Exec)
}

func (v *validator) runtime(r *Runtime) {
	if r == nil {
		return
	}
	const field = "config.runtime"
	v.something(*r != Runtime{}, field)
	if r.JDK != nil {
		v.required(field+".jdk", *r.JDK, "the platform's name of a Java version, such as Open JDK 8")
	}
	if r.Container != nil {
		v.required(field+".container", *r.Container, "the platform's name of a web container, such as apache-tomcat-8.5.42")
	}
	if r.Options != nil {
		v.content(field+".options", *r.Options)
	}
	if r.Args != nil {
		v.content(field+".args", *r.Args)
	}
}

func (v *validator) mounts(m *Mounts) {
	if m == nil {
		return
	}
	const field = "config.mounts"
	v.something(m.ConfigMaps != nil || m.Secrets != nil || m.NAS != nil || m.Buckets != nil || m.Scratch != nil, field)
	seen := map[string]string{}
	v.mountKeys(field+".configMaps", m.ConfigMaps, seen)
	v.mountKeys(field+".secrets", m.Secrets, seen)
	for i, each := range m.NAS {
		at := place(field+".nas", i)
		v.resource(at+".id", each.ID)
		v.check(matches(targetPattern, each.Domain), at+".domain", "must be the address of a mount target, such as 1a2b3c.cn-hangzhou.nas.example")
		v.check(isClean(each.Directory), at+".directory", "must be an absolute path of the file system, such as /shop; / mounts all of it")
		v.mountPath(at+".path", each.Path, seen)
	}
	for i, each := range m.Buckets {
		at := place(field+".buckets", i)
		v.check(matches(bucketPattern, each.Bucket), at+".bucket", "must be the name of a bucket: 3-63 lower case letters, digits and hyphens")
		v.required(at+".directory", each.Directory, "the directory of the bucket that is mounted; / mounts all of it")
		v.check(!strings.Contains("/"+each.Directory+"/", "/../"), at+".directory", "must have no .. in it")
		v.mountPath(at+".path", each.Path, seen)
	}
	for i, each := range m.Scratch {
		at := place(field+".scratch", i)
		v.check(matches(scratchPattern, each.Name), at+".name", "must be 1-63 lower case letters, digits and hyphens")
		v.mountPath(at+".path", each.Path, seen)
	}
}

func (v *validator) mountKeys(field string, keys []MountKey, seen map[string]string) {
	for i, each := range keys {
		at := place(field, i)
		v.holder(at+".id", each.ID)
		v.check(!strings.ContainsFunc(each.Key, isControl), at+".key", "must have no control characters")
		if v.on.key != nil {
			v.on.key(v, at+".key", each.Key)
		}
		v.mountPath(at+".path", each.Path, seen)
	}
}

// mountPath checks where something is mounted: what is mounted twice at one place hides the first.
func (v *validator) mountPath(field, where string, seen map[string]string) {
	if !isClean(where) || where == "/" {
		v.check(false, field, "must be an absolute path without . and .. in it, such as /etc/shop")
		return
	}
	where = path.Clean(where)
	before, taken := seen[where]
	v.check(!taken, field, "is that of %s already; mount each at a path of its own", before)
	if !taken {
		seen[where] = field
	}
}

// isClean reports whether a path is absolute and leads where it seems to lead; it may end with
// a slash.
func isClean(p string) bool {
	return strings.HasPrefix(p, "/") && !strings.ContainsFunc(p, isControl) && (p == "/" || path.Clean(p) == strings.TrimSuffix(p, "/"))
}

// registry checks where an image is pulled from.
func (v *validator) registry(a Artifact) {
	r := a.Registry
	if r == nil {
		return
	}
	const field = "artifact.registry"
	v.check(a.Image != "", field, "has no meaning without an image, which is pulled from it")
	v.check(matches(registryID, r.Instance), field+".instance", "must be the ID of an enterprise registry, such as cri-1a2b3c")
	v.check(r.Role == "" || matches(roleName, r.Role), field+".role",
		"must be the name of a role, such as acs:ram::123456789012:role/pull; leave it out for a registry of the application's own account")
}

// pace checks how much of an application may be away, and there besides, during a change.
func (v *validator) pace(s Strategy) {
	within := func(field string, value *int, most int, what string) {
		if value != nil {
			v.check(*value >= 0 && *value <= most, "strategy."+field, "must be 0-%d %s", most, what)
		}
	}
	within("minReadyInstances", s.MinReadyInstances, maxInstances-1, "instances")
	within("minReadyRatio", s.MinReadyRatio, 100, "percent")
	within("maxSurge", s.MaxSurge, maxInstances, "instances")
	within("maxSurgeRatio", s.MaxSurgeRatio, 100, "percent")
	v.check(s.MinReadyInstances == nil || s.MinReadyRatio == nil, "strategy.minReadyRatio", "says the same as minReadyInstances; give one of them")
	v.check(s.MaxSurge == nil || s.MaxSurgeRatio == nil, "strategy.maxSurgeRatio", "says the same as maxSurge; give one of them")
	if s.MinReadyRatio != nil && *s.MinReadyRatio == 100 {
		const stuck = "must not be 0 with minReadyRatio 100: no instance could be replaced"
		v.check(s.MaxSurge == nil || *s.MaxSurge != 0, "strategy.maxSurge", stuck)
		v.check(s.MaxSurgeRatio == nil || *s.MaxSurgeRatio != 0, "strategy.maxSurgeRatio", stuck)
	}
}

// place is the path of an entry of a list.
func place(field string, i int) string { return fmt.Sprintf("%s[%d]", field, i) }

// count is how many of them hold.
func count(of ...bool) (n int) {
	for _, holds := range of {
		if holds {
			n++
		}
	}
	return n
}
