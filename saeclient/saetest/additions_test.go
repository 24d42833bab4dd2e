package saetest_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/saeclient"
	"slipway/saeclient/saetest"
)

// additions are what the fact file says that today's service has beyond the reference in its
// operations: parameters as Operation.Parameter, and members of answers with their places.
func additions(t *testing.T) (parameters, members []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "api", "sae", "newer.json"))
	require.NoError(t, err)
	var facts struct {
		Additions []struct {
			Name     string                  `json:"name"`
			Params   []struct{ Name string } `json:"params"`
			Response []struct {
				Path     string `json:"path"`
				Presence string `json:"presence"`
			} `json:"response"`
		} `json:"additions"`
	}
	require.NoError(t, json.Unmarshal(text, &facts))
	for _, op := range facts.Additions {
		for _, p := range op.Params {
			parameters = append(parameters, op.Name+"."+p.Name)
		}
		for _, m := range op.Response {
			if m.Presence != "failure-only" {
				members = append(members, op.Name+"."+m.Path)
			}
		}
	}
	return parameters, members
}

// requireAdditions holds what was sent against the facts: the story sends each parameter that today's
// service has beyond the reference, or says why not.
func requireAdditions(t *testing.T, report saetest.Report) {
	t.Helper()
	all, _ := additions(t)
	require.ElementsMatch(t, all, saetest.Additions())
	sent, without := report.Additions(), saetest.NotSent()
	for _, name := range all {
		_, left := without[name]
		require.NotEqual(t, left, slices.Contains(sent, name), "%s is sent, or NotSent has the reason why not", name)
	}
	require.Len(t, all, len(sent)+len(without))
	for name, reason := range without {
		t.Attr("sae-simulated-param-without", name+": "+reason)
	}
}

// requireMembers counts the members of answers that today's service has beyond the reference: the
// simulator answers each, or the reason why not is known.
// It returns the reasons.
func requireMembers(t *testing.T, report saetest.Report) map[string]string {
	t.Helper()
	_, all := additions(t)
	without := map[string]string{}
	for _, place := range all {
		reason := absent(place)
		if slices.Contains(report.Seen, place) {
			require.Empty(t, reason, "%s is answered", place)
			t.Attr("sae-simulated-member", place)
			continue
		}
		require.NotEmpty(t, reason, "no answer has %s", place)
		without[place] = reason
		t.Attr("sae-simulated-member-without", place+": "+reason)
	}
	return without
}

// requireReadme wants the counts in the README, and what is left out with its reasons.
func requireReadme(t *testing.T, report saetest.Report, absent map[string]string) {
	t.Helper()
	parameters, members := additions(t)
	var b strings.Builder
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(&b, format+"\n", args...) }
	line("| | in the facts | in the story | left out |")
	line("| --- | --- | --- | --- |")
	line("| operations | %d | %d | %d |", len(saeclient.Operations()), len(report.Answered), len(saetest.LeftOut()))
	line("| parameters that operations of the reference have today beyond it | %d | %d | %d |",
		len(parameters), len(report.Additions()), len(saetest.NotSent()))
	line("| members of their answers beyond it | %d | %d | %d |", len(members), len(members)-len(absent), len(absent))
	line("")
	line("| left out | | why |")
	line("| --- | --- | --- |")
	for _, left := range []struct {
		what    string
		reasons map[string]string
	}{{"operations", saetest.LeftOut()}, {"parameters", saetest.NotSent()}, {"members", absent}} {
		counts := map[string]int{}
		for _, reason := range left.reasons {
			counts[reason]++
		}
		most := func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) }
		for _, reason := range slices.SortedFunc(maps.Keys(counts), most) {
			line("| %s | %d | %s |", left.what, counts[reason], reason)
		}
	}
	text, err := os.ReadFile(filepath.Join("..", "README.md"))
	require.NoError(t, err)
	require.True(t, strings.Contains(string(text), b.String()), "README.md has other counts:\n%s", &b)
}

