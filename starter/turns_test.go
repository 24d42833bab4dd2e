package starter

import (
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

func TestTurnsOfOneKeyComeInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var turns turns
		var order []int
		var wg sync.WaitGroup
		var finish []func()
		for i := range 5 {
			ready, done := turns.take("a")
			finish = append(finish, done)
			wg.Go(func() {
				<-ready
				order = append(order, i)
			})
		}
		synctest.Wait()
		require.Equal(t, []int{0}, order, "only the first goes before anybody is done")
		for _, done := range finish {
			done()
			synctest.Wait()
		}
		wg.Wait()
		require.Equal(t, []int{0, 1, 2, 3, 4}, order)
		require.Empty(t, turns.last, "nothing is kept for a key that nobody holds")
	})
}

func TestTurnsOfDifferentKeysDoNotWait(t *testing.T) {
	t.Parallel()
	var turns turns
	_, doneA := turns.take("a")
	defer doneA()
	ready, doneB := turns.take("b")
	defer doneB()
	<-ready
}
