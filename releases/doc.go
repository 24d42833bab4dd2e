// Package releases is the face of releases for Go callers: through a Temporal client it lists
// them, gets one, watches one to its end and sends commands to it. It does the same for sets
// of releases, for the lanes in which releases wait, and for the scaling rules that releases
// suspend. The command line stands on it.
//
// A release is durable without anybody at work on it, and so is what can be read of it here:
// when no worker answers, a [Status] holds what Temporal itself knows, and is [Partial].
//
// Two halves stand in packages of their own, because roles that show nothing to people need
// them alone: releases/lane submits releases and sends updates to lanes, and
// releases/execution reads how a workflow has ended and asks workflows, one or many.
package releases
