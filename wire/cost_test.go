//go:build !race && unix

package wire_test

import (
	"fmt"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"slipway/wire"
)

// worst are messages of the largest size, each as costly as somebody could think of.
func worst() map[string]*nats.Msg {
	fill := func(head, part, tail string) []byte {
		room := wire.MaxPayload - len(head) - len(tail)
		return []byte(head + strings.Repeat(part, room/len(part)) + tail)
	}
	const app = `{"app":{"platform":"sae","region":"cn-hangzhou","id":"app-1"},`
	of := func(data string) string {
		return `{"specversion":"1.0","type":"` + wire.TypeRequested + `","source":"s","id":"i","data":` + data
	}
	out := map[string]*nats.Msg{}
	for name, data := range map[string][]byte{
		"a list of numbers":       fill(of(app+`"gates":[`), "1,", "1]}}"),
		"a list of objects":       fill(of(app+`"gates":[`), "{},", "{}]}}"),
		"unknown fields":          fill(of(app), `"a":1,`, `"b":1}}`),
		"unknown fields of gates": fill(of(app+`"strategy":{"gates":[{`), `"a":1,`, `"b":1}]}}}`),
		"deep":                    fill(of(app+`"gates":`), "[", ""),
		"one long text":           fill(of(app+`"note":"`), "a", `"}}`),
		"what is not Unicode":     fill(of(app+`"gates":[`), `"\ud800",`, `1]}}`),
		"secrets":                 fill(of(app+`"gates":[`), `"https://x/?Signature=a&token=b",`, `1]}}`),
		"many attributes":         fill(`{"specversion":"1.0",`, `"a":1,`, `"b":1}`),
		"no JSON":                 fill("", "x", ""),
	} {
		out[name] = &nats.Msg{Subject: onApp1, Header: nats.Header{}, Data: data}
	}
	headers := nats.Header{}
	for i := range 2000 {
		headers.Add(fmt.Sprintf("ce-x%d", i), strings.Repeat("%41", 30))
	}
	out["headers"] = &nats.Msg{Subject: onApp1, Header: headers, Data: []byte(`{}`)}
	return out
}

// heap is how many bytes of memory are in use, garbage included.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// peak is the most that is in use until done is closed.
func peak(done <-chan struct{}) uint64 {
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	most := heap()
	for {
		select {
		case <-ticker.C:
			most = max(most, heap())
		case <-done:
			return max(most, heap())
		}
	}
}

// cpu is the time that processors have worked for the process: on a busy machine a clock would
// measure the others.
func cpu(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// TestCost_TheWorstMessagesCostLittle: a starter has sixteen hands. As many of the worst
// messages in them cost four seconds of a processor at most, two seconds on two of them, and
// less than 64 MiB. It is not parallel, and not for the race detector: it measures the time and
// the memory of the process.
func TestCost_TheWorstMessagesCostLittle(t *testing.T) { //nolint:paralleltest // see above
	const hands = 16
	for name, msg := range worst() { //nolint:paralleltest // see above
		t.Run(name, func(t *testing.T) {
			runtime.GC()
			before, most, done := heap(), make(chan uint64), make(chan struct{})
			go func() { most <- peak(done) }()
			begun, spent := time.Now(), cpu(t)
			var all sync.WaitGroup
			for range hands {
				all.Go(func() {
					_, err := wire.DecodeRequest(msg)
					var poison *wire.PoisonError
					if err == nil {
						t.Error("it was taken")
						return
					}
					poison = wire.Refused(err)
					wire.DeadLetter(msg, wire.Delivery{Stream: wire.StreamIn, Sequence: 1, Stored: begun}, poison)
				})
			}
			all.Wait()
			took := cpu(t) - spent
			close(done)
			used := (max(<-most, before) - before) >> 20
			t.Logf("worst kind=%q messages=%d cpu=%s memory=%dMiB", name, hands, took.Round(time.Millisecond), used)
			require.Less(t, took, 4*time.Second)
			require.Less(t, used, uint64(64))
		})
	}
}
