package cli

import (
	"context"

	"github.com/google/uuid"

	"slipway/release"
	"slipway/releases"
	"slipway/requests"
)

// withReleases connects to what releases are read from and commanded through before an action: to
// Temporal, or for who speaks as an identity or signs, to NATS.
func withReleases(do action) action {
	return func(ctx context.Context, c *call) error {
		if !c.byEvents() {
			return withTemporal(do)(ctx, c)
		}
		js, closeNATS, err := c.app.jetStream(ctx, c.values, "slipway as "+c.by)
		if err != nil {
			return err
		}
		defer closeNATS()
		c.onNATS = requests.New(js, requests.Publisher{Source: defaultSource, Identity: c.identity, Signer: c.signer})
		return do(ctx, c)
	}
}

// get reads where a release stands.
func (c *call) get(ctx context.Context, id string) (releases.Status[release.Progress], error) {
	if c.onNATS == nil {
		return c.client.Get(ctx, id)
	}
	return c.onNATS.Get(ctx, id)
}

// getSet reads where a set stands.
func (c *call) getSet(ctx context.Context, id string) (releases.Status[release.SetProgress], error) {
	if c.onNATS == nil {
		return c.client.GetSet(ctx, id)
	}
	return c.onNATS.GetSet(ctx, id)
}

// sendCommand sends a command to a release, and returns it as it was sent, and the progress right after.
func (c *call) sendCommand(ctx context.Context, id string, cmd release.Command) (release.Command, release.Progress, error) {
	cmd.ID, cmd.By, cmd.Via = uuid.NewString(), c.by, release.ViaUpdate
	if c.onNATS == nil {
		p, err := c.client.SendCommand(ctx, id, cmd)
		return cmd, p, err
	}
	return c.onNATS.SendCommand(ctx, id, cmd)
}

// sendSetCommand does so for a set.
func (c *call) sendSetCommand(ctx context.Context, id string, cmd release.Command) (release.Command, release.SetProgress, error) {
	cmd.ID, cmd.By, cmd.Via = uuid.NewString(), c.by, release.ViaUpdate
	if c.onNATS == nil {
		p, err := c.client.SendSetCommand(ctx, id, cmd)
		return cmd, p, err
	}
	return c.onNATS.SendSetCommand(ctx, id, cmd)
}

// checkOpen makes sure that a release or a set takes commands, as [releases.Client.CheckOpen] does.
func (c *call) checkOpen(ctx context.Context, id string) error {
	var closed bool
	var phase release.Phase
	if release.IsSetID(id) {
		status, err := c.getSet(ctx, id)
		if err != nil {
			return err
		}
		closed, phase = status.Closed, status.Progress.Phase
	} else {
		status, err := c.get(ctx, id)
		if err != nil {
			return err
		}
		closed, phase = status.Closed, status.Progress.Phase
	}
	if closed {
		return &releases.RefusedError{ID: id, Reason: "it has ended: " + string(phase)}
	}
	return nil
}
