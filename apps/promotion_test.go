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

// TestParse_WhoeverAsksMayBeKeptFromApproving: who that is, each request says.
func TestParse_WhoeverAsksMayBeKeptFromApproving(t *testing.T) {
	t.Parallel()
	data := strings.Replace(shop, `"release": {`, `"release": {"approval": {"count": 2, "notRequester": true},`, 1)
	require.NotEqual(t, shop, data)
	a, err := apps.Parse([]byte(data))
	require.NoError(t, err)
	_, err = a.Resolve(named(t, `{"application":"shop","environment":"production","artifact":{"image":"shop:1"}}`))
	require.ErrorContains(t, err, "requestedBy: is required with approval.notRequester")
}
