package starter

import (
	"bytes"
	"cmp"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
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
	"slipway/ledger"
	"slipway/release"
	"slipway/wire"
)

const signedRelease = "r-aaaaaaaaaaaaaaaa"

func newSigner(t *testing.T) *wire.Signer {
	t.Helper()
	pair, err := nkeys.CreateUser()
	require.NoError(t, err)
	seed, err := pair.Seed()
	require.NoError(t, err)
	s, err := wire.NewSigner(seed)
	require.NoError(t, err)
	return s
}

// registered are the managers, of whom mei signs with the key until then.
func registered(s *wire.Signer, until time.Time) authority.Document {
	d := managers()
	d.Keys = []authority.SigningKey{{Name: "mei-laptop", Identity: "mei", PublicKey: s.PublicKey(), Until: until}}
	return d
}

// ofShop is a release of the shop, as Temporal shows it.
func ofShop(t *testing.T) *workflowpb.WorkflowExecutionInfo {
	t.Helper()
	payload, err := converter.GetDefaultDataConverter().ToPayload("sae/cn-hangzhou/shop")
	require.NoError(t, err)
	return &workflowpb.WorkflowExecutionInfo{SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{release.SearchApp: payload}}}
}

// TestSigned_Commands: a good signature of a registered key is as good as the subject of the identity, and any other
// is a dead letter, never a claim.
func TestSigned_Commands(t *testing.T) {
	t.Parallel()
	mei, stranger := newSigner(t), newSigner(t)
	signedAt := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	known := by{Document: registered(mei, time.Time{})}
	for name, c := range map[string]struct {
		by       Authority
		signer   *wire.Signer
		who      string
		identity string
		change   func(*nats.Msg)
		stored   time.Duration // after it was signed
		field    string
		reason   string // of the dead letter; empty where it counts
	}{
		"who signs":                           {by: known},
		"on the subject of the identity":      {by: known, identity: "mei"},
		"until the key ends":                  {by: by{Document: registered(mei, signedAt.Add(time.Minute))}, stored: time.Minute - 1},
		"once the key has ended":              {by: by{Document: registered(mei, signedAt.Add(time.Minute))}, stored: time.Minute, field: "signedby", reason: "key mei-laptop of mei has ended at 2026-11-22T12:01:00Z"},
		"a key that nobody has registered":    {by: known, signer: stranger, field: "signedby", reason: "is no key of the authority document"},
		"without a document":                  {by: everybody{}, field: "signedby", reason: "there is no authority document that says whose the key is"},
		"for somebody else":                   {by: known, who: "ci", field: "by", reason: `"ci" is not "mei", whose key mei-laptop has signed this`},
		"on the subject of somebody else":     {by: known, identity: "li", field: "by", reason: `"li" is not "mei"`},
		"again an hour later":                 {by: known, stored: time.Hour, field: "time", reason: "signed 1h0m0s before it was stored"},
		"by a clock that is ahead":            {by: known, stored: -time.Hour, field: "time", reason: "signed 1h0m0s after it was stored"},
		"what was changed on its way":         {by: known, change: toAnother, field: "signature", reason: "published on another subject"},
		"a changed one without a document":    {by: everybody{}, change: toAnother, field: "signature", reason: "published on another subject"},
		"signed, and by who may not":          {by: by{Document: signsFor("ci", mei)}, who: "ci", field: "by", reason: `lets "ci" abort`},
		"not signed, where a claim is enough": {by: known, who: "-", field: "by", reason: "requireVerified[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &mocks.Client{}
			m.Test(t)
			m.On("DescribeWorkflowExecution", mock.Anything, release.CommandTargetID(signedRelease), "").Return(&workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: ofShop(t)}, nil)
			m.On("SignalWorkflow", mock.Anything, release.CommandTargetID(signedRelease), "", "abort", mock.Anything).Return(nil)
			s := &Starter{temporal: m, authority: c.by, people: signedIn{}, ledger: &fakeLedger{}, cfg: Config{}.WithDefaults(), log: zerolog.Nop()}
			origin := wire.Origin{Source: "cli", ID: "1", Time: signedAt, Identity: c.identity, Signer: cmp.Or(c.signer, mei)}
			command := release.Command{Kind: release.CommandAbort, By: cmp.Or(c.who, c.identity, "mei")}
			if c.who == "-" {
				origin.Signer, command.By = nil, "mei"
			}
			msg, err := wire.EncodeCommand(origin, signedRelease, command)
			if c.identity != "" {
				msg, err = wire.EncodeVerifiedCommand(origin, shopSpec("").App, signedRelease, command)
			}
			require.NoError(t, err)
			if c.change != nil {
				c.change(msg)
			}
			position := wire.Delivery{Stored: signedAt.Add(c.stored)}
			out := s.execute(t.Context(), planFor(msg).signed(msg, position), &delivery{position: position})
			if c.reason == "" {
				require.Equal(t, actAck, out.action, "%+v", out.poison)
				sent := m.Calls[len(m.Calls)-1].Arguments.Get(4).(release.Command)
				require.True(t, sent.Verified)
				require.Equal(t, "mei-laptop", sent.SignedBy)
				require.Equal(t, "mei", sent.By)
				return
			}
			m.AssertNotCalled(t, "SignalWorkflow")
			require.Equal(t, actDeadLetter, out.action)
			require.Equal(t, c.field, out.poison.Field)
			require.Contains(t, out.poison.Reason, c.reason)
		})
	}
}

