// Package schema holds the JSON Schemas (draft 2020-12) of what travels as the data of
// Slipway's CloudEvents, and of the files that people write: the published contract. The tests compare them with the Go
// types, so that neither changes without the other.
package schema

import "embed"

//go:generate go run ./internal/reference ../../docs/release-file.md

// The names of the schemas in [Files].
const (
	// Request is the data of a release request, and the spec of a release file.
	Request = "request.schema.json"
	// Command is the data of a command.
	Command = "command.schema.json"
	// Event is the data of a lifecycle event.
	Event = "event.schema.json"
	// SetRequest is the data of a request for a set, and the spec of a set's file. It
	// refers to [Request] by its $id.
	SetRequest = "set-request.schema.json"
	// SetEvent is the data of a lifecycle event of a set. It refers to [Event] by its
	// $id.
	SetEvent = "set-event.schema.json"
	// LaneEvent is the data of a lifecycle event of a lane, PromotionEvent of a promotion, and DeadLetterEvent of a dead
	// letter. The first two refer to [Event] by its $id.
	LaneEvent       = "lane-event.schema.json"
	PromotionEvent  = "promotion-event.schema.json"
	DeadLetterEvent = "deadletter-event.schema.json"
	// PushEvent is the data of a lifecycle event of a push to a registry.
	PushEvent = "push-event.schema.json"
	// Application is the spec of a file of kind Application. It refers to [Request] by its $id.
	Application = "application.schema.json"
	// Authority is the spec of a file that says who may do what.
	Authority = "authority.schema.json"
	// Policy is the spec of a file of kind Policy. It refers to [Request] by its $id.
	Policy = "policy.schema.json"
	// Notifications is the spec of a file of kind Notifications. It refers to [Application] and [Request] by their $id.
	Notifications = "notifications.schema.json"
)

// Files holds the schemas.
//
//go:embed *.schema.json
var Files embed.FS
