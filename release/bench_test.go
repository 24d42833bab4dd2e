package release_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// BenchmarkValidate is what the check of a request costs, with a variable of each of a dozen names.
func BenchmarkValidate(b *testing.B) {
	s := release.Spec{
		App: anApp(), Artifact: release.Artifact{Image: "registry.example/shop:1.4.2"}, Strategy: release.Strategy{Type: release.StrategyGray},
		Config: &release.Config{Mounts: validMounts()},
	}
	for _, name := range []string{"A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L"} {
		s.Config.Variables = append(s.Config.Variables, release.Variable{Name: name, Value: new("x")})
	}
	s = s.WithDefaults()
	require.NoError(b, s.Validate())
	b.ReportAllocs()
	for b.Loop() {
		_ = s.Validate()
	}
}

// BenchmarkPattern holds the check of one name against the same with its pattern compiled each time, and reports how
// many times as long that would take.
func BenchmarkPattern(b *testing.B) {
	const name = "orders-api"
	traits, _ := release.TraitsOf(release.PlatformSAE)
	began := time.Now()
	for b.Loop() {
		if !traits.AppID.MatchString(name) {
			b.Fatal("no match")
		}
	}
	once := time.Since(began) / time.Duration(b.N)
	const rounds = 200
	began = time.Now()
	for range rounds {
		if !regexp.MustCompile(traits.AppID.String()).MatchString(name) {
			b.Fatal("no match")
		}
	}
	b.ReportMetric(float64(time.Since(began)/rounds)/float64(max(once, 1)), "ratio")
}