// toAnother publishes a command to another release, which it then says it is about.
func toAnother(m *nats.Msg) {
	const other = "r-bbbbbbbbbbbbbbbb"
	m.Subject, m.Data = wire.CommandSubject(other), bytes.ReplaceAll(m.Data, []byte(signedRelease), []byte(other))
}

// signsFor are the managers with a key of the identity.
func signsFor(identity string, s *wire.Signer) authority.Document {
	d := registered(s, time.Time{})
	d.Keys[0].Identity = identity
	return d
}

// TestSigned_Requests: the same holds for what is asked for; what was let in before stays so, whatever has become of the key.
func TestSigned_Requests(t *testing.T) {
	t.Parallel()
	mei, signedAt := newSigner(t), time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	good := &wire.Signature{Key: mei.PublicKey(), Time: signedAt}
	admitted := release.Admission{Verified: true, SignedBy: "mei-laptop", Binding: "mei-steers", DirectRefused: true}
	for name, c := range map[string]struct {
		by     authority.Document
		who    string
		known  ledger.Record
		want   release.Admission
		field  string
		reason string
	}{
		"who signs":              {by: registered(mei, time.Time{}), who: "mei", want: admitted},
		"for nobody":             {by: registered(mei, time.Time{}), field: "requestedBy", reason: `"" is not "mei"`},
		"for somebody else":      {by: registered(mei, time.Time{}), who: "ci", field: "requestedBy", reason: `"ci" is not "mei"`},
		"a key that was removed": {by: managers(), who: "mei", field: "signedby", reason: "is no key of the authority document"},
		"it was let in before":   {by: managers(), who: "mei", known: ledger.Record{ReleaseID: "r-1", Accepted: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &mocks.Client{}
			m.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").Return(&workflowservice.DescribeWorkflowExecutionResponse{}, serviceerror.NewNotFound("none"))
			s := &Starter{cfg: Config{}.WithDefaults(), temporal: m, authority: by{Document: c.by}, people: signedIn{}, ledger: &fakeLedger{createRecord: c.known}, log: zerolog.Nop()}
			from := proof{good, signedAt.Add(time.Second)}
			one := release.Submission{ReleaseID: "r-1", Spec: shopSpec(c.who)}
			set := release.SetRequest{ID: "s-1", Set: release.Set{
				Name: "checkout", RequestedBy: c.who, Waves: []release.Wave{{Releases: []release.SetRelease{{Name: "a", Spec: shopSpec("")}}}},
			}}
			for what, err := range map[*release.Admission]error{&one.Admission: s.admitRequest(t.Context(), &one, from), &set.Admission: s.admitSet(t.Context(), &set, from)} {
				if what == &set.Admission && c.known.Accepted {
					continue // the ledger of this test knows no sets
				}
				if c.reason == "" {
					require.NoError(t, err)
					require.Equal(t, c.want, *what)
					continue
				}
				out := classify(result{kind: kindRequest, err: err})
				require.Equal(t, actDeadLetter, out.action)
				require.Equal(t, c.field, out.poison.Field)
				require.Contains(t, out.poison.Reason, c.reason)
			}
		})
	}
}
