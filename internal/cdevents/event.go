// Package cdevents are the events of CDEvents 0.5.1 that are read and written here, as the data of a CloudEvent. The
// SDK of CDEvents compiles the schemas of all events of all its versions when a program starts; it is for tests, which
// hold what is written here against it, and what it writes against what is read here.
package cdevents

import (
	"encoding/json"
	"time"
)

// SpecVersion is the version of CDEvents that is written.
const SpecVersion = "0.5.1"

// Event is an event: context and subject, and what the publisher adds.
type Event struct {
	Context Context `json:"context"`
	Subject Subject `json:"subject"`
	// CustomData is what the publisher adds, and CustomDataContentType what that is.
	CustomData            json.RawMessage `json:"customData,omitempty"`
	CustomDataContentType string          `json:"customDataContentType,omitempty"`
}

// Context says which event this is.
type Context struct {
	SpecVersion string    `json:"specversion,omitempty"`
	ID          string    `json:"id"`
	Source      string    `json:"source"`
	Type        string    `json:"type"`
	Timestamp   time.Time `json:"timestamp"`
	// ChainID is shared by all events that follow from the same first one.
	ChainID string `json:"chainId,omitempty"`
	Links   []Link `json:"links,omitempty"`
}

// Link says which event this one follows from.
type Link struct {
	// LinkType is PATH, RELATION or END; LinkKind says which relation.
	LinkType string         `json:"linkType"`
	LinkKind string         `json:"linkKind,omitempty"`
	From     *LinkReference `json:"from,omitempty"`
	Target   *LinkReference `json:"target,omitempty"`
	// Tags are none, and written: the SDK of CDEvents writes those that it has not read as null, which it then
	// takes for invalid.
	Tags struct{} `json:"tags"`
}

// LinkReference names an event by the ID of its context.
type LinkReference struct {
	ContextID string `json:"contextId"`
}

// Subject is what the event is about. Content differs by type.
type Subject struct {
	ID      string          `json:"id"`
	Source  string          `json:"source,omitempty"`
	Content json.RawMessage `json:"content"`
}
