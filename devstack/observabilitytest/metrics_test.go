package observabilitytest_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"
)

// served is what a role serves, as docs/metrics.md says: a test of the command line compares that page with what is registered.
type served struct {
	labels []string
	// suffixes are those of the names of its series.
	suffixes []string
}

// servedMetrics reads docs/metrics.md.
func servedMetrics(t *testing.T) map[string]served {
	t.Helper()
	ofTemporal := []string{"namespace", "client_name", "worker_type", "workflow_type", "activity_type", "task_queue"}
	metrics := map[string]served{"up": {suffixes: []string{""}}} // Prometheus' own, of each target
	for _, match := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| (\\w+) \\| ?([^|]*?) ?\\| (.+) \\|$").FindAllStringSubmatch(read(t, root+"/docs/metrics.md"), -1) {
		m := served{suffixes: []string{""}}
		for _, label := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(match[3], -1) {
			m.labels = append(m.labels, label[1])
		}
		if strings.HasPrefix(match[1], "temporal_") {
			m.labels = append(m.labels, ofTemporal...)
		}
		if match[2] == "histogram" {
			m.suffixes = []string{"_bucket", "_sum", "_count"}
			m.labels = append(m.labels, "le")
		}
		for _, suffix := range m.suffixes {
			metrics[match[1]+suffix] = m
		}
	}
	require.Greater(t, len(metrics), 80)
	return metrics
}

// ofTarget are the labels that Prometheus adds to what a target serves.
func ofTarget() []string { return []string{"job", "instance"} }

// requireServed demands of an expression that what it asks for is served: metrics, their labels, and the values of labels.
func requireServed(t *testing.T, metrics map[string]served, where, text string) {
	t.Helper()
	page := read(t, root+"/docs/metrics.md")
	expression, err := promQL().ParseExpr(text)
	require.NoError(t, err, where)
	parser.Inspect(expression, func(node parser.Node, _ []parser.Node) error {
		switch node := node.(type) {
		case *parser.VectorSelector:
			metric, there := metrics[node.Name]
			require.True(t, there, "%s: nobody serves %s", where, node.Name)
			for _, matcher := range node.LabelMatchers {
				if matcher.Name == model.MetricNameLabel || slices.Contains(ofTarget(), matcher.Name) {
					continue
				}
				require.Contains(t, metric.labels, matcher.Name, "%s: %s", where, node.Name)
				if slices.Contains([]string{"task_queue", "application", "status"}, matcher.Name) {
					continue // any value
				}
				for value := range strings.SplitSeq(matcher.Value, "|") {
					require.True(t, regexp.MustCompile(`\b`+value+`\b`).MatchString(page), "%s: the page of metrics does not know %s=%q", where, matcher.Name, value)
				}
			}
		case *parser.AggregateExpr:
			requireLabels(t, metrics, node.Expr, node.Grouping)
		case *parser.BinaryExpr:
			if node.VectorMatching != nil {
				requireLabels(t, metrics, node, node.VectorMatching.MatchingLabels)
			}
		}
		return nil
	})
}

// requireLabels demands that every metric of an expression has the labels.
func requireLabels(t *testing.T, metrics map[string]served, of parser.Node, names []string) {
	t.Helper()
	parser.Inspect(of, func(node parser.Node, _ []parser.Node) error {
		selector, ok := node.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		for _, name := range names {
			require.Contains(t, append(ofTarget(), metrics[selector.Name].labels...), name, "%s: %s has no such label", of, selector.Name)
		}
		return nil
	})
}

func TestRules_AskForWhatIsServed(t *testing.T) {
	t.Parallel()
	metrics := servedMetrics(t)
	for _, rule := range evaluate(t, nil).rules() {
		requireServed(t, metrics, rule.Name(), rule.Query().String())
	}
}
