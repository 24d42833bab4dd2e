package release

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Approval is whose permission is asked for: that of the release before it changes anything, or that
// of each finished batch before the next one begins. One rejection ends the release.
type Approval struct {
	// Count is how many people must approve.
	Count int `json:"count,omitempty"`
	// From are the names of those who may, and [GroupPrefix] with the names of groups of the authority document;
	// empty where anybody may.
	From []string `json:"from,omitempty"`
	// NotRequester keeps whoever has asked for the release from approving it, and where a push did, whoever pushed.
	NotRequester bool `json:"notRequester,omitempty"`
	// Verified takes the word of those only whose identity was verified, see [Command.Verified].
	Verified bool `json:"verified,omitempty"`
	// Within is how long there is to approve, and OnTimeout what happens when that has passed.
	Within    Duration      `json:"within,omitzero"`
	OnTimeout TimeoutPolicy `json:"onTimeout,omitempty"`
}

// The defaults of an approval.
const (
	DefaultApprovals     = 1
	DefaultApprovalLimit = Duration(24 * time.Hour)
)

// maxApprovals is how many people an approval may ask for.
const maxApprovals = 20

// withDefaults returns a copy with every unset field at its default; nil of nil.
func (a *Approval) withDefaults() *Approval {
	if a == nil {
		return nil
	}
	d := *a
	d.Count = cmp.Or(d.Count, DefaultApprovals)
	d.Within = cmp.Or(d.Within, DefaultApprovalLimit)
	d.OnTimeout = cmp.Or(d.OnTimeout, TimeoutAbort)
	return &d
}

// withoutDefaults is the inverse of withDefaults.
func (a *Approval) withoutDefaults() *Approval {
	if a == nil {
		return nil
	}
	d, def := *a, (&Approval{}).withDefaults()
	drop(&d.Count, def.Count)
	drop(&d.Within, def.Within)
	drop(&d.OnTimeout, def.OnTimeout)
	if len(d.From) == 0 {
		d.From = nil
	}
	return &d
}

// SamePerson reports whether two names are those of one person, as far as that may keep somebody from
// approving: capitals and blanks around a name make nobody else of them.
func SamePerson(a, b string) bool {
	return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}

// Text says in words who must approve: "2 of ann, li and mei, not who asked, verified".
func (a Approval) Text() string {
	s := a.who()
	if a.NotRequester {
		s += ", not whoever asked for it"
	}
	if a.Verified {
		s += ", with a verified identity"
	}
	return s
}

func (a Approval) who() string {
	switch {
	case len(a.From) == 0 && a.Count == 1:
		return "1 person"
	case len(a.From) == 0:
		return fmt.Sprintf("%d people", a.Count)
	case len(a.From) == 1:
		return a.From[0]
	}
	return fmt.Sprintf("%d of %s", a.Count, joined(a.From, ", "))
}

// approval checks an approval that is asked for; who asks for the release may not count.
func (v *validator) approval(field string, a *Approval, requester string) {
	if a == nil {
		return
	}
	v.check(a.Count >= 1 && a.Count <= maxApprovals, field+".count", "must be 1-%d people", maxApprovals)
	may, groups := 0, false
	for i, name := range a.From {
		at := place(field+".from", i)
		v.check(strings.TrimSpace(name) != "", at, "must name who may approve")
		v.actor(at, name)
		group, isGroup := strings.CutPrefix(name, GroupPrefix)
		v.check(!isGroup || IsName(group), at, "%q names no group: write %s and the name of a group of the authority document", name, GroupPrefix)
		groups = groups || isGroup
		v.check(isGroup || !a.Verified || CanBeVerified(name), at,
			"%q can never be verified, as verified demands: an identity has letters, digits, hyphens, underscores, @ and +, and no dot", name)
		first := slices.IndexFunc(a.From, func(other string) bool { return SamePerson(name, other) })
		v.check(first == i, at, "%q is there already", name)
		if first == i && (!a.NotRequester || !SamePerson(name, requester)) {
			may++
		}
	}
	v.check(len(a.From) == 0 || may == 0 || groups || a.Count <= may, field+".count", "is %d, and %d of those in from may approve", a.Count, may)
	v.check(len(a.From) == 0 || may > 0, field+".from", "has nobody who may approve: whoever asks may not, with notRequester")
	v.check(!a.NotRequester || requester != "", "requestedBy", "is required with %s.notRequester: who asks may not approve", field)
	v.check(a.Within > 0 && a.Within <= maxLimit, field+".within", "must be more than 0s and at most %s", maxLimit)
	v.check(slices.Contains(TimeoutPolicies(), a.OnTimeout), field+".onTimeout", "%q is unknown; use abort, continue or hold", a.OnTimeout)
}

