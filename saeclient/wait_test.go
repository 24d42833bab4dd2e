package saeclient_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/saeclient"
)

// orderAnswer is DescribeChangeOrder's answer with a status.
func orderAnswer(status, sub int) string {
	return fmt.Sprintf(`ok {"RequestId":"1","Success":true,"Data":{"ChangeOrderId":"co-1","Status":%d,"SubStatus":%d}}`, status, sub)
}

func TestWaitForChangeOrder(t *testing.T) {
	t.Parallel()
	const (
		running  = saeclient.ChangeOrderRunning
		confirm  = saeclient.ChangeOrderWaitBatchConfirm
		approval = saeclient.ChangeOrderWaitApproval
		success  = saeclient.ChangeOrderSuccess
	)
	attention := saeclient.WaitOptions{Until: saeclient.DescribeChangeOrderData.NeedsSomebody}
	for name, tt := range map[string]struct {
		options saeclient.WaitOptions
		answers []string
		status  int
		class   error
		took    time.Duration
	}{
		"finished at once": {saeclient.WaitOptions{}, []string{orderAnswer(success, 0)}, success, nil, 0},
		"to the end": {
			saeclient.WaitOptions{},
			[]string{orderAnswer(0, 0), orderAnswer(running, 0), orderAnswer(9, 0), orderAnswer(12, 0), orderAnswer(success, 0)},
			success, nil, 8 * time.Second,
		},
		"failed":        {saeclient.WaitOptions{}, []string{orderAnswer(3, 0)}, saeclient.ChangeOrderFail, nil, 0},
		"aborted":       {saeclient.WaitOptions{}, []string{orderAnswer(6, 0)}, saeclient.ChangeOrderAbort, nil, 0},
		"system failed": {saeclient.WaitOptions{}, []string{orderAnswer(10, 0)}, saeclient.ChangeOrderSystemFail, nil, 0},
		"past confirmations and approvals": {
			saeclient.WaitOptions{},
			[]string{orderAnswer(approval, 0), orderAnswer(confirm, 0), orderAnswer(running, 1), orderAnswer(6, 0)},
			saeclient.ChangeOrderAbort, nil, 90 * time.Second,
		},
		"until a confirmation is needed": {attention, []string{orderAnswer(running, 0), orderAnswer(confirm, 0)}, confirm, nil, 2 * time.Second},
		"until an approval is needed":    {attention, []string{orderAnswer(approval, 0)}, approval, nil, 0},
		"until it is broken":             {attention, []string{orderAnswer(running, 0), orderAnswer(running, 1)}, running, nil, 2 * time.Second},
		"a failed look":                  {saeclient.WaitOptions{}, []string{orderAnswer(running, 0), "down"}, running, cloudapi.ErrUnavailable, 2 * time.Second},
		"failed looks, in a row": {
			saeclient.WaitOptions{Failures: 2},
			[]string{"down", "down", orderAnswer(running, 0), "down", "throttled 7", orderAnswer(success, 0)},
			success, nil, 15 * time.Second,
		},
		"too many failed looks": {saeclient.WaitOptions{Failures: 1}, []string{"down", "down"}, 0, cloudapi.ErrUnavailable, 2 * time.Second},
		"not there": {
			saeclient.WaitOptions{Failures: 9}, []string{`ok {"Success":false,"Code":"InvalidChangeOrder.NotFound"}`}, 0, cloudapi.ErrNotFound, 0,
		},
		"at the caller's pace": {
			saeclient.WaitOptions{Delay: func(o saeclient.DescribeChangeOrderData) time.Duration { return time.Duration(o.Status) * time.Hour }},
			[]string{orderAnswer(running, 0), orderAnswer(9, 0), orderAnswer(success, 0)},
			success, nil, 10 * time.Hour,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			looks := 0
			stage(t, func(n int) string { looks = n; return tt.answers[n-1] }, func(t *testing.T, client *saeclient.Client) {
				t.Helper()
				began := time.Now()
				seen, err := client.WaitForChangeOrder(t.Context(), "co-1", tt.options)
				require.ErrorIs(t, err, tt.class)
				require.Equal(t, tt.status, seen.Status)
				require.Equal(t, tt.took, time.Since(began))
			})
			require.Len(t, tt.answers, looks)
		})
	}
}

func TestWait_AWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	stage(t, func(int) string { return orderAnswer(8, 0) }, func(t *testing.T, client *saeclient.Client) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		seen, err := client.WaitForChangeOrder(ctx, "co-1", saeclient.WaitOptions{})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, cloudapi.ErrUnavailable)
		require.Equal(t, saeclient.ChangeOrderWaitBatchConfirm, seen.Status, "what was seen last comes with it")
	})
}

func TestWait_AWaitWithTheCallersOwnClock(t *testing.T) {
	t.Parallel()
	var slept []time.Duration
	var seen []int
	enough := errors.New("enough")
	stage(t, func(n int) string { return orderAnswer(n-1, 0) }, func(t *testing.T, client *saeclient.Client) {
		t.Helper()
		_, err := client.WaitForChangeOrder(t.Context(), "co-1", saeclient.WaitOptions{
			Seen: func(o saeclient.DescribeChangeOrderData) { seen = append(seen, o.Status) },
			Sleep: func(_ context.Context, d time.Duration) error {
				if slept = append(slept, d); len(slept) == 2 {
					return enough
				}
				return nil
			},
		})
		require.ErrorIs(t, err, enough)
	})
	require.Equal(t, []time.Duration{saeclient.DefaultWaitDelay, saeclient.DefaultWaitDelay}, slept)
	require.Equal(t, []int{0, 1}, seen)
}

func TestWait_NextPipelineIsTheOneAfterTheCurrent(t *testing.T) {
	t.Parallel()
	order := saeclient.DescribeChangeOrderData{Pipelines: []saeclient.DescribeChangeOrderDataPipelines{{PipelineID: "a"}, {PipelineID: "b"}}}
	for current, want := range map[string]string{"a": "b", "b": "", "": "", "c": ""} {
		order.CurrentPipelineID = current
		next, ok := order.NextPipelineID()
		require.Equal(t, want, next)
		require.Equal(t, want != "", ok)
	}
	_, ok := saeclient.DescribeChangeOrderData{}.NextPipelineID()
	require.False(t, ok)
}
