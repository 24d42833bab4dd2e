package audit

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Action is what somebody has done. What a command does has the name of the command.
type Action string

// The actions.
const (
	// ActionRequest asks for a release, a restart, a rescale, a job or a set, and ActionRollback for a rollback; a
	// command to roll back is one, too.
	ActionRequest  Action = "request"
	ActionRollback Action = "rollback"
	ActionConfirm  Action = "confirm"
	ActionApprove  Action = "approve"
	ActionReject   Action = "reject"
	ActionPause    Action = "pause"
	ActionResume   Action = "resume"
	ActionAbort    Action = "abort"
	ActionOverride Action = "override"
	// ActionEnd is the end of a release or a set.
	ActionEnd Action = "end"
	// ActionHold and ActionUnhold are of lanes, and so are ActionDrop, which takes a release out of the line, and
	// ActionAllow. ActionHold is also of a promotion that Slipway does not ask for by itself.
	ActionHold   Action = "hold"
	ActionUnhold Action = "unhold"
	ActionDrop   Action = "drop"
	ActionAllow  Action = "allow"
	// ActionReplay publishes the message of a dead letter again; to delete one is an ActionDrop, too.
	ActionReplay Action = "replay"
	// ActionFreeze changes the calendar of freezes: it adds, stops, lifts or removes.
	ActionFreeze Action = "freeze"
	// ActionApply and ActionDelete change a document.
	ActionApply  Action = "apply"
	ActionDelete Action = "delete"
	// ActionRefuse is that a message was refused, and has become a dead letter.
	ActionRefuse Action = "refuse"
	// ActionPush tells of a push to a registry.
	ActionPush Action = "push"
	// ActionUnknown is what cannot be read here.
	ActionUnknown Action = "unknown"
)

// Actions returns all actions.
func Actions() []Action {
	return []Action{
		ActionRequest, ActionRollback, ActionConfirm, ActionApprove, ActionReject, ActionPause, ActionResume, ActionAbort, ActionOverride, ActionEnd,
		ActionHold, ActionUnhold, ActionDrop, ActionAllow, ActionReplay, ActionFreeze, ActionApply, ActionDelete, ActionRefuse, ActionPush, ActionUnknown,
	}
}

// Entry is one thing that somebody has done.
type Entry struct {
	// Sequence is that of the message in the stream; one message can have several entries.
	Sequence uint64 `json:"sequence"`
	// Time is when it was done, as far as that is told; else when it was copied.
	Time   time.Time `json:"time"`
	Action Action    `json:"action"`
	// By is who has done it: a person, a pipeline, or "slipway" where a limit has decided. It is empty where nobody
	// knows. Verified tells that it is proven, and not only claimed.
	By       string `json:"by,omitempty"`
	Verified bool   `json:"verified,omitempty"`
	// SignedBy names the key of the authority document whose signature proves it; empty where it was not signed.
	SignedBy string `json:"signedBy,omitempty"`
	// Via is the way it came: event, update, signal, cancel, limit and the others of a decision; document where
	// a bucket was written. Source is the source of the event that brought it.
	Via    string `json:"via,omitempty"`
	Source string `json:"source,omitempty"`
	// Binding names what of the authority document has allowed a request.
	Binding string `json:"binding,omitempty"`
	// App is the application, platform/region/id, or the set, set/name. Name is what people call it:
	// application/environment of a release, and the name of a document.
	App  string `json:"app,omitempty"`
	Name string `json:"name,omitempty"`
	// ID is that of the release or the set.
	ID string `json:"id,omitempty"`
	// What says in words what was done, or to what.
	What   string `json:"what,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Refused is why it changed nothing; empty where it counted.
	Refused string `json:"refused,omitempty"`
	// Unreadable is why the message, or a document in it, cannot be read here.
	Unreadable string `json:"unreadable,omitempty"`
	// Before and After are the document, or the hold of a lane, before and after it, without secrets. A document is
	// looked up only where it is wanted; BeforeUnknown tells that nobody has the one before any more.
	Before        json.RawMessage `json:"before,omitempty"`
	After         json.RawMessage `json:"after,omitempty"`
	BeforeUnknown bool            `json:"beforeUnknown,omitempty"`

	// key is the same for the same thing, however often it is told.
	key string
	// revision is where the document stands that was changed.
	revision revision
}

// Filter chooses entries. What is empty chooses all.
type Filter struct {
	Since, Until time.Time
	// By is who has done it.
	By string
	// On are applications, environments, documents, releases and sets, one of which it must be about.
	On      []string
	Actions []Action
}

// chooses reports whether an entry is chosen.
func (f Filter) chooses(e Entry) bool {
	return !e.Time.Before(f.Since) && (f.Until.IsZero() || e.Time.Before(f.Until)) &&
		(f.By == "" || f.By == e.By) &&
		(len(f.Actions) == 0 || slices.Contains(f.Actions, e.Action)) &&
		(len(f.On) == 0 || slices.ContainsFunc(f.On, e.isOn))
}

// isOn reports whether an entry is about what has this name; that of an application is about all of its
// environments.
func (e Entry) isOn(name string) bool {
	return name == e.App || name == e.ID || name == e.Name || strings.HasPrefix(e.Name, name+"/")
}
