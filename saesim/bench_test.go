package saesim

import (
	"fmt"
	"net/http/httptest"
	"testing"
)

// BenchmarkDescribeChangeOrder measures the commonest call, signature included, in
// a simulator with a thousand applications of which each has an unfinished order.
func BenchmarkDescribeChangeOrder(b *testing.B) {
	h := newHarness(b)
	var id string
	for i := range 1000 {
		h.app = h.must(b, opCreate, "AppName", fmt.Sprintf("app-%d", i), "PackageType", "Image", "ImageUrl", "i:1", "Replicas", "4")["AppId"].(string)
	}
	h.settle(b)
	for _, app := range h.sim.Apps() {
		h.app = app.ID
		id = h.deploy(b, "2", gray1and2)
	}
	for b.Loop() {
		w := httptest.NewRecorder()
		h.sim.ServeHTTP(w, h.request(b, "DescribeChangeOrder", "ChangeOrderId", id))
	}
}
