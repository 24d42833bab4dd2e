package acs_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/internal/acs"
)

func TestIsRegion(t *testing.T) {
	t.Parallel()
	for text, is := range map[string]bool{
		"cn-hangzhou": true, "cn-shanghai-finance-1": true, "": false, "cn": false, "cn-": false, "CN-hangzhou": false, "cn-hangzhou.example": false,
	} {
		require.Equal(t, is, acs.IsRegion(text), text)
	}
}
