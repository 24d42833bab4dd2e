package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// columns are those of operations.
func columns() []column { return tables("sae", facts{})[0].columns }

// told are the lines of a test that covers operations by all columns, and then passes or fails.
func told(test, action string, operations ...string) string {
	var b strings.Builder
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(&b, format+"\n", args...) }
	for _, c := range columns() {
		for _, name := range operations {
			line(`{"Action":"attr","Package":"p","Test":%q,"Key":%q,"Value":"%s"}`, test, c.key, name)
		}
	}
	line(`{"Action":"output","Package":"p","Test":%q,"Output":"it said so\n"}`, test)
	line(`{"Action":%q,"Package":"p","Test":%q}`, action, test)
	return b.String()
}

func attr(key, value string) string {
	return fmt.Sprintf(`{"Action":"attr","Package":"p","Test":"T","Key":%q,"Value":%q}`+"\n", key, value)
}

func TestCoverage_EachCloudHasTheClientsThatThereAre(t *testing.T) {
	t.Parallel()
	titles := func(cloud string) (titles []string) {
		for _, c := range tables(cloud, facts{})[0].columns {
			titles = append(titles, c.title)
		}
		return titles
	}
	require.Equal(t, []string{"typed", "simulated", "sample-tested", "error-tested", "official SDK V1", "official SDK V3"}, titles("sae"))
	require.Equal(t, []string{"typed", "simulated", "sample-tested", "error-tested", "the vendor's Node client"}, titles("fc"))
	require.Equal(t, []string{"typed", "simulated", "sample-tested", "error-tested", "the vendor's Go SDK"}, titles("servicestage"))
}

// The facts of one cloud may be in several folders, one for each package of its client.
func TestCoverage_FoldersBelowTheFacts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "v2"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "operations.json"), []byte(`{"operations":[{"name":"A","group":"one"}]}`), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "v2", "operations.json"), []byte(`{"operations":[{"name":"B","group":"two"}]}`), 0o600))
	var out bytes.Buffer
	err := run([]string{"-facts", filepath.Join(dir, "operations.json")}, strings.NewReader(told("T", "pass", "A")), &out, &out)
	require.ErrorContains(t, err, "typed: B is not covered")
	require.NoError(t, run([]string{"-facts", filepath.Join(dir, "operations.json")}, strings.NewReader(told("T", "pass", "A", "B")), &out, &out))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "v2", "operations.json"), []byte(`{}`), 0o600))
	require.ErrorContains(t, run([]string{"-facts", filepath.Join(dir, "operations.json")}, strings.NewReader(""), &out, &out), "no operations")
}

func TestCoverage(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "operations.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"operations":[{"name":"A","group":"one"},{"name":"B","group":"two"}]}`), 0o600))
	for name, tt := range map[string]struct {
		in   string
		want string // the sum of all
		fail []string
	}{
		"everything":         {in: told("T", "pass", "A", "B"), want: "all 2 2 2 2 2 2 2"},
		"twice":              {in: told("T", "pass", "A", "B") + told("U", "pass", "A"), want: "all 2 2 2 2 2 2 2"},
		"not everything":     {in: told("T", "pass", "A"), want: "all 2 1 1 1 1 1 1", fail: []string{"typed: B is not covered", "official SDK V3: B is not covered"}},
		"nothing":            {want: "all 2 0 0 0 0 0 0", fail: []string{"simulated: A is not covered"}},
		"a failing test":     {in: told("T", "pass", "A") + told("U", "fail", "B"), fail: []string{"tests failed: p U"}},
		"a test without end": {in: strings.ReplaceAll(told("T", "pass", "A", "B"), `"pass"`, `"run"`), want: "all 2 0 0 0 0 0 0", fail: []string{"typed: A is not covered"}},
		"another operation":  {in: told("T", "pass", "A", "B", "C"), want: "all 2 2 2 2 2 2 2", fail: []string{"typed: the facts have no C"}},
		"no JSON":            {in: "FAIL", fail: []string{"read the output of go test -json"}},
		"a reason for nothing": {
			in: attr("sae-v1-without", "B: it breaks") + told("T", "pass", "A", "B"), want: "all 2 2 2 2 2 2 2",
			fail: []string{"official SDK V1: B is covered, and excused: it breaks"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, diagnostics bytes.Buffer
			err := run([]string{"-facts", path}, strings.NewReader(tt.in), &out, &diagnostics)
			for _, what := range tt.fail {
				require.ErrorContains(t, err, what)
			}
			if len(tt.fail) == 0 {
				require.NoError(t, err)
			}
			require.Contains(t, strings.Join(strings.Fields(out.String()), " "), tt.want)
			require.Equal(t, strings.Contains(tt.in, `"fail"`), strings.Contains(diagnostics.String(), "it said so"))
		})
	}
}

