package releases

import (
	"context"

	"slipway/release"
)

// ShownSet is a set, and what its releases show of themselves.
type ShownSet struct {
	release.SetProgress

	// UnderWay are its releases under way that answer, by their IDs.
	UnderWay map[string]release.Progress `json:"underWay,omitempty"`
	// Undoes says what a rollback of the set undoes besides it; empty where that is nothing.
	Undoes string `json:"undoes,omitempty"`
}

// ShowSet returns the status of a set as [Client.GetSet] does, and where its releases under way stand.
func (c *Client) ShowSet(ctx context.Context, id string) (Status[ShownSet], error) {
	status, err := c.GetSet(ctx, id)
	if err != nil {
		return Status[ShownSet]{}, err
	}
	shown := ShownSet{SetProgress: status.Progress}
	if !status.Closed {
		shown.UnderWay, shown.Undoes = c.UnderWay(ctx, status.Progress), Undoes(c.Since(ctx, status.Progress))
	}
	return Status[ShownSet]{Progress: shown, Closed: status.Closed, Partial: status.Partial}, nil
}
