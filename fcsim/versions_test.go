package fcsim

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/internal/simframe"
)

func TestVersions_WhatCountsAsAChange(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		line, body string
		changes    bool
	}{
		"nothing":                          {changes: false},
		"a description of the service":     {"PUT /services/shop", `{"description":"x"}`, true},
		"the same description":             {"PUT /services/shop", `{"description":""}`, false},
		"a description of a function":      {"PUT /services/shop/functions/web", `{"description":"x"}`, true},
		"the same code":                    {"PUT /services/shop/functions/web", `{"customContainerConfig":{"image":"registry.test/shop:2"}}`, false},
		"a new function":                   {"POST /services/shop/functions", image("api", "registry.test/api:1"), true},
		"a function less":                  {"DELETE /services/shop/functions/web", "", true},
		"the newest version deleted":       {"DELETE /services/shop/versions/2", "", true},
		"an older version deleted":         {"DELETE /services/shop/versions/1", "", false},
		"an alias":                         {"PUT /services/shop/aliases/live", `{"versionId":"2"}`, false},
		"instances":                        {"PUT /services/shop.live/functions/web/provision-config", `{"target":1}`, false},
		"an invocation":                    {"POST /services/shop/functions/web/invocations", "x", false},
		"an update that was never in name": {"PUT /services/shop/functions/web", `{}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := published(t)
			if tt.line != "" {
				h.must(t, tt.line, tt.body)
			}
			g := h.send(t, "POST /services/shop/versions", `{"Description":"three"}`)
			if !tt.changes {
				g.refusedBy(t, codeVersionPublish)
				return
			}
			require.Equal(t, http.StatusOK, g.status)
			require.Equal(t, "3", g.text("versionId"), "numbers are never given twice")
			require.Equal(t, "three", g.text("description"))
		})
	}
}

func TestVersions_AreFrozen(t *testing.T) {
	t.Parallel()
	h := published(t)
	read := func() []map[string]any {
		return []map[string]any{
			h.must(t, "GET /services/shop.1", "").body, h.must(t, "GET /services/shop.1/functions/web", "").body,
			h.must(t, "GET /services/shop.1/functions", "").body, h.must(t, "GET /services/shop.1/functions/web/code", "").body,
		}
	}
	before := read()
	require.Equal(t, "one", before[0]["description"], "a version shows its own description")
	h.must(t, "PUT /services/shop", `{"description":"x","logConfig":{"project":"q","logstore":"r"}}`)
	h.must(t, "PUT /services/shop/functions/web", `{"environmentVariables":{"A":"1"},"memorySize":512,"customContainerConfig":{"image":"other"}}`)
	h.must(t, "DELETE /services/shop/functions/web", "")
	h.must(t, "POST /services/shop/functions", image("web", "registry.test/shop:9"))
	require.Equal(t, before, read())
}

func TestVersions_PublishingWithTheServicesETag(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	first := h.must(t, "POST /services", `{"serviceName":"shop"}`).header.Get("ETag")
	second := h.must(t, "PUT /services/shop", `{"description":"x"}`).header.Get("ETag")
	h.send(t, "POST /services/shop/versions", "{}", "If-Match", first).refusedBy(t, codePrecondition)
	g := h.must(t, "POST /services/shop/versions", "", "If-Match", second)
	require.Equal(t, "1", g.text("versionId"), "a service without functions can be published")
	again := h.must(t, "POST /services/shop/versions", "", "X-Fc-Ignore-Version-Publish-Error", "true")
	require.Equal(t, g.body, again.body, "Serverless Devs is answered the newest one")
	h.send(t, "POST /services/shop/versions", "", "X-Fc-Ignore-Version-Publish-Error", "false").refusedBy(t, codeVersionPublish)
}

func TestVersions_Lists(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.must(t, "POST /services", `{"serviceName":"shop"}`)
	for i := range 12 {
		h.must(t, "PUT /services/shop", fmt.Sprintf(`{"description":"%d"}`, i))
		h.must(t, "POST /services/shop/versions", "")
	}
	h.must(t, "DELETE /services/shop/versions/11", "")
	for name, tt := range map[string]struct {
		query string
		want  string
		next  any
	}{
		"the newest":                     {"limit=1", "12", "10"},
		"on from there":                  {"limit=2&nextToken=10", "10 9", "8"},
		"the last":                       {"nextToken=2", "2 1", nil},
		"from a start":                   {"startKey=9&limit=2&direction=BACKWARD", "9 8", "7"},
		"from one that is deleted":       {"startKey=11&limit=1", "10", "9"},
		"forward":                        {"direction=FORWARD&limit=3", "1 2 3", "4"},
		"forward by number, not by name": {"direction=FORWARD&startKey=9", "9 10 12", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := h.must(t, "GET /services/shop/versions?"+tt.query, "")
			require.Equal(t, tt.want, strings.Join(g.names("versions", "versionId"), " "))
			require.Equal(t, tt.next, g.body["nextToken"])
		})
	}
	require.Equal(t, "BACKWARD", h.must(t, "GET /services/shop/versions", "").text("direction"))
}

func TestAliases_LifeOfOne(t *testing.T) {
	t.Parallel()
	h := published(t)
	read := h.must(t, "GET /services/shop/aliases/live", "")
	require.Nil(t, read.body["additionalVersionWeight"], "null until some was given")
	require.Contains(t, read.body, "additionalVersionWeight")
	h.advance(t, time.Minute)
	gray := h.must(t, "PUT /services/shop/aliases/live", `{"versionId":null,"description":null,"additionalVersionWeight":{"2":0.05}}`, "If-Match", read.header.Get("ETag"))
	require.Equal(t, "1", gray.text("versionId"), "null keeps")
	require.Equal(t, "0.05", fmt.Sprint(gray.body["additionalVersionWeight"].(map[string]any)["2"]))
	require.Equal(t, "2026-11-02T08:01:00Z", gray.text("lastModifiedTime"))
	same := h.must(t, "PUT /services/shop/aliases/live", `{"versionId":"1"}`)
	require.Equal(t, gray.header.Get("ETag"), same.header.Get("ETag"))
	require.Equal(t, gray.body, same.body, "absent keeps")
	promoted := h.must(t, "PUT /services/shop/aliases/live", `{"versionId":"2","additionalVersionWeight":{}}`)
	require.Equal(t, map[string]any{}, promoted.body["additionalVersionWeight"], "{} after {}")
	require.NotEqual(t, gray.header.Get("ETag"), promoted.header.Get("ETag"))
	back := h.must(t, "PUT /services/shop/aliases/live", `{"versionId":"1","additionalVersionWeight":{}}`)
	require.NotEqual(t, read.header.Get("ETag"), back.header.Get("ETag"), "there and back is seen")
	for _, accepted := range []string{`{"additionalVersionWeight":{"1":0.5}}`, `{"additionalVersionWeight":{"2":1}}`, `{"additionalVersionWeight":{"2":0}}`} {
		h.must(t, "PUT /services/shop/aliases/live", accepted)
	}
	require.Equal(t, http.StatusNoContent, h.must(t, "DELETE /services/shop/aliases/live", "").status)
	require.Empty(t, h.must(t, "GET /services/shop/aliases", "").list("aliases"))
}

func TestAliases_OneThatDangles(t *testing.T) {
	t.Parallel()
	h := published(t)
	h.must(t, "DELETE /services/shop/versions/1", "")
	require.Equal(t, "1", h.must(t, "GET /services/shop/aliases/live", "").text("versionId"), "the alias stays")
	for _, line := range []string{"GET /services/shop.live", "GET /services/shop.live/functions/web", "POST /services/shop.live/functions/web/invocations"} {
		h.send(t, line, "").refusedBy(t, codeVersionNotFound)
	}
	h.must(t, "DELETE /services/shop/versions/2", "")
	h.must(t, "DELETE /services/shop/functions/web", "")
	h.must(t, "DELETE /services/shop", "")
}

// modelService is what versions and aliases of one service have to be.
type modelService struct {
	published int
	versions  map[int]string // descriptions
	changed   bool
	aliases   map[string]int
}

// TestVersions_AgainstAModel draws calls and compares what they answer with a model.
func TestVersions_AgainstAModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := direct(t)
		h.must(t, "POST /services", `{"serviceName":"s"}`)
		m := &modelService{versions: map[int]string{}, changed: true, aliases: map[string]int{}}
		number := rapid.IntRange(1, 6)
		name := rapid.SampledFrom([]string{"a", "b"})
		count := 0
		expect := func(g got, code string) bool {
			if code != "" {
				g.refusedBy(t, code)
				return false
			}
			require.Less(t, g.status, 300, string(g.raw))
			return true
		}
		t.Repeat(map[string]func(*rapid.T){
			"update": func(t *rapid.T) {
				count++
				h.must(t, "PUT /services/s", fmt.Sprintf(`{"description":"d%d"}`, count))
				m.changed = true
			},
			"publish": func(t *rapid.T) {
				g := h.send(t, "POST /services/s/versions", fmt.Sprintf(`{"description":"p%d"}`, m.published))
				if expect(g, when(!m.changed, codeVersionPublish)) {
					m.versions[m.published+1] = fmt.Sprintf("p%d", m.published)
					m.published++
					m.changed = false
					require.Equal(t, fmt.Sprint(m.published), g.text("versionId"))
				}
			},
			"delete a version": func(t *rapid.T) {
				id := number.Draw(t, "version")
				_, exists := m.versions[id]
				if expect(h.send(t, fmt.Sprintf("DELETE /services/s/versions/%d", id), ""), when(!exists, codeVersionNotFound)) {
					newest := true
					for other := range m.versions {
						newest = newest && other <= id
					}
					delete(m.versions, id)
					m.changed = m.changed || newest
				}
			},
			"create an alias": func(t *rapid.T) {
				alias, id := name.Draw(t, "alias"), number.Draw(t, "version")
				_, version := m.versions[id]
				_, exists := m.aliases[alias]
				code := when(exists, codeAliasExists)
				if !version {
					code = codeVersionNotFound
				}
				if expect(h.send(t, "POST /services/s/aliases", fmt.Sprintf(`{"aliasName":%q,"versionId":"%d"}`, alias, id)), code) {
					m.aliases[alias] = id
				}
			},
			"move an alias": func(t *rapid.T) {
				alias, id := name.Draw(t, "alias"), number.Draw(t, "version")
				_, version := m.versions[id]
				_, exists := m.aliases[alias]
				code := when(!version, codeVersionNotFound)
				if !exists {
					code = codeAliasNotFound
				}
				if expect(h.send(t, "PUT /services/s/aliases/"+alias, fmt.Sprintf(`{"versionId":"%d","additionalVersionWeight":{}}`, id)), code) {
					m.aliases[alias] = id
				}
			},
			"delete an alias": func(t *rapid.T) {
				alias := name.Draw(t, "alias")
				_, exists := m.aliases[alias]
				if expect(h.send(t, "DELETE /services/s/aliases/"+alias, ""), when(!exists, codeAliasNotFound)) {
					delete(m.aliases, alias)
				}
			},
			"": func(t *rapid.T) { m.compare(t, h) },
		})
	})
}

func when(holds bool, code string) string {
	if holds {
		return code
	}
	return ""
}

// compare holds what can be read against the model.
func (m *modelService) compare(t tester, h *harness) {
	want := []string{}
	for id := 1; id <= m.published; id++ {
		if _, exists := m.versions[id]; exists {
			want = append(want, fmt.Sprint(id))
		}
	}
	require.Equal(t, want, h.must(t, "GET /services/s/versions?direction=FORWARD&limit=100", "").names("versions", "versionId"))
	require.Equal(t, simframe.SortedKeys(m.aliases), h.must(t, "GET /services/s/aliases", "").names("aliases", "aliasName"))
	for alias, id := range m.aliases {
		require.Equal(t, fmt.Sprint(id), h.must(t, "GET /services/s/aliases/"+alias, "").text("versionId"))
		g := h.send(t, "GET /services/s."+alias, "")
		if description, exists := m.versions[id]; exists {
			require.Equal(t, description, g.text("description"))
		} else {
			g.refusedBy(t, codeVersionNotFound)
		}
	}
}