func TestCoverage_ReasonsExcuseAndAreShown(t *testing.T) {
	t.Parallel()
	known := facts{Operations: []operation{{Name: "A", Group: "one"}, {Name: "B", Group: "one"}, {Name: "C", Group: "one"}}}
	seen := attributes{"sae-v1": {"A"}, "sae-v1-without": {"B: it breaks", "C: it breaks"}}
	for _, c := range columns() {
		if c.key != "sae-v1" {
			seen[c.key] = []string{"A", "B", "C"}
		}
	}
	r, err := tables("sae", known)[0].judge(seen)
	require.NoError(t, err)
	var out strings.Builder
	require.NoError(t, r.print(&out))
	require.Contains(t, out.String(), "left out, official SDK V1: 2, it breaks: B, C\n")
	require.Equal(t, row{group: "one", facts: 3, covered: []int{3, 3, 3, 3, 1, 3}}, r.rows[0])
}

func TestCoverage_ErrorsAreCountedByTheirPlace(t *testing.T) {
	t.Parallel()
	operations := []operation{{Name: "A"}, {Name: "B"}}
	require.NoError(t, json.Unmarshal([]byte(`[{"code":"Code.One"},{"code":"Code.Three"}]`), &operations[0].Errors))
	require.Equal(t, provoked{listed: 2, provoked: 1, common: 1, unlisted: 1},
		countErrors(operations, []string{"A Code.One", "A Code.Two", "A Code.One", "B Code.One"}))
}

// TestCoverage_AdditionsHaveTablesOfTheirOwn: parameters and members beyond the reference, by their operation.
func TestCoverage_AdditionsHaveTablesOfTheirOwn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "operations.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"operations":[{"name":"A","group":"one"}]}`), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "newer.json"), []byte(`{"operations":[{"name":"B","group":"one"}],
		"additions":[{"name":"A","params":[{"name":"P"},{"name":"Q"}],"response":[{"path":"Data.M"},{"path":"ErrorCode","presence":"failure-only"}]}]}`), 0o600))
	covered := told("T", "pass", "A", "B")
	sent := attr("sae-simulated-param", "A.P") + attr("sae-v1-param", "A.P") + attr("sae-v3-param", "A.P")
	var out, diagnostics bytes.Buffer
	err := run([]string{"-facts", path}, strings.NewReader(sent+attr("sae-simulated-member", "A.Data.M")+covered), &out, &diagnostics)
	require.ErrorContains(t, err, "typed: A.Q is not covered")
	require.NotContains(t, err.Error(), "Data.M")
	for _, column := range []string{"simulated", "v1", "v3"} {
		sent += attr("sae-"+column+"-param-without", "A.Q: it is refused")
	}
	err = run([]string{"-facts", path}, strings.NewReader(sent+covered), &out, &diagnostics)
	require.ErrorContains(t, err, "simulated: A.Data.M is not covered")
	out.Reset()
	require.NoError(t, run([]string{"-facts", path}, strings.NewReader(sent+attr("sae-simulated-member", "A.Data.M")+covered), &out, &diagnostics))
	table := strings.Join(strings.Fields(out.String()), " ")
	require.Contains(t, table, "parameters beyond the reference, of in the facts typed official SDK V1 official SDK V3 A 2 1 1 1 all 2 1 1 1 left out, typed, official SDK V1, official SDK V3: 1, it is refused: A.Q")
	require.Contains(t, table, "members of answers beyond the reference, of in the facts simulated A 1 1 all 1 1")
}

func TestCoverage_NewerFactsCount(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "operations.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"operations":[{"name":"A","group":"one"}]}`), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "newer.json"), []byte(`{"operations":[{"name":"B","group":"one"}]}`), 0o600))
	var out, diagnostics bytes.Buffer
	require.ErrorContains(t, run([]string{"-facts", path}, strings.NewReader(told("T", "pass", "A")), &out, &diagnostics), "typed: B is not covered")
	require.NoError(t, run([]string{"-facts", path}, strings.NewReader(told("T", "pass", "A", "B")), &out, &diagnostics))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "newer.json"), []byte(`{`), 0o600))
	require.ErrorContains(t, run([]string{"-facts", path}, strings.NewReader(told("T", "pass", "A")), &out, &diagnostics), "newer.json")
}
