package redact_test

import (
	"maps"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"slipway/internal/redact"
)

// A sender chooses what is in a message, so no kind of message may cost more than its size
// tells, in time and in memory.
//
//nolint:paralleltest // it counts what is allocated
func TestCostLinux_TheCostOfAMessageGrowsAsItsSize(t *testing.T) {
	const (
		// most is how much more four times the size may cost: 16 times would be quadratic.
		most = 8
		// tries are for a machine that others keep busy.
		tries = 5
		// mostMemory is how much may be allocated beyond the result.
		mostMemory = 8 * largest * larger
	)
	large, small := worst(largest), worst(largest/4)
	for _, name := range slices.Sorted(maps.Keys(large)) {
		cost, quarter := costOf(t, large[name]), costOf(t, small[name])
		for range tries {
			if cost < most*quarter {
				break
			}
			cost, quarter = min(cost, costOf(t, large[name])), costOf(t, small[name])
		}
		memory := memoryOf(large[name])
		t.Logf("%-40s %6.1f MB/s, %5.1f ms, %4.1f times that of a quarter, %5d KiB", name,
			largest/1e6/cost.Seconds(), cost.Seconds()*1e3, float64(cost)/float64(quarter), memory>>10)
		assert.Less(t, cost, most*quarter, name)
		assert.LessOrEqual(t, memory, mostMemory, name)
	}
}

// costOf is the CPU time that a message costs at least: some runs also take memory from the
// system, which is no work on the message.
func costOf(t *testing.T, data []byte) time.Duration {
	t.Helper()
	// enough is how long it is measured.
	const enough = 20 * time.Millisecond
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	least, begin := time.Duration(math.MaxInt64), threadTime(t)
	for at := begin; at-begin < enough; {
		redact.New().Bytes(data)
		end := threadTime(t)
		least, at = min(least, end-at), end
	}
	return least
}

// memoryOf is what a message allocates beyond the result.
func memoryOf(data []byte) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	out, cut := redact.New().Bytes(data)
	runtime.ReadMemStats(&after)
	memory := int(after.TotalAlloc - before.TotalAlloc)
	if cut {
		memory -= len(out)
	}
	return memory
}

// threadTime is the CPU time that this thread has taken.
func threadTime(t *testing.T) time.Duration {
	t.Helper()
	var now unix.Timespec
	require.NoError(t, unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now))
	return time.Duration(now.Nano())
}
