package starter

import (
	"cmp"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/mocks"

	"slipway/authority"
	"slipway/authority/people"
	"slipway/ledger"
	"slipway/release"
)

// everybody is an installation without a document.
type everybody struct{}

func (everybody) Load(context.Context) (authority.Current, error) { return authority.Current{}, nil }

// by is a document, or why it cannot be read.
type by struct {
	authority.Document

	err error
}

func (b by) Load(context.Context) (authority.Current, error) {
	return authority.Current{Document: b.Document, Revision: 7}, b.err
}

// signedIn are who has signed in by a sign-in service, or why that is not known.
type signedIn struct {
	people.Person

	err error
}

func (s signedIn) Question(_ context.Context, d authority.Document, q authority.Question, at time.Time) (authority.Question, error) {
	if !q.Verified || !d.GoesByClaims() || q.Identity != s.Identity {
		return q, s.err
	}
	return s.Ask(q, at), s.err
}

// managers lets mei do everything with shop, where she is verified, and ci ask.
func managers() authority.Document {
	return authority.Document{
		Groups: []authority.Group{{Name: "release-managers", Members: []string{"m*"}}},
		Bindings: []authority.Binding{
			{Name: "ci-asks", Identities: []string{"ci"}, Roles: []authority.Role{authority.RoleRequester}, Scopes: []string{"sae/*/shop"}},
			{Name: "mei-steers", Identities: []string{"mei"}, Roles: []authority.Role{authority.RoleRequester, authority.RoleOperator}, Powers: []authority.Power{authority.PowerPreempt}, Scopes: []string{"sae/*/shop", "set/checkout"}},
		},
		RequireVerified: []authority.Requirement{{Roles: []authority.Role{authority.RoleOperator}}},
		DirectCommands:  authority.DirectRefuse,
	}
}

func shopSpec(who string) release.Spec {
	return release.Spec{
		App: release.App{Platform: "sae", Region: "cn-hangzhou", ID: "shop"}, Artifact: release.Artifact{Image: "shop:1"}, RequestedBy: who,
	}.WithDefaults()
}

// approved is a request that asks for the approval of somebody else whose identity is verified.
func approved(who, from string) release.Spec {
	s := shopSpec(who)
	s.Approval = &release.Approval{NotRequester: true, Verified: true}
	if from != "" {
		s.Approval.From = []string{from}
	}
	return s.WithDefaults()
}

