package sae

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/release"
)

// A model is what an application has of what the property changes.
type model struct {
	envs []element
	rest map[string]string
}

// An element is a variable as it is written.
type element struct{ name, text string }

func (m model) text() string {
	out := "["
	for i, e := range m.envs {
		if i > 0 {
			out += ","
		}
		out += e.text
	}
	return out + "]"
}

// set sets or removes a variable as the documentation says it: in its place, or at the end.
func (m *model) set(name, text string) {
	at := slices.IndexFunc(m.envs, func(e element) bool { return e.name == name })
	rest := slices.DeleteFunc(slices.Clone(m.envs), func(e element) bool { return e.name == name })
	switch {
	case text == "":
		m.envs = rest
	case at < 0:
		m.envs = append(m.envs, element{name, text})
	default:
		m.envs = slices.Insert(rest, at, element{name, text})
	}
}

func encoded(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// names are few, so that what is there is met.
func drawName(t *rapid.T) string {
	return rapid.SampledFrom([]string{"A", "B", "C", "D_1", "PATH", "a.b"}).Draw(t, "name")
}

func drawText(t *rapid.T, what string) string {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"", "$A", `"`, `\`, "a\nb", "中文", "<&>", "[1]", `{"a":1}`, "true", "10", " ", "\t"}), rapid.StringMatching(`[ -~]{0,12}`),
	).Draw(t, what)
}

// drawModel is an application that somebody has configured.
func drawModel(t *rapid.T, h *host) model {
	m := model{rest: map[string]string{}}
	for range rapid.IntRange(0, 5).Draw(t, "variables") {
		name := drawName(t)
		text := `{"value": ` + encoded(drawText(t, "value")) + `, "name":` + encoded(name) + `}`
		switch rapid.IntRange(0, 3).Draw(t, "form") {
		case 0:
			text = `{"name":` + encoded(name) + `,"value":` + encoded(drawText(t, "value")) + `,"note":{"b":1,"a":[2]}}`
		case 1:
			text = `{"name":` + encoded(name) + `,"valueFrom":{"secretRef":{"secretId":` + h.secret(t) + `,"key":"password"}}}`
		}
		m.envs = append(m.envs, element{name, text})
	}
	values := map[string]*rapid.Generator[string]{
		"Command": rapid.SampledFrom([]string{"sh", "sleep"}), "CommandArgs": rapid.SampledFrom([]string{`["-c"]`, `["1", "2"]`}),
		"Timezone": rapid.SampledFrom([]string{"UTC", "Asia/Tokyo"}), "PreStop": rapid.Just(`{"exec":{"command":["a"]}}`),
		"Liveness":      rapid.SampledFrom([]string{`{"tcpSocket":{"port":80}}`, `{"tcpSocket":{"port":80},"periodSeconds":9}`}),
		"OssMountDescs": rapid.Just(`[{"bucketName":"b","bucketPath":"/","mountPath":"/b","readOnly":true}]`),
	}
	for _, param := range slices.Sorted(maps.Keys(values)) {
		if rapid.Bool().Draw(t, "has "+param) {
			m.rest[param] = values[param].Draw(t, param)
		}
	}
	return m
}

// drawConfig is what somebody asks for, and what the application has then.
func drawConfig(t *rapid.T, h *host, m model) (*release.Config, model) {
	c := &release.Config{}
	after := model{envs: slices.Clone(m.envs), rest: maps.Clone(m.rest)}
	after.variables(t, h, c)
	given := func(what string) bool { return rapid.Bool().Draw(t, "gives "+what) }
	if given("command") {
		c.Command = rapid.SampledFrom([][]string{{}, {"sh"}, {"other"}}).Draw(t, "command")
		after.rest["Command"] = ""
		if len(c.Command) > 0 {
			after.rest["Command"] = c.Command[0]
		}
	}
	if given("args") {
		c.Args = rapid.SampledFrom([][]string{{}, {"-c"}, {"$A", "<中文>"}}).Draw(t, "args")
		after.list("CommandArgs", c.Args, map[string]string{"-c": `["-c"]`, "$A": `["$A","<中文>"]`})
	}
	if given("probe") {
		c.Probes = &release.Probes{Liveness: &release.Probe{None: true}}
		after.rest["Liveness"] = ""
		if rapid.Bool().Draw(t, "tcp") {
			c.Probes.Liveness = &release.Probe{TCP: 80}
			after.rest["Liveness"] = `{"tcpSocket":{"port":80}}`
		}
	}
	if given("hook") {
		c.Hooks = &release.Hooks{PreStop: &release.Hook{Exec: []string{"b", "c d"}}}
		after.rest["PreStop"] = `{"exec":{"command":["b","c d"]}}`
	}
	if given("zone") {
		zone := rapid.SampledFrom([]string{"UTC", "Europe/Berlin"}).Draw(t, "zone")
		c.Platform = ownOf("Timezone", encoded(zone)).Platform
		after.rest["Timezone"] = zone
	}
	if given("size") {
		c.Resources = &release.Resources{CPU: 2000, Memory: 4096}
		after.rest["Cpu"], after.rest["Memory"] = "2000", "4096"
	}
	return c, after
}

func (m *model) list(param string, of []string, texts map[string]string) {
	m.rest[param] = ""
	if len(of) > 0 {
		m.rest[param] = texts[of[0]]
	}
}

// variables draws what is asked of variables.
func (m *model) variables(t *rapid.T, h *host, c *release.Config) {
	var names []string
	for range rapid.IntRange(0, 4).Draw(t, "changes") {
		v := release.Variable{Name: drawName(t)}
		if slices.Contains(names, v.Name) {
			continue
		}
		names = append(names, v.Name)
		text := ""
		switch rapid.IntRange(0, 3).Draw(t, "change") {
		case 0:
			v.Remove = true
		case 1:
			v.Secret = &release.KeyOf{ID: h.secret(t), Key: "password"}
			text = fmt.Sprintf(`{"name":%s,"valueFrom":{"secretRef":{"secretId":%s,"key":"password"}}}`, encoded(v.Name), h.secret(t))
		default:
			v.Value = new(drawText(t, "new value"))
			text = `{"name":` + encoded(v.Name) + `,"value":` + wireJSON(*v.Value) + `}`
		}
		c.Variables = append(c.Variables, v)
		if text == "" || !m.says(v) {
			m.set(v.Name, text)
		}
	}
	if rapid.Bool().Draw(t, "replace") && len(names) > 0 {
		c.Replace = true
		m.envs = slices.DeleteFunc(m.envs, func(e element) bool { return !slices.Contains(names, e.name) })
	}
}

// wireJSON is a text in JSON without the escapes of HTML.
func wireJSON(text string) string { list := wireText([]string{text}); return list[1 : len(list)-1] }

// says reports whether the last variable of a name is as it is asked for.
func (m *model) says(v release.Variable) bool {
	for _, e := range slices.Backward(m.envs) {
		if e.name != v.Name {
			continue
		}
		var read struct {
			Value     *string
			ValueFrom *struct{ SecretRef struct{ Key string } }
		}
		if json.Unmarshal([]byte(e.text), &read) != nil {
			return false
		}
		if v.Value != nil {
			return read.Value != nil && *read.Value == *v.Value
		}
		return read.ValueFrom != nil && read.Value == nil
	}
	return false
}

// TestMerge_WhatIsReadIsWhatTheModelSays of random applications and random configurations: what is
// not named stays byte for byte.
func TestMerge_WhatIsReadIsWhatTheModelSays(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	rapid.Check(t, func(t *rapid.T) {
		m := drawModel(t, h)
		has := maps.Clone(m.rest)
		for _, param := range []string{"Command", "CommandArgs", "Timezone", "PreStop", "Liveness", "OssMountDescs"} {
			has[param] += "" // cleared where the application has none
		}
		has["Cpu"], has["Memory"], has[paramVariables] = "1000", "2048", m.text()
		h.configure(t, has)
		before := members(t, h.has(t), ofDeployments()...)
		config, after := drawConfig(t, h, m)
		q := release.ReleaseQuestion{Artifact: release.Artifact{Image: image2}, Strategy: allAtOnce(), Config: config}
		planned, _ := h.releases(t, q)
		now := h.has(t)
		require.Equal(t, after.text(), now.text(paramVariables))
		want := maps.Clone(before)
		maps.Copy(want, after.rest)
		want[paramVariables] = after.text()
		maps.DeleteFunc(want, func(_, text string) bool { return text == "" })
		got := members(t, now, ofDeployments()...)
		for _, param := range []string{"CommandArgs", "Liveness", "OssMountDescs"} { // JSON that was the same already stays as it was
			require.Equal(t, structured(want[param]), structured(got[param]))
			delete(want, param)
			delete(got, param)
		}
		require.Equal(t, want, got)
		var changed []string
		for _, s := range planned.Settings {
			changed = append(changed, s.Name)
		}
		require.Equal(t, len(changed) == 0, maps.Equal(before, members(t, now, ofDeployments()...)), "what is planned is what changes: %v", changed)
		require.Empty(t, h.driver.changes(config, now).settings)
	})
}
