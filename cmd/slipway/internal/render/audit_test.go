package render_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/audit"
	"slipway/cmd/slipway/internal/render"
	"slipway/release"
)

// TestRender_AuditIdentity: whoever reads must see by which way somebody is known.
func TestRender_AuditIdentity(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]audit.Entry{
		"ann (verified by subject) approve":        {By: "ann", Verified: true, Via: release.ViaEvent, Action: audit.ActionApprove},
		"ann (verified by key ann-laptop) approve": {By: "ann", Verified: true, SignedBy: "ann-laptop", Via: release.ViaEvent, Action: audit.ActionApprove},
		"ann (claimed) approve":                    {By: "ann", Via: release.ViaUpdate, Action: audit.ActionApprove},
		"slipway (claimed) refuse":                 {By: release.Slipway, Via: release.ViaEvent, Action: audit.ActionRefuse},
		"slipway end":                              {By: release.Slipway, Action: audit.ActionEnd},
		"ann apply":                                {By: "ann", Via: audit.ViaDocument, Action: audit.ActionApply},
		"? unknown":                                {Action: audit.ActionUnknown},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			e.Time = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
			require.Equal(t, "2026-11-22T12:00:00Z "+want+"\n", render.AuditLine(e, false, render.Style{}))
		})
	}
}