func TestDoor_Requests(t *testing.T) {
	t.Parallel()
	preempting, stock := shopSpec("ci"), shopSpec("ci")
	preempting.Lane.Preempt, stock.App.ID = true, "stock"
	back := shopSpec("mei")
	back.Operation, back.Artifact = release.OperationRollback, release.Artifact{}
	away := errors.New("nats: timeout")
	for name, c := range map[string]struct {
		by       Authority
		spec     release.Spec
		verified bool
		known    ledger.Record
		begun    error // what Temporal answers about its workflow
		want     release.Admission
		field    string
		refused  string
		err      error
	}{
		"without a document":                {by: everybody{}, spec: stock},
		"who may":                           {by: by{Document: managers()}, spec: shopSpec("ci"), want: release.Admission{Binding: "ci-asks", DirectRefused: true}},
		"who is verified":                   {by: by{Document: managers()}, spec: shopSpec("mei"), verified: true, want: release.Admission{Verified: true, Binding: "mei-steers", DirectRefused: true}},
		"another application":               {by: by{Document: managers()}, spec: stock, refused: `requestedBy: no binding of the authority document lets "ci" request on sae/cn-hangzhou/stock`},
		"a power that is not hers":          {by: by{Document: managers()}, spec: preempting, refused: "power preempt"},
		"nobody is named":                   {by: by{Document: managers()}, spec: shopSpec(""), refused: "who asks is not named"},
		"a claim is not enough":             {by: by{Document: managers()}, spec: back, refused: "requireVerified[0]"},
		"it was let in before":              {by: by{Document: managers()}, spec: stock, known: ledger.Record{ReleaseID: "r-1", Accepted: true}},
		"it was tried before":               {by: by{Document: managers()}, spec: stock, known: ledger.Record{ReleaseID: "r-1"}, begun: serviceerror.NewNotFound("none"), refused: "no binding"},
		"it has begun before":               {by: by{Document: managers()}, spec: stock, known: ledger.Record{ReleaseID: "r-1"}},
		"whether it has begun is not known": {by: by{Document: managers()}, spec: stock, known: ledger.Record{ReleaseID: "r-1"}, begun: away, err: away},
		"approvals that whoever asks could give under another name": {by: everybody{}, spec: approved("ci", ""), field: "approval.notRequester", refused: "only claimed"},
		"such approvals where who asks is verified":                 {by: everybody{}, spec: approved("ci", ""), verified: true, want: release.Admission{Verified: true}},
		"approvals by a group":                                      {by: by{Document: managers()}, spec: approved("ci", "group:release-managers"), verified: true, want: release.Admission{Verified: true, Binding: "ci-asks", DirectRefused: true}},
		"approvals by an unknown group":                             {by: by{Document: managers()}, spec: approved("ci", "group:nobody"), verified: true, field: "approval.from[0]", refused: `no group "nobody"`},
		"approvals by a group of nobody":                            {by: everybody{}, spec: approved("ci", "group:release-managers"), verified: true, field: "approval.from[0]", refused: `no group "release-managers"`},
		"it cannot be read":                                         {by: by{err: away}, spec: shopSpec("ci"), err: away},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &mocks.Client{}
			m.On("DescribeWorkflowExecution", mock.Anything, release.WorkflowID("r-1"), "").Return(&workflowservice.DescribeWorkflowExecutionResponse{}, c.begun)
			s := &Starter{cfg: Config{}.WithDefaults(), temporal: m, authority: c.by, people: signedIn{}, ledger: &fakeLedger{createRecord: c.known}, log: zerolog.Nop()}
			r := release.Submission{ReleaseID: "r-1", Spec: c.spec, Admission: release.Admission{Verified: c.verified}}
			err := s.admitRequest(t.Context(), &r, proof{})
			switch out := classify(result{kind: kindRequest, err: err}); {
			case c.refused != "":
				require.Equal(t, actDeadLetter, out.action)
				require.Contains(t, out.poison.Reason, c.refused)
				require.Equal(t, cmp.Or(c.field, "requestedBy"), out.poison.Field)
			case c.err != nil:
				require.ErrorIs(t, err, c.err)
				require.Equal(t, actRetry, out.action, "what cannot be judged waits")
			default:
				require.NoError(t, err)
				require.Equal(t, c.want, r.Admission)
			}
		})
	}
}

func TestDoor_Sets(t *testing.T) {
	t.Parallel()
	stock := shopSpec("")
	stock.App.ID = "stock"
	of := func(specs ...release.Spec) release.Set {
		set := release.Set{Name: "checkout", RequestedBy: "mei"}
		for _, spec := range specs {
			set.Waves = append(set.Waves, release.Wave{Releases: []release.SetRelease{{Name: "a", Spec: spec}}})
		}
		return set
	}
	s := &Starter{authority: by{Document: managers()}, people: signedIn{}, ledger: &fakeLedger{}, log: zerolog.Nop()}
	r := release.SetRequest{ID: "s-aaaaaaaaaaaaaaaa", Set: of(shopSpec(""), shopSpec(""))}
	require.NoError(t, s.admitSet(t.Context(), &r, proof{}))
	require.Equal(t, release.Admission{Binding: "mei-steers", DirectRefused: true}, r.Admission)
	r.Set = of(shopSpec(""), stock)
	require.ErrorContains(t, s.admitSet(t.Context(), &r, proof{}), "sae/cn-hangzhou/stock", "each of its releases must be allowed")
	r.Set = of(shopSpec(""), approved("", ""))
	require.ErrorContains(t, s.admitSet(t.Context(), &r, proof{}), "approval.notRequester")
	r.Set = of(shopSpec("mei"), shopSpec("ann"))
	require.ErrorContains(t, s.admitSet(t.Context(), &r, proof{}), `release a names "ann", and the set "mei"`, "who is judged is who has asked")
}

