package release

import (
	"encoding/json"
	"maps"
	"slices"
)

// Config is what a release changes of its application's configuration, besides the artifact.
// What is absent stays as the application has it. What is given is written whole: a probe, a
// hook or a list of mounts takes the place of the one before. Only variables are merged, by
// their names.
//
// Its words mean the same on every platform; what only one platform has stands in Platform.
type Config struct {
	// Variables are environment variables, merged by name with those of the application.
	Variables []Variable `json:"variables,omitempty"`
	// Replace tells that Variables are all: one of the application that is not among them is
	// removed.
	Replace bool `json:"replace,omitempty"`
	// Command is what a container of an image runs instead of its entrypoint; an empty list
	// gives that back. A list that is absent is nil.
	Command []string `json:"command,omitzero"`
	// Args are the arguments of the command; an empty list removes them.
	Args      []string   `json:"args,omitzero"`
	Resources *Resources `json:"resources,omitempty"`
	// Instances is the number of instances that the application has after the release.
	Instances *int     `json:"instances,omitempty"`
	Probes    *Probes  `json:"probes,omitempty"`
	Hooks     *Hooks   `json:"hooks,omitempty"`
	Mounts    *Mounts  `json:"mounts,omitempty"`
	Runtime   *Runtime `json:"runtime,omitempty"`
	// Platform are parameters of the platform's own, by its names, each as a text, a number, a
	// switch or structured as the platform documents it.
	Platform Parameters `json:"platform,omitempty"`
}

// parts are the settings that the configuration names, as words of the release file.
func (c Config) parts() (out []string) {
	for _, part := range []struct {
		name  string
		given bool
	}{
		{"variables", len(c.Variables) > 0},
		{"command", c.Command != nil},
		{"args", c.Args != nil},
		{"resources", c.Resources != nil},
		{"instances", c.Instances != nil},
		{"probes", c.Probes != nil},
		{"hooks", c.Hooks != nil},
		{"mounts", c.Mounts != nil},
		{"runtime", c.Runtime != nil},
	} {
		if part.given {
			out = append(out, part.name)
		}
	}
	return append(out, c.Platform.names()...)
}

// Parameters are settings of one platform by its own names.
type Parameters map[string]json.RawMessage

// names are the names of the settings in their order. Workflows ask for them, too, and behind
// an interface the check of workflows does not take a map for one whose order counts.
func (p Parameters) names() []string {
	var of named = namesOf{p}
	return of.names()
}

type named interface{ names() []string }

type namesOf struct{ parameters Parameters }

func (n namesOf) names() []string { return slices.Sorted(maps.Keys(n.parameters)) }

// Variable is an environment variable: exactly one of Value, ConfigMap, Secret and Remove.
type Variable struct {
	Name string `json:"name"`
	// Value is the value itself. It stands in requests and histories, so it is no secret.
	Value *string `json:"value,omitempty"`
	// ConfigMap is the key of a config map of the platform that holds the value.
	ConfigMap *KeyOf `json:"configMap,omitempty"`
	// Secret is the key of a secret of the platform that holds the value.
	Secret *KeyOf `json:"secret,omitempty"`
	// Remove removes the variable.
	Remove bool `json:"remove,omitempty"`
	// Show lets events and the progress show the value; they have a digest of it otherwise.
	Show bool `json:"show,omitempty"`
}

// KeyOf names one key of a config map or a secret of the platform.
type KeyOf struct {
	// ID is the platform's own ID of it.
	ID  string `json:"id"`
	Key string `json:"key"`
}

// Resources are what one instance may use.
type Resources struct {
	// CPU is in thousandths of a core.
	CPU int `json:"cpu,omitempty"`
	// Memory is in MiB.
	Memory int `json:"memory,omitempty"`
}

// Probes ask whether an instance lives, is ready, and has started.
type Probes struct {
	Liveness  *Probe `json:"liveness,omitempty"`
	Readiness *Probe `json:"readiness,omitempty"`
	Startup   *Probe `json:"startup,omitempty"`
}

