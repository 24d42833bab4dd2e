package release_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

func TestInZone(t *testing.T) {
	t.Parallel()
	shanghai := time.FixedZone("", 8*60*60)
	for name, test := range map[string]struct{ text, want string }{
		"none":                  {"the change ended failed", "the change ended failed"},
		"empty":                 {"", ""},
		"alone":                 {"2026-11-28T20:00:00Z", "2026-11-29T04:00:00+08:00"},
		"in a sentence":         {"held since 2026-11-28T20:00:00Z by ann", "held since 2026-11-29T04:00:00+08:00 by ann"},
		"two":                   {"from 2026-11-28T20:00:00Z to 2026-11-28T21:00:00Z; why", "from 2026-11-29T04:00:00+08:00 to 2026-11-29T05:00:00+08:00; why"},
		"before punctuation":    {"(until 2026-11-28T20:00:00Z): why", "(until 2026-11-29T04:00:00+08:00): why"},
		"at the end":            {"until 2026-11-28T20:00:00Z.", "until 2026-11-29T04:00:00+08:00."},
		"in a zone already":     {"until 2026-11-29T04:00:00+08:00", "until 2026-11-29T04:00:00+08:00"},
		"a version":             {"https://oss.example/shop.jar@2026-11-28T20:00:00Z was", "https://oss.example/shop.jar@2026-11-28T20:00:00Z was"},
		"the start of a name":   {"2026-11-28T20:00:00Z-1 was", "2026-11-28T20:00:00Z-1 was"},
		"a file":                {"2026-11-28T20:00:00Z.jar", "2026-11-28T20:00:00Z.jar"},
		"a day that is none":    {"until 2026-02-30T20:00:00Z", "until 2026-02-30T20:00:00Z"},
		"a fraction":            {"until 2026-11-28T20:00:00.5Z", "until 2026-11-28T20:00:00.5Z"},
		"cut":                   {"until 2026-11-28T20:0", "until 2026-11-28T20:0"},
		"after wide characters": {"应用 2026-11-28T20:00:00Z", "应用 2026-11-29T04:00:00+08:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, release.InZone(test.text, shanghai))
			require.Equal(t, test.text, release.InZone(test.text, nil), "in UTC the text stays as it was kept")
		})
	}
}

// Whatever is written into a text is found in it again, whichever zone it came in.
func TestMoment_IsFoundAgain(t *testing.T) {
	t.Parallel()
	shanghai := time.FixedZone("", 8*60*60)
	at := time.Date(2026, 11, 29, 4, 0, 0, 5, shanghai)
	require.Equal(t, "2026-11-28T20:00:00Z", release.Moment(at))
	hold := release.Hold{By: "ann", Reason: "audit", Since: at}
	denial := release.Denial{Artifact: release.Artifact{Image: "shop:1"}, ReleaseID: "r-1", Since: at, Reason: "bad"}
	require.Equal(t, "held since 2026-11-29T04:00:00+08:00 by ann: audit", release.InZone(hold.String(), shanghai))
	require.Equal(t, "shop:1 was rolled back on 2026-11-29T04:00:00+08:00 by release r-1 (bad)", release.InZone(denial.String(), shanghai))
	refused := release.Decision{Kind: release.CommandResume, By: "li", At: at, Refused: "the lane is " + hold.String()}
	require.Equal(t, "resume by li at 2026-11-29T04:00:00+08:00 (refused: the lane is held since 2026-11-29T04:00:00+08:00 by ann: audit)",
		refused.Text(release.UnitBatch, shanghai))
	require.Contains(t, refused.Text(release.UnitBatch, nil), "held since 2026-11-28T20:00:00Z")
}

func TestSpan(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]time.Duration{
		"0s": -time.Second, "59s": 59*time.Second + 900*time.Millisecond, "1m0s": time.Minute, "1h1m": time.Hour + time.Minute + 59*time.Second, "2d3h": 51*time.Hour + 59*time.Minute,
	} {
		require.Equal(t, want, release.Span(d))
	}
}
