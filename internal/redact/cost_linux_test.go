package redact_test

import (
	"maps"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

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
		// size is that of the largest message, if that does not take too long.
		size = largest / slower
		// mostMemory is how much may be allocated beyond the result, for the largest 2 MiB.
		mostMemory = 8 * size * slower
	)
	large, small := worst(size), worst(size/4)
	for _, name := range slices.Sorted(maps.Keys(large)) {
		cost, quarter := costOf(large[name]), costOf(small[name])
		for range tries {
			if cost < most*quarter {
				break
			}
			cost, quarter = min(cost, costOf(large[name])), costOf(small[name])
		}
		memory := memoryOf(large[name])
		t.Logf("%-40s %6.1f MB/s, %5.1f ms, %4.1f times that of a quarter, %5d KiB", name,
			size/1e6/cost.Seconds(), cost.Seconds()*1e3, float64(cost)/float64(quarter), memory>>10)
		assert.Less(t, cost, most*quarter, name)
		assert.LessOrEqual(t, memory, mostMemory, name)
	}
}

// costOf is the CPU time that a message costs.
func costOf(data []byte) time.Duration {
	// enough is told apart from what the clock leaves out.
	const enough = 20 * time.Millisecond
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	begin, runs, spent := threadTime(), time.Duration(0), time.Duration(0)
	for spent < enough {
		redact.New().Bytes(data)
		runs++
		spent = threadTime() - begin
	}
	return spent / runs
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
func threadTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_THREAD, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
