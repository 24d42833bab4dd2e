package apps_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/apps"
	"slipway/release"
)

func TestPromotion_EachEnvironmentGetsWhatIsPromotedFromOne(t *testing.T) {
	t.Parallel()
	data := strings.TrimSuffix(strings.TrimSpace(shop), "}") + `, "promotion": [{"from": "staging", "to": "production", "after": "90m", "auto": true}]}`
	a, err := apps.Parse([]byte(data))
	require.NoError(t, err)
	step, ok := a.PromotionTo("production")
	require.True(t, ok)
	require.Equal(t, apps.Promotion{From: "staging", To: "production", After: release.Duration(90 * time.Minute), Auto: true}, step)
	_, ok = a.PromotionTo("staging")
	require.False(t, ok)
	require.True(t, a.PromotesItself("staging"))
	require.False(t, a.PromotesItself("production"))
}
