package failtext_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/internal/failtext"
)

func TestFixed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		a, b string
		same bool
	}{
		"the same text": {"the platform is away", "the platform is away", true},
		"another text":  {"the platform is away", "the platform is busy", false},
		"another request": {
			"sae: DeployApplication: Throttling: slow down (throttled, HTTP 429, request 6F2D1C0A-77B1-5A3E-9C59-0242AC110002)",
			"sae: DeployApplication: Throttling: slow down (throttled, HTTP 429, request 0DE1F7B2-11C3-5F00-8C11-0242AC11000A)", true,
		},
		"another code of the same class": {
			"sae: ListApps: Throttling: slow down (request 6F2D1C0A)", "sae: ListApps: ServiceUnavailable: slow down (request 0DE1F7B2)", false,
		},
		"another port":                    {"read tcp 10.0.0.7:45122->10.1.0.9:443: connection reset", "read tcp 10.0.0.7:45168->10.1.0.9:443: connection reset", true},
		"another time":                    {"no answer since 2026-11-22T19:00:00Z", "no answer since 2026-11-22T19:00:07Z", true},
		"another duration":                {"not done within 5.0003s", "not done within 4.998s", true},
		"an ID of letters and digits":     {"trace EXAMPLE4fdk2", "trace 0EXAMPLE77", true},
		"words of hex letters":            {"bad facade", "bad decade", false},
		"wide characters":                 {"应用 7171a6ca 不存在", "应用 f80db7f6 不存在", true},
		"wide characters without a blank": {"应用7171a6ca不存在", "应用f80db7f6不存在", true},
		"another wide word":               {"应用123不存在", "批次2失败", false},
		"another end of a wide word":      {"应用123不存在", "应用123失败", false},
		"cut in a character":              {"\xe5 1", "\xe5 2", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.same, failtext.Fixed(c.a) == failtext.Fixed(c.b), "%s\n%s", failtext.Fixed(c.a), failtext.Fixed(c.b))
		})
	}
}
