package sae

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"slipway/activities/cloud"
	"slipway/cloudapi"
	"slipway/release"
	"slipway/saeclient"
)

// Instances lists the instances that run what a change order brings. Old and new ones can have
// the same image, where a release changes configuration alone, and are in one group; what tells
// them apart is the batch that made them (PipelineId, which SAE takes since 2025-04-07). That
// parameter is newer than the reference: in case it is passed over, an instance from before the
// order is left out, too.
//
// After an order that has succeeded all instances run what it brought, also those that were
// added since. So do they after one whose record is gone: only finished orders expire (reading).
func (d *Driver) Instances(ctx context.Context, in release.InstancesInput) ([]release.Instance, error) {
	out, err := d.client.DescribeChangeOrder(ctx, &saeclient.DescribeChangeOrderInput{ChangeOrderID: in.ChangeID})
	if err == nil {
		err = present("DescribeChangeOrder", out.Data)
	}
	var found []instance
	switch {
	case errors.Is(err, cloudapi.ErrNotFound):
		found, err = d.instances(ctx, in.App.ID)
	case err != nil:
	case out.Data.Status == saeclient.ChangeOrderSuccess:
		found, err = d.instances(ctx, in.App.ID)
	default:
		found, err = d.made(ctx, in.App.ID, out.Data)
	}
	if err != nil {
		return nil, failed(err)
	}
	list := make([]release.Instance, len(found))
	for i, each := range found {
		list[i] = release.Instance{ID: each.InstanceID, Address: each.InstanceContainerIP, Trouble: trouble(each)}
	}
	return list, nil
}

// made lists the instances that the batches of a change order have made so far.
func (d *Driver) made(ctx context.Context, appID string, o saeclient.DescribeChangeOrderData) ([]instance, error) {
	var begun []*string
	for _, p := range o.Pipelines[:currentBatch(o)] {
		begun = append(begun, &p.PipelineID)
	}
	if len(begun) == 0 {
		return nil, nil
	}
	found, err := d.instances(ctx, appID, begun...)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b instance) int { return cmp.Compare(a.InstanceID, b.InstanceID) })
	found = slices.CompactFunc(found, func(a, b instance) bool { return a.InstanceID == b.InstanceID })
	return slices.DeleteFunc(found, func(i instance) bool {
		return !i.CreateTimeStamp.IsZero() && i.CreateTimeStamp.Before(o.CreateTime)
	}), nil
}

// trouble is what SAE says is wrong with an instance.
func trouble(i instance) string {
	var parts []string
	if i.InstanceContainerStatus != "Running" {
		parts = append(parts, i.InstanceContainerStatus)
	}
	switch i.InstanceHealthStatus {
	case "LivenessUnhealthy", "ReadinessUnhealthy", "Unhealthy":
		parts = append(parts, i.InstanceHealthStatus)
	}
	parts = append(parts, i.UnhealthyMessage)
	if i.InstanceContainerRestarts > 0 {
		parts = append(parts, fmt.Sprintf("restarts: %d", i.InstanceContainerRestarts))
	}
	if i.DebugStatus {
		parts = append(parts, "somebody debugs it")
	}
	parts = slices.DeleteFunc(parts, func(p string) bool { return p == "" })
	return printable(cloud.WithoutSecrets(strings.Join(parts, ", ")))
}

const (
	// logRead is how much of the end of a log is looked at, in bytes, and logLines how many of its
	// last lines are told.
	logRead  = 64 << 10
	logLines = 5
)

// InstanceLog is the end of an instance's log. One that has just been started again has none yet:
// then it is what it logged before.
func (d *Driver) InstanceLog(ctx context.Context, in release.InstanceLogInput) (string, error) {
	for _, previous := range []*string{nil, new("true")} {
		out, err := d.client.DescribeInstanceLog(ctx, &saeclient.DescribeInstanceLogInput{InstanceID: in.InstanceID, Previous: previous})
		if err != nil {
			return "", failed(err)
		}
		if end := logEnd(out.Data); end != "" {
			return end, nil
		}
	}
	return "", nil
}

// logEnd is the last lines of a log, in one line. Secrets are cut out of whole lines, before
// anything is cut off that tells that they are.
func logEnd(log string) string {
	if from := len(log) - logRead; from > 0 {
		_, log, _ = strings.Cut(log[from:], "\n")
	}
	var lines []string
	for line := range strings.Lines(cloud.WithoutSecrets(log)) {
		if line = printable(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines[max(0, len(lines)-logLines):], " | ")
}

// printable is a text in one line, without what is no character.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}
