package observabilitytest_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/common/promslog"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/discovery/dns"
	"github.com/stretchr/testify/require"
)

// Prometheus reads the settings, finds the rules beside them, and has a job for each role of docker-compose.yml
// that it can reach, with a name by which the rules know it.
func TestScrape_HasAJobForEachRole(t *testing.T) {
	t.Parallel()
	settings, err := config.LoadFile(root+"/deploy/prometheus/prometheus.yml", false, promslog.NewNopLogger())
	require.NoError(t, err)
	require.Len(t, settings.RuleFiles, 1)
	want, err := filepath.Abs(rulesFile)
	require.NoError(t, err)
	got, err := filepath.Abs(settings.RuleFiles[0])
	require.NoError(t, err)
	require.Equal(t, want, got)
	compose := read(t, root+"/docker-compose.yml")
	var jobs []string
	for _, job := range settings.ScrapeConfigs {
		role, ok := strings.CutPrefix(job.JobName, "slipway-")
		require.True(t, ok, job.JobName)
		require.Contains(t, compose, "\n  "+role+":\n    <<: *slipway\n")
		require.Len(t, job.ServiceDiscoveryConfigs, 1)
		found, ok := job.ServiceDiscoveryConfigs[0].(*dns.SDConfig)
		require.True(t, ok)
		require.Equal(t, []string{role}, found.Names)
		require.Equal(t, 8080, found.Port, "SLIPWAY_HTTP_ADDR of the roles")
		jobs = append(jobs, role)
	}
	require.Equal(t, []string{"worker", "starter", "console", "notifier", "hooks"}, jobs)
}

// The container is of the version whose parser and engine these tests use.
func TestScrape_TheImageIsTheVersionThatIsTested(t *testing.T) {
	t.Parallel()
	image := regexp.MustCompile(`image: prom/prometheus:v3\.(\d+\.\d+)\n`).FindStringSubmatch(read(t, root+"/docker-compose.yml"))
	require.NotNil(t, image)
	require.Contains(t, read(t, root+"/devstack/go.mod"), "\tgithub.com/prometheus/prometheus v0.3"+image[1]+"\n", "v3.11.3 is v0.311.3 of the module")
}