// Probe is one check of an instance: exactly one of HTTP, TCP, Exec and None. What it does not
// say is the platform's default.
type Probe struct {
	HTTP *ProbeHTTP `json:"http,omitempty"`
	// TCP is a port to connect to.
	TCP int `json:"tcp,omitempty"`
	// Exec is a command to run in the instance, with its arguments.
	Exec []string `json:"exec,omitempty"`
	// None removes the probe.
	None bool `json:"none,omitempty"`
	// InitialDelay, Period and Timeout are whole seconds.
	InitialDelay Duration `json:"initialDelay,omitzero"`
	Period       Duration `json:"period,omitzero"`
	Timeout      Duration `json:"timeout,omitzero"`
	// FailureThreshold and SuccessThreshold are how many checks in a row count.
	FailureThreshold int `json:"failureThreshold,omitempty"`
	SuccessThreshold int `json:"successThreshold,omitempty"`
}

// ProbeHTTP asks an instance by HTTP.
type ProbeHTTP struct {
	Path string `json:"path"`
	Port int    `json:"port"`
	// Scheme is http, which is the default, or https.
	Scheme string `json:"scheme,omitempty"`
	// Contains is what the body of the answer must contain, and Lacks what it must not.
	Contains string `json:"contains,omitempty"`
	Lacks    string `json:"lacks,omitempty"`
}

// Hooks run in an instance when it starts and before it stops.
type Hooks struct {
	PostStart *Hook `json:"postStart,omitempty"`
	PreStop   *Hook `json:"preStop,omitempty"`
	// Grace is how long an instance may take to stop, in whole seconds.
	Grace Duration `json:"grace,omitzero"`
}

// Hook is a command with its arguments: exactly one of Exec and None.
type Hook struct {
	Exec []string `json:"exec,omitempty"`
	// None removes the hook.
	None bool `json:"none,omitempty"`
}

// Mounts are what instances see in their file system. Each list that is given takes the place of
// the application's; an empty one removes it.
type Mounts struct {
	ConfigMaps []MountKey    `json:"configMaps,omitzero"`
	Secrets    []MountKey    `json:"secrets,omitzero"`
	NAS        []MountNAS    `json:"nas,omitzero"`
	Buckets    []MountBucket `json:"buckets,omitzero"`
	// Scratch are empty directories that live as long as their instance.
	Scratch []MountScratch `json:"scratch,omitzero"`
}

// MountKey mounts a key of a config map or a secret as a file, or all keys as a directory.
type MountKey struct {
	// ID is the platform's own ID of the config map or secret.
	ID string `json:"id"`
	// Key is the key to mount; empty mounts all of them.
	Key  string `json:"key,omitempty"`
	Path string `json:"path"`
}

// MountNAS mounts a directory of a network file system.
type MountNAS struct {
	// ID is the platform's own ID of the file system, and Domain the address by which it is
	// mounted.
	ID     string `json:"id"`
	Domain string `json:"domain"`
	// Directory is what is mounted of it.
	Directory string `json:"directory"`
	Path      string `json:"path"`
	ReadOnly  bool   `json:"readOnly,omitempty"`
}

// MountBucket mounts a directory of an object bucket.
type MountBucket struct {
	Bucket    string `json:"bucket"`
	Directory string `json:"directory"`
	Path      string `json:"path"`
	ReadOnly  bool   `json:"readOnly,omitempty"`
}

// MountScratch mounts an empty directory, which containers of an instance share by its name.
type MountScratch struct {
	Name string `json:"name"`
	Path string `json:"path"`
}

// Runtime is what runs a code package.
type Runtime struct {
	// JDK is the platform's name of the Java version.
	JDK *string `json:"jdk,omitempty"`
	// Container is the platform's name of the web container that runs a war package.
	Container *string `json:"container,omitempty"`
	// Options are what the Java machine is started with, and Args the arguments of the program;
	// an empty text removes them.
	Options *string `json:"options,omitempty"`
	Args    *string `json:"args,omitempty"`
}

// Setting is one setting of an application that a release changes.
type Setting struct {
	// Name is its path within config: variables.LOG_LEVEL, resources.cpu, platform.Timezone.
	Name string `json:"name"`
	// Before and After are its values in words; empty where there is none. A value that could
	// be private is a digest: sha256: and 12 hexadecimal digits.
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}
