package servicestagesim

import (
	"archive/zip"
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/internal/simframe"
)

const configPath = " /v3/{project}/cas/configs"

// archive makes a zip archive of files.
func archive(t tester, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range simframe.SortedKeys(files) {
		entry, err := z.Create(name)
		require.NoError(t, err)
		_, err = entry.Write([]byte(files[name]))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}

// imports sends an archive, with a policy if there is one.
func (h *harness) imports(t tester, policy string, text []byte) got {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	if policy != "" {
		require.NoError(t, form.WriteField("repetition_policy", policy))
	}
	if text != nil {
		part, err := form.CreateFormFile("upload_file", "configs.zip")
		require.NoError(t, err)
		_, err = part.Write(text)
		require.NoError(t, err)
	}
	require.NoError(t, form.Close())
	return h.send(t, "POST"+configPath+"/import", b.String(), "Content-Type", form.FormDataContentType())
}

func (h *harness) group(t tester, name string) string {
	t.Helper()
	return h.must(t, "POST /v3/{project}/cas/config-groups", fmt.Sprintf(`{"name":%q}`, name)).text("id")
}

func file(group, name, content string) string {
	return fmt.Sprintf(`{"config_group_id":%q,"name":%q,"content":%q,"type":"yaml","sensitive":false}`, group, name, content)
}

func TestConfigs_AreVersioned(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	group := h.group(t, "web")
	made := h.must(t, "POST"+configPath, file(group, "limits", "a: 1"))
	id := made.text("id")
	require.Equal(t, "v1", made.text("version"))
	h.advance(t, time.Second)
	changed := h.must(t, "PUT"+configPath+"/"+id, fmt.Sprintf(`{"config_group_id":%q,"content":"a=2","type":"properties"}`, group))
	require.Equal(t, http.StatusOK, changed.status, "an answer of 204 has no body")
	require.Equal(t, []string{"v2", "properties", "a=2"}, []string{changed.text("version"), changed.text("type"), changed.text("content")})
	histories := h.must(t, "GET"+configPath+"/"+id+"/histories", "")
	require.Equal(t, []string{"v2", "v1"}, histories.texts("histories", "version"))
	old, present := histories.text("histories.1.config_history_id"), histories.text("histories.0.config_history_id")
	require.Equal(t, "a: 1", h.must(t, "GET"+configPath+"/"+id+"/histories/"+old, "").text("content"))
	h.send(t, "DELETE"+configPath+"/"+id+"/histories/"+present, "").refusedBy(t, codeInvalid)
	require.Equal(t, http.StatusNoContent, h.send(t, "DELETE"+configPath+"/"+id+"/histories/"+old, "").status)
	require.Equal(t, 1, h.must(t, "GET"+configPath+"/"+id+"/histories", "").number("count"))
	h.send(t, "DELETE /v3/{project}/cas/config-groups/"+group, "").refusedBy(t, codeInvalid)
	for range 2 {
		require.Equal(t, http.StatusOK, h.send(t, "DELETE"+configPath+"/"+id, "").status, "it makes no difference whether the file exists")
	}
	require.Equal(t, http.StatusNoContent, h.send(t, "DELETE /v3/{project}/cas/config-groups/"+group, "").status)
}

func TestConfigs_Import(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	files := map[string]string{"web/limits.yaml": "a: 1", "web/flags.properties": "b=2", "mail/limits.yaml": "c: 3"}
	counts := func(g got) [3]int {
		return [3]int{g.number("total_num"), g.number("covered_num"), g.number("skip_num")}
	}
	require.Equal(t, [3]int{3, 0, 0}, counts(h.imports(t, "", archive(t, files))))
	files["web/limits.yaml"] = "a: 2"
	require.Equal(t, [3]int{3, 0, 3}, counts(h.imports(t, "skip", archive(t, files))))
	require.Equal(t, "v1", h.must(t, "GET"+configPath+"?name=flags", "").text("configs.0.version"))
	require.Equal(t, [3]int{3, 3, 0}, counts(h.imports(t, "covered", archive(t, files))))
	require.Equal(t, 2, h.must(t, "GET /v3/{project}/cas/config-groups", "").number("count"))
	group := h.must(t, "GET /v3/{project}/cas/config-groups?name=web", "").text("config_groups.0.id")
	list := h.must(t, "GET"+configPath+"?order_by=name&order=asc&config_group_id="+group, "")
	require.Equal(t, []string{"flags", "limits"}, list.texts("configs", "name"))
	require.Equal(t, []string{"b=2", "a: 2"}, list.texts("configs", "content"))
}

func TestConfigs_WhatAnImportRefuses(t *testing.T) {
	t.Parallel()
	many := map[string]string{}
	for i := range maxArchiveFiles + 1 {
		many[fmt.Sprintf("group/f%d.yaml", i)] = ""
	}
	for name, tt := range map[string]struct {
		policy string
		text   []byte
		says   string
	}{
		"no file":              {"", nil, "upload_file must be given"},
		"no archive":           {"", []byte("text"), "no zip archive"},
		"an unknown policy":    {"ask", []byte("text"), "must be covered or skip"},
		"nothing in it":        {"", archive(t, nil), "1 to 500 files, has 0"},
		"too many":             {"", archive(t, many), "1 to 500 files, has 501"},
		"too large":            {"", make([]byte, maxArchive+1), "more than 500 KB"},
		"large when unpacked":  {"", archive(t, map[string]string{"group/aa.yaml": strings.Repeat("a", maxUnpacked+1)}), "too large when it is unpacked"},
		"another type":         {"", archive(t, map[string]string{"group/a.json": "{}"}), "must end in .yaml or .properties"},
		"no folder":            {"", archive(t, map[string]string{"a.yaml": ""}), "must be in a folder"},
		"a folder in a folder": {"", archive(t, map[string]string{"a/b/cc.yaml": ""}), "must be in a folder"},
		"all of it at once":    {"", archive(t, map[string]string{"a.yaml": "", "group/b.json": ""}), "a.yaml: the file must be in a folder whose name a group can have; group/b.json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			before := h.frozen(t)
			require.Contains(t, h.imports(t, tt.policy, tt.text).refusedBy(t, codeInvalid), tt.says)
			require.JSONEq(t, before, h.frozen(t))
		})
	}
}