func TestDoor_Commands(t *testing.T) {
	t.Parallel()
	of := func(app string) *workflowpb.WorkflowExecutionInfo {
		payload, err := converter.GetDefaultDataConverter().ToPayload(app)
		require.NoError(t, err)
		return &workflowpb.WorkflowExecutionInfo{SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{release.SearchApp: payload}}}
	}
	const shop, stock = "sae/cn-hangzhou/shop", "sae/cn-hangzhou/stock"
	const releaseID, setID = "r-aaaaaaaaaaaaaaaa", "s-aaaaaaaaaaaaaaaa"
	checkout := ledger.Set{SetID: setID, Progress: release.SetProgress{Name: "checkout"}}
	for name, c := range map[string]struct {
		by       Authority
		id       string
		info     *workflowpb.WorkflowExecutionInfo
		who      string
		verified bool
		target   string
		set      ledger.Set
		want     action
		field    string
		reason   string
	}{
		"without a document":               {by: everybody{}, info: of(stock), who: "bo", want: actAck},
		"the subject is of its release":    {by: everybody{}, info: of(shop), who: "bo", verified: true, target: shop, want: actAck},
		"the subject is of another one":    {by: everybody{}, info: of(stock), who: "bo", verified: true, target: shop, want: actDeadLetter, field: "subject", reason: "says that r-aaaaaaaaaaaaaaaa is of " + shop + ", but it is of " + stock},
		"who may":                          {by: by{Document: managers()}, info: of(shop), who: "mei", verified: true, target: shop, want: actAck},
		"a claim is not enough":            {by: by{Document: managers()}, info: of(shop), who: "mei", want: actDeadLetter, field: "by", reason: "requireVerified[0]"},
		"who may not":                      {by: by{Document: managers()}, info: of(shop), who: "ci", verified: true, want: actDeadLetter, field: "by", reason: `lets "ci" abort on ` + shop},
		"elsewhere":                        {by: by{Document: managers()}, info: of(stock), who: "mei", verified: true, want: actDeadLetter, field: "by", reason: stock},
		"its application is not known":     {by: by{Document: managers()}, info: &workflowpb.WorkflowExecutionInfo{}, who: "mei", verified: true, want: actDeadLetter, field: "subject", reason: "SlipwayApp"},
		"a set":                            {by: by{Document: managers()}, id: setID, info: &workflowpb.WorkflowExecutionInfo{}, who: "mei", verified: true, set: checkout, target: "set/checkout", want: actAck},
		"a set by the name of another one": {by: by{Document: managers()}, id: setID, info: &workflowpb.WorkflowExecutionInfo{}, who: "mei", verified: true, set: checkout, target: "set/basket", want: actDeadLetter, field: "subject", reason: "set/basket"},
		"a set that has only just begun":   {by: by{Document: managers()}, id: setID, info: &workflowpb.WorkflowExecutionInfo{}, who: "mei", verified: true, set: ledger.Set{SetID: setID, Name: "checkout"}, target: "set/checkout", want: actAck},
		"a set whose name nobody knows":    {by: by{Document: managers()}, id: setID, info: &workflowpb.WorkflowExecutionInfo{}, who: "mei", verified: true, set: ledger.Set{SetID: setID}, want: actRetry},
		"the document cannot be read":      {by: by{err: errors.New("nats: timeout")}, info: of(shop), who: "mei", verified: true, want: actRetry},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.id == "" {
				c.id = releaseID
			}
			m := &mocks.Client{}
			m.Test(t)
			m.On("DescribeWorkflowExecution", mock.Anything, release.CommandTargetID(c.id), "").Return(&workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: c.info}, nil)
			m.On("SignalWorkflow", mock.Anything, release.CommandTargetID(c.id), "", "abort", mock.Anything).Return(nil)
			s := &Starter{temporal: m, authority: c.by, people: signedIn{}, ledger: &fakeLedger{set: c.set}, cfg: Config{}.WithDefaults(), log: zerolog.Nop()}
			command := release.Command{Kind: release.CommandAbort, By: c.who, Verified: c.verified}
			out := s.execute(t.Context(), plan{kind: kindCommand, command: &command, id: c.id, target: c.target}, &delivery{})
			require.Equal(t, c.want, out.action)
			if c.want != actAck {
				m.AssertNotCalled(t, "SignalWorkflow")
			} else if c.by != Authority(everybody{}) {
				require.Equal(t, []string{"release-managers"}, m.Calls[len(m.Calls)-1].Arguments.Get(4).(release.Command).Groups)
			}
			if c.want == actDeadLetter {
				require.Equal(t, c.field, out.poison.Field)
				require.Contains(t, out.poison.Reason, c.reason)
			}
		})
	}
}

