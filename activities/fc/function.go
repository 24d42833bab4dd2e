package fc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"slipway/activities/cloud"
	"slipway/cloudapi"
	"slipway/fcclient"
	"slipway/release"
)

const (
	opUpdate    = "UpdateFunction"
	opFunctions = "ListFunctions"
	opFunction  = "GetFunction"

	memberContainer = "customContainerConfig"
	memberVariables = "environmentVariables"
	memberRuntime   = "runtime"
	memberMemory    = "memorySize"
	memberCPU       = "cpu"
	memberLayers    = "layers"

	// memberAcceleration is a member of the container that answers have besides.
	memberAcceleration = "accelerationInfo"

	runtimeContainer = "custom-container"
	ossScheme        = "oss://"
	listPage         = "100"
)

// A function is one of a service or of a version, member by member as it was read: what a release does
// not change may have to be written again, byte for byte, and holds secrets.
type function map[string]json.RawMessage

// membersOfFunctions are the members of a function that UpdateFunction can set, but for its code.
func membersOfFunctions() []cloudapi.Param {
	op, _ := fcclient.LookupOperation(opUpdate)
	return slices.DeleteFunc(slices.Concat(op.Params, op.Extra), func(p cloudapi.Param) bool {
		return p.In != cloudapi.InBody || p.Name == "code"
	})
}

// functions reads all functions of a version, or of LATEST where it is empty.
func (d *Driver) functions(ctx context.Context, service, version string) (map[string]function, error) {
	all := map[string]function{}
	params := map[string]string{"serviceName": service, "limit": listPage}
	if version != "" {
		params["serviceName"] = service + "." + version
	}
	for {
		text, err := d.client.Call(ctx, opFunctions, params)
		if err != nil {
			return nil, err
		}
		var answer struct {
			Functions []function `json:"functions"`
			NextToken string     `json:"nextToken"`
		}
		if err := json.Unmarshal(text, &answer); err != nil {
			return nil, errShape(opFunctions)
		}
		for _, f := range answer.Functions {
			all[f.text("functionName")] = f
		}
		if answer.NextToken == "" {
			return all, nil
		}
		params["nextToken"] = answer.NextToken
	}
}

// latest reads one function of LATEST, with its ETag.
func (d *Driver) latest(ctx context.Context, service, name string) (f function, etag string, err error) {
	text, err := d.client.Call(ctx, opFunction, map[string]string{"serviceName": service, "functionName": name})
	if err != nil {
		return nil, "", err
	}
	if json.Unmarshal(text, &f) != nil {
		return nil, "", errShape(opFunction)
	}
	return f, f.text("ETag"), nil
}

func errShape(operation string) error {
	return errors.New("fc: " + operation + ": the answer has an unexpected shape")
}

// text is a member that is a text; empty where it is none.
func (f function) text(name string) string { return cloud.Text(f[name]) }

// value is a member in plain form: without what says nothing, and numbers in one form.
func (f function) value(name string) any {
	value := cloud.Plain(f[name])
	if object, isObject := value.(map[string]any); isObject && name == memberContainer {
		delete(object, memberAcceleration)
		if len(object) == 0 {
			return nil
		}
	}
	return value
}

// set sets a member.
func (f function) set(name string, value any) { f[name] = json.RawMessage(cloud.Wire(value)) }

// object is a member that is an object, as it was read.
func (f function) object(name string) map[string]any { return cloud.Object(f[name]) }

// container reports whether the function runs an image.
func (f function) container() bool { return f.text(memberRuntime) == runtimeContainer }

// image is the image that the function runs; empty where it runs none.
func (f function) image() string {
	if !f.container() {
		return ""
	}
	image, _ := f.object(memberContainer)["image"].(string)
	return image
}

// checksum is that of the package that the function runs; empty where it runs an image.
func (f function) checksum() string {
	if f.container() {
		return ""
	}
	return f.text("codeChecksum")
}

// same reports whether two functions have a member alike. One that runs no image has none, whatever was
// left of it.
func (f function) same(g function, member string) bool {
	if member == memberContainer && !f.container() && !g.container() {
		return true
	}
	return cloud.Wire(f.value(member)) == cloud.Wire(g.value(member))
}

// differs names the members in which two functions differ, with their code.
func (d *Driver) differs(f, g function) (names []string) {
	for _, p := range d.members {
		if !f.same(g, p.Name) {
			names = append(names, p.Name)
		}
	}
	if f.checksum() != g.checksum() {
		names = append(names, "code")
	}
	return names
}

// others names the functions, but for one, in which two states of a service differ.
func (d *Driver) others(a, b map[string]function, but string) []string {
	var names []string
	for _, name := range sorted(a) {
		if g, there := b[name]; name != but && (!there || len(d.differs(a[name], g)) > 0) {
			names = append(names, name)
		}
	}
	for _, name := range sorted(b) {
		if _, there := a[name]; name != but && !there {
			names = append(names, name)
		}
	}
	return names
}

// digest names the configuration of a version, so that versions of one artifact are told apart. Where
// there are several functions, what the others run is a part of it.
func (d *Driver) digest(functions map[string]function) string {
	if len(functions) == 0 {
		return ""
	}
	var all strings.Builder
	for _, name := range sorted(functions) {
		f := functions[name]
		fmt.Fprintf(&all, "function %q %q\n", name, f.checksum())
		for _, p := range d.members {
			value := f.value(p.Name)
			if object, isObject := value.(map[string]any); isObject && p.Name == memberContainer && len(functions) == 1 {
				delete(object, "image") // it is the artifact
			}
			fmt.Fprintf(&all, "%s %s\n", p.Name, cloud.Wire(value))
		}
	}
	return cloud.Digest(all.String())
}

// part is the function that a release is about: the one that is named, or the only one there is; empty
// where that says nothing.
func part(named string, functions map[string]function) string {
	if named != "" || len(functions) != 1 {
		return named
	}
	for name := range functions {
		return name
	}
	return ""
}

// artifact is what a function of a version runs, by its image or by the record of the version.
func artifact(functions map[string]function, name string, r record) release.Artifact {
	a := release.Artifact{Part: name}
	if f, there := functions[name]; there && f.container() {
		a.Image = f.image()
		return a
	}
	if r.part == name || r.part == "" && len(functions) == 1 {
		a.Package = r.runs().Package
	}
	return a
}

// cloned is a copy whose members can be set.
func cloned(f function) function {
	if f == nil {
		return function{}
	}
	return maps.Clone(f)
}

// sorted are the names of functions in their order.
func sorted(functions map[string]function) []string { return slices.Sorted(maps.Keys(functions)) }
