package workflows_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
	"slipway/workflows"
)

// contract is the page of what users of Temporal may rely on.
func contract(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../docs/temporal.md")
	require.NoError(t, err)
	return string(page)
}

// registry collects what is registered.
type registry struct {
	worker.WorkflowRegistry

	versioning map[string]workflow.VersioningBehavior
}

func (r *registry) RegisterWorkflowWithOptions(_ any, o workflow.RegisterOptions) {
	r.versioning[o.Name] = o.VersioningBehavior
}

func TestContract_TheContractWithTemporalIsWhatIsRegistered(t *testing.T) {
	t.Parallel()
	r := &registry{versioning: map[string]workflow.VersioningBehavior{}}
	workflows.Register(r)
	listed := map[string]bool{}
	_, table, _ := strings.Cut(contract(t), "\n## Workflows\n")
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) != 7 {
			continue
		}
		for _, name := range regexp.MustCompile("`([A-Z][A-Za-z]+)`").FindAllStringSubmatch(cells[1], -1) {
			listed[name[1]] = true
			pinned := r.versioning[name[1]] == workflow.VersioningBehaviorPinned
			require.Equal(t, pinned, strings.TrimSpace(cells[5]) == "pinned", "versioning of %s", name[1])
		}
	}
	for name := range r.versioning {
		require.True(t, listed[name], "workflow %s is not in the table of docs/temporal.md", name)
	}
	require.Len(t, listed, len(r.versioning), "docs/temporal.md lists a workflow that is not registered")
}

// TestContract_EveryNameIsInTheContract finds every name in package release that Temporal knows.
func TestContract_EveryNameIsInTheContract(t *testing.T) {
	t.Parallel()
	page, public := contract(t), regexp.MustCompile(`^(Workflow|Query|Update|Signal|Error|Search|Command)[A-Z]`)
	names := 0
	files, err := filepath.Glob("../release/*.go")
	require.NoError(t, err)
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || !public.MatchString(spec.Names[0].Name) || len(spec.Values) == 0 {
				return true
			}
			if literal, ok := spec.Values[0].(*ast.BasicLit); ok && literal.Kind == token.STRING {
				name, err := strconv.Unquote(literal.Value)
				require.NoError(t, err)
				require.Contains(t, page, "`"+name+"`", "release.%s is not in docs/temporal.md", spec.Names[0].Name)
				names++
			}
			return true
		})
	}
	require.Greater(t, names, 30)
	for _, id := range []string{release.WorkflowID(""), release.SetWorkflowID(""), release.WatchdogID("")} {
		require.Contains(t, page, "`"+id+"<")
	}
	require.Contains(t, page, "`"+release.PlanID(release.App{Platform: "<platform>", Region: "<region>", ID: "<application ID>"}, "<any>")+"`")
	require.Contains(t, page, "`"+release.PlatformTaskQueue(release.PlatformSAE, "cn-hangzhou")+"`")
	require.Contains(t, release.LaneID(release.App{Platform: "<platform>", Region: "<region>", ID: "<application ID>"}), "lane/<platform>/<region>/<application ID>")
	require.Contains(t, page, "`"+string(release.FaultInvalid)+"`")
}

func TestContract_ExamplesOfTheContractDecode(t *testing.T) {
	t.Parallel()
	types := map[string]any{
		"Request": &release.Request{}, "Progress": &release.Progress{}, "SetRequest": &release.SetRequest{}, "SetProgress": &release.SetProgress{},
		"LaneInput": &release.LaneInput{}, "LaneState": &release.LaneState{}, "LaneCommand": &release.LaneCommand{}, "Command": &release.Command{},
		"Submission": &release.Submission{}, "Receipt": &release.Receipt{}, "ToggleRequest": &release.ToggleRequest{},
		"ToggleResult": &release.ToggleResult{}, "WatchdogRequest": &release.WatchdogRequest{}, "WatchdogResult": &release.WatchdogResult{}, "Plan": &release.Plan{},
	}
	shown := map[string]bool{}
	for _, example := range regexp.MustCompile("(?s)```json (\\w+)\n(.*?)```").FindAllStringSubmatch(contract(t), -1) {
		name, text := example[1], example[2]
		into, known := types[name]
		require.True(t, known, "%s is no type of the contract", name)
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.DisallowUnknownFields()
		require.NoError(t, decoder.Decode(into), name)
		shown[name] = true
	}
	for name := range types {
		require.True(t, shown[name], "docs/temporal.md has no example of %s", name)
	}
	require.NoError(t, types["Request"].(*release.Request).Spec.WithDefaults().Validate())
	require.NoError(t, types["Submission"].(*release.Submission).Spec.WithDefaults().Validate())
	require.NoError(t, types["SetRequest"].(*release.SetRequest).Set.WithDefaults().Validate())
	require.NoError(t, types["ToggleRequest"].(*release.ToggleRequest).Validate())
	command := *types["Command"].(*release.Command)
	command.Kind = release.CommandConfirm
	require.NoError(t, command.Validate())
	require.NoError(t, types["LaneCommand"].(*release.LaneCommand).Validate(release.UpdateHold))
}
