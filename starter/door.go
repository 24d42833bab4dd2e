package starter

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflow/v1"

	"slipway/authority"
	"slipway/ledger"
	"slipway/release"
)

// Authority reads who may do what; [authority.Store] does.
type Authority interface {
	// Load returns the document that counts just now, or one that does not exist.
	Load(ctx context.Context) (authority.Current, error)
}

// People says of which groups somebody is at a sign-in service; [people.Store] does.
type People interface {
	// Question returns a question with the groups that counted at a time of who asks, where the document goes by them.
	Question(ctx context.Context, d authority.Document, q authority.Question, at time.Time) (authority.Question, error)
}

// tellAuthority logs once whether there is a document.
func (s *Starter) tellAuthority(ctx context.Context) {
	document, err := s.loadAuthority(ctx)
	switch {
	case err != nil:
		s.log.Warn().Err(err).Msg("the authority document cannot be read; requests and commands are retried until it can")
	case document.Exists():
		s.log.Info().Uint64("revision", document.Revision).Msg("requests and commands are held against the authority document")
	default:
		s.log.Info().Msg("there is no authority document: everybody who may publish may ask for and command everything, under any name; say who may what with: slipway authority apply")
	}
}

// loadAuthority reads the document for each message, so that what is applied counts for the next one.
func (s *Starter) loadAuthority(ctx context.Context) (authority.Current, error) {
	ctx, cancel := context.WithTimeout(ctx, natsTimeout)
	defer cancel()
	document, err := s.authority.Load(ctx)
	if err != nil {
		return document, fmt.Errorf("authority: %w", err)
	}
	return document, nil
}

// withGroups returns a question with the groups of who asks at a sign-in service, as they were when the message was stored. While
// they cannot be read, the message waits.
func (s *Starter) withGroups(ctx context.Context, d authority.Document, q authority.Question, stored time.Time) (authority.Question, error) {
	ctx, cancel := context.WithTimeout(ctx, natsTimeout)
	defer cancel()
	return s.people.Question(ctx, d, q, stored)
}

// admitRequest notes in the request why it is let in, or returns a [release.Problem] with the reason
// why it is not. What was let in once stays so, whatever the document says by now: the message
// comes again because its acknowledgement was lost.
func (s *Starter) admitRequest(ctx context.Context, r *release.Submission, p proof) error {
	document, err := s.loadAuthority(ctx)
	if err != nil {
		return err
	}
	signedBy, err := p.verify(document, "requestedBy", r.Spec.RequestedBy)
	if err != nil {
		return s.unlessBegun(ctx, err, *r)
	}
	r.Admission.Verified, r.Admission.SignedBy = r.Admission.Verified || signedBy != "", signedBy
	if err := approvable(document.Document, r.Spec, r.Admission.Verified); err != nil {
		return s.unlessBegun(ctx, err, *r)
	}
	if !document.Exists() {
		return nil
	}
	asked, err := s.withGroups(ctx, document.Document, question(r.Spec, r.Spec.RequestedBy, r.Admission.Verified, powersOver(r.ByName)...), p.stored)
	if err != nil {
		return err
	}
	binding, err := judgeRequest(document.Document, asked)
	if err != nil {
		return s.unlessBegun(ctx, err, *r)
	}
	r.Admission.Binding, r.Admission.DirectRefused = binding, document.DirectCommands == authority.DirectRefuse
	return nil
}

// admitSet does so for a set, of which each release must be let in.
func (s *Starter) admitSet(ctx context.Context, r *release.SetRequest, p proof) error {
	document, err := s.loadAuthority(ctx)
	if err != nil {
		return err
	}
	signedBy, err := p.verify(document, "requestedBy", r.Set.RequestedBy)
	if err != nil {
		return s.unlessSetBegun(ctx, err, r.ID)
	}
	r.Admission.Verified, r.Admission.SignedBy = r.Admission.Verified || signedBy != "", signedBy
	if err := approvableSet(document.Document, r.Set, r.Admission.Verified); err != nil {
		return s.unlessSetBegun(ctx, err, r.ID)
	}
	if !document.Exists() {
		return nil
	}
	who, err := s.withGroups(ctx, document.Document, authority.Question{Identity: r.Set.RequestedBy, Verified: r.Admission.Verified}, p.stored)
	if err != nil {
		return err
	}
	var bindings []string
	for _, wave := range r.Set.Waves {
		for _, each := range wave.Releases {
			asked := question(each.Spec, who.Identity, who.Verified)
			asked.Groups, asked.GroupsEnded = who.Groups, who.GroupsEnded
			binding, err := judgeRequest(document.Document, asked)
			if by := each.Spec.RequestedBy; err == nil && by != "" && by != r.Set.RequestedBy {
				err = release.Problem{Field: "requestedBy", Message: fmt.Sprintf(
					"release %s names %q, and the set %q, who is judged for all of it; leave it out there", each.Name, by, r.Set.RequestedBy)}
			}
			if err != nil {
				return s.unlessSetBegun(ctx, err, r.ID)
			}
			bindings = append(bindings, binding)
		}
	}
	r.Admission.Binding, r.Admission.DirectRefused = together(bindings), document.DirectCommands == authority.DirectRefuse
	return nil
}

