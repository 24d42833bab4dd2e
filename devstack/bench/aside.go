package bench

import (
	"context"
	"fmt"
	"time"

	"slipway/devstack/bench/clients"
	"slipway/devstack/bench/waiting"
)

// The names of rows that need no servers of the stack. RowClient begins those of clients.
const (
	RowCalls  = "SAE calls of a gray release that is parked for 24 h"
	RowClient = "calls by "
)

// aside measures what needs no stack: the calls of a release that waits, in skipped time, and the clients of the platforms.
func (b *bench) aside(ctx context.Context) error {
	if b.wanted(RowCalls) {
		day, err := waiting.Gray(24 * time.Hour)
		if err != nil {
			return err
		}
		b.row(Row{
			What: RowCalls, Aim: Aim{Most: 1500}, Note: fmt.Sprintf("%d of them look at the change; exact, in skipped time", day.Looks),
		}.judged(nil, []float64{float64(day.Calls)}))
	}
	return b.clients(ctx)
}

// clients measures each client beside its floor.
func (b *bench) clients(ctx context.Context) error {
	var wanted []string
	for _, name := range clients.Names() {
		if b.wanted(RowClient + name) {
			wanted = append(wanted, name)
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	size := clients.Config{Only: wanted, Turns: 5, Calls: 2000}
	if b.Short {
		size.Turns, size.Calls = 3, 200
	}
	costs, err := clients.Measure(ctx, size)
	if err != nil {
		return err
	}
	for _, cost := range costs {
		b.row(Row{
			What: RowClient + cost.Client, Unit: "/s", Aim: Aim{Least: 0.7},
			Note: fmt.Sprintf("%s, one after the other; floor: the bare transport with the same signing; allocations of a call %.0f, floor %.0f",
				cost.Operation, cost.Allocations, cost.FloorAllocations),
		}.judged(cost.Floors, cost.Calls))
	}
	return nil
}