// absent is the reason why the simulator does not answer a member; empty where it does.
func absent(place string) string {
	for _, group := range absentMembers() {
		if group.places.MatchString(place) {
			return group.reason
		}
	}
	return ""
}

type absentGroup struct {
	reason string
	places *regexp.Regexp
}

// absentMembers are the members of answers that the simulator does not have, by the reason.
func absentMembers() []absentGroup {
	var groups []absentGroup
	for _, g := range [][2]string{
		{"SDK models have it, and the reference says that these answers have none: what the service sends is not known", `ScalingRules?\.(Code|Message|Success)$`},
		{"it tells of a parameter that the simulator refuses", `EnableIdle$|IdleHour$|\.Gpu`},
		{"it tells of a load balancer, which SAE shows and does not set", `DescribeApplicationSlbs\..*(Cookie|Drain|Cert|Sticky|VServerGroup|Expired|CreateTime)\w*$`},
		{"no text says what its values are", `Instances\[\]\.(DebugStatus|MainContainerStatus|SidecarContainersStatus|Tags|Timestamp|UnhealthyMessage)$|` +
			`ApplicationEnableGreyTagRoute$|AppType$|Children$|PackageVersionId$|RuleActions$|CreatedBySae$|TimeZone$`},
		{"it belongs to a service beside SAE", `\.(Mse\w+|RaspEnabled|ApmJavaAgentVersion|CmsServiceId|ClusterId|DeploymentName|` +
			`Metric\.(Prometheus|MetricSource)\w*|CauseAnalysis|AddressServerHost|SlsConfigs)$|DescribeAppServiceDetail`},
		{"bills are not simulated", `QueryResourceStatics`},
		{"it is answered of one ingress, and not in lists", `ListIngresses.*\.(CorsConfig|IdleTimeout|RequestTimeout)$`},
		{"no ingress keeps its time", `ListIngresses.*CreateTime$`},
		{"a list of images has none", `PackageUrl$`},
	} {
		groups = append(groups, absentGroup{reason: g[0], places: regexp.MustCompile(g[1])})
	}
	return groups
}

// TestLeftOut_IsWhatTheSimulatorRefuses calls what the story does not: the simulator has not got it.
func TestLeftOut_IsWhatTheSimulatorRefuses(t *testing.T) {
	t.Parallel()
	target, _ := simulated(t)
	for name := range saetest.LeftOut() {
		op, known := saeclient.LookupOperation(name)
		require.True(t, known, name)
		_, err := target.Caller.Call(t.Context(), name, placeholders(op))
		requireUnserved(t, err, "Simulator.OperationUnsupported", name)
	}
}

// TestNotSent_IsWhatTheSimulatorRefuses sends what the story does not: the simulator names it.
func TestNotSent_IsWhatTheSimulatorRefuses(t *testing.T) {
	t.Parallel()
	target, _ := simulated(t)
	for name := range saetest.NotSent() {
		operation, parameter, _ := strings.Cut(name, ".")
		op, known := saeclient.LookupOperation(operation)
		require.True(t, known, name)
		params := map[string]string{}
		for _, p := range op.Params {
			if p.Required {
				params[p.Name] = p.Example
			}
		}
		p, known := op.Param(parameter)
		require.True(t, known, name)
		params[parameter] = p.Example
		_, err := target.Caller.Call(t.Context(), operation, params)
		requireUnserved(t, err, "Simulator.ParameterUnsupported", parameter)
	}
}

// requireUnserved wants the refusal of the simulator's own that names something.
func requireUnserved(t *testing.T, err error, code, name string) {
	t.Helper()
	refused, ok := errors.AsType[*saetest.RefusedError](err)
	require.True(t, ok, "%s: %v", name, err)
	require.Equal(t, code, refused.Code, "%s: %v", name, err)
	require.Contains(t, refused.Message, name)
}