// approvable refuses a release whose approval could be worth nothing, because whoever asks is not verified, or
// could be given by nobody, because there is no such group.
func approvable(d authority.Document, s release.Spec, verified bool) error {
	if err := s.Unproven(verified); err != nil {
		return err
	}
	for _, asked := range s.ApprovalGroups() {
		if !d.HasGroup(asked.Group) {
			return release.Problem{Field: asked.Field, Message: fmt.Sprintf("the authority document has no group %q; see: slipway authority get", asked.Group)}
		}
	}
	return nil
}

// approvableSet does so for each release of a set.
func approvableSet(d authority.Document, set release.Set, verified bool) error {
	for _, wave := range set.Waves {
		for _, each := range wave.Releases {
			if err := approvable(d, each.Spec, verified); err != nil {
				return err
			}
		}
	}
	return nil
}

// recordedSet is what the ledger has of a set.
func (s *Starter) recordedSet(ctx context.Context, id string) (have ledger.Set, err error) {
	err = s.withLedger(ctx, func(ctx context.Context) (err error) {
		have, err = s.ledger.GetSet(ctx, id)
		return err
	})
	return have, err
}

// unlessBegun returns a refusal, unless the release was let in before: by its record, or where that was not
// written any more, because it has begun.
func (s *Starter) unlessBegun(ctx context.Context, refusal error, r release.Submission) error {
	var have ledger.Record
	err := s.withLedger(ctx, func(ctx context.Context) (err error) {
		have, err = s.ledger.GetOf(ctx, r.Spec.App, r.ReleaseID)
		return err
	})
	return s.unlessLetIn(ctx, refusal, letIn{have.Accepted, err, release.WorkflowID(r.ReleaseID)})
}

// unlessSetBegun does so for a set.
func (s *Starter) unlessSetBegun(ctx context.Context, refusal error, id string) error {
	have, err := s.recordedSet(ctx, id)
	return s.unlessLetIn(ctx, refusal, letIn{have.Accepted, err, release.SetWorkflowID(id)})
}

// letIn is what is known of whether something was let in: that its record says so, or why that is not
// known, and the workflow that it would be.
type letIn struct {
	accepted   bool
	unknown    error
	workflowID string
}

func (s *Starter) unlessLetIn(ctx context.Context, refusal error, was letIn) error {
	switch {
	case errors.Is(was.unknown, ledger.ErrNotFound):
		return refusal
	case was.unknown != nil:
		return was.unknown // the message is retried
	case was.accepted:
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.CallTimeout)
	defer cancel()
	_, err := s.temporal.DescribeWorkflowExecution(ctx, was.workflowID, "")
	if _, none := errors.AsType[*serviceerror.NotFound](err); none {
		return refusal
	}
	return err
}

// powersOver are the powers that it takes to pass over what the document of an application says.
func powersOver(n *release.ByName) []authority.Power {
	if n != nil && n.PromotedFrom.Now != "" {
		return []authority.Power{authority.PowerOverride}
	}
	return nil
}

// question is whether somebody may ask for a release, with the powers that it needs and these.
func question(s release.Spec, by string, verified bool, powers ...authority.Power) authority.Question {
	return authority.Question{
		Identity: by, Verified: verified, Action: authority.RequestAction(s), On: authority.AppTarget(s.App), Powers: append(authority.PowersOf(s), powers...),
	}
}

func judgeRequest(d authority.Document, q authority.Question) (binding string, err error) {
	verdict := d.Judge(q)
	return together(verdict.Bindings), refusedFor("requestedBy", verdict)
}

// refusedFor is what is wrong with who asks, in a field; nil where nothing is.
func refusedFor(field string, v authority.Verdict) error {
	if why := v.Err(); why != nil {
		return release.Problem{Field: field, Message: why.Error()}
	}
	return nil
}

// together names bindings or policies, each once.
func together(bindings []string) string {
	var out []string
	seen := map[string]bool{}
	for _, each := range bindings {
		for name := range strings.SplitSeq(each, bindingSeparator) {
			if name != "" && !seen[name] {
				seen[name] = true
				out = append(out, name)
			}
		}
	}
	return release.ShortenTo(strings.Join(out, bindingSeparator), release.MaxWords)
}

const bindingSeparator = ", "

// admitCommand refuses a command that its subject has no right to, because its release is of another
// application, and one that the document does not allow. The application is asked of Temporal,
// and the name of a set of the ledger: neither is told by who commands.
func (s *Starter) admitCommand(ctx context.Context, p plan, info *workflow.WorkflowExecutionInfo) error {
	document, err := s.loadAuthority(ctx)
	if err != nil {
		return err
	}
	signedBy, err := p.proof.verify(document, "by", p.command.By)
	if err != nil || !document.Exists() && p.target == "" {
		return err
	}
	p.command.Verified, p.command.SignedBy = p.command.Verified || signedBy != "", signedBy
	on, err := s.commanded(ctx, p.id, info)
	if err != nil {
		return err
	}
	if p.target != "" && p.target != on {
		return release.Problem{Field: "subject", Message: fmt.Sprintf("says that %s is of %s, but it is of %s", p.id, p.target, on)}
	}
	if !document.Exists() {
		return nil
	}
	asked, err := s.withGroups(ctx, document.Document, authority.Question{
		Identity: p.command.By, Verified: p.command.Verified, Action: authority.ActionOf(p.command.Kind), On: on,
	}, p.proof.stored)
	if err != nil {
		return err
	}
	p.command.Groups = document.GroupsOf(asked)
	return refusedFor("by", document.Judge(asked))
}