// Who is of a group at a sign-in service has what the document gives that group, where that is verified, and as long as it counts.
func TestDoor_Groups(t *testing.T) {
	t.Parallel()
	sre := managers()
	sre.Groups = append(sre.Groups, authority.Group{Name: "sre", Claims: []string{"slipway-sre"}})
	sre.Bindings = append(sre.Bindings, authority.Binding{
		Name: "sre-steers", Groups: []string{"sre"}, Roles: []authority.Role{authority.RoleRequester, authority.RoleOperator}, Scopes: []string{"sae/*/shop"},
	})
	noon := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	ann := people.Person{Identity: "ann", Groups: []string{"slipway-sre"}, At: noon.Add(-time.Hour), Until: noon.Add(time.Hour)}
	away := errors.New("nats: timeout")
	payload, err := converter.GetDefaultDataConverter().ToPayload("sae/cn-hangzhou/shop")
	require.NoError(t, err)
	info := &workflowpb.WorkflowExecutionInfo{SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{release.SearchApp: payload}}}
	for name, c := range map[string]struct {
		people   signedIn
		claimed  bool
		stored   time.Time
		reason   string
		notKnown bool
	}{
		"by the groups":           {people: signedIn{Person: ann}, stored: noon},
		"nobody has signed in":    {stored: noon, reason: `lets "ann"`},
		"of another group":        {people: signedIn{Person: people.Person{Identity: "ann", Groups: []string{"all"}, Until: ann.Until}}, stored: noon, reason: `lets "ann"`},
		"who only claims it":      {people: signedIn{Person: ann}, stored: noon, claimed: true, reason: `lets "ann"`},
		"after they have ended":   {people: signedIn{Person: ann}, stored: ann.Until, reason: "have ended at 2026-11-02T13:00:00Z; sign in to the console again, or have an admin bind"},
		"where it cannot be read": {people: signedIn{err: away}, stored: noon, notKnown: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &mocks.Client{}
			m.Test(t)
			m.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").Return(&workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: info}, nil)
			m.On("SignalWorkflow", mock.Anything, mock.Anything, "", "abort", mock.Anything).Return(nil)
			s := &Starter{cfg: Config{}.WithDefaults(), temporal: m, authority: by{Document: sre}, people: c.people, ledger: &fakeLedger{}, log: zerolog.Nop()}
			p := proof{stored: c.stored}
			r := release.Submission{ReleaseID: "r-1", Spec: shopSpec("ann"), Admission: release.Admission{Verified: !c.claimed}}
			set := release.SetRequest{ID: "s-aaaaaaaaaaaaaaaa", Admission: r.Admission, Set: release.Set{
				Name: "checkout", RequestedBy: "ann", Waves: []release.Wave{{Releases: []release.SetRelease{{Name: "a", Spec: shopSpec("")}}}},
			}}
			command := release.Command{Kind: release.CommandAbort, By: "ann", Verified: !c.claimed}
			errs := []error{s.admitRequest(t.Context(), &r, p), s.admitSet(t.Context(), &set, p)}
			out := s.execute(t.Context(), plan{kind: kindCommand, command: &command, id: "r-aaaaaaaaaaaaaaaa", proof: p}, &delivery{})
			switch {
			case c.notKnown:
				require.ErrorIs(t, errs[0], away)
				require.ErrorIs(t, errs[1], away)
				require.Equal(t, actRetry, out.action, "what cannot be judged waits")
			case c.reason != "":
				require.ErrorContains(t, errs[0], c.reason)
				require.ErrorContains(t, errs[1], c.reason)
				require.Equal(t, actDeadLetter, out.action)
				require.Contains(t, out.poison.Reason, c.reason)
			default:
				require.NoError(t, errors.Join(errs...))
				require.Equal(t, "sre-steers", r.Admission.Binding)
				require.Equal(t, "sre-steers", set.Admission.Binding)
				require.Equal(t, actAck, out.action)
				require.Equal(t, []string{"sre"}, m.Calls[len(m.Calls)-1].Arguments.Get(4).(release.Command).Groups, "an approval may ask for the group")
			}
		})
	}
}
