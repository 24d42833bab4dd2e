package simframe

import (
	"net"
	"net/http"
	"strconv"
	"time"
)

// Wait holds a call back. A caller that gives up does not stop it: as with a real
// server, the call may well be carried out after the caller has stopped waiting.
func Wait(r *http.Request, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

// Drop closes the connection without an answer. Where there is no connection to close,
// as with a recorder in a test, it answers 502.
func Drop(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// Truncate promises a whole answer, whose Content-Type is set, and sends half of it; the server then closes
// the connection.
func Truncate(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body[:len(body)/2])
}
