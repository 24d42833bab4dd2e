package authority

import (
	"slices"
	"time"

	"slipway/release"
	"slipway/wire"
)

// Kind is the kind of a file with an authority document.
const Kind = "Authority"

// Document says who may do what. Without a document everybody may do everything.
type Document struct {
	// Groups give names to lists of identities.
	Groups []Group `json:"groups,omitempty"`
	// Bindings say who has which roles and powers, and where.
	Bindings []Binding `json:"bindings"`
	// RequireVerified says where the claim of an identity is not enough.
	RequireVerified []Requirement `json:"requireVerified,omitempty"`
	// Keys are those by which identities sign what they publish, where NATS does not prove who they are.
	Keys []SigningKey `json:"keys,omitempty"`
	// DirectCommands says whether a command counts that reaches a release or a set through Temporal,
	// past the starter. Empty is [DirectAllow].
	DirectCommands Direct `json:"directCommands,omitempty"`
}

// Group is a list of identities with a name, which has members, claims or both.
type Group struct {
	Name string `json:"name"`
	// Members are identities, exactly or with * for any characters.
	Members []string `json:"members,omitempty"`
	// Claims are groups of a sign-in service, exactly. Whoever is of one of them, by what that service said when they signed in,
	// is of this group while they are verified.
	Claims []string `json:"claims,omitempty"`
}

// SigningKey is a key of an identity: what it has signed is as verified as what NATS lets nobody else publish.
type SigningKey struct {
	// Name is told where the key is refused.
	Name string `json:"name"`
	// Identity is whose the key is, exactly.
	Identity string `json:"identity"`
	// PublicKey is the public half, a user key of NATS ("U…", Ed25519).
	PublicKey string `json:"publicKey"`
	// Until is when the key ends; zero is never. What was stored before still counts.
	Until time.Time `json:"until,omitzero"`
}

// KeyOf is the key with a public half, where the document has it.
func (d Document) KeyOf(publicKey string) (SigningKey, bool) {
	at := slices.IndexFunc(d.Keys, func(k SigningKey) bool { return k.PublicKey == publicKey })
	if at < 0 {
		return SigningKey{}, false
	}
	return d.Keys[at], true
}

// Binding says who has which roles and powers, and for which applications.
type Binding struct {
	// Name is told where the binding has allowed something.
	Name string `json:"name"`
	// Identities are identities, exactly or with * for any characters.
	Identities []string `json:"identities,omitempty"`
	// Groups are names of groups of the document.
	Groups []string `json:"groups,omitempty"`
	Roles  []Role   `json:"roles,omitempty"`
	Powers []Power  `json:"powers,omitempty"`
	// Scopes say where: platform/region/app or set/name, each part exactly or with * for any
	// characters; what is left out at the end is any. "*" is everything.
	Scopes []string `json:"scopes"`
}

// Requirement says that an identity must be verified: to use these roles and these powers, in these scopes.
// Without both it is for all roles and powers; without scopes, in all.
type Requirement struct {
	Roles  []Role   `json:"roles,omitempty"`
	Powers []Power  `json:"powers,omitempty"`
	Scopes []string `json:"scopes,omitempty"`
}

// Direct says whether commands past the starter count.
type Direct string

// What there is to say about direct commands.
const (
	// DirectAllow lets them count: whoever reaches Temporal is an operator.
	DirectAllow Direct = "allow"
	// DirectRefuse has a release or a set refuse them.
	DirectRefuse Direct = "refuse"
)

// Role is a set of actions.
type Role string

// The roles.
const (
	// RoleViewer looks at what there is. Every other role may do so, too.
	RoleViewer Role = "viewer"
	// RoleRequester asks for releases, restarts, rescales and jobs.
	RoleRequester Role = "requester"
	// RoleApprover lets a release go on, or ends it where it asks.
	RoleApprover Role = "approver"
	// RoleOperator steers: it stops, returns, holds and freezes.
	RoleOperator Role = "operator"
	// RoleAdmin says who may do what.
	RoleAdmin Role = "admin"
)

// Roles returns all roles, from the least to the most.
func Roles() []Role {
	return []Role{RoleViewer, RoleRequester, RoleApprover, RoleOperator, RoleAdmin}
}

// Action is something that somebody does. That of a command has the name of the command.
type Action string

