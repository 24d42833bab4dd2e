package saesim

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestDelay measures wall time on the fake clock of a bubble.
func TestDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := deployed(t, 2)
		for _, d := range []time.Duration{time.Second, 2 * time.Second} {
			h.fault(t, Fault{Kind: FaultDelay, Delay: d})
		}
		began := time.Now()
		h.must(t, "DescribeApplicationStatus")
		require.Equal(t, 3*time.Second, time.Since(began), "delays add up")
		h.must(t, "DescribeApplicationStatus")
		require.Equal(t, 3*time.Second, time.Since(began))

		h.fault(t, Fault{Kind: FaultDelayAfter, Delay: time.Second})
		order := h.deploy(t, "2", single)
		require.Equal(t, 4*time.Second, time.Since(began))
		require.Equal(t, statusReady, h.order(t, order).Status)
	})
}

// TestArrivesLate loses the answer of a call that is carried out when its caller has
// looked for what it made and found nothing.
func TestArrivesLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := deployed(t, 2)
		h.fault(t, Fault{Kind: FaultArrivesLate, Delay: time.Minute, Operation: opDeploy})
		w := httptest.NewRecorder()
		request := h.request(t, opDeploy, "ImageUrl", "registry.test/shop:2")
		done := make(chan struct{})
		go func() {
			defer close(done)
			h.sim.ServeHTTP(w, request)
		}()
		synctest.Wait()
		require.Equal(t, http.StatusBadGateway, w.Code, "without a connection to reset")
		require.Len(t, h.sim.Orders(h.app), 1)
		<-done
		require.Len(t, h.sim.Orders(h.app), 2)
		require.Equal(t, codeOrderRunning, h.refused(t, opDeploy, "ImageUrl", "registry.test/shop:3"))
	})
}

// TestLateOrders hides an order that is at work from those who ask for it.
func TestLateOrders(t *testing.T) {
	t.Parallel()
	listed := func(t *testing.T, h *harness) float64 {
		t.Helper()
		return h.must(t, "ListChangeOrders")["TotalSize"].(float64)
	}
	t.Run("everywhere", func(t *testing.T) {
		t.Parallel()
		h := deployed(t, 2)
		h.fault(t, Fault{Kind: FaultLate, Delay: time.Second, Operation: opDeploy})
		id := h.deploy(t, "2", batch2)
		require.Equal(t, codeOrderNotFound, h.refused(t, "DescribeChangeOrder", "ChangeOrderId", id))
		require.InDelta(t, 1, listed(t, h), 0)
		require.Equal(t, codeOrderRunning, h.refused(t, opDeploy, "ImageUrl", "registry.test/shop:3"))
		status := h.must(t, "DescribeApplicationStatus")
		require.Empty(t, status["LastChangeOrderId"])
		require.Equal(t, true, status["LastChangeOrderRunning"])
		h.step(t, time.Second)
		h.order(t, id)
		require.InDelta(t, 2, listed(t, h), 0)
	})
	t.Run("in lists", func(t *testing.T) {
		t.Parallel()
		h := deployed(t, 2)
		h.fault(t, Fault{Kind: FaultLateInList, Delay: time.Second, Operation: opDeploy})
		id := h.deploy(t, "2", batch2)
		h.order(t, id)
		require.InDelta(t, 1, listed(t, h), 0)
		h.step(t, time.Second)
		require.InDelta(t, 2, listed(t, h), 0)
	})
}
