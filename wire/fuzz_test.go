package wire_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/wire"
)

// FuzzDecode: whatever comes is taken or refused as poison, and what is taken is valid.
func FuzzDecode(f *testing.F) {
	f.Add(onApp1, "", "", []byte(envelope(goodData)))
	f.Add(onApp1, "ce-specversion", "1.0", []byte(goodData))
	f.Add(onApp1, "Content-Type", "application/cloudevents+json", []byte(`{"specversion":"1.0","data_base64":1}`))
	f.Add(onApp1, "ce-specversion", "0.3", []byte(`{"":1}`))
	f.Add("slipway.command.r-1", "", "", []byte(`{"specversion":"1.0","type":"dev.slipway.command.abort.v1","source":"s","id":"i","data":{"by":"me"}}`))
	f.Add("slipway.command.r-1", "", "", []byte(`{"datacontentencoding":7,"data_base64":"AA==","specversion":"0.3","schemaurl":1}`))
	f.Add(onApp1, "Ce-Id", "%FF", []byte(`{"specversion":"1.0","id":"1","id":"2","data":{"a":1,"a":2}}`))
	f.Add(onApp1, "ce-time", `"2026-11-22t10:00:00z"`, []byte(`{"specversion":"1.0","data":{},"data_base64":"e30=","\ud800":1}`))
	f.Add("slipway.request.set.checkout", "", "", []byte(`{"specversion":"1.0","type":"dev.slipway.set.requested.v1","source":"s","id":"i","data":{"name":"checkout","waves":[{}]}}`))
	f.Add("slipway.request.app.shop.production", "", "", []byte(`{"specversion":"1.0","type":"dev.slipway.release.requested.v1","source":"s","id":"i","data":{"application":"shop","environment":"production","artifact":{"image":"a:1"},"config":null}}`))
	f.Add("slipway.by.ann.request.app.shop.production", "", "", []byte(`{"specversion":"1.0","type":"dev.slipway.release.requested.v1","source":"s","id":"i","data":{"application":"shop","environment":"production","strategy":{"batches":2.0}}}`))
	f.Fuzz(func(t *testing.T, subject, name, value string, data []byte) {
		msg := &nats.Msg{Subject: subject, Header: nats.Header{name: {value}, "ce-id": {value}, "ce-source": {value}, "ce-type": {wire.TypeRequested}}, Data: data}
		submission, err := wire.DecodeRequest(msg)
		if err == nil {
			require.NoError(t, submission.Validate())
			require.Equal(t, msg.Subject, wire.RequestSubject(submission.Spec.App))
		} else {
			require.ErrorAs(t, err, new(*wire.PoisonError))
		}
		releaseID, command, err := wire.DecodeCommand(msg)
		if err == nil {
			require.NoError(t, command.Validate())
			require.Equal(t, msg.Subject, wire.CommandSubject(releaseID))
		} else {
			require.ErrorAs(t, err, new(*wire.PoisonError))
		}
		set, err := wire.DecodeSetRequest(msg)
		if err == nil {
			require.Equal(t, set.Named == nil, set.Set.Validate() == nil)
			require.Equal(t, msg.Subject, wire.SetRequestSubject(set.Set.Name))
		} else {
			require.ErrorAs(t, err, new(*wire.PoisonError))
		}
		named, err := wire.DecodeNamedRequest(msg)
		if err == nil {
			subject := wire.NamedRequestSubject(named.Application, named.Environment)
			if named.Admission.Verified {
				requestedBy, _ := named.Says["requestedBy"].(string)
				subject = wire.VerifiedNamedRequestSubject(requestedBy, named.Application, named.Environment)
			}
			require.Equal(t, msg.Subject, subject)
			require.NotContains(t, named.Says, "app")
			written, err := json.Marshal(named.Named)
			require.NoError(t, err)
			again, err := wire.ParseNamed(written)
			require.NoError(t, err)
			require.Equal(t, named.Named, again)
		} else {
			require.ErrorAs(t, err, new(*wire.PoisonError))
		}
		letter := wire.DeadLetter(msg, wire.Delivery{Stream: wire.StreamIn, Sequence: 1, Count: 1, Stored: time.Unix(0, 1)}, &wire.PoisonError{Reason: value})
		read := wire.ReadDeadLetter(&jetstream.RawStreamMsg{Subject: letter.Subject, Header: letter.Header, Data: letter.Data})
		require.NotEmpty(t, read.Problems())
		if letter.Header.Get(wire.HeaderRedacted) != "" {
			return
		}
		require.Equal(t, data, letter.Data)
		if strings.Contains(name, ":") {
			return // no header that NATS carries
		}
		// What is published again means what was published.
		id, err := read.Target()
		want := map[wire.MessageKind]string{wire.KindRequest: submission.ReleaseID, wire.KindCommand: releaseID, wire.KindSet: set.ID}[read.Kind]
		if named.ReleaseID != "" {
			want = named.ReleaseID
		}
		if err == nil {
			require.Equal(t, want, id)
		} else {
			require.Empty(t, want)
		}
	})
}