// GroupPrefix stands before the name of a group of the authority document, in the place of a person's name.
const GroupPrefix = "group:"

// CanBeVerified reports whether a name can stand in a subject of NATS, and so be verified: letters, digits,
// hyphens, underscores, @ and +, and not what the system calls itself.
func CanBeVerified(name string) bool { return verifiablePattern.MatchString(name) && !IsReserved(name) }

// verifiablePattern is compiled once, as each message of a verified identity is matched with it.
var verifiablePattern = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_@+-]{0,127}$`)

// AskedGroup is a group that an approval asks, and the field that says so.
type AskedGroup struct{ Field, Group string }

// ApprovalGroups are the groups of the authority document that the approvals of a release ask.
func (s Spec) ApprovalGroups() (out []AskedGroup) {
	for _, each := range s.approvals() {
		for i, name := range each.From {
			if group, ok := strings.CutPrefix(name, GroupPrefix); ok {
				out = append(out, AskedGroup{place(each.field+".from", i), group})
			}
		}
	}
	return out
}

// askedApproval is an approval that a release asks for, and the field that says so.
type askedApproval struct {
	*Approval

	field string
}

func (s Spec) approvals() (out []askedApproval) {
	for _, each := range []askedApproval{{s.Approval, "approval"}, {s.Strategy.Approval, "strategy.approval"}} {
		if each.Approval != nil {
			out = append(out, each)
		}
	}
	return out
}

// Unproven returns a [Problem] where an approval is to be by verified identities and not by whoever asks, and
// whoever asks is not verified: anybody could ask under another name, and approve it under their own.
func (s Spec) Unproven(verified bool) error {
	for _, each := range s.approvals() {
		if each.NotRequester && each.Verified && !verified {
			return Problem{Field: each.field + ".notRequester", Message: fmt.Sprintf(
				"keeps nobody from approving, with verified, where that %q asks is only claimed; ask on slipway.by.<identity>.request.…, which the command line does with --identity, or sign with a registered key (--sign-key)",
				ShortenTo(s.RequestedBy, MaxID))}
		}
	}
	return nil
}

// ApprovalState is where the approval stands that a release asks for: of itself, or of a finished
// batch. It is for one artifact, one configuration and, where it is of a batch, one change.
type ApprovalState struct {
	Approval

	// Batch is the finished batch that is to be approved; 0 where it is the release.
	Batch int `json:"batch,omitempty"`
	// Artifact, Config and ChangeID are what was asked about: the artifact without a query of its
	// address, the digest of the configuration, and the platform's ID of the change.
	Artifact string `json:"artifact,omitempty"`
	Config   string `json:"config,omitempty"`
	ChangeID string `json:"changeId,omitempty"`
	// AskedAt is when people were asked, and Until when the time to approve is over; both are zero
	// before. Until is zero, too, once that has passed and the release waits on.
	AskedAt time.Time `json:"askedAt,omitzero"`
	Until   time.Time `json:"until,omitzero"`
	// Given are the approvals that count, one a person.
	Given []Approver `json:"given,omitempty"`
	// GrantedAt is when there were enough; zero before.
	GrantedAt time.Time `json:"grantedAt,omitzero"`
}

// Approver is somebody who has approved.
type Approver struct {
	By string    `json:"by"`
	At time.Time `json:"at"`
	// Verified tells that the identity was verified.
	Verified bool `json:"verified,omitempty"`
}

// NewApproval is an approval that nobody was asked for yet; nil where none is wanted.
func NewApproval(a *Approval) *ApprovalState {
	if a == nil {
		return nil
	}
	return &ApprovalState{Approval: *a}
}

// ApprovalOfBatch is the approval of a finished batch of the release: the one that people were asked for
// before, or a new one.
func (p Progress) ApprovalOfBatch(batch int, changeID string) *ApprovalState {
	if s := p.Approval; s != nil && s.Batch == batch && s.ChangeID == changeID {
		return s
	}
	s := NewApproval(p.Strategy.Approval)
	s.Batch, s.ChangeID = batch, changeID
	return s
}

// Ask begins to ask people about what the release brings now.
func (s *ApprovalState) Ask(p Progress, now time.Time) {
	if s.AskedAt.IsZero() {
		s.AskedAt = now
	}
	s.Artifact, s.Config, s.Until = p.Artifact.Public(), p.Config, now.Add(s.Within.Std())
}

// About reports whether it was asked for what the release brings now.
func (s *ApprovalState) About(p Progress) bool {
	return s.Artifact == p.Artifact.Public() && s.Config == p.Config
}

// Take counts an approval. What a limit says in the place of people is enough by itself.
func (s *ApprovalState) Take(d Decision) {
	s.Given = append(s.Given, Approver{By: d.By, At: d.At, Verified: d.Verified})
	if len(s.Given) >= s.Count || d.Via == ViaLimit {
		s.GrantedAt = d.At
	}
}

// Granted reports whether enough people have approved; not of nil.
func (s *ApprovalState) Granted() bool { return s != nil && !s.GrantedAt.IsZero() }

// Missing is how many approvals are missing.
func (s *ApprovalState) Missing() int {
	if s.Granted() {
		return 0
	}
	return max(1, s.Count-len(s.Given))
}

// Names are the names of those who have approved.
func (s *ApprovalState) Names() string {
	names := make([]string, len(s.Given))
	for i, each := range s.Given {
		names[i] = each.By
	}
	return joined(names, ", ")
}

// Text says in words what must be approved by whom, and who has: "batch 1: 2 of ann, li, mei; approved by
// ann, 1 missing". Of nil it is empty.
func (s *ApprovalState) Text() string {
	switch {
	case s == nil:
		return ""
	case s.Batch > 0:
		return fmt.Sprintf("batch %d: %s", s.Batch, s.standing())
	}
	return s.standing()
}

func (s *ApprovalState) standing() string {
	text := s.Approval.Text()
	switch {
	case s.Granted():
		return text + "; approved by " + s.Names()
	case len(s.Given) > 0:
		return fmt.Sprintf("%s; approved by %s, %d missing", text, s.Names(), s.Missing())
	case s.AskedAt.IsZero():
		return text + "; not asked for yet"
	}
	return text + "; nobody has approved yet"
}

// Late says that the time to approve has passed.
func (s *ApprovalState) Late() string {
	return fmt.Sprintf("%d of %d approvals were given within %s", len(s.Given), s.Count, s.Within)
}

// clone returns a copy that shares nothing with s; nil of nil.
func (s *ApprovalState) clone() *ApprovalState {
	if s == nil {
		return nil
	}
	c := *s
	c.From, c.Given = slices.Clone(s.From), slices.Clone(s.Given)
	return &c
}

// has reports whether the person has approved already.
func (s *ApprovalState) has(person string) bool {
	return slices.ContainsFunc(s.Given, func(a Approver) bool { return SamePerson(a.By, person) })
}

// Deciding is an approval or a rejection that is bound to what the release asks about at p: the artifact,
// the configuration and, of a batch, its number and the change.
func (p Progress) Deciding(kind CommandKind) Command {
	c := Command{Kind: kind, Artifact: p.Artifact.String(), Config: p.Config}
	if s := p.Approval; s != nil {
		c.Batch, c.ChangeID = s.Batch, s.ChangeID
	}
	return c
}

// admitApproval takes an approval or a rejection of what people are asked about just now, by those who may.
func admitApproval(p Progress, c Command) (repeated bool, err error) {
	s := p.Approval
	if why := p.notAsked(c); why != "" {
		return refuse("%s", why)
	}
	approves := c.Kind == CommandApprove
	switch {
	case (approves || c.Config != "") && c.Config != s.Config:
		return refuse("the command is about another configuration; the release brings %s", cmp.Or(s.Config, "none, so that config is left out"))
	case approves && s.has(c.By):
		return true, nil
	case s.Granted():
		return refuse("it is approved already, by %s", s.Names())
	case p.Paused:
		return refuse("the release is paused; resume it first")
	case !p.awaitsApproval():
		return refuse("the release does not wait for approval: it is %s", p.Phase)
	case len(s.From) > 0 && !s.names(c):
		return refuse("%s is not among those who may %s it: %s%s", c.By, c.Kind, joined(s.From, ", "), s.pastTheStarter(c))
	case s.Verified && !c.Verified:
		return refuse("that %s says so is claimed, and only a verified identity may %s it", c.By, c.Kind)
	case approves && s.NotRequester && SamePerson(c.By, p.RequestedBy):
		return refuse("%s has asked for the release, and may not approve it", c.By)
	case approves && s.NotRequester && p.ByName.pushed(c.By):
		return refuse("%s has pushed what the release brings, and may not approve it", c.By)
	}
	return false, nil
}

// pushed reports whether the request follows from a push of somebody, as the sender says.
func (b *ByName) pushed(name string) bool {
	return b != nil && b.Trigger.PushedBy != "" && SamePerson(name, b.Trigger.PushedBy)
}

// names reports whether who gives a command is among those who are asked, by name or by a group.
func (a Approval) names(c Command) bool {
	return slices.ContainsFunc(a.From, func(each string) bool {
		group, isGroup := strings.CutPrefix(each, GroupPrefix)
		if isGroup {
			return slices.Contains(c.Groups, group) // whatever somebody calls themselves
		}
		return each == c.By
	})
}

// pastTheStarter says what helps where a group is asked, and the command came in a way that tells of none.
func (a Approval) pastTheStarter(c Command) string {
	asksGroup := slices.ContainsFunc(a.From, func(each string) bool { return strings.HasPrefix(each, GroupPrefix) })
	if !asksGroup || c.Via == ViaEvent {
		return ""
	}
	return "; who is in a group, only the starter knows: give the command by an event, which the command line does with --identity"
}

// notAsked says why nobody is asked about what the command is about; empty where people are, or were.
func (p Progress) notAsked(c Command) string {
	s := p.Approval
	switch {
	case c.Batch > 0 && p.Strategy.Approval == nil:
		return fmt.Sprintf("no batch of the release asks for approval; confirm batch %d where it waits", c.Batch)
	case s == nil && c.Batch == 0:
		return "the release asks for no approval"
	case s == nil || c.Batch > 0 && s.Batch != c.Batch:
		return fmt.Sprintf("batch %d does not wait for approval: the release is %s", c.Batch, p.Phase)
	case s.Batch != c.Batch:
		return fmt.Sprintf("the release itself does not wait for approval: batch %d does, or did; name it as batch", s.Batch)
	case s.AskedAt.IsZero():
		return fmt.Sprintf("the release does not wait for approval yet: it is %s", p.Phase)
	}
	return ""
}

// needsApproval says what needs approval, by whom, and who has given it.
func (p Progress) needsApproval() string {
	what := "the release"
	if s := p.Approval; s != nil && s.Batch > 0 {
		what = "it"
	}
	return what + " waits for " + p.approvalNeed(*p.Awaiting)
}

// awaitsApproval reports whether people are asked just now.
func (p Progress) awaitsApproval() bool {
	return p.Awaiting != nil && p.Awaiting.Kind == AwaitApproval
}

// validateApproval wants an approval to say what it is about, and a rejection to say why.
func (c Command) validateApproval(v *validator) {
	v.check(c.Batch >= 0, "batch", "must be the number of a finished batch, from 1, the gray batch first; leave it out for the release")
	if c.Kind == CommandReject {
		v.check(strings.TrimSpace(c.Words()) != "", "reason", "must say why it is rejected")
		return
	}
	v.check(c.Artifact != "", "artifact", "is required: give what the release brings, as its progress shows it")
	v.check(c.Batch == 0 || c.ChangeID != "", "changeId", "is required with batch: give the change of the release, as its progress shows it")
}
