package stack

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// MonitorErrorRate is what the Prometheus server of [Stack.Monitor] answers, whatever is asked.
const MonitorErrorRate = "0.002"

// startMonitor serves what the gates of the examples ask, so that they can be measured without
// an application and a Prometheus server of one's own.
func (s *Stack) startMonitor(ctx context.Context) error {
	if !s.config.Demo {
		return nil
	}
	mux := http.NewServeMux()
	answer := func(path string, body func() string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, body())
		})
	}
	answer("/healthz", func() string { return `{"status":"UP"}` })
	answer("/api/v1/query", func() string {
		return fmt.Sprintf(`{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[%d,%q]}]}}`,
			time.Now().Unix(), MonitorErrorRate)
	})
	var err error
	if s.monitor, err = s.serve(ctx, s.config.MonitorAddr, mux); err != nil {
		return fmt.Errorf("stack: monitor: %w", err)
	}
	return nil
}