// FuzzEncodings: an event is taken in both modes or in neither, and means the same.
func FuzzEncodings(f *testing.F) {
	f.Add("https://ci.example/a%2Fb?x=1#y", "build 42 (ü, 100%)", "2026-11-22t10:00:00z", goodData)
	f.Add("urn:ci", `"quoted"`, "", `{"note":"a","note":"b"}`)
	f.Add(" ", "a\x00b", "soon", goodData+"{}")
	f.Fuzz(func(t *testing.T, source, id, at, data string) {
		for _, text := range []string{source, id, at} {
			if !utf8.ValidString(text) {
				return // JSON has no such text
			}
		}
		if !json.Valid([]byte(data)) {
			return // the JSON format has no such data
		}
		attributes := request(source, id)
		if at != "" {
			attributes["time"] = at
		}
		want, wantErr := wire.DecodeRequest(structured(attributes, data))
		for _, more := range []string{"", id} {
			got, err := wire.DecodeRequest(binary(attributes, data, more))
			require.Equal(t, wantErr == nil, err == nil, "%v, %v", wantErr, err)
			require.Equal(t, want, got)
			if err == nil {
				require.Equal(t, release.ID(got.Spec.App, source, id), got.ReleaseID)
				require.Equal(t, want.Spec.Digest(), got.Spec.Digest())
			} else {
				require.Equal(t, wantErr.Error(), err.Error())
			}
		}
	})
}

// FuzzParseSpec: what is taken is valid, survives being written again, and is what any
// other reader of JSON makes of it.
func FuzzParseSpec(f *testing.F) {
	f.Add([]byte(goodData))
	f.Add([]byte(`{"app":{"platform":"sae","region":"cn-hangzhou","id":"a"},"operation":"rescale","instances":3,"limits":{"total":"1h30m"}}`))
	f.Add([]byte(`{"artifact":{"image":"a:1"},"artifact":{"package":{"url":"https://x.example/a.jar","version":"1"}}}`))
	f.Add([]byte(strings.Repeat(`{"strategy":`, 40)))
	f.Add([]byte(withConfig(`{"variables":[{"name":"A","value":"it's \"$A\"\n购物"},{"name":"B","secret":{"id":"7","key":"k"}},{"name":"c.d","remove":true}],"args":[],"command":["sh","-c","$(A)"]}`)))
	f.Add([]byte(withConfig(`{"probes":{"liveness":{"http":{"path":"/","port":80,"contains":"UP"},"period":"10s"},"startup":{"none":true}},"mounts":{"nas":[],"scratch":[{"name":"w","path":"/w"}]}}`)))
	f.Add([]byte(withConfig(`{"platform":{"Labels":{"b":1.0,"a":"<购>"},"SlsConfigs":[],"Timezone":"UTC"},"runtime":{"args":""},"resources":{"cpu":1000,"memory":2048},"instances":3}`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		spec, err := wire.ParseSpec(data)
		if err != nil {
			require.ErrorAs(t, err, new(release.Problems))
			return
		}
		requireSame(t, data, spec, wire.ParseSpec)
	})
}

func FuzzParseSet(f *testing.F) {
	f.Add([]byte(`{"name":"checkout","waves":[{"releases":[{"name":"shop","spec":` + goodData + `}]}],"onFailure":"rollback"}`))
	f.Add([]byte(`{"name":"checkout","waves":[{"releases":[{"name":"shop","spec":{"application":"shop","environment":"production","artifact":{"image":"a:1"},"lane":null}},{"name":"stock","spec":` + goodData + `}]}]}`))
	f.Add([]byte(`{"name":"checkout","waves":[{"releases":[{"name":"shop","spec":{"application":"shop","environment":7,"promotedFrom":{"release":"r-1"}}}]}]}`))
	f.Add([]byte(`{"name":"checkout","name":"basket","waves":[{"releases":[{"name":"shop","spec":{}},1]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := wire.ParseSet(data)
		if err != nil {
			require.ErrorAs(t, err, new(release.Problems))
			return
		}
		if len(set.Named) == 0 {
			requireSame(t, data, set.Set, func(data []byte) (release.Set, error) {
				again, err := wire.ParseSet(data)
				return again.Set, err
			})
		}
		written, err := json.Marshal(set)
		require.NoError(t, err)
		again, err := wire.ParseSet(written)
		require.NoError(t, err)
		require.Equal(t, set, again)
	})
}

// content is what can be asked for.
type content[T any] interface {
	WithDefaults() T
	Validate() error
}

func requireSame[T content[T]](t *testing.T, data []byte, got T, parse func([]byte) (T, error)) {
	t.Helper()
	require.NoError(t, got.Validate())
	var other T
	require.NoError(t, json.Unmarshal(data, &other))
	written, err := json.Marshal(got)
	require.NoError(t, err)
	otherwise, err := json.Marshal(other.WithDefaults())
	require.NoError(t, err)
	require.JSONEq(t, string(written), string(otherwise))
	again, err := parse(written)
	require.NoError(t, err)
	require.Equal(t, got, again)
}
