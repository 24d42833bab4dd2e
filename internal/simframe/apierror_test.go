package simframe_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/internal/simframe"
)

// toyCodes knows two codes.
func toyCodes() simframe.Codes {
	return func(code string) (int, string) {
		switch code {
		case "Gone":
			return http.StatusNotFound, "%s is gone"
		case "Broken":
			return http.StatusInternalServerError, "something broke"
		}
		return http.StatusBadRequest, "%s"
	}
}

func TestCodes_Refuse(t *testing.T) {
	t.Parallel()
	refused := toyCodes().Refuse("Gone", "shop")
	require.Equal(t, &simframe.APIError{Status: http.StatusNotFound, Code: "Gone", Message: "shop is gone"}, refused)
	require.EqualError(t, refused, "404 Gone: shop is gone")
}

func TestCodes_RefuseFault(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault simframe.Fault
		want  simframe.APIError
	}{
		"no code":                 {simframe.Fault{}, simframe.APIError{Status: http.StatusInternalServerError, Code: "Broken", Message: "something broke"}},
		"a code as it is":         {simframe.Fault{Code: "Gone"}, simframe.APIError{Status: http.StatusNotFound, Code: "Gone", Message: "- is gone"}},
		"its own status and text": {simframe.Fault{Code: "Gone", Status: 418, Message: "later"}, simframe.APIError{Status: 418, Code: "Gone", Message: "later"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, *toyCodes().RefuseFault(tt.fault, "Broken"))
		})
	}
}