// The actions.
const (
	ActionView Action = "view"
	// ActionRequest asks for a release, a restart, a rescale or a job. To ask for a rollback is
	// [ActionRollback].
	ActionRequest  Action = "request"
	ActionConfirm  Action = "confirm"
	ActionApprove  Action = "approve"
	ActionReject   Action = "reject"
	ActionPause    Action = "pause"
	ActionResume   Action = "resume"
	ActionAbort    Action = "abort"
	ActionRollback Action = "rollback"
	ActionHold     Action = "hold"
	ActionFreeze   Action = "freeze"
	// ActionOverride lets a running release pass over freezes.
	ActionOverride Action = "override"
	// ActionAdminister changes the document.
	ActionAdminister Action = "administer"
)

// Actions returns what the role allows.
func (r Role) Actions() []Action {
	switch r {
	case RoleViewer:
		return []Action{ActionView}
	case RoleRequester:
		return []Action{ActionView, ActionRequest}
	case RoleApprover:
		return []Action{ActionView, ActionConfirm, ActionApprove, ActionReject}
	case RoleOperator:
		return []Action{ActionView, ActionPause, ActionResume, ActionAbort, ActionRollback, ActionHold, ActionFreeze, ActionOverride}
	case RoleAdmin:
		return []Action{ActionView, ActionAdminister}
	}
	return nil
}

// Actions returns all actions.
func Actions() []Action {
	var out []Action
	for _, role := range Roles() {
		for _, action := range role.Actions() {
			if !slices.Contains(out, action) {
				out = append(out, action)
			}
		}
	}
	return out
}

// ActionOf is the action of a command.
func ActionOf(kind release.CommandKind) Action { return Action(kind) }

// RequestAction is the action of a request.
func RequestAction(s release.Spec) Action {
	if s.Operation == release.OperationRollback {
		return ActionRollback
	}
	return ActionRequest
}

// Power is what a request may ask for only where it is granted.
type Power string

// The powers.
const (
	// PowerAuto goes on without a person: strategy.confirm auto, limits.onConfirmTimeout continue, and the
	// same for an approval that nobody gives.
	PowerAuto Power = "auto"
	// PowerOverride passes over freezes, and over the bake time of a promotion: freeze.override, and
	// promotedFrom.now.
	PowerOverride Power = "override"
	// PowerPreempt asks what runs to give way: lane.preempt.
	PowerPreempt Power = "preempt"
	// PowerSupersede drops the releases that wait: lane.policy supersede.
	PowerSupersede Power = "supersede"
	// PowerAdopt takes over a change that was begun elsewhere: adopt.
	PowerAdopt Power = "adopt"
	// PowerPolicy passes over policies: policy.override.
	PowerPolicy Power = "policy"
)

// Powers returns all powers.
func Powers() []Power {
	return []Power{PowerAuto, PowerOverride, PowerPreempt, PowerSupersede, PowerAdopt, PowerPolicy}
}

// field is where a request asks for the power.
func (p Power) field() string {
	switch p {
	case PowerAuto:
		return "strategy.confirm, limits.onConfirmTimeout, approval.onTimeout or strategy.approval.onTimeout"
	case PowerOverride:
		return "freeze.override or promotedFrom.now"
	case PowerPreempt:
		return "lane.preempt"
	case PowerSupersede:
		return "lane.policy"
	case PowerAdopt:
		return "adopt"
	case PowerPolicy:
		return "policy.override"
	}
	return ""
}

// PowersOf returns the powers that a request needs. A release that replaces all instances at once, and is
// not watched, has nothing to confirm, and so needs no power for that.
func PowersOf(s release.Spec) []Power {
	var out []Power
	add := func(needed bool, p Power) {
		if needed {
			out = append(out, p)
		}
	}
	batches := s.Strategy.Type == release.StrategyBatch || s.Strategy.Type == release.StrategyGray
	without := func(a *release.Approval) bool { return a != nil && a.OnTimeout == release.TimeoutContinue }
	add(batches && (s.Strategy.Confirm == release.ConfirmAuto || without(s.Strategy.Approval)) || without(s.Approval) ||
		(batches || s.Strategy.Watch != nil) && s.Limits.OnConfirmTimeout == release.TimeoutContinue, PowerAuto)
	add(s.Freeze.Override != "", PowerOverride)
	add(s.Lane.Preempt, PowerPreempt)
	add(s.Lane.Policy == release.LaneSupersede, PowerSupersede)
	add(s.Adopt != "", PowerAdopt)
	add(len(s.Policy.Override) > 0, PowerPolicy)
	return out
}

// Parse reads a document from JSON, strictly: everything that is wrong is returned at once, as
// [release.Problems], fields that do not exist among them.
func Parse(data []byte) (Document, error) { return wire.ParseDocument[Document](data) }
