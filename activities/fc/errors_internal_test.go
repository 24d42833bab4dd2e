package fc

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"slipway/activities/cloud"
	"slipway/cloudapi"
	"slipway/fcclient"
	"slipway/release"
)

// TestFC_FaultsOfErrors: what the codes of Function Compute mean to a workflow.
func TestFC_FaultsOfErrors(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]release.Fault{
		fcclient.CodeConcurrentUpdate:        release.FaultNotNow, // it reads again, and judges again
		fcclient.CodePreconditionFailed:      release.FaultNotNow,
		fcclient.CodeAliasAlreadyExists:      release.FaultNotNow,
		fcclient.CodeResourceThrottled:       release.FaultNotNow,
		fcclient.CodeResourceExhausted:       release.FaultQuota,
		fcclient.CodeAliasNotFound:           release.FaultNotFound,
		fcclient.CodeVersionNotFound:         release.FaultNotFound,
		fcclient.CodeSignatureNotMatch:       release.FaultAuth,
		"AccessDenied":                       release.FaultAuth,
		"InvalidArgument":                    release.FaultInvalid,
		"InternalServerError":                release.FaultAmbiguous,
		fcclient.CodeInstanceMetricsRequired: release.FaultInvalid,
	} {
		known, ok := fcclient.LookupErrorCode(code)
		require.True(t, ok, code)
		var app *temporal.ApplicationError
		require.ErrorAs(t, failed(&cloudapi.Error{Code: code, Class: known.Class, HTTPStatus: known.HTTPStatus}), &app)
		require.Equal(t, string(want), app.Type(), code)
		require.Equal(t, !want.Retryable(), app.NonRetryable(), code)
	}
	require.NoError(t, failed(nil))
	require.Equal(t, context.Canceled, failed(context.Canceled))
	mapped := cloud.Refused(release.FaultFrozen, "held")
	require.Equal(t, mapped, failed(mapped), "one that has a fault keeps it")
	require.NotContains(t, failed(errors.New("cannot fetch https://b.oss/a.zip?Signature=canary")).Error(), "canary")
}

// TestNew_RefusesWhatCannotWork.
func TestNew_RefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	_, err := New(Config{})
	require.ErrorContains(t, err, "fc: Config.Client is missing")
	_, err = New(Config{Client: &fcclient.Client{}, Settle: -1})
	require.ErrorContains(t, err, "fc: Config.Settle must not be negative")
	d, err := Opener(&fcclient.Client{}, 0)(nil)
	require.NoError(t, err)
	require.NotNil(t, d)
}
