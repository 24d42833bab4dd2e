package sae

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"slipway/activities/cloud"
	"slipway/cloudapi"
	"slipway/release"
	"slipway/saeclient"
)

// A variable is one of an application, as Envs has it.
type variable struct {
	name  string
	value json.RawMessage
	from  *saeclient.EnvSource
	// raw is the element as it was read. It is written again so, as Envs is sent whole.
	raw json.RawMessage
}

// variables reads Envs, a list as JSON text; ok is false where there is something that cannot be
// read.
func variables(text string) (all []variable, ok bool) {
	if text == "" {
		return nil, true
	}
	var elements []json.RawMessage
	if json.Unmarshal([]byte(text), &elements) != nil {
		return nil, false
	}
	for _, raw := range elements {
		var read struct {
			Name      string               `json:"name"`
			Value     json.RawMessage      `json:"value"`
			ValueFrom *saeclient.EnvSource `json:"valueFrom"`
		}
		if json.Unmarshal(raw, &read) != nil {
			return nil, false
		}
		all = append(all, variable{name: read.Name, value: read.Value, from: read.ValueFrom, raw: raw})
	}
	return all, true
}

// text is the value; there is none where it comes from elsewhere.
func (v variable) text() string {
	var text string
	if json.Unmarshal(v.value, &text) != nil && !bytes.Equal(v.value, []byte("null")) {
		return string(v.value)
	}
	return text
}

// reference is where the value comes from, in words; empty where it is the variable's own. A
// value wins over where one could come from (newer than the SAE API reference).
func (v variable) reference() string {
	switch {
	case v.from == nil || v.text() != "":
		return ""
	case v.from.SecretRef != nil:
		return "secret " + strconv.FormatInt(v.from.SecretRef.SecretID, 10) + ", key " + keyInWords(v.from.SecretRef.Key)
	case v.from.ConfigMapRef != nil:
		return "config map " + strconv.FormatInt(v.from.ConfigMapRef.ConfigMapID, 10) + ", key " + keyInWords(v.from.ConfigMapRef.Key)
	}
	return ""
}

// keyInWords is a key of a config map or a secret, which have short names.
func keyInWords(key string) string {
	const longest = 64
	switch {
	case key == "":
		return "every one"
	case len(key) > longest:
		return cloud.Digest(key)
	}
	return strconv.Quote(key)
}

// says is the value for comparisons: nothing of it leaves the driver.
func (v variable) says() string {
	if from := v.reference(); from != "" {
		return "from " + from
	}
	return "value " + v.text()
}

// words are what is shown of a variable: its value only where it is to be shown.
func (v variable) words(show bool) string {
	switch from := v.reference(); {
	case from != "":
		return from
	case show:
		return cloud.WithoutSecrets(v.text())
	}
	return cloud.Digest(v.text())
}

// envOf is a variable as a release asks for it, as SAE takes it. That an ID is a number was checked
// with the release.
func envOf(v release.Variable) saeclient.EnvVar {
	wanted := saeclient.EnvVar{Name: v.Name}
	switch {
	case v.Value != nil:
		wanted.Value = cloudapi.Secret(*v.Value)
	case v.Secret != nil:
		id, _ := strconv.ParseInt(v.Secret.ID, 10, 64)
		wanted.ValueFrom = &saeclient.EnvSource{SecretRef: &saeclient.SecretKey{SecretID: id, Key: v.Secret.Key}}
	case v.ConfigMap != nil:
		id, _ := strconv.ParseInt(v.ConfigMap.ID, 10, 64)
		wanted.ValueFrom = &saeclient.EnvSource{ConfigMapRef: &saeclient.ConfigMapKey{ConfigMapID: id, Key: v.ConfigMap.Key}}
	}
	return wanted
}

// variableOf is a variable as a release asks for it.
func variableOf(v release.Variable) variable {
	raw := json.RawMessage(wireText(envOf(v).Wire()))
	all, _ := variables("[" + string(raw) + "]")
	return all[0]
}

// envs changes the variables that a release names, and with Replace removes all others. What it
// does not name stays as it was read, in its place.
func (c *changing) envs() {
	before, ok := variables(c.now.text(paramVariables))
	if !ok {
		c.problem("config.variables: the application's variables cannot be read, so they cannot be written again")
		return
	}
	after := slices.Clone(before)
	for _, v := range c.config.Variables {
		after = c.env(after, v)
	}
	if c.config.Replace {
		given := func(b variable) bool {
			return slices.ContainsFunc(c.config.Variables, func(v release.Variable) bool { return v.Name == b.name })
		}
		for _, v := range before {
			name := "variables." + v.name
			if !given(v) && !slices.ContainsFunc(c.settings, func(s release.Setting) bool { return s.Name == name }) {
				c.settings = append(c.settings, release.Setting{Name: name, Before: v.words(false)})
			}
		}
		after = slices.DeleteFunc(after, func(v variable) bool { return !given(v) })
	}
	if len(c.settings) > 0 { // the variables are the first ones
		c.params[paramVariables] = envsText(after)
	}
}

// env sets or removes a variable among those that there are.
func (c *changing) env(all []variable, v release.Variable) []variable {
	setting := release.Setting{Name: "variables." + v.Name}
	// Of several of one name the last counts, and one of them stays.
	named := func(b variable) bool { return b.name == v.Name }
	first := slices.IndexFunc(all, named)
	var last *variable
	for i := range all {
		if named(all[i]) {
			last = &all[i]
			setting.Before = last.words(false) // the release may show what it brings, and no more
		}
	}
	switch {
	case v.Remove && last == nil:
		return all
	case v.Remove:
		c.settings = append(c.settings, setting)
		return slices.DeleteFunc(all, named)
	}
	wanted := variableOf(v)
	setting.After = wanted.words(v.Show)
	if last != nil && last.says() == wanted.says() {
		return all
	}
	c.settings = append(c.settings, setting)
	return put(all, first, wanted)
}

// put puts a variable into the place of the one before, of which there may be several, or at the
// end.
func put(all []variable, at int, v variable) []variable {
	if at < 0 {
		return append(all, v)
	}
	all[at] = v
	later := slices.DeleteFunc(slices.Clone(all[at+1:]), func(b variable) bool { return b.name == v.name })
	return append(all[:at+1], later...)
}

func envsText(all []variable) string {
	elements := make([]string, len(all))
	for i, v := range all {
		elements[i] = string(v.raw)
	}
	return "[" + strings.Join(elements, ",") + "]"
}

// variablesBetween names the variables in which two configurations differ.
func variablesBetween(want, have settings) []string {
	a, _ := variables(want.text(paramVariables))
	b, _ := variables(have.text(paramVariables))
	// The last one of a name counts.
	last := func(all []variable) map[string]string {
		out := map[string]string{}
		for _, v := range all {
			out[v.name] = v.says()
		}
		return out
	}
	wanted, there := last(a), last(b)
	var names []string
	for _, v := range slices.Concat(a, b) {
		name := "variables." + v.name
		if wanted[v.name] != there[v.name] && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
